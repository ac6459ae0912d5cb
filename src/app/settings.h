#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include "app/options.h"
#include "app/run.h"

/* What flags, environment and configuration file say of one peer, put together: for each option
 * the highest of the three that gives it counts, whole (two --peer on the command line replace the
 * file's list). The kind of source is one option in this sense. */

enum settings_level { SETTINGS_FILE, SETTINGS_ENVIRONMENT, SETTINGS_FLAG };

enum {
    SETTINGS_PORT = 50000,
    SETTINGS_COLUMNS_MAX = 64,
    SETTINGS_FILTERS_MAX = 64,
    SETTINGS_VALUES_MAX = 1024, /* in all; a configuration file may hold many */
};

struct settings_value {
    const struct options_entry *entry;
    enum settings_level level;
    char *value, *origin;
};

struct settings {
    struct run_options run; /* after settings_complete() */
    const char *config, *state_dir;
    const char *device; /* as given: a word of the command line, else of the file */
    char *device_in_file;
    bool role_given;

    struct settings_value *values;
    size_t value_count, value_capacity;
    struct source_column columns[SETTINGS_COLUMNS_MAX];
    struct source_filter filters[SETTINGS_FILTERS_MAX];
    const char *peers[LIMIT_DIALS_CONFIGURED];
    const char *interfaces[UDP_INTERFACES_MAX];
    struct rule rules[LIMIT_RULES];
    size_t rule_count;
    struct text_copy *copies; /* pieces of values, freed at the end */
};

/* NULL when out of memory. */
struct settings *settings_new(void);
void settings_free(struct settings *s); /* NULL is allowed */

/* The options of `run`. */
const struct options_table *settings_table(void);
/* One value; copies both texts. */
void settings_add(struct settings *s, const struct options_entry *entry, enum settings_level level,
                  const char *value, const char *origin, struct faults *faults);
/* Takes the value that counts of a single option before all others (--config, --state-dir,
 * --quiet); NULL when there is none. */
const char *settings_peek(const struct settings *s, const char *name);
/* Gives every option its value. */
void settings_apply(struct settings *s, struct faults *faults);
/* After settings_apply(): the device, its role, what follows from them, and what does not go
 * together. */
void settings_complete(struct settings *s, struct faults *faults);
/* A copy that lives as long as the settings; NULL when out of memory. */
char *settings_keep(struct settings *s, struct span text);

#endif
