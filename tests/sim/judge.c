/* Every step is held against the whole truth: what authors wrote, record by record, with its chain
 * hash. A record enters when its author orders it to be stored; from then on no other content may
 * stand in its place, nowhere. An acknowledgement is held against the acknowledging disk at once,
 * an action against a new state on the author's disk. When faults have stopped, time counts: to a
 * session for each pair that wants one, to the last seal of what was written before. */
#include "judge.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LOGS_MAX = 1 << 20,
    DIALS_A_SECOND = 3,
    DIALS_US = 950000 /* a second of a clock that is 5 % fast */
};

void judge_init(struct world *w)
{
    struct judge *j = &w->judge;
    size_t pairs = w->host_count * w->host_count;
    table_init(&j->table, LOGS_MAX, w->secret[0]);
    j->sessions = calloc(pairs, sizeof *j->sessions);
    j->since_us = calloc(pairs, sizeof *j->since_us);
    j->dials_us = calloc(pairs * DIALS_A_SECOND, sizeof *j->dials_us);
    check(j->sessions && j->since_us && j->dials_us);
}

void judge_fini(struct world *w)
{
    struct judge *j = &w->judge;
    table_fini(&j->table);
    for (size_t i = 0; i < j->log_count; i++) {
        struct judge_log *l = j->logs[i];
        for (size_t k = 0; k < l->count; k++)
            free((void *)(uintptr_t)l->records[k].bytes.bytes);
        free(l->records);
        free(l->readers);
        free(l);
    }
    for (size_t i = 0; i < j->kept_count; i++)
        free(j->kept[i]);
    free(j->kept);
    free(j->logs);
    free(j->sessions);
    free(j->since_us);
    free(j->dials_us);
}

static unsigned long long ull(uint64_t x)
{
    return x;
}

/* What was written. */

struct judge_log *judge_log(const struct world *w, struct span device, uint64_t epoch)
{
    char name[LIMIT_NAME + 24];
    int size = snprintf(name, sizeof name, "%.*s/%llu", (int)device.size, device.bytes, ull(epoch));
    return table_get(&w->judge.table, (struct span){name, (size_t)size});
}

static struct judge_log *log_of(const struct world *w, const struct log_id *id)
{
    return judge_log(w, span_of(id->device), id->epoch);
}

static struct judge_log *log_begin(struct world *w, struct host *author, const struct log_id *id)
{
    struct judge *j = &w->judge;
    struct judge_log *l = calloc(1, sizeof *l);
    j->logs = realloc(j->logs, (j->log_count + 1) * sizeof *j->logs);
    check(l && j->logs);
    j->logs[j->log_count++] = l;
    *l = (struct judge_log){.id = *id, .host = author->index, .life = author->life};
    l->readers = calloc(w->host_count, sizeof *l->readers);
    check(l->readers);
    int size = snprintf(l->name, sizeof l->name, "%s/%llu", id->device, ull(id->epoch));
    check(table_put(&j->table, (struct span){l->name, (size_t)size}, l) == ERR_OK);
    return l;
}

static void record_add(struct judge_log *l, struct span bytes)
{
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? 2 * l->capacity : 64;
        l->records = realloc(l->records, l->capacity * sizeof *l->records);
        check(l->records);
    }
    char *copy = malloc(bytes.size);
    check(copy);
    memcpy(copy, bytes.bytes, bytes.size);
    static const struct chain_hash zero;
    struct judge_record *r = &l->records[l->count];
    r->bytes = (struct span){copy, bytes.size};
    world_hash(&r->hash, l->count > 0 ? &l->records[l->count - 1].hash : &zero, bytes);
    l->count++;
}

static struct host_property *property_of(struct host *h, struct span name)
{
    struct host_property *p = h->properties;
    while (p < h->properties + h->property_count && !span_is(name, p->name))
        p++;
    if (p == h->properties + HOST_PROPERTIES)
        return NULL;
    if (p == h->properties + h->property_count) {
        ident_name_copy(p->name, name);
        h->property_count++;
    }
    return p;
}

static void state_add(struct host *h, const struct record *r)
{
    struct host_property *p = property_of(h, r->type);
    if (!p)
        return;
    p->states = realloc(p->states, (p->count + 1) * sizeof *p->states);
    check(p->states);
    struct host_state *s = &p->states[p->count++];
    *s = (struct host_state){.epoch = r->epoch, .seq = r->seq};
    struct buf b;
    buf_init(&b, s->value, sizeof s->value - 1);
    trace_text_value(&b, &r->value);
}

