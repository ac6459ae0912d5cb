#include "core/decide.h"

#include "core/author.h"
#include "core/members.h"

#include <stdlib.h>

/* The happy path of an actuator: a fresh reading feeds every rule that wants it; each such rule is
 * evaluated and its outcome told, and when it differs from what our property is, a record goes into
 * our log and the action is carried out once that record is on disk. */

enum err decide_init(struct node *n, const struct rule *rules, size_t count)
{
    n->rules_at_ms = n->summary_at_ms = NODE_NEVER;
    if (count == 0)
        return ERR_OK;
    n->rules = calloc(count, sizeof *n->rules);
    if (n->rules == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++)
        rule_init(&n->rules[i], &rules[i]);
    n->rule_count = count;
    return ERR_OK;
}

void decide_fini(struct node *n)
{
    for (size_t i = 0; i < n->rule_count; i++)
        rule_fini(&n->rules[i]);
    free(n->rules);
    n->rules = NULL;
    n->rule_count = 0;
}

/* Whether our property was written with this outcome already. */
static bool property_is(const struct rule_state *s)
{
    return s->reported && s->reported_active == s->active;
}

static bool carried_out(const struct rule_state *s)
{
    return s->acted && s->acted_active == s->active;
}

static void carry_out(struct node *n, const struct rule_state *s)
{
    struct node_act act = {.epoch = n->epoch, .seq = n->log->last};
    ident_name_copy(act.property, span_of(s->rule.property));
    ident_name_copy(act.value, rule_value(s));
    if (ring_push(&n->acts, &act) != ERR_OK)
        n->fx->out_of_memory = true;
}

/* Writes what the property is now. While nothing can be written a change is still carried out,
 * once: a fan must not wait for a disk. */
static void report(struct node *n, struct rule_state *s)
{
    struct author_entry entry = {
        .type = span_of(s->rule.property),
        .value = value_text(rule_value(s)),
        .trust = s->plain ? RULE_PLAIN : RULE_PROVEN,
    };
    enum err err = author_append(n, &entry, NULL);
    if (err == ERR_MEMORY)
        n->fx->out_of_memory = true;
    s->reported = err == ERR_OK;
    s->reported_active = s->active;
    if (carried_out(s))
        return;
    s->acted = true;
    s->acted_active = s->active;
    if (err == ERR_OK) {
        carry_out(n, s);
        return;
    }
    author_act_all(n); /* what waits for the disk comes before */
    struct effect *effect = event_effects_add(n->fx, EFFECT_ACT);
    effect->act.property = span_of(s->rule.property);
    effect->act.value = value_text(rule_value(s));
}

static void tell_rule(struct node *n, enum fact_kind kind, const struct rule_state *s, bool changed)
{
    struct fact *fact = node_fact(n, kind, span_of(n->self.device));
    if (fact == NULL)
        return;
    fact->text = span_of(s->rule.name);
    fact->property = span_of(s->rule.property);
    fact->value = value_text(rule_value(s));
    fact->active = s->active;
    fact->changed = changed;
}

static void note_deadline(struct node *n, const struct rule_state *s)
{
    node_soon(&n->rules_at_ms, rule_deadline(s, n->now_ms));
}

static void evaluate(struct node *n, struct rule_state *s)
{
    bool was = s->active;
    rule_evaluate(s, n->now_ms);
    note_deadline(n, s);
    bool changed = !carried_out(s);
    if (was != s->active)
        tell_rule(n, FACT_STATE, s, true);
    if (!property_is(s))
        report(n, s);
    tell_rule(n, FACT_ACTION, s, changed);
}

static void summarise(struct node *n, const struct reading *r)
{
    if (n->self.role != ROLE_CONTROLLER || r->value.kind != VALUE_NUMBER)
        return;
    size_t i = 0;
    while (i < n->summary_count && !span_is(r->type, n->summaries[i].type))
        i++;
    if (i == NODE_SUMMARIES)
        return;
    struct node_summary *s = &n->summaries[i];
    if (i == n->summary_count) {
        *s = (struct node_summary){0};
        ident_name_copy(s->type, r->type);
        n->summary_count++;
    }
    if (r->unit.size > 0 && r->unit.size <= LIMIT_UNIT) {
        memcpy(s->unit, r->unit.bytes, r->unit.size);
        s->unit[r->unit.size] = '\0';
    }
    double v = r->value.number;
    if (s->count == 0 || v < s->low)
        s->low = v;
    if (s->count == 0 || v > s->high)
        s->high = v;
    s->sum += v;
    s->count++;
    if (n->summary_at_ms == NODE_NEVER)
        n->summary_at_ms = n->now_ms + TIME_SUMMARY_MS;
}

