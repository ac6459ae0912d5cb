/* The happy path, out: an effect becomes one datagram, which the private socket sends once for each
 * interface, by that interface's broadcast address and from its own address. In: a datagram on
 * either socket is dropped when it came in where we do not listen or is our own; then the mac
 * decides whether it is a hello; with --plain it may be plain.
 *
 * A broadcast is looped back by the kernel, so that a listener on this machine hears one from each
 * interface that it does not filter. For hellos that does not matter: each has a counter. Plain
 * datagrams have none, and therefore go to lo only when there is no other interface.
 *
 * A large network calls ten times a second, and each time would wake everybody. Whoever was woken
 * often of late reads the shared socket by the clock for a while, several calls at once.
 *
 * What goes wrong: an interface that cannot send is counted and named once; garbage is counted,
 * and with --plain named at a bounded rate; reading is bounded per turn of the loop. */
#include "io/udp.h"

#include "io/udp_places.h"
#include "io/udp_port.h"
#include "io/udp_socket.h"
#include "io/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BATCHES_PER_WAKE = 4, /* of UDP_SOCKET_BATCH datagrams; then the loop's other work has a turn */
    MALFORMED_BURST = 10,
    MALFORMED_EVERY_MS = 1000,
    INTERFACES_EVERY_MS = 5000, /* without netlink */
    LOOPBACK_IPV4 = 0x7f000001,
    SOCKETS = 2,
    OFTEN = 10, /* wakes in OFTEN_MS: a large network; */
    OFTEN_MS = 2000,
    OFTEN_LEAST_MS = 250, /* ... in less than this: many at once, or a flood, and no time to rest */
    REST_MS = 200,        /* between two looks then: calls are seconds apart */
};

struct socket {
    uv_poll_t poll;
    int fd;
};

struct udp {
    uv_loop_t *loop;
    const struct hello_key *key;
    struct udp_handler handler;
    uint16_t port;
    bool loopback;
    bool plain;
    bool closed;
    struct socket sockets[SOCKETS];
    size_t polls;    /* of `sockets`, to be closed */
    size_t handles;  /* of the loop, to be closed */
    uv_timer_t rest; /* runs: the shared socket is read then */
    uint64_t woke_ms[OFTEN];
    size_t woke; /* the oldest of them */
    uint16_t private_port;
    struct netif_watch *watch;
    struct udp_places places;
    struct udp_counts counts;
    uint64_t malformed_full_ms; /* when the bucket of MALFORMED_BURST tokens is full again */
    uint64_t malformed_untold;
    struct udp_socket_batch batch;
};

enum { SHARED, PRIVATE };

static void tell_interface(const struct udp *u, const struct netif_entry *e, const char *what)
{
    char text[256];
    udp_places_text(text, sizeof text, e, e->ipv4);
    size_t size = strlen(text);
    snprintf(text + size, sizeof text - size, "%s", what);
    u->handler.on_interface(u->handler.context, text);
}

static void on_netif(void *context)
{
    struct udp *u = context;
    struct udp_places before = u->places;
    bool grown = udp_places_read(&u->places);
    for (size_t i = 0; i < before.count; i++)
        if (!udp_places_find(&u->places, &before.list[i].netif))
            tell_interface(u, &before.list[i].netif, " is gone");
    for (size_t i = 0; i < u->places.count; i++)
        if (!udp_places_find(&before, &u->places.list[i].netif))
            tell_interface(u, &u->places.list[i].netif, " is up");
    if (grown && !u->closed && u->handler.on_changed)
        u->handler.on_changed(u->handler.context);
}

/* Receiving */

/* A bucket that holds MALFORMED_BURST and gains one every MALFORMED_EVERY_MS. */
static void tell_malformed(struct udp *u, const struct udp_socket_datagram *d, const char *cause)
{
    uint64_t now_ms = uv_now(u->loop);
    uint64_t full_ms = u->malformed_full_ms > now_ms ? u->malformed_full_ms : now_ms;
    if (full_ms + MALFORMED_EVERY_MS > now_ms + (uint64_t)MALFORMED_BURST * MALFORMED_EVERY_MS) {
        u->malformed_untold++;
        return;
    }
    u->malformed_full_ms = full_ms + MALFORMED_EVERY_MS;
    uint64_t untold = u->malformed_untold;
    u->malformed_untold = 0;
    u->handler.on_malformed(u->handler.context, d->source, cause, d->bytes, untold);
}

