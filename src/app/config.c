#include "app/config.h"

#include "app/config_rules.h"
#include "io/file.h"

#include <errno.h>
#include <stdlib.h>

/* The tree is walked from the top: each key is an option of `run`, or one of device, source and
 * rules (config_rules.c). Faults never end the walk. */

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
    if (!config_walk_is_text(c, node, key))
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

enum { WORDS_MAX = 40 };

static void tell_unknown_option(struct config *c, const yaml_node_t *key, enum options_place place)
{
    static const char *const top[] = {"device", "rules", "source", "retention"};
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
    config_walk_unknown(c, key, words);
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

static void on_retention_pair(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                              void *context)
{
    (void)context;
    static const char *const words[] = {"age", "size", NULL};
    struct span name = config_yaml_text(key);
    if (span_is(name, "age"))
        add_values(c, find_entry(span_of("retain_age")), value);
    else if (span_is(name, "size"))
        add_values(c, find_entry(span_of("retain_size")), value);
    else
        config_walk_unknown(c, key, words);
}

static void set_retention(struct config *c, const yaml_node_t *node)
{
    if (node->type == YAML_MAPPING_NODE)
        config_walk_pairs(c, node, on_retention_pair, NULL);
    else
        config_yaml_fault(c->yaml, node,
                          "retention is a mapping, such as: retention: {age: 30d, size: 500MB}");
}

static void set_device(struct config *c, const yaml_node_t *node)
{
    if (!config_walk_is_text(c, node, "device"))
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
        config_walk_pairs(c, node, on_source_pair, NULL);
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
    else if (entry->place == OPTIONS_RETENTION)
        config_yaml_fault(c->yaml, key, "%s is written so: retention: {age: 30d, size: 500MB}",
                          entry->name);
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
        config_rules_add(c, value);
    else if (span_is(name, "source"))
        set_source(c, value);
    else if (span_is(name, "retention"))
        set_retention(c, value);
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
        config_walk_pairs(&c, root, on_top_pair, NULL);
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
