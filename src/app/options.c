#include "app/options.h"

#include <stdlib.h>

/* Happy path: each argument is looked up in the verb's table and handed on with its value; each
 * variable of the environment likewise. Then the mistakes: an option that is not in the table gets
 * the nearest one that is; a value that is missing, or that looks like the next option, is told. */

static const char *const group_titles[OPTIONS_GROUP_COUNT] = {
    [OPTIONS_DEVICE] = "Device",
    [OPTIONS_READINGS] = "Where readings come from",
    [OPTIONS_NETWORK] = "Network",
    [OPTIONS_OUTPUT] = "Output",
};

const struct options_entry *options_find(const struct options_table *table, struct span name)
{
    for (size_t i = 0; i < table->count; i++)
        if (span_is(name, table->entries[i].name))
            return &table->entries[i];
    return NULL;
}

static const char *table_name(const void *context, size_t index)
{
    const struct options_table *table = context;
    return index < table->count ? table->entries[index].name : NULL;
}

/* Returns how many arguments the option that was meant would have taken. */
static int unknown(const struct options_table *table, char **argv, int left, struct span name,
                   struct faults *faults)
{
    const char *nearest = faults_nearest(name, table_name, table);
    int size = (int)(name.bytes + name.size - argv[0]);
    if (nearest == NULL) {
        faults_add(faults, "%.*s: no such option", size, argv[0]);
        return 1;
    }
    faults_add(faults, "%.*s: no such option; did you mean --%s?", size, argv[0], nearest);
    bool takes_next = options_find(table, span_of(nearest))->argument != NULL &&
                      name.bytes[name.size] == '\0' && left > 1 && argv[1][0] != '-';
    return takes_next ? 2 : 1;
}

static bool is_option(const struct options_table *table, const char *argument)
{
    return strncmp(argument, "--", 2) == 0 && options_find(table, span_of(argument + 2)) != NULL;
}

static struct span name_in(const char *argument)
{
    const char *name = argument + (argument[1] == '-' ? 2 : 1);
    return (struct span){name, strcspn(name, "=")};
}

/* Returns how many arguments it took. */
static int parse_option(const struct options_table *table, char **argv, int left,
                        const struct options_sink *sink, struct faults *faults)
{
    struct span name = name_in(argv[0]);
    const struct options_entry *entry = options_find(table, name);
    if (entry == NULL || argv[0][1] != '-')
        return unknown(table, argv, left, name, faults);
    char origin[OPTIONS_NAME_MAX + 3];
    snprintf(origin, sizeof origin, "--%s", entry->name);
    const char *value = name.bytes[name.size] == '=' ? name.bytes + name.size + 1 : NULL;
    if (entry->argument == NULL) {
        if (value != NULL)
            faults_add(faults, "%s takes no value", origin);
        else
            sink->on_option(sink->context, entry, "1", origin);
        return 1;
    }
    if (value != NULL) {
        sink->on_option(sink->context, entry, value, origin);
        return 1;
    }
    if (left < 2) {
        faults_add(faults, "%s needs a value: %s %s", origin, origin, entry->argument);
        return 1;
    }
    if (is_option(table, argv[1])) {
        faults_add(faults, "%s needs a value: %s %s, but %s follows", origin, origin,
                   entry->argument, argv[1]);
        return 1;
    }
    sink->on_option(sink->context, entry, argv[1], origin);
    return 2;
}

void options_parse(const struct options_table *table, int argc, char **argv,
                   const struct options_sink *sink, struct faults *faults)
{
    int at = 0;
    while (at < argc && strcmp(argv[at], "--") != 0) {
        if (argv[at][0] == '-' && argv[at][1] != '\0')
            at += parse_option(table, argv + at, argc - at, sink, faults);
        else
            sink->on_word(sink->context, argv[at++]);
    }
    for (at++; at < argc; at++)
        sink->on_word(sink->context, argv[at]);
}

enum options_truth options_truth(struct span text)
{
    static const char *const words[][5] = {{"0", "false", "no", "off", ""},
                                           {"1", "true", "yes", "on", "1"}};
    for (size_t truth = 0; truth < COUNT_OF(words); truth++)
        for (size_t i = 0; i < COUNT_OF(words[0]); i++)
            if (span_is(text, words[truth][i]))
                return (enum options_truth)truth;
    return OPTIONS_NEITHER;
}

void options_variable(const struct options_entry *entry, char out[OPTIONS_NAME_MAX + 6])
{
    static const char prefix[] = "KITH_";
    size_t size = strlen(entry->name);
    check(size <= OPTIONS_NAME_MAX);
    memcpy(out, prefix, sizeof prefix - 1);
    out += sizeof prefix - 1;
    for (size_t i = 0; i < size; i++) {
        char c = entry->name[i];
        out[i] = c == '-' ? '_' : (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    out[size] = '\0';
}

static void read_switch(const struct options_entry *entry, const char *value, const char *origin,
                        const struct options_sink *sink, struct faults *faults)
{
    enum options_truth truth = options_truth(span_of(value));
    if (truth == OPTIONS_NEITHER)
        faults_add(faults, "%s=%s: a switch is 1 or 0", origin, value);
    else
        sink->on_option(sink->context, entry, truth == OPTIONS_TRUE ? "1" : "0", origin);
}

static void read_many(const struct options_entry *entry, const char *values, const char *origin,
                      const struct options_sink *sink, struct faults *faults)
{
    char *copy = strdup(values);
    if (copy == NULL) {
        faults_add(faults, "out of memory");
        return;
    }
    char *rest = copy, *value;
    while ((value = strsep(&rest, ";")) != NULL)
        if (value[0] != '\0')
            sink->on_option(sink->context, entry, value, origin);
    free(copy);
}

void options_environment(const struct options_table *table, const struct options_sink *sink,
                         struct faults *faults)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct options_entry *entry = &table->entries[i];
        char variable[OPTIONS_NAME_MAX + 6];
        options_variable(entry, variable);
        const char *value = getenv(variable);
        if (value == NULL)
            continue;
        if (entry->argument == NULL)
            read_switch(entry, value, variable, sink, faults);
        else if (entry->times == OPTIONS_MANY)
            read_many(entry, value, variable, sink, faults);
        else if (value[0] != '\0')
            sink->on_option(sink->context, entry, value, variable);
    }
}

static void help_entry(const struct options_entry *entry, FILE *out)
{
    enum { COLUMN = 30 };
    char head[COLUMN * 2];
    int size = snprintf(head, sizeof head, "  --%s%s%s", entry->name,
                        entry->argument == NULL ? "" : " ",
                        entry->argument == NULL ? "" : entry->argument);
    fprintf(out, "%s%s%*s%s%s\n", head, size >= COLUMN ? "\n" : "",
            size >= COLUMN ? COLUMN : COLUMN - size, "", entry->help,
            entry->times == OPTIONS_MANY ? " (repeatable)" : "");
}

void options_help(const struct options_table *table, FILE *out)
{
    for (size_t group = 0; group < OPTIONS_GROUP_COUNT; group++) {
        bool titled = false;
        for (size_t i = 0; i < table->count; i++) {
            if (table->entries[i].group != group)
                continue;
            if (!titled)
                fprintf(out, "\n%s:\n", group_titles[group]);
            titled = true;
            help_entry(&table->entries[i], out);
        }
    }
}
