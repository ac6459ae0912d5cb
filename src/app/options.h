#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "app/faults.h"

/* A verb's options as one table, from which parsing, the environment, the configuration file, the
 * help and the messages are made. What an option means is its `set` function's business. */

enum options_group {
    OPTIONS_DEVICE,
    OPTIONS_READINGS,
    OPTIONS_NETWORK,
    OPTIONS_OUTPUT,
    OPTIONS_GROUP_COUNT
};
enum options_times { OPTIONS_ONCE, OPTIONS_MANY };
/* In a configuration file: on top, below `source:`, below `retention:` (without "retain-"), or
 * nowhere. */
enum options_place { OPTIONS_TOP, OPTIONS_SOURCE, OPTIONS_RETENTION, OPTIONS_NOT_IN_FILE };

enum { OPTIONS_WHY = 256, OPTIONS_NAME_MAX = 31 };

/* Takes the value (borrowed for as long as the target lives; of a switch "1" or "0"). False, with
 * why it cannot be: "a port is 1 to 65535". */
typedef bool options_set_fn(void *target, const char *value, char why[OPTIONS_WHY]);

struct options_entry {
    const char *name;     /* "state-dir" */
    const char *argument; /* "DIR"; NULL: a switch */
    enum options_times times;
    enum options_place place;
    enum options_group group;
    options_set_fn *set;
    const char *help;
};

struct options_table {
    const char *verb; /* for "kith help VERB" */
    const struct options_entry *entries;
    size_t count;
};

/* What was found. */
struct options_sink {
    void *context;
    /* An option and its value; `origin` is how it was given, for messages ("--port"). */
    void (*on_option)(void *context, const struct options_entry *entry, const char *value,
                      const char *origin);
    /* A word that belongs to no option. */
    void (*on_word)(void *context, const char *word);
};

/* Reads "--name value", "--name=value" and words, in any order; "--" ends the options. */
void options_parse(const struct options_table *table, int argc, char **argv,
                   const struct options_sink *sink, struct faults *faults);
/* Reads KITH_STATE_DIR and so on. A switch is on by 1, true, yes, on and off by 0, false, no, off
 * or nothing; several values stand between semicolons. */
void options_environment(const struct options_table *table, const struct options_sink *sink,
                         struct faults *faults);
/* NULL when there is none. */
const struct options_entry *options_find(const struct options_table *table, struct span name);
/* "KITH_STATE_DIR" */
void options_variable(const struct options_entry *entry, char out[OPTIONS_NAME_MAX + 6]);
enum options_truth { OPTIONS_FALSE, OPTIONS_TRUE, OPTIONS_NEITHER };
enum options_truth options_truth(struct span text);
void options_help(const struct options_table *table, FILE *out);

#endif
