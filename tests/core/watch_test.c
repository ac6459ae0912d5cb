#include "core/watch.h"

#include "core/rig.h"

static void meet_three(struct rig *r)
{
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_meet(r, 4, "sensor2", ROLE_SENSOR, 20);
    rig_meet(r, 6, "sensor3", ROLE_SENSOR, 20);
}

static void beat(struct rig *r, uint64_t link)
{
    rig_step(r, &(struct event){.kind = EVENT_HEARD, .heard = {.link = link}});
}

/* Its timer fires half a second behind its time, always: the others' signs of life were as much
 * later in being read. */
static void an_overloaded_peer_waits_longer_before_it_accuses(void **state)
{
    struct rig *r = *state;
    meet_three(r);
    for (int i = 0; i < 10; i++) {
        r->now_ms = node_deadline(r->n) + 500;
        rig_event(r, EVENT_TICK);
        for (uint64_t link = 2; link <= 6; link += 2)
            beat(r, link);
    }
    assert_true(node_count(r->n, NODE_LATE_TURNS) >= 5);
    rig_wait(r, TIME_LOST_MAX_MS - TIME_STRAIN_MS * 2);
    assert_int_equal(node_session_count(r->n), 3);
    rig_wait(r, TIME_LOST_MAX_MS);
    assert_int_equal(node_session_count(r->n), 0);
}

static void who_turns_on_time_is_never_counted_late(void **state)
{
    struct rig *r = *state;
    meet_three(r);
    for (int i = 0; i < 100; i++) {
        rig_wait(r, 1000);
        for (uint64_t link = 2; link <= 6; link += 2)
            beat(r, link);
    }
    assert_int_equal(node_count(r->n, NODE_LATE_TURNS), 0);
    assert_int_equal(node_session_count(r->n), 3);
}

static void who_hears_nobody_of_three_doubts_itself_for_a_step(void **state)
{
    struct rig *r = *state;
    meet_three(r);
    rig_wait(r, TIME_LOST_MS + TIME_STRAIN_MS - 1);
    assert_int_equal(node_session_count(r->n), 3);
    rig_wait(r, 1);
    assert_int_equal(node_session_count(r->n), 0);
}

static void who_hears_one_of_three_tells_of_the_others_in_time(void **state)
{
    struct rig *r = *state;
    meet_three(r);
    rig_wait(r, TIME_SUSPECT_MS - 1);
    beat(r, 2);
    rig_wait(r, TIME_LOST_MS - TIME_SUSPECT_MS + 1);
    assert_int_equal(node_session_count(r->n), 1);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(an_overloaded_peer_waits_longer_before_it_accuses),
        RIGGED(who_turns_on_time_is_never_counted_late),
        RIGGED(who_hears_nobody_of_three_doubts_itself_for_a_step),
        RIGGED(who_hears_one_of_three_tells_of_the_others_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
