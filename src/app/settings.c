#include "app/settings.h"

#include "app/settings_set.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>

/* Values are gathered with their level and origin first, because a file is named by flags but
 * counts for less; settings_apply() then gives each option its value, and settings_complete() looks
 * at the whole. */

struct text_copy {
    struct text_copy *next;
    char text[];
};

struct settings *settings_new(void)
{
    struct settings *s = calloc(1, sizeof *s);
    if (s != NULL)
        s->run.udp.port = SETTINGS_PORT;
    return s;
}

void settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->value_count; i++) {
        free(s->values[i].value);
        free(s->values[i].origin);
    }
    while (s->copies != NULL) {
        struct text_copy *next = s->copies->next;
        free(s->copies);
        s->copies = next;
    }
    free(s->values);
    free(s);
}

const struct options_table *settings_table(void)
{
    return settings_set_table();
}

char *settings_keep(struct settings *s, struct span text)
{
    struct text_copy *copy = malloc(sizeof *copy + text.size + 1);
    if (copy == NULL)
        return NULL;
    if (text.size > 0)
        memcpy(copy->text, text.bytes, text.size);
    copy->text[text.size] = '\0';
    copy->next = s->copies;
    s->copies = copy;
    return copy->text;
}

static bool reserve(struct settings *s)
{
    if (s->value_count < s->value_capacity)
        return true;
    size_t capacity = s->value_capacity == 0 ? 16 : s->value_capacity * 2;
    struct settings_value *values = realloc(s->values, capacity * sizeof *values);
    if (values == NULL)
        return false;
    s->values = values;
    s->value_capacity = capacity;
    return true;
}

void settings_add(struct settings *s, const struct options_entry *entry, enum settings_level level,
                  const char *value, const char *origin, struct faults *faults)
{
    if (s->value_count == SETTINGS_VALUES_MAX) {
        faults_add(faults, "%s: more than %d values", origin, SETTINGS_VALUES_MAX);
        return;
    }
    struct settings_value v = {entry, level, strdup(value), strdup(origin)};
    if (v.value == NULL || v.origin == NULL || !reserve(s)) {
        free(v.value);
        free(v.origin);
        faults_add(faults, "out of memory");
        return;
    }
    s->values[s->value_count++] = v;
}

/* A value that counts has no other of a higher level for the same option; a source none for any
 * source. */
static bool counts(const struct settings *s, const struct settings_value *v)
{
    bool source = settings_set_is_source(v->entry);
    for (size_t i = 0; i < s->value_count; i++) {
        const struct settings_value *other = &s->values[i];
        bool same = other->entry == v->entry || (source && settings_set_is_source(other->entry));
        if (same && other->level > v->level)
            return false;
    }
    return true;
}

const char *settings_peek(const struct settings *s, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < s->value_count; i++)
        if (strcmp(s->values[i].entry->name, name) == 0 && counts(s, &s->values[i]))
            value = s->values[i].value;
    return value;
}

/* "--port 99999", "KITH_PORT=99999", "sensor1.yaml:3: port 99999" */
static void write_given(const struct settings_value *v, char *out, size_t capacity)
{
    bool bare = v->entry->argument == NULL && v->level == SETTINGS_FLAG;
    snprintf(out, capacity, "%s%s%s", v->origin,
             bare                               ? ""
             : v->level == SETTINGS_ENVIRONMENT ? "="
                                                : " ",
             bare ? "" : v->value);
}

static void check_sources(const struct settings *s, struct faults *faults)
{
    const struct settings_value *first = NULL;
    for (size_t i = 0; i < s->value_count; i++) {
        const struct settings_value *v = &s->values[i];
        if (!settings_set_is_source(v->entry) || !counts(s, v) ||
            (v->entry->argument == NULL && v->value[0] == '0'))
            continue;
        if (first == NULL) {
            first = v;
        } else if (first->entry != v->entry) {
            char given[2][FAULTS_LINE_MAX / 3];
            write_given(first, given[0], sizeof given[0]);
            write_given(v, given[1], sizeof given[1]);
            faults_add(faults, "%s and %s: a peer has one source of readings; leave one out",
                       given[0], given[1]);
        }
    }
}

void settings_apply(struct settings *s, struct faults *faults)
{
    for (size_t i = 0; i < s->value_count; i++) {
        const struct settings_value *v = &s->values[i];
        char why[OPTIONS_WHY] = "";
        char given[FAULTS_LINE_MAX / 2];
        if (!counts(s, v) || v->entry->set(s, v->value, why))
            continue;
        write_given(v, given, sizeof given);
        faults_add(faults, "%s: %s", given, why);
    }
    check_sources(s, faults);
}

/* A name made of what is allowed, for a suggestion; empty when nothing is left. */
static void tame(const char *name, char out[LIMIT_NAME + 1])
{
    size_t size = 0;
    for (; *name != '\0' && size < LIMIT_NAME; name++) {
        char c = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
        if (access_name_valid((struct span){&c, 1}))
            out[size++] = c;
        else if (c == ' ' || c == '.')
            out[size++] = '-';
    }
    out[size] = '\0';
}

static bool complete_device(struct settings *s, struct faults *faults)
{
    if (s->device == NULL)
        s->device = s->device_in_file;
    if (s->device == NULL) {
        faults_add(faults, "which device? Give it a name that carries its role: kith sensor1");
        return false;
    }
    if (access_name_valid(span_of(s->device))) {
        ident_name_copy(s->run.device, span_of(s->device));
        return true;
    }
    char tamed[LIMIT_NAME + 1];
    tame(s->device, tamed);
    faults_add(faults, "%s: a device name is 1 to 63 of a-z, 0-9, - and _%s%s%s", s->device,
               tamed[0] == '\0' ? "" : "; try: kith ", tamed, "");
    return false;
}

