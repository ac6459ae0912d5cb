#include "app/config_draft.h"

#include "base/number.h"
#include "core/ident.h"
#include "core/rule_schedule.h"

/* Conditions, actions and schedules are each one thing or a list; each thing is text or a mapping
 * with a few keys of its own. */

/* A mapping inside a rule, while its keys are read. */
struct part {
    struct config_draft *draft;
    const char *const *keys;
    unsigned seen;
    union {
        struct rule_condition *condition;
        struct rule_schedule *schedule;
        struct {
            struct rule_action *action;
            struct rule_command *command;
        };
    };
    struct config_extras *extras;
};

size_t config_draft_find(const char *const *keys, struct span key)
{
    size_t i = 0;
    while (keys[i] != NULL && !span_is(key, keys[i]))
        i++;
    return i;
}

/* Which key it is; otherwise told, and the nearest counted as given. */
bool config_draft_key(struct config *c, struct config_draft *d, const char *const *keys,
                      const yaml_node_t *key, unsigned *seen, size_t *index)
{
    *index = config_draft_find(keys, config_yaml_text(key));
    bool known = keys[*index] != NULL;
    if (!known) {
        const char *nearest = config_walk_unknown(c, key, keys);
        d->wrong = true;
        if (nearest == NULL)
            return false;
        *index = config_draft_find(keys, span_of(nearest));
    }
    *seen |= 1u << *index;
    return known;
}

void config_draft_refuse(struct config *c, struct config_draft *d, const yaml_node_t *node,
                         const char *key, const char *why)
{
    config_yaml_fault(c->yaml, node, "%s: %s", key, why);
    d->wrong = true;
}

bool config_draft_is_text(struct config *c, struct config_draft *d, const yaml_node_t *node,
                          const char *key)
{
    if (config_walk_is_text(c, node, key))
        return true;
    d->wrong = true;
    return false;
}

/* One thing, or a list of at most `max`: the number of them; `max` of 0 is a list that is none. */
static size_t item_count(struct config *c, struct config_draft *d, const yaml_node_t *node,
                         size_t max, const char *key)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return 1;
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (count > 0 && count <= max)
        return count;
    if (count == 0)
        config_yaml_fault(c->yaml, node, "%s: this list is empty", key);
    else
        config_yaml_fault(c->yaml, node, "%s: %zu are the most", key, max);
    d->wrong = true;
    return 0;
}

static const yaml_node_t *item_at(struct config *c, const yaml_node_t *node, size_t i)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return node;
    return config_yaml_node(c->yaml, node->data.sequence.items.start[i]);
}

/* Conditions. */

static bool take_hysteresis(double *hysteresis, struct span text, char why[CONFIG_RULE_WHY])
{
    if (number_parse(text, hysteresis) == ERR_OK && *hysteresis >= 0)
        return true;
    snprintf(why, CONFIG_RULE_WHY, "no number from 0 on, such as 0.5");
    return false;
}

bool config_draft_extra(struct config_extras *x, enum config_rule_key key, struct span text,
                        char why[CONFIG_RULE_WHY])
{
    x->seen |= 1u << key;
    if (key == KEY_HYSTERESIS)
        return take_hysteresis(&x->hysteresis, text, why);
    if (key == KEY_OVER)
        return config_rule_window(&x->window_ms, text, why);
    return config_rule_fresh(&x->fresh_ms, text, why);
}

static const char *const condition_keys[] = {"when", "hysteresis", "over", "fresh", NULL};
static const enum config_rule_key condition_key_ids[] = {KEY_WHEN, KEY_HYSTERESIS, KEY_OVER,
                                                         KEY_FRESH};

