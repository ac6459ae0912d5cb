/* Connections, from the dial to the last byte. A dial puts the first segment into the dialler's
 * pipe; the acceptor answers with one; the dialler is up and says so with a third, and when that
 * arrives the acceptor is up. Behind it go the bytes of messages. Segments of a pipe arrive in
 * order, each after its delay; one that finds its way cut waits, and the whole pipe behind it,
 * until the way is open again. Where nobody is at home any more a segment is answered by a reset.
 */
#include "net.h"

#include "net_stall.h"
#include "world.h"

#include <stdlib.h>

enum {
    PACKET = 1460,          /* bytes that are lost together */
    WINDOW = 65536,         /* bytes flying in one pipe */
    CONNECT_US = 1500000,   /* the shell's patience with a connection, */
    HANDSHAKE_US = 5000000, /* ... and then with a handshake */
    RETRANSMIT_US = 200000, /* what one lost packet costs a connection; each further try waits
                               twice as long */
    SYN_AGAIN_US = 1000000, /* the same for one that is being made */
};

void net_init(struct world *w)
{
    w->net = (struct net){.now = w->net_fair};
    w->net.cuts = calloc(w->host_count * w->host_count, 1);
    w->net.walls = calloc(w->host_count * w->host_count, sizeof *w->net.walls);
    check(w->net.cuts && w->net.walls);
}

static void pipe_clear(struct net_pipe *p)
{
    while (p->first) {
        struct net_segment *next = p->first->next;
        free(p->first);
        p->first = next;
    }
    free(p->unsent);
    *p = (struct net_pipe){.arrive_us = p->arrive_us};
}

void net_fini(struct world *w)
{
    for (size_t i = 0; i < w->net.conn_count; i++) {
        for (int end = 0; end < 2; end++) {
            pipe_clear(&w->net.conns[i]->ends[end].out);
            line_fini(&w->net.conns[i]->ends[end].splitter);
        }
        free(w->net.conns[i]);
    }
    free(w->net.conns);
    free(w->net.stalled);
    free(w->net.cuts);
    free(w->net.walls);
}

/* Ways. */

struct host *net_host(struct world *w, uint32_t ipv4)
{
    uint32_t index = (ipv4 - 0x0a000001) & 0xffff;
    bool there = index < w->host_count && host_ipv4(&w->hosts[index]) == ipv4;
    return there ? &w->hosts[index] : NULL;
}

bool net_open(const struct world *w, uint32_t from, uint32_t to)
{
    size_t way = from * w->host_count + to;
    return w->net.cuts[way] == 0 && !w->net.walls[way];
}

uint64_t net_delay_us(struct world *w)
{
    return world_between(w, w->net.now.delay_min_us, w->net.now.delay_max_us);
}

void net_wall(struct world *w, uint32_t a, uint32_t b)
{
    w->net.walls[a * w->host_count + b] = w->net.walls[b * w->host_count + a] = true;
}

bool net_walled(const struct world *w, uint32_t a, uint32_t b)
{
    return w->net.walls[a * w->host_count + b];
}

void net_cut(struct world *w, uint32_t from, uint32_t to)
{
    w->net.cuts[from * w->host_count + to]++;
}

static uint64_t number_of(uint32_t conn, int end)
{
    return 2 * (uint64_t)conn + (uint64_t)end;
}

static void pipe_due(struct world *w, uint32_t conn, int end, uint64_t time_us)
{
    queue_push(&w->queue, (struct moment){.kind = MOMENT_PIPE,
                                          .time_us = time_us < w->now_us ? w->now_us : time_us,
                                          .number = number_of(conn, end)});
}

/* When a segment that could not arrive is next tried: nobody tells its sender that it could now. */
static uint64_t next_try_us(const struct world *w, const struct net_pipe *p)
{
    uint64_t pause_us = p->first->kind == NET_CLIENT ? SYN_AGAIN_US : RETRANSMIT_US;
    uint64_t at_us = p->tried_us + pause_us;
    while (at_us < w->now_us) {
        pause_us *= 2;
        at_us += pause_us;
    }
    return at_us;
}

