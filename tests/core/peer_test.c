#include "core/peer.h"

#include "core/rig.h"

static void a_link_is_greeted_and_open_after_the_other_sides_hello(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 2, "sensor1", 0, ROLE_SENSOR);
    const struct message *hello = rig_sent(r, MESSAGE_HELLO);
    assert_true(span_is(hello->hello.device, "actuator1"));
    assert_int_equal(hello->hello.epoch, 10);
    assert_int_equal(rig_sent_count(r, MESSAGE_HAVE), 1);
    assert_int_equal(node_session_count(r->n), 0);
    rig_greet(r, 2, "sensor1", ROLE_SENSOR, 20);
    assert_int_equal(node_session_count(r->n), 1);
    assert_int_equal(rig_fact_count(r, FACT_CONNECTED), 1);
}

static void silence_ends_a_session_and_a_millisecond_less_does_not(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_wait(r, TIME_LOST_MS - 1);
    assert_int_equal(node_session_count(r->n), 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 2); /* the first, and one of suspicion */
    assert_in_range(rig_sent_count(r, MESSAGE_BEAT), 0, 1);
    rig_wait(r, 1);
    assert_int_equal(node_session_count(r->n), 0);
    assert_int_equal(rig_fact_count(r, FACT_LOST), 1);
    assert_int_equal(rig_count(r, EFFECT_HANG_UP), 1);
}

static void bytes_that_end_no_message_are_a_sign_of_life(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_wait(r, TIME_LOST_MS - 1);
    rig_step(r, &(struct event){.kind = EVENT_HEARD, .heard = {.link = 2}});
    rig_wait(r, TIME_LOST_MS - 1);
    assert_int_equal(node_session_count(r->n), 1);
    rig_wait(r, 1);
    assert_int_equal(node_session_count(r->n), 0);
}

static void any_message_is_a_sign_of_life(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    for (int i = 0; i < 5; i++) {
        rig_wait(r, TIME_LOST_MS - 1);
        rig_message(r, 2, &(struct message){.kind = MESSAGE_UNKNOWN});
    }
    assert_int_equal(node_session_count(r->n), 1);
    assert_int_equal(node_count(r->n, NODE_MESSAGES_UNKNOWN), 5);
}

static void who_does_not_greet_in_time_is_hung_up(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 2, "sensor1", 0, ROLE_SENSOR);
    rig_wait(r, TIME_GREET_MS - 1);
    assert_int_equal(rig_count(r, EFFECT_HANG_UP), 0);
    rig_wait(r, 1);
    assert_int_equal(rig_effect(r, EFFECT_HANG_UP)->hang_up.link, 2);
}

static void another_key_under_a_live_name_is_refused_and_the_first_stays(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_link_up(r, 4, "sensor1", 1, ROLE_SENSOR);
    assert_int_equal(rig_effect(r, EFFECT_HANG_UP)->hang_up.link, 4);
    assert_int_equal(rig_fact_count(r, FACT_REFUSED), 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_HELLO), 0); /* silence towards it */
    assert_int_equal(node_session_count(r->n), 1);
}

static void a_later_life_takes_over_and_an_earlier_one_is_refused(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_link_up(r, 4, "sensor1", 0, ROLE_SENSOR);
    rig_greet(r, 4, "sensor1", ROLE_SENSOR, 19);
    assert_int_equal(rig_effect(r, EFFECT_HANG_UP)->hang_up.link, 4);
    rig_link_up(r, 6, "sensor1", 0, ROLE_SENSOR);
    rig_greet(r, 6, "sensor1", ROLE_SENSOR, 21);
    assert_int_equal(rig_effect(r, EFFECT_HANG_UP)->hang_up.link, 2);
    assert_int_equal(node_session_count(r->n), 1);
}

static void a_later_life_of_our_own_key_ends_us_with_4(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 2, "actuator1", 0, ROLE_ACTUATOR);
    rig_greet(r, 2, "actuator1", ROLE_ACTUATOR, 9);
    assert_int_equal(rig_count(r, EFFECT_EXIT), 0);
    rig_link_up(r, 4, "actuator1", 0, ROLE_ACTUATOR);
    rig_greet(r, 4, "actuator1", ROLE_ACTUATOR, 11);
    assert_int_equal(rig_fact_count(r, FACT_SUPERSEDED), 1);
    assert_int_equal(rig_effect(r, EFFECT_EXIT)->exit.status, 4);
}

static void a_hello_must_be_the_certificates(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 2, "sensor1", 0, ROLE_SENSOR);
    rig_greet(r, 2, "sensor2", ROLE_SENSOR, 20);
    assert_int_equal(rig_sent_count(r, MESSAGE_ERROR), 1);
    rig_link_up(r, 4, "sensor1", 0, ROLE_SENSOR);
    rig_greet(r, 4, "sensor1", ROLE_CONTROLLER, 20);
    assert_int_equal(rig_sent_count(r, MESSAGE_ERROR), 1);
    assert_int_equal(node_session_count(r->n), 0);
}

