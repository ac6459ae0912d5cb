/* A store as the seam promises one. An order is copied into the list of orders; when no commit is
 * under way at the end of a step, one begins that takes all that are there, and is done a while
 * later: the orders are applied, STORED is on its way. A crash applies the first few, for it may
 * have come at any point between the disk and the report. A commit on a full disk drops everything
 * that was ordered and reports once. */
#include "disk.h"

#include "disk_note.h"
#include "disk_prune.h"
#include "world.h"

#include <stdlib.h>

struct disk_order {
    enum effect_kind kind;
    uint64_t ticket;
    struct log_id id;
    enum role role;
    bool closed;
    uint64_t first, last, seq;
    struct span *records;
    struct chain_hash hash, base;
    struct event_mark mark;
    uint8_t signature[LIMIT_SIGNATURE];
    size_t signature_size;
    struct span bytes;
    char topic[LIMIT_TOPIC + 1];
    struct disk_peer peer;
    struct disk_seen seen;
    struct disk_fork fork;
};

static void *grown(void *list, size_t count, size_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return list;
    *capacity = *capacity ? 2 * *capacity : 16;
    list = realloc(list, *capacity * bytes);
    check(list);
    return list;
}

static void orders_drop(struct disk *d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(d->orders[i].records);
        free(d->orders[i].fork.bytes);
    }
    d->order_count -= count;
    if (d->order_count > 0)
        memmove(d->orders, d->orders + count, d->order_count * sizeof *d->orders);
}

static void log_free(struct disk_log *l)
{
    free(l->records);
    free(l->seals);
    free(l->marks);
}

static void content_free(struct disk *d)
{
    for (size_t i = 0; i < d->log_count; i++)
        log_free(&d->logs[i]);
    disk_index_fini(&d->logs_by);
    disk_index_fini(&d->topics_by);
    disk_index_fini(&d->seen_by);
    free(d->logs);
    free(d->topics);
    free(d->peers);
    disk_note_free(d);
    d->logs = NULL;
    d->topics = NULL;
    d->peers = NULL;
    d->log_count = d->topic_count = d->peer_count = 0;
}

void disk_fini(struct disk *d)
{
    orders_drop(d, d->order_count);
    free(d->orders);
    content_free(d);
    *d = (struct disk){0};
}

static void *copied(const void *list, size_t bytes)
{
    if (bytes == 0)
        return NULL;
    void *copy = malloc(bytes);
    check(copy);
    return memcpy(copy, list, bytes);
}

static uint64_t hash_of(const struct log_id *id)
{
    return disk_index_hash(span_of(id->device), id->epoch);
}

static void index_logs(struct disk *d)
{
    disk_index_fini(&d->logs_by);
    for (size_t i = 0; i < d->log_count; i++)
        disk_index_add(&d->logs_by, hash_of(&d->logs[i].id), i);
}

void disk_copy(struct disk *to, const struct disk *from)
{
    content_free(to);
    to->topic_count = from->topic_count;
    to->peer_count = from->peer_count;
    to->seen_count = from->seen_count;
    to->epoch_counter = from->epoch_counter;
    to->logs = copied(from->logs, from->log_count * sizeof *from->logs);
    to->topics = copied(from->topics, from->topic_count * sizeof *from->topics);
    to->peers = copied(from->peers, from->peer_count * sizeof *from->peers);
    to->seen = copied(from->seen, from->seen_count * sizeof *from->seen);
    disk_note_copy_forks(to, from);
    for (size_t i = 0; i < from->log_count; i++) {
        if (!from->logs[i].durable)
            continue;
        struct disk_log *l = &to->logs[to->log_count++];
        *l = from->logs[i];
        l->queued = l->last;
        l->records = copied(l->records, l->capacity * sizeof *l->records);
        l->seals = copied(l->seals, l->seal_count * sizeof *l->seals);
        l->marks = copied(l->marks, l->mark_count * sizeof *l->marks);
    }
    index_logs(to);
    for (size_t i = 0; i < to->topic_count; i++)
        disk_index_add(&to->topics_by, disk_index_hash(span_of(to->topics[i].topic), 0), i);
    for (size_t i = 0; i < to->seen_count; i++)
        disk_index_add(&to->seen_by, disk_index_hash(span_of(to->seen[i].device), 0), i);
}