static void on_condition_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                              void *context)
{
    struct part *p = context;
    char why[CONFIG_RULE_WHY] = "";
    size_t index;
    if (!config_draft_key(c, p->draft, condition_keys, key, &p->seen, &index) ||
        !config_draft_is_text(c, p->draft, value, condition_keys[index]))
        return;
    struct span text = config_yaml_text(value);
    enum config_rule_key id = condition_key_ids[index];
    bool good = id == KEY_WHEN ? config_rule_when(p->condition, text, why)
                               : config_draft_extra(p->extras, id, text, why);
    if (!good)
        config_draft_refuse(c, p->draft, value, condition_keys[index], why);
}

static void add_condition(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    size_t i = d->rule.condition_count++;
    char why[CONFIG_RULE_WHY] = "";
    struct part p = {.draft = d, .condition = &d->rule.conditions[i], .extras = &d->each[i]};
    if (node->type == YAML_MAPPING_NODE) {
        config_walk_pairs(c, node, on_condition_pair, &p);
        if (!(p.seen & 1)) {
            config_yaml_fault(c->yaml, node,
                              "this condition has no when: {when: temperature > 25, over: 10m}");
            d->wrong = true;
        }
    } else if (config_draft_is_text(c, d, node, "when") &&
               !config_rule_when(p.condition, config_yaml_text(node), why)) {
        config_draft_refuse(c, d, node, "when", why);
    }
}

static void add_conditions(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    size_t count = item_count(c, d, node, LIMIT_CONDITIONS, "when");
    for (size_t i = 0; i < count; i++)
        add_condition(c, d, item_at(c, node, i));
}

/* {any: [...]} or {all: [...]} */
static bool set_join(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE ||
        node->data.mapping.pairs.top - node->data.mapping.pairs.start != 1)
        return false;
    const yaml_node_t *key = config_yaml_node(c->yaml, node->data.mapping.pairs.start->key);
    if (key->type != YAML_SCALAR_NODE)
        return false;
    bool any = span_is(config_yaml_text(key), "any");
    if (!any && !span_is(config_yaml_text(key), "all"))
        return false;
    d->rule.join = any ? RULE_JOIN_ANY : RULE_JOIN_ALL;
    add_conditions(c, d, config_yaml_node(c->yaml, node->data.mapping.pairs.start->value));
    return true;
}

void config_draft_when(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    if (!set_join(c, d, node))
        add_conditions(c, d, node);
}

/* What the rule says goes to the conditions that say nothing. */
void config_draft_complete(struct config_draft *d)
{
    for (size_t i = 0; i < d->rule.condition_count; i++) {
        struct rule_condition *r = &d->rule.conditions[i];
        const struct config_extras *x[] = {&d->each[i], &d->all};
        bool has_window = r->window_ms > 0;
        unsigned done = 0;
        for (size_t k = 0; k < 2; k++) {
            unsigned now = x[k]->seen & ~done;
            if (now & 1u << KEY_HYSTERESIS && r->operand == RULE_NUMBER)
                r->hysteresis = x[k]->hysteresis;
            if (now & 1u << KEY_OVER && !has_window)
                r->window_ms = x[k]->window_ms;
            if (now & 1u << KEY_FRESH)
                r->fresh_ms = x[k]->fresh_ms;
            done |= now;
        }
    }
}

/* Actions. */

enum { SET, TO, ELSE, DO, WITH };
static const char *const action_keys[] = {
    [SET] = "set", [TO] = "to", [ELSE] = "else", [DO] = "do", [WITH] = "with", NULL};

static void on_action_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                           void *context)
{
    struct part *p = context;
    char why[CONFIG_RULE_WHY] = "";
    size_t index;
    if (!config_draft_key(c, p->draft, action_keys, key, &p->seen, &index) ||
        !config_draft_is_text(c, p->draft, value, action_keys[index]))
        return;
    struct span text = config_yaml_text(value);
    char *const values[] = {
        [TO] = p->action->active, [ELSE] = p->action->idle, [WITH] = p->command->value};
    bool good = index == SET  ? config_rule_target(p->action, text, why)
                : index == DO ? config_rule_do(p->command, text, why)
                              : config_rule_value(values[index], text, why);
    if (!good)
        config_draft_refuse(c, p->draft, value, action_keys[index], why);
}