static void a_message_before_the_hello_and_a_second_hello_are_refused(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 2, "sensor1", 0, ROLE_SENSOR);
    rig_message(r, 2, &(struct message){.kind = MESSAGE_HAVE});
    assert_int_equal(rig_sent_count(r, MESSAGE_ERROR), 1);
    rig_meet(r, 4, "sensor1", ROLE_SENSOR, 20);
    rig_greet(r, 4, "sensor1", ROLE_SENSOR, 20);
    assert_int_equal(rig_sent_count(r, MESSAGE_ERROR), 1);
    assert_int_equal(node_session_count(r->n), 0);
}

static void a_goodbye_is_told_as_left_and_not_as_lost(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_message(r, 2, &(struct message){.kind = MESSAGE_GOODBYE, .end.reason = SPAN("leaving")});
    assert_int_equal(rig_fact_count(r, FACT_LEFT), 1);
    assert_int_equal(rig_fact_count(r, FACT_LOST), 0);
    assert_int_equal(node_session_count(r->n), 0);
}

static void one_link_more_than_the_limit_is_hung_up(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    char name[] = "sensor000";
    for (uint64_t i = 1; i <= LIMIT_SESSIONS; i++) {
        name[6] = (char)('0' + i / 100);
        name[7] = (char)('0' + i / 10 % 10);
        name[8] = (char)('0' + i % 10);
        rig_link_up(r, 2 * i, name, 0, ROLE_SENSOR);
        assert_int_equal(rig_count(r, EFFECT_HANG_UP), 0);
    }
    rig_link_up(r, 2 * LIMIT_SESSIONS + 2, "sensor1", 0, ROLE_SENSOR);
    assert_int_equal(rig_effect(r, EFFECT_HANG_UP)->hang_up.link, 2 * LIMIT_SESSIONS + 2);
}

static void a_pause_of_our_own_is_no_silence_of_others(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    r->now_ms += 60000; /* we were stopped */
    rig_event(r, EVENT_TICK);
    assert_int_equal(node_session_count(r->n), 1);
    assert_int_equal(node_count(r->n, NODE_LATE_TURNS), 1);
    rig_wait(r, TIME_LOST_MS + TIME_STRAIN_MS - TIME_BEAT_MS - 1);
    assert_int_equal(node_session_count(r->n), 1);
    rig_wait(r, 1);
    assert_int_equal(node_session_count(r->n), 0);
}

/* Messages that waited meanwhile may come before the timer does. */
static void a_pause_that_ends_with_a_message_is_noticed_too(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_meet(r, 4, "sensor2", ROLE_SENSOR, 20);
    r->now_ms += 60000;
    rig_message(r, 4, &(struct message){.kind = MESSAGE_UNKNOWN});
    rig_event(r, EVENT_TICK);
    assert_int_equal(node_session_count(r->n), 2);
    assert_int_equal(node_count(r->n, NODE_LATE_TURNS), 1);
    rig_message(r, 2, &(struct message){.kind = MESSAGE_UNKNOWN});
    rig_wait(r, TIME_LOST_MS - 1);
    assert_int_equal(node_session_count(r->n), 2);
}

static void suspicion_asks_once_for_a_sign_of_life(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_wait(r, TIME_BEAT_MS); /* the first ping, for the round trip */
    rig_wait(r, TIME_SUSPECT_MS - TIME_BEAT_MS - 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 0);
    rig_wait(r, 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 1);
    rig_wait(r, TIME_LOST_MS - TIME_SUSPECT_MS - 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 0);
    rig_message(r, 2, &(struct message){.kind = MESSAGE_UNKNOWN});
    rig_wait(r, TIME_SUSPECT_MS);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 1); /* another silence, another ping */
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(a_link_is_greeted_and_open_after_the_other_sides_hello),
        RIGGED(silence_ends_a_session_and_a_millisecond_less_does_not),
        RIGGED(bytes_that_end_no_message_are_a_sign_of_life),
        RIGGED(any_message_is_a_sign_of_life),
        RIGGED(who_does_not_greet_in_time_is_hung_up),
        RIGGED(another_key_under_a_live_name_is_refused_and_the_first_stays),
        RIGGED(a_later_life_takes_over_and_an_earlier_one_is_refused),
        RIGGED(a_later_life_of_our_own_key_ends_us_with_4),
        RIGGED(a_hello_must_be_the_certificates),
        RIGGED(a_message_before_the_hello_and_a_second_hello_are_refused),
        RIGGED(a_goodbye_is_told_as_left_and_not_as_lost),
        RIGGED(one_link_more_than_the_limit_is_hung_up),
        RIGGED(a_pause_of_our_own_is_no_silence_of_others),
        RIGGED(a_pause_that_ends_with_a_message_is_noticed_too),
        RIGGED(suspicion_asks_once_for_a_sign_of_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
