#include "app/ask.h"
#include "app/verb.h"
#include "base/number.h"

#include <poll.h>

/* Waits for a peer (the one asked knows it as online) or for a value. Nobody to ask is no failure
 * before the time is over: the peer may be about to start, or to start again. */

enum { TRY_AGAIN_MS = 100 };

struct wanted {
    struct request request;
    const char *value; /* NULL: any */
};

/* Of an answer that is about a device, or about a topic. */
static bool is_value(const struct ask_json *answer, const char *wanted)
{
    struct value value;
    double number;
    if (wanted == NULL)
        return true;
    if (!ask_json_value(answer, "value", &value))
        return false;
    switch (value.kind) {
    case VALUE_NUMBER:
        return number_parse(span_of(wanted), &number) == ERR_OK &&
               value_equal(&value, &(struct value){.kind = VALUE_NUMBER, .number = number});
    case VALUE_BOOL:
        return strcmp(value.number > 0 ? "true" : "false", wanted) == 0;
    default:
        return value.kind == VALUE_TEXT && span_is(value.text, wanted);
    }
}

/* -1: not yet. *ended: the peer is gone, and another may be asked. */
static int look(struct ask *a, const struct ask_options *o, const struct wanted *w,
                uint64_t deadline_ms, bool *ended)
{
    struct span line;
    struct ask_json *json = NULL;
    int status = -1;
    enum err err = ask_answer(a, deadline_ms, &line, &json);
    *ended = err == ERR_CLOSED;
    if (err == ERR_TIMEOUT)
        status = RUN_TIMED_OUT;
    else if (err != ERR_OK && err != ERR_CLOSED)
        status = ask_failed(a, err);
    else if (err == ERR_OK && ask_json_has(json, "error"))
        status = ask_refused(a, json);
    else if (err == ERR_OK && is_value(json, w->value)) {
        if (o->json)
            printf("%.*s\n", (int)line.size, line.bytes);
        status = verb_finish_output();
    }
    ask_json_free(json);
    return status;
}

/* -1: this peer can't be asked, or not any more. */
static int ask_one(struct ask *a, const struct ask_options *o, const struct wanted *w,
                   uint64_t deadline_ms)
{
    char owner[LIMIT_NAME + 1];
    bool ended = false;
    const struct ask_wish wish = {.sooner = ask_topic_owner(w->request.topic, owner),
                                  .later = w->request.device[0] == '\0' ? NULL : w->request.device,
                                  .talk = ASK_SILENT};
    int status = ask_open(a, o, &wish);
    if (status == RUN_NOBODY || (status == RUN_OK && ask_send(a, &w->request) != ERR_OK))
        return -1;
    if (status == RUN_OK)
        status = -1;
    while (status < 0 && !ended)
        status = look(a, o, w, deadline_ms, &ended);
    return status;
}

static int wait_for(const struct ask_options *o, const struct wanted *w)
{
    struct ask a = {.fd = -1};
    char asked[LIMIT_NAME + 1] = "";
    uint64_t deadline_ms = ask_deadline(o);
    int status;
    while ((status = ask_one(&a, o, w, deadline_ms)) < 0 && ask_clock_ms() < deadline_ms) {
        ask_close(&a);
        poll(NULL, 0, TRY_AGAIN_MS);
    }
    memcpy(asked, a.device, sizeof asked);
    ask_close(&a);
    if (status >= 0 && status != RUN_TIMED_OUT)
        return status;
    if (asked[0] != '\0')
        fprintf(stderr, "%s: not within %g s (asked %s). Next: kith status --device %s\n", o->word,
                o->timeout_s, asked, asked);
    else
        fprintf(stderr,
                "%s: not within %g s, and no peer of yours runs here to ask. Next: kith "
                "controller1\n",
                o->word, o->timeout_s);
    return RUN_TIMED_OUT;
}

/* "sensor1", "actuator1/fan" or "actuator1/fan=on" */
static bool parse(const char *word, struct wanted *w)
{
    const char *slash = strchr(word, '/');
    const char *equals = strchr(word, '=');
    size_t size = equals == NULL ? strlen(word) : (size_t)(equals - word);
    struct span name = {word, slash == NULL ? size : (size_t)(slash - word)};
    *w = (struct wanted){.request.ask = slash == NULL ? REQUEST_WAIT : REQUEST_WATCH,
                         .value = equals == NULL ? NULL : equals + 1};
    if (size > LIMIT_TOPIC || !access_name_valid(name) || (slash == NULL && equals != NULL))
        return false;
    if (slash == NULL)
        ident_name_copy(w->request.device, name);
    else
        memcpy(w->request.topic, word, size);
    return true;
}

int verb_wait(int argc, char **argv)
{
    struct ask_options o;
    struct wanted w;
    if (!ask_options_read(ASK_OPTIONS_WAIT, argc, argv, &o))
        return RUN_USAGE;
    if (parse(o.word, &w))
        return wait_for(&o, &w);
    struct faults faults = {0};
    faults_add(&faults,
               "%s: what is waited for is a device (sensor1), a topic (actuator1/fan) or a "
               "topic's value (actuator1/fan=on)",
               o.word);
    return verb_usage(&faults, "wait");
}
