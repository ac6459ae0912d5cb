#include "core/rule.h"

#include "core/ident.h"
#include "core/rule_input.h"
#include "core/rule_schedule.h"

#include <stdlib.h>

/* A value is kept once for each topic, or added to the windows of the conditions that have one.
 * Evaluating makes a total of what is fresh for each condition, judges it, joins the outcomes
 * (true, false or unknown), and then asks, in this order: the schedule, what to do about stale
 * input, how long the conditions have held, and how long the rule has been what it is. */

static const char *const over_texts[RULE_OVER_COUNT] = {"any", "all", "mean",
                                                        "min", "max", "count"};
static const char *const compare_texts[RULE_COMPARE_COUNT] = {">", ">=", "<", "<=", "==", "!="};

void rule_default_cool(struct rule *rule)
{
    *rule = (struct rule){
        .name = "cool",
        .conditions = {{.device = "*",
                        .property = "temperature",
                        .over = RULE_ANY,
                        .compare = RULE_ABOVE,
                        .threshold = 25,
                        .unit = "Cel",
                        .fresh_ms = TIME_FRESH_MS}},
        .condition_count = 1,
        .actions = {{.property = "fan", .active = "on", .idle = "off"}},
        .action_count = 1,
    };
}

void rule_default_light(struct rule *rule)
{
    *rule = (struct rule){
        .name = "light",
        .conditions = {{.device = "*",
                        .property = "motion",
                        .over = RULE_ANY,
                        .compare = RULE_ABOVE,
                        .threshold = 0.5,
                        .fresh_ms = TIME_FRESH_MS}},
        .condition_count = 1,
        .actions = {{.property = "light", .active = "on", .idle = "off"}},
        .action_count = 1,
    };
}

void rule_default_mean(struct rule *rule)
{
    rule_default_cool(rule);
    rule->conditions[0].over = RULE_MEAN;
    ident_name_copy(rule->actions[0].device, SPAN("*"));
}

void rule_init(struct rule_state *s, const struct rule *rule)
{
    check(rule->condition_count > 0 && rule->condition_count <= LIMIT_CONDITIONS);
    check(rule->action_count <= LIMIT_ACTIONS && rule->command_count <= LIMIT_RULE_COMMANDS);
    check(rule->action_count + rule->command_count > 0);
    check(rule->schedule_count <= LIMIT_SCHEDULES && rule->owner_count <= LIMIT_OWNERS);
    *s = (struct rule_state){.rule = *rule};
}

void rule_fini(struct rule_state *s)
{
    free(s->inputs);
    for (size_t i = 0; i < LIMIT_CONDITIONS; i++)
        free(s->windows[i]);
    *s = (struct rule_state){0};
}

void rule_resume(struct rule_state *s, enum rule_phase phase, uint64_t since_ms)
{
    s->active = phase == RULE_ACTIVE;
    s->switched = true;
    s->switched_ms = since_ms;
    s->counting = false;
    s->wish = s->active;
    for (size_t i = 0; i < s->rule.condition_count; i++)
        s->outcomes[i].held = s->active;
}

void rule_count(struct rule_state *s, uint64_t held_ms, uint64_t now_ms)
{
    uint64_t here_ms = held_ms < now_ms ? held_ms : now_ms;
    s->counting = s->wish = true;
    s->since_ms = now_ms - here_ms;
    s->counted_ms = held_ms - here_ms;
}