void judge_forget_states(struct host *h, bool all)
{
    for (size_t i = 0; i < h->property_count; i++) {
        struct host_property *p = &h->properties[i];
        size_t kept = 0;
        for (size_t k = 0; k < p->count && !all; k++) {
            struct log_id id = {.key = h->self.key, .epoch = p->states[k].epoch};
            memcpy(id.device, h->self.device, sizeof id.device);
            struct disk_log *l = disk_log(&h->disk, &id);
            if (!l || l->last < p->states[k].seq)
                continue;
            p->states[kept++] = p->states[k];
        }
        p->count = kept;
        if (p->acted > kept)
            p->acted = kept;
        if (kept == 0) {
            free(p->states);
            p->states = NULL;
        }
    }
    if (!all)
        return;
    memset(h->properties, 0, sizeof h->properties);
    h->property_count = 0;
}

/* The author's own record, new or as it was. */
static bool record_written(struct world *w, struct host *h, struct judge_log *l,
                           const struct record *r)
{
    if (r->seq <= l->count)
        return span_equal(l->records[r->seq - 1].bytes, r->bytes);
    if (r->seq != l->count + 1 || l->host != h->index || l->life != h->life)
        return false;
    record_add(l, r->bytes);
    w->judge.written_us = w->now_us;
    w->tally[TALLY_RECORDS]++;
    if (h->self.role == ROLE_ACTUATOR && r->topic.size == 0 && r->kept.size == 0)
        state_add(h, r);
    return true;
}

static bool role_allows(enum role role, const struct record *r)
{
    char topic[LIMIT_TOPIC + 1];
    int size = snprintf(topic, sizeof topic, "%.*s/%.*s", (int)r->device.size, r->device.bytes,
                        (int)r->type.size, r->type.bytes);
    struct span whole = r->topic.size > 0 ? r->topic : (struct span){topic, (size_t)size};
    return access_may(role, access_of(r->device, whole));
}

/* The puppet of that name, which says what it likes; NULL: it is an honest device's. */
static const struct host *puppet_named(const struct world *w, struct span device)
{
    for (size_t i = 0; i < w->host_count && w->has_puppet; i++)
        if (w->hosts[i].options.puppet && span_is(device, w->hosts[i].self.device))
            return &w->hosts[i];
    return NULL;
}

static struct span keep(struct world *w, struct span bytes)
{
    struct judge *j = &w->judge;
    j->kept = realloc(j->kept, (j->kept_count + 1) * sizeof *j->kept);
    char *copy = malloc(bytes.size);
    check(j->kept && copy);
    j->kept[j->kept_count++] = copy;
    memcpy(copy, bytes.bytes, bytes.size);
    return (struct span){copy, bytes.size};
}

/* A run of what a puppet said: no more than its role allows, in its own log and in order. */
static bool store_puppets(struct world *w, const struct host *puppet, const struct effect *e,
                          struct span *records)
{
    size_t at = 0, count = 0;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause = NULL;
    struct record r;
    while (record_next(e->store.bytes, &at, &r, memory, &cause) && count < e->store.count) {
        if (!span_is(r.device, puppet->self.device) || r.seq != e->store.first + count ||
            !role_allows(puppet->self.role, &r))
            break;
        records[count++] = keep(w, r.bytes);
    }
    if (count < e->store.count)
        world_fail(w, "what %s must not write is stored", puppet->self.device);
    return count == e->store.count;
}

static bool run_next(struct world *w, struct host *h, struct judge_log *l, const struct effect *e,
                     const struct record *r, uint64_t seq)
{
    const char *wrong = NULL;
    bool own = strcmp(l->id.device, h->self.device) == 0 &&
               ident_key_equal(&l->id.key, &h->self.key);
    if (!span_is(r->device, e->store.id.device) || r->epoch != e->store.id.epoch || r->seq != seq)
        wrong = "a record that is not of that log or place";
    else if (own && !record_written(w, h, l, r))
        wrong = "a second content for one number, or numbers one twice";
    else if (!own && (seq > l->count || !span_equal(l->records[seq - 1].bytes, r->bytes)))
        wrong = "what its author did not write";
    else if (!role_allows(w->hosts[l->host].self.role, r))
        wrong = "what its author's role does not allow";
    if (wrong)
        world_fail(w, "%s stores %s: %.*s", h->self.device, wrong, (int)r->bytes.size,
                   r->bytes.bytes);
    return !wrong;
}

