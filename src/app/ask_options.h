#ifndef APP_ASK_OPTIONS_H
#define APP_ASK_OPTIONS_H

#include "app/options.h"
#include "core/limits.h"

/* The options of the verbs that ask a running peer: one list, of which each verb takes some. */

enum ask_options_verb {
    ASK_OPTIONS_STATUS,
    ASK_OPTIONS_GET,
    ASK_OPTIONS_WATCH,
    ASK_OPTIONS_HISTORY,
    ASK_OPTIONS_PING,
    ASK_OPTIONS_WAIT,
    ASK_OPTIONS_SET,
    ASK_OPTIONS_COMMAND,
    ASK_OPTIONS_WHY,
    ASK_OPTIONS_VERB_COUNT,
};

struct ask_options {
    const char *word;               /* a topic or a device; NULL: none was given */
    const char *value;              /* set, command: behind the topic */
    const char *device, *state_dir; /* NULL: not given */
    const char *format;             /* NULL: the usual lines */
    bool json, csv;
    uint64_t count; /* 0: not given */
    bool timed;
    double timeout_s; /* when timed */
    double for_s;     /* set; 0: not given */
    uint64_t from_ms, to_ms;
};

/* For help. */
const struct options_table *ask_options_status(void);
const struct options_table *ask_options_get(void);
const struct options_table *ask_options_watch(void);
const struct options_table *ask_options_history(void);
const struct options_table *ask_options_ping(void);
const struct options_table *ask_options_wait(void);
const struct options_table *ask_options_set(void);
const struct options_table *ask_options_command(void);
const struct options_table *ask_options_why(void);

/* Reads environment and arguments; -n and -W are --count and --timeout. False: usage was told. */
bool ask_options_read(enum ask_options_verb verb, int argc, char **argv, struct ask_options *o);

#endif