/* As of any other source: a unit in its SenML name, or the one that the type is measured in. */
static struct span unit_of(const struct reading *r)
{
    struct span known = units_from_text(r->unit);
    if (known.size > 0)
        return known;
    if (r->unit.size > 0 || r->value.kind != VALUE_NUMBER)
        return r->unit;
    return units_of_type(r->type);
}

static void take_plain(struct udp *u, const struct udp_socket_datagram *d)
{
    struct plain_message m;
    const char *cause = NULL;
    if (plain_decode(d->bytes, &m, &cause) != ERR_OK) {
        u->counts.malformed++;
        tell_malformed(u, d, cause);
        return;
    }
    m.reading.unit = unit_of(&m.reading);
    struct event e = {.kind = EVENT_PLAIN};
    e.plain.device = span_of(m.device);
    e.plain.reading = m.is_hello ? NULL : &m.reading;
    e.plain.source = d->source;
    u->handler.on_event(u->handler.context, &e);
}

static void take_hello(struct udp *u, const struct udp_socket_datagram *d, const struct hello *h)
{
    struct event e = {.kind = EVENT_HELLO};
    e.hello.hello = h;
    e.hello.source = d->source;
    u->handler.on_event(u->handler.context, &e);
}

static void take_foreign(struct udp *u, const struct udp_socket_datagram *d,
                         const struct hello_foreign *f)
{
    u->counts.foreign++;
    struct event e = {.kind = EVENT_FOREIGN};
    e.foreign.network = (struct span){f->network, sizeof f->network};
    e.foreign.device = span_of(f->device);
    e.foreign.source = d->source;
    u->handler.on_event(u->handler.context, &e);
}

static void take(struct udp *u, const struct udp_socket_datagram *d)
{
    if (d->source.port == u->private_port && udp_places_own(&u->places, d->source.ipv4))
        return;
    u->counts.heard++;
    if (!udp_places_hear(&u->places, d->interface, d->source.ipv4)) {
        u->counts.off_interface++;
        return;
    }
    if (u->handler.on_trace)
        u->handler.on_trace(u->handler.context, '<', d->source, d->bytes);
    struct hello h;
    struct hello_foreign foreign;
    switch (hello_decode(d->bytes, u->key, &h, &foreign)) {
    case ERR_OK:
        take_hello(u, d, &h);
        return;
    case ERR_NOT_FOUND:
        take_foreign(u, d, &foreign);
        return;
    case ERR_DENIED:
        u->counts.denied++;
        return;
    default:
        if (u->plain)
            take_plain(u, d);
        else
            u->counts.malformed++;
    }
}

/* What is called back may close us. */
/* Returns how many there were; as many as one wake reads: there may be more. */
static size_t read_socket(struct udp *u, const struct socket *s)
{
    size_t count = 0;
    for (int i = 0; i < BATCHES_PER_WAKE; i++) {
        if (!udp_socket_receive(s->fd, &u->batch))
            break;
        count += u->batch.count;
        for (size_t k = 0; k < u->batch.count && !u->closed; k++)
            take(u, &u->batch.list[k]);
        if (u->closed)
            break;
    }
    return count;
}

static bool is_woken_often(struct udp *u)
{
    uint64_t now_ms = uv_now(u->loop), oldest_ms = u->woke_ms[u->woke];
    u->woke_ms[u->woke] = now_ms;
    u->woke = (u->woke + 1) % OFTEN;
    return oldest_ms > 0 && now_ms - oldest_ms < OFTEN_MS && now_ms - oldest_ms >= OFTEN_LEAST_MS;
}

static void on_readable(uv_poll_t *poll, int status, int events);

