#define _GNU_SOURCE
#include "link_pair.h"
#include "wire/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { RECORD_OVERHEAD = 22, PING = 25 /* bytes, at least */ };

static void a_megabyte_each_way_arrives_in_order(void **state)
{
    enum { COUNT = 1048576 / PING, BURST = 500 };
    struct link_pair *p = *state;
    link_pair_connect(p);
    uint64_t sent = 0;
    while (sent < COUNT) {
        for (int i = 0; i < BURST; i++) {
            sent++;
            link_pair_ping(&p->a, sent);
            link_pair_ping(&p->b, sent);
        }
        link_pair_turn(p, __FILE__, __LINE__);
    }
    LINK_PAIR_UNTIL(p, p->a.pings == sent && p->b.pings == sent);
    assert_true(p->a.sents > 0 && p->b.sents > 0);
    assert_int_equal(p->a.downs + p->b.downs, 0);
}

/* A state_update of `count` records; returns the size of their text. */
static size_t send_update(struct link_side *s, uint64_t first, size_t count)
{
    static char text[LIMIT_LINE];
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        struct record r = {.device = SPAN("sensor1"),
                           .type = SPAN("temperature"),
                           .epoch = 1,
                           .seq = first + i,
                           .ts = 1,
                           .value = value_number(24.5)};
        if (i > 0) {
            text[size++] = ',';
        }
        size += record_encode(&r, text + size, sizeof text - size);
    }
    struct effect e = {.kind = EFFECT_SEND};
    e.send.link = s->link;
    e.send.message.kind = MESSAGE_STATE_UPDATE;
    e.send.message.update.log.epoch = 1;
    e.send.message.update.bytes = (struct span){text, size};
    e.send.message.update.count = count;
    link_effect(s->set, &e);
    return size;
}

static void a_state_update_as_large_as_may_be_arrives(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    size_t size = send_update(&p->a, 1, 100);
    size_t most = LIMIT_BATCH_BYTES / (size / 100 + 2);
    send_update(&p->a, 1, most);
    LINK_PAIR_UNTIL(p, p->b.messages == 2);
    assert_int_equal(p->b.downs, 0);
}

static void what_one_turn_gathers_shares_its_records(void **state)
{
    enum { COUNT = 100 };
    struct link_pair *p = *state;
    link_pair_connect(p);
    LINK_PAIR_UNTIL(p, p->a.set->counts.bytes_out == p->b.set->counts.bytes_in);
    uint64_t before = p->a.set->counts.bytes_out;
    for (uint64_t i = 1; i <= COUNT; i++) {
        link_pair_ping(&p->a, i);
    }
    size_t text = p->a.set->first->text.end;
    LINK_PAIR_UNTIL(p, p->b.pings == COUNT);
    assert_int_equal(p->a.set->counts.bytes_out - before, text + RECORD_OVERHEAD);
}

static void bytes_are_counted_alike_at_both_ends(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    for (uint64_t i = 1; i <= 5000; i++) {
        link_pair_ping(&p->a, i);
    }
    LINK_PAIR_UNTIL(p, p->b.pings == 5000);
    struct link_counts a, b;
    link_count(p->a.set, &a);
    link_count(p->b.set, &b);
    assert_int_equal(a.bytes_out, b.bytes_in);
    assert_int_equal(a.bytes_in, b.bytes_out);
    assert_true(a.bytes_out > 5000 * PING);
    assert_int_equal(a.links, 1);
}

/* Joins, reads nothing until it is told to, then everything. */
static void hesitate(struct link_stranger *s)
{
    char byte;
    int small = 65536;
    s->context = link_stranger_context(s);
    link_stranger_connect(s);
    setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    check(link_stranger_tls(s));
    check(recv(s->number, &byte, 1, 0) == 1);
    do {
        s->got_size = 0;
        link_stranger_tls_read(s);
    } while (s->got_size == sizeof s->got);
}

static void stuck(struct link_pair *p, struct link_stranger *s, int sides[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sides), 0);
    s->act = hesitate;
    s->trust = p->a.trust;
    s->port = link_port(p->b.set);
    s->number = sides[0];
    link_pair_start(p, s);
    LINK_PAIR_UNTIL(p, p->b.ups == 1);
}

