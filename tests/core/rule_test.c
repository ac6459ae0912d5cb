#include "core/rule.h"

#include "core/cm.h"

#include <stdio.h>

static struct rule_state s;

static void begin(const struct rule *rule)
{
    rule_init(&s, rule);
}

static bool evaluate(uint64_t now_ms)
{
    struct rule_now now = {.now_ms = now_ms};
    return rule_evaluate(&s, &now);
}

static uint64_t deadline(uint64_t now_ms)
{
    struct rule_now now = {.now_ms = now_ms};
    return rule_deadline(&s, &now);
}

static void put(const char *device, const char *property, struct value value, uint64_t at_ms)
{
    struct reading r = {.type = span_of(property), .value = value};
    assert_int_equal(rule_feed(&s, span_of(device), &r, at_ms, RULE_PROVEN), ERR_OK);
}

static bool feed(const char *device, double number, uint64_t now_ms)
{
    put(device, "temperature", value_number(number), now_ms);
    return evaluate(now_ms);
}

static bool feed_word(const char *device, const char *property, const char *word, uint64_t now_ms)
{
    put(device, property, value_text(span_of(word)), now_ms);
    return evaluate(now_ms);
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
    assert_true(span_is(rule_value(&s, 0), "on"));
    assert_false(feed("sensor1", 25.0, 4));
    assert_true(span_is(rule_value(&s, 0), "off"));
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
    rule.conditions[0].hysteresis = 0.5;
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
    assert_int_equal(deadline(1000), 11000);
    assert_false(evaluate(10999));
    assert_true(evaluate(11000));
    assert_false(feed("s", 20, 12000));
    assert_false(feed("s", 26, 13000));
    assert_false(feed("s", 20, 14000));
    assert_false(feed("s", 26, 22000));
    assert_false(evaluate(24000)); /* counted from 22000, not from 13000 */
}