static struct disk_log *log_any(const struct disk *d, const struct log_id *id)
{
    uint64_t hash = hash_of(id);
    size_t probe = 0, i;
    while (disk_index_next(&d->logs_by, hash, &probe, &i))
        if (ident_log_equal(&d->logs[i].id, id))
            return &d->logs[i];
    return NULL;
}

struct disk_log *disk_log(const struct disk *d, const struct log_id *id)
{
    struct disk_log *l = log_any(d, id);
    return l && l->durable ? l : NULL;
}

struct span disk_record(const struct disk *d, const struct log_id *id, uint64_t seq)
{
    struct disk_log *l = disk_log(d, id);
    if (!l || seq < l->first || seq > l->last)
        return (struct span){0};
    return l->records[seq - l->first];
}

/* Orders. */

static struct disk_log *log_ordered(struct disk *d, const struct log_id *id)
{
    struct disk_log *l = log_any(d, id);
    if (l)
        return l;
    d->logs = realloc(d->logs, (d->log_count + 1) * sizeof *d->logs);
    check(d->logs);
    disk_index_add(&d->logs_by, hash_of(id), d->log_count);
    l = &d->logs[d->log_count++];
    *l = (struct disk_log){.id = *id, .first = 1};
    return l;
}

static bool order_store(struct world *w, struct host *h, const struct effect *e,
                        struct disk_order *o)
{
    struct disk_log *l = log_ordered(&h->disk, &e->store.id);
    if (e->store.first != l->queued + 1 || e->store.count == 0) {
        world_fail(w, "%s stores %zu records from %llu on, behind %llu", h->self.device,
                   e->store.count, (unsigned long long)e->store.first,
                   (unsigned long long)l->queued);
        return false;
    }
    o->id = e->store.id;
    o->role = e->store.role;
    o->first = e->store.first;
    o->last = e->store.first + e->store.count - 1;
    o->mark = e->store.mark;
    o->records = calloc(e->store.count, sizeof *o->records);
    check(o->records);
    l->queued = o->last;
    return judge_store(w, h, e, o->records);
}

static bool order_log(struct world *w, struct host *h, const struct effect *e, struct disk_order *o)
{
    struct disk_log *l = log_ordered(&h->disk, &e->store_log.id);
    bool gap = e->store_log.first == e->store_log.last + 1;
    if (e->store_log.last > l->queued && !gap) {
        world_fail(w, "%s names a log up to %llu and has stored only %llu of it", h->self.device,
                   (unsigned long long)e->store_log.last, (unsigned long long)l->queued);
        return false;
    }
    l->queued = e->store_log.last;
    o->id = e->store_log.id;
    o->role = e->store_log.role;
    o->first = e->store_log.first;
    o->last = e->store_log.last;
    o->closed = e->store_log.closed;
    o->base = e->store_log.base;
    return true;
}

static bool order_seal(struct world *w, struct host *h, const struct effect *e,
                       struct disk_order *o)
{
    struct disk_log *l = log_any(&h->disk, &e->store_seal.id);
    if (!l || e->store_seal.seq > l->queued) {
        world_fail(w, "%s stores a seal over records that it did not store", h->self.device);
        return false;
    }
    o->id = e->store_seal.id;
    o->seq = e->store_seal.seq;
    o->hash = e->store_seal.hash;
    o->signature_size = e->store_seal.signature_size;
    memcpy(o->signature, e->store_seal.signature, sizeof o->signature);
    return true;
}

