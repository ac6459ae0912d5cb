/* The discovery sockets in a network namespace of the test's own: nothing leaves it. Ports are
 * those that the system hands out. */
#include "io/udp.h"

#include "io/udp_socket.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { GUARD_MS = 10000, MESSAGE = 512, LO = 0x7f000001, LO_ALL = 0x7fffffff, EVERYBODY = -1 };

static void toy_mac(void *context, struct span bytes, struct hello_mac *out)
{
    const uint64_t *seed = context;
    uint64_t hash = *seed;
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ (uint8_t)bytes.bytes[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < sizeof out->bytes; i++)
        out->bytes[i] = (uint8_t)(hash >> i % 8 * 8);
}

static uint64_t our_seed = 1;
static uint64_t their_seed = 2;
static const struct hello_key ours = {"0123456789abcdef", toy_mac, &our_seed};
static const struct hello_key theirs = {"fedcba9876543210", toy_mac, &their_seed};
static const struct hello_key forged = {"0123456789abcdef", toy_mac, &their_seed};

/* One end under test, and what it was told. */
struct peer {
    struct udp *udp;
    struct hello hello;
    struct address source;
    int hellos, foreigns, plains, malformed, changes, interfaces, traces;
    uint64_t untold;
    char device[LIMIT_NAME + 1];
    char cause[64];
    char interface[256];
    bool close_on_event;
};

struct lab {
    uv_loop_t loop;
    uv_timer_t guard;
    bool gave_up;
    uint16_t port;
};

static void on_event(void *context, const struct event *e)
{
    struct peer *p = context;
    if (e->kind == EVENT_HELLO) {
        p->hellos++;
        p->hello = *e->hello.hello;
        p->source = e->hello.source;
    } else if (e->kind == EVENT_FOREIGN) {
        p->foreigns++;
    } else {
        assert_int_equal(e->kind, EVENT_PLAIN);
        p->plains++;
        ident_name_copy(p->device, e->plain.device);
    }
    if (p->close_on_event)
        udp_close(p->udp);
}

static void on_malformed(void *context, struct address source, const char *cause, struct span bytes,
                         uint64_t dropped)
{
    struct peer *p = context;
    assert_true(source.port != 0 && bytes.size > 0);
    snprintf(p->cause, sizeof p->cause, "%s", cause);
    p->malformed++;
    p->untold += dropped;
}

static void on_interface(void *context, const char *text)
{
    struct peer *p = context;
    p->interfaces++;
    snprintf(p->interface, sizeof p->interface, "%s", text);
}

static void on_changed(void *context)
{
    struct peer *p = context;
    p->changes++;
}

static void on_trace(void *context, char arrow, struct address address, struct span text)
{
    struct peer *p = context;
    assert_true((arrow == '<' || arrow == '>') && address.port != 0 && text.size > 0);
    p->traces++;
}

static enum err open_peer(struct lab *lab, struct peer *p, struct udp_options options,
                          char message[MESSAGE])
{
    *p = (struct peer){0};
    options.port = lab->port;
    const struct udp_handler handler = {p,          on_event, on_malformed, on_interface,
                                        on_changed, on_trace};
    return udp_open(&p->udp, &lab->loop, &ours, &options, &handler, message, MESSAGE);
}

static void must_open(struct lab *lab, struct peer *p, struct udp_options options)
{
    char message[MESSAGE] = "";
    enum err err = open_peer(lab, p, options, message);
    assert_string_equal(message, "");
    assert_int_equal(err, ERR_OK);
}

static const struct udp_options on_loopback = {.loopback = true};
static const struct udp_options plain_on_loopback = {.loopback = true, .plain = true};

static void on_guard(uv_timer_t *guard)
{
    struct lab *lab = guard->data;
    lab->gave_up = true;
}

/* Runs the loop until the counter reaches `wanted`. */
static void run_until(struct lab *lab, const int *counter, int wanted)
{
    uv_timer_start(&lab->guard, on_guard, GUARD_MS, 0);
    while (*counter < wanted && !lab->gave_up)
        uv_run(&lab->loop, UV_RUN_ONCE);
    uv_timer_stop(&lab->guard);
    assert_false(lab->gave_up);
    assert_int_equal(*counter, wanted);
}

