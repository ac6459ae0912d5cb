/* The discovery sockets on lo; interfaces are the matter of udp_places_test.c. */
#include "io/udp.h"

#include "io/udp_socket.h"
#include "udp_lab.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void two_peers_on_lo_hear_each_other_and_not_themselves(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    struct peer b;
    udp_lab_peer(lab, &a, udp_lab_on_loopback);
    udp_lab_peer(lab, &b, udp_lab_on_loopback);
    udp_lab_hello(&a, "a", udp_lab_everybody);
    udp_lab_run_until(lab, &b.hellos, 1);
    assert_string_equal(b.hello.device, "a");
    assert_int_equal(b.hello.counter, 3);
    assert_int_equal(b.source.ipv4, LO);
    udp_lab_hello(&b, "b", udp_lab_everybody);
    udp_lab_run_until(lab, &a.hellos, 1);
    assert_string_equal(a.hello.device, "b");
    udp_lab_run(lab);
    assert_int_equal(udp_lab_counts(&a).heard, 1);
    assert_int_equal(udp_lab_counts(&b).heard, 1);
    assert_int_equal(udp_lab_counts(&a).sent, 1);
    assert_int_equal(a.traces, 2);
    assert_int_equal(a.traced.ipv4, LO_ALL); /* not 255.255.255.255, which has no route */
    assert_int_equal(a.traced.port, lab->port);
    udp_close(a.udp);
    udp_close(b.udp);
}

static void an_answer_reaches_the_private_socket_of_one(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    struct peer b;
    struct peer c;
    udp_lab_peer(lab, &a, udp_lab_on_loopback);
    udp_lab_peer(lab, &b, udp_lab_on_loopback);
    udp_lab_peer(lab, &c, udp_lab_on_loopback);
    udp_lab_hello(&a, "a", udp_lab_everybody);
    udp_lab_run_until(lab, &b.hellos, 1);
    udp_lab_run_until(lab, &c.hellos, 1);
    assert_int_not_equal(b.source.port, lab->port);
    udp_lab_hello(&b, "b", b.source);
    udp_lab_run_until(lab, &a.hellos, 1);
    udp_lab_run(lab);
    assert_int_equal(c.hellos, 1);
    udp_close(a.udp);
    udp_close(b.udp);
    udp_close(c.udp);
}

static void the_port_is_shared_with_plain_peers_whoever_comes_first(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    char text[LIMIT_DATAGRAM + 1];
    for (int lesson_first = 0; lesson_first < 2; lesson_first++) {
        int fd = lesson_first ? udp_lab_lesson_listen(lab->port) : -1;
        struct peer a;
        udp_lab_peer(lab, &a, udp_lab_plain_on_loopback);
        if (!lesson_first)
            fd = udp_lab_lesson_listen(lab->port);
        udp_lab_plain(&a, "a");
        assert_int_equal(udp_lab_lesson_hear(fd, text), 1);
        assert_string_equal(text, "{\"type\":\"hello\",\"device\":\"a\"}");
        udp_lab_lesson_send(SPAN("{\"type\": \"hello\", \"device\": \"Py\"}"), LO_ALL, lab->port);
        udp_lab_run_until(lab, &a.plains, 1);
        assert_string_equal(a.device, "Py");
        assert_int_equal(udp_lab_lesson_hear(fd, text), 1);
        close(fd);
        udp_close(a.udp);
        udp_lab_run(lab);
    }
}

static void a_plain_reading_has_the_unit_of_its_type_unless_it_names_one(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    udp_lab_peer(lab, &a, udp_lab_plain_on_loopback);
#define READING "{\"type\":\"temperature\",\"device\":\"Py\",\"value\":31.0"
    static const struct {
        const char *datagram, *unit;
    } cases[] = {
        {READING "}", "Cel"},
        {READING ",\"unit\":\"celsius\"}", "Cel"},
        {READING ",\"unit\":\"K\"}", "K"},
        {READING ",\"unit\":\"flames\"}", "flames"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        udp_lab_lesson_send(span_of(cases[i].datagram), LO_ALL, lab->port);
        udp_lab_run_until(lab, &a.plains, (int)i + 1);
        assert_string_equal(a.unit, cases[i].unit);
    }
    udp_close(a.udp);
}

static void a_port_that_is_not_shared_is_named_with_its_holder(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(lab->port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&in, sizeof in), 0);
    struct peer a;
    char message[MESSAGE];
    assert_int_equal(udp_lab_try(lab, &a, udp_lab_on_loopback, message), ERR_IO);
    char expected[64];
    snprintf(expected, sizeof expected, "UDP port %u is held by ", lab->port);
    assert_memory_equal(message, expected, strlen(expected));
    snprintf(expected, sizeof expected, "(pid %d)", (int)getpid());
    assert_non_null(strstr(message, expected));
    assert_non_null(strstr(message, "--port N"));
    assert_null(a.udp);
    close(fd);
}

