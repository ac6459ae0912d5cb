#include "io/link_set.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* One link's life. Dialled: connect, handshake, identity, LINK_UP. Accepted: the same without the
 * connect, but nobody hears of it before the identity is known; whoever fails before is named to
 * on_refused and sees nothing but TLS's own alert.
 *
 * A link ends in one of four ways: its owner hangs up (leave), the other side ends it (down,
 * reset), we end it and something is still to be said (refuse), or nothing is left to say (close).
 * The state changes before the owner is told, so that whatever it does in answer finds the link
 * gone. The memory goes in the close callback of the socket. */

enum how { ENDED, WAS_RESET };

static void freed(uv_handle_t *handle)
{
    struct link_conn *c = handle->data;
    struct link_set *set = c->set;
    struct link_conn **at = &set->first;
    while (*at != c) {
        at = &(*at)->next;
    }
    *at = c->next;
    if (!*at) {
        set->last = at;
    }
    link_tls_fini(&c->tls);
    line_fini(&c->lines);
    free(c->text.bytes);
    free(c);
    set->counts.links--;
    link_closed(set);
}

static struct link_conn *new_conn(struct link_set *set, enum link_state state, unsigned within_ms)
{
    struct link_conn *c = calloc(1, sizeof *c);
    if (!c) {
        set->starved = true;
        return NULL;
    }
    c->set = set;
    c->state = state;
    c->deadline_ms = uv_now(set->loop) + within_ms;
    c->tls.out = set->out;
    line_init(&c->lines);
    int status = uv_tcp_init(set->loop, &c->tcp);
    check(status == 0); /* makes no socket yet */
    c->tcp.data = c;
    *set->last = c;
    set->last = &c->next;
    set->counts.links++;
    link_watch(set);
    return c;
}

void link_conn_close(struct link_conn *c)
{
    if (c->state != LINK_CLOSED) {
        c->state = LINK_CLOSED;
        c->deadline_ms = UINT64_MAX;
        uv_close((uv_handle_t *)&c->tcp, freed);
    }
}

void link_conn_leave(struct link_conn *c)
{
    if (c->state != LINK_OPEN && c->state != LINK_HANDSHAKING) {
        link_conn_close(c);
        return;
    }
    c->state = LINK_LEAVING;
    c->deadline_ms = uv_now(c->set->loop) + LINK_LEAVE_MS;
    link_watch(c->set);
    if (c->paused) {
        link_soon(c->set);
    }
    link_output_flush(c);
}

/* `was` is the state before it ended. */
static void tell(struct link_conn *c, enum link_state was, const char *reason, enum how how)
{
    struct link_set *set = c->set;
    if (set->closing || was == LINK_LEAVING || was == LINK_CLOSED) {
        return;
    }
    if (c->inbound && was == LINK_HANDSHAKING) {
        set->counts.refused++;
        set->handler.on_refused(set->handler.context, c->address, reason);
        return;
    }
    struct event e = {.kind = EVENT_LINK_DOWN};
    e.link_down.link = c->id;
    e.link_down.reason = span_of(reason);
    e.link_down.reset = how == WAS_RESET;
    set->handler.on_event(set->handler.context, &e);
}

void link_conn_down(struct link_conn *c, const char *reason)
{
    enum link_state was = c->state;
    link_conn_close(c);
    tell(c, was, reason, ENDED);
}

void link_conn_reset(struct link_conn *c)
{
    enum link_state was = c->state;
    link_conn_close(c);
    tell(c, was, "connection reset", WAS_RESET);
}

void link_conn_refuse(struct link_conn *c, const char *reason)
{
    enum link_state was = c->state;
    link_output_drain(c);
    link_conn_leave(c);
    tell(c, was, reason, ENDED);
}

void link_conn_up(struct link_conn *c)
{
    struct link_set *set = c->set;
    struct identity identity;
    const char *cause = "";
    if (trust_identify(set->trust, c->tls.ssl, &identity, &cause)) {
        link_conn_refuse(c, cause);
        return;
    }
    c->known = true;
    c->state = LINK_OPEN;
    c->deadline_ms = UINT64_MAX;
    if (set->closing) {
        link_conn_leave(c);
        return;
    }
    struct event e = {.kind = EVENT_LINK_UP};
    e.link_up.link = c->id;
    e.link_up.identity = &identity;
    e.link_up.address = c->address;
    set->handler.on_event(set->handler.context, &e);
}

/* The socket is connected, from either side. */
static void begin(struct link_conn *c)
{
    struct link_set *set = c->set;
    enum link_tls_end end = c->inbound ? LINK_TLS_SERVER : LINK_TLS_CLIENT;
    c->state = LINK_HANDSHAKING;
    c->deadline_ms = uv_now(set->loop) + set->handshake_ms;
    uv_tcp_nodelay(&c->tcp, 1);
    if (link_tls_init(&c->tls, trust_tls(set->trust), set->method, end, set->records_max)) {
        link_conn_down(c, "out of memory");
        return;
    }
    link_input_start(c);
    if (!c->inbound) {
        link_input_greet(c);
    }
}

