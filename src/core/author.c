#include "core/author.h"

#include "core/carry.h"
#include "core/checkpoint.h"
#include "core/command.h"
#include "core/decide.h"
#include "core/discovery.h"
#include "core/dispatch.h"
#include "core/fork.h"
#include "core/log_mark.h"
#include "core/members.h"
#include "core/news.h"
#include "core/peer.h"
#include "core/seal.h"
#include "core/serve.h"
#include "core/session.h"
#include "core/sync.h"

/* The happy path: an epoch begins, readings and states are appended to its log's window, ordered to
 * be stored at the end of the step, and reported durable later; then sealed. When a commit fails,
 * everything behind the last durable record is given up, the log ends there, and a new epoch begins
 * as soon as storing works again. */

/* Every earlier log of ours ends where it is; one whose end has no seal yet gets one. */
static void close_earlier(struct node *n)
{
    for (struct log *l = n->own.logs; l != NULL; l = l->next) {
        if (!l->closed) {
            l->closed = true;
            node_store_log(n, l);
        }
        if (l->stored == l->last)
            seal_closed_log(n, l);
    }
}

static void tell_sessions(struct node *n)
{
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *s = n->sessions[i];
        if (s->state == PEER_OPEN)
            sync_send_have(n, s);
    }
}

void author_begin(struct node *n, uint64_t epoch)
{
    check(epoch > n->epoch);
    n->epoch_asked = false;
    n->epoch = epoch;
    n->hello_counter = 0;
    close_earlier(n);
    struct log_id id = n->own.logs != NULL && n->log != NULL ? n->log->id
                                                             : (struct log_id){.key = n->self.key};
    memcpy(id.device, n->self.device, sizeof id.device);
    id.epoch = epoch;
    n->log = members_log_add(n, &n->own, &id, n->self.role);
    if (n->log == NULL) {
        n->fx->out_of_memory = true;
        return;
    }
    n->log->own = true;
    checkpoint_begin(n);
    if (!n->started)
        return;
    discovery_start(n); /* another process with our key must hear of it, else both go on and on */
    tell_sessions(n);
    serve_follow(n);
    decide_restate(n);
    struct fact *fact = node_fact(n, FACT_EPOCH, span_of(n->self.device));
    if (fact != NULL)
        fact->epoch = epoch;
}

static void ask_epoch(struct node *n)
{
    if (n->epoch_asked || n->store_failed)
        return;
    n->epoch_asked = true;
    event_effects_add(n->fx, EFFECT_EPOCH)->epoch.above = n->epoch_above > n->epoch ? n->epoch_above
                                                                                    : n->epoch;
}

void author_epoch_above(struct node *n, uint64_t epoch)
{
    if (epoch > n->epoch_above)
        n->epoch_above = epoch;
    ask_epoch(n);
}

size_t author_room(const struct node *n)
{
    const struct log *l = n->log;
    if (l == NULL || !n->started || n->leaving || n->store_failed || n->epoch_asked)
        return 0;
    uint64_t unstored = l->last - l->stored, unsealed = l->last - l->seal.seq;
    uint64_t room = unstored < LIMIT_UNSTORED ? LIMIT_UNSTORED - unstored : 0;
    uint64_t sealable = unsealed < LIMIT_PENDING ? LIMIT_PENDING - unsealed : 0;
    return (size_t)(room < sealable ? room : sealable);
}

/* How many peers will be sent what we write now. */
static size_t listeners(const struct node *n)
{
    size_t count = 0;
    for (size_t i = 0; i < n->session_count; i++) {
        const struct session *s = n->sessions[i];
        if (s->state == PEER_OPEN && s->wants[n->self.role])
            count++;
    }
    return count;
}

static void keep_span(struct node *n, struct span *s)
{
    if (s->size > 0)
        *s = event_effects_copy(n->fx, *s);
}

/* The entry's memory is its caller's, who may be done with it before the fact is performed. */
static void tell_own(struct node *n, enum fact_kind kind, const struct record *r)
{
    struct fact *fact = node_fact(n, kind, r->device);
    if (fact == NULL)
        return;
    struct record *copy = event_effects_alloc(n->fx, sizeof *copy);
    if (copy == NULL)
        return;
    *copy = *r;
    struct span *const spans[] = {&copy->bytes, &copy->type,    &copy->topic,
                                  &copy->unit,  &copy->answers, &copy->cause};
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        keep_span(n, spans[i]);
    if (copy->value.kind == VALUE_TEXT)
        keep_span(n, &copy->value.text);
    fact->record = copy;
    fact->count = listeners(n);
}

