#include "core/sync.h"

#include "core/author.h"
#include "core/carry.h"
#include "core/doubt.h"
#include "core/fork.h"
#include "core/intake.h"
#include "core/members.h"
#include "core/news.h"
#include "core/peer.h"
#include "core/seal.h"
#include "core/serve.h"
#include "core/session.h"
#include "core/want.h"

/* The happy path: both send `have` behind their hello; from the other's list each sets a cursor in
 * each of its own logs and sends what is lacking, oldest epoch first; records are taken in, used
 * and ordered to be stored in one step; when the disk and the seal have caught up, an
 * acknowledgement goes back. */

enum {
    HELD_EVERY = 4096
}; /* how far the disk may run ahead of the seal before the author is told, to keep its flight open
    */

static bool is_ours(const struct node *n, struct span device, const struct key_id *key)
{
    return ident_key_equal(key, &n->self.key) && span_is(device, n->self.device);
}

static bool is_theirs(const struct session *s, struct span device, const struct key_id *key)
{
    return ident_key_equal(key, &s->identity.key) && span_is(device, s->identity.device);
}

struct log *sync_log_of(struct node *n, const struct session *s, const struct message_log *log)
{
    struct span device = log->device.size > 0 ? log->device : span_of(s->identity.device);
    const struct key_id *key = log->device.size > 0 ? &log->key : &s->identity.key;
    const struct member *m = is_ours(n, device, key) ? &n->own : members_find(n, device);
    return m == NULL ? NULL : members_log(m, key, log->epoch);
}

static size_t list_logs(struct message_entry *entries, const struct log *l,
                        const struct key_id *key)
{
    size_t count = 0;
    for (; l != NULL; l = l->next) {
        if (!ident_key_equal(&l->id.key, key) || (l->last == 0 && l->closed))
            continue;
        entries[count++] = (struct message_entry){
            .log = {.device = span_of(l->id.device), .key = l->id.key, .epoch = l->id.epoch},
            .first = l->first,
            .last = l->last,
            .sealed = l->seal.seq,
            .closed = l->closed,
        };
    }
    return count;
}

void sync_send_have(struct node *n, struct session *s)
{
    struct message_entry *entries = event_effects_alloc(n->fx,
                                                        (n->log_count + 1) * sizeof *entries);
    if (entries == NULL)
        return;
    size_t count = list_logs(entries, n->own.logs, &n->self.key);
    const struct member *m = members_find(n, span_of(s->identity.device));
    if (m != NULL)
        count += list_logs(entries + count, m->logs, &s->identity.key);
    size_t at = 0;
    do {
        size_t page = count - at < LIMIT_LINE_ENTRIES ? count - at : LIMIT_LINE_ENTRIES;
        struct message message = {.kind = MESSAGE_HAVE,
                                  .have = {.entries = entries + at,
                                           .count = page,
                                           .more = at + page < count}};
        session_send(n, s, &message);
        at += page;
    } while (at < count);
}

/* A new epoch costs a commit and a log: a member that lies must not have one for each line. */
static bool may_claim(struct node *n)
{
    if (n->now_ms - n->claims_ms >= TIME_EPOCH_CLAIMS_MS) {
        n->claims_ms = n->now_ms;
        n->claims = 0;
    }
    return n->claims < LIMIT_EPOCH_CLAIMS && ++n->claims > 0;
}

/* It says how much of one of our logs it holds. */
static void take_own_entry(struct node *n, struct session *s, const struct message_entry *e)
{
    struct log *l = members_log(&n->own, &n->self.key, e->log.epoch);
    bool unknown_life = l == NULL ? e->log.epoch > n->epoch : l == n->log && e->last > l->last;
    if (unknown_life && e->log.epoch <= n->epoch + LIMIT_EPOCH_JUMP && may_claim(n))
        author_epoch_above(n, e->log.epoch);
    if (l == NULL)
        return;
    struct cursor *c = serve_cursor(s, l);
    if (c == NULL)
        c = serve_add(n, s, l);
    if (c == NULL)
        return;
    uint64_t last = e->last < l->last ? e->last : l->last;
    c->next = last + 1 > l->first ? last + 1 : l->first;
    c->held = last;
    c->seal_sent = e->sealed;
    c->seal.seq = 0;
}

/* The author says how long its own log is: what lies behind the end of a closed one was lost with
 * its disk, unless it was sealed. */
