#include "core/decide.h"

#include "core/rig.h"

#include <float.h>

static void an_action_waits_until_its_state_is_on_disk(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 1, 26);
    assert_int_equal(rig_fact_count(r, FACT_STATE), 1);
    assert_true(rig_fact(r, FACT_ACTION)->changed);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0);
    rig_stored(r);
    assert_true(span_is(rig_effect(r, EFFECT_ACT)->act.value.text, "on"));
}

static void an_action_is_for_a_change_only_and_told_every_time(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 5, 26);
    assert_int_equal(rig_fact_count(r, FACT_ACTION), 5);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_ACT), 1);
    rig_update(r, 2, "sensor1", 20, 6, 6, 25);
    rig_stored(r);
    assert_true(span_is(rig_effect(r, EFFECT_ACT)->act.value.text, "off"));
}

static void while_nothing_can_be_written_a_change_is_carried_out_once(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_event(r, EVENT_STORE_FAILED);
    rig_update(r, 2, "sensor1", 20, 1, 5, 26);
    assert_int_equal(rig_count(r, EFFECT_ACT), 1);
    rig_update(r, 2, "sensor1", 20, 6, 6, 24);
    assert_int_equal(rig_count(r, EFFECT_ACT), 1);
    assert_true(span_is(rig_effect(r, EFFECT_ACT)->act.value.text, "off"));
}

static void what_waits_for_the_disk_comes_before_what_does_not(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 1, 26);
    rig_event(r, EVENT_STORE_FAILED);
    assert_int_equal(rig_count(r, EFFECT_ACT), 1);
    assert_true(span_is(rig_effect(r, EFFECT_ACT)->act.value.text, "on"));
}

static void a_change_that_cannot_be_written_comes_after_what_waits_for_the_disk(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 1, 26);
    r->n->epoch_asked = true; /* until the new epoch is there nothing can be written */
    rig_update(r, 2, "sensor1", 20, 2, 2, 20);
    assert_int_equal(rig_count(r, EFFECT_ACT), 2);
    assert_true(span_is(rig_effect(r, EFFECT_ACT)->act.value.text, "off"));
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0);
}

static void a_new_epoch_states_the_property_again_without_acting(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 1, 26);
    rig_stored(r);
    rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = 11});
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.id.epoch, 11);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0);
}

static void a_restored_state_is_not_acted_again(void **state)
{
    struct rig *r = *state;
    struct record fan = {.bytes = SPAN("{fan}"),
                         .device = SPAN("actuator1"),
                         .type = SPAN("fan"),
                         .epoch = 9,
                         .seq = 1,
                         .value = {.kind = VALUE_TEXT, .text = SPAN("on")}};
    struct event topic = {.kind = EVENT_RESTORE_TOPIC,
                          .restore_record = {rig_log("actuator1", 9), &fan}};
    rig_step(r, &topic);
    assert_int_equal(rig_fact_count(r, FACT_RESTORED_TOPIC), 1);
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 1, 26);
    assert_false(rig_fact(r, FACT_ACTION)->changed);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0);
    rig_update(r, 2, "sensor1", 20, 2, 2, 20);
    rig_stored(r);
    assert_true(span_is(rig_effect(r, EFFECT_ACT)->act.value.text, "off"));
}

static void a_value_that_becomes_stale_counts_no_more_beside_a_fresh_one(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 1, 26);
    rig_stored(r);
    rig_wait(r, TIME_FRESH_MS - 1000); /* sensor1 falls silent and is lost meanwhile */
    rig_meet(r, 4, "sensor2", ROLE_SENSOR, 20);
    rig_update(r, 4, "sensor2", 20, 1, 1, 20);
    rig_stored(r);
    assert_true(node_session_count(r->n) == 1);
    rig_wait(r, 1000);
    assert_int_equal(rig_fact_count(r, FACT_STATE), 0);
    rig_wait(r, 1);
    assert_false(rig_fact(r, FACT_STATE)->active);
}

static void means_of_the_greatest_numbers_are_numbers(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 3, DBL_MAX);
    rig_stored(r);
    rig_wait(r, TIME_SUMMARY_MS);
    const struct fact *fact = rig_fact(r, FACT_SUMMARY);
    assert_true(fact->mean >= 0 && fact->mean <= DBL_MAX);
    rig_meet(r, 4, "sensor2", ROLE_SENSOR, 20);
    rig_update(r, 4, "sensor2", 20, 1, 3, -DBL_MAX);
    rig_wait(r, TIME_SUMMARY_MS);
    fact = rig_fact(r, FACT_SUMMARY);
    assert_true(fact->mean >= -DBL_MAX && fact->mean <= 0);
}

#define RIGGED(test)     cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)
#define CONTROLLER(test) cmocka_unit_test_setup_teardown(test, rig_setup_controller, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(an_action_waits_until_its_state_is_on_disk),
        RIGGED(an_action_is_for_a_change_only_and_told_every_time),
        RIGGED(while_nothing_can_be_written_a_change_is_carried_out_once),
        RIGGED(what_waits_for_the_disk_comes_before_what_does_not),
        RIGGED(a_change_that_cannot_be_written_comes_after_what_waits_for_the_disk),
        RIGGED(a_new_epoch_states_the_property_again_without_acting),
        RIGGED(a_restored_state_is_not_acted_again),
        RIGGED(a_value_that_becomes_stale_counts_no_more_beside_a_fresh_one),
        CONTROLLER(means_of_the_greatest_numbers_are_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
