#include "app/config_rules.h"

#include "app/config_draft.h"
#include "core/ident.h"

/* A rule is a mapping. Its keys fill a draft in whatever order they stand; what is said for the
 * whole rule then goes to the conditions that say nothing themselves, and what was left out gets
 * its usual value. A draft with a fault is told and dropped. */

static const char *const rule_keys[] = {
    [KEY_NAME] = "name",
    [KEY_WHEN] = "when",
    [KEY_THEN] = "then",
    [KEY_ELSE] = "else",
    [KEY_HYSTERESIS] = "hysteresis",
    [KEY_OVER] = "over",
    [KEY_FRESH] = "fresh",
    [KEY_FOR] = "for",
    [KEY_MIN_ON] = "min_on",
    [KEY_MIN_OFF] = "min_off",
    [KEY_STALE] = "stale",
    [KEY_SCHEDULE] = "schedule",
    [KEY_OWNER] = "owner",
    [KEY_BACKUP] = "backup",
    [KEY_COUNT] = NULL,
};

static bool take_stale(enum rule_stale *stale, struct span text, char why[CONFIG_RULE_WHY])
{
    static const char *const texts[] = {"keep", "on", "off", NULL};
    size_t i = config_draft_find(texts, text);
    if (texts[i] == NULL) {
        snprintf(why, CONFIG_RULE_WHY, "it is keep, on or off");
        return false;
    }
    *stale = (enum rule_stale)i;
    return true;
}

static bool take_name(struct rule *rule, struct span text, char why[CONFIG_RULE_WHY])
{
    if (access_property_valid(text)) {
        ident_name_copy(rule->name, text);
        return true;
    }
    snprintf(why, CONFIG_RULE_WHY, "a name is 1 to 63 of a-z, 0-9, - and _%s",
             access_name_valid(text) ? "; this is a word of the protocol" : "");
    return false;
}

static bool take_text(struct config_draft *d, enum config_rule_key key, struct span text,
                      char why[CONFIG_RULE_WHY])
{
    switch (key) {
    case KEY_NAME:
        return take_name(&d->rule, text, why);
    case KEY_ELSE:
        return config_rule_value(d->idle, text, why);
    case KEY_FOR:
        return config_rule_span(&d->rule.hold_ms, text, why);
    case KEY_MIN_ON:
        return config_rule_span(&d->rule.min_on_ms, text, why);
    case KEY_MIN_OFF:
        return config_rule_span(&d->rule.min_off_ms, text, why);
    case KEY_STALE:
        return take_stale(&d->rule.stale, text, why);
    default:
        return config_draft_extra(&d->all, key, text, why);
    }
}

static void on_rule_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                         void *context)
{
    struct config_draft *d = context;
    char why[CONFIG_RULE_WHY] = "";
    size_t index;
    if (!config_draft_key(c, d, rule_keys, key, &d->seen, &index))
        return;
    if (index == KEY_WHEN)
        config_draft_when(c, d, value);
    else if (index == KEY_THEN)
        d->then = value;
    else if (index == KEY_SCHEDULE)
        config_draft_schedule(c, d, value);
    else if (index == KEY_OWNER)
        config_draft_owner(c, d, value, 0, "owner");
    else if (index == KEY_BACKUP)
        config_draft_backups(c, d, value);
    else if (index == KEY_ELSE && value->type != YAML_SCALAR_NODE)
        d->otherwise = value;
    else if (config_draft_is_text(c, d, value, rule_keys[index]) &&
             !take_text(d, (enum config_rule_key)index, config_yaml_text(value), why))
        config_draft_refuse(c, d, value, rule_keys[index], why);
    if (index == KEY_ELSE)
        d->otherwise = value;
}

static void require_key(struct config *c, struct config_draft *draft, const yaml_node_t *node,
                        enum config_rule_key key, const char *example)
{
    if (draft->seen & 1u << key)
        return;
    config_yaml_fault(c->yaml, node, "this rule has no %s: %s", rule_keys[key], example);
    draft->wrong = true;
}

/* Whether two actions may set the same property. */
static bool overlap(const struct rule_action *a, const struct rule_action *b)
{
    return strcmp(a->property, b->property) == 0 && (rule_matches(a->device, span_of(b->device)) ||
                                                     rule_matches(b->device, span_of(a->device)));
}