enum err author_append(struct node *n, const struct author_entry *entry, struct record *record)
{
    struct log *l = n->log;
    bool wanted = entry->topic.size > 0 && !span_is(entry->type, "decision");
    if (!access_may(n->self.role, wanted ? ACCESS_WANT : ACCESS_REPORT))
        return ERR_DENIED;
    if (author_room(n) == 0)
        return ERR_FULL;
    char *memory = log_window_reserve(l);
    if (memory == NULL)
        return ERR_MEMORY;
    struct stamp stamp = {n->wall_ms, 0};
    if (wanted)
        stamp = stamp_next(&n->clock, n->wall_ms);
    struct record r = {
        .device = {n->self.device, strlen(n->self.device)},
        .type = entry->type,
        .topic = entry->topic,
        .epoch = l->id.epoch,
        .seq = l->last + 1,
        .ts = stamp.ts,
        .tick = stamp.tick,
        .source_ts = entry->source_ts,
        .value = entry->trust == RULE_PLAIN ? (struct value){.kind = VALUE_NONE} : entry->value,
        .unit = entry->unit,
        .plain = entry->trust == RULE_PLAIN,
        .for_ms = entry->for_ms,
        .answers = entry->answers,
        .cause = entry->cause,
        .kept = entry->kept,
        .part = entry->part,
        .of = entry->of,
    };
    /* One that is kept must fit into a checkpoint. */
    size_t size = n->encode(&r, memory, entry->kept.size > 0 ? LIMIT_RECORD : LIMIT_KEPT);
    if (size == 0)
        return ERR_SIZE;
    struct chain_hash before = l->head;
    enum err err = log_window_add(l, size, n->hash);
    if (err != ERR_OK)
        return err;
    r.bytes = (struct span){memory, size};
    l->seen = l->last;
    if (wanted)
        l->urgent = l->last;
    node_counted(n, NODE_RECORDS_OWN);
    if (r.kept.size > 0) {
        log_mark_part(l, &r, &before, n->wall_ms);
        return ERR_OK;
    }
    tell_own(n, FACT_APPENDED, &r);
    if (record != NULL)
        *record = r;
    /* It is written, also when the state has no room for its topic; without memory nothing of the
     * step is. */
    err = state_apply(&n->state, &l->id, &r);
    if (err == ERR_MEMORY)
        n->fx->out_of_memory = true;
    return err == ERR_MEMORY ? err : ERR_OK;
}

static void keep_for_plain(struct node *n, const struct reading *r)
{
    if (!n->plain || r->value.kind != VALUE_NUMBER || r->type.size > LIMIT_NAME)
        return;
    size_t i = 0;
    while (i < n->plain_reading_count && !span_is(r->type, n->plain_readings[i].type))
        i++;
    if (i == NODE_PLAIN_TYPES)
        return;
    if (i == n->plain_reading_count)
        n->plain_reading_count++;
    ident_name_copy(n->plain_readings[i].type, r->type);
    n->plain_readings[i].number = r->value.number;
}

void author_readings(struct node *n, const struct reading *readings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct reading *r = &readings[i];
        struct author_entry entry = {.type = r->type,
                                     .value = r->value,
                                     .unit = r->unit,
                                     .source_ts = r->source_ts_ms};
        struct record record;
        enum err err = author_append(n, &entry, &record);
        if (err == ERR_MEMORY)
            n->fx->out_of_memory = true;
        if (err != ERR_OK)
            continue;
        tell_own(n, FACT_SENT, &record);
        keep_for_plain(n, r);
    }
}

/* The window moves when more is appended: within a step a copy is ordered. */
enum own_bytes { OWN_BYTES_IN_WINDOW, OWN_BYTES_COPIED };

static void order_own(struct node *n, enum own_bytes where)
{
    struct log *l = n->log;
    if (l == NULL || l->asked == l->last || n->store_failed)
        return;
    size_t count;
    struct span bytes = log_window_run(l, l->asked + 1, SIZE_MAX, &count);
    check(count == l->last - l->asked);
    if (where == OWN_BYTES_COPIED)
        bytes = event_effects_copy(n->fx, bytes);
    struct effect *effect = node_store_effect(n, EFFECT_STORE, l, l->last);
    if (effect == NULL)
        return;
    effect->store.id = l->id;
    effect->store.role = l->role;
    effect->store.first = l->asked + 1;
    effect->store.count = count;
    effect->store.bytes = bytes;
    effect->store.hash_after = l->head;
    log_mark_take(l, &effect->store.mark);
    l->asked = l->last;
    l->on_disk = true;
}

static void order_topics(struct node *n)
{
    if (n->store_failed)
        return; /* what changed stays dirty and is stored when storing works again */
    struct state_entry *e;
    while ((e = state_take_dirty(&n->state)) != NULL) {
        struct effect *effect = node_store_effect(n, EFFECT_STORE_TOPIC, NULL, 0);
        if (effect == NULL)
            return;
        effect->store_topic.topic = (struct span){e->topic, e->topic_size};
        effect->store_topic.id = e->log;
        effect->store_topic.seq = e->seq;
        /* a copy, because the step may go on and change it once more */
        effect->store_topic.bytes = event_effects_copy(n->fx, (struct span){e->bytes, e->size});
    }
}

