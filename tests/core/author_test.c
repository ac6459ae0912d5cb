#include "core/author.h"

#include "core/rig.h"

#include <stdio.h>

static void readings_of_one_moment_are_stored_in_one_run(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 7);
    assert_int_equal(rig_count(r, EFFECT_STORE), 1);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.first, 1);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.count, 7);
    assert_int_equal(rig_fact_count(r, FACT_SENT), 7);
    rig_measure(r, 1);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.first, 8);
}

static void no_reading_is_taken_beyond_what_the_disk_may_owe(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    assert_int_equal(node_room(r->n), LIMIT_UNSTORED);
    for (int i = 0; i < LIMIT_UNSTORED / 64; i++)
        rig_measure(r, 64);
    assert_int_equal(node_room(r->n), 0);
    rig_measure(r, 1);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    rig_stored(r);
    assert_int_equal(node_room(r->n), LIMIT_UNSTORED);
}

static void what_a_failed_store_dropped_is_given_up_and_a_new_epoch_begins_when_it_works(
    void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 4);
    rig_stored(r);
    rig_measure(r, 2);
    rig_event(r, EVENT_STORE_FAILED);
    assert_int_equal(rig_fact(r, FACT_STORE_FAILED)->count, 2);
    assert_int_equal(node_room(r->n), 0);
    rig_measure(r, 1);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    rig_wait(r, TIME_STORE_RETRY_MS);
    assert_int_equal(rig_count(r, EFFECT_STORE_RETRY), 1);
    rig_event(r, EVENT_STORE_READY);
    assert_int_equal(rig_effect(r, EFFECT_EPOCH)->epoch.above, 10);
    assert_int_equal(node_room(r->n), 0);
    rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = 12});
    assert_int_equal(rig_effect(r, EFFECT_STORE_LOG)->store_log.last, 4);
    rig_measure(r, 1);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.id.epoch, 12);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.first, 1);
}

static void a_second_failure_while_failing_is_no_news(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_event(r, EVENT_STORE_FAILED);
    assert_int_equal(rig_fact_count(r, FACT_STORE_FAILED), 1);
    rig_event(r, EVENT_STORE_FAILED);
    assert_int_equal(rig_fact_count(r, FACT_STORE_FAILED), 0);
    assert_int_equal(rig_count(r, EFFECT_STORE_RETRY), 0);
}

static void an_ack_from_anybody_counts_once(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    rig_measure(r, 4);
    assert_false(node_acknowledged(r->n));
    struct message ack = {.kind = MESSAGE_ACK, .ack = {.log = {.epoch = 10}, .seq = 4, .held = 4}};
    rig_message(r, 2, &ack);
    assert_int_equal(rig_fact(r, FACT_ACKED)->seq, 4);
    assert_true(node_acknowledged(r->n));
    rig_message(r, 2, &ack);
    assert_int_equal(rig_fact_count(r, FACT_ACKED), 0);
    ack.ack.seq = 5; /* we wrote four */
    rig_message(r, 2, &ack);
    assert_int_equal(rig_fact_count(r, FACT_ACKED), 0);
}

static void only_one_epoch_is_asked_for_at_a_time(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_event(r, EVENT_STORE_FAILED);
    rig_event(r, EVENT_STORE_READY);
    assert_int_equal(rig_count(r, EFFECT_EPOCH), 1);
    rig_event(r, EVENT_STORE_FAILED);
    rig_event(r, EVENT_STORE_READY);
    assert_int_equal(rig_count(r, EFFECT_EPOCH), 0);
}

static void a_full_state_takes_no_action_before_its_record_is_on_disk(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    struct log_id id = rig_log("sensor9", 20);
    char type[16];
    for (size_t i = 0; i < LIMIT_TOPICS; i++) {
        int size = snprintf(type, sizeof type, "t%zu", i);
        struct record record = {.bytes = SPAN("{}"),
                                .device = SPAN("sensor9"),
                                .type = {type, (size_t)size},
                                .epoch = 20,
                                .seq = i + 1};
        assert_int_equal(state_apply(&r->n->state, &id, &record), ERR_OK);
    }
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 1, 26);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_ACT), 1);
    rig_update(r, 2, "sensor1", 20, 2, 3, 26); /* no change: nothing is written */
    id = rig_log("actuator1", 10);
    assert_int_equal(node_log_last(r->n, &id), 1);
}

#define RIGGED(test)   cmocka_unit_test_setup_teardown(test, rig_setup_sensor, rig_teardown)
#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(readings_of_one_moment_are_stored_in_one_run),
        RIGGED(no_reading_is_taken_beyond_what_the_disk_may_owe),
        RIGGED(what_a_failed_store_dropped_is_given_up_and_a_new_epoch_begins_when_it_works),
        RIGGED(a_second_failure_while_failing_is_no_news),
        RIGGED(an_ack_from_anybody_counts_once),
        RIGGED(only_one_epoch_is_asked_for_at_a_time),
        ACTUATOR(a_full_state_takes_no_action_before_its_record_is_on_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
