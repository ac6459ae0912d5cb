#include "core/intake.h"

#include "core/command.h"
#include "core/decide.h"
#include "core/drive.h"
#include "core/log_mark.h"
#include "core/members.h"
#include "core/seal.h"
#include "core/serve.h"
#include "core/want.h"

static const char *record_fault(const struct log_id *id, enum role role, const struct record *r)
{
    if (!span_is(r->device, id->device))
        return "a record names another author than its log";
    if (r->ts > LIMIT_STAMP_MAX_MS)
        return "a record is stamped after the year 2200";
    char topic[LIMIT_TOPIC + 1];
    size_t size = state_topic(r, topic);
    if (!access_may(role, access_of(r->device, (struct span){topic, size})))
        return "a record beyond its author's role";
    return NULL;
}

const char *intake_fault(const struct node *n, const struct log_id *id, enum role role,
                         const struct record *r)
{
    const char *fault = record_fault(id, role, r), *cause;
    char memory[LIMIT_VALUE_TEXT];
    struct record kept;
    size_t at = 0;
    while (fault == NULL && r->kept.size > 0 && n->next(r->kept, &at, &kept, memory, &cause)) {
        bool before = kept.epoch < r->epoch || (kept.epoch == r->epoch && kept.seq < r->seq);
        if (!before || kept.kept.size > 0)
            return "a checkpoint of what does not stand before it";
        fault = record_fault(id, role, &kept);
    }
    return fault == NULL && r->kept.size > 0 && cause != NULL ? "a malformed checkpoint" : fault;
}

/* What rules make of it. */
static void decide(struct node *n, const struct log *l, const struct record *r, uint64_t age_ms)
{
    if (r->plain || r->topic.size > 0)
        return;
    struct reading input = {.type = r->type,
                            .value = r->value,
                            .unit = r->unit,
                            .source_ts_ms = r->source_ts};
    decide_reading(n, &(struct decide_input){.device = r->device,
                                             .reading = &input,
                                             .record = r,
                                             .age_ms = age_ms,
                                             .trust = RULE_PROVEN,
                                             .kind = l->role == ROLE_SENSOR ? DECIDE_READING
                                                                            : DECIDE_STATE});
}

static void show(struct node *n, const struct log *l, const struct record *r, uint64_t age_ms)
{
    bool reading = l->role == ROLE_SENSOR;
    struct fact *fact = node_fact(n, reading ? FACT_READING : FACT_UPDATE, r->device);
    if (fact != NULL)
        fact->record = r;
    node_counted(n, NODE_RECORDS_HEARD);
    want_heard(n, r);
    if (r->answers.size > 0)
        command_heard(n, r);
    decide(n, l, r, age_ms);
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

/* What the log says of its topics; what was wanted is obeyed. */
static void apply(struct node *n, struct member *m, const struct log_id *id, const struct record *r,
                  uint64_t age_ms)
{
    if (members_apply(n, m, id, r) == ERR_MEMORY)
        n->fx->out_of_memory = true;
    if (record_is_wanted(r))
        take_wanted(n, id, r, age_ms);
}

/* A record that a checkpoint holds is as it was: it changes what its own coming would have changed,
 * and what has come already changes nothing. */
static void apply_kept(struct node *n, struct member *m, const struct log *l,
                       const struct record *r, uint64_t age_ms)
{
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    struct record kept;
    size_t at = 0;
    while (n->next(r->kept, &at, &kept, memory, &cause)) {
        struct log_id id = l->id;
        id.epoch = kept.epoch;
        bool known = state_holds(&n->state, &id, &kept);
        uint64_t older_ms = r->ts > kept.ts ? r->ts - kept.ts : 0;
        if (!known)
            apply(n, m, &id, &kept, age_ms + older_ms);
        state_keep(&n->state, &id, &kept, l->id.epoch, r->seq);
        if (!known && state_holds(&n->state, &id, &kept))
            decide(n, l, &kept, age_ms + older_ms);
    }
}

bool intake_record(struct node *n, struct member *m, struct log *l, const struct record *r,
                   uint64_t age_ms)
{
    bool is_new = r->seq > l->seen;
    if (m->session == NULL && age_ms < TIME_FRESH_MS)
        m->wrote_ms = n->now_ms;
    if (!n->store_failed) {
        struct chain_hash before = l->head;
        if (log_extend(l, r->bytes, n->hash) != ERR_OK) {
            n->fx->out_of_memory = true;
            return false;
        }
        if (r->kept.size > 0) {
            log_mark_part(l, r, &before, n->wall_ms);
            apply_kept(n, m, l, r, age_ms);
        } else {
            apply(n, m, &l->id, r, age_ms);
        }
    }
    if (!is_new)
        return true;
    l->seen = r->seq;
    if (r->kept.size == 0)
        show(n, l, r, age_ms);
    return true;
}

void intake_begin_later(struct node *n, struct log *l, uint64_t first,
                        const struct chain_hash *base)
{
    log_restart(l, first, base);
    serve_due_all(n);
    l->on_disk = true;
    node_store_log(n, l);
}

/* By ours. One stamped ahead of us tells nothing, and is no live value. */
uint64_t intake_age_ms(const struct node *n, const struct record *r)
{
    if (r->ts > n->wall_ms + TIME_CLOCK_MS)
        return NODE_NEVER;
    return r->ts > n->wall_ms ? 0 : n->wall_ms - r->ts;
}

struct span intake_join(struct node *n, const struct record *records, size_t count)
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

void intake_store(struct node *n, struct log *l, struct span bytes, size_t count)
{
    if (n->store_failed)
        return;
    struct effect *effect = node_store_effect(n, EFFECT_STORE, l, l->last);
    if (effect == NULL)
        return;
    effect->store.id = l->id;
    effect->store.role = l->role;
    effect->store.first = l->last + 1 - count;
    effect->store.count = count;
    effect->store.bytes = bytes;
    effect->store.hash_after = l->head;
    log_mark_take(l, &effect->store.mark);
    l->asked = l->last;
    l->on_disk = true;
    seal_store(n, l); /* one that came before a store that failed */
}
