#ifndef APP_HELP_H
#define APP_HELP_H

#include "app/options.h"

/* What `kith`, `kith help` and `kith help VERB` print. */

struct help_verb {
    const char *name;
    const char *usage;                            /* "run DEVICE [OPTIONS]" */
    const char *help;                             /* one line */
    const char *examples;                         /* lines, or NULL */
    const char *more;                             /* paragraphs behind the options, or NULL */
    const struct options_table *(*options)(void); /* NULL: none */
};

/* `kith` alone: what to type next. */
void help_first(FILE *out);
void help_overview(const struct help_verb *verbs, size_t count, FILE *out);
void help_verb(const struct help_verb *verb, FILE *out);

#endif
