#include "app/ask_options.h"

#include "app/ask_show.h"
#include "app/duration.h"
#include "app/verb.h"
#include "io/timestamp.h"

#include <stdlib.h>

static bool no(char why[OPTIONS_WHY], const char *text)
{
    snprintf(why, OPTIONS_WHY, "%s", text);
    return false;
}

static bool set_device(void *target, const char *value, char why[OPTIONS_WHY])
{
    ((struct ask_options *)target)->device = value;
    return access_name_valid(span_of(value)) || no(why, "a device name is 1 to 63 of a-z, 0-9, - "
                                                        "and _");
}

static bool set_state_dir(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct ask_options *)target)->state_dir = value;
    return true;
}

static bool set_json(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct ask_options *)target)->json = value[0] == '1';
    return true;
}

static bool set_csv(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct ask_options *)target)->csv = value[0] == '1';
    return true;
}

static bool set_count(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct ask_options *o = target;
    return (number_parse_u53(span_of(value), &o->count) == ERR_OK && o->count > 0) ||
           no(why, "it is a whole number from 1");
}

static bool set_timeout(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct ask_options *o = target;
    o->timed = true;
    return duration_parse(span_of(value), &o->timeout_s) == ERR_OK ||
           no(why, "it is a span of time: 5, 500ms, 2m");
}

static bool set_for(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct ask_options *o = target;
    return (duration_parse(span_of(value), &o->for_s) == ERR_OK && o->for_s >= 0.001) ||
           no(why, "it is a span of time: 30s, 10m, 2h");
}

static bool set_format(void *target, const char *value, char why[OPTIONS_WHY])
{
    ((struct ask_options *)target)->format = value;
    return ask_show_format_valid(value) ||
           no(why, "behind % stands one of I U t v u d e s a %: kith help watch");
}

/* "-10m" is ten minutes ago. */
static bool parse_time(const char *value, uint64_t *ms)
{
    struct timestamp moment;
    struct span text = span_of(value);
    double seconds;
    int64_t since;
    uint64_t now = ask_show_wall_ms();
    if (value[0] == '-' && duration_parse(span_of(value + 1), &seconds) == ERR_OK) {
        uint64_t ago = (uint64_t)(seconds * 1000);
        *ms = ago < now ? now - ago : 0;
        return true;
    }
    if (timestamp_parse(text, TIMESTAMP_EITHER, &moment) && moment.kind != TIMESTAMP_CLOCK)
        since = moment.ms;
    else if (!timestamp_parse_epoch(text, &since))
        return false;
    *ms = since < 0 ? 0 : (uint64_t)since;
    return true;
}

static const char time_why[] = "it is a moment, 2026-03-01T12:00:00Z, or how long ago, -10m";

static bool set_from(void *target, const char *value, char why[OPTIONS_WHY])
{
    return parse_time(value, &((struct ask_options *)target)->from_ms) || no(why, time_why);
}

static bool set_to(void *target, const char *value, char why[OPTIONS_WHY])
{
    return parse_time(value, &((struct ask_options *)target)->to_ms) || no(why, time_why);
}

#define ENTRY(name, argument, group, set, help)                             \
    {                                                                       \
        name, argument, OPTIONS_ONCE, OPTIONS_NOT_IN_FILE, group, set, help \
    }
#define WHERE                                                                                      \
    ENTRY("device", "NAME", OPTIONS_DEVICE, set_device, "ask this peer; else any that runs here"), \
        ENTRY("state-dir", "DIR", OPTIONS_DEVICE, set_state_dir,                                   \
              "the peer was started with this --state-dir")
#define COUNT(help)   ENTRY("count", "N", OPTIONS_OUTPUT, set_count, help)
#define TIMEOUT(help) ENTRY("timeout", "S", OPTIONS_OUTPUT, set_timeout, help)
#define AS_JSON       ENTRY("json", NULL, OPTIONS_OUTPUT, set_json, "one JSON object a line")
#define FORMAT        ENTRY("format", "TEXT", OPTIONS_OUTPUT, set_format, "a line of your own: '%I %t %v'")

