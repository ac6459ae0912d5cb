#include "core/decide.h"

#include "core/decision.h"
#include "core/dispatch.h"
#include "core/drive.h"
#include "core/order.h"
#include "core/why.h"

#include <stdlib.h>

/* The happy path: a fresh reading feeds every rule that wants it; each such rule is evaluated, and
 * its outcome goes to the property of ours that it drives (drive.c), or to those of others
 * (order.c), and when it changed, its commands are given (dispatch.c). */

enum err decide_init(struct node *n, const struct rule *rules, size_t count)
{
    n->rules_at_ms = n->summary_at_ms = n->order_at_ms = NODE_NEVER;
    if (count == 0)
        return ERR_OK;
    n->rules = calloc(count, sizeof *n->rules);
    n->whys = calloc(NODE_WHYS, sizeof *n->whys);
    if (n->rules == NULL || n->whys == NULL)
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
    free(n->whys);
    n->rules = NULL;
    n->whys = NULL;
    n->rule_count = 0;
    drive_fini(n);
    order_fini(n);
    dispatch_fini(n);
}

static struct rule_now rule_time(const struct node *n)
{
    return (struct rule_now){n->now_ms, n->wall_ms, n->zone_s};
}

/* A rule that drives none of our own properties says itself what it has become. */
static void tell_state(struct node *n, const struct rule_state *s)
{
    for (size_t i = 0; i < s->rule.action_count; i++)
        if (s->rule.actions[i].device[0] == '\0')
            return;
    struct fact *fact = node_fact(n, FACT_STATE, span_of(n->self.device));
    if (fact == NULL)
        return;
    fact->text = span_of(s->rule.name);
    fact->active = s->active;
    if (s->rule.action_count == 0)
        return;
    fact->property = span_of(s->rule.actions[0].property);
    fact->value = value_text(rule_value(s, 0));
}

enum asked_by { ASKED_BY_READING, ASKED_BY_TIME };