void author_store(struct node *n)
{
    order_own(n, OWN_BYTES_IN_WINDOW);
    order_topics(n);
}

void author_store_so_far(struct node *n)
{
    order_own(n, OWN_BYTES_COPIED);
    order_topics(n);
}

static void order_act(struct node *n, const struct node_act *act)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_ACT);
    effect->act.property = event_effects_copy(n->fx, span_of(act->property));
    effect->act.value = value_text(event_effects_copy(n->fx, span_of(act->value)));
}

void author_act(struct node *n, struct span property, struct span value)
{
    struct node_act act = {.epoch = n->epoch, .seq = n->log->last};
    ident_name_copy(act.property, property);
    check(value.size <= LIMIT_VALUE_TEXT);
    memcpy(act.value, value.bytes, value.size);
    if (ring_push(&n->acts, &act) != ERR_OK)
        n->fx->out_of_memory = true;
}

/* What a property of ours changed to is carried out once that is on disk, so that no crash makes it
 * happen twice. */
enum acts_due { ACTS_ON_DISK, ACTS_ALL };

static void perform_acts(struct node *n, enum acts_due due)
{
    while (n->acts.count > 0) {
        const struct node_act *act = ring_at(&n->acts, 0);
        const struct log *l = members_log(&n->own, &n->self.key, act->epoch);
        bool on_disk = l == NULL || act->seq <= l->stored;
        if (!on_disk && due == ACTS_ON_DISK)
            return;
        order_act(n, act);
        ring_pop(&n->acts, 1);
    }
}

void author_act_all(struct node *n)
{
    perform_acts(n, ACTS_ALL);
}

static void tell_sealed(struct node *n, const struct log *l)
{
    struct member *m = l->own ? NULL : members_find(n, span_of(l->id.device));
    if (m == NULL)
        return;
    carry_stored(n, l);
    news_changed(n, m);
    serve_due_of(n, m);
}

static void log_stored(struct node *n, const struct node_store *done)
{
    struct log *l = done->log;
    if (l == NULL || done->seq > l->last)
        return;
    if (done->seal) {
        log_seal_durable(l);
        seal_store(n, l); /* a newer one may have come meanwhile */
        tell_sealed(n, l);
        return;
    }
    if (l->stored <= l->seal.seq)
        l->unsealed_since_ms = n->now_ms;
    l->stored = done->seq;
    l->stored_ms = n->now_ms;
    l->stored_hash = done->hash;
    if (l->own && l->closed && l->stored == l->last)
        seal_closed_log(n, l);
}

void author_stored(struct node *n, uint64_t ticket)
{
    while (n->stores.count > 0) {
        const struct node_store done = *(struct node_store *)ring_at(&n->stores, 0);
        if (done.ticket > ticket)
            break;
        ring_pop(&n->stores, 1);
        log_stored(n, &done);
        const struct node_store *next = n->stores.count > 0 ? ring_at(&n->stores, 0) : NULL;
        bool more = next != NULL && next->ticket <= ticket && next->log == done.log;
        if (done.log != NULL && !more)
            sync_acknowledge(n, done.log);
    }
    perform_acts(n, ACTS_ON_DISK);
    command_stored(n);
    dispatch_pump(n);
}

static void cut_all(struct log *l)
{
    for (; l != NULL; l = l->next) {
        if (l->last > l->stored) {
            log_cut_to_stored(l);
            l->resync = !l->own;
            l->closed = l->closed && l->own; /* its end is to come again */
        }
        log_seal_forget_asked(l);
        if (l->seal.seq > l->last)
            l->seal = l->stored_seal;
        l->on_disk = l->on_disk && (l->stored > 0 || l->first > 1);
    }
}

void author_store_failed(struct node *n)
{
    n->store_retry_ms = n->now_ms + TIME_STORE_RETRY_MS;
    if (n->store_failed)
        return;
    uint64_t given_up = n->log->last - n->log->stored;
    n->store_failed = true;
    perform_acts(n, ACTS_ALL);
    ring_clear(&n->stores);
    cut_all(n->own.logs);
    struct member *m;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL)
        cut_all(m->logs);
    struct fact *fact = node_fact(n, FACT_STORE_FAILED, span_of(n->self.device));
    if (fact != NULL)
        fact->count = given_up;
}

/* What was ordered and dropped while storing failed is ordered again. */
static void order_again(struct node *n, struct log *l)
{
    for (; l != NULL; l = l->next) {
        node_store_log(n, l);
        seal_store(n, l);
    }
}

void author_store_ready(struct node *n)
{
    if (!n->store_failed)
        return;
    n->store_failed = false;
    n->store_retry_ms = NODE_NEVER;
    node_fact(n, FACT_STORE_WORKS, span_of(n->self.device));
    state_dirty_all(&n->state);
    order_again(n, n->own.logs);
    struct member *m;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL)
        order_again(n, m->logs);
    tell_sessions(n);
    carry_again(n);
    fork_store_again(n);
    author_epoch_above(n, n->epoch);
}
