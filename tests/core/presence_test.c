#include "core/presence.h"

#include "core/cm.h"

#include <string.h>

static const uint64_t START = 1000000;

/* Turns on time, every 100 ms. */
static void turn_well(struct presence_health *h, uint64_t *now_ms, uint64_t ms)
{
    for (uint64_t end = *now_ms + ms; *now_ms < end; *now_ms += 100)
        assert_false(presence_turn(h, *now_ms, *now_ms));
}

static void a_silent_session_is_suspected_first_and_then_given_up(void **state)
{
    (void)state;
    struct presence_health h = {0};
    assert_int_equal(presence_of_session(&h, START, START), PRESENCE_HERE);
    assert_int_equal(presence_of_session(&h, START, START + TIME_SUSPECT_MS - 1), PRESENCE_HERE);
    assert_int_equal(presence_of_session(&h, START, START + TIME_SUSPECT_MS), PRESENCE_DOUBTED);
    assert_int_equal(presence_of_session(&h, START, START + TIME_LOST_MS - 1), PRESENCE_DOUBTED);
    assert_int_equal(presence_of_session(&h, START, START + TIME_LOST_MS), PRESENCE_GONE);
    assert_true(TIME_LOST_MS < 3000);
}

static void whoever_is_well_has_no_more_patience_than_it_needs(void **state)
{
    (void)state;
    struct presence_health h = {0};
    uint64_t now_ms = START;
    turn_well(&h, &now_ms, 60000);
    assert_int_equal(presence_patience_ms(&h, now_ms), TIME_LOST_MS);
    assert_false(presence_turn(&h, now_ms, now_ms + TIME_LATE_MS - 1));
    assert_int_equal(presence_patience_ms(&h, now_ms), TIME_LOST_MS);
}

static void whoever_turns_late_waits_longer_than_it_was_late(void **state)
{
    (void)state;
    for (uint64_t late_ms = TIME_LATE_MS; late_ms < TIME_LOST_MS; late_ms += 50) {
        struct presence_health h = {0};
        assert_true(presence_turn(&h, START, START + late_ms));
        assert_true(presence_patience_ms(&h, START + late_ms) >= TIME_LOST_MS + late_ms);
    }
}

static void patience_has_a_bound_and_goes_back_to_what_it_was(void **state)
{
    (void)state;
    struct presence_health h = {0};
    uint64_t now_ms = START;
    for (int i = 0; i < 100; i++, now_ms += 400)
        assert_true(presence_turn(&h, now_ms, now_ms + 400));
    assert_int_equal(presence_patience_ms(&h, now_ms), TIME_LOST_MAX_MS);
    turn_well(&h, &now_ms, TIME_EASE_MS);
    assert_int_equal(presence_patience_ms(&h, now_ms), TIME_LOST_MAX_MS - TIME_STRAIN_MS);
    turn_well(&h, &now_ms, (uint64_t)LIMIT_STRAIN * TIME_EASE_MS);
    assert_int_equal(presence_patience_ms(&h, now_ms), TIME_LOST_MS);
}

static void who_stood_still_gives_the_others_time_to_be_heard(void **state)
{
    (void)state;
    struct presence_health h = {0};
    uint64_t woke_ms = START + 60000;
    assert_true(presence_turn(&h, START + TIME_BEAT_MS, woke_ms));
    assert_int_equal(presence_of_session(&h, START, woke_ms), PRESENCE_HERE);
    assert_int_equal(presence_of_calls(&h, START, woke_ms, 10), PRESENCE_HERE);
    uint64_t patience_ms = presence_patience_ms(&h, woke_ms);
    assert_int_equal(presence_of_session(&h, START, woke_ms + patience_ms - TIME_BEAT_MS),
                     PRESENCE_GONE);
}

/* The first event after a pause and the timer that follows it tell of one late turn. */
static void one_pause_is_one_late_turn(void **state)
{
    (void)state;
    struct presence_health h = {0};
    assert_true(presence_turn(&h, START, START + 500));
    assert_false(presence_turn(&h, START, START + 500));
    assert_false(presence_turn(&h, START, START + 510));
}

