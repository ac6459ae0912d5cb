#include "core/want.h"

#include "core/rig.h"

#include <stdio.h>

enum { US = 1048577, THEM = 2097153, LINK = 2, OTHER = 4, WAIT_MS = 2000 };

static void begin(struct rig *r)
{
    rig_start(r, US);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
}

static void ask_value(struct rig *r, uint64_t id, const char *topic, struct value value)
{
    struct event e = {
        .kind = EVENT_WANT,
        .want = {.id = id, .topic = span_of(topic), .value = value, .wait_ms = WAIT_MS}};
    rig_step(r, &e);
}

static void ask(struct rig *r, uint64_t id, const char *topic, const char *value)
{
    ask_value(r, id, topic, value_text(span_of(value)));
}

static void assert_stage(const struct rig *r, uint64_t id, enum fact_stage stage)
{
    const struct fact *fact = rig_fact(r, FACT_WANTED);
    assert_int_equal(fact->id, id);
    assert_int_equal(fact->stage, stage);
}

static void acknowledge(struct rig *r, uint64_t link, uint64_t seq)
{
    struct message m = {.kind = MESSAGE_ACK, .ack = {.log = {.epoch = US}, .seq = seq}};
    rig_message(r, link, &m);
}

/* Our records are on disk and under our seal, so that an acknowledgement of them is believed. */
static void seal_own(struct rig *r)
{
    rig_stored(r);
    struct event e = {.kind = EVENT_SIGNED,
                      .seal_signed = {.id = r->n->log->id,
                                      .seq = r->n->log->last,
                                      .signature_size = 8}};
    rig_step(r, &e);
    rig_stored(r);
}

static void report(struct rig *r, uint64_t seq, const char *answers, const char *value)
{
    struct record record = {.device = SPAN("actuator1"),
                            .type = SPAN("fan"),
                            .epoch = THEM,
                            .seq = seq,
                            .ts = r->wall_ms,
                            .value = value_text(span_of(value)),
                            .answers = span_of(answers)};
    rig_record(r, LINK, &record);
}

static void a_wish_is_sent_acknowledged_and_confirmed(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 7, "actuator1/fan", "on");
    assert_stage(r, 7, FACT_WANT_SENT);
    const struct record *record = rig_fact(r, FACT_APPENDED)->record;
    assert_true(span_is(record->topic, "actuator1/fan/set"));
    assert_int_equal(rig_sent(r, MESSAGE_STATE_UPDATE)->update.count, 1);
    seal_own(r);
    r->now_ms += 30;
    acknowledge(r, LINK, 1);
    assert_stage(r, 7, FACT_WANT_ACKNOWLEDGED);
    assert_int_equal(rig_fact(r, FACT_WANTED)->ms, 30);
    report(r, 1, "controller1/1048577/1", "on");
    assert_stage(r, 7, FACT_WANT_CONFIRMED);
    rig_wait(r, WAIT_MS);
    assert_int_equal(rig_fact_count(r, FACT_WANTED), 0);
}

/* A report needs no disk, so it mostly comes before the acknowledgement. */
static void what_is_reported_before_it_is_acknowledged_is_confirmed_then(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 7, "actuator1/fan", "on");
    report(r, 1, "controller1/1048577/1", "on");
    assert_int_equal(rig_fact_count(r, FACT_WANTED), 0);
    seal_own(r);
    acknowledge(r, LINK, 1);
    assert_int_equal(rig_fact_count(r, FACT_WANTED), 2);
    assert_stage(r, 7, FACT_WANT_CONFIRMED);
    ask(r, 8, "actuator1/fan", "off");
    report(r, 2, "controller1/1048577/2", "off");
    rig_link_down(r, LINK); /* ... or when the time is over, for it is so */
    rig_wait(r, WAIT_MS);
    assert_stage(r, 8, FACT_WANT_CONFIRMED);
}

static void a_report_that_answers_something_else_confirms_nothing(void **state)
{
    static const char *const others[] = {"", "controller1/1048577/2", "controller1/1048578/1",
                                         "controller2/1048577/1"};
    struct rig *r = *state;
    begin(r);
    ask(r, 7, "actuator1/fan", "on");
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        report(r, 1 + i, others[i], "on");
        assert_int_equal(rig_fact_count(r, FACT_WANTED), 0);
    }
}

static void somebody_else_acknowledges_nothing(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, OTHER, "actuator2", ROLE_ACTUATOR, THEM);
    ask(r, 7, "actuator1/fan", "on");
    seal_own(r);
    acknowledge(r, OTHER, 1);
    assert_int_equal(rig_fact_count(r, FACT_WANTED), 0);
}

static void within_the_time_given_it_says_why_not(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 7, "actuator1/fan", "on");
    for (int i = 0; i < 20; i++) { /* it is there and says nothing of it */
        rig_wait(r, WAIT_MS / 20 - 1);
        assert_int_equal(rig_fact_count(r, FACT_WANTED), 0);
        rig_step(r, &(struct event){.kind = EVENT_HEARD, .heard.link = LINK});
    }
    rig_wait(r, 19);
    assert_int_equal(rig_fact_count(r, FACT_WANTED), 0);
    rig_wait(r, 1);
    assert_stage(r, 7, FACT_WANT_EXPIRED);
}

static void whoever_is_not_there_is_unreachable(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_link_down(r, LINK);
    ask(r, 7, "actuator1/fan", "on");
    assert_stage(r, 7, FACT_WANT_SENT); /* it is written, and stays wanted */
    rig_wait(r, WAIT_MS);
    assert_stage(r, 7, FACT_WANT_UNREACHABLE);
    assert_true(span_is(rig_fact(r, FACT_WANTED)->cause, "connection reset"));
    rig_stored(r);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
    assert_int_equal(rig_effect(r, EFFECT_FETCH)->fetch.first, 1); /* it goes out now */
}

