#include "app/own_peer.h"
#include "app/verb.h"
#include "base/number.h"
#include "base/text.h"

/* Asks a controller for it and shows how it goes, a stage a line. Where none runs, the person is
 * one: own_peer.h. */

enum { SLACK_MS = 2000 }; /* for the answer to come, beyond the wait for the outcome */

static struct value value_of(const char *text)
{
    double number;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return value_bool(text[0] == 't');
    if (number_parse(span_of(text), &number) == ERR_OK)
        return value_number(number);
    return value_text(span_of(text));
}

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
    uint64_t ms = 0;
    (void)ask_json_count(json, "confirmed_ms", &ms);
    if (ms == 0)
        printf("confirmed within 1 ms");
    else
        printf("confirmed after %llu ms", (unsigned long long)ms);
    if (strcmp(o->value, "auto") == 0)
        printf(": rules decide again\n");
    else if (o->for_s > 0)
        printf("; it holds against rules for %g s\n", o->for_s);
    else
        printf("; it holds against rules until: kith set %s auto\n", o->word);
}

static int tell_failure(const struct ask_options *o, struct span outcome,
                        const struct ask_json *json)
{
    struct span cause = {0};
    char memory[512];
    struct buf b;
    (void)ask_json_text(json, "cause", &cause);
    buf_init(&b, memory, sizeof memory - 1);
    text_escape(&b, cause, 256);
    memory[b.size] = '\0';
    const char *because = b.size > 0 ? ": " : "";
    if (span_is(outcome, "refused")) {
        fprintf(stderr, "%s: refused%s%s. Next: kith status\n", o->word, because, memory);
        return RUN_REFUSED;
    }
    if (span_is(outcome, "unreachable")) {
        fprintf(stderr,
                "%s: the device can't be reached%s%s. It will be so when it is back; to "
                "take it back: kith set %s auto\n",
                o->word, because, memory, o->word);
        return RUN_NOBODY;
    }
    fprintf(stderr, "%s: %s in time. It stays wanted; to take it back: kith set %s auto\n", o->word,
            span_is(outcome, "acknowledged") ? "acknowledged, but not confirmed"
                                             : "not even acknowledged",
            o->word);
    return RUN_TIMED_OUT;
}

enum { NO_CONTROLLER = -2, MORE = -1 };

/* MORE to come; NO_CONTROLLER: another must be asked. */
static int take_line(const struct ask *a, const struct ask_options *o, struct span line,
                     const struct ask_json *json)
{
    struct span outcome;
    struct span error;
    if (ask_json_text(json, "error", &error))
        return span_is(error, "role") && o->device == NULL ? NO_CONTROLLER : ask_refused(a, json);
    tell_stage(o, a, json);
    if (!ask_json_text(json, "outcome", &outcome))
        return MORE;
    if (o->json)
        printf("%.*s\n", (int)line.size, line.bytes);
    if (!span_is(outcome, "confirmed"))
        return tell_failure(o, outcome, json);
    if (!o->json)
        tell_confirmed(o, json);
    return verb_finish_output();
}

static int follow(struct ask *a, const struct ask_options *o, const struct request *r)
{
    uint64_t deadline_ms = ask_clock_ms() + r->wait_ms + SLACK_MS;
    enum err err = ask_send(a, r);
    int status = err == ERR_OK ? MORE : ask_failed(a, err);
    while (status == MORE) {
        struct span line;
        struct ask_json *json = NULL;
        err = ask_answer(a, deadline_ms, &line, &json);
        status = err == ERR_OK ? take_line(a, o, line, json) : ask_failed(a, err);
        ask_json_free(json);
    }
    return status;
}

static bool check_words(const struct ask_options *o, struct faults *faults)
{
    struct access_topic t;
    if (o->value == NULL)
        faults_add(faults, "what shall %s be? kith set %s on", o->word, o->word);
    else if (strlen(o->value) > LIMIT_VALUE_TEXT)
        faults_add(faults, "a value takes at most %d bytes", LIMIT_VALUE_TEXT);
    if (!access_topic_valid(span_of(o->word)) || !access_topic_split(span_of(o->word), &t) ||
        t.kind != ACCESS_REPORTED)
        faults_add(faults, "%s: a topic to set is DEVICE/PROPERTY: actuator1/fan", o->word);
    return faults->count == 0;
}

/* Until the target is there, or the time is over: then the outcome says so. */
static void wait_for_target(struct ask *a, const struct request *set, uint64_t deadline_ms)
{
    struct request r = {.ask = REQUEST_WAIT};
    struct ask_json *json = NULL;
    struct access_topic t;
    struct span line;
    if (!access_topic_split(span_of(set->topic), &t))
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
static int set_alone(struct ask *a, const struct ask_options *o, struct request *r)
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
        status = follow(a, o, r);
    }
    ask_close(a);
    own_peer_stop(&peer);
    return status;
}

int verb_set(int argc, char **argv)
{
    struct ask_options o;
    struct faults faults = {0};
    struct ask a;
    if (!ask_options_read(ASK_OPTIONS_SET, argc, argv, &o))
        return RUN_USAGE;
    if (!check_words(&o, &faults))
        return verb_usage(&faults, "set");
    struct request r = {.ask = REQUEST_SET,
                        .value = value_of(o.value),
                        .for_ms = (uint64_t)(o.for_s * 1000),
                        .wait_ms = o.timed ? (uint64_t)(o.timeout_s * 1000) : REQUEST_WAIT_MS};
    memcpy(r.topic, o.word, strlen(o.word) + 1);
    enum ask_talk talk = o.device == NULL ? ASK_SILENT : ASK_TALKS;
    int status = ask_open(&a, &o, &(struct ask_wish){.talk = talk});
    if (status == RUN_OK)
        status = follow(&a, &o, &r);
    if (status == NO_CONTROLLER || (status == RUN_NOBODY && a.fd < 0 && o.device == NULL))
        status = set_alone(&a, &o, &r);
    ask_close(&a);
    return status;
}
