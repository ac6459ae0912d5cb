#include "app/config.h"

#include "app/config_rule.h"
#include "app/config_yaml.h"
#include "app/duration.h"
#include "base/number.h"
#include "io/file.h"

#include <errno.h>
#include <stdlib.h>

/* The tree is walked from the top: each key is an option of `run`, or one of device, source and
 * rules; each rule is a mapping again. Faults never end the walk. */

struct config {
    struct config_yaml *yaml;
    struct settings *settings;
};

static bool is_scalar(struct config *c, const yaml_node_t *node, const char *name)
{
    if (node->type == YAML_SCALAR_NODE && node->data.scalar.length > 0)
        return true;
    if (node->type == YAML_SCALAR_NODE)
        config_yaml_fault(c->yaml, node, "%s has no value", name);
    else
        config_yaml_fault(c->yaml, node, "%s is one value, not a list or a mapping", name);
    return false;
}

/* Calls on_pair for each pair whose key is text and new. */
typedef void pair_fn(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                     void *context);

static bool seen_before(struct config *c, const yaml_node_pair_t *start,
                        const yaml_node_pair_t *pair)
{
    struct span key = config_yaml_text(config_yaml_node(c->yaml, pair->key));
    for (const yaml_node_pair_t *p = start; p < pair; p++) {
        const yaml_node_t *other = config_yaml_node(c->yaml, p->key);
        if (other->type != YAML_SCALAR_NODE || !span_equal(config_yaml_text(other), key))
            continue;
        config_yaml_fault(c->yaml, config_yaml_node(c->yaml, pair->key),
                          "%.*s is given twice, first in line %zu", (int)key.size, key.bytes,
                          config_yaml_line(other));
        return true;
    }
    return false;
}

static void for_pairs(struct config *c, const yaml_node_t *mapping, pair_fn *on_pair, void *context)
{
    const yaml_node_pair_t *start = mapping->data.mapping.pairs.start;
    const yaml_node_pair_t *top = mapping->data.mapping.pairs.top;
    if (top - start > CONFIG_KEYS_MAX) {
        config_yaml_fault(c->yaml, mapping, "more than %d keys", CONFIG_KEYS_MAX);
        return;
    }
    for (const yaml_node_pair_t *pair = start; pair < top; pair++) {
        const yaml_node_t *key = config_yaml_node(c->yaml, pair->key);
        if (key->type != YAML_SCALAR_NODE)
            config_yaml_fault(c->yaml, key, "a key is a word, not a list or a mapping");
        else if (!seen_before(c, start, pair))
            on_pair(c, key, config_yaml_node(c->yaml, pair->value), context);
    }
}

/* Keys are options with _ for -; what may be repeated may stand in the plural. */

enum { KEY_MAX = OPTIONS_NAME_MAX + 2 };

static void key_of(const struct options_entry *entry, char out[KEY_MAX])
{
    snprintf(out, KEY_MAX, "%s", entry->name);
    for (char *c = out; *c != '\0'; c++)
        if (*c == '-')
            *c = '_';
}

static const struct options_entry *find_entry(struct span key)
{
    const struct options_table *table = settings_table();
    for (size_t i = 0; i < table->count; i++) {
        const struct options_entry *entry = &table->entries[i];
        char name[KEY_MAX];
        key_of(entry, name);
        size_t size = strlen(name);
        bool plural = entry->times == OPTIONS_MANY && key.size == size + 1 &&
                      key.bytes[size] == 's';
        if (span_equal(plural ? (struct span){key.bytes, size} : key, (struct span){name, size}))
            return entry;
    }
    return NULL;
}

static void add_value(struct config *c, const struct options_entry *entry, const yaml_node_t *node)
{
    char key[KEY_MAX], origin[FAULTS_LINE_MAX / 2];
    key_of(entry, key);
    if (!is_scalar(c, node, key))
        return;
    const char *value = (const char *)node->data.scalar.value;
    if (entry->argument == NULL) {
        enum options_truth truth = options_truth(config_yaml_text(node));
        if (truth == OPTIONS_NEITHER) {
            config_yaml_fault(c->yaml, node, "%s is true or false", key);
            return;
        }
        value = truth == OPTIONS_TRUE ? "1" : "0";
    }
    snprintf(origin, sizeof origin, "%s:%zu: %s", c->yaml->name, config_yaml_line(node), key);
    settings_add(c->settings, entry, SETTINGS_FILE, value, origin, c->yaml->faults);
}