static bool complete_role(struct settings *s, struct faults *faults)
{
    if (s->role_given || access_role_of_name(span_of(s->run.device), &s->run.role))
        return true;
    faults_add(faults,
               "%s: its name does not say what it is (sensor, actuator or controller); say it: "
               "kith %s --role sensor",
               s->device, s->device);
    return false;
}

/* Options of the command line that would do nothing: they were meant to. */
static void check_idle_flags(const struct settings *s, struct faults *faults)
{
    const struct run_options *o = &s->run;
    bool replays = o->has_source && o->source.kind == SOURCE_DATASET;
    bool simulates = o->has_source && o->source.kind == SOURCE_SIMULATE;
    for (size_t i = 0; i < s->value_count; i++) {
        const struct settings_value *v = &s->values[i];
        const char *name = v->entry->name;
        if (v->level != SETTINGS_FLAG || v->entry->place != OPTIONS_SOURCE)
            continue;
        bool file_only = strcmp(name, "speed") == 0 || strcmp(name, "loop") == 0;
        bool columns = strcmp(name, "column") == 0 || strcmp(name, "where") == 0 ||
                       strcmp(name, "missing") == 0;
        if (!o->has_source)
            faults_add(faults,
                       "--%s: %s reads nothing; add --dataset FILE, --exec COMMAND, "
                       "--stdin or --simulate SCENARIO",
                       name, o->device);
        else if (file_only && !replays)
            faults_add(faults, "--%s goes with --dataset FILE", name);
        else if (columns && simulates)
            faults_add(faults,
                       "--%s goes with --dataset FILE, --exec COMMAND or --stdin, not with "
                       "simulated readings",
                       name);
    }
}

static void check_writes(const struct run_options *o, struct faults *faults)
{
    if (o->role == ROLE_OBSERVER && (o->has_source || o->rule_count > 0))
        faults_add(
            faults,
            "%s is an observer, which writes nothing: leave out its source and rules, or give "
            "it another role: --role sensor",
            o->device);
}

static void check_end(const struct run_options *o, struct faults *faults)
{
    bool endless = o->source.kind == SOURCE_SIMULATE || o->source.loop;
    if (o->exit_at_end && o->has_source && endless && o->source.count == 0)
        faults_add(faults, "--exit leaves at the end, but %s never end: add --count N",
                   o->source.loop ? "looped readings" : "simulated readings");
    if (o->source.every_s > 0 && o->source.speed > 0)
        faults_add(faults, "--every and --speed both set the pace; leave one out");
}

static void complete_rules(struct settings *s)
{
    if (s->rule_count > 0 || s->run.no_rules)
        return;
    if (s->run.role == ROLE_ACTUATOR) {
        rule_default_cool(&s->rules[s->rule_count++]);
        rule_default_light(&s->rules[s->rule_count++]);
    }
    if (s->run.role == ROLE_CONTROLLER)
        rule_default_mean(&s->rules[s->rule_count++]);
}

/* An actuator's rule commands itself, a controller's others. */
static void complete_command(const struct rule *r, struct rule_command *c,
                             const struct run_options *o, struct faults *faults)
{
    if (strcmp(c->device, o->device) == 0)
        c->device[0] = '\0';
    if (c->device[0] != '\0' && o->role != ROLE_CONTROLLER)
        faults_add(
            faults,
            "rule %s commands %s/%s, which only a controller may; %s is no controller: leave "
            "out %s/, or give it another role: --role controller",
            r->name, c->device, c->property, o->device, c->device);
    if (c->device[0] == '\0' && o->role != ROLE_ACTUATOR)
        faults_add(faults,
                   "rule %s does %s, which only an actuator can; name one: do: actuator1/%s",
                   r->name, c->property, c->property);
}

/* The rules as this device runs them: a rule with backups and no owner is its own, and so is what
 * it sets of itself by name. What others should be, only a controller may say. */
static void complete_rule(struct rule *r, const struct run_options *o, struct faults *faults)
{
    if (r->owner_count > 0 && r->owners[0][0] == '\0')
        snprintf(r->owners[0], sizeof r->owners[0], "%s", o->device);
    for (size_t i = 0; i < r->action_count; i++) {
        struct rule_action *a = &r->actions[i];
        if (strcmp(a->device, o->device) == 0)
            a->device[0] = '\0';
        if (a->device[0] != '\0' && o->role != ROLE_CONTROLLER)
            faults_add(
                faults,
                "rule %s sets %s/%s, which only a controller may; %s is no controller: leave "
                "out %s/, or give it another role: --role controller",
                r->name, a->device, a->property, o->device, a->device);
    }
    for (size_t i = 0; i < r->command_count; i++)
        complete_command(r, &r->commands[i], o, faults);
}

void settings_complete(struct settings *s, struct faults *faults)
{
    struct run_options *o = &s->run;
    if (!complete_device(s, faults) || !complete_role(s, faults))
        return;
    if (o->role == ROLE_SENSOR && !o->has_source) {
        o->has_source = true;
        o->source.kind = SOURCE_SIMULATE;
    }
    complete_rules(s);
    for (size_t i = 0; i < s->rule_count; i++)
        complete_rule(&s->rules[i], o, faults);
    o->rules = s->rules;
    o->rule_count = s->rule_count;
    check_idle_flags(s, faults);
    check_writes(o, faults);
    check_end(o, faults);
    if (o->no_rules && o->rule_count > 0)
        faults_add(faults, "--no-rules, and the configuration has rules; leave one out");
    if (o->on_change != NULL && o->rule_count == 0 && o->role != ROLE_ACTUATOR)
        faults_add(faults,
                   "--on-change runs when a rule changes a property, and %s has no rule; put one "
                   "into its configuration (kith help config)",
                   o->device);
}