static bool order_topic(struct world *w, struct host *h, const struct effect *e,
                        struct disk_order *o)
{
    check(e->store_topic.topic.size <= LIMIT_TOPIC);
    memcpy(o->topic, e->store_topic.topic.bytes, e->store_topic.topic.size);
    o->id = e->store_topic.id;
    o->seq = e->store_topic.seq;
    o->bytes = judge_topic(w, &o->id, o->seq, e->store_topic.bytes);
    if (o->bytes.size > 0)
        return true;
    world_fail(w, "%s stores for topic %s what nobody wrote", h->self.device, o->topic);
    return false;
}

static bool order_take(struct world *w, struct host *h, const struct effect *e,
                       struct disk_order *o)
{
    switch (e->kind) {
    case EFFECT_STORE:
        return order_store(w, h, e, o);
    case EFFECT_STORE_SEAL:
        return order_seal(w, h, e, o);
    case EFFECT_STORE_TOPIC:
        return order_topic(w, h, e, o);
    case EFFECT_STORE_LOG:
        return order_log(w, h, e, o);
    case EFFECT_STORE_SEEN:
        disk_note_take_seen(&o->seen, &e->store_seen);
        return true;
    case EFFECT_STORE_FORK:
        disk_note_take_fork(&o->fork, &e->store_fork);
        return true;
    default:
        ident_name_copy(o->peer.device, e->store_peer.device);
        o->peer.address = e->store_peer.address;
        return true;
    }
}

void disk_effect(struct world *w, struct host *h, const struct effect *e)
{
    struct disk *d = &h->disk;
    if (e->kind == EFFECT_STORE_RETRY) {
        if (e->ticket != 0)
            d->ticket = e->ticket;
        world_push(w, world_between(w, d->latency_min_us, d->latency_max_us),
                   (struct moment){.kind = MOMENT_RETRY, .host = h->index, .life = h->life});
        return;
    }
    if (e->ticket != d->ticket + 1) {
        world_fail(w, "%s gives ticket %llu behind %llu", h->self.device,
                   (unsigned long long)e->ticket, (unsigned long long)d->ticket);
        return;
    }
    d->ticket = e->ticket;
    if (d->failed)
        return;
    d->orders = grown(d->orders, d->order_count, &d->order_capacity, sizeof *d->orders);
    struct disk_order *o = &d->orders[d->order_count++];
    *o = (struct disk_order){.kind = e->kind, .ticket = e->ticket};
    (void)order_take(w, h, e, o);
}

/* Applying. */

static void apply_records(struct disk_log *l, const struct disk_order *o)
{
    size_t count = (size_t)(o->last - l->first + 1);
    l->durable = true;
    l->role = o->role;
    if (count > l->capacity) {
        l->capacity = 2 * count;
        l->records = realloc(l->records, l->capacity * sizeof *l->records);
        check(l->records);
    }
    memcpy(l->records + (o->first - l->first), o->records,
           (size_t)(o->last - o->first + 1) * sizeof *l->records);
    l->last = o->last;
    if (o->mark.first > 0)
        disk_prune_mark(l, &o->mark);
}

static void apply_log(struct world *w, struct host *h, struct disk_log *l,
                      const struct disk_order *o)
{
    l->durable = true;
    l->role = o->role;
    l->closed = o->closed;
    if (o->first > l->first)
        disk_prune_begin(w, h, l, o->first, &o->base);
    l->last = o->last;
    disk_prune_cut(l);
    if (o->last < l->acked || o->last < disk_sealed(l))
        world_fail(w, "%s cuts a log back to %llu; sealed %llu, acknowledged %llu", h->self.device,
                   (unsigned long long)o->last, (unsigned long long)disk_sealed(l),
                   (unsigned long long)l->acked);
}

static void apply_seal(struct world *w, struct host *h, struct disk_log *l,
                       const struct disk_order *o)
{
    if (o->seq > l->last || o->seq <= disk_sealed(l))
        world_fail(w, "%s seals %llu of a log with %llu records, sealed up to %llu", h->self.device,
                   (unsigned long long)o->seq, (unsigned long long)l->last,
                   (unsigned long long)disk_sealed(l));
    l->seals = realloc(l->seals, (l->seal_count + 1) * sizeof *l->seals);
    check(l->seals);
    struct disk_seal *seal = &l->seals[l->seal_count++];
    *seal = (struct disk_seal){o->seq, o->hash, {0}, o->signature_size};
    memcpy(seal->signature, o->signature, sizeof seal->signature);
}

