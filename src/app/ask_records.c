#include "app/ask_records.h"

#include "app/verb.h"
#include "io/timestamp.h"

enum { ANSWER_WAIT_MS = 30000 };

static void topic_request(struct request *r, enum request_ask ask, const struct ask_options *o)
{
    *r = (struct request){.ask = ask, .from_ms = o->from_ms, .to_ms = o->to_ms};
    snprintf(r->topic, sizeof r->topic, "%s", o->word == NULL ? "*" : o->word);
}

static void tell_beginning(const struct ask *a, uint64_t begins_ms)
{
    char time[TIMESTAMP_TEXT_MAX];
    size_t size = timestamp_format(time, (int64_t)begins_ms);
    fprintf(stderr, "%s: history begins at %.*sZ; what came before was let go (retention)\n",
            a->device, (int)size, time);
}

static int finish(const struct ask *a, const struct ask_json *end)
{
    uint64_t damaged, begins_ms;
    if (ask_json_count(end, "begins", &begins_ms) && begins_ms > 0)
        tell_beginning(a, begins_ms);
    (void)ask_json_count(end, "damaged", &damaged);
    int status = verb_finish_output();
    if (damaged == 0)
        return status;
    fprintf(stderr,
            "%s: %llu of its logs can't be read to their end: the disk has damaged them; "
            "another peer may have them: --device NAME\n",
            a->device, (unsigned long long)damaged);
    return RUN_FAILED;
}

/* Until the end or a refusal. */
static int show_answer(struct ask *a, const struct ask_options *o, enum ask_show_style style)
{
    for (;;) {
        struct span line;
        struct ask_json *json = NULL;
        enum err err = ask_answer(a, ask_clock_ms() + ANSWER_WAIT_MS, &line, &json);
        int status = -1;
        if (err == ERR_OK && ask_json_has(json, "error"))
            status = ask_refused(a, json);
        else if (err == ERR_OK && ask_json_has(json, "end"))
            status = finish(a, json);
        else if (err != ERR_OK || !ask_show_record(o, style, line, json, stdout))
            status = ask_failed(a, err == ERR_OK ? ERR_SYNTAX : err);
        else if (ferror(stdout))
            status = verb_finish_output();
        ask_json_free(json);
        if (status >= 0)
            return status;
    }
}

int ask_records(const struct ask_options *o, enum request_ask ask, enum ask_show_style style)
{
    struct ask a;
    struct request r;
    char owner[LIMIT_NAME + 1];
    topic_request(&r, ask, o);
    const struct ask_wish wish = {.sooner = ask_topic_owner(r.topic, owner)};
    int status = ask_open(&a, o, &wish);
    if (status == RUN_OK) {
        enum err err = ask_send(&a, &r);
        ask_show_begin(o, stdout);
        status = err == ERR_OK ? show_answer(&a, o, style) : ask_failed(&a, err);
    }
    ask_close(&a);
    return status;
}
