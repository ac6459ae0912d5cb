#include "app/ask.h"
#include "app/ask_show.h"
#include "app/verb.h"

/* Live values until enough came, the time is over, the peer ends, or the reader goes away. */

/* Enough came, or there was no number to reach and something came. */
static int time_is_over(const struct ask *a, const struct ask_options *o, uint64_t shown)
{
    int status = verb_finish_output();
    if (o->count == 0 && shown > 0)
        return status;
    fprintf(stderr,
            "%llu of %llu values within %g s (asked %s). What there is: kith get --device "
            "%s\n",
            (unsigned long long)shown, (unsigned long long)(o->count == 0 ? 1 : o->count),
            o->timeout_s, a->device, a->device);
    return RUN_TIMED_OUT;
}

/* -1: go on. */
static int show_one(struct ask *a, const struct ask_options *o, uint64_t deadline_ms,
                    uint64_t *shown)
{
    struct span line;
    struct ask_json *json = NULL;
    int status = -1;
    enum err err = ask_answer(a, deadline_ms, &line, &json);
    if (err == ERR_TIMEOUT)
        status = time_is_over(a, o, *shown);
    else if (err != ERR_OK)
        status = ask_failed(a, err);
    else if (ask_json_has(json, "error"))
        status = ask_refused(a, json);
    else if (!ask_show_record(o, ASK_SHOW_LIVE, line, json, stdout))
        status = ask_failed(a, ERR_SYNTAX);
    else if (++*shown == o->count || fflush(stdout) != 0)
        status = verb_finish_output();
    ask_json_free(json);
    return status;
}

static int watch(const struct ask_options *o)
{
    struct ask a;
    struct request r = {.ask = REQUEST_WATCH};
    char owner[LIMIT_NAME + 1];
    snprintf(r.topic, sizeof r.topic, "%s", o->word == NULL ? "*" : o->word);
    uint64_t deadline_ms = ask_deadline(o), shown = 0;
    const struct ask_wish wish = {.sooner = ask_topic_owner(r.topic, owner)};
    int status = ask_open(&a, o, &wish);
    if (status == RUN_OK) {
        enum err err = ask_send(&a, &r);
        status = err == ERR_OK ? -1 : ask_failed(&a, err);
        while (status < 0)
            status = show_one(&a, o, deadline_ms, &shown);
    }
    ask_close(&a);
    return status;
}

int verb_watch(int argc, char **argv)
{
    struct ask_options o;
    if (!ask_options_read(ASK_OPTIONS_WATCH, argc, argv, &o))
        return RUN_USAGE;
    return watch(&o);
}