/* Sends on lo are delivered before they return: whatever was sent is there to be read. */
static void run_what_is_there(struct lab *lab)
{
    for (int i = 0; i < 32; i++)
        uv_run(&lab->loop, UV_RUN_NOWAIT);
}

/* A port that nobody holds just now. */
static uint16_t free_port(void)
{
    uint16_t port;
    int fd = udp_socket_private(0, &port);
    assert_true(fd >= 0);
    close(fd);
    return port;
}

static int lab_open(void **state)
{
    struct lab *lab = calloc(1, sizeof *lab);
    *state = lab;
    if (!lab || uv_loop_init(&lab->loop) != 0)
        return -1;
    uv_timer_init(&lab->loop, &lab->guard);
    lab->guard.data = lab;
    if (netns_enter())
        lab->port = free_port();
    return 0;
}

static int lab_close(void **state)
{
    struct lab *lab = *state;
    uv_close((uv_handle_t *)&lab->guard, NULL);
    run_what_is_there(lab);
    int busy = uv_loop_close(&lab->loop); /* after a test that failed half-way */
    if (!busy)
        free(lab);
    return busy;
}

static struct lab *need_namespace(void **state)
{
    struct lab *lab = *state;
    if (lab->port == 0) {
        print_message("no network namespace is allowed here\n");
        skip();
    }
    return lab;
}

static struct lab *need_pair(void **state)
{
    struct lab *lab = need_namespace(state);
    if (!netns_add_pair()) {
        print_message("ip(8) or veth is missing here\n");
        skip();
    }
    return lab;
}

static void remove_pair(void)
{
    assert_true(netns_ip("link del va"));
}

static void say_hello(struct peer *p, const char *device, struct address to)
{
    struct effect e = {.kind = EFFECT_HELLO};
    e.hello.hello = (struct hello){.session_port = 1, .epoch = 2, .counter = 3};
    ident_name_copy(e.hello.hello.device, span_of(device));
    e.hello.to = to;
    udp_effect(p->udp, &e);
}

static void say_plain(struct peer *p, const char *device)
{
    struct effect e = {.kind = EFFECT_PLAIN};
    e.plain.device = span_of(device);
    udp_effect(p->udp, &e);
}

static const struct address everybody = {0};

/* A socket as a lesson's peer has it: bind(("", port)) with SO_REUSEADDR. */
static int lesson_listen(uint16_t port)
{
    int fd = udp_socket_shared(port);
    assert_true(fd >= 0);
    return fd;
}

/* How many datagrams wait; the last one is left in `text`. */
static int lesson_hear(int fd, char text[LIMIT_DATAGRAM + 1])
{
    int count = 0;
    ssize_t size;
    while ((size = recv(fd, text, LIMIT_DATAGRAM, MSG_DONTWAIT)) >= 0) {
        text[size] = '\0';
        count++;
    }
    return count;
}

static void lesson_send(struct span bytes, uint32_t to, uint16_t port)
{
    uint16_t from;
    int fd = udp_socket_private(0, &from);
    assert_true(fd >= 0);
    assert_int_equal(udp_socket_send(fd, bytes, (struct address){to, port},
                                     (struct udp_socket_way){0}),
                     0);
    close(fd);
}

static struct span hello_with(const struct hello_key *key, char out[LIMIT_DATAGRAM])
{
    const struct hello h = {.device = "x", .session_port = 1, .epoch = 1, .counter = 1};
    return (struct span){out, hello_encode(&h, key, out, LIMIT_DATAGRAM)};
}

static struct udp_counts counts_of(const struct peer *p)
{
    struct udp_counts counts;
    udp_count(p->udp, &counts);
    return counts;
}

