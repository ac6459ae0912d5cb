#include "core/node.h"

#include "core/rig.h"

static void before_the_start_nothing_is_wanted(void **state)
{
    struct rig *r = *state;
    assert_true(node_deadline(r->n) == UINT64_MAX);
    assert_int_equal(node_room(r->n), 0);
    assert_true(node_acknowledged(r->n));
    rig_start(r, 10);
    assert_int_equal(node_epoch(r->n), 10);
    assert_true(node_deadline(r->n) > r->now_ms);
    assert_int_equal(node_room(r->n), LIMIT_UNSTORED);
}

static void a_log_comes_back_as_it_was_and_a_new_one_begins(void **state)
{
    struct rig *r = *state;
    struct event log = {.kind = EVENT_RESTORE_LOG};
    log.restore_log.id = rig_log("sensor5", 9);
    log.restore_log.role = ROLE_SENSOR;
    log.restore_log.first = 1;
    log.restore_log.last = 3;
    log.restore_log.sealed = 2;
    log.restore_log.signature_size = 8;
    rig_step(r, &log);
    struct record third = {.bytes = SPAN("{3}"),
                           .device = SPAN("sensor5"),
                           .type = SPAN("temperature"),
                           .epoch = 9,
                           .seq = 3,
                           .value = value_number(1)};
    struct event tail = {.kind = EVENT_RESTORE_TAIL,
                         .restore_record = {rig_log("sensor5", 9), &third}};
    rig_step(r, &tail);
    rig_start(r, 10);
    assert_int_equal(node_log_last(r->n, &log.restore_log.id), 3);
    assert_int_equal(node_log_stored(r->n, &log.restore_log.id), 3);
    assert_int_equal(node_log_sealed(r->n, &log.restore_log.id), 2);
    const struct effect *closed = rig_effect(r, EFFECT_STORE_LOG);
    assert_int_equal(closed->store_log.last, 3);
    assert_true(closed->store_log.closed);
    assert_int_equal(rig_effect(r, EFFECT_SIGN)->seal.seq, 3); /* its end gets a seal */
    assert_true(span_is(node_topic(r->n, SPAN("sensor5/temperature")), "{3}"));
}

static void a_topics_row_that_a_crash_left_behind_its_record_does_not_count(void **state)
{
    struct rig *r = *state;
    struct event log = {.kind = EVENT_RESTORE_LOG};
    log.restore_log.id = rig_log("sensor5", 9);
    log.restore_log.first = 1;
    log.restore_log.last = 1;
    rig_step(r, &log);
    struct record record = {.bytes = SPAN("{9}"),
                            .device = SPAN("sensor5"),
                            .type = SPAN("temperature"),
                            .epoch = 9,
                            .seq = 1,
                            .value = value_number(9)};
    struct event e = {.kind = EVENT_RESTORE_TAIL,
                      .restore_record = {rig_log("sensor5", 9), &record}};
    rig_step(r, &e);
    record.bytes = SPAN("{8}");
    record.epoch = 8;
    e.kind = EVENT_RESTORE_TOPIC;
    e.restore_record.id.epoch = 8;
    rig_step(r, &e);
    assert_int_equal(rig_fact_count(r, FACT_RESTORED_TOPIC), 0);
    rig_start(r, 10);
    assert_true(span_is(node_topic(r->n, SPAN("sensor5/temperature")), "{9}"));
    assert_true(span_is(rig_effect(r, EFFECT_STORE_TOPIC)->store_topic.bytes, "{9}"));
}

static void leaving_waits_for_the_disk_and_the_seal_and_then_says_goodbye(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    rig_measure(r, 2);
    rig_event(r, EVENT_LEAVE);
    assert_int_equal(rig_count(r, EFFECT_EXIT), 0);
    assert_int_equal(node_room(r->n), 0);
    rig_stored(r);
    assert_int_equal(rig_effect(r, EFFECT_SIGN)->seal.seq, 2);
    struct event e = {.kind = EVENT_SIGNED,
                      .seal_signed = {.id = rig_log("sensor5", 10), .seq = 2, .signature_size = 8}};
    rig_step(r, &e);
    assert_int_equal(rig_sent_count(r, MESSAGE_SEAL), 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_GOODBYE), 1);
    assert_int_equal(rig_effect(r, EFFECT_HELLO)->hello.hello.kind, HELLO_GOODBYE);
    assert_int_equal(rig_effect(r, EFFECT_EXIT)->exit.status, 0);
    assert_true(node_deadline(r->n) == UINT64_MAX);
}