static void what_is_not_ours_is_counted_by_its_cause(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    udp_lab_peer(lab, &a, udp_lab_on_loopback);
    char text[LIMIT_DATAGRAM];
    udp_lab_lesson_send(udp_lab_datagram(&udp_lab_theirs, text), LO_ALL, lab->port);
    udp_lab_lesson_send(udp_lab_datagram(&udp_lab_forged, text), LO_ALL, lab->port);
    udp_lab_lesson_send(SPAN("{\"type\":\"hello\",\"device\":\"x\"}"), LO_ALL, lab->port);
    udp_lab_lesson_send(udp_lab_datagram(&udp_lab_ours, text), LO_ALL, lab->port);
    udp_lab_run_until(lab, &a.hellos, 1);
    assert_int_equal(a.foreigns, 1);
    assert_int_equal(a.plains, 0);
    assert_int_equal(a.malformed, 0);
    const struct udp_counts counts = udp_lab_counts(&a);
    assert_int_equal(counts.heard, 4);
    assert_int_equal(counts.foreign, 1);
    assert_int_equal(counts.denied, 1);
    assert_int_equal(counts.malformed, 1);
    udp_close(a.udp);
}

static void a_datagram_above_the_limit_is_malformed(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    udp_lab_peer(lab, &a, udp_lab_plain_on_loopback);
    char text[2 * LIMIT_DATAGRAM];
    memset(text, ' ', sizeof text);
    const struct span hello = SPAN("{\"type\":\"hello\",\"device\":\"x\"}");
    memcpy(text, hello.bytes, hello.size);
    udp_lab_lesson_send((struct span){text, LIMIT_DATAGRAM}, LO_ALL, lab->port);
    udp_lab_run_until(lab, &a.plains, 1);
    udp_lab_lesson_send((struct span){text, LIMIT_DATAGRAM + 1}, LO_ALL, lab->port);
    udp_lab_run_until(lab, &a.malformed, 1);
    udp_lab_lesson_send((struct span){text, sizeof text}, LO_ALL, lab->port);
    udp_lab_run_until(lab, &a.malformed, 2);
    assert_int_equal(a.plains, 1);
    udp_close(a.udp);
}

static void malformed_datagrams_are_told_at_a_bounded_rate(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    udp_lab_peer(lab, &a, udp_lab_plain_on_loopback);
    for (int i = 0; i < 30; i++)
        udp_lab_lesson_send(SPAN("garbage"), LO_ALL, lab->port);
    udp_lab_run(lab);
    assert_int_equal(udp_lab_counts(&a).malformed, 30);
    assert_int_equal(a.malformed, 10);
    assert_int_equal(a.untold, 0);
    assert_string_not_equal(a.cause, "");
    udp_lab_guard(lab);
    while (a.malformed == 10 && !lab->gave_up) {
        udp_lab_lesson_send(SPAN("garbage"), LO_ALL, lab->port);
        uv_run(&lab->loop, UV_RUN_ONCE);
    }
    udp_lab_in_time(lab);
    assert_int_equal(a.malformed, 11);
    assert_true(a.untold >= 20);
    assert_int_equal(a.untold + 11, udp_lab_counts(&a).malformed);
    udp_close(a.udp);
}

