#define _GNU_SOURCE
#include "link_pair.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void each_side_learns_who_the_other_is(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    assert_string_equal(p->a.who.device, "sensor2");
    assert_string_equal(p->b.who.device, "sensor1");
    assert_int_equal(p->a.who.role, ROLE_SENSOR);
    assert_true(ident_key_equal(&p->a.who.key, &trust_self(p->b.trust)->key));
    assert_true(ident_key_equal(&p->b.who.key, &trust_self(p->a.trust)->key));
    assert_int_equal(p->a.link, 1);
    assert_int_equal(p->b.link % 2, 0);
    assert_int_not_equal(p->b.link, 0);
    assert_int_equal(p->a.from.port, link_port(p->b.set));
    assert_int_equal(p->a.from.ipv4, INADDR_LOOPBACK);
    assert_true(link_pair_works(p));
}

static void several_links_at_once_are_told_apart(void **state)
{
    struct link_pair *p = *state;
    link_pair_dial(&p->a, 1, link_port(p->b.set));
    link_pair_dial(&p->a, 3, link_port(p->b.set));
    link_pair_dial(&p->b, 1, link_port(p->a.set));
    LINK_PAIR_UNTIL(p, p->a.ups == 3 && p->b.ups == 3);
    link_pair_hang_up(&p->a, 3);
    LINK_PAIR_UNTIL(p, p->b.downs == 1);
    link_pair_idle(p);
    assert_int_equal(p->a.downs, 0);
    struct link_counts counts;
    link_count(p->b.set, &counts);
    assert_int_equal(counts.links, 2);
}

static void a_dial_to_a_dead_port_ends_in_exactly_one_link_down(void **state)
{
    struct link_pair *p = *state;
    uint16_t dead = link_port(p->b.set);
    link_pair_close_side(p, &p->b);
    link_pair_dial(&p->a, 7, dead);
    LINK_PAIR_UNTIL(p, p->a.downs > 0);
    link_pair_idle(p);
    assert_int_equal(p->a.downs, 1);
    assert_int_equal(p->a.ups, 0);
    assert_int_equal(p->a.down_link, 7);
    assert_string_equal(p->a.reason, "connection refused");
    assert_false(p->a.reset);
}

static void a_dial_that_fails_at_once_is_still_told_from_the_loop(void **state)
{
    struct link_pair *p = *state;
    struct effect e = {.kind = EFFECT_DIAL};
    e.dial.link = 9;
    e.dial.address = (struct address){0x08080808, 53}; /* --loopback lets no packet out */
    p->a.calling = true;
    link_effect(p->a.set, &e);
    p->a.calling = false;
    assert_int_equal(p->a.downs, 0);
    LINK_PAIR_UNTIL(p, p->a.downs == 1);
    assert_non_null(strstr(p->a.reason, "loopback"));
}

static void who_does_not_answer_is_given_up(void **state)
{
    struct link_pair *p = *state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int deaf = socket(AF_INET, SOCK_STREAM, 0); /* accepts by the kernel, says nothing */
    assert_int_equal(bind(deaf, (struct sockaddr *)&at, size) | listen(deaf, 1), 0);
    getsockname(deaf, (struct sockaddr *)&at, &size);
    p->a.set->handshake_ms = 1;
    link_pair_dial(&p->a, 1, ntohs(at.sin_port));
    LINK_PAIR_UNTIL(p, p->a.downs == 1);
    assert_string_equal(p->a.reason, "the handshake took too long");
    close(deaf);
}

static void who_cannot_be_reached_is_given_up(void **state)
{
    struct link_pair *p = *state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int full = socket(AF_INET, SOCK_STREAM, 0); /* its queue of one is taken: the kernel drops SYNs
                                                 */
    assert_int_equal(bind(full, (struct sockaddr *)&at, size) | listen(full, 0), 0);
    getsockname(full, (struct sockaddr *)&at, &size);
    int waiting = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(waiting, (struct sockaddr *)&at, size), 0);
    p->a.set->connect_ms = 1;
    link_pair_dial(&p->a, 1, ntohs(at.sin_port));
    LINK_PAIR_UNTIL(p, p->a.downs == 1);
    assert_string_equal(p->a.reason, "no answer in time");
    close(waiting);
    close(full);
}