static void leaving_does_not_wait_for_ever(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 2);
    rig_event(r, EVENT_LEAVE);
    rig_wait(r, TIME_LEAVE_MS - 1);
    assert_int_equal(rig_count(r, EFFECT_EXIT), 0);
    rig_wait(r, 1);
    assert_int_equal(rig_count(r, EFFECT_EXIT), 1);
}

static void hear_plain(struct rig *r, const char *device, double number)
{
    struct reading reading = {.type = SPAN("temperature"), .value = value_number(number)};
    rig_step(r, &(struct event){.kind = EVENT_PLAIN,
                                .plain = {.device = span_of(device), .reading = &reading}});
}

static void a_plain_peer_is_heard_only_by_who_asked_for_it(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    hear_plain(r, "Lesson", 30);
    assert_int_equal(rig_fact_count(r, FACT_PLAIN_READING), 0);
    r->n->plain = true;
    hear_plain(r, "Lesson", 30);
    assert_int_equal(rig_fact_count(r, FACT_PLAIN_READING), 1);
    assert_int_equal(rig_fact_count(r, FACT_PLAIN_HELLO), 1);
    hear_plain(r, "Lesson", 31);
    assert_int_equal(rig_fact_count(r, FACT_PLAIN_HELLO), 0);
}

static void nobody_speaks_plainly_for_a_device_that_is_known(void **state)
{
    struct rig *r = *state;
    r->n->plain = true;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    hear_plain(r, "actuator1", 30);
    assert_int_equal(rig_fact_count(r, FACT_PLAIN_READING), 0);
    hear_plain(r, r->n->self.device, 30);
    assert_int_equal(rig_fact_count(r, FACT_PLAIN_READING), 0);
}

static void who_hears_a_plain_peer_is_not_alone(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_wait(r, TIME_NOBODY_MS);
    assert_int_equal(rig_fact_count(r, FACT_NOBODY), 1);
    rig_teardown(state);
    rig_setup_sensor(state);
    r = *state;
    r->n->plain = true;
    rig_start(r, 10);
    hear_plain(r, "Lesson", 30);
    rig_wait(r, 2 * TIME_NOBODY_MS);
    assert_int_equal(rig_fact_count(r, FACT_NOBODY), 0);
}

static void tickets_rise_by_one(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    uint64_t ticket = r->n->ticket;
    for (int step = 0; step < 5; step++) {
        rig_measure(r, 3);
        for (size_t i = 0; i < r->fx.count; i++)
            if (r->fx.list[i].ticket != 0)
                assert_int_equal(r->fx.list[i].ticket, ++ticket);
    }
    assert_true(ticket >= 10);
}

static void what_is_not_wanted_is_not_told(void **state)
{
    struct rig *r = *state;
    r->n->facts = (uint64_t)1 << FACT_STARTED;
    rig_start(r, 10);
    assert_int_equal(rig_count(r, EFFECT_PUBLISH), 1);
    rig_measure(r, 1);
    assert_int_equal(rig_count(r, EFFECT_PUBLISH), 0);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup_sensor, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(before_the_start_nothing_is_wanted),
        RIGGED(a_log_comes_back_as_it_was_and_a_new_one_begins),
        RIGGED(a_topics_row_that_a_crash_left_behind_its_record_does_not_count),
        RIGGED(leaving_waits_for_the_disk_and_the_seal_and_then_says_goodbye),
        RIGGED(leaving_does_not_wait_for_ever),
        RIGGED(a_plain_peer_is_heard_only_by_who_asked_for_it),
        RIGGED(nobody_speaks_plainly_for_a_device_that_is_known),
        RIGGED(who_hears_a_plain_peer_is_not_alone),
        RIGGED(tickets_rise_by_one),
        RIGGED(what_is_not_wanted_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
