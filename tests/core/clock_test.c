#include "core/clock.h"

#include "core/rig.h"
#include "core/view.h"

/* A session with somebody whose clock is so far ahead of ours. */
static void meet(struct rig *r, uint64_t link, const char *device, int64_t ahead_ms)
{
    rig_link_up(r, link, device, 0, ROLE_SENSOR);
    r->wall_ms += (uint64_t)ahead_ms;
    struct message hello = {.kind = MESSAGE_HELLO,
                            .hello = {.version = 1,
                                      .device = span_of(device),
                                      .role = ROLE_SENSOR,
                                      .epoch = 20,
                                      .time_ms = r->wall_ms,
                                      .wants = {true, true, true, true}}};
    r->wall_ms -= (uint64_t)ahead_ms;
    rig_message(r, link, &hello);
}

static void a_clock_more_than_two_minutes_off_is_named_once(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    meet(r, 2, "sensor1", TIME_CLOCK_MS + 1);
    const struct fact *fact = rig_fact(r, FACT_CLOCK);
    assert_true(span_is(fact->device, "sensor1"));
    assert_int_equal(fact->ms, TIME_CLOCK_MS + 1);
    assert_true(fact->ahead);
    meet(r, 4, "sensor2", -(int64_t)TIME_CLOCK_MS - 1);
    assert_int_equal(rig_fact_count(r, FACT_CLOCK), 1);
    fact = rig_fact(r, FACT_CLOCK);
    assert_true(span_is(fact->device, "sensor2"));
    assert_false(fact->ahead);
    rig_link_down(r, 4);
    assert_int_equal(rig_fact_count(r, FACT_CLOCK), 0);
}

static void two_minutes_are_nothing_to_talk_about(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    meet(r, 2, "sensor1", TIME_CLOCK_MS);
    assert_int_equal(rig_fact_count(r, FACT_CLOCK), 0);
    meet(r, 4, "sensor2", -(int64_t)TIME_CLOCK_MS);
    assert_int_equal(rig_fact_count(r, FACT_CLOCK), 0);
    assert_int_equal(r->n->session_count, 2);
}

static void a_clock_of_1970_is_named_and_one_that_is_not_told_is_not(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    meet(r, 2, "sensor1", 5000 - (int64_t)r->wall_ms);
    assert_int_equal(rig_fact(r, FACT_CLOCK)->ms, r->wall_ms - 5000);
    meet(r, 4, "sensor2", -(int64_t)r->wall_ms);
    assert_int_equal(rig_fact_count(r, FACT_CLOCK), 0);
}

static void whoever_looks_sees_by_how_much(void **state)
{
    struct rig *r = *state;
    struct view_peer peer;
    size_t at = 0;
    rig_start(r, 10);
    meet(r, 2, "sensor1", 3600000);
    assert_true(view_peer_next(r->n, r->now_ms, &at, &peer));
    assert_true(peer.clock_known && peer.clock_wrong);
    assert_int_equal(peer.clock_off_ms, 3600000);
    r->wall_ms += 3600000; /* ours was the wrong one, and is set */
    rig_event(r, EVENT_TICK);
    at = 0;
    assert_true(view_peer_next(r->n, r->now_ms, &at, &peer));
    assert_false(peer.clock_wrong);
    rig_link_down(r, 2);
    at = 0;
    assert_true(view_peer_next(r->n, r->now_ms, &at, &peer));
    assert_false(peer.clock_known || peer.clock_wrong);
}

/* Short of that no record is refused for its time. */
static void only_the_year_2200_is_too_late_for_a_record(void **state)
{
    struct rig *r = *state;
    struct record record = {.device = SPAN("sensor1"),
                            .type = SPAN("temperature"),
                            .epoch = 20,
                            .seq = 1,
                            .ts = LIMIT_STAMP_MAX_MS,
                            .value = value_number(20)};
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_record(r, 2, &record);
    assert_int_equal(rig_fact_count(r, FACT_READING), 1);
    record.seq = 2;
    record.ts++;
    rig_record(r, 2, &record);
    assert_int_equal(rig_fact_count(r, FACT_READING), 0);
    assert_int_equal(rig_count(r, EFFECT_HANG_UP), 1);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(a_clock_more_than_two_minutes_off_is_named_once),
        RIGGED(two_minutes_are_nothing_to_talk_about),
        RIGGED(a_clock_of_1970_is_named_and_one_that_is_not_told_is_not),
        RIGGED(only_the_year_2200_is_too_late_for_a_record),
        RIGGED(whoever_looks_sees_by_how_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
