#include "core/sync.h"

#include "core/author.h"
#include "core/command.h"
#include "core/decide.h"
#include "core/drive.h"
#include "core/members.h"
#include "core/peer.h"
#include "core/seal.h"
#include "core/session.h"
#include "core/want.h"

#include <stdlib.h>

/* The happy path: both send `have` behind their hello; from the other's list each sets a cursor in
 * each of its own logs and sends what is lacking, oldest epoch first; records are taken in, used
 * and ordered to be stored in one step; when the disk and the seal have caught up, an
 * acknowledgement goes back.
 *
 * A cursor sends from the log's window; behind it, FETCH brings a run from the store. It pauses
 * while the socket owes LIMIT_UNSENT or LIMIT_FLIGHT records are not yet on the other's disk. */

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

static struct cursor *find_cursor(const struct session *s, const struct log *l)
{
    for (size_t i = 0; i < s->cursor_count; i++)
        if (s->cursors[i].log == l)
            return &s->cursors[i];
    return NULL;
}

/* Kept in the order of epochs, so that what is older arrives first. */
static struct cursor *add_cursor(struct node *n, struct session *s, struct log *l)
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
    for (; at > 0 && s->cursors[at - 1].log->id.epoch > l->id.epoch; at--)
        s->cursors[at] = s->cursors[at - 1];
    s->cursors[at] = (struct cursor){.log = l, .next = l->first};
    return &s->cursors[at];
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
    struct cursor *c = find_cursor(s, l);
    if (c == NULL)
        c = add_cursor(n, s, l);
    if (c == NULL)
        return;
    uint64_t last = e->last < l->last ? e->last : l->last;
    c->next = last + 1 > l->first ? last + 1 : l->first;
    c->held = last;
    c->seal_sent = e->sealed;
    c->seal.seq = 0;
    s->fetching = false;
}

/* The author says how long its own log is: what lies behind the end of a closed one was lost with
 * its disk, unless it was sealed. */
static void take_author_entry(struct node *n, struct session *s, const struct message_entry *e)
{
    struct log_id id = {.key = e->log.key, .epoch = e->log.epoch};
    ident_name_copy(id.device, e->log.device);
    struct member *m = members_add(n, e->log.device);
    if (m == NULL)
        return;
    if (!e->closed && id.epoch > s->epoch) /* it goes on in a new life: no need for a new session */
        s->epoch = id.epoch;
    if (id.epoch > m->epoch)
        m->epoch = id.epoch;
    struct log *l = members_log(m, &id.key, id.epoch);
    if (l == NULL && e->last > 0)
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
    if (cut) {
        n->counters[NODE_RECORDS_DROPPED] += dropped;
        if (l->seen > l->last)
            l->seen = l->last;
    }
    l->closed = l->last >= e->last && l->last <= end;
    if (cut || l->closed != was_closed)
        node_store_log(n, l);
}

static bool wants_ours(const struct node *n, const struct session *s)
{
    return s->wants[n->self.role];
}

static bool cursor_done(const struct node *n, const struct cursor *c)
{
    return c->log != n->log && c->next > c->log->last && c->log->seal.seq >= c->log->last &&
           c->seal_sent >= c->log->last;
}

static void drop_done_cursors(struct node *n, struct session *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->cursor_count; i++)
        if (!cursor_done(n, &s->cursors[i]))
            s->cursors[kept++] = s->cursors[i];
    s->cursor_count = kept;
}

void sync_have(struct node *n, struct session *s, const struct message *m)
{
    for (size_t i = 0; i < m->have.count; i++) {
        const struct message_entry *e = &m->have.entries[i];
        if (is_ours(n, e->log.device, &e->log.key))
            take_own_entry(n, s, e);
        else if (is_theirs(s, e->log.device, &e->log.key))
            take_author_entry(n, s, e);
    }
    if (m->have.more)
        return;
    for (struct log *l = n->own.logs; l != NULL && !s->have_done; l = l->next)
        if ((l->last > 0 || l == n->log) && find_cursor(s, l) == NULL)
            add_cursor(n, s, l);
    drop_done_cursors(n, s);
    s->have_done = true;
    for (struct log *l = s->member->logs; l != NULL; l = l->next)
        if (!l->closed)
            sync_acknowledge(n, l);
}

void sync_follow(struct node *n)
{
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *s = n->sessions[i];
        if (s->state == PEER_OPEN && s->have_done && find_cursor(s, n->log) == NULL)
            add_cursor(n, s, n->log);
    }
}

/* The log that an update continues; made when it is new. */
static struct log *update_log(struct node *n, struct session *s, const struct message *m)
{
    if (m->update.log.device.size > 0)
        return NULL;
    struct log *l = members_log(s->member, &s->identity.key, m->update.log.epoch);
    if (l != NULL)
        return l;
    struct log_id id = {.key = s->identity.key, .epoch = m->update.log.epoch};
    memcpy(id.device, s->identity.device, sizeof id.device);
    return members_log_add(n, s->member, &id, s->identity.role);
}