static const struct options_entry status_entries[] = {WHERE, ENTRY("json", NULL, OPTIONS_OUTPUT,
                                                                   set_json, "one JSON object")};
static const struct options_entry get_entries[] = {WHERE, FORMAT, AS_JSON};
static const struct options_entry watch_entries[] = {WHERE, COUNT("-n N: stop after N values"),
                                                     TIMEOUT("-W S: stop after S seconds"), FORMAT,
                                                     AS_JSON};
static const struct options_entry history_entries[] = {
    WHERE,
    ENTRY("from", "TIME", OPTIONS_OUTPUT, set_from,
          "2026-03-01T12:00:00Z, or -10m: ten minutes ago"),
    ENTRY("to", "TIME", OPTIONS_OUTPUT, set_to, "the same; else up to now"),
    ENTRY("csv", NULL, OPTIONS_OUTPUT, set_csv, "comma-separated values with a header"),
    FORMAT,
    AS_JSON};
static const struct options_entry ping_entries[] = {
    WHERE, COUNT("-n N: so many, one a second; else 4"),
    TIMEOUT("-W S: wait so long for each answer; else 5"), AS_JSON};
static const struct options_entry wait_entries[] = {
    WHERE, TIMEOUT("-W S: give up after S seconds; else never"), AS_JSON};

static const struct options_entry set_entries[] = {
    WHERE,
    ENTRY("for", "TIME", OPTIONS_OUTPUT, set_for,
          "rules count again after so long; else after auto"),
    TIMEOUT("-W S: wait so long for the outcome; else 10"), AS_JSON};
static const struct options_entry command_entries[] = {
    WHERE, TIMEOUT("-W S: it must have begun within so long; else 10"), AS_JSON};
static const struct options_entry why_entries[] = {WHERE,
                                                   COUNT("-n N: the last N decisions; else 10"),
                                                   AS_JSON};

static const struct options_table tables[ASK_OPTIONS_VERB_COUNT] = {
    [ASK_OPTIONS_STATUS] = {"status", status_entries, COUNT_OF(status_entries)},
    [ASK_OPTIONS_GET] = {"get", get_entries, COUNT_OF(get_entries)},
    [ASK_OPTIONS_WATCH] = {"watch", watch_entries, COUNT_OF(watch_entries)},
    [ASK_OPTIONS_HISTORY] = {"history", history_entries, COUNT_OF(history_entries)},
    [ASK_OPTIONS_PING] = {"ping", ping_entries, COUNT_OF(ping_entries)},
    [ASK_OPTIONS_WAIT] = {"wait", wait_entries, COUNT_OF(wait_entries)},
    [ASK_OPTIONS_SET] = {"set", set_entries, COUNT_OF(set_entries)},
    [ASK_OPTIONS_COMMAND] = {"command", command_entries, COUNT_OF(command_entries)},
    [ASK_OPTIONS_WHY] = {"why", why_entries, COUNT_OF(why_entries)},
};

const struct options_table *ask_options_status(void)
{
    return &tables[ASK_OPTIONS_STATUS];
}

const struct options_table *ask_options_get(void)
{
    return &tables[ASK_OPTIONS_GET];
}

const struct options_table *ask_options_watch(void)
{
    return &tables[ASK_OPTIONS_WATCH];
}

const struct options_table *ask_options_history(void)
{
    return &tables[ASK_OPTIONS_HISTORY];
}

const struct options_table *ask_options_ping(void)
{
    return &tables[ASK_OPTIONS_PING];
}

const struct options_table *ask_options_wait(void)
{
    return &tables[ASK_OPTIONS_WAIT];
}

const struct options_table *ask_options_set(void)
{
    return &tables[ASK_OPTIONS_SET];
}

const struct options_table *ask_options_command(void)
{
    return &tables[ASK_OPTIONS_COMMAND];
}