static void hanging_up_sends_what_was_said_before_and_nothing_comes_after(void **state)
{
    enum { MANY = 15000 }; /* more than a socket takes at once */
    struct link_pair *p = *state;
    link_pair_connect(p);
    for (uint64_t i = 1; i <= MANY; i++) {
        link_pair_ping(&p->a, i);
    }
    link_pair_ping(&p->b, 1); /* to nobody, either */
    link_pair_hang_up(&p->a, 1);
    link_pair_hang_up(&p->a, 1);
    link_pair_ping(&p->a, MANY + 1); /* to nobody */
    LINK_PAIR_UNTIL(p, p->b.downs == 1);
    assert_int_equal(p->b.pings, MANY);
    assert_string_equal(p->b.reason, "closed");
    assert_false(p->b.reset);
    link_pair_idle(p);
    assert_int_equal(p->a.downs + p->a.messages, 0);
}

static void a_hang_up_in_the_middle_of_messages_stops_them(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    for (uint64_t i = 1; i <= 100; i++) {
        link_pair_ping(&p->a, i);
    }
    p->b.hang_up = true;
    LINK_PAIR_UNTIL(p, p->a.downs == 1);
    assert_int_equal(p->b.messages, 1);
    assert_int_equal(p->b.downs, 0);
}

static void hanging_up_before_the_link_is_up_is_silent(void **state)
{
    struct link_pair *p = *state;
    link_pair_dial(&p->a, 1, link_port(p->b.set));
    link_pair_hang_up(&p->a, 1);
    link_pair_dial(&p->a, 3, link_port(p->b.set));
    LINK_PAIR_UNTIL(p, p->a.ups == 1);
    link_pair_idle(p);
    assert_int_equal(p->a.link, 3);
    assert_int_equal(p->a.downs, 0);
    link_pair_hang_up(&p->a, 99); /* nobody's */
}

static void closing_sends_what_is_pending_and_says_so_when_it_is_done(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    link_pair_say_goodbye(&p->a, "night falls");
    link_pair_close_side(p, &p->a);
    assert_true(p->a.closed);
    LINK_PAIR_UNTIL(p, p->b.downs == 1);
    assert_string_equal(p->b.end, "night falls");
    assert_string_equal(p->b.reason, "closed");
    assert_int_equal(p->a.downs, 0);
}

static void closing_with_links_in_every_state_ends(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    link_pair_dial(&p->a, 3, link_port(p->b.set));
    uv_run(&p->loop, UV_RUN_NOWAIT);
    link_pair_dial(&p->a, 5, link_port(p->b.set));
    link_pair_dial(&p->b, 1, link_port(p->a.set));
    unsigned ups = p->a.ups;
    link_pair_close_side(p, &p->a);
    assert_int_equal(p->a.ups, ups);
    assert_int_equal(p->a.downs, 0);
}

static enum err try_listen(struct link_pair *p, const char *listen, bool loopback, char *message,
                           uint16_t *port)
{
    struct link_side s = {0};
    struct link_options options = {.listen = listen, .loopback = loopback};
    struct link_handler handler = {.context = &s};
    enum err err = link_open(&s.set, &p->loop, p->a.trust, &options, &handler, message, 256);
    if (!err) {
        *port = link_port(s.set);
        s.trust = NULL;
        link_pair_close_side(p, &s);
    }
    link_pair_idle(p);
    return err;
}

