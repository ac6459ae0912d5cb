#include "udp_lab.h"

#include "io/udp_socket.h"
#include "netns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { GUARD_MS = 10000 };

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
const struct hello_key udp_lab_ours = {"0123456789abcdef", toy_mac, &our_seed};
const struct hello_key udp_lab_theirs = {"fedcba9876543210", toy_mac, &their_seed};
const struct hello_key udp_lab_forged = {"0123456789abcdef", toy_mac, &their_seed};

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
        p->unit[0] = '\0';
        if (e->plain.reading)
            ident_name_copy(p->unit, e->plain.reading->unit);
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
    if (arrow == '>')
        p->traced = address;
}

enum err udp_lab_try(struct lab *lab, struct peer *p, struct udp_options options,
                     char message[MESSAGE])
{
    *p = (struct peer){0};
    options.port = lab->port;
    const struct udp_handler handler = {p,          on_event, on_malformed, on_interface,
                                        on_changed, on_trace};
    return udp_open(&p->udp, &lab->loop, &udp_lab_ours, &options, &handler, message, MESSAGE);
}

void udp_lab_peer(struct lab *lab, struct peer *p, struct udp_options options)
{
    char message[MESSAGE] = "";
    enum err err = udp_lab_try(lab, p, options, message);
    assert_string_equal(message, "");
    assert_int_equal(err, ERR_OK);
}

const struct udp_options udp_lab_on_loopback = {.loopback = true};
const struct udp_options udp_lab_plain_on_loopback = {.loopback = true, .plain = true};

static void on_guard(uv_timer_t *guard)
{
    struct lab *lab = guard->data;
    lab->gave_up = true;
}

void udp_lab_guard(struct lab *lab)
{
    uv_timer_start(&lab->guard, on_guard, GUARD_MS, 0);
}

void udp_lab_in_time(struct lab *lab)
{
    uv_timer_stop(&lab->guard);
    assert_false(lab->gave_up);
}

void udp_lab_run_until(struct lab *lab, const int *counter, int wanted)
{
    udp_lab_guard(lab);
    while (*counter < wanted && !lab->gave_up)
        uv_run(&lab->loop, UV_RUN_ONCE);
    udp_lab_in_time(lab);
    assert_int_equal(*counter, wanted);
}

void udp_lab_run(struct lab *lab)
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

int udp_lab_open(void **state)
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

int udp_lab_close(void **state)
{
    struct lab *lab = *state;
    uv_close((uv_handle_t *)&lab->guard, NULL);
    udp_lab_run(lab);
    int busy = uv_loop_close(&lab->loop); /* after a test that failed half-way */
    if (!busy)
        free(lab);
    return busy;
}

struct lab *udp_lab_enter(void **state)
{
    struct lab *lab = *state;
    if (lab->port == 0) {
        print_message("no network namespace is allowed here\n");
        skip();
    }
    return lab;
}

struct lab *udp_lab_enter_with_pair(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    if (!netns_add_pair()) {
        print_message("ip(8) or veth is missing here\n");
        skip();
    }
    return lab;
}

void udp_lab_remove_pair(void)
{
    assert_true(netns_ip("link del va"));
}

void udp_lab_hello(struct peer *p, const char *device, struct address to)
{
    struct effect e = {.kind = EFFECT_HELLO};
    e.hello.hello = (struct hello){.session_port = 1, .epoch = 2, .counter = 3};
    ident_name_copy(e.hello.hello.device, span_of(device));
    e.hello.to = to;
    udp_effect(p->udp, &e);
}

void udp_lab_plain(struct peer *p, const char *device)
{
    struct effect e = {.kind = EFFECT_PLAIN};
    e.plain.device = span_of(device);
    udp_effect(p->udp, &e);
}

const struct address udp_lab_everybody = {0};

int udp_lab_lesson_listen(uint16_t port)
{
    int fd = udp_socket_shared(port);
    assert_true(fd >= 0);
    return fd;
}

int udp_lab_lesson_hear(int fd, char text[LIMIT_DATAGRAM + 1])
{
    int count = 0;
    ssize_t size;
    while ((size = recv(fd, text, LIMIT_DATAGRAM, MSG_DONTWAIT)) >= 0) {
        text[size] = '\0';
        count++;
    }
    return count;
}

void udp_lab_lesson_send(struct span bytes, uint32_t to, uint16_t port)
{
    uint16_t from;
    int fd = udp_socket_private(0, &from);
    assert_true(fd >= 0);
    assert_int_equal(udp_socket_send(fd, bytes, (struct address){to, port},
                                     (struct udp_socket_way){0}),
                     0);
    close(fd);
}

struct span udp_lab_datagram(const struct hello_key *key, char out[LIMIT_DATAGRAM])
{
    const struct hello h = {.device = "x", .session_port = 1, .epoch = 1, .counter = 1};
    return (struct span){out, hello_encode(&h, key, out, LIMIT_DATAGRAM)};
}

struct udp_counts udp_lab_counts(const struct peer *p)
{
    struct udp_counts counts;
    udp_count(p->udp, &counts);
    return counts;
}
