#include "core/serve.h"

#include "core/members.h"
#include "core/news.h"
#include "core/session.h"
#include "core/sync.h"

#include <stdlib.h>

/* A cursor sends from the log's window; behind it, FETCH brings a run from the store, with the seal
 * that it ends at, so that who catches up can carry the log in stretches. It pauses while the
 * socket owes LIMIT_UNSENT or LIMIT_FLIGHT records are not yet on the other's disk.
 *
 * A log of another than us is sent from the store, in stretches that end at a seal that its author
 * made, with that seal behind; the author's certificate goes before the first. */

struct cursor *serve_cursor(const struct session *s, const struct log *l)
{
    for (size_t i = 0; i < s->cursor_count; i++)
        if (s->cursors[i].log == l)
            return &s->cursors[i];
    return NULL;
}

static bool goes_behind(const struct log *l, const struct log *other)
{
    if (l->own != other->own)
        return !l->own;
    return l->id.epoch > other->id.epoch;
}

/* Our own come first, and in the order of epochs, so that what is older arrives first. */
struct cursor *serve_add(struct node *n, struct session *s, struct log *l)
{
    if (s->cursor_count == s->cursor_capacity) {
        size_t capacity = s->cursor_capacity == 0 ? 2 : s->cursor_capacity * 2;
        struct cursor *cursors = realloc(s->cursors, capacity * sizeof *cursors);
        if (cursors == NULL) {
            n->fx->out_of_memory = true;
            return NULL;
        }
        s->cursors = cursors;
        s->cursor_capacity = capacity;
    }
    size_t at = s->cursor_count++;
    for (; at > 0 && goes_behind(s->cursors[at - 1].log, l); at--)
        s->cursors[at] = s->cursors[at - 1];
    s->cursors[at] = (struct cursor){.log = l, .next = l->first};
    return &s->cursors[at];
}

static bool wants_ours(const struct node *n, const struct session *s)
{
    return s->wants[n->self.role];
}

/* Of another's log too: its newest goes on. */
static bool may_grow(const struct node *n, const struct log *l)
{
    return l->own ? l == n->log : !l->superseded;
}

static bool cursor_done(const struct node *n, const struct cursor *c)
{
    const struct log *l = c->log;
    return !may_grow(n, l) && c->next > l->last && l->seal.seq >= l->last &&
           c->seal_sent >= l->last;
}

void serve_drop_done(struct node *n, struct session *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->cursor_count; i++)
        if (!cursor_done(n, &s->cursors[i]))
            s->cursors[kept++] = s->cursors[i];
    s->cursor_count = kept;
}

void serve_follow(struct node *n)
{
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *s = n->sessions[i];
        if (s->state == PEER_OPEN && s->have_done && serve_cursor(s, n->log) == NULL)
            serve_add(n, s, n->log);
    }
}

/* How a log is named in what we send: not at all when it is ours. */
static struct message_log name_of(struct node *n, const struct log *l)
{
    struct message_log name = {.epoch = l->id.epoch};
    if (l->own)
        return name;
    name.device = event_effects_copy(n->fx, span_of(l->id.device));
    name.key = l->id.key;
    return name;
}

static void send_run(struct node *n, struct session *s, struct cursor *c, struct span bytes,
                     size_t count)
{
    struct message update = {.kind = MESSAGE_STATE_UPDATE,
                             .update = {.log = name_of(n, c->log), .bytes = bytes, .count = count}};
    update.update.based = c->next > 1 && c->next == c->log->first;
    update.update.base = c->log->base;
    session_send(n, s, &update);
    c->next += count;
}

static void send_seal(struct node *n, struct session *s, struct cursor *c,
                      const struct log_seal *seal)
{
    struct message message = {.kind = MESSAGE_SEAL,
                              .seal = {.log = name_of(n, c->log),
                                       .seq = seal->seq,
                                       .signature_size = seal->signature_size,
                                       .hashed = !c->log->own,
                                       .hash = seal->hash}};
    memcpy(message.seal.signature, seal->signature, seal->signature_size);
    session_send(n, s, &message);
    c->seal_sent = seal->seq;
}

static void send_due_seal(struct node *n, struct session *s, struct cursor *c)
{
    if (c->seal.seq == 0 && c->log->seal.seq > c->seal_sent)
        c->seal = c->log->seal;
    if (c->seal.seq == 0 || c->next <= c->seal.seq)
        return;
    send_seal(n, s, c, &c->seal);
    c->seal.seq = 0;
}

