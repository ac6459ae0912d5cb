#include "app/answer_want.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A client that asks, the event that the node would be stepped with, and what the client gets. */

enum { GOT = 8192 };

struct world {
    char folder[64], path[96];
    uv_loop_t loop;
    struct control *control;
    struct answer_parts parts;
    struct answer_asker asker;
    uint64_t last_id;
    unsigned events;
    struct event event;
    int fd;
    char got[GOT];
    size_t got_size;
};

static void mix(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    out->bytes[0] = (uint8_t)(out->bytes[0] + bytes.size);
}

static void on_line(void *context, struct control_client *client, struct span line)
{
    (void)line;
    ((struct world *)context)->asker.client = client;
}

static void ignore(void *context, struct control_client *client)
{
    (void)context, (void)client;
}

static void on_event(void *context, struct event *e)
{
    struct world *w = context;
    w->events++;
    w->event = *e;
}

static void connect_client(struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, w->path, strlen(w->path) + 1);
    w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(w->fd, (const void *)&address, sizeof address), 0);
    assert_int_equal(send(w->fd, "?\n", 2, 0), 2);
    while (w->asker.client == NULL)
        uv_run(&w->loop, UV_RUN_ONCE);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct control_handler handler = {w, on_line, ignore, ignore};
    struct node_config config = {.hash = mix, .self = {.device = "controller1"}};
    char message[256];
    snprintf(w->folder, sizeof w->folder, "/tmp/kith-want-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/me.sock", w->folder);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    assert_int_equal(control_open(&w->control, &w->loop, w->path, &handler, message,
                                  sizeof message),
                     ERR_OK);
    w->parts = (struct answer_parts){.device = "controller1",
                                     .role = ROLE_CONTROLLER,
                                     .node = node_new(&config),
                                     .context = w,
                                     .on_event = on_event,
                                     .last_id = &w->last_id};
    connect_client(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    close(w->fd);
    control_close(w->control);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    node_free(w->parts.node);
    rmdir(w->folder);
    free(w);
    return 0;
}

/* The next line, without its end. */
static void assert_got(struct world *w, const char *expected)
{
    char *end;
    while ((end = memchr(w->got, '\n', w->got_size)) == NULL) {
        uv_run(&w->loop, UV_RUN_NOWAIT);
        ssize_t size = recv(w->fd, w->got + w->got_size, GOT - 1 - w->got_size, 0);
        w->got_size += size > 0 ? (size_t)size : 0;
    }
    *end = '\0';
    assert_string_equal(w->got, expected);
    w->got_size -= (size_t)(end + 1 - w->got);
    memmove(w->got, end + 1, w->got_size);
}

/* Nothing was put: the next line is one that is put now. */
static void assert_silent(struct world *w)
{
    control_put(w->asker.client, SPAN("nothing"));
    assert_got(w, "nothing");
}

static void request(struct world *w, enum request_ask ask, const char *topic, const char *value)
{
    struct request *r = &w->asker.request;
    *r = (struct request){.ask = ask, .for_ms = 600000, .wait_ms = 1500};
    snprintf(r->topic, sizeof r->topic, "%s", topic);
    if (value != NULL)
        r->value = value_text(span_of(value));
    if (ask == REQUEST_SET)
        answer_want_ask(&w->parts, &w->asker);
    else
        answer_want_command(&w->parts, &w->asker);
}

static void stage(struct world *w, uint64_t id, enum fact_stage stage, uint64_t ms)
{
    struct fact fact = {.kind = FACT_WANTED, .id = id, .stage = stage, .ms = ms};
    answer_want_stage(&w->asker, &fact);
}

static void a_wish_becomes_an_event_with_an_id_of_its_own(void **state)
{
    struct world *w = *state;
    for (uint64_t id = 1; id < 3; id++) {
        request(w, REQUEST_SET, "controller1/fan", "on");
        assert_int_equal(w->event.kind, EVENT_WANT);
        assert_int_equal(w->event.want.id, id);
        assert_int_equal(w->event.want.for_ms, 600000);
        assert_int_equal(w->event.want.wait_ms, 1500);
        assert_true(span_is(w->event.want.topic, "controller1/fan"));
    }
    assert_silent(w);
}

static void who_is_unknown_may_be_meant_otherwise(void **state)
{
    struct world *w = *state;
    request(w, REQUEST_SET, "controler1/fan", "on");
    assert_got(w, "{\"error\":\"not_found\",\"text\":\"controller1 knows no controler1; did you "
                  "mean controller1?\"}");
    request(w, REQUEST_COMMAND, "door/open", NULL);
    assert_got(w,
               "{\"error\":\"not_found\",\"text\":\"controller1 knows no door; kith status lists "
               "whom it knows\"}");
    assert_int_equal(w->events, 0);
}

static void what_is_no_property_is_refused(void **state)
{
    static const char *const topics[] = {"controller1", "controller1/fan/set", "controller1/hello",
                                         "*/fan"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        request(w, REQUEST_SET, topics[i], "on");
        assert_got(w, "{\"error\":\"request\",\"text\":\"a topic to set is DEVICE/PROPERTY: "
                      "actuator1/fan\"}");
    }
    assert_int_equal(w->events, 0);
}

static void only_a_controller_wants(void **state)
{
    struct world *w = *state;
    w->parts.role = ROLE_SENSOR;
    request(w, REQUEST_SET, "controller1/fan", "on");
    assert_got(w, "{\"error\":\"role\",\"text\":\"controller1 is no controller; leave --device "
                  "controller1 out, or name a controller\"}");
    assert_int_equal(w->events, 0);
}