static void to_take_it_back_is_done_once_it_is_acknowledged(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 7, "actuator1/fan", "auto");
    seal_own(r);
    acknowledge(r, LINK, 1);
    assert_int_equal(rig_fact_count(r, FACT_WANTED), 2);
    assert_stage(r, 7, FACT_WANT_CONFIRMED);
}

static void what_is_wanted_later_ends_what_was_wanted_before(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 7, "actuator1/fan", "on");
    ask(r, 8, "actuator1/fan", "off");
    assert_int_equal(rig_fact_count(r, FACT_WANTED), 2);
    assert_stage(r, 8, FACT_WANT_SENT);
    rig_meet(r, OTHER, "controller2", ROLE_CONTROLLER, THEM);
    struct record record = {.device = SPAN("controller2"),
                            .type = SPAN("set"),
                            .topic = SPAN("actuator1/fan/set"),
                            .epoch = THEM,
                            .seq = 1,
                            .ts = r->wall_ms - 1000, /* an older wish overtakes nothing */
                            .value = value_text(SPAN("on"))};
    rig_record(r, OTHER, &record);
    assert_int_equal(rig_fact_count(r, FACT_WANTED), 0);
    record.seq = 2;
    record.ts = r->wall_ms + 1000;
    rig_record(r, OTHER, &record);
    assert_stage(r, 8, FACT_WANT_REFUSED);
    assert_true(span_is(rig_fact(r, FACT_WANTED)->cause, "something else was wanted meanwhile"));
}

/* Row F6: a controller whose clock is a year ahead pins nothing. */
static void whoever_heard_of_a_wish_of_next_year_wants_after_it(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, OTHER, "controller2", ROLE_CONTROLLER, THEM);
    struct record record = {.device = SPAN("controller2"),
                            .type = SPAN("set"),
                            .topic = SPAN("actuator1/fan/set"),
                            .epoch = THEM,
                            .seq = 1,
                            .ts = r->wall_ms + UINT64_C(31536000000),
                            .value = value_text(SPAN("on"))};
    rig_record(r, OTHER, &record);
    ask(r, 7, "actuator1/fan", "off");
    const struct record *ours = rig_fact(r, FACT_APPENDED)->record;
    assert_int_equal(ours->ts, record.ts);
    assert_int_equal(ours->tick, 1);
    assert_true(span_equal(node_topic(r->n, SPAN("actuator1/fan/set")), ours->bytes));
    assert_stage(r, 7, FACT_WANT_SENT);
}

static void what_nobody_could_carry_out_is_refused(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, OTHER, "sensor1", ROLE_SENSOR, THEM);
    ask(r, 1, "actuator9/fan", "on");
    assert_stage(r, 1, FACT_WANT_REFUSED);
    ask(r, 2, "sensor1/temperature", "on");
    assert_stage(r, 2, FACT_WANT_REFUSED);
    ask(r, 3, "controller1/fan", "on");
    assert_stage(r, 3, FACT_WANT_REFUSED);
    ask_value(r, 4, "actuator1/fan", (struct value){.kind = VALUE_NONE});
    assert_stage(r, 4, FACT_WANT_REFUSED);
    assert_int_equal(r->n->want_count, 0);
    assert_int_equal(r->n->log->last, 0);
}

static void only_a_controller_may_want(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, LINK, "actuator2", ROLE_ACTUATOR, THEM);
    ask(r, 1, "actuator2/fan", "on");
    assert_stage(r, 1, FACT_WANT_REFUSED);
    assert_int_equal(r->n->log->last, 0);
}

static void while_nothing_can_be_written_it_is_refused(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_event(r, EVENT_STORE_FAILED);
    ask(r, 1, "actuator1/fan", "on");
    assert_stage(r, 1, FACT_WANT_REFUSED);
}

static void beyond_the_limit_wishes_are_refused(void **state)
{
    struct rig *r = *state;
    begin(r);
    for (unsigned i = 0; i <= LIMIT_WANTED; i++) {
        char topic[LIMIT_TOPIC];
        snprintf(topic, sizeof topic, "actuator1/p%u", i);
        ask(r, i, topic, "on");
        assert_stage(r, i, i < LIMIT_WANTED ? FACT_WANT_SENT : FACT_WANT_REFUSED);
    }
}

#define CONTROLLER(test) cmocka_unit_test_setup_teardown(test, rig_setup_controller, rig_teardown)
#define ACTUATOR(test)   cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTROLLER(a_wish_is_sent_acknowledged_and_confirmed),
        CONTROLLER(what_is_reported_before_it_is_acknowledged_is_confirmed_then),
        CONTROLLER(a_report_that_answers_something_else_confirms_nothing),
        CONTROLLER(somebody_else_acknowledges_nothing),
        CONTROLLER(within_the_time_given_it_says_why_not),
        CONTROLLER(whoever_is_not_there_is_unreachable),
        CONTROLLER(to_take_it_back_is_done_once_it_is_acknowledged),
        CONTROLLER(what_is_wanted_later_ends_what_was_wanted_before),
        CONTROLLER(whoever_heard_of_a_wish_of_next_year_wants_after_it),
        CONTROLLER(what_nobody_could_carry_out_is_refused),
        ACTUATOR(only_a_controller_may_want),
        CONTROLLER(while_nothing_can_be_written_it_is_refused),
        CONTROLLER(beyond_the_limit_wishes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