static void two_peers_on_lo_hear_each_other_and_not_themselves(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    struct peer b;
    must_open(lab, &a, on_loopback);
    must_open(lab, &b, on_loopback);
    say_hello(&a, "a", everybody);
    run_until(lab, &b.hellos, 1);
    assert_string_equal(b.hello.device, "a");
    assert_int_equal(b.hello.counter, 3);
    assert_int_equal(b.source.ipv4, LO);
    say_hello(&b, "b", everybody);
    run_until(lab, &a.hellos, 1);
    assert_string_equal(a.hello.device, "b");
    run_what_is_there(lab);
    assert_int_equal(counts_of(&a).heard, 1);
    assert_int_equal(counts_of(&b).heard, 1);
    assert_int_equal(counts_of(&a).sent, 1);
    assert_int_equal(a.traces, 2);
    udp_close(a.udp);
    udp_close(b.udp);
}

static void an_answer_reaches_the_private_socket_of_one(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    struct peer b;
    struct peer c;
    must_open(lab, &a, on_loopback);
    must_open(lab, &b, on_loopback);
    must_open(lab, &c, on_loopback);
    say_hello(&a, "a", everybody);
    run_until(lab, &b.hellos, 1);
    run_until(lab, &c.hellos, 1);
    assert_int_not_equal(b.source.port, lab->port);
    say_hello(&b, "b", b.source);
    run_until(lab, &a.hellos, 1);
    run_what_is_there(lab);
    assert_int_equal(c.hellos, 1);
    udp_close(a.udp);
    udp_close(b.udp);
    udp_close(c.udp);
}

static void the_port_is_shared_with_plain_peers_whoever_comes_first(void **state)
{
    struct lab *lab = need_namespace(state);
    char text[LIMIT_DATAGRAM + 1];
    for (int lesson_first = 0; lesson_first < 2; lesson_first++) {
        int fd = lesson_first ? lesson_listen(lab->port) : -1;
        struct peer a;
        must_open(lab, &a, plain_on_loopback);
        if (!lesson_first)
            fd = lesson_listen(lab->port);
        say_plain(&a, "a");
        assert_int_equal(lesson_hear(fd, text), 1);
        assert_string_equal(text, "{\"type\":\"hello\",\"device\":\"a\"}");
        lesson_send(SPAN("{\"type\": \"hello\", \"device\": \"Py\"}"), LO_ALL, lab->port);
        run_until(lab, &a.plains, 1);
        assert_string_equal(a.device, "Py");
        assert_int_equal(lesson_hear(fd, text), 1);
        close(fd);
        udp_close(a.udp);
        run_what_is_there(lab);
    }
}

static void a_port_that_is_not_shared_is_named_with_its_holder(void **state)
{
    struct lab *lab = need_namespace(state);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(lab->port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&in, sizeof in), 0);
    struct peer a;
    char message[MESSAGE];
    assert_int_equal(open_peer(lab, &a, on_loopback, message), ERR_IO);
    char expected[64];
    snprintf(expected, sizeof expected, "UDP port %u is held by ", lab->port);
    assert_memory_equal(message, expected, strlen(expected));
    snprintf(expected, sizeof expected, "(pid %d)", (int)getpid());
    assert_non_null(strstr(message, expected));
    assert_non_null(strstr(message, "--port N"));
    assert_null(a.udp);
    close(fd);
}

static void an_interface_that_is_not_there_is_named(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    char message[MESSAGE];
    const char *const names[] = {"lo", "eth77"};
    assert_int_equal(open_peer(lab, &a,
                               (struct udp_options){.interfaces = names, .interface_count = 2},
                               message),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(message, "eth77; there are: lo"));
}

static void more_interfaces_than_the_limit_are_refused(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    char message[MESSAGE];
    const char *names[UDP_INTERFACES_MAX + 1];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        names[i] = "lo";
    struct udp_options options = {.interfaces = names, .interface_count = COUNT_OF(names)};
    assert_int_equal(open_peer(lab, &a, options, message), ERR_FULL);
    options.interface_count--;
    must_open(lab, &a, options);
    udp_close(a.udp);
}