static const char *opposite(const char *value)
{
    return strcmp(value, "off") == 0 ? "on" : "off";
}

static void take_action_text(struct config *c, struct config_draft *d, const yaml_node_t *node,
                             struct rule_action *a)
{
    char why[CONFIG_RULE_WHY] = "";
    if (!config_draft_is_text(c, d, node, "then"))
        return;
    if (config_rule_then(a, config_yaml_text(node), why))
        ident_name_copy(a->idle, span_of(d->idle[0] != '\0' ? d->idle : opposite(a->active)));
    else
        config_draft_refuse(c, d, node, "then", why);
}

/* Which keys stand together. */
static const char *action_fault(unsigned seen, enum rule_phase at)
{
    bool sets = (seen & (1u << SET | 1u << TO | 1u << ELSE)) != 0;
    bool does = (seen & (1u << DO | 1u << WITH)) != 0;
    if (at == RULE_IDLE && sets)
        return "else takes what is done once: {do: siren1/beep}; what a set is otherwise stands "
               "beside it: {set: fan, else: off}";
    if (sets && does)
        return "set and do are two actions: [{set: fan}, {do: siren1/beep}]";
    if (does)
        return seen & 1u << DO ? NULL : "this action has no do: {do: siren1/beep, with: 3}";
    return seen & 1u << SET ? NULL : "this action has no set: {set: fan, to: on, else: off}";
}

static void refuse_empty(struct config *c, struct config_draft *d, const yaml_node_t *node,
                         const struct rule_action *a)
{
    if (d->wrong || strcmp(a->active, a->idle) != 0)
        return;
    config_yaml_fault(c->yaml, node, "then and else are both %s: the rule would do nothing",
                      a->idle);
    d->wrong = true;
}

/* A mapping: a state that is set, or a command that is done once. */
static void add_action_mapping(struct config *c, struct config_draft *d, const yaml_node_t *node,
                               enum rule_phase at)
{
    struct rule *rule = &d->rule;
    struct rule_action action = {.active = "on"};
    struct rule_command command = {.at = at};
    struct part p = {.draft = d, .action = &action, .command = &command};
    config_walk_pairs(c, node, on_action_pair, &p);
    const char *fault = action_fault(p.seen, at);
    if (fault != NULL) {
        config_yaml_fault(c->yaml, node, "%s", fault);
        d->wrong = true;
    } else if (p.seen & 1u << DO) {
        rule->commands[rule->command_count++] = command;
    } else {
        rule->actions[rule->action_count++] = action;
        refuse_empty(c, d, node, &action);
    }
}

static void add_action(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    if (node->type == YAML_MAPPING_NODE) {
        add_action_mapping(c, d, node, RULE_ACTIVE);
        return;
    }
    struct rule_action *a = &d->rule.actions[d->rule.action_count++];
    take_action_text(c, d, node, a);
    refuse_empty(c, d, node, a);
}

/* What is done once when the rule ends. */
static void add_exit(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    size_t count = item_count(c, d, node, LIMIT_ACTIONS, "else");
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = item_at(c, node, i);
        if (item->type == YAML_MAPPING_NODE)
            add_action_mapping(c, d, item, RULE_IDLE);
        else
            config_draft_refuse(c, d, item, "else",
                                "in a list, what is done once: {do: siren1/beep}");
    }
}

/* Once all keys are read: `else` may stand before or behind. */
void config_draft_actions(struct config *c, struct config_draft *d)
{
    bool exits = d->otherwise != NULL && d->otherwise->type != YAML_SCALAR_NODE;
    if (exits)
        add_exit(c, d, d->otherwise);
    if (d->then == NULL)
        return;
    if (d->otherwise != NULL && !exits && d->then->type != YAML_SCALAR_NODE)
        config_draft_refuse(c, d, d->otherwise, "else",
                            "it stands beside its set: {set: fan, else: off}");
    size_t count = item_count(c, d, d->then, LIMIT_ACTIONS, "then");
    for (size_t i = 0; i < count; i++)
        add_action(c, d, item_at(c, d->then, i));
}

