#include "core/session.h"

#include "core/rig.h"

static void ping(struct rig *r, const char *device)
{
    rig_step(r, &(struct event){.kind = EVENT_PING, .ping = {.device = span_of(device)}});
}

static void a_ping_that_is_asked_for_is_told_when_it_is_answered(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    ping(r, "sensor1");
    struct message pong = *rig_sent(r, MESSAGE_PING);
    assert_int_equal(pong.ping.sent_ms, r->now_ms);
    pong.kind = MESSAGE_PONG;
    rig_wait(r, 40);
    rig_message(r, 2, &pong);
    assert_int_equal(rig_fact(r, FACT_PONG)->ms, 40);
    assert_true(span_is(rig_fact(r, FACT_PONG)->device, "sensor1"));
}

static void a_ping_without_a_session_goes_nowhere(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    ping(r, "sensor1");
    assert_int_equal(r->fx.count, 0);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_link_down(r, 2);
    ping(r, "sensor1");
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 0);
}

static void an_answer_from_before_the_session_or_from_later_than_now_is_none(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_wait(r, 5);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    uint64_t up_ms = r->now_ms;
    rig_wait(r, 10);
    ping(r, "sensor1");
    struct message pong = {.kind = MESSAGE_PONG, .ping = {.sent_ms = up_ms - 1}};
    rig_message(r, 2, &pong);
    assert_int_equal(rig_fact_count(r, FACT_PONG), 0);
    pong.ping.sent_ms = r->now_ms + 1000;
    rig_message(r, 2, &pong);
    assert_int_equal(rig_fact_count(r, FACT_PONG), 0);
    pong.ping.sent_ms = up_ms;
    rig_message(r, 2, &pong);
    assert_int_equal(rig_fact_count(r, FACT_PONG), 1);
}

static void an_answer_to_a_ping_that_nobody_asked_for_is_not_told(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_message(r, 2, &(struct message){.kind = MESSAGE_PONG, .ping = {.sent_ms = r->now_ms}});
    assert_int_equal(rig_fact_count(r, FACT_PONG), 0);
    assert_true(r->n->sessions[0]->rtt_known);
}

static void only_facts_that_are_wanted_are_made_from_now_on(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    node_facts(r->n, UINT64_C(1) << FACT_APPENDED);
    rig_measure(r, 3);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 3);
    assert_int_equal(rig_fact_count(r, FACT_SENT), 0);
    node_facts(r->n, 0);
    rig_measure(r, 3);
    assert_int_equal(rig_count(r, EFFECT_PUBLISH), 0);
}

static void a_state_of_our_own_is_told_as_it_is_written(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 1, 30.0);
    const struct fact *fact = rig_fact(r, FACT_APPENDED);
    assert_true(span_is(fact->record->type, "fan"));
    assert_true(fact->record->bytes.size > 0);
}

int main(void)
{
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_ping_that_is_asked_for_is_told_when_it_is_answered, rig_setup_actuator),
        TEST(a_ping_without_a_session_goes_nowhere, rig_setup_actuator),
        TEST(an_answer_from_before_the_session_or_from_later_than_now_is_none, rig_setup_actuator),
        TEST(an_answer_to_a_ping_that_nobody_asked_for_is_not_told, rig_setup_actuator),
        TEST(only_facts_that_are_wanted_are_made_from_now_on, rig_setup_sensor),
        TEST(a_state_of_our_own_is_told_as_it_is_written, rig_setup_actuator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