static void note_unused(struct node *n, struct span device, const struct reading *r)
{
    if (n->rule_count == 0)
        return;
    size_t i = 0;
    while (i < n->unused_count && !span_is(r->type, n->unused[i].type))
        i++;
    if (i == NODE_UNUSED)
        return;
    struct node_unused *u = &n->unused[i];
    if (i == n->unused_count) {
        *u = (struct node_unused){.since_ms = n->now_ms};
        ident_name_copy(u->type, r->type);
        ident_name_copy(u->device, device);
        n->unused_count++;
    }
    if (u->told || n->now_ms - u->since_ms < TIME_UNUSED_MS)
        return;
    u->told = true;
    struct fact *fact = node_fact(n, FACT_UNUSED, span_of(u->device));
    if (fact == NULL)
        return;
    fact->property = span_of(u->type);
    fact->unit = event_effects_copy(n->fx, r->unit);
}

void decide_reading(struct node *n, struct span device, const struct reading *r, uint64_t age_ms,
                    enum rule_trust trust)
{
    summarise(n, r);
    bool used = false;
    uint64_t at_ms = age_ms < n->now_ms ? n->now_ms - age_ms : 0;
    for (size_t i = 0; i < n->rule_count; i++) {
        struct rule_state *s = &n->rules[i];
        if (!rule_wants(s, device, r))
            continue;
        used = true;
        if (age_ms > s->rule.fresh_ms)
            continue;
        if (rule_feed(s, device, &r->value, at_ms, trust) != ERR_OK)
            n->fx->out_of_memory = true;
        else
            evaluate(n, s);
    }
    if (!used)
        note_unused(n, device, r);
}

void decide_restore(struct node *n, const struct record *r)
{
    for (size_t i = 0; i < n->rule_count; i++) {
        struct rule_state *s = &n->rules[i];
        if (!span_is(r->type, s->rule.property) || r->value.kind != VALUE_TEXT)
            continue;
        bool active = span_is(r->value.text, s->rule.value_active);
        if (!active && !span_is(r->value.text, s->rule.value_idle))
            continue;
        s->active = s->reported_active = s->acted_active = active;
        s->reported = s->acted = true;
    }
}

void decide_restate(struct node *n)
{
    for (size_t i = 0; i < n->rule_count; i++) {
        struct rule_state *s = &n->rules[i];
        if (s->used_ms == 0)
            continue;
        struct author_entry entry = {
            .type = span_of(s->rule.property),
            .value = value_text(rule_value(s)),
            .trust = s->plain ? RULE_PLAIN : RULE_PROVEN,
        };
        s->reported = author_append(n, &entry, NULL) == ERR_OK;
        s->reported_active = s->active;
    }
}

/* The sum of great numbers may be beyond every number; their mean is not. */
static double mean_of(const struct node_summary *s)
{
    double mean = s->sum / (double)s->count;
    if (mean > s->high)
        return s->high;
    return mean < s->low ? s->low : mean;
}

static void tell_summaries(struct node *n)
{
    n->summary_at_ms = NODE_NEVER;
    for (size_t i = 0; i < n->summary_count; i++) {
        struct node_summary *s = &n->summaries[i];
        if (s->count == 0)
            continue;
        struct fact *fact = node_fact(n, FACT_SUMMARY, span_of(n->self.device));
        if (fact != NULL) {
            fact->property = span_of(s->type);
            fact->unit = span_of(s->unit);
            fact->count = s->count;
            fact->mean = mean_of(s);
            fact->low = s->low;
            fact->high = s->high;
        }
        s->count = 0;
        s->sum = 0;
    }
}

void decide_tick(struct node *n)
{
    if (n->summary_at_ms <= n->now_ms)
        tell_summaries(n);
    if (n->rules_at_ms > n->now_ms)
        return;
    n->rules_at_ms = NODE_NEVER;
    for (size_t i = 0; i < n->rule_count; i++) {
        struct rule_state *s = &n->rules[i];
        bool was = s->active;
        if (s->used_ms == 0)
            continue;
        rule_evaluate(s, n->now_ms);
        note_deadline(n, s);
        if (was == s->active)
            continue;
        tell_rule(n, FACT_STATE, s, true);
        report(n, s);
        tell_rule(n, FACT_ACTION, s, true);
    }
}

uint64_t decide_deadline(const struct node *n)
{
    uint64_t deadline = n->rules_at_ms;
    node_soon(&deadline, n->summary_at_ms);
    return deadline;
}