static void add_values(struct config *c, const struct options_entry *entry, const yaml_node_t *node)
{
    if (entry->times == OPTIONS_ONCE || node->type != YAML_SEQUENCE_NODE) {
        add_value(c, entry, node);
        return;
    }
    const yaml_node_item_t *start = node->data.sequence.items.start;
    const yaml_node_item_t *top = node->data.sequence.items.top;
    if (top - start > CONFIG_KEYS_MAX) {
        config_yaml_fault(c->yaml, node, "more than %d values", CONFIG_KEYS_MAX);
        return;
    }
    for (const yaml_node_item_t *item = start; item < top; item++)
        add_value(c, entry, config_yaml_node(c->yaml, *item));
}

/* A key that is not known: which was meant? `words` ends with NULL. */

static const char *word_at(const void *context, size_t index)
{
    const char *const *words = context;
    return words[index];
}

static const char *tell_unknown(struct config *c, const yaml_node_t *key, const char *const *words)
{
    struct span text = config_yaml_text(key);
    const char *nearest = faults_nearest(text, word_at, (const void *)words);
    if (nearest != NULL)
        config_yaml_fault(c->yaml, key, "%.*s: no such key; did you mean %s?", (int)text.size,
                          text.bytes, nearest);
    else
        config_yaml_fault(c->yaml, key, "%.*s: no such key; kith help config shows all",
                          (int)text.size, text.bytes);
    return nearest;
}

enum { WORDS_MAX = 40 };

static void tell_unknown_option(struct config *c, const yaml_node_t *key, enum options_place place)
{
    static const char *const top[] = {"device", "rules", "source"};
    const struct options_table *table = settings_table();
    char keys[WORDS_MAX][KEY_MAX];
    const char *words[WORDS_MAX + COUNT_OF(top) + 1];
    size_t count = 0;
    for (size_t i = 0; i < table->count && count < WORDS_MAX; i++) {
        if (table->entries[i].place != place)
            continue;
        key_of(&table->entries[i], keys[count]);
        words[count] = keys[count];
        count++;
    }
    for (size_t i = 0; place == OPTIONS_TOP && i < COUNT_OF(top); i++)
        words[count++] = top[i];
    words[count] = NULL;
    tell_unknown(c, key, words);
}

/* Rules. */

enum rule_key { KEY_NAME, KEY_WHEN, KEY_THEN, KEY_ELSE, KEY_HYSTERESIS, KEY_FOR, KEY_FRESH };

static const char *const rule_keys[] = {
    [KEY_NAME] = "name",
    [KEY_WHEN] = "when",
    [KEY_THEN] = "then",
    [KEY_ELSE] = "else",
    [KEY_HYSTERESIS] = "hysteresis",
    [KEY_FOR] = "for",
    [KEY_FRESH] = "fresh",
    NULL,
};

struct draft {
    struct rule rule;
    unsigned seen; /* a bit a key */
    bool wrong;
};

static bool take_span(struct span text, uint64_t *ms, char why[CONFIG_RULE_WHY])
{
    double seconds;
    if (duration_parse(text, &seconds) == ERR_OK) {
        *ms = (uint64_t)(seconds * 1000 + 0.5);
        return true;
    }
    snprintf(why, CONFIG_RULE_WHY, "no time, such as 10s, 500ms, 2m or 1h");
    return false;
}

static bool take_hysteresis(struct span text, double *hysteresis, char why[CONFIG_RULE_WHY])
{
    if (number_parse(text, hysteresis) == ERR_OK && *hysteresis >= 0)
        return true;
    snprintf(why, CONFIG_RULE_WHY, "no number from 0 on, such as 0.5");
    return false;
}