static void stages_come_one_by_one_and_then_the_outcome(void **state)
{
    struct world *w = *state;
    request(w, REQUEST_SET, "controller1/fan", "on");
    stage(w, 1, FACT_WANT_SENT, 0);
    assert_got(w, "{\"stage\":\"sent\",\"ms\":0}");
    stage(w, 1, FACT_WANT_ACKNOWLEDGED, 12);
    assert_got(w, "{\"stage\":\"acknowledged\",\"ms\":12}");
    stage(w, 1, FACT_WANT_CONFIRMED, 14);
    assert_got(w, "{\"schema\":\"kith/set/1\",\"topic\":\"controller1/fan\",\"value\":\"on\","
                  "\"outcome\":\"confirmed\",\"cause\":\"\",\"sent_ms\":0,\"acknowledged_ms\":12,"
                  "\"confirmed_ms\":14}");
    stage(w, 1, FACT_WANT_CONFIRMED, 15); /* it is over */
    assert_silent(w);
}

static void time_that_is_up_behind_an_acknowledgement_is_told_as_that(void **state)
{
    struct world *w = *state;
    request(w, REQUEST_SET, "controller1/fan", "on");
    stage(w, 1, FACT_WANT_ACKNOWLEDGED, 12);
    assert_got(w, "{\"stage\":\"acknowledged\",\"ms\":12}");
    stage(w, 1, FACT_WANT_EXPIRED, 1500);
    assert_got(w, "{\"schema\":\"kith/set/1\",\"topic\":\"controller1/fan\",\"value\":\"on\","
                  "\"outcome\":\"acknowledged\",\"cause\":\"\",\"sent_ms\":null,"
                  "\"acknowledged_ms\":12,\"confirmed_ms\":null}");
}

static void what_another_asked_for_is_not_told_here(void **state)
{
    struct world *w = *state;
    stage(w, 0, FACT_WANT_SENT, 0); /* nobody asked */
    request(w, REQUEST_SET, "controller1/fan", "on");
    stage(w, 2, FACT_WANT_CONFIRMED, 1);
    answer_want_commanded(&w->asker, &(struct fact){.outcome = FACT_OUTCOME_DONE}); /* a rule's */
    assert_silent(w);
}

static void a_command_starts_and_has_an_outcome(void **state)
{
    struct world *w = *state;
    struct fact fact = {.kind = FACT_COMMANDED, .id = 1, .outcome = FACT_OUTCOME_STARTED, .ms = 5};
    request(w, REQUEST_COMMAND, "controller1/beep", NULL);
    assert_int_equal(w->event.kind, EVENT_COMMAND);
    assert_int_equal(w->event.command.within_ms, 1500);
    answer_want_commanded(&w->asker, &fact);
    assert_got(w, "{\"stage\":\"started\",\"ms\":5}");
    fact.outcome = FACT_OUTCOME_EXPIRED;
    fact.cause = SPAN("it came too late");
    answer_want_commanded(&w->asker, &fact);
    assert_got(w, "{\"schema\":\"kith/command/1\",\"topic\":\"controller1/beep\",\"value\":null,"
                  "\"outcome\":\"expired\",\"cause\":\"it came too late\",\"ms\":5}");
}

static struct record decision(const char *type, const char *topic, const char *value)
{
    return (struct record){.device = SPAN("controller1"),
                           .type = span_of(type),
                           .topic = span_of(topic),
                           .ts = 1763800000000,
                           .value = value_text(span_of(value)),
                           .cause = SPAN("{\"rule\":\"vent\",\"conditions\":[{\"text\":\"t\"}]}")};
}

static void a_decision_says_what_became_of_what(void **state)
{
    static const char *const cases[][4] = {
        {"fan", "", "on", "fan on"},
        {"set", "actuator1/fan/auto", "off", "actuator1/fan off"},
        {"decision", "controller1/vent/rule", "active", "controller1/vent active"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char expected[512];
        struct record r = decision(cases[i][0], cases[i][1], cases[i][2]);
        answer_want_decision(&w->asker, &r);
        snprintf(expected, sizeof expected,
                 "{\"schema\":\"kith/decision/1\",\"device\":\"controller1\",\"rule\":\"vent\","
                 "\"by\":null,\"time\":1763800000000,\"fired\":true,\"action\":\"%s\","
                 "\"conditions\":[{\"text\":\"t\"}]}",
                 cases[i][3]);
        assert_got(w, expected);
    }
    assert_int_equal(w->asker.given, COUNT_OF(cases));
}

static void a_cause_that_tells_nothing_is_no_decision(void **state)
{
    static const char *const causes[] = {"{}",
                                         "{\"rule\":\"vent\"}",
                                         "{\"conditions\":[]}",
                                         "{\"rule\":1,\"conditions\":[]}",
                                         "{\"rule\":\"vent\",\"conditions\":{}}",
                                         "[]"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(causes); i++) {
        struct record r = decision("fan", "", "on");
        r.cause = span_of(causes[i]);
        answer_want_decision(&w->asker, &r);
    }
    assert_silent(w);
    assert_int_equal(w->asker.given, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_wish_becomes_an_event_with_an_id_of_its_own),
        TEST(who_is_unknown_may_be_meant_otherwise),
        TEST(what_is_no_property_is_refused),
        TEST(only_a_controller_wants),
        TEST(stages_come_one_by_one_and_then_the_outcome),
        TEST(time_that_is_up_behind_an_acknowledgement_is_told_as_that),
        TEST(what_another_asked_for_is_not_told_here),
        TEST(a_command_starts_and_has_an_outcome),
        TEST(a_decision_says_what_became_of_what),
        TEST(a_cause_that_tells_nothing_is_no_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