bool judge_store(struct world *w, struct host *h, const struct effect *e, struct span *records)
{
    const struct host *puppet = puppet_named(w, span_of(e->store.id.device));
    if (puppet)
        return store_puppets(w, puppet, e, records);
    struct judge_log *l = log_of(w, &e->store.id);
    if (!l && strcmp(e->store.id.device, h->self.device) == 0)
        l = log_begin(w, h, &e->store.id);
    if (!l || !ident_log_equal(&l->id, &e->store.id)) {
        world_fail(w, "%s stores a log that nobody writes", h->self.device);
        return false;
    }
    size_t at = 0, count = 0;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause = NULL;
    struct record r;
    while (count < e->store.count && record_next(e->store.bytes, &at, &r, memory, &cause)) {
        if (!run_next(w, h, l, e, &r, e->store.first + count))
            return false;
        records[count++] = l->records[r.seq - 1].bytes;
    }
    const struct chain_hash *right = &l->records[e->store.first + count - 2].hash;
    if (count != e->store.count || record_next(e->store.bytes, &at, &r, memory, &cause) ||
        memcmp(right, &e->store.hash_after, sizeof *right) != 0)
        world_fail(w, "%s stores a run whose count or hash is wrong", h->self.device);
    return !world_failed(w);
}

struct span judge_topic(struct world *w, const struct log_id *id, uint64_t seq, struct span bytes)
{
    const struct judge_log *l = log_of(w, id);
    if (puppet_named(w, span_of(id->device)))
        return keep(w, bytes);
    bool written = l && seq >= 1 && seq <= l->count && span_equal(l->records[seq - 1].bytes, bytes);
    return written ? l->records[seq - 1].bytes : (struct span){0};
}

/* Effects. */

static void see_publish(struct world *w, struct host *h, const struct record *r)
{
    const struct host *puppet = puppet_named(w, r->device);
    if (puppet) {
        if (!role_allows(puppet->self.role, r))
            world_fail(w, "%s reads what %s must not write", h->self.device, puppet->self.device);
        return;
    }
    struct judge_log *l = judge_log(w, r->device, r->epoch);
    if (!l || r->seq > l->count || !span_equal(l->records[r->seq - 1].bytes, r->bytes)) {
        world_fail(w, "%s reads what nobody wrote: %.*s", h->self.device, (int)r->bytes.size,
                   r->bytes.bytes);
        return;
    }
    struct judge_reader *reader = &l->readers[h->index];
    struct disk_log *stored = disk_log(&h->disk, &l->id);
    if (reader->life != h->life)
        *reader = (struct judge_reader){.life = h->life};
    if (r->seq <= reader->last && !w->judge.twins)
        world_fail(w, "%s reads %s %llu behind %llu", h->self.device, l->name, ull(r->seq),
                   ull(reader->last));
    if (stored && reader->last == 0 && r->seq <= stored->restored && !w->judge.twins)
        world_fail(w, "%s reads %s %llu, which it had on disk", h->self.device, l->name,
                   ull(r->seq));
    if (!role_allows(w->hosts[l->host].self.role, r))
        world_fail(w, "%s reads what its author's role does not allow", h->self.device);
    reader->last = r->seq;
    w->tally[TALLY_READINGS]++;
}

/* Moves past the state that this action carries out; false: there is none on disk, or it was no
 * change. */
static bool state_acted(struct host *h, struct host_property *p, const char *value)
{
    for (size_t k = p->acted; k < p->count; k++) {
        struct log_id id = {.key = h->self.key, .epoch = p->states[k].epoch};
        memcpy(id.device, h->self.device, sizeof id.device);
        struct disk_log *l = disk_log(&h->disk, &id);
        if (strcmp(p->states[k].value, value) != 0)
            continue;
        if (!l || l->last < p->states[k].seq)
            return false;
        if (k > 0 && strcmp(p->states[k - 1].value, value) == 0 && strcmp(p->done, value) == 0)
            continue;
        p->acted = k + 1;
        return true;
    }
    return false;
}