static void what_is_not_ours_is_counted_by_its_cause(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    must_open(lab, &a, on_loopback);
    char text[LIMIT_DATAGRAM];
    lesson_send(hello_with(&theirs, text), LO_ALL, lab->port);
    lesson_send(hello_with(&forged, text), LO_ALL, lab->port);
    lesson_send(SPAN("{\"type\":\"hello\",\"device\":\"x\"}"), LO_ALL, lab->port);
    lesson_send(hello_with(&ours, text), LO_ALL, lab->port);
    run_until(lab, &a.hellos, 1);
    assert_int_equal(a.foreigns, 1);
    assert_int_equal(a.plains, 0);
    assert_int_equal(a.malformed, 0);
    const struct udp_counts counts = counts_of(&a);
    assert_int_equal(counts.heard, 4);
    assert_int_equal(counts.foreign, 1);
    assert_int_equal(counts.denied, 1);
    assert_int_equal(counts.malformed, 1);
    udp_close(a.udp);
}

static void a_datagram_above_the_limit_is_malformed(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    must_open(lab, &a, plain_on_loopback);
    char text[2 * LIMIT_DATAGRAM];
    memset(text, ' ', sizeof text);
    const struct span hello = SPAN("{\"type\":\"hello\",\"device\":\"x\"}");
    memcpy(text, hello.bytes, hello.size);
    lesson_send((struct span){text, LIMIT_DATAGRAM}, LO_ALL, lab->port);
    run_until(lab, &a.plains, 1);
    lesson_send((struct span){text, LIMIT_DATAGRAM + 1}, LO_ALL, lab->port);
    run_until(lab, &a.malformed, 1);
    lesson_send((struct span){text, sizeof text}, LO_ALL, lab->port);
    run_until(lab, &a.malformed, 2);
    assert_int_equal(a.plains, 1);
    udp_close(a.udp);
}

static void malformed_datagrams_are_told_at_a_bounded_rate(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    must_open(lab, &a, plain_on_loopback);
    for (int i = 0; i < 30; i++)
        lesson_send(SPAN("garbage"), LO_ALL, lab->port);
    run_what_is_there(lab);
    assert_int_equal(counts_of(&a).malformed, 30);
    assert_int_equal(a.malformed, 10);
    assert_int_equal(a.untold, 0);
    assert_string_not_equal(a.cause, "");
    uv_timer_start(&lab->guard, on_guard, GUARD_MS, 0);
    while (a.malformed == 10 && !lab->gave_up) {
        lesson_send(SPAN("garbage"), LO_ALL, lab->port);
        uv_run(&lab->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&lab->guard);
    assert_int_equal(a.malformed, 11);
    assert_true(a.untold >= 20);
    assert_int_equal(a.untold + 11, counts_of(&a).malformed);
    udp_close(a.udp);
}

static void a_flood_of_garbage_leaves_hellos_heard(void **state)
{
    enum { GARBAGE = 10000, EVERY = 100 };
    struct lab *lab = need_namespace(state);
    struct peer a;
    struct peer b;
    must_open(lab, &a, plain_on_loopback);
    must_open(lab, &b, on_loopback);
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
            say_hello(&b, "b", everybody);
            run_what_is_there(lab);
        }
    }
    close(fd);
    run_what_is_there(lab);
    assert_int_equal(a.hellos, GARBAGE / EVERY);
    assert_int_equal(counts_of(&a).malformed, GARBAGE);
    assert_true(a.malformed >= 10 && a.malformed < 100);
    udp_close(a.udp);
    udp_close(b.udp);
}

static void one_turn_of_the_loop_reads_a_bounded_number(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    must_open(lab, &a, on_loopback);
    uv_run(&lab->loop, UV_RUN_NOWAIT);
    char text[LIMIT_DATAGRAM];
    for (int i = 0; i < 100; i++)
        lesson_send(hello_with(&ours, text), LO_ALL, lab->port);
    uv_run(&lab->loop, UV_RUN_NOWAIT);
    assert_int_equal(a.hellos, 64);
    run_until(lab, &a.hellos, 100);
    udp_close(a.udp);
}