static bool drives(const struct rule *rule, const struct rule_action *a)
{
    for (size_t i = 0; i < rule->action_count; i++)
        if (&rule->actions[i] != a && overlap(&rule->actions[i], a))
            return true;
    return false;
}

/* One name, and one property, for one rule: two that drive the same would undo each other. */
static void check_action(struct config *c, struct config_draft *d, const yaml_node_t *node,
                         const struct rule_action *a)
{
    const struct rule *other = drives(&d->rule, a) ? &d->rule : NULL;
    for (size_t i = 0; i < c->settings->rule_count && other == NULL; i++)
        if (drives(&c->settings->rules[i], a))
            other = &c->settings->rules[i];
    if (other == NULL)
        return;
    config_yaml_fault(c->yaml, node,
                      "%s%s%s is driven by the rule %s already, and the two would undo each other: "
                      "use one rule (hysteresis: says when it ends)",
                      a->device, a->device[0] != '\0' ? "/" : "", a->property, other->name);
    d->wrong = true;
}

/* A property is a state or it is done: its device refuses the one for the other. */
static void check_command(struct config *c, struct config_draft *d, const yaml_node_t *node,
                          const struct rule_command *command)
{
    struct rule_action a = {0};
    memcpy(a.device, command->device, sizeof a.device);
    memcpy(a.property, command->property, sizeof a.property);
    bool sets = drives(&d->rule, &a);
    for (size_t i = 0; i < c->settings->rule_count; i++)
        sets = sets || drives(&c->settings->rules[i], &a);
    if (!sets)
        return;
    config_yaml_fault(c->yaml, node,
                      "%s%s%s is set by a rule, so it is a state and can't be done: use another "
                      "name for do",
                      a.device, a.device[0] != '\0' ? "/" : "", a.property);
    d->wrong = true;
}

static void check_draft(struct config *c, struct config_draft *d, const yaml_node_t *node)
{
    for (size_t i = 0; i < d->rule.action_count && !d->wrong; i++)
        check_action(c, d, node, &d->rule.actions[i]);
    for (size_t i = 0; i < d->rule.command_count && !d->wrong; i++)
        check_command(c, d, node, &d->rule.commands[i]);
    for (size_t i = 0; i < c->settings->rule_count && !d->wrong; i++) {
        if (strcmp(c->settings->rules[i].name, d->rule.name) != 0)
            continue;
        config_yaml_fault(c->yaml, node, "another rule has the name %s already", d->rule.name);
        d->wrong = true;
    }
}

static void add_rule(struct config *c, const yaml_node_t *node)
{
    struct config_draft d = {0};
    if (node->type != YAML_MAPPING_NODE) {
        config_yaml_fault(c->yaml, node,
                          "a rule is written: - {when: temperature > 25, then: fan}");
        return;
    }
    config_walk_pairs(c, node, on_rule_pair, &d);
    config_draft_actions(c, &d);
    require_key(c, &d, node, KEY_WHEN, "when: temperature > 25");
    require_key(c, &d, node, KEY_THEN, "then: fan");
    if (d.wrong)
        return;
    config_draft_complete(&d);
    if (d.rule.name[0] == '\0')
        ident_name_copy(d.rule.name,
                        span_of(d.rule.action_count > 0 ? d.rule.actions[0].property
                                                        : d.rule.commands[0].property));
    check_draft(c, &d, node);
    if (!d.wrong)
        c->settings->rules[c->settings->rule_count++] = d.rule;
}

void config_rules_add(struct config *c, const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        config_yaml_fault(c->yaml, node,
                          "rules is a list; each rule begins with -: - {when: temperature > 25, "
                          "then: fan}");
        return;
    }
    const yaml_node_item_t *start = node->data.sequence.items.start;
    const yaml_node_item_t *top = node->data.sequence.items.top;
    if (top - start > LIMIT_RULES) {
        config_yaml_fault(c->yaml, config_yaml_node(c->yaml, start[LIMIT_RULES]),
                          "%d rules are the most", LIMIT_RULES);
        return;
    }
    for (const yaml_node_item_t *item = start; item < top; item++)
        add_rule(c, config_yaml_node(c->yaml, *item));
}