static void connected(uv_connect_t *request, int status)
{
    struct link_conn *c = request->data;
    if (c->state != LINK_CONNECTING) {
        return;
    }
    if (status < 0) {
        link_conn_down(c, uv_strerror(status));
    } else {
        begin(c);
    }
}

static const char *dial(struct link_conn *c)
{
    struct link_set *set = c->set;
    if (set->loopback && c->address.ipv4 >> 24 != IN_LOOPBACKNET) {
        return "not a loopback address, and --loopback allows no other";
    }
    if (set->counts.links > LIMIT_SESSIONS) {
        return "too many links";
    }
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(c->address.port),
                             .sin_addr.s_addr = htonl(c->address.ipv4)};
    c->request.connect.data = c;
    int status = uv_tcp_connect(&c->request.connect, &c->tcp, (const struct sockaddr *)&to,
                                connected);
    return status < 0 ? uv_strerror(status) : NULL;
}

void link_conn_dial(struct link_set *set, uint64_t id, struct address address)
{
    struct link_conn *c = new_conn(set, LINK_CONNECTING, set->connect_ms);
    if (!c) {
        return;
    }
    c->id = id;
    c->address = address;
    c->failed = dial(c);
    if (c->failed) {
        link_soon(set);
    }
}

/* Peers of one machine share its address; they are many and not strangers. */
static bool is_here(struct link_conn *c)
{
    struct sockaddr_in own = {0};
    int size = sizeof own;
    return uv_tcp_getsockname(&c->tcp, (struct sockaddr *)&own, &size) == 0 &&
           ntohl(own.sin_addr.s_addr) == c->address.ipv4;
}

struct crowd {
    size_t live, unknown, same_source;
    struct link_conn *oldest, *oldest_same_source; /* of the unknown */
};

static void count(struct crowd *crowd, const struct link_conn *newest)
{
    for (struct link_conn *c = newest->set->first; c; c = c->next) {
        crowd->live += c->state != LINK_CLOSED;
        if (!c->inbound || c->known || c->state == LINK_CLOSED || c == newest) {
            continue;
        }
        crowd->unknown++;
        crowd->oldest = crowd->oldest ? crowd->oldest : c;
        if (c->address.ipv4 == newest->address.ipv4) {
            crowd->same_source++;
            crowd->oldest_same_source = crowd->oldest_same_source ? crowd->oldest_same_source : c;
        }
    }
}

/* A stranger makes room for the next one; those who are known stay. */
static const char *make_room(struct link_conn *newest)
{
    struct crowd crowd = {0};
    count(&crowd, newest);
    if (crowd.same_source >= LINK_HANDSHAKES_SOURCE && !is_here(newest)) {
        link_conn_down(crowd.oldest_same_source, "too many unfinished handshakes from one address");
    } else if (crowd.unknown >= LINK_HANDSHAKES ||
               (crowd.unknown > 0 && crowd.live > LIMIT_SESSIONS)) {
        link_conn_down(crowd.oldest, "too many unfinished handshakes");
    } else if (crowd.live > LIMIT_SESSIONS) {
        return "too many links";
    }
    return NULL;
}

static const char *admit(struct link_conn *c)
{
    struct sockaddr_in from = {0};
    int size = sizeof from;
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&from, &size) != 0) {
        return "it was gone at once";
    }
    c->address = (struct address){ntohl(from.sin_addr.s_addr), ntohs(from.sin_port)};
    if (c->set->loopback && c->address.ipv4 >> 24 != IN_LOOPBACKNET) {
        return "it is not on this machine, and --loopback allows no other";
    }
    return make_room(c);
}

void link_conn_accept(struct link_set *set)
{
    struct link_conn *c = new_conn(set, LINK_HANDSHAKING, set->handshake_ms);
    if (!c) {
        return;
    }
    c->inbound = true;
    if (uv_accept((uv_stream_t *)&set->listener, (uv_stream_t *)&c->tcp) != 0) {
        link_conn_close(c);
        return;
    }
    set->last_inbound_id += 2;
    c->id = set->last_inbound_id;
    const char *refused = admit(c);
    if (refused) {
        link_conn_down(c, refused);
    } else {
        begin(c);
    }
}

void link_conn_tick(struct link_conn *c, uint64_t now_ms)
{
    if (now_ms < c->deadline_ms) {
        return;
    }
    if (c->state == LINK_CONNECTING) {
        link_conn_down(c, "no answer in time");
    } else if (c->state == LINK_HANDSHAKING) {
        link_conn_down(c, "the handshake took too long");
    } else {
        link_conn_close(c);
    }
}

void link_conn_soon(struct link_conn *c)
{
    const char *failed = c->failed;
    c->failed = NULL;
    if (failed) {
        link_conn_down(c, failed);
    }
    if (c->paused && c->state != LINK_CLOSED) {
        link_input_start(c);
    }
    if (c->owes_sent && c->state == LINK_OPEN) {
        c->owes_sent = false;
        c->taken = 0;
        c->reported = link_output_unsent(c);
        struct event e = {.kind = EVENT_SENT, .sent = {.link = c->id, .bytes = c->reported}};
        c->set->handler.on_event(c->set->handler.context, &e);
    }
}