/* Whoever waits for this way goes on trying. What does not wait any more is forgotten. */
static void unstall(struct world *w, uint32_t from, uint32_t to)
{
    struct net *n = &w->net;
    size_t kept = 0;
    for (size_t i = 0; i < n->stalled_count; i++) {
        uint64_t number = n->stalled[i];
        struct net_conn *c = n->conns[number / 2];
        struct net_end *e = &c->ends[number & 1], *other = &c->ends[!(number & 1)];
        if (c->dead || !e->out.stalled)
            continue;
        if (e->host != from || other->host != to) {
            n->stalled[kept++] = number;
            continue;
        }
        e->out.stalled = false;
        pipe_due(w, (uint32_t)(number / 2), number & 1, next_try_us(w, &e->out));
    }
    n->stalled_count = kept;
}

void net_mend(struct world *w, uint32_t from, uint32_t to)
{
    uint8_t *cuts = &w->net.cuts[from * w->host_count + to];
    if (*cuts > 0 && --*cuts == 0)
        unstall(w, from, to);
}

void net_mend_all(struct world *w)
{
    w->net.now = w->net_fair;
    for (uint32_t i = 0; i < w->host_count * w->host_count; i++) {
        if (w->net.cuts[i] == 0)
            continue;
        w->net.cuts[i] = 1;
        net_mend(w, i / (uint32_t)w->host_count, i % (uint32_t)w->host_count);
    }
}

/* Pipes. */

static void pipe_put(struct world *w, uint32_t conn, int end, enum net_segment_kind kind,
                     const char *bytes, size_t size, uint64_t extra_us)
{
    struct net_pipe *p = &w->net.conns[conn]->ends[end].out;
    struct net_segment *s = malloc(sizeof *s + size);
    check(s);
    uint64_t arrive_us = w->now_us + net_delay_us(w) + extra_us;
    uint64_t packet = size > 0 && size < PACKET ? size : PACKET; /* a small piece is part of one */
    while (rng_below(&w->rng, 1000 * PACKET) < packet * w->net.now.loss_permille)
        arrive_us += RETRANSMIT_US;
    if (arrive_us <= p->arrive_us)
        arrive_us = p->arrive_us + 1;
    *s = (struct net_segment){.arrive_us = arrive_us, .kind = kind, .size = size};
    if (size > 0)
        memcpy(s->bytes, bytes, size);
    p->arrive_us = arrive_us;
    p->flying += size;
    if (p->first) {
        p->last = p->last->next = s;
        return;
    }
    p->first = p->last = s;
    p->stalled = false;
    pipe_due(w, conn, end, arrive_us);
}

static void tell_sent(struct world *w, struct net_end *end)
{
    if (end->state != NET_UP)
        return;
    struct event e = {.kind = EVENT_SENT, .sent.link = end->link};
    host_later(w, &w->hosts[end->host], world_between(w, 20, 200), &e, (struct span){0});
}

/* Moves unsent bytes into segments as far as the window goes. */
static void pipe_pump(struct world *w, uint32_t conn, int end)
{
    struct net_pipe *p = &w->net.conns[conn]->ends[end].out;
    size_t moved = 0;
    while (moved < p->unsent_size && p->flying < WINDOW) {
        size_t piece = p->unsent_size - moved;
        size_t piece_max = 1 + (size_t)rng_below(&w->rng, w->net.now.piece_max);
        if (piece > piece_max)
            piece = piece_max;
        pipe_put(w, conn, end, NET_DATA, p->unsent + moved, piece, 0);
        moved += piece;
    }
    if (moved > 0) {
        p->unsent_size -= moved;
        memmove(p->unsent, p->unsent + moved, p->unsent_size);
        tell_sent(w, &w->net.conns[conn]->ends[end]);
    }
    if (p->fin && p->unsent_size == 0) {
        p->fin = false;
        pipe_put(w, conn, end, NET_FIN, NULL, 0, 0);
    }
}

/* Links. */

static void session_check(struct world *w, struct net_conn *c)
{
    bool now = c->ends[0].state == NET_UP && c->ends[1].state == NET_UP && c->ends[0].hello_sent &&
               c->ends[1].hello_sent && c->ends[0].hello_heard && c->ends[1].hello_heard;
    if (now == c->session)
        return;
    c->session = now;
    judge_session(w, c->ends[0].host, c->ends[1].host, now ? 1 : -1);
}

static void end_close(struct world *w, uint32_t conn, int end)
{
    struct net_conn *c = w->net.conns[conn];
    struct net_end *e = &c->ends[end];
    if (e->state == NET_CLOSED)
        return;
    e->state = NET_CLOSED;
    session_check(w, c);
    struct host *h = &w->hosts[e->host];
    for (size_t i = 0; i < h->conn_count; i++) {
        if (h->conns[i] != number_of(conn, end))
            continue;
        h->conns[i] = h->conns[--h->conn_count];
        return;
    }
}