const struct options_table *ask_options_why(void)
{
    return &tables[ASK_OPTIONS_WHY];
}

/* What a verb's word is, and whether it may be left out. */
static const struct {
    const char *what;
    bool optional;
} words[ASK_OPTIONS_VERB_COUNT] = {
    [ASK_OPTIONS_GET] = {"topic (sensor1/temperature)", true},
    [ASK_OPTIONS_WATCH] = {"topic (sensor1/temperature)", true},
    [ASK_OPTIONS_HISTORY] = {"topic (sensor1/temperature)", false},
    [ASK_OPTIONS_PING] = {"device", false},
    [ASK_OPTIONS_WAIT] = {"device or topic (actuator1/fan=on)", false},
    [ASK_OPTIONS_SET] = {"topic (actuator1/fan) and value", false},
    [ASK_OPTIONS_COMMAND] = {"topic (actuator1/beep)", false},
    [ASK_OPTIONS_WHY] = {"device", false},
};

struct sink {
    enum ask_options_verb verb;
    struct ask_options *o;
    struct faults *faults;
};

static void on_option(void *context, const struct options_entry *entry, const char *value,
                      const char *origin)
{
    const struct sink *sink = context;
    char why[OPTIONS_WHY];
    if (!entry->set(sink->o, value, why))
        faults_add(sink->faults, "%s %s: %s", origin, value, why);
}

static void on_word(void *context, const char *word)
{
    const struct sink *sink = context;
    if (words[sink->verb].what == NULL)
        faults_add(sink->faults,
                   "%s: kith %s takes options only; which peer is asked says "
                   "--device %s",
                   word, tables[sink->verb].verb, word);
    else if (sink->o->word == NULL)
        sink->o->word = word;
    else if ((sink->verb == ASK_OPTIONS_SET || sink->verb == ASK_OPTIONS_COMMAND) &&
             sink->o->value == NULL)
        sink->o->value = word;
    else
        faults_add(sink->faults, "%s: one %s is enough, and %s is there", word,
                   words[sink->verb].what, sink->o->word);
}

static void check_all(const struct sink *sink)
{
    const struct ask_options *o = sink->o;
    if (o->word == NULL && words[sink->verb].what != NULL && !words[sink->verb].optional)
        faults_add(sink->faults, "which %s?", words[sink->verb].what);
    if (o->word != NULL && strlen(o->word) > LIMIT_TOPIC + LIMIT_VALUE_TEXT)
        faults_add(sink->faults, "%s: too long for a %s", o->word, words[sink->verb].what);
    if ((o->json != 0) + (o->csv != 0) + (o->format != NULL) > 1)
        faults_add(sink->faults,
                   "--json, --csv and --format each say how a line looks; choose one");
    if (o->from_ms > o->to_ms)
        faults_add(sink->faults, "--from is later than --to; exchange them");
}

static char *in_full(char *argument)
{
    if (strcmp(argument, "-n") == 0)
        return "--count";
    return strcmp(argument, "-W") == 0 ? "--timeout" : argument;
}

bool ask_options_read(enum ask_options_verb verb, int argc, char **argv, struct ask_options *o)
{
    struct faults faults = {0};
    struct sink sink = {verb, o, &faults};
    struct options_sink options = {&sink, on_option, on_word};
    char **longer = calloc((size_t)argc + 1, sizeof *longer);
    *o = (struct ask_options){.to_ms = NUMBER_INTEGER_MAX};
    for (int i = 0; longer != NULL && i < argc; i++)
        longer[i] = in_full(argv[i]);
    options_environment(&tables[verb], &options, &faults);
    if (longer != NULL)
        options_parse(&tables[verb], argc, longer, &options, &faults);
    else
        faults_add(&faults, "out of memory");
    free(longer);
    check_all(&sink);
    if (faults.count == 0)
        return true;
    (void)verb_usage(&faults, tables[verb].verb);
    return false;
}
