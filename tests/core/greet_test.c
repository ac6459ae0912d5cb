#include "core/greet.h"

#include "core/rig.h"

static void links_that_say_nothing_are_few_of_one_device(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    uint64_t link = 2;
    for (; link <= 2 * LIMIT_GREETINGS; link += 2)
        rig_link_up(r, link, "sensor9", 0, ROLE_SENSOR);
    assert_int_equal(r->n->session_count, LIMIT_GREETINGS);
    rig_link_up(r, link, "sensor9", 0, ROLE_SENSOR);
    assert_int_equal(rig_effect(r, EFFECT_HANG_UP)->hang_up.link, link);
    assert_int_equal(rig_sent_count(r, MESSAGE_HELLO), 0);
    assert_int_equal(r->n->session_count, LIMIT_GREETINGS);
    rig_meet(r, link + 2, "sensor1", ROLE_SENSOR, 20);
    assert_int_equal(node_session_count(r->n), 1);
    rig_wait(r, TIME_GREET_MS);
    rig_meet(r, link + 4, "sensor9", ROLE_SENSOR, 20);
    assert_int_equal(rig_sent_count(r, MESSAGE_ERROR), 0);
    assert_int_equal(rig_fact_count(r, FACT_REFUSED), 0);
    assert_int_equal(node_session_count(r->n), 1); /* sensor1 fell silent meanwhile */
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(links_that_say_nothing_are_few_of_one_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
