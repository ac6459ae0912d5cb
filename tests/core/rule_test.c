#include "core/rule.h"

#include "core/cm.h"

#include <stdio.h>

static struct rule_state s;

static void begin(const struct rule *rule)
{
    rule_init(&s, rule);
}

static bool feed(const char *device, double number, uint64_t now_ms)
{
    struct value value = value_number(number);
    assert_int_equal(rule_feed(&s, span_of(device), &value, now_ms, RULE_PROVEN), ERR_OK);
    return rule_evaluate(&s, now_ms);
}

static int end(void **state)
{
    (void)state;
    rule_fini(&s);
    return 0;
}

static struct rule fan(void)
{
    struct rule rule;
    rule_default_cool(&rule);
    return rule;
}

static void the_fan_goes_on_above_25_and_off_at_25(void **state)
{
    (void)state;
    struct rule rule = fan();
    begin(&rule);
    assert_false(feed("sensor1", 24.9, 1));
    assert_false(feed("sensor1", 25.0, 2));
    assert_true(feed("sensor1", 25.1, 3));
    assert_true(span_is(rule_value(&s), "on"));
    assert_false(feed("sensor1", 25.0, 4));
    assert_true(span_is(rule_value(&s), "off"));
}

static void two_sensors_on_either_side_do_not_make_it_flap(void **state)
{
    (void)state;
    struct rule rule = fan();
    begin(&rule);
    feed("sensor1", 24, 1);
    for (uint64_t t = 2; t < 20; t += 2) {
        assert_true(feed("sensor2", 27, t));
        assert_true(feed("sensor1", 24, t + 1));
    }
}

static void hysteresis_holds_it_on_between_the_thresholds(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.hysteresis = 0.5;
    begin(&rule);
    assert_false(feed("s", 24.8, 1));
    assert_true(feed("s", 25.1, 2));
    assert_true(feed("s", 24.6, 3));
    assert_false(feed("s", 24.5, 4));
    assert_false(feed("s", 25.0, 5));
}

static void a_condition_must_hold_for_its_time(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.hold_ms = 10000;
    begin(&rule);
    assert_false(feed("s", 26, 1000));
    assert_int_equal(rule_deadline(&s, 1000), 11000);
    assert_false(rule_evaluate(&s, 10999));
    assert_true(rule_evaluate(&s, 11000));
    assert_false(feed("s", 20, 12000));
    assert_false(feed("s", 26, 13000));
    assert_false(feed("s", 20, 14000));
    assert_false(feed("s", 26, 22000));
    assert_false(rule_evaluate(&s, 24000)); /* counted from 22000, not from 13000 */
}

static void a_stale_value_counts_no_more_and_none_changes_nothing(void **state)
{
    (void)state;
    struct rule rule = fan();
    begin(&rule);
    assert_true(feed("hot", 30, 1000));
    assert_true(feed("cold", 20, 5000));
    assert_true(rule_evaluate(&s, 1000 + TIME_FRESH_MS));
    assert_int_equal(rule_deadline(&s, 5000), 1000 + TIME_FRESH_MS + 1);
    assert_false(rule_evaluate(&s, 1000 + TIME_FRESH_MS + 1));
    assert_true(feed("hot", 30, 40000));
    assert_true(rule_evaluate(&s, 40000 + 2 * TIME_FRESH_MS));
    assert_int_equal(rule_deadline(&s, 40000 + 2 * TIME_FRESH_MS), UINT64_MAX);
}

