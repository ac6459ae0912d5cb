#define _GNU_SOURCE
#include "link_pair.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Text for b: `count` pings, numbered from 1. */
static char *pings(size_t count, size_t *size)
{
    char *text = malloc(count * 64);
    *size = 0;
    for (size_t i = 1; i <= count; i++) {
        struct message m = {.kind = MESSAGE_PING};
        m.ping.sent_ms = i;
        *size += message_encode(&m, text + *size, 64);
    }
    return text;
}

/* Joins and says its text in pieces of `number` bytes, each in a record of its own; reads the
 * answer. */
static void speak(struct link_stranger *s)
{
    s->context = link_stranger_context(s);
    link_stranger_connect(s);
    check(link_stranger_tls(s));
    size_t piece = (size_t)s->number;
    for (size_t at = 0; at < s->text_size; at += piece) {
        size_t size = s->text_size - at < piece ? s->text_size - at : piece;
        link_stranger_tls_write(s, s->text + at, size);
    }
    link_stranger_end(s);
    link_stranger_tls_read(s);
}

static void a_stream_gives_the_same_messages_however_it_is_cut(void **state)
{
    enum { COUNT = 200 };
    static const int pieces[] = {1, 2, 3, 7, 64, 1000, 16384};
    struct link_pair *p = *state;
    size_t size;
    char *text = pings(COUNT, &size);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        struct link_stranger s = {.act = speak,
                                  .trust = p->a.trust,
                                  .text = text,
                                  .text_size = size};
        s.port = link_port(p->b.set);
        s.number = pieces[i];
        p->b.pings = 0;
        link_pair_let(p, &s);
        LINK_PAIR_UNTIL(p, p->b.downs == i + 1);
        assert_int_equal(p->b.pings, COUNT);
        assert_string_equal(p->b.reason, "closed");
        assert_false(p->b.reset);
    }
    free(text);
}

static void an_empty_line_is_heard_and_is_no_message(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    unsigned messages = p->b.messages;
    struct effect beat = {.kind = EFFECT_SEND,
                          .send = {.link = p->a.link, .message = {.kind = MESSAGE_BEAT}}};
    link_effect(p->a.set, &beat);
    link_flush(p->a.set);
    LINK_PAIR_UNTIL(p, p->b.heards > 0);
    assert_int_equal(p->b.messages, messages);
    assert_int_equal(p->b.downs, 0);
}

static void a_malformed_line_ends_the_link_and_its_cause_is_told_to_both(void **state)
{
    static const char *const lines[] = {"hello\n", "{\"type\":\"ping\"}\n",          "[1]\n",
                                        "{}\n",    "{\"type\":\"ping\",\"t\":-1}\n", "\x01\n"};
    struct link_pair *p = *state;
    link_pair_connect(p);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct link_stranger s = {.act = speak, .trust = p->a.trust, .number = 16384};
        s.text = lines[i];
        s.text_size = strlen(lines[i]);
        s.port = link_port(p->b.set);
        link_pair_let(p, &s);
        LINK_PAIR_UNTIL(p, p->b.downs == i + 1);
        assert_memory_equal(p->b.reason, "it sent a malformed line: ", 26);
        assert_memory_equal(s.got, "{\"type\":\"error\"", 15);
        assert_int_equal(s.got[s.got_size - 1], '\n');
        size_t plain = strcspn(p->b.reason + 26, "\""); /* a quote is escaped in the message */
        assert_non_null(memmem(s.got, s.got_size, p->b.reason + 26, plain));
        assert_false(s.refused); /* an orderly end */
    }
    assert_int_equal(p->b.messages, 0);
    assert_true(link_pair_works(p));
}

static void a_line_at_the_bound_is_taken_and_one_beyond_it_ends_the_link(void **state)
{
    struct link_pair *p = *state;
    char *text = malloc(LIMIT_LINE + 1);
    memset(text, ' ', LIMIT_LINE + 1);
    memcpy(text, "{\"type\":\"ping\",\"t\":1", 20);
    for (size_t beyond = 0; beyond < 2; beyond++) {
        struct link_stranger s = {.act = speak, .trust = p->a.trust, .text = text, .number = 16384};
        s.text_size = LIMIT_LINE + beyond;
        text[s.text_size - 2] = '}';
        text[s.text_size - 1] = '\n';
        s.port = link_port(p->b.set);
        link_pair_let(p, &s);
        LINK_PAIR_UNTIL(p, p->b.downs == beyond + 1);
        assert_int_equal(p->b.messages, 1);
        assert_int_equal(strstr(p->b.reason, "longer than") != NULL, beyond);
    }
    free(text);
}