/* Sends, as the core does, until LIMIT_UNSENT is owed. */
static void fill(struct link_pair *p, const struct link_conn *c)
{
    while (link_output_unsent(c) < LIMIT_UNSENT) {
        link_pair_say_goodbye(&p->b, "0123456789012345678901234567890123456789");
        if (c->text.end > 60000) {
            link_flush(p->b.set);
            uv_run(&p->loop, UV_RUN_NOWAIT);
        }
    }
}

static void who_reads_slowly_is_waited_for_and_sent_is_told_when_it_reads(void **state)
{
    struct link_pair *p = *state;
    struct link_stranger s = {0};
    int sides[2];
    stuck(p, &s, sides);
    const struct link_conn *c = p->b.set->first;
    unsigned sents;
    do { /* the kernel's buffers grow for a while */
        fill(p, c);
        sents = p->b.sents;
        link_pair_idle(p);
    } while (p->b.sents != sents || link_output_unsent(c) < LIMIT_UNSENT);
    assert_in_range(link_output_unsent(c), LIMIT_UNSENT, LIMIT_UNSENT + LIMIT_LINE);
    assert_true(c->queued <= LINK_TLS_OUT); /* the rest stays text, to share records */
    assert_int_equal(send(sides[1], "", 1, 0), 1);
    LINK_PAIR_UNTIL(p, p->b.sents > sents);
    LINK_PAIR_UNTIL(p, link_output_unsent(c) == 0 && p->b.unsent == 0);
    link_pair_hang_up(&p->b, p->b.link);
    LINK_PAIR_UNTIL(p, s.done);
    assert_int_equal(p->b.downs, 0);
    close(sides[0]);
    close(sides[1]);
}

static void who_takes_nothing_is_lost_at_the_bound(void **state)
{
    struct link_pair *p = *state;
    struct link_stranger s = {0};
    int sides[2];
    stuck(p, &s, sides);
    const struct link_conn *c = p->b.set->first;
    size_t most = 0;
    while (p->b.downs == 0) {
        for (int i = 0; i < 200; i++) {
            link_pair_say_goodbye(&p->b, "0123456789012345678901234567890123456789");
        }
        most = link_output_unsent(c) > most ? link_output_unsent(c) : most;
        link_flush(p->b.set);
        uv_run(&p->loop, UV_RUN_NOWAIT);
    }
    assert_in_range(most, LINK_UNSENT_MAX, LINK_UNSENT_MAX + LIMIT_LINE);
    assert_string_equal(p->b.reason, "it takes what it is sent too slowly");
    assert_false(p->b.reset);
    assert_int_equal(send(sides[1], "", 1, 0), 1);
    LINK_PAIR_UNTIL(p, s.done);
    close(sides[0]);
    close(sides[1]);
}

static void keys_are_updated_and_nobody_notices(void **state)
{
    enum { COUNT = 200, RECORDS = 10 };
    struct link_pair *p = *state;
    p->a.set->records_max = p->b.set->records_max = RECORDS;
    link_pair_connect(p);
    for (uint64_t i = 1; i <= COUNT; i++) {
        link_pair_ping(&p->a, i);
        link_pair_ping(&p->b, i);
        LINK_PAIR_UNTIL(p, p->a.pings == i && p->b.pings == i); /* a record each */
    }
    assert_in_range(p->a.set->first->tls.key_updates, COUNT / RECORDS, 2 * COUNT / RECORDS);
    assert_in_range(p->b.set->first->tls.key_updates, COUNT / RECORDS, 2 * COUNT / RECORDS);
    assert_int_equal(p->a.downs + p->b.downs, 0);
}

static void a_quiet_link_holds_no_buffer(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    send_update(&p->a, 1, 500);
    LINK_PAIR_UNTIL(p, p->b.messages == 1);
    assert_int_equal(p->a.set->first->text.capacity, 0);
    assert_null(p->b.set->first->lines.held);
}

static int make(void **state)
{
    static struct link_pair pair;
    link_pair_open(&pair);
    *state = &pair;
    return 0;
}

static int unmake(void **state)
{
    link_pair_close(*state);
    return 0;
}

#define PAIR(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR(a_megabyte_each_way_arrives_in_order),
        PAIR(a_state_update_as_large_as_may_be_arrives),
        PAIR(what_one_turn_gathers_shares_its_records),
        PAIR(bytes_are_counted_alike_at_both_ends),
        PAIR(who_reads_slowly_is_waited_for_and_sent_is_told_when_it_reads),
        PAIR(who_takes_nothing_is_lost_at_the_bound),
        PAIR(keys_are_updated_and_nobody_notices),
        PAIR(a_quiet_link_holds_no_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
