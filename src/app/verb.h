#ifndef APP_VERB_H
#define APP_VERB_H

#include "app/settings.h"

/* The verbs, and what they share. Each takes the arguments behind its name and returns the exit
 * status (enum run_exit). */

int verb_run(int argc, char **argv);
int verb_paths(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_dataset(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_get(int argc, char **argv);
int verb_watch(int argc, char **argv);
int verb_history(int argc, char **argv);
int verb_ping(int argc, char **argv);
int verb_wait(int argc, char **argv);
int verb_set(int argc, char **argv);
int verb_command(int argc, char **argv);
int verb_why(int argc, char **argv);
const struct options_table *verb_dataset_options(void);

/* Tells what is wrong with a command line, and whose help knows more; empties the list. */
int verb_usage(struct faults *faults, const char *verb);
/* What was printed is only done once it is written. */
int verb_finish_output(void);

/* Where the options and the one word of a command line go. */
struct verb_sink {
    struct settings *settings; /* NULL: the verb has no options of run */
    struct faults *faults;
    enum settings_level level;
    const char **word;
    const char *what; /* the word is: "device" */
};

void verb_on_option(void *context, const struct options_entry *entry, const char *value,
                    const char *origin);
void verb_on_word(void *context, const char *word);

#endif