/* On change only, and after the new state is on disk; while nothing can be written, without it. */
static void see_act(struct world *w, struct host *h, const struct effect *e)
{
    char value[32] = {0};
    struct buf b;
    buf_init(&b, value, sizeof value - 1);
    trace_text_value(&b, &e->act.value);
    w->tally[TALLY_ACTIONS]++;
    struct host_property *p = property_of(h, e->act.property);
    check(p);
    bool writing = !h->disk.failed && node_room(h->node) > 0;
    if (!state_acted(h, p, value) && writing)
        world_fail(w, "%s acts (%s %s) without a new state of its own on disk", h->self.device,
                   p->name, value);
    if (p->life == h->life && strcmp(p->done, value) == 0)
        world_fail(w, "%s acts (%s %s) twice", h->self.device, p->name, value);
    p->life = h->life;
    memcpy(p->done, value, sizeof p->done);
}

static void see_ack(struct world *w, struct host *h, const struct effect *e)
{
    int end;
    struct net_conn *c = net_link(w, h, e->send.link, &end);
    if (!c)
        return;
    const struct message_log *named = &e->send.message.ack.log;
    struct log_id id = {.key = named->key, .epoch = named->epoch};
    if (named->device.size > 0) {
        ident_name_copy(id.device, named->device);
    } else {
        const struct host *author = &w->hosts[c->ends[!end].host];
        id.key = author->self.key;
        memcpy(id.device, author->self.device, sizeof id.device);
    }
    struct judge_log *l = log_of(w, &id);
    struct disk_log *d = disk_log(&h->disk, &id);
    uint64_t seq = e->send.message.ack.seq;
    w->tally[TALLY_ACKS]++;
    if (puppet_named(w, span_of(id.device)))
        return;
    if (!l || !d || d->last < seq || disk_sealed(d) < seq || d->last < e->send.message.ack.held) {
        world_fail(w, "%s acknowledges %s/%llu up to %llu; on disk %llu, sealed %llu",
                   h->self.device, id.device, ull(id.epoch), ull(seq), ull(d ? d->last : 0),
                   ull(d ? disk_sealed(d) : 0));
        return;
    }
    if (d->acked < seq)
        d->acked = seq;
    if (l->acked < seq)
        l->acked = seq;
}

bool judge_lie_acked(struct world *w, const struct log_id *id, uint64_t seq)
{
    struct judge_log *l = log_of(w, id);
    if (l && l->acked < seq)
        l->acked = seq;
    return l != NULL;
}

static void see_send(struct world *w, struct host *h, const struct effect *e)
{
    if (e->send.message.kind == MESSAGE_ACK)
        see_ack(w, h, e);
    if (e->send.message.kind == MESSAGE_HELLO)
        memcpy(h->wants, e->send.message.hello.wants, sizeof h->wants);
}

static void see_sign(struct world *w, struct host *h, const struct effect *e)
{
    struct disk_log *d = disk_log(&h->disk, &e->seal.id);
    struct judge_log *l = log_of(w, &e->seal.id);
    bool own = strcmp(e->seal.id.device, h->self.device) == 0 &&
               ident_key_equal(&e->seal.id.key, &h->self.key);
    if (!own || !d || !l || e->seal.seq == 0 || e->seal.seq > d->last ||
        memcmp(&l->records[e->seal.seq - 1].hash, &e->seal.hash, sizeof e->seal.hash) != 0)
        world_fail(w, "%s seals %s/%llu up to %llu; on disk %llu", h->self.device,
                   e->seal.id.device, ull(e->seal.id.epoch), ull(e->seal.seq),
                   ull(d ? d->last : 0));
}

static void see_dial(struct world *w, struct host *h, const struct effect *e)
{
    if (e->dial.link % 2 == 0 || e->dial.link <= h->link_dialled)
        world_fail(w, "%s dials link %llu behind %llu", h->self.device, ull(e->dial.link),
                   ull(h->link_dialled));
    h->link_dialled = e->dial.link;
    const struct host *to = net_host(w, e->dial.address.ipv4);
    if (!to)
        return;
    uint64_t *times = &w->judge.dials_us[(h->index * w->host_count + to->index) * DIALS_A_SECOND];
    /* An attacker who says a hello again, from elsewhere, may send one device's dialer to another's
     * address: then two dialers share the target. */
    if (times[0] > 0 && w->tally[TALLY_DATAGRAMS_REPLAYED] == 0 && w->now_us - times[0] < DIALS_US)
        world_fail(w, "%s dials %s more than %d times in a second", h->self.device, to->self.device,
                   DIALS_A_SECOND);
    memmove(times, times + 1, (DIALS_A_SECOND - 1) * sizeof *times);
    times[DIALS_A_SECOND - 1] = w->now_us;
    if (h->dials_second != w->now_us / WORLD_S)
        h->dials_here = 0;
    h->dials_second = w->now_us / WORLD_S;
    if (++h->dials_here > w->judge.dials_most)
        w->judge.dials_most = h->dials_here;
}