static void fetch(struct node *n, struct session *s, const struct cursor *c)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_FETCH);
    effect->fetch.link = s->link;
    effect->fetch.id = c->log->id;
    effect->fetch.first = c->next;
    effect->fetch.bytes_max = LIMIT_BATCH_BYTES;
    effect->fetch.to_seal = !c->log->own || c->next <= c->log->stored_seal.seq;
    s->fetching = true;
    node_counted(n, NODE_FETCHES);
}

/* What was pruned before it was sent is not there any more: the log begins later. */
static void pass_pruned(struct cursor *c)
{
    uint64_t first = c->log->first;
    if (c->next < first)
        c->next = first;
    if (c->held + 1 < first)
        c->held = first - 1;
}

/* Pruned whole since it was asked for: the other hears so, and does not wait. */
static void tell_emptied(struct node *n, struct session *s, struct cursor *c)
{
    const struct log *l = c->log;
    struct message_entry *e = event_effects_alloc(n->fx, sizeof *e);
    if (e == NULL)
        return;
    *e = (struct message_entry){.log = name_of(n, l),
                                .first = l->first,
                                .last = l->last,
                                .sealed = l->seal.seq,
                                .closed = l->closed};
    struct message message = {.kind = MESSAGE_HAVE, .have = {.entries = e, .count = 1}};
    session_send(n, s, &message);
    c->seal_sent = l->seal.seq;
}

/* Of another's log a stretch is sent, then its seal, and the next one when this is on the other's
 * disk; meanwhile other logs have their turn. */
static bool pump_carried(struct node *n, struct session *s, struct cursor *c)
{
    const struct log_seal *seal = &c->log->stored_seal;
    uint64_t last = seal->seq < c->log->stored ? seal->seq : c->log->stored;
    pass_pruned(c);
    if (c->log->first > c->log->last && c->seal_sent < c->log->seal.seq)
        tell_emptied(n, s, c);
    bool waits = c->seal_sent > c->acked;
    if (waits || seal->signature_size == 0 || (c->next > last && c->seal_sent >= last))
        return true;
    if (s->fetching || s->unsent >= LIMIT_UNSENT)
        return false;
    if (c->next <= last)
        fetch(n, s, c);
    else if (seal->seq < c->next)
        send_seal(n, s, c, seal);
    return c->next > last;
}

/* True when this log is sent as far as it goes, so that the next one may follow. */
static bool pump_cursor(struct node *n, struct session *s, struct cursor *c)
{
    pass_pruned(c);
    while (c->next <= c->log->last) {
        uint64_t flight = c->next - 1 - (c->held < c->next ? c->held : c->next - 1);
        if (s->fetching || s->unsent >= LIMIT_UNSENT || flight >= LIMIT_FLIGHT)
            return false;
        size_t count;
        struct span bytes = log_window_run(c->log, c->next, LIMIT_BATCH_BYTES, &count);
        if (count == 0) {
            fetch(n, s, c);
            return false;
        }
        send_run(n, s, c, bytes, count);
        send_due_seal(n, s, c);
    }
    send_due_seal(n, s, c);
    return true;
}

static void pump_session(struct node *n, struct session *s)
{
    if (s->state != PEER_OPEN || !s->have_done)
        return;
    bool done = false;
    for (size_t i = 0; i < s->cursor_count; i++) {
        struct cursor *c = &s->cursors[i];
        if (c->log->own && !wants_ours(n, s))
            continue;
        if (c->log->own ? !pump_cursor(n, s, c) : !pump_carried(n, s, c))
            break;
        done = done || cursor_done(n, &s->cursors[i]);
    }
    if (done)
        serve_drop_done(n, s);
}

void serve_due(struct node *n, struct session *s)
{
    s->serve_due = true;
    n->serve_one = n->serve_some && n->serve_one != s ? NULL : s;
    n->serve_some = true;
}

void serve_due_of(struct node *n, const struct member *m)
{
    for (size_t i = 0; i < n->session_count; i++)
        if (news_gives(n->sessions[i], m))
            serve_due(n, n->sessions[i]);
}

void serve_due_all(struct node *n)
{
    n->serve_all = true;
}