static void take_author_entry(struct node *n, struct session *s, const struct message_entry *e)
{
    struct log_id id = {.key = e->log.key, .epoch = e->log.epoch};
    ident_name_copy(id.device, e->log.device);
    struct member *m = members_add(n, e->log.device);
    if (m == NULL || fork_known(n, &id.key))
        return;
    if (!e->closed && id.epoch > s->epoch) /* it goes on in a new life: no need for a new session */
        s->epoch = id.epoch;
    if (id.epoch > m->epoch)
        m->epoch = id.epoch;
    struct log *l = members_log(m, &id.key, id.epoch);
    if (l == NULL && e->last >= e->first) /* not when all of it is pruned */
        l = members_log_add(n, m, &id, s->identity.role);
    if (l == NULL)
        return;
    if (!s->have_done)
        l->author_last = e->last;
    if (!e->closed)
        return;
    /* Also when it is closed here: an author that lost its newest records says a shorter end than
     * the one it said while they were on their way to its disk. */
    uint64_t end = e->last > l->seal.seq ? e->last : l->seal.seq;
    uint64_t dropped = l->last > end ? l->last - end : 0;
    bool was_closed = l->closed, cut = dropped > 0 && log_cut(l, end);
    if (cut) /* `seen` stays: under a seal that somebody else has, the same may come back */
        n->counters[NODE_RECORDS_DROPPED] += dropped;
    l->closed = l->last >= e->last && l->last <= end;
    if (cut || l->closed != was_closed)
        node_store_log(n, l);
}

void sync_have(struct node *n, struct session *s, const struct message *m)
{
    for (size_t i = 0; i < m->have.count; i++) {
        const struct message_entry *e = &m->have.entries[i];
        if (is_ours(n, e->log.device, &e->log.key))
            take_own_entry(n, s, e);
        else if (is_theirs(s, e->log.device, &e->log.key))
            take_author_entry(n, s, e);
        else if (!span_is(e->log.device, n->self.device))
            news_entry(n, s, e);
    }
    if (m->have.of.size > 0)
        news_list(n, s, m);
    if (m->have.more || s->have_done)
        return;
    for (struct log *l = n->own.logs; l != NULL; l = l->next)
        if ((l->last >= l->first || l == n->log) && serve_cursor(s, l) == NULL)
            serve_add(n, s, l);
    serve_drop_done(n, s);
    s->have_done = true;
    for (struct log *l = s->member->logs; l != NULL; l = l->next)
        if (!l->closed)
            sync_acknowledge(n, l);
    news_begin(n, s);
}

/* The log that an update continues; made when it is new. */
static struct log *update_log(struct node *n, struct session *s, const struct message *m)
{
    struct log *l = members_log(s->member, &s->identity.key, m->update.log.epoch);
    if (l != NULL)
        return l;
    struct log_id id = {.key = s->identity.key, .epoch = m->update.log.epoch};
    memcpy(id.device, s->identity.device, sizeof id.device);
    return members_log_add(n, s->member, &id, s->identity.role);
}

/* How long ago it was written: what is behind the log's end when the session opened is live; for
 * the backlog the author's own clock tells, between its record and its hello. */
static uint64_t record_age_ms(const struct node *n, const struct session *s, const struct log *l,
                              const struct record *r)
{
    if (r->seq > l->author_last)
        return 0;
    uint64_t before = s->author_time_ms > r->ts ? s->author_time_ms - r->ts : 0;
    return before + (n->now_ms - s->up_ms);
}

/* How many of the records are taken: all, up to one that must not be there. */
static size_t take_records(struct node *n, struct session *s, struct log *l,
                           const struct record *records, size_t count)
{
    struct member *m = s->member;
    for (size_t i = 0; i < count; i++) {
        const struct record *r = &records[i];
        const char *fault = intake_fault(n, &l->id, l->role, r);
        if (fault != NULL) {
            node_counted(n, NODE_RECORDS_DENIED);
            peer_refuse(n, s, fault);
            return i;
        }
        if (!intake_record(n, m, l, r, record_age_ms(n, s, l, r)))
            return i;
    }
    return count;
}

/* Once held and gone to make room: its author, which can't know, goes on to its later logs. */
static void pass_forgotten(struct node *n, struct session *s, const struct message *m)
{
    if (m->update.log.epoch > s->member->forgotten)
        return;
    struct message ack = {.kind = MESSAGE_ACK,
                          .ack = {.log = {.epoch = m->update.log.epoch},
                                  .held = m->update.records[m->update.count - 1].seq}};
    session_send(n, s, &ack);
}

