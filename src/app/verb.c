#include "app/verb.h"

#include <errno.h>

int verb_usage(struct faults *faults, const char *verb)
{
    faults_print(faults, stderr);
    fprintf(stderr, "Next: kith help%s%s\n", verb[0] == '\0' ? "" : " ", verb);
    faults_fini(faults);
    return RUN_USAGE;
}

int verb_finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return RUN_OK;
    if (errno == EPIPE)
        return RUN_OK;
    fprintf(stderr, "standard output: %s\n", strerror(errno));
    return RUN_FAILED;
}

void verb_on_option(void *context, const struct options_entry *entry, const char *value,
                    const char *origin)
{
    struct verb_sink *sink = context;
    settings_add(sink->settings, entry, sink->level, value, origin, sink->faults);
}

void verb_on_word(void *context, const char *word)
{
    struct verb_sink *sink = context;
    if (*sink->word == NULL)
        *sink->word = word;
    else
        faults_add(sink->faults, "%s: one %s is enough, and %s is there", word, sink->what,
                   *sink->word);
}