static void a_call_back_may_close(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    must_open(lab, &a, on_loopback);
    a.close_on_event = true;
    char text[LIMIT_DATAGRAM];
    lesson_send(hello_with(&ours, text), LO_ALL, lab->port);
    lesson_send(hello_with(&ours, text), LO_ALL, lab->port);
    run_until(lab, &a.hellos, 1);
    run_what_is_there(lab);
    assert_int_equal(a.hellos, 1);
    udp_close(NULL);
}

static void with_loopback_only_lo_is_heard_and_called(void **state)
{
    struct lab *lab = need_pair(state);
    struct peer a;
    struct peer b;
    must_open(lab, &a, plain_on_loopback);
    must_open(lab, &b, (struct udp_options){0});
    char text[256];
    udp_describe(a.udp, text, sizeof text);
    assert_string_equal(text, "lo 127.255.255.255");
    udp_describe(b.udp, text, sizeof text);
    assert_string_equal(text, "lo 127.255.255.255, va 10.77.0.255");
    say_hello(&b, "b", everybody);
    run_until(lab, &a.hellos, 1);
    run_what_is_there(lab);
    assert_int_equal(a.hellos, 1);
    assert_int_equal(a.source.ipv4, LO);
    assert_int_equal(counts_of(&a).off_interface, 1);
    lesson_send(SPAN("{\"type\":\"hello\",\"device\":\"x\"}"), (uint32_t)EVERYBODY, lab->port);
    run_what_is_there(lab);
    assert_int_equal(a.plains, 0);
    assert_int_equal(counts_of(&a).off_interface, 2);
    say_hello(&a, "a", everybody);
    run_until(lab, &b.hellos, 1);
    assert_int_equal(b.source.ipv4, LO);
    udp_close(a.udp);
    udp_close(b.udp);
    remove_pair();
}

static void a_lesson_on_the_same_host_hears_each_plain_datagram_once(void **state)
{
    struct lab *lab = need_pair(state);
    int fd = lesson_listen(lab->port);
    struct peer a;
    struct peer b;
    must_open(lab, &a, (struct udp_options){.plain = true});
    must_open(lab, &b, (struct udp_options){.plain = true});
    char text[LIMIT_DATAGRAM + 1];
    say_plain(&a, "a");
    run_until(lab, &b.plains, 1);
    run_what_is_there(lab);
    assert_int_equal(lesson_hear(fd, text), 1);
    assert_int_equal(b.plains, 1);
    assert_int_equal(a.plains, 0);
    lesson_send(SPAN("{\"type\":\"hello\",\"device\":\"Py\"}"), (uint32_t)EVERYBODY, lab->port);
    run_until(lab, &a.plains, 1);
    run_until(lab, &b.plains, 2);
    assert_string_equal(a.device, "Py");
    say_hello(&a, "a", everybody);
    run_until(lab, &b.hellos, 2); /* by lo and by va; its counter tells that it is one */
    close(fd);
    udp_close(a.udp);
    udp_close(b.udp);
    remove_pair();
}

static void a_chosen_interface_is_the_only_one(void **state)
{
    struct lab *lab = need_pair(state);
    const char *const names[] = {"va"};
    struct peer a;
    struct peer b;
    must_open(lab, &a, (struct udp_options){.interfaces = names, .interface_count = 1});
    must_open(lab, &b, (struct udp_options){0});
    char text[256];
    udp_describe(a.udp, text, sizeof text);
    assert_string_equal(text, "va 10.77.0.255");
    say_hello(&b, "b", everybody);
    run_until(lab, &a.hellos, 1);
    run_what_is_there(lab);
    assert_int_equal(a.hellos, 1);
    assert_int_equal(a.source.ipv4, 0x0a4d0001);
    assert_int_equal(counts_of(&a).off_interface, 1);
    say_hello(&a, "a", everybody);
    run_until(lab, &b.hellos, 1);
    assert_int_equal(b.source.ipv4, 0x0a4d0001);
    say_hello(&b, "b", b.source); /* comes in through lo, from va's own address */
    run_until(lab, &a.hellos, 2);
    udp_close(a.udp);
    udp_close(b.udp);
    remove_pair();
}