/* The author has pruned what lies between: its log goes on here at a checkpoint. */
static bool begin_later(struct node *n, struct log *l, const struct message *m)
{
    const struct record *first = &m->update.records[0];
    if (!m->update.based || n->store_failed || first->part != 1 || first->seq <= l->last + 1)
        return false;
    intake_begin_later(n, l, first->seq, &m->update.base);
    return true;
}

/* An author stops at LIMIT_FLIGHT, or twice that when it came back meanwhile. */
static bool floods(const struct session *s)
{
    uint64_t unstored = 0;
    for (const struct log *l = s->member->logs; l != NULL; l = l->next)
        unstored += l->last - (l->stored + 1 < l->first ? l->first - 1 : l->stored);
    return unstored > LIMIT_PENDING;
}

void sync_update(struct node *n, struct session *s, const struct message *m)
{
    if (m->update.log.device.size > 0) {
        if (!doubt_update(n, s, m))
            carry_update(n, s, m);
        return;
    }
    if (fork_known(n, &s->identity.key)) {
        n->counters[NODE_RECORDS_DENIED] += m->update.count;
        return;
    }
    struct log *l = update_log(n, s, m);
    if (l == NULL) {
        node_counted(n, NODE_MESSAGES_UNKNOWN);
        pass_forgotten(n, s, m);
        return;
    }
    if (l->forked) {
        node_counted(n, NODE_RECORDS_DENIED);
        return;
    }
    if (floods(s)) {
        peer_refuse(n, s, "it does not wait for our disk");
        return;
    }
    const struct record *r = m->update.records;
    size_t skip = 0;
    while (skip < m->update.count && r[skip].seq <= l->last)
        skip++;
    n->counters[NODE_RECORDS_DOUBLE] += skip;
    if (skip > 0) /* it does not know how far we are */
        l->ack_sent = l->held_sent = 0;
    if (skip == m->update.count) {
        sync_acknowledge(n, l);
        return;
    }
    uint64_t next = n->store_failed ? r[skip].seq : l->last + 1;
    if (r[skip].seq > next && !begin_later(n, l, m)) {
        if (!l->resync)
            peer_refuse(n, s, "a gap in its log");
        return;
    }
    l->resync = n->store_failed;
    size_t taken = take_records(n, s, l, r + skip, m->update.count - skip);
    if (taken > 0)
        intake_store(n, l, intake_join(n, r + skip, taken), taken);
}

static void take_ack(struct session *s, const struct log *l, const struct message *m)
{
    struct cursor *c = serve_cursor(s, l);
    if (c == NULL)
        return;
    if (m->ack.seq > c->acked)
        c->acked = m->ack.seq;
    if (m->ack.held > c->held)
        c->held = m->ack.held;
}

void sync_ack(struct node *n, struct session *s, const struct message *m)
{
    /* In an ack the log that is left out is ours. */
    const struct message_log *named = &m->ack.log;
    bool ours = named->device.size == 0 || is_ours(n, named->device, &named->key);
    struct log *l = ours ? members_log(&n->own, &n->self.key, named->epoch)
                         : sync_log_of(n, s, named);
    if (l == NULL || m->ack.seq > l->last || m->ack.held > l->last)
        return;
    take_ack(s, l, m);
    if (!ours)
        return;
    want_acknowledged(n, s->identity.device, l, m->ack.seq);
    if (m->ack.seq <= l->acked)
        return;
    l->acked = m->ack.seq;
    struct fact *fact = node_fact(n, FACT_ACKED, span_of(n->self.device));
    if (fact == NULL)
        return;
    fact->epoch = l->id.epoch;
    fact->seq = l->acked;
}

void sync_acknowledge(struct node *n, struct log *l)
{
    if (l->own)
        return;
    const struct member *m = members_find(n, span_of(l->id.device));
    struct session *s = m == NULL ? NULL : m->session;
    if (s == NULL || !s->have_done || !ident_key_equal(&s->identity.key, &l->id.key))
        return;
    uint64_t acked = l->stored < l->stored_seal.seq ? l->stored : l->stored_seal.seq;
    if (acked <= l->ack_sent && l->stored < l->held_sent + HELD_EVERY)
        return;
    l->ack_sent = acked;
    l->held_sent = l->stored;
    struct message ack = {.kind = MESSAGE_ACK,
                          .ack = {.log = {.epoch = l->id.epoch}, .seq = acked, .held = l->stored}};
    session_send(n, s, &ack);
}