static void a_flood_of_garbage_leaves_hellos_heard(void **state)
{
    enum { GARBAGE = 10000, EVERY = 100 };
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    struct peer b;
    udp_lab_peer(lab, &a, udp_lab_plain_on_loopback);
    udp_lab_peer(lab, &b, udp_lab_on_loopback);
    uint16_t from;
    int fd = udp_socket_private(0, &from);
    struct rng {
        uint64_t state;
    } rng = {88172645463325252};
    for (int i = 0; i < GARBAGE; i++) {
        char garbage[64];
        for (size_t k = 0; k < sizeof garbage; k++) {
            rng.state = rng.state * UINT64_C(6364136223846793005) + 1;
            garbage[k] = (char)(rng.state >> 56);
        }
        const struct address to = {LO_ALL, lab->port};
        assert_int_equal(udp_socket_send(fd, (struct span){garbage, sizeof garbage}, to,
                                         (struct udp_socket_way){0}),
                         0);
        if (i % EVERY == 0) {
            udp_lab_hello(&b, "b", udp_lab_everybody);
            udp_lab_run(lab);
        }
    }
    close(fd);
    udp_lab_run(lab);
    assert_int_equal(a.hellos, GARBAGE / EVERY);
    assert_int_equal(udp_lab_counts(&a).malformed, GARBAGE);
    assert_true(a.malformed >= 10 && a.malformed < 100);
    udp_close(a.udp);
    udp_close(b.udp);
}

static void one_turn_of_the_loop_reads_a_bounded_number(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    udp_lab_peer(lab, &a, udp_lab_on_loopback);
    uv_run(&lab->loop, UV_RUN_NOWAIT);
    char text[LIMIT_DATAGRAM];
    for (int i = 0; i < 100; i++)
        udp_lab_lesson_send(udp_lab_datagram(&udp_lab_ours, text), LO_ALL, lab->port);
    uv_run(&lab->loop, UV_RUN_NOWAIT);
    assert_int_equal(a.hellos, 64);
    udp_lab_run_until(lab, &a.hellos, 100);
    udp_close(a.udp);
}

/* Ten wakes in half a second: then calls wait for each other, and none is lost. */
static void calls_of_a_large_network_are_read_several_at_once(void **state)
{
    enum { WAKES = 10, APART_US = 40000, TOGETHER = 5 };
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    udp_lab_peer(lab, &a, udp_lab_on_loopback);
    uv_run(&lab->loop, UV_RUN_NOWAIT);
    char text[LIMIT_DATAGRAM];
    for (int i = 0; i <= WAKES; i++) {
        usleep(APART_US);
        udp_lab_lesson_send(udp_lab_datagram(&udp_lab_ours, text), LO_ALL, lab->port);
        udp_lab_run_until(lab, &a.hellos, i + 1);
    }
    for (int i = 0; i < TOGETHER; i++)
        udp_lab_lesson_send(udp_lab_datagram(&udp_lab_ours, text), LO_ALL, lab->port);
    uv_run(&lab->loop, UV_RUN_NOWAIT);
    assert_int_equal(a.hellos, WAKES + 1);
    udp_lab_run_until(lab, &a.hellos, WAKES + 1 + TOGETHER);
    udp_close(a.udp);
}

static void a_call_back_may_close(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    udp_lab_peer(lab, &a, udp_lab_on_loopback);
    a.close_on_event = true;
    char text[LIMIT_DATAGRAM];
    udp_lab_lesson_send(udp_lab_datagram(&udp_lab_ours, text), LO_ALL, lab->port);
    udp_lab_lesson_send(udp_lab_datagram(&udp_lab_ours, text), LO_ALL, lab->port);
    udp_lab_run_until(lab, &a.hellos, 1);
    udp_lab_run(lab);
    assert_int_equal(a.hellos, 1);
    udp_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_peers_on_lo_hear_each_other_and_not_themselves,
                                        udp_lab_open, udp_lab_close),
        cmocka_unit_test_setup_teardown(an_answer_reaches_the_private_socket_of_one, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(the_port_is_shared_with_plain_peers_whoever_comes_first,
                                        udp_lab_open, udp_lab_close),
        cmocka_unit_test_setup_teardown(
            a_plain_reading_has_the_unit_of_its_type_unless_it_names_one, udp_lab_open,
            udp_lab_close),
        cmocka_unit_test_setup_teardown(a_port_that_is_not_shared_is_named_with_its_holder,
                                        udp_lab_open, udp_lab_close),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_counted_by_its_cause, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(a_datagram_above_the_limit_is_malformed, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(malformed_datagrams_are_told_at_a_bounded_rate,
                                        udp_lab_open, udp_lab_close),
        cmocka_unit_test_setup_teardown(a_flood_of_garbage_leaves_hellos_heard, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(one_turn_of_the_loop_reads_a_bounded_number, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(calls_of_a_large_network_are_read_several_at_once,
                                        udp_lab_open, udp_lab_close),
        cmocka_unit_test_setup_teardown(a_call_back_may_close, udp_lab_open, udp_lab_close),
    };
    return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