/* Why this record must not stand in that log, or NULL. */
static const char *record_fault(const struct log *l, const struct record *r)
{
    if (!span_is(r->device, l->id.device))
        return "a record names another author than its log";
    if (r->ts > LIMIT_STAMP_MAX_MS)
        return "a record is stamped after the year 2200";
    char topic[LIMIT_TOPIC + 1];
    size_t size = state_topic(r, topic);
    if (!access_may(l->role, access_of(r->device, (struct span){topic, size})))
        return "a record beyond its author's role";
    return NULL;
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

static void show(struct node *n, const struct session *s, struct log *l, const struct record *r)
{
    bool reading = l->role == ROLE_SENSOR;
    struct fact *fact = node_fact(n, reading ? FACT_READING : FACT_UPDATE, r->device);
    if (fact != NULL)
        fact->record = r;
    node_counted(n, NODE_RECORDS_HEARD);
    want_heard(n, r);
    if (r->answers.size > 0)
        command_heard(n, r);
    if (r->plain || r->topic.size > 0)
        return;
    struct reading input = {.type = r->type,
                            .value = r->value,
                            .unit = r->unit,
                            .source_ts_ms = r->source_ts};
    decide_reading(n, r->device, &input, record_age_ms(n, s, l, r), RULE_PROVEN,
                   reading ? DECIDE_READING : DECIDE_STATE);
}

/* What somebody wants is kept by its stamp, and ours go beyond it from now on. */
static void take_wanted(struct node *n, const struct log_id *id, const struct record *r,
                        uint64_t age_ms)
{
    stamp_merge(&n->clock, (struct stamp){r->ts, r->tick});
    if (!state_holds(&n->state, id, r))
        return;
    n->unsettled = true;
    drive_wanted(n, id, r, age_ms);
}

static bool take_record(struct node *n, struct session *s, struct log *l, const struct record *r)
{
    const char *fault = record_fault(l, r);
    if (fault != NULL) {
        node_counted(n, NODE_RECORDS_DENIED);
        peer_refuse(n, s, fault);
        return false;
    }
    bool is_new = r->seq > l->seen;
    if (!n->store_failed) {
        if (log_extend(l, r->bytes, n->hash) != ERR_OK) {
            n->fx->out_of_memory = true;
            return false;
        }
        enum err err = members_apply(n, s->member, &l->id, r);
        if (err == ERR_MEMORY)
            n->fx->out_of_memory = true;
        if (r->topic.size > 0)
            take_wanted(n, &l->id, r, record_age_ms(n, s, l, r));
    }
    if (!is_new)
        return true;
    l->seen = r->seq;
    show(n, s, l, r);
    return true;
}

/* The texts as they came, if the sender put one comma between them as we do; else joined anew. */
static struct span join(struct node *n, const struct record *records, size_t count)
{
    size_t size = count - 1;
    bool joined = true;
    for (size_t i = 0; i < count; i++) {
        size += records[i].bytes.size;
        joined = joined && (i == 0 || records[i].bytes.bytes == records[i - 1].bytes.bytes +
                                                                    records[i - 1].bytes.size + 1);
    }
    if (joined)
        return (struct span){records[0].bytes.bytes, size};
    char *memory = event_effects_alloc(n->fx, size + 1);
    if (memory == NULL)
        return (struct span){0};
    struct buf b;
    buf_init(&b, memory, size + 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&b, ',');
        buf_span(&b, records[i].bytes);
    }
    return buf_view(&b);
}

static void order_records(struct node *n, struct log *l, const struct record *records, size_t count)
{
    if (count == 0 || n->store_failed)
        return;
    struct effect *effect = node_store_effect(n, EFFECT_STORE, l, l->last);
    if (effect == NULL)
        return;
    effect->store.id = l->id;
    effect->store.role = l->role;
    effect->store.first = l->last + 1 - count;
    effect->store.count = count;
    effect->store.bytes = join(n, records, count);
    effect->store.hash_after = l->head;
    l->asked = l->last;
    l->on_disk = true;
    seal_store(n, l); /* one that came before a store that failed */
}

/* Once held and gone to make room: its author, which can't know, goes on to its later logs. */
static void pass_forgotten(struct node *n, struct session *s, const struct message *m)
{
    if (m->update.log.device.size > 0 || m->update.log.epoch > s->member->forgotten)
        return;
    struct message ack = {.kind = MESSAGE_ACK,
                          .ack = {.log = {.epoch = m->update.log.epoch},
                                  .held = m->update.records[m->update.count - 1].seq}};
    session_send(n, s, &ack);
}

/* An author stops at LIMIT_FLIGHT, or twice that when it came back meanwhile. */
static bool floods(const struct session *s)
{
    uint64_t unstored = 0;
    for (const struct log *l = s->member->logs; l != NULL; l = l->next)
        unstored += l->last - l->stored;
    return unstored > LIMIT_PENDING;
}