static void listen_takes_addresses_and_explains_what_it_does_not_take(void **state)
{
    struct link_pair *p = *state;
    char message[256], taken[32];
    uint16_t port = 0;
    static const char *const bad[] = {"",
                                      "here",
                                      "127.0.0.1:",
                                      "127.0.0.1:x",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:-1",
                                      ":47120",
                                      "127.0.0.1:1:2",
                                      "1234567890.1234567890"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(try_listen(p, bad[i], false, message, &port), ERR_SYNTAX);
        assert_non_null(strstr(message, "ADDR:PORT"));
    }
    assert_int_equal(try_listen(p, "0.0.0.0", true, message, &port), ERR_SYNTAX);
    assert_non_null(strstr(message, "127.0.0.0/8"));
    assert_int_equal(try_listen(p, "127.0.0.2", true, message, &port), ERR_OK);
    assert_int_equal(try_listen(p, "127.0.0.1:0", false, message, &port), ERR_OK);
    assert_int_not_equal(port, 0);
    snprintf(taken, sizeof taken, "127.0.0.1:%u", link_port(p->b.set));
    assert_int_equal(try_listen(p, taken, true, message, &port), ERR_IO);
    assert_non_null(strstr(message, taken));
    assert_non_null(strstr(message, "address already in use"));
}

/* What is left of the files this process may open is used up; returns how many were taken. */
static int use_up_files(int *taken, int max)
{
    int count = 0;
    while (count < max && (taken[count] = dup(0)) >= 0) {
        count++;
    }
    return count;
}

static void out_of_files_only_new_links_suffer_and_they_recover(void **state)
{
    enum { FILES = 200 };
    struct link_pair *p = *state;
    int taken[FILES];
    struct rlimit before, low = {FILES, 0};
    link_pair_connect(p);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low.rlim_max = before.rlim_max;
    close(p->loop.emfile_fd); /* even libuv's spare one */
    p->loop.emfile_fd = -1;
    int knocking = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    int count = use_up_files(taken, FILES);

    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(link_port(p->b.set)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(knocking, (struct sockaddr *)&at, sizeof at), 0);
    link_pair_dial(&p->a, 3, link_port(p->b.set));
    LINK_PAIR_UNTIL(p, p->a.downs == 1);
    assert_string_equal(p->a.reason, "too many open files");
    LINK_PAIR_UNTIL(p, p->b.set->listen_again_ms != UINT64_MAX);
    assert_true(link_pair_works(p));

    while (count > 0) {
        close(taken[--count]);
    }
    close(knocking);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    LINK_PAIR_UNTIL(p, p->b.set->listen_again_ms == UINT64_MAX);
    link_pair_dial(&p->a, 5, link_port(p->b.set));
    LINK_PAIR_UNTIL(p, p->a.ups == 2);
    assert_true(link_pair_works(p));
}

static void quiet_open_links_wake_nobody(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    LINK_PAIR_UNTIL(p, !uv_is_active((uv_handle_t *)&p->a.set->timer) &&
                           !uv_is_active((uv_handle_t *)&p->b.set->timer));
    link_pair_idle(p);
    assert_false(uv_is_active((uv_handle_t *)&p->a.set->soon));
    assert_false(uv_is_active((uv_handle_t *)&p->b.set->soon));
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
        PAIR(each_side_learns_who_the_other_is),
        PAIR(several_links_at_once_are_told_apart),
        PAIR(a_dial_to_a_dead_port_ends_in_exactly_one_link_down),
        PAIR(a_dial_that_fails_at_once_is_still_told_from_the_loop),
        PAIR(who_does_not_answer_is_given_up),
        PAIR(who_cannot_be_reached_is_given_up),
        PAIR(hanging_up_sends_what_was_said_before_and_nothing_comes_after),
        PAIR(a_hang_up_in_the_middle_of_messages_stops_them),
        PAIR(hanging_up_before_the_link_is_up_is_silent),
        PAIR(closing_sends_what_is_pending_and_says_so_when_it_is_done),
        PAIR(closing_with_links_in_every_state_ends),
        PAIR(listen_takes_addresses_and_explains_what_it_does_not_take),
        PAIR(out_of_files_only_new_links_suffer_and_they_recover),
        PAIR(quiet_open_links_wake_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
