#include "app/ask_do.h"
#include "app/verb.h"
#include "base/text.h"

/* Shows how it goes, a stage a line. */

static void tell_stage(const struct ask_options *o, const struct ask *a,
                       const struct ask_json *json)
{
    struct span stage;
    uint64_t ms = 0;
    if (o->json || !ask_json_text(json, "stage", &stage))
        return;
    (void)ask_json_count(json, "ms", &ms);
    bool sent = span_is(stage, "sent");
    printf("%s %s = %s", sent ? "sent" : "acknowledged", o->word, o->value);
    if (sent)
        printf(" (by %s)\n", a->device);
    else
        printf(" after %llu ms: it is on the device's disk\n", (unsigned long long)ms);
    fflush(stdout);
}

static void tell_confirmed(const struct ask_options *o, const struct ask_json *json)
{
    char memory[64];
    struct buf lasting;
    uint64_t ms = 0;
    buf_init(&lasting, memory, sizeof memory);
    text_duration(&lasting, (uint64_t)(o->for_s * 1000));
    (void)ask_json_count(json, "confirmed_ms", &ms);
    if (ms == 0)
        printf("confirmed within 1 ms");
    else
        printf("confirmed after %llu ms", (unsigned long long)ms);
    if (strcmp(o->value, "auto") == 0)
        printf(": rules decide again\n");
    else if (o->for_s > 0)
        printf("; it holds against rules for %.*s\n", (int)lasting.size, lasting.bytes);
    else
        printf("; it holds against rules until: kith set %s auto\n", o->word);
}

static int tell_failure(const struct ask_options *o, struct span outcome,
                        const struct ask_json *json)
{
    char memory[512];
    const char *cause = ask_do_cause(json, memory);
    if (span_is(outcome, "refused")) {
        fprintf(stderr, "%s: refused%s. Next: kith status\n", o->word, cause);
        return RUN_REFUSED;
    }
    if (span_is(outcome, "unreachable")) {
        fprintf(stderr,
                "%s: the device can't be reached%s. It will be so when it is back; to "
                "take it back: kith set %s auto\n",
                o->word, cause, o->word);
        return RUN_NOBODY;
    }
    fprintf(stderr, "%s: %s in time. It stays wanted; to take it back: kith set %s auto\n", o->word,
            span_is(outcome, "acknowledged") ? "acknowledged, but not confirmed"
                                             : "not even acknowledged",
            o->word);
    return RUN_TIMED_OUT;
}

static int take_line(const struct ask *a, const struct ask_options *o, struct span line,
                     const struct ask_json *json)
{
    struct span outcome;
    tell_stage(o, a, json);
    if (!ask_json_text(json, "outcome", &outcome))
        return ASK_DO_MORE;
    if (o->json)
        printf("%.*s\n", (int)line.size, line.bytes);
    if (!span_is(outcome, "confirmed"))
        return tell_failure(o, outcome, json);
    if (!o->json)
        tell_confirmed(o, json);
    return verb_finish_output();
}

int verb_set(int argc, char **argv)
{
    struct ask_options o;
    struct faults faults = {0};
    struct request r;
    if (!ask_options_read(ASK_OPTIONS_SET, argc, argv, &o))
        return RUN_USAGE;
    if (o.value == NULL)
        faults_add(&faults, "what shall %s be? kith set %s on", o.word, o.word);
    if (!ask_do_request(&r, REQUEST_SET, &o, &faults))
        return verb_usage(&faults, "set");
    return ask_do(&o, &r, take_line);
}
