#include "core/why.h"

#include "core/rig.h"
#include "core/view.h"

enum { US = 1048577, THEM = 2097153, LINK = 2 };

static void begin(struct rig *r)
{
    rig_start(r, US);
    rig_meet(r, LINK, "sensor1", ROLE_SENSOR, THEM);
}

static void measure(struct rig *r, uint64_t seq, double value)
{
    rig_update(r, LINK, "sensor1", THEM, seq, seq, value);
}

static void a_change_is_a_record_with_its_inputs(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26.5);
    assert_true(
        span_is(rig_fact(r, FACT_APPENDED)->record->cause,
                "{\"rule\":\"cool\",\"conditions\":[{\"text\":\"any */temperature > 25 Cel\","
                "\"value\":26.5,\"holds\":true,\"from\":\"sensor1/temperature\"}]}"));
    assert_int_equal(r->n->why_count, 0);
    measure(r, 2, 24);
    assert_true(
        span_is(rig_fact(r, FACT_APPENDED)->record->cause,
                "{\"rule\":\"cool\",\"conditions\":[{\"text\":\"any */temperature > 25 Cel\","
                "\"value\":24,\"holds\":false,\"from\":\"sensor1/temperature\"}]}"));
}

static void what_a_person_wants_says_who_and_for_how_long(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, 4, "controller1", ROLE_CONTROLLER, THEM);
    struct record record = {.device = SPAN("controller1"),
                            .type = SPAN("set"),
                            .topic = SPAN("actuator1/fan/set"),
                            .epoch = THEM,
                            .seq = 1,
                            .ts = r->wall_ms,
                            .for_ms = 90000,
                            .value = value_text(SPAN("on"))};
    rig_record(r, 4, &record);
    assert_true(span_is(rig_fact(r, FACT_APPENDED)->record->cause,
                        "{\"rule\":\"set\",\"by\":\"controller1\",\"conditions\":[{\"text\":\"fan "
                        "set by controller1, for 1m30s\",\"value\":\"on\",\"holds\":true}]}"));
}

static void what_changed_nothing_is_kept_once_a_second(void **state)
{
    struct rig *r = *state;
    struct view_why why;
    uint64_t at = 0;
    begin(r);
    measure(r, 1, 24);
    measure(r, 2, 24.5);
    measure(r, 3, 24.6); /* within the second */
    r->now_ms += TIME_WHY_MS;
    measure(r, 4, 24.7);
    assert_true(view_why_next(r->n, &at, &why));
    assert_false(why.active);
    assert_true(
        span_is(why.cause,
                "{\"rule\":\"cool\",\"conditions\":[{\"text\":\"any */temperature > 25 Cel\","
                "\"value\":24.5,\"holds\":false,\"from\":\"sensor1/temperature\"}]}"));
    assert_true(view_why_next(r->n, &at, &why));
    assert_non_null(strstr(why.cause.bytes, "24.7"));
    assert_false(view_why_next(r->n, &at, &why));
}

static void the_ring_keeps_the_newest(void **state)
{
    struct rig *r = *state;
    struct view_why why;
    uint64_t at = 0, count = 0;
    begin(r);
    for (uint64_t i = 1; i <= NODE_WHYS + 11; i++) {
        measure(r, i, (double)i / 8);
        r->now_ms += TIME_WHY_MS;
    }
    while (view_why_next(r->n, &at, &why)) {
        if (count++ == 0)
            assert_non_null(strstr(why.cause.bytes, "\"value\":1.5,")); /* the twelfth */
    }
    assert_int_equal(count, NODE_WHYS);
}

static void plain_readings_are_not_kept(void **state)
{
    struct rig *r = *state;
    struct reading reading = {.type = SPAN("temperature"), .value = value_number(30)};
    struct event plain = {.kind = EVENT_PLAIN,
                          .plain = {.device = SPAN("PySensor"), .reading = &reading}};
    r->n->plain = true;
    rig_start(r, US);
    rig_step(r, &plain);
    const struct record *record = rig_fact(r, FACT_APPENDED)->record;
    assert_true(record->plain);
    assert_int_equal(record->cause.size, 0);
    r->now_ms += TIME_WHY_MS;
    rig_step(r, &plain);
    assert_int_equal(r->n->why_count, 0);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(a_change_is_a_record_with_its_inputs),
        RIGGED(what_a_person_wants_says_who_and_for_how_long),
        RIGGED(what_changed_nothing_is_kept_once_a_second),
        RIGGED(the_ring_keeps_the_newest),
        RIGGED(plain_readings_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