static void apply_topic(struct disk *d, const struct disk_order *o)
{
    uint64_t hash = disk_index_hash(span_of(o->topic), 0);
    size_t probe = 0, i = d->topic_count;
    while (disk_index_next(&d->topics_by, hash, &probe, &i) &&
           strcmp(d->topics[i].topic, o->topic) != 0)
        i = d->topic_count;
    if (i == d->topic_count) {
        disk_index_add(&d->topics_by, hash, i);
        d->topics = realloc(d->topics, ++d->topic_count * sizeof *d->topics);
        check(d->topics);
    }
    struct disk_topic *t = &d->topics[i];
    *t = (struct disk_topic){.id = o->id, .seq = o->seq, .bytes = o->bytes};
    memcpy(t->topic, o->topic, sizeof t->topic);
}

/* At most LIMIT_ADDRESSES a device: the one known longest goes. */
static void apply_peer(struct disk *d, const struct disk_peer *peer)
{
    size_t same = 0, oldest = d->peer_count;
    for (size_t i = 0; i < d->peer_count; i++) {
        if (strcmp(d->peers[i].device, peer->device) != 0)
            continue;
        bool known = ident_address_equal(d->peers[i].address, peer->address);
        if (same++ == 0 || known)
            oldest = i;
        if (known)
            same = LIMIT_ADDRESSES;
    }
    if (same >= LIMIT_ADDRESSES) {
        d->peer_count--;
        memmove(d->peers + oldest, d->peers + oldest + 1,
                (d->peer_count - oldest) * sizeof *d->peers);
    }
    d->peers = realloc(d->peers, ++d->peer_count * sizeof *d->peers);
    check(d->peers);
    d->peers[d->peer_count - 1] = *peer;
}

static void apply(struct world *w, struct host *h, struct disk_order *o)
{
    struct disk *d = &h->disk;
    struct disk_log *l = log_any(d, &o->id);
    switch (o->kind) {
    case EFFECT_STORE:
        apply_records(l, o);
        break;
    case EFFECT_STORE_SEAL:
        apply_seal(w, h, l, o);
        break;
    case EFFECT_STORE_TOPIC:
        apply_topic(d, o);
        break;
    case EFFECT_STORE_LOG:
        apply_log(w, h, l, o);
        break;
    case EFFECT_STORE_SEEN:
        disk_note_apply_seen(d, &o->seen);
        break;
    case EFFECT_STORE_FORK:
        disk_note_apply_fork(d, &o->fork);
        break;
    default:
        apply_peer(d, &o->peer);
        break;
    }
}

/* What is left of the orders is gone. */
static void orders_lose(struct world *w, struct host *h)
{
    struct disk *d = &h->disk;
    w->tally[TALLY_COMMITS_LOST] += d->order_count;
    orders_drop(d, d->order_count);
    d->committing = 0;
    size_t kept = 0;
    for (size_t i = 0; i < d->log_count; i++) {
        if (d->logs[i].durable) {
            d->logs[kept] = d->logs[i];
            d->logs[kept].queued = d->logs[kept].last;
            kept++;
        } else {
            log_free(&d->logs[i]);
        }
    }
    d->log_count = kept;
    index_logs(d);
    judge_forget_states(h, false);
}

void disk_flush(struct world *w, struct host *h)
{
    struct disk *d = &h->disk;
    if (d->committing > 0 || d->order_count == 0)
        return;
    d->committing = d->order_count;
    world_push(w, world_between(w, d->latency_min_us, d->latency_max_us),
               (struct moment){.kind = MOMENT_COMMIT, .host = h->index, .life = h->life});
}