static void see_fact(struct world *w, struct host *h, const struct fact *f)
{
    if (f->kind == FACT_COMMANDED)
        person_told(w, h, f);
    struct judge_log *l = judge_log(w, span_of(h->self.device), f->epoch ? f->epoch : h->epoch);
    switch (f->kind) {
    case FACT_READING:
    case FACT_UPDATE:
        see_publish(w, h, f->record);
        break;
    case FACT_ACKED:
        if (!l || f->seq > l->acked)
            world_fail(w, "%s believes %llu acknowledged; acknowledged was %llu", h->self.device,
                       ull(f->seq), ull(l ? l->acked : 0));
        break;
    case FACT_FORKED:
        if (!puppet_named(w, f->device))
            world_fail(w, "%s accuses %.*s of a fork", h->self.device, (int)f->device.size,
                       f->device.bytes);
        break;
    case FACT_LOST:
        if (w->judge.calm)
            world_fail(w, "%s calls %.*s lost in calm", h->self.device, (int)f->device.size,
                       f->device.bytes);
        break;
    default:
        break;
    }
}

void judge_effect(struct world *w, struct host *h, const struct effect *e)
{
    switch (e->kind) {
    case EFFECT_PUBLISH:
        see_fact(w, h, &e->fact);
        break;
    case EFFECT_ACT:
        see_act(w, h, e);
        break;
    case EFFECT_SEND:
        see_send(w, h, e);
        break;
    case EFFECT_SIGN:
        see_sign(w, h, e);
        break;
    case EFFECT_DIAL:
        see_dial(w, h, e);
        break;
    default:
        break;
    }
}

void judge_started(struct world *w, struct host *h)
{
    for (size_t i = 0; i < h->disk.log_count; i++)
        h->disk.logs[i].restored = h->disk.logs[i].last;
    memset(&w->judge.dials_us[h->index * w->host_count * DIALS_A_SECOND], 0,
           w->host_count * DIALS_A_SECOND * sizeof *w->judge.dials_us);
}

void judge_step(struct world *w, struct host *h)
{
    struct log_id id = {.key = h->self.key, .epoch = h->epoch};
    memcpy(id.device, h->self.device, sizeof id.device);
    const struct judge_log *l = log_of(w, &id);
    const struct disk_log *d = disk_log(&h->disk, &id);
    const char *wrong = NULL;
    if (h->conn_count > LIMIT_SESSIONS && node_session_count(h->node) > LIMIT_SESSIONS)
        wrong = "has too many sessions";
    if (node_log_stored(h->node, &id) > (d ? d->last : 0))
        wrong = "believes too much stored";
    if (node_log_acked(h->node, &id) > (l ? l->acked : 0))
        wrong = "believes too much acknowledged";
    if (node_log_last(h->node, &id) > LIMIT_PENDING + node_log_sealed(h->node, &id))
        wrong = "has too many records without a seal";
    if (node_log_last(h->node, &id) > LIMIT_UNSTORED + node_log_stored(h->node, &id))
        wrong = "has too many records that are not stored";
    if (wrong)
        world_fail(w, "%s %s", h->self.device, wrong);
}

/* The end. */

void judge_session(struct world *w, uint32_t a, uint32_t b, int change)
{
    struct judge *j = &w->judge;
    for (int side = 0; side < 2; side++) {
        size_t pair = side == 0 ? a * w->host_count + b : b * w->host_count + a;
        bool had = j->sessions[pair] > 0;
        j->sessions[pair] = (uint8_t)(j->sessions[pair] + change);
        if (had != (j->sessions[pair] > 0))
            j->since_us[pair] = w->now_us;
    }
    if (change > 0)
        w->tally[TALLY_SESSIONS]++;
}

bool judge_wanted(const struct world *w, uint32_t a, uint32_t b)
{
    const struct host *x = &w->hosts[a], *y = &w->hosts[b];
    return a != b && !net_walled(w, a, b) && x->running && y->running && x->node && y->node &&
           strcmp(x->self.device, y->self.device) != 0 &&
           (x->wants[y->self.role] || y->wants[x->self.role]);
}