static void end_add(struct host *h, uint32_t conn, int end)
{
    if (h->conn_count == h->conn_capacity) {
        h->conn_capacity = h->conn_capacity ? 2 * h->conn_capacity : 8;
        h->conns = realloc(h->conns, h->conn_capacity * sizeof *h->conns);
        check(h->conns);
    }
    h->conns[h->conn_count++] = (uint32_t)number_of(conn, end);
}

struct net_conn *net_link(const struct world *w, const struct host *h, uint64_t link, int *end)
{
    for (size_t i = 0; i < h->conn_count; i++) {
        struct net_conn *c = w->net.conns[h->conns[i] / 2];
        *end = h->conns[i] & 1;
        if (c->ends[*end].link == link)
            return c;
    }
    return NULL;
}

static uint32_t conn_index(const struct host *h, const struct net_conn *c, const struct world *w)
{
    for (size_t i = 0; i < h->conn_count; i++)
        if (w->net.conns[h->conns[i] / 2] == c)
            return h->conns[i] / 2;
    check(0);
    return 0;
}

static void timeout_in(struct world *w, uint32_t conn, int end, uint64_t us)
{
    world_push(w, us, (struct moment){.kind = MOMENT_TIMEOUT, .number = number_of(conn, end)});
}

void net_dial(struct world *w, struct host *h, uint64_t link, struct address to)
{
    struct net *n = &w->net;
    if (n->conn_count == n->conn_capacity) {
        n->conn_capacity = n->conn_capacity ? 2 * n->conn_capacity : 64;
        n->conns = realloc(n->conns, n->conn_capacity * sizeof *n->conns);
        check(n->conns);
    }
    struct net_conn *c = calloc(1, sizeof *c);
    check(c);
    uint32_t conn = (uint32_t)n->conn_count;
    n->conns[n->conn_count++] = c;
    struct host *other = net_host(w, to.ipv4);
    c->to = to;
    c->ends[0] = (struct net_end){.host = h->index, .life = h->life, .link = link};
    c->ends[1] = (struct net_end){.host = other ? other->index : h->index, .state = NET_CLOSED};
    end_add(h, conn, 0);
    w->tally[TALLY_DIALS]++;
    timeout_in(w, conn, 0, CONNECT_US);
    if (other)
        pipe_put(w, conn, 0, NET_CLIENT, NULL, 0, 2 * net_delay_us(w));
}

void net_send(struct world *w, struct host *h, uint64_t link, struct span bytes)
{
    int end;
    struct net_conn *c = net_link(w, h, link, &end);
    if (!c || c->ends[end].state != NET_UP) {
        world_fail(w, "%s sends on link %llu, which is not up", h->self.device,
                   (unsigned long long)link);
        return;
    }
    struct net_pipe *p = &c->ends[end].out;
    if (p->unsent_size + bytes.size > p->unsent_capacity) {
        p->unsent_capacity = 2 * (p->unsent_size + bytes.size);
        p->unsent = realloc(p->unsent, p->unsent_capacity);
        check(p->unsent);
    }
    memcpy(p->unsent + p->unsent_size, bytes.bytes, bytes.size);
    p->unsent_size += bytes.size;
    if (p->unsent_size > LIMIT_UNSENT + 2 * LIMIT_LINE)
        world_fail(w, "%s owes a link %zu bytes", h->self.device, p->unsent_size);
}

void net_flush(struct world *w, struct host *h, uint64_t link)
{
    int end;
    struct net_conn *c = net_link(w, h, link, &end);
    if (c)
        pipe_pump(w, conn_index(h, c, w), end);
}

void net_hang_up(struct world *w, struct host *h, uint64_t link)
{
    int end;
    struct net_conn *c = net_link(w, h, link, &end);
    if (!c) {
        world_fail(w, "%s hangs up link %llu, which is not there", h->self.device,
                   (unsigned long long)link);
        return;
    }
    uint32_t conn = conn_index(h, c, w);
    c->ends[end].out.fin = true;
    end_close(w, conn, end);
    pipe_pump(w, conn, end);
}

bool net_unsent(const struct world *w, const struct host *h, uint64_t link, size_t *bytes)
{
    int end;
    const struct net_conn *c = net_link(w, h, link, &end);
    if (!c || c->ends[end].state != NET_UP)
        return false;
    *bytes = c->ends[end].out.unsent_size;
    return true;
}

