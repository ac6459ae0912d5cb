#include "app/ask.h"
#include "app/verb.h"

#include <time.h>

/* Round trips over the session of the peer that is asked, one a second. */

enum { PINGS = 4, EVERY_MS = 1000, ANSWER_WAIT_MS = 5000 };

struct tally {
    uint64_t sent, answered;
    double least_ms, sum_ms, most_ms;
};

static void show(const struct ask *a, const struct ask_options *o, struct span line, double rtt_ms)
{
    if (o->json)
        printf("%.*s\n", (int)line.size, line.bytes);
    else
        printf("%s: %.2f ms (from %s)\n", o->word, rtt_ms, a->device);
    fflush(stdout);
}

static void count(struct tally *t, double rtt_ms)
{
    if (t->answered == 0 || rtt_ms < t->least_ms)
        t->least_ms = rtt_ms;
    if (t->answered == 0 || rtt_ms > t->most_ms)
        t->most_ms = rtt_ms;
    t->sum_ms += rtt_ms;
    t->answered++;
}

/* -1: go on. */
static int ping_once(struct ask *a, const struct ask_options *o, const struct request *r,
                     struct tally *t)
{
    struct span line;
    struct ask_json *json = NULL;
    int status = -1;
    double rtt_ms;
    uint64_t wait_ms = o->timed ? (uint64_t)(o->timeout_s * 1000) : ANSWER_WAIT_MS;
    t->sent++;
    enum err err = ask_send(a, r);
    if (err == ERR_OK)
        err = ask_answer(a, ask_clock_ms() + wait_ms, &line, &json);
    bool timed = ask_json_number(json, "rtt_ms", &rtt_ms);
    if (err == ERR_TIMEOUT)
        fprintf(stderr, "%s: no answer within %llu ms\n", o->word, (unsigned long long)wait_ms);
    else if (err == ERR_OK && ask_json_has(json, "error"))
        status = ask_refused(a, json);
    else if (err != ERR_OK || !timed)
        status = ask_failed(a, err == ERR_OK ? ERR_SYNTAX : err);
    else {
        show(a, o, line, rtt_ms);
        count(t, rtt_ms);
    }
    ask_json_free(json);
    return status;
}

static void pause_until(uint64_t at_ms)
{
    uint64_t now = ask_clock_ms();
    uint64_t left = at_ms > now ? at_ms - now : 0;
    struct timespec t = {(time_t)(left / 1000), (long)(left % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static int sum_up(const struct ask_options *o, const struct tally *t)
{
    if (!o->json && t->answered > 1)
        printf("%llu of %llu answered; least %.2f, mean %.2f, most %.2f ms\n",
               (unsigned long long)t->answered, (unsigned long long)t->sent, t->least_ms,
               t->sum_ms / (double)t->answered, t->most_ms);
    int status = verb_finish_output();
    if (t->answered == t->sent)
        return status;
    fprintf(stderr, "Next: kith status shows since when %s is silent\n", o->word);
    return RUN_TIMED_OUT;
}

static int ping(const struct ask_options *o, const struct request *r)
{
    struct ask a;
    struct tally t = {0};
    uint64_t pings = o->count == 0 ? PINGS : o->count;
    int status = ask_open(&a, o, &(struct ask_wish){.later = o->word});
    uint64_t began = ask_clock_ms();
    if (status == RUN_OK)
        status = -1; /* go on */
    while (status < 0 && t.sent < pings) {
        pause_until(began + t.sent * EVERY_MS);
        status = ping_once(&a, o, r, &t);
    }
    ask_close(&a);
    return status < 0 ? sum_up(o, &t) : status;
}

int verb_ping(int argc, char **argv)
{
    struct ask_options o;
    struct request r = {.ask = REQUEST_PING};
    if (!ask_options_read(ASK_OPTIONS_PING, argc, argv, &o))
        return RUN_USAGE;
    if (!access_name_valid(span_of(o.word))) {
        struct faults faults = {0};
        faults_add(&faults, "%s: a device name is 1 to 63 of a-z, 0-9, - and _", o.word);
        return verb_usage(&faults, "ping");
    }
    ident_name_copy(r.device, span_of(o.word));
    return ping(&o, &r);
}