static bool take_name(struct span text, struct rule *rule, char why[CONFIG_RULE_WHY])
{
    if (access_name_valid(text)) {
        ident_name_copy(rule->name, text);
        return true;
    }
    snprintf(why, CONFIG_RULE_WHY, "a name is 1 to 63 of a-z, 0-9, - and _");
    return false;
}

static bool take_rule_value(struct rule *rule, enum rule_key key, struct span text,
                            char why[CONFIG_RULE_WHY])
{
    switch (key) {
    case KEY_NAME:
        return take_name(text, rule, why);
    case KEY_WHEN:
        return config_rule_when(rule, text, why);
    case KEY_THEN:
        return config_rule_then(rule, text, why);
    case KEY_ELSE:
        return config_rule_value(rule->value_idle, text, why);
    case KEY_HYSTERESIS:
        return take_hysteresis(text, &rule->hysteresis, why);
    case KEY_FOR:
        return take_span(text, &rule->hold_ms, why);
    case KEY_FRESH:
        if (take_span(text, &rule->fresh_ms, why) && rule->fresh_ms > 0)
            return true;
        snprintf(why, CONFIG_RULE_WHY, "no time above zero, such as 30s");
        return false;
    }
    check(!"a key without a meaning");
    return false;
}

static size_t find_rule_key(struct span key)
{
    size_t i = 0;
    while (rule_keys[i] != NULL && !span_is(key, rule_keys[i]))
        i++;
    return i;
}

/* A misspelt key counts as given, so that it is told once. */
static void on_rule_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                         void *context)
{
    struct draft *draft = context;
    char why[CONFIG_RULE_WHY] = "";
    size_t index = find_rule_key(config_yaml_text(key));
    if (rule_keys[index] == NULL) {
        const char *nearest = tell_unknown(c, key, rule_keys);
        draft->wrong = true;
        if (nearest != NULL)
            draft->seen |= 1u << find_rule_key(span_of(nearest));
        return;
    }
    draft->seen |= 1u << index;
    if (!is_scalar(c, value, rule_keys[index])) {
        draft->wrong = true;
        return;
    }
    struct span text = config_yaml_text(value);
    if (take_rule_value(&draft->rule, (enum rule_key)index, text, why))
        return;
    config_yaml_fault(c->yaml, value, "%s: %s", rule_keys[index], why);
    draft->wrong = true;
}

static void require_key(struct config *c, struct draft *draft, const yaml_node_t *node,
                        enum rule_key key, const char *example)
{
    if (draft->seen & 1u << key)
        return;
    config_yaml_fault(c->yaml, node, "this rule has no %s: %s", rule_keys[key], example);
    draft->wrong = true;
}

static void default_texts(struct draft *draft)
{
    struct rule *rule = &draft->rule;
    if (!(draft->seen & 1u << KEY_NAME))
        ident_name_copy(rule->name, span_of(rule->property));
    if (!(draft->seen & 1u << KEY_ELSE))
        ident_name_copy(rule->value_idle,
                        strcmp(rule->value_active, "off") == 0 ? SPAN("on") : SPAN("off"));
}

/* One name, and one property, for one rule: two that drive the same would undo each other. */
static void check_draft(struct config *c, struct draft *draft, const yaml_node_t *node)
{
    const struct rule *rule = &draft->rule;
    if (strcmp(rule->value_active, rule->value_idle) == 0) {
        config_yaml_fault(c->yaml, node, "then and else are both %s: the rule would do nothing",
                          rule->value_idle);
        draft->wrong = true;
    }
    for (size_t i = 0; i < c->settings->rule_count; i++) {
        const struct rule *other = &c->settings->rules[i];
        if (strcmp(other->property, rule->property) == 0)
            config_yaml_fault(c->yaml, node,
                              "%s is driven by the rule %s already, and the two would undo each "
                              "other: use one rule (hysteresis: says when it ends)",
                              rule->property, other->name);
        else if (strcmp(other->name, rule->name) == 0)
            config_yaml_fault(c->yaml, node, "another rule has the name %s already", rule->name);
        else
            continue;
        draft->wrong = true;
        return;
    }
}