static void link_down(struct world *w, uint32_t conn, int end, const char *reason, bool reset)
{
    struct net_end *e = &w->net.conns[conn]->ends[end];
    bool told = e->state == NET_UP || (e->state == NET_WAITING && end == 0);
    uint64_t link = e->link;
    struct host *h = &w->hosts[e->host];
    bool ours = e->life == h->life && h->running;
    pipe_clear(&e->out);
    end_close(w, conn, end);
    struct event down = {.kind = EVENT_LINK_DOWN, .link_down = {link, span_of(reason), reset}};
    if (told && ours)
        host_step(w, h, &down);
}

static void reset_later(struct world *w, uint32_t conn, int end)
{
    world_push(w, net_delay_us(w),
               (struct moment){.kind = MOMENT_RESET, .number = number_of(conn, end)});
}

void net_reset(struct world *w, uint32_t conn)
{
    reset_later(w, conn, 0);
    reset_later(w, conn, 1);
}

void net_on_reset(struct world *w, const struct moment *m)
{
    uint32_t conn = (uint32_t)(m->number / 2);
    int end = m->number & 1;
    bool dialling = w->net.conns[conn]->ends[end].state == NET_WAITING;
    link_down(w, conn, end, dialling ? "connection refused" : "connection reset", true);
}

void net_on_timeout(struct world *w, const struct moment *m)
{
    uint32_t conn = (uint32_t)(m->number / 2);
    int end = m->number & 1;
    struct net_conn *c = w->net.conns[conn];
    if (c->ends[end].state != NET_WAITING)
        return;
    if (end == 0 && c->reached && !c->ends[1].out.stalled && !c->shaking) {
        c->shaking = true;
        timeout_in(w, conn, end, HANDSHAKE_US);
        return;
    }
    link_down(w, conn, end, "timed out", false);
}

/* How a process or machine that is gone leaves its connections. */
static void end_gone(struct world *w, uint32_t conn, int end, enum net_gone how)
{
    struct net_end *e = &w->net.conns[conn]->ends[end];
    if (how != NET_GONE_CLOSED)
        e->out.unsent_size = 0;
    end_close(w, conn, end);
    if (how == NET_GONE_CLOSED) {
        e->out.fin = true;
        pipe_pump(w, conn, end);
    } else if (how == NET_GONE_KILLED) {
        pipe_put(w, conn, end, NET_RST, NULL, 0, 0);
    }
}

void net_process_gone(struct world *w, struct host *h, enum net_gone how)
{
    while (h->conn_count > 0) {
        uint32_t number = h->conns[h->conn_count - 1];
        end_gone(w, number / 2, number & 1, how);
    }
}

void net_moved(struct world *w, struct host *h)
{
    for (size_t i = 0; i < h->conn_count; i++)
        w->net.conns[h->conns[i] / 2]->dead = true;
}

void net_machine_back(struct world *w, const struct host *h)
{
    for (uint32_t i = 0; i < w->host_count; i++)
        if (net_open(w, i, h->index))
            unstall(w, i, h->index);
}

/* Arrivals. */

static void link_up(struct world *w, uint32_t conn, int end)
{
    struct net_conn *c = w->net.conns[conn];
    struct net_end *e = &c->ends[end], *other = &c->ends[!end];
    e->state = NET_UP;
    line_init(&e->splitter);
    struct event up = {.kind = EVENT_LINK_UP};
    up.link_up.link = e->link;
    up.link_up.identity = &w->hosts[other->host].self;
    up.link_up.address = c->to;
    if (end == 1) {
        up.link_up.address.ipv4 = host_private_address(&w->hosts[other->host]).ipv4;
        up.link_up.address.port = (uint16_t)world_between(w, 32768, 60999);
    }
    host_step(w, &w->hosts[e->host], &up);
}

static void arrive_client(struct world *w, uint32_t conn)
{
    struct net_conn *c = w->net.conns[conn];
    struct host *h = &w->hosts[c->ends[1].host];
    if (!h->running || host_session_address(h).port != c->to.port) {
        reset_later(w, conn, 0);
        return;
    }
    h->link_next += 2;
    c->ends[1] = (struct net_end){.host = h->index, .life = h->life, .link = h->link_next};
    end_add(h, conn, 1);
    w->net.conns[conn]->reached = true;
    timeout_in(w, conn, 1, HANDSHAKE_US);
    pipe_put(w, conn, 1, NET_SERVER, NULL, 0, 0);
}