static void nothing_due_is_never_late(void **state)
{
    (void)state;
    struct presence_health h = {0};
    assert_false(presence_turn(&h, UINT64_MAX, START));
    assert_false(presence_turn(&h, UINT64_MAX, START + 60000));
    assert_false(presence_turn(&h, START + 70000, START + 61000));
}

static void who_hears_nobody_at_all_of_several_waits_a_step_longer(void **state)
{
    (void)state;
    struct presence_health h = {0};
    presence_count(&h, LIMIT_ALONE, LIMIT_ALONE);
    assert_int_equal(presence_patience_ms(&h, START), TIME_LOST_MS + TIME_STRAIN_MS);
    presence_count(&h, LIMIT_ALONE - 1, LIMIT_ALONE);
    assert_int_equal(presence_patience_ms(&h, START), TIME_LOST_MS);
    presence_count(&h, LIMIT_ALONE - 1, LIMIT_ALONE - 1);
    assert_int_equal(presence_patience_ms(&h, START), TIME_LOST_MS);
    presence_count(&h, 0, 0);
    assert_int_equal(presence_patience_ms(&h, START), TIME_LOST_MS);
}

static void two_calls_may_be_missed_before_suspicion_and_three_before_the_end(void **state)
{
    (void)state;
    struct presence_health h = {0};
    uint64_t jittered_ms = TIME_HELLO_MS + TIME_HELLO_MS / 5;
    uint64_t doubt_ms = START + 2 * jittered_ms, gone_ms = START + 3 * jittered_ms;
    assert_int_equal(presence_call_doubt_ms(&h, START, 5), doubt_ms);
    assert_int_equal(presence_of_calls(&h, START, doubt_ms - 1, 5), PRESENCE_HERE);
    assert_int_equal(presence_of_calls(&h, START, doubt_ms, 5), PRESENCE_DOUBTED);
    assert_int_equal(presence_of_calls(&h, START, gone_ms - 1, 5), PRESENCE_DOUBTED);
    assert_int_equal(presence_of_calls(&h, START, gone_ms, 5), PRESENCE_GONE);
}

static void where_calls_are_rare_they_are_waited_for_longer(void **state)
{
    (void)state;
    struct presence_health h = {0};
    assert_int_equal(presence_call_ms(0), TIME_HELLO_MS);
    assert_int_equal(presence_call_ms(49), TIME_HELLO_MS);
    assert_int_equal(presence_call_ms(199), 20000);
    assert_int_equal(presence_of_calls(&h, START, START + 47999, 199), PRESENCE_HERE);
    assert_int_equal(presence_of_calls(&h, START, START + 48000, 199), PRESENCE_DOUBTED);
}

static void only_who_is_back_soon_was_there_all_the_time(void **state)
{
    (void)state;
    assert_true(presence_false_alarm(START, START));
    assert_true(presence_false_alarm(START, START + TIME_FALSE_MS));
    assert_false(presence_false_alarm(START, START + TIME_FALSE_MS + 1));
}

static void silence_is_told_in_tenths_of_seconds(void **state)
{
    (void)state;
    char text[PRESENCE_TEXT_MAX];
    assert_string_equal(presence_silence_text(text, 2399), "no sign of life for 2.3 s");
    assert_string_equal(presence_silence_text(text, 0), "no sign of life for 0.0 s");
    assert_non_null(presence_silence_text(text, UINT64_MAX));
    assert_true(strlen(text) < PRESENCE_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_session_is_suspected_first_and_then_given_up),
        cmocka_unit_test(whoever_is_well_has_no_more_patience_than_it_needs),
        cmocka_unit_test(whoever_turns_late_waits_longer_than_it_was_late),
        cmocka_unit_test(patience_has_a_bound_and_goes_back_to_what_it_was),
        cmocka_unit_test(who_stood_still_gives_the_others_time_to_be_heard),
        cmocka_unit_test(one_pause_is_one_late_turn),
        cmocka_unit_test(nothing_due_is_never_late),
        cmocka_unit_test(who_hears_nobody_at_all_of_several_waits_a_step_longer),
        cmocka_unit_test(two_calls_may_be_missed_before_suspicion_and_three_before_the_end),
        cmocka_unit_test(where_calls_are_rare_they_are_waited_for_longer),
        cmocka_unit_test(only_who_is_back_soon_was_there_all_the_time),
        cmocka_unit_test(silence_is_told_in_tenths_of_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