/* Schedules. */

enum { DAYS, FROM, TO_TIME };
static const char *const schedule_keys[] = {
    [DAYS] = "days", [FROM] = "from", [TO_TIME] = "to", NULL};

static void take_days(struct config *c, struct part *p, const yaml_node_t *node)
{
    size_t count = item_count(c, p->draft, node, 7, "days");
    for (size_t i = 0; i < count; i++) {
        char why[CONFIG_RULE_WHY] = "";
        const yaml_node_t *item = item_at(c, node, i);
        if (config_draft_is_text(c, p->draft, item, "days") &&
            !config_rule_days(&p->schedule->days, config_yaml_text(item), why))
            config_draft_refuse(c, p->draft, item, "days", why);
    }
}

static void on_schedule_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                             void *context)
{
    struct part *p = context;
    char why[CONFIG_RULE_WHY] = "";
    size_t index;
    if (!config_draft_key(c, p->draft, schedule_keys, key, &p->seen, &index))
        return;
    if (index == DAYS) {
        take_days(c, p, value);
        return;
    }
    if (!config_draft_is_text(c, p->draft, value, schedule_keys[index]))
        return;
    uint16_t *minutes = index == FROM ? &p->schedule->from_min : &p->schedule->to_min;
    if (!config_rule_time(minutes, config_yaml_text(value), why))
        config_draft_refuse(c, p->draft, value, schedule_keys[index], why);
}

static const char *schedule_fault(const struct part *p)
{
    const struct rule_schedule *s = p->schedule;
    if (s->from_min == RULE_SCHEDULE_DAY_MIN)
        return "a day begins at 0:00; it only ends at 24:00";
    if (s->to_min == 0)
        return "until midnight is to: 24:00";
    return s->from_min == s->to_min ? "from and to are the same; leave both out for whole days"
                                    : NULL;
}

void config_draft_schedule(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    size_t count = item_count(c, d, node, LIMIT_SCHEDULES, "schedule");
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = item_at(c, node, i);
        struct part p = {.draft = d, .schedule = &d->rule.schedules[d->rule.schedule_count++]};
        p.schedule->to_min = RULE_SCHEDULE_DAY_MIN;
        if (item->type != YAML_MAPPING_NODE) {
            config_draft_refuse(c, d, item, "schedule",
                                "it is written {days: mon-fri, from: 7:00, to: 22:00}");
            continue;
        }
        bool before = d->wrong;
        config_walk_pairs(c, item, on_schedule_pair, &p);
        if (p.schedule->days == 0)
            p.schedule->days = RULE_SCHEDULE_DAYS;
        const char *why = d->wrong ? NULL : schedule_fault(&p);
        if (why != NULL && !before)
            config_draft_refuse(c, d, item, "schedule", why);
    }
}

/* Owners. */

void config_draft_owner(struct config *c, struct config_draft *d, const yaml_node_t *node,
                        size_t place, const char *key)
{
    if (!config_draft_is_text(c, d, node, key))
        return;
    struct span name = config_yaml_text(node);
    if (!access_name_valid(name)) {
        config_draft_refuse(c, d, node, key, "a name is 1 to 63 of a-z, 0-9, - and _");
        return;
    }
    for (size_t i = 0; i < d->rule.owner_count; i++)
        if (span_is(name, d->rule.owners[i])) {
            config_draft_refuse(c, d, node, key, "it is named already");
            return;
        }
    ident_name_copy(d->rule.owners[place], name);
    if (d->rule.owner_count <= place)
        d->rule.owner_count = place + 1;
}

void config_draft_backups(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    size_t count = item_count(c, d, node, LIMIT_OWNERS - 1, "backup");
    for (size_t i = 0; i < count; i++)
        config_draft_owner(c, d, item_at(c, node, i), i + 1, "backup");
}