/* What was let wait. Nothing: it is quiet again; more than a batch: it is not the time to rest. */
static void on_rested(uv_timer_t *timer)
{
    struct udp *u = timer->data;
    struct socket *s = &u->sockets[SHARED];
    size_t count = read_socket(u, s);
    if (u->closed)
        return;
    if (count > 0 && count <= UDP_SOCKET_BATCH)
        uv_timer_start(timer, on_rested, REST_MS, 0);
    else
        uv_poll_start(&s->poll, UV_READABLE, on_readable);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct udp *u = poll->data;
    const struct socket *s = &u->sockets[poll == &u->sockets[PRIVATE].poll];
    size_t count = read_socket(u, s);
    if (u->closed || poll != &u->sockets[SHARED].poll || !is_woken_often(u) ||
        count > UDP_SOCKET_BATCH)
        return;
    uv_poll_stop(poll);
    uv_timer_start(&u->rest, on_rested, REST_MS, 0);
}

/* Sending */

static void send_at(struct udp *u, struct udp_place *p, struct span bytes)
{
    struct address to = {p->netif.broadcast, u->port};
    struct udp_socket_way way = {p->netif.index, p->netif.ipv4};
    if (u->handler.on_trace)
        u->handler.on_trace(u->handler.context, '>', to, bytes);
    int error = udp_socket_send(u->sockets[PRIVATE].fd, bytes, to, way);
    if (error == 0) {
        u->counts.sent++;
        p->failing = false;
        return;
    }
    u->counts.send_failed++;
    if (p->failing)
        return;
    p->failing = true;
    char text[128];
    snprintf(text, sizeof text, ": cannot send: %s", uv_strerror(uv_translate_sys_error(error)));
    tell_interface(u, &p->netif, text);
}

enum calls { CALL_ALL, CALL_ONCE_EACH_HOST };

static void broadcast(struct udp *u, struct span bytes, enum calls calls)
{
    bool pass_loopback = calls == CALL_ONCE_EACH_HOST && udp_places_wired(&u->places);
    for (size_t i = 0; i < u->places.count; i++) {
        struct udp_place *p = &u->places.list[i];
        if (udp_places_call(&u->places, i) && !(p->netif.loopback && pass_loopback))
            send_at(u, p, bytes);
    }
}

static void send_to(struct udp *u, struct span bytes, struct address to)
{
    if (u->handler.on_trace)
        u->handler.on_trace(u->handler.context, '>', to, bytes);
    int error = udp_socket_send(u->sockets[PRIVATE].fd, bytes, to, (struct udp_socket_way){0});
    if (error == 0)
        u->counts.sent++;
    else
        u->counts.send_failed++;
}

void udp_effect(struct udp *u, const struct effect *effect)
{
    char text[LIMIT_DATAGRAM];
    struct span bytes = {text, 0};
    if (effect->kind == EFFECT_HELLO) {
        bytes.size = hello_encode(&effect->hello.hello, u->key, text, sizeof text);
        check(bytes.size > 0);
        if (effect->hello.to.port == 0)
            broadcast(u, bytes, CALL_ALL);
        else
            send_to(u, bytes, effect->hello.to);
        return;
    }
    check(effect->kind == EFFECT_PLAIN);
    bytes.size = plain_encode(effect->plain.device, effect->plain.reading, text, sizeof text);
    if (bytes.size > 0)
        broadcast(u, bytes, CALL_ONCE_EACH_HOST);
    else
        u->counts.send_failed++;
}

void udp_describe(const struct udp *u, char *out, size_t capacity)
{
    udp_places_describe(&u->places, out, capacity);
}

void udp_count(const struct udp *u, struct udp_counts *counts)
{
    *counts = u->counts;
}

/* Opening and closing */

static void on_closed(uv_handle_t *handle)
{
    struct udp *u = handle->data;
    struct socket *s = &u->sockets[handle == (uv_handle_t *)&u->sockets[PRIVATE].poll];
    if (handle != (uv_handle_t *)&u->rest) {
        close(s->fd);
        s->fd = -1;
    }
    u->handles--;
    if (u->handles == 0)
        free(u);
}