static void every_aggregate_counts_as_it_says(void **state)
{
    (void)state;
    static const struct {
        enum rule_over over;
        double threshold;
        bool active;
    } cases[] = {{RULE_ANY, 29, true},  {RULE_ANY, 30, false}, {RULE_ALL, 19, true},
                 {RULE_ALL, 20, false}, {RULE_MEAN, 24, true}, {RULE_MEAN, 25, false},
                 {RULE_MIN, 19, true},  {RULE_MIN, 20, false}, {RULE_MAX, 29, true},
                 {RULE_MAX, 30, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule rule = fan();
        rule.over = cases[i].over;
        rule.threshold = cases[i].threshold;
        begin(&rule);
        struct value low = value_number(20), high = value_number(30);
        assert_int_equal(rule_feed(&s, SPAN("a"), &low, 1, RULE_PROVEN), ERR_OK);
        assert_int_equal(rule_feed(&s, SPAN("b"), &high, 1, RULE_PROVEN), ERR_OK);
        assert_int_equal(rule_evaluate(&s, 1), cases[i].active);
        rule_fini(&s);
    }
}

static void every_comparison_compares_as_it_says(void **state)
{
    (void)state;
    static const bool holds[RULE_COMPARE_COUNT][3] = {
        /* 24, 25, 26 against 25 */
        [RULE_ABOVE] = {false, false, true}, [RULE_AT_LEAST] = {false, true, true},
        [RULE_BELOW] = {true, false, false}, [RULE_AT_MOST] = {true, true, false},
        [RULE_EQUAL] = {false, true, false}, [RULE_NOT_EQUAL] = {true, false, true},
    };
    for (size_t c = 0; c < RULE_COMPARE_COUNT; c++)
        for (int v = 0; v < 3; v++) {
            struct rule rule = fan();
            rule.compare = (enum rule_compare)c;
            begin(&rule);
            assert_int_equal(feed("s", 24 + v, 1), holds[c][v]);
            rule_fini(&s);
        }
}

static bool wants(const char *device, const char *type, struct value value, const char *unit)
{
    struct reading r = {.type = span_of(type), .value = value, .unit = span_of(unit)};
    return rule_wants(&s, span_of(device), &r);
}

static void it_wants_numbers_of_its_type_and_device(void **state)
{
    (void)state;
    struct rule rule = fan();
    begin(&rule);
    assert_true(wants("x", "temperature", value_number(1), ""));
    assert_true(wants("x", "temperature", value_bool(1), ""));
    assert_false(wants("x", "temperature", value_text(SPAN("on")), ""));
    assert_false(wants("x", "humidity", value_number(1), ""));
    strcpy(s.rule.device, "sensor1");
    assert_true(wants("sensor1", "temperature", value_number(1), ""));
    assert_false(wants("sensor2", "temperature", value_number(1), ""));
}

static void what_is_280_kelvin_does_not_turn_the_fan_on(void **state)
{
    (void)state;
    struct rule rule = fan();
    begin(&rule);
    assert_true(wants("x", "temperature", value_number(26), "Cel"));
    assert_false(wants("x", "temperature", value_number(280.15), "K"));
    s.rule.unit[0] = '\0';
    assert_true(wants("x", "temperature", value_number(280.15), "K"));
}

static void what_rests_on_plain_values_is_marked(void **state)
{
    (void)state;
    struct rule rule = fan();
    struct value value = value_number(30);
    begin(&rule);
    feed("sensor1", 20, 1);
    assert_false(s.plain);
    assert_int_equal(rule_feed(&s, SPAN("Lesson"), &value, 2, RULE_PLAIN), ERR_OK);
    assert_true(rule_evaluate(&s, 2));
    assert_true(s.plain);
}

static void at_the_limit_of_devices_the_oldest_makes_room(void **state)
{
    (void)state;
    struct rule rule = fan();
    char device[16];
    begin(&rule);
    assert_true(feed("hot", 30, 1));
    for (uint64_t i = 1; i < RULE_INPUTS_MAX; i++) {
        snprintf(device, sizeof device, "s%llu", (unsigned long long)i);
        assert_true(feed(device, 20, 1 + i));
    }
    assert_false(feed("one-more", 20, 5000));
    assert_int_equal(s.count, RULE_INPUTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_fan_goes_on_above_25_and_off_at_25, end),
        cmocka_unit_test_teardown(two_sensors_on_either_side_do_not_make_it_flap, end),
        cmocka_unit_test_teardown(hysteresis_holds_it_on_between_the_thresholds, end),
        cmocka_unit_test_teardown(a_condition_must_hold_for_its_time, end),
        cmocka_unit_test_teardown(a_stale_value_counts_no_more_and_none_changes_nothing, end),
        cmocka_unit_test(every_aggregate_counts_as_it_says),
        cmocka_unit_test(every_comparison_compares_as_it_says),
        cmocka_unit_test_teardown(it_wants_numbers_of_its_type_and_device, end),
        cmocka_unit_test_teardown(what_is_280_kelvin_does_not_turn_the_fan_on, end),
        cmocka_unit_test_teardown(what_rests_on_plain_values_is_marked, end),
        cmocka_unit_test_teardown(at_the_limit_of_devices_the_oldest_makes_room, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
