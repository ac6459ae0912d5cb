#include "core/seal.h"

#include "core/carrier.h"

static void sign(struct rig *r, uint64_t epoch, uint64_t seq)
{
    struct event e = {.kind = EVENT_SIGNED,
                      .seal_signed = {.id = rig_log("sensor5", epoch),
                                      .seq = seq,
                                      .signature_size = 8}};
    rig_step(r, &e);
}

static void only_what_is_on_disk_is_sealed(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 10);
    rig_stored(r);
    rig_measure(r, 3);
    rig_wait(r, TIME_SEAL_MS);
    assert_int_equal(rig_effect(r, EFFECT_SIGN)->seal.seq, 10);
}

static void a_busy_log_is_sealed_soon_and_a_quiet_one_later(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, LIMIT_SEAL_BUSY - 1);
    rig_stored(r);
    rig_wait(r, TIME_SEAL_IDLE_MS - 1);
    assert_int_equal(rig_count(r, EFFECT_SIGN), 0);
    rig_wait(r, 1);
    assert_int_equal(rig_effect(r, EFFECT_SIGN)->seal.seq, LIMIT_SEAL_BUSY - 1);
    sign(r, 10, LIMIT_SEAL_BUSY - 1);
    assert_int_equal(rig_effect(r, EFFECT_STORE_SEAL)->store_seal.seq, LIMIT_SEAL_BUSY - 1);
    rig_measure(r, LIMIT_SEAL_BUSY);
    rig_stored(r);
    rig_wait(r, TIME_SEAL_MS);
    assert_int_equal(rig_effect(r, EFFECT_SIGN)->seal.seq, 2 * LIMIT_SEAL_BUSY - 1);
}

static void a_record_a_second_is_sealed_every_three_seconds(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 1);
    rig_stored(r);
    for (uint64_t ms = 1000; ms < TIME_SEAL_QUIET_MS; ms += 1000) {
        rig_wait(r, 1000);
        assert_int_equal(rig_count(r, EFFECT_SIGN), 0);
        rig_measure(r, 1);
        rig_stored(r);
    }
    rig_wait(r, 1000);
    assert_int_equal(rig_effect(r, EFFECT_SIGN)->seal.seq, 3);
}

static void a_log_that_a_new_epoch_closes_is_sealed_at_once(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 2);
    rig_stored(r);
    rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = 11});
    assert_int_equal(rig_effect(r, EFFECT_SIGN)->seal.id.epoch, 10);
    assert_int_equal(rig_effect(r, EFFECT_SIGN)->seal.seq, 2);
}

static void who_catches_up_from_our_disk_gets_the_seals_on_the_way(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 10);
    rig_stored(r);
    rig_wait(r, TIME_SEAL_MS);
    sign(r, 10, 10);
    rig_stored(r);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    assert_true(rig_effect(r, EFFECT_FETCH)->fetch.to_seal);
    struct event e = {.kind = EVENT_FETCHED,
                      .fetched = {.link = 2,
                                  .id = rig_log("sensor5", 10),
                                  .first = 1,
                                  .bytes = SPAN("{},{},{},{}"),
                                  .count = 4,
                                  .signature_size = 8}};
    rig_step(r, &e);
    assert_int_equal(rig_sent(r, MESSAGE_STATE_UPDATE)->update.count, 4);
    assert_int_equal(rig_sent(r, MESSAGE_SEAL)->seal.seq, 4);
    assert_int_equal(rig_effect(r, EFFECT_FETCH)->fetch.first, 5);
}

static void a_seal_goes_to_who_has_the_records(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    rig_measure(r, 10);
    rig_stored(r);
    rig_wait(r, TIME_SEAL_MS);
    sign(r, 10, 10);
    assert_int_equal(rig_sent(r, MESSAGE_SEAL)->seal.seq, 10);
}

static void a_signature_that_nobody_asked_for_changes_nothing(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 10);
    rig_stored(r);
    sign(r, 10, 5);
    sign(r, 9, 10);
    struct log_id id = rig_log("sensor5", 10);
    assert_int_equal(node_log_sealed(r->n, &id), 0);
    assert_int_equal(rig_count(r, EFFECT_STORE_SEAL), 0);
}

static void a_seal_that_does_not_hold_ends_the_session(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 3, 20);
    rig_stored(r);
    rig_seal(r, 2, 20, 3);
    struct event e = {.kind = EVENT_VERIFIED, .verified = {rig_log("sensor1", 20), 3, 2, false, 0}};
    rig_step(r, &e);
    assert_int_equal(rig_count(r, EFFECT_STORE_SEAL), 0);
    assert_int_equal(node_session_count(r->n), 0);
    assert_int_equal(node_count(r->n, NODE_SEALS_BAD), 1);
}

static void a_seal_over_records_that_did_not_come_is_not_looked_at(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 3, 20);
    rig_seal(r, 2, 20, 4);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    rig_seal(r, 2, 20, 3);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 1);
}