static void arrive_sign(struct world *w, uint32_t conn, int end)
{
    const struct net_end *e = &w->net.conns[conn]->ends[end];
    host_step(w, &w->hosts[e->host],
              &(struct event){.kind = EVENT_HEARD, .heard = {.link = e->link}});
}

static void arrive_message(struct world *w, uint32_t conn, int end, struct span line)
{
    struct net_conn *c = w->net.conns[conn];
    struct net_end *e = &c->ends[end];
    struct host *h = &w->hosts[e->host];
    struct event event = {.kind = EVENT_MESSAGE};
    struct message message;
    const char *cause = "";
    event.message.link = e->link;
    event.message.message = &message;
    trace_mix_bytes(&w->trace, line);
    if (message_decode(line, &message, w->memory, &cause) != ERR_OK) {
        const struct host *sender = &w->hosts[c->ends[!end].host];
        if (!sender->options.puppet)
            world_fail(w, "%s sent what cannot be read: %s: %.*s", sender->self.device, cause,
                       (int)(line.size < 300 ? line.size : 300), line.bytes);
        reset_later(w, conn, !end);
        link_down(w, conn, end, cause, false);
        return;
    }
    if (message.kind == MESSAGE_HELLO)
        e->hello_heard = true;
    host_step(w, h, &event);
    session_check(w, c);
}

static void arrive_data(struct world *w, uint32_t conn, int end, struct span input)
{
    struct net_end *e = &w->net.conns[conn]->ends[end];
    struct span line;
    enum err err = ERR_OK;
    bool whole = false;
    while (e->state == NET_UP && line_next(&e->splitter, &input, &line, &err)) {
        whole = true;
        arrive_message(w, conn, end, line);
    }
    if (e->state == NET_UP && !whole)
        arrive_sign(w, conn, end);
    if (e->state == NET_CLOSED)
        line_fini(&e->splitter); /* not before: effects point into it */
    if (err == ERR_OK)
        return;
    reset_later(w, conn, !end);
    link_down(w, conn, end, "line too long", false);
}

static void arrive(struct world *w, uint32_t conn, int end, const struct net_segment *s)
{
    enum net_end_state state = w->net.conns[conn]->ends[end].state;
    switch (s->kind) {
    case NET_CLIENT:
        arrive_client(w, conn);
        break;
    case NET_SERVER:
        if (state != NET_WAITING)
            break;
        pipe_put(w, conn, 0, NET_FINISHED, NULL, 0, 0);
        link_up(w, conn, 0);
        break;
    case NET_FINISHED:
        if (state == NET_WAITING)
            link_up(w, conn, 1);
        break;
    case NET_DATA:
        if (state == NET_UP)
            arrive_data(w, conn, end, (struct span){s->bytes, s->size});
        else
            pipe_put(w, conn, end, NET_RST, NULL, 0, 0);
        break;
    case NET_FIN:
        link_down(w, conn, end, "closed by the other side", false);
        break;
    case NET_RST:
        link_down(w, conn, end, "connection reset", true);
        break;
    }
}

void net_on_pipe(struct world *w, const struct moment *m)
{
    uint32_t conn = (uint32_t)(m->number / 2);
    int end = m->number & 1;
    struct net_conn *c = w->net.conns[conn];
    struct net_pipe *p = &c->ends[end].out;
    struct net_segment *s = p->first;
    if (!s || s->arrive_us > w->now_us)
        return; /* this moment is of a pipe that was cleared */
    uint32_t to = c->ends[!end].host;
    if (c->dead || !net_open(w, c->ends[end].host, to) || !w->hosts[to].powered) {
        p->stalled = true;
        if (p->tried_us == 0)
            p->tried_us = w->now_us;
        net_stall_note(&w->net, m->number);
        return;
    }
    p->tried_us = 0;
    p->first = s->next;
    p->flying -= s->size;
    if (p->first)
        pipe_due(w, conn, end, p->first->arrive_us);
    arrive(w, conn, !end, s);
    free(s);
    pipe_pump(w, conn, end);
}

void net_hello_sent(struct world *w, struct host *h, uint64_t link)
{
    int end;
    struct net_conn *c = net_link(w, h, link, &end);
    if (!c)
        return;
    c->ends[end].hello_sent = true;
    session_check(w, c);
}