void disk_on_commit(struct world *w, const struct moment *m)
{
    struct host *h = &w->hosts[m->host];
    struct disk *d = &h->disk;
    if (m->life != h->life || !h->running)
        return;
    if (d->full) {
        d->failed = true;
        orders_lose(w, h);
        host_step(w, h, &(struct event){.kind = EVENT_STORE_FAILED});
        return;
    }
    size_t count = d->committing;
    struct event stored = {.kind = EVENT_STORED, .stored.ticket = d->orders[count - 1].ticket};
    for (size_t i = 0; i < count; i++)
        apply(w, h, &d->orders[i]);
    if (h->options.retain_bytes > 0)
        stored.stored.used_bytes = disk_prune_used(d);
    orders_drop(d, count);
    d->committing = 0;
    w->tally[TALLY_COMMITS]++;
    host_step(w, h, &stored);
}

void disk_on_retry(struct world *w, const struct moment *m)
{
    struct host *h = &w->hosts[m->host];
    if (m->life != h->life || !h->running)
        return;
    h->disk.failed = h->disk.full;
    host_step(w, h, &(struct event){.kind = h->disk.full ? EVENT_STORE_FAILED : EVENT_STORE_READY});
}

void disk_crash(struct world *w, struct host *h)
{
    struct disk *d = &h->disk;
    size_t kept = d->full ? 0 : (size_t)world_between(w, 0, d->order_count);
    for (size_t i = 0; i < kept; i++)
        apply(w, h, &d->orders[i]);
    orders_drop(d, kept);
    orders_lose(w, h);
    d->failed = false;
    d->ticket = 0;
}

void disk_close(struct world *w, struct host *h)
{
    struct disk *d = &h->disk;
    for (size_t i = 0; i < d->order_count && !d->full; i++)
        apply(w, h, &d->orders[i]);
    orders_drop(d, d->full ? 0 : d->order_count);
    orders_lose(w, h);
    d->failed = false;
    d->ticket = 0;
}

uint64_t disk_epoch(struct world *w, struct disk *d, uint64_t above)
{
    uint64_t counter = d->epoch_counter > above >> 20 ? d->epoch_counter : above >> 20;
    d->epoch_counter = counter + 1;
    return d->epoch_counter << 20 | rng_below(&w->rng, 1 << 20);
}

/* Reading. */

/* The record, also when it is ordered and not yet durable. */
static struct span record_any(const struct disk *d, const struct log_id *id, uint64_t seq)
{
    for (size_t i = d->order_count; i-- > 0;) {
        const struct disk_order *o = &d->orders[i];
        if (!ident_log_equal(&o->id, id))
            continue;
        if (o->kind == EFFECT_STORE_LOG && seq > o->last)
            return (struct span){0};
        if (o->kind == EFFECT_STORE && seq >= o->first && seq <= o->last)
            return o->records[seq - o->first];
    }
    return disk_record(d, id, seq);
}

uint64_t disk_sealed(const struct disk_log *l)
{
    return l->seal_count > 0 ? l->seals[l->seal_count - 1].seq : 0;
}

const struct disk_seal *disk_seal(const struct disk *d, const struct log_id *id, uint64_t first)
{
    const struct disk_log *l = disk_log(d, id);
    for (size_t i = 0; l && i < l->seal_count; i++)
        if (l->seals[i].seq >= first)
            return &l->seals[i];
    return NULL;
}

size_t disk_fetch(const struct disk *d, const struct log_id *id, uint64_t first, uint64_t last,
                  size_t bytes_max, char *out, size_t *size)
{
    size_t count = 0;
    *size = 0;
    for (;; count++) {
        struct span record = record_any(d, id, first + count);
        if (!record.bytes || first + count > last ||
            (count > 0 && *size + 1 + record.size > bytes_max))
            return count;
        if (count > 0)
            out[(*size)++] = ',';
        memcpy(out + *size, record.bytes, record.size);
        *size += record.size;
    }
}
