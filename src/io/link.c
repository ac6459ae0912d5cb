#include "io/link_set.h"

#include "base/number.h"

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* All links of a peer: the listening socket, the orders that come in as effects, and the turns of
 * the loop that links need besides their sockets: `soon`, once, for what must not be said from
 * within a link_* call, and a coarse timer while anything has a deadline. A set of quiet open links
 * wakes for nothing.
 *
 * When the process runs out of files, libuv itself sheds what knocks (it keeps a spare file for
 * that); when even that fails the listening socket is closed and opened again a little later, so
 * that nothing spins. */

static void on_knock(uv_stream_t *listener, int status);

static void report(char *message, size_t size, const struct link_set *set, const char *what)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address = {htonl(set->listen.ipv4)};
    inet_ntop(AF_INET, &address, text, sizeof text);
    snprintf(message, size, "cannot listen on %s:%u: %s; choose another with --listen ADDR:PORT",
             text, set->listen.port, what);
}

static void handle_closed(uv_handle_t *handle)
{
    struct link_set *set = handle->data;
    set->handles--;
    link_closed(set);
}

static void close_listener(struct link_set *set)
{
    if (set->listen_again_ms == UINT64_MAX) {
        set->listen_again_ms = uv_now(set->loop) + LINK_LISTEN_AGAIN_MS;
        uv_close((uv_handle_t *)&set->listener, handle_closed);
    }
}

/* Returns libuv's status. */
static int listen_now(struct link_set *set)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(set->listen.port),
                             .sin_addr.s_addr = htonl(set->listen.ipv4)};
    int size = sizeof at;
    int status = uv_tcp_init(set->loop, &set->listener);
    if (status != 0) {
        return status;
    }
    set->handles++;
    set->listener.data = set;
    set->listen_again_ms = UINT64_MAX;
    status = uv_tcp_bind(&set->listener, (const struct sockaddr *)&at, 0);
    status = status ? status : uv_listen((uv_stream_t *)&set->listener, LINK_BACKLOG, on_knock);
    status = status ? status : uv_tcp_getsockname(&set->listener, (struct sockaddr *)&at, &size);
    if (status != 0) {
        close_listener(set);
        return status;
    }
    set->listen.port = ntohs(at.sin_port);
    return 0;
}

static void on_knock(uv_stream_t *listener, int status)
{
    struct link_set *set = listener->data;
    if (status == 0) {
        link_conn_accept(set);
    } else {
        close_listener(set);
        link_watch(set);
    }
}

/* A handshake takes and frees ten times what a link keeps, and what it frees lies between what
 * others took: glibc by itself gives back only what is on top. */
static void give_back_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

static void on_tick(uv_timer_t *timer)
{
    struct link_set *set = timer->data;
    uint64_t now_ms = uv_now(set->loop);
    bool waiting = false;
    for (struct link_conn *c = set->first; c; c = c->next) {
        link_conn_tick(c, now_ms);
        waiting = waiting || c->deadline_ms != UINT64_MAX;
    }
    if (now_ms >= set->listen_again_ms && !set->closing && listen_now(set) != 0) {
        set->listen_again_ms = now_ms + LINK_LISTEN_AGAIN_MS;
    }
    if (!waiting && (set->closing || set->listen_again_ms == UINT64_MAX)) {
        uv_timer_stop(timer);
        give_back_memory();
    }
}

void link_watch(struct link_set *set)
{
    if (!uv_is_active((uv_handle_t *)&set->timer) && !uv_is_closing((uv_handle_t *)&set->timer)) {
        uv_timer_start(&set->timer, on_tick, LINK_TICK_MS, LINK_TICK_MS);
    }
}

/* OpenSSL looks up and seeds for its first handshake what takes it two milliseconds. That is done
 * here, when the first hello is out and the answer on its way, and not while somebody waits for a
 * handshake. */
static void warm_up(struct link_set *set)
{
    unsigned char byte;
    trust_tls(set->trust);
    RAND_bytes(&byte, 1);
    set->warm = true;
}

static void on_soon(uv_idle_t *soon)
{
    struct link_set *set = soon->data;
    uv_idle_stop(soon);
    for (struct link_conn *c = set->first; c; c = c->next) {
        link_conn_soon(c);
    }
    if (!set->warm) {
        warm_up(set);
    }
}

void link_soon(struct link_set *set)
{
    if (!uv_is_closing((uv_handle_t *)&set->soon)) {
        uv_idle_start(&set->soon, on_soon);
    }
}

static enum err parse_listen(struct link_set *set, const struct link_options *options)
{
    char text[INET_ADDRSTRLEN] = "";
    struct in_addr address = {htonl(options->loopback ? INADDR_LOOPBACK : INADDR_ANY)};
    uint64_t port = 0;
    struct span listen = span_of(options->listen ? options->listen : "");
    const char *colon = memchr(listen.bytes, ':', listen.size);
    size_t size = colon ? (size_t)(colon - listen.bytes) : listen.size;
    if (options->listen) {
        if (size >= sizeof text) {
            return ERR_SYNTAX;
        }
        memcpy(text, listen.bytes, size);
        if (inet_pton(AF_INET, text, &address) != 1) {
            return ERR_SYNTAX;
        }
    }
    if (colon && (number_parse_u53(span_of(colon + 1), &port) || port > UINT16_MAX)) {
        return ERR_SYNTAX;
    }
    set->listen = (struct address){ntohl(address.s_addr), (uint16_t)port};
    bool outside = set->listen.ipv4 >> 24 != IN_LOOPBACKNET;
    return options->loopback && outside ? ERR_RANGE : ERR_OK;
}