static void look_at_own(struct node *n)
{
    const struct log *l = n->log;
    if (l == NULL || (n->served.log == l && n->served.first == l->first &&
                      n->served.last == l->last && n->served.sealed == l->seal.seq))
        return;
    n->served.log = l;
    n->served.first = l->first;
    n->served.last = l->last;
    n->served.sealed = l->seal.seq;
    n->serve_all = true;
}

static void pump_due(struct node *n, struct session *s)
{
    if (n->serve_all || s->serve_due)
        pump_session(n, s);
    s->serve_due = false;
}

void serve_pump(struct node *n)
{
    look_at_own(n);
    if (!n->serve_all && !n->serve_some)
        return;
    struct session *one = n->serve_all ? NULL : n->serve_one;
    if (one != NULL)
        pump_due(n, one);
    for (size_t i = 0; i < n->session_count && one == NULL; i++)
        pump_due(n, n->sessions[i]);
    n->serve_all = n->serve_some = false;
    n->serve_one = NULL;
}

static void send_fetched(struct node *n, struct session *s, struct cursor *c, const struct event *e)
{
    send_run(n, s, c, e->fetched.bytes, e->fetched.count);
    if (e->fetched.signature_size == 0)
        return;
    struct log_seal seal = {.seq = c->next - 1,
                            .hash = e->fetched.seal_hash,
                            .signature_size = e->fetched.signature_size};
    memcpy(seal.signature, e->fetched.signature, seal.signature_size);
    send_seal(n, s, c, &seal);
    if (c->seal.seq <= seal.seq)
        c->seal.seq = 0;
}

static void fetched_carried(struct node *n, struct session *s, struct cursor *c,
                            const struct event *e)
{
    if (e->fetched.count == 0) {
        serve_end(s, c->log); /* our disk lost it */
        return;
    }
    if (!c->introduced) {
        struct effect *effect = event_effects_add(n->fx, EFFECT_INTRODUCE);
        effect->introduce.link = s->link;
        effect->introduce.key = c->log->id.key;
        c->introduced = true;
    }
    send_fetched(n, s, c, e);
}

void serve_carried(struct node *n, struct session *s, struct log *l, const struct message_entry *e)
{
    struct cursor *c = serve_cursor(s, l);
    if (c == NULL)
        c = serve_add(n, s, l);
    if (c == NULL)
        return;
    news_give(n, s, members_find(n, span_of(l->id.device)));
    c->next = e->last + 1 > l->first ? e->last + 1 : l->first;
    c->acked = c->seal_sent = e->sealed;
    c->introduced = c->introduced && e->sealed > 0; /* it may not know the author yet */
    c->seal.seq = 0;
}

void serve_end(struct session *s, const struct log *l)
{
    struct cursor *c = serve_cursor(s, l);
    if (c == NULL || l->own)
        return;
    size_t at = (size_t)(c - s->cursors);
    memmove(c, c + 1, (--s->cursor_count - at) * sizeof *c);
}

void serve_fetched(struct node *n, const struct event *e)
{
    struct session *s = session_find(n, e->fetched.link);
    if (s == NULL || !s->fetching)
        return;
    const struct message_log name = {.device = span_of(e->fetched.id.device),
                                     .key = e->fetched.id.key,
                                     .epoch = e->fetched.id.epoch};
    struct log *l = sync_log_of(n, s, &name);
    struct cursor *c = l == NULL ? NULL : serve_cursor(s, l);
    s->fetching = false;
    if (c == NULL || c->next != e->fetched.first)
        return;
    if (!l->own) {
        fetched_carried(n, s, c, e);
    } else if (e->fetched.count > 0) {
        send_fetched(n, s, c, e);
    } else {
        /* Our own disk lost it: what follows can't be sent without a gap, so this log is served no
         * further. */
        c->next = l->last + 1;
        c->seal_sent = l->last;
    }
}

bool serve_drained(const struct node *n)
{
    for (size_t i = 0; i < n->session_count; i++) {
        const struct session *s = n->sessions[i];
        if (s->state != PEER_OPEN || !wants_ours(n, s))
            continue;
        for (size_t k = 0; k < s->cursor_count && s->cursors[k].log->own; k++) {
            const struct cursor *c = &s->cursors[k];
            if (c->next <= c->log->last || c->seal_sent < c->log->last)
                return false;
        }
    }
    return true;
}