static void one_seal_is_verified_at_a_time_and_the_newest_is_next(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 5, 20);
    rig_stored(r);
    rig_seal(r, 2, 20, 1);
    rig_seal(r, 2, 20, 2);
    rig_seal(r, 2, 20, 5);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    struct event e = {.kind = EVENT_VERIFIED, .verified = {rig_log("sensor1", 20), 1, 2, true, 0}};
    rig_step(r, &e);
    assert_int_equal(rig_effect(r, EFFECT_VERIFY)->seal.seq, 5);
}

static void a_seal_that_somebody_else_brings_is_passed_over(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_meet(r, 4, "sensor9", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 3, 20);
    rig_stored(r);
    rig_seal(r, 2, 20, 2);
    struct log_id id = rig_log("sensor1", 20);
    struct message forged = {.kind = MESSAGE_SEAL,
                             .seal = {.log = {SPAN("sensor1"), id.key, 20},
                                      .seq = 3,
                                      .signature_size = 8}};
    rig_message(r, 4, &forged);
    rig_step(r, &(struct event){.kind = EVENT_VERIFIED, .verified = {id, 2, 2, true, 0}});
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    rig_seal(r, 2, 20, 3);
    assert_int_equal(rig_effect(r, EFFECT_VERIFY)->seal.link, 2);
}

static void a_seal_whose_store_failed_is_stored_when_storing_works(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 10);
    rig_stored(r);
    rig_wait(r, TIME_SEAL_MS);
    sign(r, 10, 10);
    assert_int_equal(rig_count(r, EFFECT_STORE_SEAL), 1);
    rig_event(r, EVENT_STORE_FAILED);
    rig_event(r, EVENT_STORE_READY);
    assert_int_equal(rig_effect(r, EFFECT_STORE_SEAL)->store_seal.seq, 10);
}

static void verified(struct rig *r, uint64_t seq)
{
    struct event e = {.kind = EVENT_VERIFIED,
                      .verified = {rig_log("sensor1", 20), seq, 2, true, 0}};
    rig_seal(r, 2, 20, seq);
    rig_step(r, &e);
}

static void a_seal_over_records_that_a_failed_store_lost_is_taken_back(void **state)
{
    struct rig *r = *state;
    struct log_id id = rig_log("sensor1", 20);
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 2, 20);
    rig_stored(r);
    verified(r, 2);
    rig_stored(r);
    rig_update(r, 2, "sensor1", 20, 3, 3, 20);
    verified(r, 3);
    assert_int_equal(node_log_sealed(r->n, &id), 3);
    rig_event(r, EVENT_STORE_FAILED);
    assert_int_equal(node_log_last(r->n, &id), 2);
    assert_int_equal(node_log_sealed(r->n, &id), 2); /* the author is to send the other again */
}

/* Somebody who carried the log sent a forged seal for the same place, just before its author came.
 */
static void an_answer_about_a_carried_seal_is_not_one_about_the_authors(void **state)
{
    struct rig *r = *state;
    struct log_id id = rig_log("sensor1", 20);
    rig_start(r, 10);
    rig_meet(r, 4, "controller1", ROLE_CONTROLLER, 30);
    carrier_offers(r, 4, "sensor1", 20, 3);
    carrier_introduces(r, 4, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 4, "sensor1", 20, 1, 3);
    carrier_seals(r, 4, "sensor1", 20, 3);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 3, 20);
    rig_seal(r, 2, 20, 3);
    carrier_verified(r, 4, "sensor1", 20, 3, false);
    assert_int_equal(node_count(r->n, NODE_SEALS_BAD), 0);
    carrier_verified(r, 2, "sensor1", 20, 3, true);
    assert_int_equal(node_log_sealed(r->n, &id), 3);
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)
#define SENSOR(test)   cmocka_unit_test_setup_teardown(test, rig_setup_sensor, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SENSOR(only_what_is_on_disk_is_sealed),
        SENSOR(a_busy_log_is_sealed_soon_and_a_quiet_one_later),
        SENSOR(a_record_a_second_is_sealed_every_three_seconds),
        SENSOR(a_log_that_a_new_epoch_closes_is_sealed_at_once),
        SENSOR(who_catches_up_from_our_disk_gets_the_seals_on_the_way),
        SENSOR(a_seal_goes_to_who_has_the_records),
        SENSOR(a_signature_that_nobody_asked_for_changes_nothing),
        ACTUATOR(a_seal_that_does_not_hold_ends_the_session),
        ACTUATOR(a_seal_over_records_that_did_not_come_is_not_looked_at),
        ACTUATOR(one_seal_is_verified_at_a_time_and_the_newest_is_next),
        ACTUATOR(a_seal_that_somebody_else_brings_is_passed_over),
        ACTUATOR(a_seal_over_records_that_a_failed_store_lost_is_taken_back),
        SENSOR(a_seal_whose_store_failed_is_stored_when_storing_works),
        ACTUATOR(an_answer_about_a_carried_seal_is_not_one_about_the_authors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
