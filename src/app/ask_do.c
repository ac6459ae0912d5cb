#include "app/ask_do.h"

#include "app/own_peer.h"
#include "base/number.h"
#include "base/text.h"
#include "wire/field.h"

/* The happy path: a controller is there, is asked, and tells line by line how it goes. */

enum { SLACK_MS = 15000 }; /* for the answer to come, beyond the wait for the outcome */

static struct value value_of(const char *text)
{
    double number;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return value_bool(text[0] == 't');
    if (number_parse(span_of(text), &number) == ERR_OK)
        return value_number(number);
    return value_text(span_of(text));
}

bool ask_do_request(struct request *r, enum request_ask ask, const struct ask_options *o,
                    struct faults *faults)
{
    struct access_topic t;
    *r = (struct request){.ask = ask,
                          .for_ms = (uint64_t)(o->for_s * 1000),
                          .wait_ms = o->timed ? (uint64_t)(o->timeout_s * 1000) : REQUEST_WAIT_MS};
    if (o->value != NULL && strlen(o->value) > LIMIT_VALUE_TEXT)
        faults_add(faults, "a value takes at most %d bytes", LIMIT_VALUE_TEXT);
    else if (o->value != NULL)
        r->value = value_of(o->value);
    if (!access_topic_valid(span_of(o->word)) || !access_topic_split(span_of(o->word), &t) ||
        t.kind != ACCESS_REPORTED)
        faults_add(faults, "%s: what is meant is DEVICE/PROPERTY: actuator1/fan", o->word);
    else
        memcpy(r->topic, o->word, strlen(o->word) + 1);
    return faults->count == 0;
}

const char *ask_do_cause(const struct ask_json *json, char memory[512])
{
    struct span cause = {0};
    struct buf b;
    (void)ask_json_text(json, "cause", &cause);
    buf_init(&b, memory, 511);
    buf_text(&b, cause.size > 0 ? ": " : "");
    text_escape(&b, cause, 256);
    memory[b.size] = '\0';
    return memory;
}

enum { NO_CONTROLLER = -2 };

/* What was not even begun has an outcome for programs, too: one with the members of any other. */
static void print_outcome(const struct request *r, const char *outcome, struct span cause)
{
    bool set = r->ask == REQUEST_SET;
    char memory[REQUEST_BYTES + 1024];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, set ? "{\"schema\":\"kith/set/1\",\"topic\":"
                     : "{\"schema\":\"kith/command/1\",\"topic\":");
    json_write_string(&b, span_of(r->topic));
    buf_text(&b, ",\"value\":");
    if (r->value.kind == VALUE_NONE)
        buf_text(&b, "null");
    else
        field_write_value(&b, &r->value);
    buf_text(&b, ",\"outcome\":");
    json_write_string(&b, span_of(outcome));
    buf_text(&b, ",\"cause\":");
    json_write_string(&b, cause);
    buf_text(&b, set ? ",\"sent_ms\":null,\"acknowledged_ms\":null,\"confirmed_ms\":null}"
                     : ",\"ms\":0}");
    printf("%.*s\n", (int)b.size, b.bytes);
    fflush(stdout);
}

/* `alone`: the target that our own peer has looked for, and is no help any more; or NULL. */
static int not_found(const struct ask *a, const struct ask_json *json, const char *alone)
{
    struct span text = {0};
    char memory[512];
    struct buf b;
    if (alone == NULL) {
        (void)ask_refused(a, json);
        return RUN_NOBODY;
    }
    (void)ask_json_text(json, "text", &text);
    buf_init(&b, memory, sizeof memory);
    text_escape(&b, text, sizeof memory);
    fprintf(stderr, "%.*s\nNext: kith %s, if it does not run; else more time: -W 30\n", (int)b.size,
            b.bytes, alone);
    return RUN_NOBODY;
}