void sync_update(struct node *n, struct session *s, const struct message *m)
{
    struct log *l = update_log(n, s, m);
    if (l == NULL) {
        node_counted(n, NODE_MESSAGES_UNKNOWN);
        pass_forgotten(n, s, m);
        return;
    }
    if (floods(s)) {
        peer_refuse(n, s, "it does not wait for our disk");
        return;
    }
    const struct record *r = m->update.records;
    size_t skip = 0, taken = 0;
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
    if (r[skip].seq > next) {
        if (!l->resync)
            peer_refuse(n, s, "a gap in its log");
        return;
    }
    l->resync = n->store_failed;
    bool going = true;
    while (going && skip + taken < m->update.count) {
        going = take_record(n, s, l, &r[skip + taken]);
        if (going)
            taken++;
    }
    order_records(n, l, r + skip, taken);
}

void sync_ack(struct node *n, struct session *s, const struct message *m)
{
    /* In an ack the log that is left out is ours. */
    const struct message_log *named = &m->ack.log;
    if (named->device.size > 0 && !is_ours(n, named->device, &named->key))
        return;
    struct log *l = members_log(&n->own, &n->self.key, named->epoch);
    if (l == NULL || m->ack.seq > l->last || m->ack.held > l->last)
        return;
    struct cursor *c = find_cursor(s, l);
    if (c != NULL) {
        if (m->ack.seq > c->acked)
            c->acked = m->ack.seq;
        if (m->ack.held > c->held)
            c->held = m->ack.held;
    }
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

static void send_run(struct node *n, struct session *s, struct cursor *c, struct span bytes,
                     size_t count)
{
    struct message update = {.kind = MESSAGE_STATE_UPDATE,
                             .update = {.log = {.epoch = c->log->id.epoch},
                                        .bytes = bytes,
                                        .count = count}};
    session_send(n, s, &update);
    c->next += count;
}

static void send_due_seal(struct node *n, struct session *s, struct cursor *c)
{
    if (c->seal.seq == 0 && c->log->seal.seq > c->seal_sent)
        c->seal = c->log->seal;
    if (c->seal.seq == 0 || c->next <= c->seal.seq)
        return;
    struct message seal = {.kind = MESSAGE_SEAL,
                           .seal = {.log = {.epoch = c->log->id.epoch},
                                    .seq = c->seal.seq,
                                    .signature_size = c->seal.signature_size}};
    memcpy(seal.seal.signature, c->seal.signature, c->seal.signature_size);
    session_send(n, s, &seal);
    c->seal_sent = c->seal.seq;
    c->seal.seq = 0;
}

static void fetch(struct node *n, struct session *s, const struct cursor *c)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_FETCH);
    effect->fetch.link = s->link;
    effect->fetch.id = c->log->id;
    effect->fetch.first = c->next;
    effect->fetch.bytes_max = LIMIT_BATCH_BYTES;
    s->fetching = true;
    node_counted(n, NODE_FETCHES);
}

/* True when this log is sent as far as it goes, so that the next one may follow. */
static bool pump_cursor(struct node *n, struct session *s, struct cursor *c)
{
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
    if (s->state != PEER_OPEN || !s->have_done || !wants_ours(n, s))
        return;
    bool done = false;
    for (size_t i = 0; i < s->cursor_count; i++) {
        if (!pump_cursor(n, s, &s->cursors[i]))
            break;
        done = done || cursor_done(n, &s->cursors[i]);
    }
    if (done)
        drop_done_cursors(n, s);
}

void sync_pump(struct node *n)
{
    for (size_t i = 0; i < n->session_count; i++)
        pump_session(n, n->sessions[i]);
}

void sync_fetched(struct node *n, const struct event *e)
{
    struct session *s = session_find(n, e->fetched.link);
    if (s == NULL || !s->fetching)
        return;
    struct log *l = members_log(&n->own, &e->fetched.id.key, e->fetched.id.epoch);
    struct cursor *c = l == NULL ? NULL : find_cursor(s, l);
    if (c == NULL || c->next != e->fetched.first)
        return;
    s->fetching = false;
    if (e->fetched.count > 0) {
        send_run(n, s, c, e->fetched.bytes, e->fetched.count);
        return;
    }
    /* Our own disk lost it: what follows can't be sent without a gap, so this log is served no
     * further. */
    c->next = l->last + 1;
    c->seal_sent = l->last;
}

bool sync_drained(const struct node *n)
{
    for (size_t i = 0; i < n->session_count; i++) {
        const struct session *s = n->sessions[i];
        if (s->state != PEER_OPEN || !wants_ours(n, s))
            continue;
        for (size_t k = 0; k < s->cursor_count; k++) {
            const struct cursor *c = &s->cursors[k];
            if (c->next <= c->log->last || c->seal_sent < c->log->last)
                return false;
        }
    }
    return true;
}