static void vanish(struct link_stranger *s)
{
    struct linger at_once = {.l_onoff = s->number, .l_linger = 0};
    s->context = link_stranger_context(s);
    link_stranger_connect(s);
    check(link_stranger_tls(s));
    link_stranger_tls_write(s, "{\"type\":\"ping\",\"t\":1}\n", 22);
    setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* A killed process: its kernel ends the connection, with or without a reset, and TLS says nothing.
 */
static void an_end_without_a_goodbye_of_tls_is_a_reset(void **state)
{
    struct link_pair *p = *state;
    for (int reset = 0; reset < 2; reset++) {
        struct link_stranger s = {.act = vanish, .trust = p->a.trust, .number = reset};
        s.port = link_port(p->b.set);
        p->b.pings = 0;
        link_pair_let(p, &s);
        LINK_PAIR_UNTIL(p, p->b.ups + p->b.refused == (unsigned)reset + 1);
        if (p->b.ups == (unsigned)reset + 1) {
            LINK_PAIR_UNTIL(p, p->b.downs == p->b.ups);
            assert_true(p->b.reset);
            assert_string_equal(p->b.reason, "connection reset");
        }
        assert_int_not_equal(p->b.ups, 0); /* the first, which ends without a reset, came up */
    }
}

/* Between two peers: passes bytes on, keeps them, and damages the one after `number` of the
 * dialler's. */
struct wire {
    struct link_stranger s;
    uint16_t own_port;
    int listener;
    char *seen;
    size_t seen_size;
    size_t damage_at; /* SIZE_MAX: never */
};

enum { SEEN_MAX = 1 << 20 };

static bool pass(struct wire *w, int from, int to, bool keep)
{
    char bytes[4096];
    ssize_t n = recv(from, bytes, sizeof bytes, 0);
    if (n <= 0) {
        return false;
    }
    if (keep) {
        size_t end = w->seen_size + (size_t)n;
        if (w->damage_at >= w->seen_size && w->damage_at < end) {
            bytes[w->damage_at - w->seen_size] ^= 1;
        }
        check(end <= SEEN_MAX);
        memcpy(w->seen + w->seen_size, bytes, (size_t)n);
        w->seen_size = end;
    }
    return send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void carry(struct link_stranger *s)
{
    struct wire *w = (struct wire *)s;
    int near = accept(w->listener, NULL, NULL);
    link_stranger_connect(s);
    struct pollfd fds[2] = {{near, POLLIN, 0}, {s->fd, POLLIN, 0}};
    bool open = true;
    while (open && poll(fds, 2, 5000) > 0) {
        if (fds[0].revents) {
            open = pass(w, near, s->fd, true);
        }
        if (open && fds[1].revents) {
            open = pass(w, s->fd, near, false);
        }
    }
    close(near);
    close(w->listener);
}

static void lay(struct link_pair *p, struct wire *w)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    w->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(w->listener, (struct sockaddr *)&at, size) | listen(w->listener, 1), 0);
    getsockname(w->listener, (struct sockaddr *)&at, &size);
    w->own_port = ntohs(at.sin_port);
    w->s.port = link_port(p->b.set);
    w->s.act = carry;
    w->seen = malloc(SEEN_MAX);
    link_pair_start(p, &w->s);
}

static void the_wire_carries_nothing_in_clear(void **state)
{
    struct link_pair *p = *state;
    struct wire w = {.damage_at = SIZE_MAX};
    lay(p, &w);
    link_pair_dial(&p->a, 1, w.own_port);
    LINK_PAIR_UNTIL(p, p->a.ups == 1 && p->b.ups == 1);
    link_pair_say_goodbye(&p->a, "temperature 24.8 in the cellar");
    link_pair_hang_up(&p->a, 1);
    LINK_PAIR_UNTIL(p, p->b.downs == 1 && w.s.done);
    assert_string_equal(p->b.end, "temperature 24.8 in the cellar");
    static const char *const secrets[] = {"temperature", "goodbye", "sensor1", "type"};
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        assert_null(memmem(w.seen, w.seen_size, secrets[i], strlen(secrets[i])));
    }
    assert_non_null(memmem(w.seen, w.seen_size, "kith/1", 6)); /* that much, in the first hello */
    free(w.seen);
}

static void a_damaged_byte_ends_the_link_and_is_never_heard(void **state)
{
    struct link_pair *p = *state;
    struct wire w = {.damage_at = SIZE_MAX};
    lay(p, &w);
    link_pair_dial(&p->a, 1, w.own_port);
    LINK_PAIR_UNTIL(p, p->a.ups == 1 && p->b.ups == 1);
    w.damage_at = w.seen_size + 8;
    link_pair_ping(&p->a, 1);
    LINK_PAIR_UNTIL(p, p->b.downs == 1 && p->a.downs == 1);
    assert_int_equal(p->b.messages, 0);
    assert_string_equal(p->b.reason, "what it sent was damaged on the way");
    LINK_PAIR_UNTIL(p, w.s.done);
    free(w.seen);
}

static void a_busy_link_leaves_the_others_their_turn(void **state)
{
    enum { COUNT = 60000 };
    struct link_pair *p = *state;
    size_t size;
    char *text = pings(COUNT, &size);
    link_pair_connect(p);
    struct link_stranger s = {.act = speak, .trust = p->a.trust, .text = text, .text_size = size};
    s.port = link_port(p->b.set);
    s.number = 16384;
    link_pair_start(p, &s);
    LINK_PAIR_UNTIL(p, p->b.pings > 1000);
    uint64_t before = p->b.pings, most = 0;
    while (p->b.pings < COUNT) {
        before = p->b.pings;
        link_pair_turn(p, __FILE__, __LINE__);
        most = p->b.pings - before > most ? p->b.pings - before : most;
    }
    assert_in_range(most, 1, LINK_INPUT / 20); /* a ping takes more than 20 bytes */
    LINK_PAIR_UNTIL(p, s.done);
    free(text);
}

static void every_message_is_traced_both_ways(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    assert_true(link_pair_works(p));
    assert_int_equal(p->a.traced, 2);
    assert_int_equal(p->b.traced, 2);
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
        PAIR(a_stream_gives_the_same_messages_however_it_is_cut),
        PAIR(an_empty_line_is_heard_and_is_no_message),
        PAIR(a_malformed_line_ends_the_link_and_its_cause_is_told_to_both),
        PAIR(a_line_at_the_bound_is_taken_and_one_beyond_it_ends_the_link),
        PAIR(an_end_without_a_goodbye_of_tls_is_a_reset),
        PAIR(the_wire_carries_nothing_in_clear),
        PAIR(a_damaged_byte_ends_the_link_and_is_never_heard),
        PAIR(a_busy_link_leaves_the_others_their_turn),
        PAIR(every_message_is_traced_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