/* Goes back to the last `*` and lets it stand for one character more, when it fits no further. */
bool rule_matches(const char *pattern, struct span name)
{
    const char *star = NULL;
    size_t at = 0, behind_star = 0;
    while (at < name.size) {
        if (*pattern == '*') {
            star = pattern++;
            behind_star = at;
        } else if (*pattern == name.bytes[at]) {
            pattern++;
            at++;
        } else if (star != NULL) {
            pattern = star + 1;
            at = ++behind_star;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool rule_drives(const struct rule *rule, struct span self, struct span device,
                 struct span property)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct rule_action *a = &rule->actions[i];
        bool target = a->device[0] == '\0' ? span_equal(device, self)
                                           : rule_matches(a->device, device);
        if (target && span_is(property, a->property))
            return true;
    }
    return false;
}

static bool can_compare(const struct rule_condition *c, const struct reading *r)
{
    if (r->value.kind == VALUE_NONE)
        return false;
    if (r->value.kind == VALUE_TEXT)
        return c->operand != RULE_NUMBER || c->over == RULE_COUNT;
    return c->unit[0] == '\0' || r->unit.size == 0 || span_is(r->unit, c->unit);
}

/* A bit for each condition that looks at such a value. */
static unsigned conditions_for(const struct rule_state *s, struct span device,
                               const struct reading *r)
{
    unsigned bits = 0;
    for (size_t i = 0; i < s->rule.condition_count; i++) {
        const struct rule_condition *c = &s->rule.conditions[i];
        if (rule_matches(c->property, r->type) && rule_matches(c->device, device) &&
            can_compare(c, r))
            bits |= 1u << i;
    }
    return bits;
}

bool rule_wants(const struct rule_state *s, struct span device, const struct reading *r)
{
    return conditions_for(s, device, r) != 0;
}

uint64_t rule_reach_ms(const struct rule_state *s)
{
    uint64_t reach_ms = 0;
    for (size_t i = 0; i < s->rule.condition_count; i++) {
        const struct rule_condition *c = &s->rule.conditions[i];
        uint64_t ms = c->window_ms > 0 ? c->window_ms : c->fresh_ms;
        if (ms > reach_ms)
            reach_ms = ms;
    }
    return reach_ms;
}

/* Into the windows of these conditions; `last`: those that have none. */
static enum err feed_windows(struct rule_state *s, unsigned bits, const struct rule_sample *v,
                             uint64_t at_ms, unsigned *last)
{
    *last = bits;
    for (size_t i = 0; bits >> i != 0; i++) {
        const struct rule_condition *c = &s->rule.conditions[i];
        if (!(bits >> i & 1) || c->window_ms == 0)
            continue;
        *last &= ~(1u << i);
        if (s->windows[i] == NULL)
            s->windows[i] = calloc(1, sizeof *s->windows[i]);
        if (s->windows[i] == NULL)
            return ERR_MEMORY;
        rule_total_record(s->windows[i], c, at_ms, v);
    }
    return ERR_OK;
}

enum err rule_feed(struct rule_state *s, struct span device, const struct reading *r,
                   uint64_t at_ms, enum rule_trust trust)
{
    unsigned last;
    unsigned bits = conditions_for(s, device, r);
    struct rule_sample v = rule_input_sample_of(&r->value, trust);
    if (feed_windows(s, bits, &v, at_ms, &last) != ERR_OK)
        return ERR_MEMORY;
    if (last == 0)
        return ERR_OK;
    struct rule_input *input = rule_input_of(s, device, r->type);
    if (input == NULL)
        return ERR_MEMORY;
    if (input->conditions != 0 && at_ms < input->at_ms)
        return ERR_OK;
    rule_input_set(input, &r->value, at_ms);
    input->conditions = (uint8_t)last;
    input->plain = trust == RULE_PLAIN;
    return ERR_OK;
}

bool rule_forget(struct rule_state *s, struct span device)
{
    bool forgot = rule_input_forget(s, device);
    for (size_t i = 0; i < s->rule.condition_count; i++) {
        if (s->windows[i] == NULL || !rule_matches(s->rule.conditions[i].device, device))
            continue;
        free(s->windows[i]);
        s->windows[i] = NULL;
        forgot = true;
    }
    return forgot;
}

static uint64_t passed_ms(uint64_t since_ms, uint64_t now_ms)
{
    return since_ms < now_ms ? now_ms - since_ms : 0;
}

uint64_t rule_counted_ms(const struct rule_state *s, uint64_t now_ms)
{
    return s->counting && !s->active ? passed_ms(s->since_ms, now_ms) + s->counted_ms : 0;
}

uint64_t rule_edge_ms(const struct rule_state *s)
{
    return rule_schedule_last(&s->rule, &s->now);
}

static uint64_t later_ms(uint64_t since_ms, uint64_t ms)
{
    return since_ms < UINT64_MAX - ms ? since_ms + ms : UINT64_MAX;
}

static struct rule_total gather(const struct rule_state *s, size_t condition, uint64_t now_ms)
{
    const struct rule_condition *c = &s->rule.conditions[condition];
    struct rule_total t = {0};
    if (c->window_ms > 0) {
        if (s->windows[condition] != NULL)
            rule_total_gather(&t, s->windows[condition], c, now_ms);
        return t;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct rule_input *input = &s->inputs[i];
        if (!(input->conditions >> condition & 1) || passed_ms(input->at_ms, now_ms) > c->fresh_ms)
            continue;
        struct rule_sample v = rule_input_sample(input);
        rule_total_add(&t, c, &v);
    }
    return t;
}

/* What settles the matter beats what is unknown. */
static enum rule_truth join(struct rule_state *s, uint64_t now_ms)
{
    enum rule_truth settles = s->rule.join == RULE_JOIN_ANY ? RULE_TRUE : RULE_FALSE;
    enum rule_truth all = settles == RULE_TRUE ? RULE_FALSE : RULE_TRUE;
    bool unknown = false, settled = false, plain = false, any = false;
    for (size_t i = 0; i < s->rule.condition_count; i++) {
        struct rule_total t = gather(s, i, now_ms);
        rule_total_judge(&t, &s->rule.conditions[i], &s->outcomes[i]);
        unknown = unknown || s->outcomes[i].truth == RULE_UNKNOWN;
        settled = settled || s->outcomes[i].truth == settles;
        plain = plain || t.plain;
        any = any || t.count > 0;
    }
    if (any)
        s->plain = plain;
    if (settled)
        return settles;
    return unknown ? RULE_UNKNOWN : all;
}

/* The conditions hold: is it time? */
static bool held_long(struct rule_state *s)
{
    if (s->active)
        return true;
    if (!s->counting) {
        s->since_ms = s->now.now_ms;
        s->counted_ms = 0;
    }
    s->counting = true;
    if (rule_counted_ms(s, s->now.now_ms) >= s->rule.hold_ms)
        return true;
    s->cause = RULE_BY_HOLD;
    return false;
}

/* What it should be, but for the minimum times. */
static bool wanted(struct rule_state *s, enum rule_truth truth)
{
    s->cause = RULE_BY_CONDITIONS;
    if (!s->open)
        s->cause = RULE_BY_SCHEDULE;
    else if (truth == RULE_TRUE)
        return held_long(s);
    else if (truth == RULE_UNKNOWN)
        s->cause = RULE_BY_STALE;
    if (s->cause != RULE_BY_STALE || s->now.now_ms >= s->keep_until_ms)
        s->counting = false;
    if (s->cause != RULE_BY_STALE)
        return false;
    return s->rule.stale == RULE_STALE_KEEP ? s->active : s->rule.stale == RULE_STALE_ON;
}

static uint64_t min_ms(const struct rule_state *s)
{
    return s->active ? s->rule.min_on_ms : s->rule.min_off_ms;
}

bool rule_evaluate(struct rule_state *s, const struct rule_now *now)
{
    bool open = rule_schedule_open(&s->rule, now);
    s->now = *now;
    s->edge = s->used_ms > 0 && open != s->open;
    s->open = open;
    s->used_ms = now->now_ms;
    bool active = wanted(s, join(s, now->now_ms));
    s->wish = active || s->counting;
    if (active == s->active)
        return active;
    if (s->switched && passed_ms(s->switched_ms, now->now_ms) < min_ms(s)) {
        s->cause = RULE_BY_MIN;
        return s->active;
    }
    s->active = active;
    s->counting = false;
    s->switched = true;
    s->switched_ms = now->now_ms;
    return active;
}

static void sooner(uint64_t *deadline_ms, uint64_t at_ms)
{
    if (at_ms < *deadline_ms)
        *deadline_ms = at_ms;
}

static uint64_t stale_at_ms(const struct rule_state *s, size_t condition, uint64_t now_ms)
{
    const struct rule_condition *c = &s->rule.conditions[condition];
    uint64_t first_ms = UINT64_MAX;
    for (size_t i = 0; i < s->count; i++) {
        uint64_t last_ms = later_ms(s->inputs[i].at_ms, c->fresh_ms);
        if (s->inputs[i].conditions >> condition & 1 && last_ms >= now_ms)
            sooner(&first_ms, later_ms(last_ms, 1));
    }
    return first_ms;
}

uint64_t rule_deadline(const struct rule_state *s, const struct rule_now *now)
{
    uint64_t deadline_ms = rule_schedule_edge(&s->rule, now);
    if (s->cause == RULE_BY_HOLD)
        sooner(&deadline_ms, later_ms(s->since_ms, s->rule.hold_ms - s->counted_ms));
    if (s->cause == RULE_BY_MIN)
        sooner(&deadline_ms, later_ms(s->switched_ms, min_ms(s)));
    for (size_t i = 0; i < s->rule.condition_count; i++) {
        const struct rule_condition *c = &s->rule.conditions[i];
        if (c->window_ms == 0)
            sooner(&deadline_ms, stale_at_ms(s, i, now->now_ms));
        else if (s->windows[i] != NULL)
            sooner(&deadline_ms, rule_total_leaves(s->windows[i], c, now->now_ms));
    }
    return deadline_ms;
}

struct span rule_value(const struct rule_state *s, size_t action)
{
    check(action < s->rule.action_count);
    const struct rule_action *a = &s->rule.actions[action];
    return span_of(s->active ? a->active : a->idle);
}

const char *rule_over_text(enum rule_over over)
{
    check(over < RULE_OVER_COUNT);
    return over_texts[over];
}

const char *rule_compare_text(enum rule_compare compare)
{
    check(compare < RULE_COMPARE_COUNT);
    return compare_texts[compare];
}