static void a_stale_value_counts_no_more_and_none_changes_nothing(void **state)
{
    (void)state;
    struct rule rule = fan();
    begin(&rule);
    assert_true(feed("hot", 30, 1000));
    assert_true(feed("cold", 20, 5000));
    assert_int_equal(deadline(5000), 1000 + TIME_FRESH_MS + 1);
    assert_true(evaluate(1000 + TIME_FRESH_MS));
    assert_int_equal(deadline(1000 + TIME_FRESH_MS), 1000 + TIME_FRESH_MS + 1);
    assert_false(evaluate(1000 + TIME_FRESH_MS + 1));
    assert_true(feed("hot", 30, 40000));
    assert_true(evaluate(40000 + 2 * TIME_FRESH_MS));
    assert_int_equal(deadline(40000 + 2 * TIME_FRESH_MS), UINT64_MAX);
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
                 {RULE_MAX, 30, false}, {RULE_COUNT, 1, true}, {RULE_COUNT, 2, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule rule = fan();
        rule.conditions[0].over = cases[i].over;
        rule.conditions[0].threshold = cases[i].threshold;
        begin(&rule);
        put("a", "temperature", value_number(20), 1);
        assert_int_equal(feed("b", 30, 1), cases[i].active);
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
            rule.conditions[0].compare = (enum rule_compare)c;
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
    strcpy(s.rule.conditions[0].device, "sensor1");
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
    s.rule.conditions[0].unit[0] = '\0';
    assert_true(wants("x", "temperature", value_number(280.15), "K"));
}

static void what_rests_on_plain_values_is_marked(void **state)
{
    (void)state;
    struct rule rule = fan();
    struct reading hot = {.type = SPAN("temperature"), .value = value_number(30)};
    begin(&rule);
    feed("sensor1", 20, 1);
    assert_false(s.plain);
    assert_int_equal(rule_feed(&s, SPAN("Lesson"), &hot, 2, RULE_PLAIN), ERR_OK);
    assert_true(evaluate(2));
    assert_true(s.plain);
}

static void what_is_older_does_not_replace_what_is_newer(void **state)
{
    (void)state;
    struct rule rule = fan();
    begin(&rule);
    assert_true(feed("s", 30, 10));
    put("s", "temperature", value_number(20), 9);
    assert_true(evaluate(10));
    put("s", "temperature", value_number(20), 10);
    assert_false(evaluate(10));
}

static void stars_stand_for_any_characters(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool fits;
    } cases[] = {
        {"*", "", true},
        {"*", "sensor1", true},
        {"sensor*", "sensor1", true},
        {"sensor*", "sensor", true},
        {"sensor*", "sens", false},
        {"*1", "sensor1", true},
        {"*1", "sensor12", false},
        {"s*r*1", "sensor1", true},
        {"s*r*1", "sensor11", true},
        {"s*x*1", "sensor1", false},
        {"", "", true},
        {"", "s", false},
        {"sensor1", "sensor1", true},
        {"sensor1", "sensor", false},
        {"**", "a", true},
        {"*ab", "aab", true},
        {"a*a", "a", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(rule_matches(cases[i].pattern, span_of(cases[i].name)), cases[i].fits);
}

static void words_are_compared_and_states_do_not_grow_stale(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.conditions[0] = (struct rule_condition){.device = "actuator1",
                                                 .property = "fan",
                                                 .compare = RULE_EQUAL,
                                                 .operand = RULE_TRUTH,
                                                 .threshold = 1,
                                                 .word = "on",
                                                 .fresh_ms = UINT64_MAX};
    begin(&rule);
    assert_true(feed_word("actuator1", "fan", "on", 1));
    assert_true(evaluate(UINT64_MAX / 2));
    assert_int_equal(deadline(UINT64_MAX / 2), UINT64_MAX);
    assert_false(feed_word("actuator1", "fan", "high", UINT64_MAX / 2));
    put("actuator1", "fan", value_bool(1), UINT64_MAX / 2);
    assert_true(evaluate(UINT64_MAX / 2));
    s.rule.conditions[0].compare = RULE_NOT_EQUAL;
    s.rule.conditions[0].operand = RULE_WORD;
    assert_true(evaluate(UINT64_MAX / 2));
    strcpy(s.rule.conditions[0].word, "high");
    assert_false(feed_word("actuator1", "fan", "high", UINT64_MAX / 2));
}

/* Two conditions: temperature above 25 and any motion. */
static struct rule both(enum rule_join join)
{
    struct rule rule = fan(), light;
    rule_default_light(&light);
    rule.conditions[1] = light.conditions[0];
    rule.condition_count = 2;
    rule.join = join;
    return rule;
}

static void conditions_are_joined_and_what_settles_beats_what_is_unknown(void **state)
{
    (void)state;
    /* hot and moving: 0 unknown, 1 false, 2 true */
    static const struct {
        enum rule_join join;
        int hot, moving;
        enum rule_phase expected[2]; /* when idle, when active before */
    } cases[] = {
        {RULE_JOIN_ALL, 2, 2, {RULE_ACTIVE, RULE_ACTIVE}},
        {RULE_JOIN_ALL, 2, 1, {RULE_IDLE, RULE_IDLE}},
        {RULE_JOIN_ALL, 1, 0, {RULE_IDLE, RULE_IDLE}},
        {RULE_JOIN_ALL, 2, 0, {RULE_IDLE, RULE_ACTIVE}},
        {RULE_JOIN_ANY, 0, 2, {RULE_ACTIVE, RULE_ACTIVE}},
        {RULE_JOIN_ANY, 1, 2, {RULE_ACTIVE, RULE_ACTIVE}},
        {RULE_JOIN_ANY, 1, 1, {RULE_IDLE, RULE_IDLE}},
        {RULE_JOIN_ANY, 1, 0, {RULE_IDLE, RULE_ACTIVE}},
        {RULE_JOIN_ANY, 0, 0, {RULE_IDLE, RULE_ACTIVE}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int before = 0; before < 2; before++) {
            struct rule rule = both(cases[i].join);
            begin(&rule);
            rule_resume(&s, before ? RULE_ACTIVE : RULE_IDLE, 0);
            if (cases[i].hot > 0)
                put("s", "temperature", value_number(cases[i].hot == 2 ? 30 : 20), 1);
            if (cases[i].moving > 0)
                put("s", "motion", value_bool(cases[i].moving == 2), 1);
            assert_int_equal(evaluate(1), cases[i].expected[before] == RULE_ACTIVE);
            rule_fini(&s);
        }
}

static void stale_input_has_a_fail_safe_value(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct rule rule = fan();
        rule.stale = on ? RULE_STALE_ON : RULE_STALE_OFF;
        rule.hold_ms = on ? 1000000 : 0;
        begin(&rule);
        assert_int_equal(feed("s", on ? 20 : 30, 1), !on);
        assert_int_equal(deadline(1), 1 + TIME_FRESH_MS + 1);
        assert_int_equal(evaluate(1 + TIME_FRESH_MS), !on);
        assert_int_equal(evaluate(1 + TIME_FRESH_MS + 1), on);
        assert_int_equal(deadline(1 + TIME_FRESH_MS + 1), UINT64_MAX);
        rule_fini(&s);
    }
}

static void a_hold_longer_than_fresh_input_begins_anew_and_asks_for_no_past_time(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.hold_ms = 2 * TIME_FRESH_MS;
    begin(&rule);
    assert_false(feed("s", 30, 1));
    assert_false(evaluate(2 + TIME_FRESH_MS));
    assert_int_equal(deadline(2 + TIME_FRESH_MS), UINT64_MAX);
    assert_false(feed("s", 30, 3 * TIME_FRESH_MS));
    assert_false(feed("s", 30, 4 * TIME_FRESH_MS));
    assert_true(feed("s", 30, 5 * TIME_FRESH_MS));
}

static void minimum_times_hold_it_on_and_off(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.min_on_ms = 100;
    rule.min_off_ms = 50;
    begin(&rule);
    assert_true(feed("s", 30, 1000));
    assert_true(feed("s", 20, 1001));
    assert_int_equal(deadline(1001), 1100);
    assert_true(evaluate(1099));
    assert_false(evaluate(1100));
    assert_false(feed("s", 30, 1101));
    assert_int_equal(deadline(1101), 1150);
    assert_false(evaluate(1149));
    assert_true(evaluate(1150));
}

static void a_hold_that_has_passed_is_not_counted_again_behind_min_off(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.hold_ms = 10;
    rule.min_off_ms = 50;
    begin(&rule);
    rule_resume(&s, RULE_IDLE, 1000);
    assert_false(feed("s", 30, 1001));
    assert_false(evaluate(1011));
    assert_int_equal(deadline(1011), 1050);
    assert_false(evaluate(1049));
    assert_true(evaluate(1050));
}

static void a_restored_rule_goes_on_with_its_minimum_time(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.min_on_ms = 100;
    rule.conditions[0].hysteresis = 1;
    begin(&rule);
    rule_resume(&s, RULE_ACTIVE, 950);
    assert_true(feed("s", 24.5, 1000)); /* within the hysteresis of what was on */
    assert_true(feed("s", 20, 1010));
    assert_int_equal(deadline(1010), 1050);
    assert_false(evaluate(1050));
}

static void outside_its_schedule_a_rule_is_idle(void **state)
{
    (void)state;
    struct rule rule = fan();
    /* 1970 began on a Thursday */
    rule.schedules[0] = (struct rule_schedule){.days = 1u << 3, .from_min = 60, .to_min = 120};
    rule.schedule_count = 1;
    rule.conditions[0].fresh_ms = UINT64_MAX;
    begin(&rule);
    put("s", "temperature", value_number(30), 0);
    struct rule_now now = {.now_ms = 500, .wall_ms = 3600000 - 500};
    assert_false(rule_evaluate(&s, &now));
    assert_int_equal(rule_deadline(&s, &now), 1000);
    now = (struct rule_now){.now_ms = 999, .wall_ms = 3600000 - 1};
    assert_false(rule_evaluate(&s, &now));
    now = (struct rule_now){.now_ms = 1000, .wall_ms = 3600000};
    assert_true(rule_evaluate(&s, &now));
    assert_int_equal(rule_deadline(&s, &now), 1000 + TIME_SCHEDULE_MS);
    now = (struct rule_now){.now_ms = 1000 + 3600000, .wall_ms = 7200000};
    assert_false(rule_evaluate(&s, &now));
    now.zone_s = -3600;
    assert_true(rule_evaluate(&s, &now));
}

static void a_window_remembers_what_a_last_value_does_not(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.conditions[0].over = RULE_MAX;
    rule.conditions[0].window_ms = 6000; /* steps of 100 ms */
    begin(&rule);
    assert_true(feed("s", 30, 1050));
    assert_true(feed("s", 20, 1200));
    assert_int_equal(deadline(1200), 7000);
    assert_true(evaluate(6999));
    assert_false(evaluate(7000));
    assert_int_equal(rule_reach_ms(&s), 6000);
    assert_int_equal(s.count, 0);
    put("s", "temperature", value_number(30), 900); /* too old */
    assert_false(evaluate(7000));
    assert_false(evaluate(7200)); /* empty: unknown, and so it stays */
    assert_int_equal(deadline(7200), UINT64_MAX);
}

static void a_count_of_nothing_is_a_count(void **state)
{
    (void)state;
    struct rule rule = fan();
    rule.conditions[0].over = RULE_COUNT;
    rule.conditions[0].compare = RULE_BELOW;
    rule.conditions[0].threshold = 1;
    begin(&rule);
    assert_true(evaluate(1));
    assert_false(feed("s", 20, 2));
    assert_true(evaluate(3 + TIME_FRESH_MS));
}

static void each_action_has_its_value_and_may_have_none_when_idle(void **state)
{
    (void)state;
    struct rule rule;
    rule_default_mean(&rule);
    assert_string_equal(rule.actions[0].device, "*");
    rule.actions[1] = (struct rule_action){.property = "horn", .active = "loud"};
    rule.action_count = 2;
    begin(&rule);
    assert_true(feed("s", 30, 1));
    assert_true(span_is(rule_value(&s, 0), "on"));
    assert_true(span_is(rule_value(&s, 1), "loud"));
    assert_false(feed("s", 20, 2));
    assert_true(span_is(rule_value(&s, 0), "off"));
    assert_int_equal(rule_value(&s, 1).size, 0);
}

static void motion_turns_the_light_on(void **state)
{
    (void)state;
    struct rule rule;
    rule_default_light(&rule);
    begin(&rule);
    put("s", "motion", value_bool(1), 1);
    assert_true(evaluate(1));
    put("s", "motion", value_number(0.5), 2);
    assert_false(evaluate(2));
    put("s", "motion", value_number(0.6), 3);
    assert_true(evaluate(3));
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
        cmocka_unit_test_teardown(what_is_older_does_not_replace_what_is_newer, end),
        cmocka_unit_test(stars_stand_for_any_characters),
        cmocka_unit_test_teardown(words_are_compared_and_states_do_not_grow_stale, end),
        cmocka_unit_test(conditions_are_joined_and_what_settles_beats_what_is_unknown),
        cmocka_unit_test(stale_input_has_a_fail_safe_value),
        cmocka_unit_test_teardown(
            a_hold_longer_than_fresh_input_begins_anew_and_asks_for_no_past_time, end),
        cmocka_unit_test_teardown(minimum_times_hold_it_on_and_off, end),
        cmocka_unit_test_teardown(a_hold_that_has_passed_is_not_counted_again_behind_min_off, end),
        cmocka_unit_test_teardown(a_restored_rule_goes_on_with_its_minimum_time, end),
        cmocka_unit_test_teardown(outside_its_schedule_a_rule_is_idle, end),
        cmocka_unit_test_teardown(a_window_remembers_what_a_last_value_does_not, end),
        cmocka_unit_test_teardown(a_count_of_nothing_is_a_count, end),
        cmocka_unit_test_teardown(each_action_has_its_value_and_may_have_none_when_idle, end),
        cmocka_unit_test_teardown(motion_turns_the_light_on, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
