#include "core/intake.h"

#include "core/rig.h"

static struct record record_of(const char *device, const char *type)
{
    return (struct record){.device = span_of(device),
                           .type = span_of(type),
                           .epoch = 20,
                           .seq = 1,
                           .ts = 1760000000000,
                           .value = value_number(26)};
}

static void a_record_stands_in_its_authors_log_only(void **state)
{
    (void)state;
    struct log_id id = rig_log("sensor1", 20);
    struct record r = record_of("sensor1", "temperature");
    assert_null(intake_fault(NULL, &id, ROLE_SENSOR, &r));
    r.device = SPAN("sensor2");
    assert_string_equal(intake_fault(NULL, &id, ROLE_SENSOR, &r),
                        "a record names another author than its log");
    r.device = SPAN("sensor"); /* the beginning of a name is another name */
    assert_non_null(intake_fault(NULL, &id, ROLE_SENSOR, &r));
}

static void a_stamp_is_believed_up_to_the_year_2200(void **state)
{
    (void)state;
    struct log_id id = rig_log("sensor1", 20);
    struct record r = record_of("sensor1", "temperature");
    r.ts = LIMIT_STAMP_MAX_MS;
    assert_null(intake_fault(NULL, &id, ROLE_SENSOR, &r));
    r.ts++;
    assert_string_equal(intake_fault(NULL, &id, ROLE_SENSOR, &r),
                        "a record is stamped after the year 2200");
}

static void each_role_writes_what_the_table_says(void **state)
{
    (void)state;
    static const struct {
        enum role role;
        bool report, want;
    } rows[] = {
        {ROLE_SENSOR, true, false},
        {ROLE_ACTUATOR, true, false},
        {ROLE_CONTROLLER, true, true},
        {ROLE_OBSERVER, false, false},
    };
    struct log_id id = rig_log("device1", 20);
    struct record report = record_of("device1", "fan"), want = record_of("device1", "set");
    want.topic = SPAN("actuator1/fan/set");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(intake_fault(NULL, &id, rows[i].role, &report) == NULL, rows[i].report);
        assert_int_equal(intake_fault(NULL, &id, rows[i].role, &want) == NULL, rows[i].want);
    }
}

static void texts_with_one_comma_between_are_taken_as_they_came(void **state)
{
    struct rig *r = *state;
    const char text[] = "{1},{22},{333}";
    struct record records[3] = {{.bytes = {text, 3}},
                                {.bytes = {text + 4, 4}},
                                {.bytes = {text + 9, 5}}};
    r->n->fx = &r->fx;
    struct span joined = intake_join(r->n, records, 3);
    assert_ptr_equal(joined.bytes, text);
    assert_int_equal(joined.size, sizeof text - 1);
    r->n->fx = NULL;
}

static void texts_that_lie_apart_are_joined_anew(void **state)
{
    struct rig *r = *state;
    const char text[] = "{1}, {22},{333}"; /* a space more */
    struct record records[3] = {{.bytes = {text, 3}},
                                {.bytes = {text + 5, 4}},
                                {.bytes = {text + 10, 5}}};
    r->n->fx = &r->fx;
    struct span joined = intake_join(r->n, records, 3);
    assert_true(span_is(joined, "{1},{22},{333}"));
    r->n->fx = NULL;
}

static void what_comes_while_storing_fails_is_shown_and_not_kept(void **state)
{
    struct rig *r = *state;
    struct log_id id = rig_log("sensor1", 20);
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_event(r, EVENT_STORE_FAILED);
    rig_update(r, 2, "sensor1", 20, 1, 2, 26);
    assert_int_equal(rig_fact_count(r, FACT_READING), 2);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(node_log_last(r->n, &id), 0);
    rig_event(r, EVENT_STORE_READY);
    rig_update(r, 2, "sensor1", 20, 1, 3, 26); /* all of it again */
    assert_int_equal(rig_effect(r, EFFECT_STORE)->kind, EFFECT_STORE);
    assert_int_equal(node_log_last(r->n, &id), 3);
    assert_int_equal(rig_fact_count(r, FACT_READING), 1); /* what was seen is not shown twice */
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(a_record_stands_in_its_authors_log_only),
        ACTUATOR(a_stamp_is_believed_up_to_the_year_2200),
        ACTUATOR(each_role_writes_what_the_table_says),
        ACTUATOR(texts_with_one_comma_between_are_taken_as_they_came),
        ACTUATOR(texts_that_lie_apart_are_joined_anew),
        ACTUATOR(what_comes_while_storing_fails_is_shown_and_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