/* age_ms: of what made us look. */
static void evaluate(struct node *n, struct rule_state *s, enum asked_by by, uint64_t age_ms)
{
    struct rule_now now = rule_time(n);
    bool was = s->active, wished = s->wish, first = s->used_ms == 0;
    rule_evaluate(s, &now);
    node_soon(&n->rules_at_ms, rule_deadline(s, &now));
    bool changed = was != s->active;
    if (wished != s->wish)
        decision_triggered(n, s);
    if (changed)
        tell_state(n, s);
    else if (!first)
        why_unchanged(n, s);
    if (changed || by == ASKED_BY_READING)
        drive_evaluated(n, s);
    if (changed || first)
        order_evaluated(n, s);
    if (decision_evaluated(n, s, changed))
        dispatch_switched(n, s, age_ms);
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

/* What is old may be one of many on their way: a state is looked at when they are all there. */
static bool is_backlog(enum decide_kind kind, uint64_t age_ms)
{
    return kind == DECIDE_STATE && age_ms > 0;
}

/* Whether it came in time and the rule took it in. */
static bool feed(struct node *n, struct rule_state *s, const struct decide_input *in)
{
    uint64_t at_ms = in->age_ms < n->now_ms ? n->now_ms - in->age_ms : 0;
    if (in->age_ms > rule_reach_ms(s) ||
        rule_drives(&s->rule, span_of(n->self.device), in->device, in->reading->type))
        return false;
    if (rule_feed(s, in->device, in->reading, at_ms, in->trust) != ERR_OK) {
        n->fx->out_of_memory = true;
        return false;
    }
    decision_fed(s, in->record);
    return true;
}

void decide_reading(struct node *n, const struct decide_input *in)
{
    bool used = false;
    summarise(n, in->reading);
    for (size_t i = 0; i < n->rule_count; i++) {
        struct rule_state *s = &n->rules[i];
        if (!rule_wants(s, in->device, in->reading))
            continue;
        used = true;
        if (!feed(n, s, in))
            continue;
        if (is_backlog(in->kind, in->age_ms))
            node_soon(&n->rules_at_ms, n->now_ms + TIME_BACKLOG_MS);
        else
            evaluate(n, s, ASKED_BY_READING, in->age_ms);
    }
    if (!used && in->kind == DECIDE_READING)
        note_unused(n, in->device, in->reading);
}

void decide_plain(struct node *n, struct span device, const struct reading *r)
{
    struct decide_input in = {.device = device,
                              .reading = r,
                              .trust = RULE_PLAIN,
                              .kind = DECIDE_READING};
    decide_reading(n, &in);
}

void decide_distrust(struct node *n, struct span device)
{
    for (size_t i = 0; i < n->rule_count; i++)
        if (rule_forget(&n->rules[i], device) && n->started)
            evaluate(n, &n->rules[i], ASKED_BY_TIME, 0);
    n->unsettled = true;
}

/* What an action of a rule sets is as this record says, and since then, by our own clock. */
static void restore_action(const struct node *n, struct rule_state *s, size_t action,
                           const struct record *r)
{
    const struct rule_action *a = &s->rule.actions[action];
    if (r->value.kind != VALUE_TEXT)
        return;
    bool active = span_is(r->value.text, a->active);
    if (!active && (a->idle[0] == '\0' || !span_is(r->value.text, a->idle)))
        return;
    if (!decision_is_newest(s, r))
        return;
    uint64_t ago_ms = n->wall_ms > r->ts ? n->wall_ms - r->ts : 0;
    rule_resume(s, active ? RULE_ACTIVE : RULE_IDLE, ago_ms < n->now_ms ? n->now_ms - ago_ms : 0);
}

static void restore_rules(struct node *n, const struct record *r)
{
    struct access_topic t = {.property = r->type};
    if (r->topic.size > 0 && (!access_topic_split(r->topic, &t) || t.kind != ACCESS_AUTO))
        return;
    for (size_t i = 0; i < n->rule_count; i++) {
        struct rule_state *s = &n->rules[i];
        for (size_t k = 0; k < s->rule.action_count; k++) {
            const struct rule_action *a = &s->rule.actions[k];
            /* what somebody else wanted says nothing of a rule */
            bool ours = r->topic.size == 0 && a->device[0] == '\0' && r->answers.size == 0;
            bool theirs = r->topic.size > 0 && a->device[0] != '\0' &&
                          rule_matches(a->device, t.device);
            if ((ours || theirs) && span_is(t.property, a->property))
                restore_action(n, s, k, r);
        }
    }
}

void decide_restore(struct node *n, const struct log_id *id, const struct record *r)
{
    bool own = strcmp(id->device, n->self.device) == 0;
    if (own && record_is_decision(r))
        decision_restore(n, r);
    if (record_is_decision(r))
        return;
    if (own)
        restore_rules(n, r);
    if (own || r->topic.size > 0)
        drive_restore(n, id, r);
}

void decide_restate(struct node *n)
{
    drive_restate(n);
    order_restate(n);
    decision_restate(n);
}

void decide_settle(struct node *n)
{
    n->unsettled = false;
    drive_settle(n);
    order_settle(n);
    dispatch_pump(n);
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

/* Some rules say something of input that never came: once there was time for it to come. */
static bool speaks_without_input(struct node *n, const struct rule_state *s)
{
    bool speaks = s->rule.stale != RULE_STALE_KEEP;
    for (size_t i = 0; i < s->rule.condition_count; i++)
        speaks = speaks || s->rule.conditions[i].over == RULE_COUNT;
    uint64_t at_ms = n->started_ms + TIME_FRESH_MS;
    if (speaks && n->now_ms < at_ms)
        node_soon(&n->rules_at_ms, at_ms);
    return speaks && n->now_ms >= at_ms;
}

void decide_start(struct node *n)
{
    if (n->rule_count > 0)
        n->rules_at_ms = n->now_ms + TIME_FRESH_MS;
    decision_start(n);
}

void decide_tick(struct node *n)
{
    if (drive_deadline(n) <= n->now_ms || n->order_at_ms <= n->now_ms)
        n->unsettled = true;
    if (n->summary_at_ms <= n->now_ms)
        tell_summaries(n);
    if (n->rules_at_ms > n->now_ms)
        return;
    n->rules_at_ms = NODE_NEVER;
    for (size_t i = 0; i < n->rule_count; i++)
        if (n->rules[i].used_ms > 0 || speaks_without_input(n, &n->rules[i]))
            evaluate(n, &n->rules[i], ASKED_BY_TIME, 0);
}

uint64_t decide_deadline(const struct node *n)
{
    uint64_t deadline = n->rules_at_ms;
    node_soon(&deadline, n->summary_at_ms);
    node_soon(&deadline, n->order_at_ms);
    node_soon(&deadline, drive_deadline(n));
    return deadline;
}