static void add_rule(struct config *c, const yaml_node_t *node)
{
    struct draft draft = {.rule = {.fresh_ms = TIME_FRESH_MS}};
    if (node->type != YAML_MAPPING_NODE) {
        config_yaml_fault(c->yaml, node,
                          "a rule is written: - {when: temperature > 25, then: fan}");
        return;
    }
    for_pairs(c, node, on_rule_pair, &draft);
    require_key(c, &draft, node, KEY_WHEN, "when: temperature > 25");
    require_key(c, &draft, node, KEY_THEN, "then: fan");
    if (draft.wrong)
        return;
    default_texts(&draft);
    check_draft(c, &draft, node);
    if (!draft.wrong)
        c->settings->rules[c->settings->rule_count++] = draft.rule;
}

static void add_rules(struct config *c, const yaml_node_t *node)
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

/* The top. */

static void on_source_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                           void *context)
{
    (void)context;
    const struct options_entry *entry = find_entry(config_yaml_text(key));
    if (entry != NULL && entry->place == OPTIONS_SOURCE)
        add_values(c, entry, value);
    else if (entry != NULL)
        config_yaml_fault(c->yaml, key, "%s does not belong below source:", entry->name);
    else
        tell_unknown_option(c, key, OPTIONS_SOURCE);
}

static void set_device(struct config *c, const yaml_node_t *node)
{
    if (!is_scalar(c, node, "device"))
        return;
    struct span name = config_yaml_text(node);
    if (!access_name_valid(name))
        config_yaml_fault(c->yaml, node,
                          "device: %.*s: a device name is 1 to 63 of a-z, 0-9, - and _",
                          (int)name.size, name.bytes);
    else
        c->settings->device_in_file = settings_keep(c->settings, name);
}

static void set_source(struct config *c, const yaml_node_t *node)
{
    if (node->type == YAML_MAPPING_NODE)
        for_pairs(c, node, on_source_pair, NULL);
    else
        config_yaml_fault(c->yaml, node, "source is a mapping, such as: source: {dataset: a.csv}");
}

static void on_option_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value)
{
    const struct options_entry *entry = find_entry(config_yaml_text(key));
    if (entry == NULL)
        tell_unknown_option(c, key, OPTIONS_TOP);
    else if (entry->place == OPTIONS_TOP)
        add_values(c, entry, value);
    else if (entry->place == OPTIONS_SOURCE)
        config_yaml_fault(c->yaml, key, "%s belongs below source:", entry->name);
    else
        config_yaml_fault(c->yaml, key, "%s can't be set in a file; give --%s", entry->name,
                          entry->name);
}

static void on_top_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                        void *context)
{
    (void)context;
    struct span name = config_yaml_text(key);
    if (span_is(name, "rules"))
        add_rules(c, value);
    else if (span_is(name, "source"))
        set_source(c, value);
    else if (span_is(name, "device"))
        set_device(c, value);
    else
        on_option_pair(c, key, value);
}

void config_parse(struct settings *s, const char *name, struct span text, struct faults *faults)
{
    struct config_yaml yaml;
    if (!config_yaml_load(&yaml, name, text, faults))
        return;
    struct config c = {&yaml, s};
    const yaml_node_t *root = config_yaml_root(&yaml);
    if (root != NULL && root->type == YAML_MAPPING_NODE)
        for_pairs(&c, root, on_top_pair, NULL);
    else if (root != NULL)
        config_yaml_fault(&yaml, root, "a configuration is made of keys, such as rules:");
    config_yaml_fini(&yaml);
}

void config_read(struct settings *s, const char *path, struct faults *faults)
{
    char *bytes;
    size_t size;
    enum err err = file_read(path, CONFIG_BYTES_MAX, &bytes, &size);
    if (err == ERR_OK) {
        config_parse(s, path, (struct span){bytes, size}, faults);
        free(bytes);
    } else if (err == ERR_SIZE) {
        faults_add(faults, "%s:1: a configuration is 1 MiB at most", path);
    } else {
        faults_add(faults, "%s: %s", path, err == ERR_IO ? strerror(errno) : err_text(err));
    }
}