/* NO_CONTROLLER: another must be asked. */
static int refused(const struct ask *a, const struct ask_options *o, const struct request *r,
                   const struct ask_json *json, const char *alone)
{
    struct span error = {0}, text = {0};
    (void)ask_json_text(json, "error", &error);
    (void)ask_json_text(json, "text", &text);
    bool unknown = span_is(error, "not_found"), role = span_is(error, "role");
    if (role && o->device == NULL)
        return NO_CONTROLLER;
    if (o->json)
        print_outcome(r, unknown && r->ask == REQUEST_SET ? "unreachable" : "refused", text);
    if (unknown)
        return not_found(a, json, alone);
    (void)ask_refused(a, json);
    return role ? RUN_REFUSED : RUN_FAILED;
}

static int follow(struct ask *a, const struct ask_options *o, const struct request *r,
                  ask_do_fn *take, const char *alone)
{
    uint64_t deadline_ms = ask_clock_ms() + r->wait_ms + SLACK_MS;
    enum err err = ask_send(a, r);
    int status = err == ERR_OK ? ASK_DO_MORE : ask_failed(a, err);
    while (status == ASK_DO_MORE) {
        struct span line;
        struct ask_json *json = NULL;
        err = ask_answer(a, deadline_ms, &line, &json);
        if (err != ERR_OK)
            status = ask_failed(a, err);
        else if (ask_json_get(json, "error") != NULL)
            status = refused(a, o, r, json, alone);
        else
            status = take(a, o, line, json);
        ask_json_free(json);
    }
    return status;
}

/* Until the target is there, or the time is over: then the outcome says so. */
static void wait_for_target(struct ask *a, const struct request *wanted, uint64_t deadline_ms)
{
    struct request r = {.ask = REQUEST_WAIT};
    struct ask_json *json = NULL;
    struct access_topic t;
    struct span line;
    if (!access_topic_split(span_of(wanted->topic), &t))
        return;
    ident_name_copy(r.device, t.device);
    if (ask_send(a, &r) == ERR_OK && ask_answer(a, deadline_ms, &line, &json) == ERR_OK)
        ask_json_free(json);
}

static int ask_status(struct ask *a, struct ask_json **json)
{
    struct span line;
    enum err err = ask_send(a, &(struct request){.ask = REQUEST_STATUS});
    if (err == ERR_OK)
        err = ask_answer(a, ask_clock_ms() + SLACK_MS, &line, json);
    return err == ERR_OK ? RUN_OK : ask_failed(a, err);
}

/* `a` is connected to a peer that is no controller, or to nobody. */
static int do_alone(struct ask *a, const struct ask_options *o, struct request *r, ask_do_fn *take)
{
    char target[LIMIT_NAME + 1];
    struct own_peer peer = {0};
    struct ask_json *beside = NULL;
    uint64_t deadline_ms = ask_clock_ms() + r->wait_ms;
    int status = a->fd >= 0 ? ask_status(a, &beside) : RUN_OK;
    ask_close(a);
    if (status == RUN_OK)
        status = own_peer_start(&peer, a, o, beside, ask_topic_owner(r->topic, target));
    ask_json_free(beside);
    if (status == RUN_OK) {
        wait_for_target(a, r, deadline_ms);
        uint64_t now = ask_clock_ms();
        r->wait_ms = deadline_ms > now ? deadline_ms - now : 0;
        status = follow(a, o, r, take, target);
    }
    ask_close(a);
    own_peer_stop(&peer);
    return status;
}

int ask_do(const struct ask_options *o, struct request *r, ask_do_fn *take)
{
    struct ask a;
    enum ask_talk talk = o->device == NULL ? ASK_SILENT : ASK_TALKS;
    int status = ask_open(&a, o, &(struct ask_wish){.talk = talk});
    if (status == RUN_OK)
        status = follow(&a, o, r, take, NULL);
    if (status == NO_CONTROLLER || (status == RUN_NOBODY && a.fd < 0 && o->device == NULL))
        status = do_alone(&a, o, r, take);
    ask_close(&a);
    return status;
}
