#include "app/ask_do.h"
#include "app/verb.h"

/* Shows when it began and what came of it. */

static int finish(const struct ask_options *o, struct span outcome, const struct ask_json *json)
{
    char memory[512];
    const char *cause = ask_do_cause(json, memory);
    if (span_is(outcome, "done")) {
        if (!o->json)
            puts("done");
        return verb_finish_output();
    }
    if (span_is(outcome, "refused")) {
        fprintf(stderr, "%s: refused%s. Next: kith status\n", o->word, cause);
        return RUN_REFUSED;
    }
    if (span_is(outcome, "expired")) {
        fprintf(stderr, "%s: too late, and not done%s. Next: kith ping, or more time: -W 30\n",
                o->word, cause);
        return RUN_TIMED_OUT;
    }
    fprintf(stderr, "%s: it may have been done or not%s. Next: kith history %s\n", o->word, cause,
            o->word);
    return RUN_FAILED;
}

static int take_line(const struct ask *a, const struct ask_options *o, struct span line,
                     const struct ask_json *json)
{
    struct span stage, outcome;
    (void)a;
    if (ask_json_text(json, "stage", &stage) && !o->json) {
        puts("started");
        fflush(stdout);
    }
    if (!ask_json_text(json, "outcome", &outcome))
        return ASK_DO_MORE;
    if (o->json)
        printf("%.*s\n", (int)line.size, line.bytes);
    return finish(o, outcome, json);
}

int verb_command(int argc, char **argv)
{
    struct ask_options o;
    struct faults faults = {0};
    struct request r;
    if (!ask_options_read(ASK_OPTIONS_COMMAND, argc, argv, &o))
        return RUN_USAGE;
    if (!ask_do_request(&r, REQUEST_COMMAND, &o, &faults))
        return verb_usage(&faults, "command");
    return ask_do(&o, &r, take_line);
}
