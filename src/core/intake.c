#include "core/intake.h"

#include "core/command.h"
#include "core/decide.h"
#include "core/drive.h"
#include "core/members.h"
#include "core/seal.h"
#include "core/want.h"

const char *intake_fault(const struct log_id *id, enum role role, const struct record *r)
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
                                             .kind = reading ? DECIDE_READING : DECIDE_STATE});
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

bool intake_record(struct node *n, struct member *m, struct log *l, const struct record *r,
                   uint64_t age_ms)
{
    bool is_new = r->seq > l->seen;
    if (m->session == NULL && age_ms < TIME_FRESH_MS)
        m->wrote_ms = n->now_ms;
    if (!n->store_failed) {
        if (log_extend(l, r->bytes, n->hash) != ERR_OK) {
            n->fx->out_of_memory = true;
            return false;
        }
        enum err err = members_apply(n, m, &l->id, r);
        if (err == ERR_MEMORY)
            n->fx->out_of_memory = true;
        if (record_is_wanted(r))
            take_wanted(n, &l->id, r, age_ms);
    }
    if (!is_new)
        return true;
    l->seen = r->seq;
    show(n, l, r, age_ms);
    return true;
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
    l->asked = l->last;
    l->on_disk = true;
    seal_store(n, l); /* one that came before a store that failed */
}