static void interfaces_that_come_and_go_are_followed(void **state)
{
    struct lab *lab = need_namespace(state);
    struct peer a;
    must_open(lab, &a, (struct udp_options){0});
    struct lab *with_pair = need_pair(state);
    run_until(with_pair, &a.interfaces, 1);
    assert_string_equal(a.interface, "va 10.77.0.1 is up");
    assert_int_equal(a.changes, 1);
    assert_true(netns_ip("addr add 10.78.0.1/24 dev vb"));
    run_until(lab, &a.interfaces, 2);
    char text[256];
    udp_describe(a.udp, text, sizeof text);
    assert_non_null(strstr(text, "va 10.77.0.255"));
    assert_non_null(strstr(text, "vb 10.78.0.255"));
    assert_true(netns_ip("addr del 10.78.0.1/24 dev vb"));
    run_until(lab, &a.interfaces, 3);
    assert_string_equal(a.interface, "vb 10.78.0.1 is gone");
    assert_int_equal(a.changes, 2);
    remove_pair();
    run_until(lab, &a.interfaces, 4);
    assert_string_equal(a.interface, "va 10.77.0.1 is gone");
    udp_close(a.udp);
}

static void an_interface_that_cannot_send_is_named_once(void **state)
{
    struct lab *lab = need_pair(state);
    struct peer a;
    must_open(lab, &a, (struct udp_options){0});
    /* The loop has not heard of it when we send. */
    assert_true(netns_ip("addr del 10.77.0.1/24 dev va"));
    say_hello(&a, "a", everybody);
    assert_int_equal(a.interfaces, 1);
    assert_memory_equal(a.interface, "va 10.77.0.1: cannot send: ", 27);
    say_hello(&a, "a", everybody);
    assert_int_equal(a.interfaces, 1);
    assert_int_equal(counts_of(&a).send_failed, 2);
    assert_int_equal(counts_of(&a).sent, 2);
    udp_close(a.udp);
    remove_pair();
}

static void without_any_interface_nothing_is_sent(void **state)
{
    struct lab *lab = need_namespace(state);
    if (!netns_ip("link set lo down")) {
        print_message("ip(8) is missing here\n");
        skip();
    }
    struct peer a;
    must_open(lab, &a, (struct udp_options){0});
    char text[64];
    udp_describe(a.udp, text, sizeof text);
    assert_string_equal(text, "no interface");
    say_hello(&a, "a", everybody);
    assert_int_equal(counts_of(&a).sent, 0);
    assert_int_equal(counts_of(&a).send_failed, 0);
    assert_true(netns_ip("link set lo up"));
    run_until(lab, &a.interfaces, 1);
    assert_string_equal(a.interface, "lo 127.0.0.1 is up");
    udp_close(a.udp);
}

#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, lab_open, lab_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(two_peers_on_lo_hear_each_other_and_not_themselves),
        LAB_TEST(an_answer_reaches_the_private_socket_of_one),
        LAB_TEST(the_port_is_shared_with_plain_peers_whoever_comes_first),
        LAB_TEST(a_port_that_is_not_shared_is_named_with_its_holder),
        LAB_TEST(an_interface_that_is_not_there_is_named),
        LAB_TEST(more_interfaces_than_the_limit_are_refused),
        LAB_TEST(what_is_not_ours_is_counted_by_its_cause),
        LAB_TEST(a_datagram_above_the_limit_is_malformed),
        LAB_TEST(malformed_datagrams_are_told_at_a_bounded_rate),
        LAB_TEST(a_flood_of_garbage_leaves_hellos_heard),
        LAB_TEST(one_turn_of_the_loop_reads_a_bounded_number),
        LAB_TEST(a_call_back_may_close),
        LAB_TEST(with_loopback_only_lo_is_heard_and_called),
        LAB_TEST(a_lesson_on_the_same_host_hears_each_plain_datagram_once),
        LAB_TEST(a_chosen_interface_is_the_only_one),
        LAB_TEST(interfaces_that_come_and_go_are_followed),
        LAB_TEST(an_interface_that_cannot_send_is_named_once),
        LAB_TEST(without_any_interface_nothing_is_sent),
    };
    return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