/* Sockets that were not given to the loop yet are closed at once. */
void udp_close(struct udp *u)
{
    if (!u)
        return;
    u->closed = true;
    netif_watch_close(u->watch);
    u->watch = NULL;
    for (size_t i = u->polls; i < SOCKETS; i++)
        if (u->sockets[i].fd >= 0)
            close(u->sockets[i].fd);
    uv_close((uv_handle_t *)&u->rest, on_closed);
    for (size_t i = 0; i < u->polls; i++)
        uv_close((uv_handle_t *)&u->sockets[i].poll, on_closed);
}

static enum err open_sockets(struct udp *u, char *message, size_t message_bytes)
{
    u->sockets[SHARED].fd = udp_socket_shared(u->port);
    if (u->sockets[SHARED].fd < 0 && errno == EADDRINUSE) {
        char holder[128];
        udp_port_holder(u->port, holder, sizeof holder);
        snprintf(message, message_bytes,
                 "UDP port %u is held by %s, which does not share it; end it, or give every peer "
                 "the same other port with --port N",
                 u->port, holder);
        return ERR_IO;
    }
    if (u->sockets[SHARED].fd < 0) {
        snprintf(message, message_bytes,
                 "UDP port %u cannot be opened: %s; every peer takes another one with --port N",
                 u->port, uv_strerror(uv_translate_sys_error(errno)));
        return ERR_IO;
    }
    uint32_t from = u->loopback ? LOOPBACK_IPV4 : 0;
    u->sockets[PRIVATE].fd = udp_socket_private(from, &u->private_port);
    if (u->sockets[PRIVATE].fd >= 0)
        return ERR_OK;
    snprintf(message, message_bytes, "no UDP socket to send from: %s",
             uv_strerror(uv_translate_sys_error(errno)));
    return ERR_IO;
}

static enum err start_polls(struct udp *u)
{
    for (; u->polls < SOCKETS; u->polls++) {
        struct socket *s = &u->sockets[u->polls];
        if (uv_poll_init(u->loop, &s->poll, s->fd) != 0)
            return ERR_IO;
        s->poll.data = u;
        u->handles++;
    }
    for (size_t i = 0; i < SOCKETS; i++)
        if (uv_poll_start(&u->sockets[i].poll, UV_READABLE, on_readable) != 0)
            return ERR_IO;
    return netif_watch_open(&u->watch, u->loop, INTERFACES_EVERY_MS, on_netif, u);
}

/* The watch is opened before the list is read, so that no change falls between. */
static enum err open_all(struct udp *u, const struct udp_options *options, char *message,
                         size_t message_bytes)
{
    enum err err = udp_places_init(&u->places, options, message, message_bytes);
    if (err == ERR_OK)
        err = open_sockets(u, message, message_bytes);
    if (err != ERR_OK)
        return err;
    err = start_polls(u);
    if (err != ERR_OK) {
        snprintf(message, message_bytes, "the loop takes no more sockets");
        return err;
    }
    udp_places_read(&u->places);
    return ERR_OK;
}

enum err udp_open(struct udp **udp, uv_loop_t *loop, const struct hello_key *key,
                  const struct udp_options *options, const struct udp_handler *handler,
                  char *message, size_t message_bytes)
{
    *udp = NULL;
    struct udp *u = calloc(1, sizeof *u);
    if (!u) {
        snprintf(message, message_bytes, "%s", err_text(ERR_MEMORY));
        return ERR_MEMORY;
    }
    u->loop = loop;
    u->key = key;
    u->handler = *handler;
    u->port = options->port;
    u->loopback = options->loopback;
    u->plain = options->plain;
    for (size_t i = 0; i < SOCKETS; i++)
        u->sockets[i].fd = -1;
    uv_timer_init(loop, &u->rest);
    u->rest.data = u;
    u->handles = 1;
    enum err err = open_all(u, options, message, message_bytes);
    if (err != ERR_OK) {
        udp_close(u);
        return err;
    }
    *udp = u;
    return ERR_OK;
}