static enum err open_parts(struct link_set *set, char *message, size_t message_bytes)
{
    set->method = link_tls_method();
    set->out = calloc(1, sizeof *set->out);
    set->memory = malloc(sizeof *set->memory);
    set->input = malloc(LINK_INPUT);
    set->plain = malloc(LINK_INPUT);
    if (!set->method || !set->out || !set->memory || !set->input || !set->plain) {
        snprintf(message, message_bytes, "out of memory");
        return ERR_MEMORY;
    }
    int status = listen_now(set);
    if (status != 0) {
        report(message, message_bytes, set, uv_strerror(status));
        return ERR_IO;
    }
    link_soon(set);
    return ERR_OK;
}

static void ignore(void *context)
{
    (void)context;
}

enum err link_open(struct link_set **set, uv_loop_t *loop, const struct trust *trust,
                   const struct link_options *options, const struct link_handler *handler,
                   char *message, size_t message_bytes)
{
    struct link_set *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(message, message_bytes, "out of memory");
        return ERR_MEMORY;
    }
    s->loop = loop;
    s->trust = trust;
    s->handler = *handler;
    s->loopback = options->loopback;
    s->last = &s->first;
    s->records_max = LINK_RECORDS_MAX;
    s->connect_ms = LINK_CONNECT_MS;
    s->handshake_ms = LINK_HANDSHAKE_MS;
    enum err err = parse_listen(s, options);
    if (err) {
        snprintf(message, message_bytes, "--listen %s: %s", options->listen,
                 err == ERR_RANGE ? "with --loopback it has to be in 127.0.0.0/8"
                                  : "write ADDR or ADDR:PORT, like 192.168.1.5:47120");
        free(s);
        return ERR_SYNTAX;
    }
    uv_timer_init(loop, &s->timer);
    uv_idle_init(loop, &s->soon);
    s->timer.data = s->soon.data = s;
    s->handles = 2;
    s->listen_again_ms = 0;
    err = open_parts(s, message, message_bytes);
    if (err) {
        link_close(s, ignore, NULL);
        return err;
    }
    *set = s;
    return ERR_OK;
}

uint16_t link_port(const struct link_set *set)
{
    return set->listen.port;
}

static struct link_conn *find(const struct link_set *set, uint64_t id)
{
    struct link_conn *c = set->first;
    while (c && (c->id != id || c->state == LINK_LEAVING || c->state == LINK_CLOSED)) {
        c = c->next;
    }
    return c;
}

/* An order for a link that is gone, or that failed and whose LINK_DOWN is on its way, is for
 * nobody. */
void link_effect(struct link_set *set, const struct effect *effect)
{
    struct link_conn *c;
    switch (effect->kind) {
    case EFFECT_DIAL:
        link_conn_dial(set, effect->dial.link, effect->dial.address);
        break;
    case EFFECT_HANG_UP:
        c = find(set, effect->hang_up.link);
        if (c) {
            link_conn_leave(c);
        }
        break;
    case EFFECT_SEND:
        c = find(set, effect->send.link);
        if (c && c->state == LINK_OPEN && !c->failed) {
            link_output_message(c, &effect->send.message);
        }
        break;
    default:
        check(effect->kind == EFFECT_SEND); /* no other effect is for links */
    }
}

bool link_starved(const struct link_set *set)
{
    return set->starved;
}

void link_flush(struct link_set *set)
{
    for (struct link_conn *c = set->first; c; c = c->next) {
        if (c->state == LINK_OPEN && c->text.end > c->text.start) {
            link_output_flush(c);
        }
    }
}

static void free_set(struct link_set *set)
{
    BIO_meth_free(set->method);
    free(set->spare.bytes);
    free(set->memory);
    free(set->input);
    free(set->plain);
    free(set->out);
    void (*done)(void *context) = set->done;
    void *context = set->done_context;
    free(set);
    done(context);
}

void link_closed(struct link_set *set)
{
    if (!set->closing || set->first) {
        return;
    }
    if (set->handles == 0) {
        free_set(set);
    } else if (!uv_is_closing((uv_handle_t *)&set->timer)) {
        uv_close((uv_handle_t *)&set->timer, handle_closed);
        uv_close((uv_handle_t *)&set->soon, handle_closed);
    }
}

void link_close(struct link_set *set, void (*done)(void *context), void *context)
{
    set->closing = true;
    set->done = done;
    set->done_context = context;
    if (set->listen_again_ms == UINT64_MAX) {
        close_listener(set);
    }
    for (struct link_conn *c = set->first; c; c = c->next) {
        if (c->state == LINK_OPEN) {
            link_conn_leave(c);
        } else if (c->state != LINK_LEAVING) {
            link_conn_close(c);
        }
    }
    link_closed(set);
}

void link_count(const struct link_set *set, struct link_counts *counts)
{
    *counts = set->counts;
}
