#include "app/config_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void conditions_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum rule_over over;
        const char *device, *property;
        enum rule_compare compare;
        double threshold;
        uint64_t window_ms;
    } cases[] = {
        {"temperature > 25", RULE_ANY, "*", "temperature", RULE_ABOVE, 25, 0},
        {"any temperature > 25", RULE_ANY, "*", "temperature", RULE_ABOVE, 25, 0},
        {"all  humidity<=60.5", RULE_ALL, "*", "humidity", RULE_AT_MOST, 60.5, 0},
        {"mean temperature >= -3", RULE_MEAN, "*", "temperature", RULE_AT_LEAST, -3, 0},
        {"avg temperature >= -3", RULE_MEAN, "*", "temperature", RULE_AT_LEAST, -3, 0},
        {"min co2 < 1e3", RULE_MIN, "*", "co2", RULE_BELOW, 1000, 0},
        {" max pm2_5 != 0 ", RULE_MAX, "*", "pm2_5", RULE_NOT_EQUAL, 0, 0},
        {"count */motion < 3", RULE_COUNT, "*", "motion", RULE_BELOW, 3, 0},
        {"sensor1/temperature > 25", RULE_ANY, "sensor1", "temperature", RULE_ABOVE, 25, 0},
        {"sensor*/temp* > 25", RULE_ANY, "sensor*", "temp*", RULE_ABOVE, 25, 0},
        {"mean s/t over 10m > 25", RULE_MEAN, "s", "t", RULE_ABOVE, 25, 600000},
        {"t over 500ms>25", RULE_ANY, "*", "t", RULE_ABOVE, 25, 500},
        {"any hall-1/motion == true", RULE_ANY, "hall-1", "motion", RULE_EQUAL, 1, 0},
        {"max motion over 10m == false", RULE_MAX, "*", "motion", RULE_EQUAL, 0, 600000},
        {"motion == off", RULE_ANY, "*", "motion", RULE_EQUAL, 0, 0},
        {"temperature\n  > 25", RULE_ANY, "*", "temperature", RULE_ABOVE, 25, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule_condition c = {.device = "before"};
        char why[CONFIG_RULE_WHY] = "";
        assert_true(config_rule_when(&c, span_of(cases[i].text), why));
        assert_int_equal(c.over, cases[i].over);
        assert_string_equal(c.device, cases[i].device);
        assert_string_equal(c.property, cases[i].property);
        assert_int_equal(c.compare, cases[i].compare);
        assert_float_equal(c.threshold, cases[i].threshold, 0);
        assert_int_equal(c.window_ms, cases[i].window_ms);
    }
}

static void what_is_compared_with_decides_what_counts_and_for_how_long(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum rule_operand operand;
        const char *word;
        uint64_t fresh_ms;
    } cases[] = {
        {"temperature == 25", RULE_NUMBER, "", TIME_FRESH_MS},
        {"motion == true", RULE_TRUTH, "true", TIME_FRESH_MS},
        {"max motion == true", RULE_NUMBER, "true", TIME_FRESH_MS},
        {"*/fan == on", RULE_TRUTH, "on", UINT64_MAX},
        {"all */fan != off", RULE_TRUTH, "off", UINT64_MAX},
        {"actuator1/window == half open", RULE_WORD, "half open", UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule_condition c;
        char why[CONFIG_RULE_WHY] = "";
        assert_true(config_rule_when(&c, span_of(cases[i].text), why));
        assert_int_equal(c.operand, cases[i].operand);
        assert_string_equal(c.word, cases[i].word);
        assert_int_equal(c.fresh_ms, cases[i].fresh_ms);
    }
}

static void conditions_that_are_none_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "temperature > 25"},
        {"> 25", "temperature > 25"},
        {"temperature", "a comparison is missing: temperature > 25"},
        {"temperature >", "a number is missing behind >"},
        {"temperature 25", "a comparison is missing"},
        {"temperature = 25", "did you mean ==?"},
        {"temperature => 25", "=>: the comparisons are >, >=, <, <=, == and !="},
        {"temperature > hot", "hot: no number"},
        {"temperature > 25 C", "25 C: no number, such as 25 or -3.5; without its unit"},
        {"temperature > -3°C", "-3°C: no number, such as 25 or -3.5; without its unit"},
        {"temperature > 24,5", "24,5: no number, such as 25 or -3.5; with a point, not a comma"},
        {"temperature > 1e999", "1e999: no number"},
        {"temperature > 25 and humidity > 3", "-3.5; one comparison each: when: ["},
        {"average temperature > 25", "average: did you mean any, all, mean, min, max or count?"},
        {"Temperature > 25", "Temperature: no name of a property"},
        {"Sensor1/temperature > 25", "Sensor1: a device name is"},
        {"a/b/c > 25", "b/c: no name of a property"},
        {"/temperature > 25", ": a device name is"},
        {"sensor1/ > 25", ": no name of a property"},
        {"mean > 25", "mean of what? mean temperature > 25"},
        {"set > 25", "set: no name of a property"},
        {"sensor > 25 over 3m", "25 over 3m: no number"},
        {"temperature over soon > 25", "over soon: no time"},
        {"temperature over 0 > 25", "over 0: no time"},
        {"temperature since 3m > 25", "temperature: did you mean"},
        {"mean temperature since 3m > 25", "since: a comparison is missing"},
        {"temperature == hot", "hot: no number"},
        {"window == 3 x", "3 x: no number"},
        {"window > on", "on is compared by == and !="},
        {"mean window == shut", "mean is a number, and shut is none"},
        {"count window == true", "count is a number, and true is none"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule_condition c = {0};
        char why[CONFIG_RULE_WHY] = "";
        assert_false(config_rule_when(&c, span_of(cases[i].text), why));
        if (strstr(why, cases[i].part) == NULL)
            print_message("%s: %s\n", cases[i].text, why);
        assert_non_null(strstr(why, cases[i].part));
    }
}

static void what_is_done_is_a_property_and_its_value(void **state)
{
    (void)state;
    static const struct {
        const char *text, *device, *property, *value;
    } cases[] = {
        {"fan", "", "fan", "on"},
        {"fan = high", "", "fan", "high"},
        {"fan=off", "", "fan", "off"},
        {" fan =  half open ", "", "fan", "half open"},
        {"actuator1/fan = off", "actuator1", "fan", "off"},
        {"*/fan", "*", "fan", "on"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule_action a = {0};
        char why[CONFIG_RULE_WHY] = "";
        assert_true(config_rule_then(&a, span_of(cases[i].text), why));
        assert_string_equal(a.device, cases[i].device);
        assert_string_equal(a.property, cases[i].property);
        assert_string_equal(a.active, cases[i].value);
    }
    static const char *const wrong[] = {"",    "= on", "Fan",   "fan on", "Actuator/fan",
                                        "*/*", "/fan", "fan =", "set",    "fan = \x1b[2J"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct rule_action a = {0};
        char why[CONFIG_RULE_WHY] = "";
        assert_false(config_rule_then(&a, span_of(wrong[i]), why));
        assert_true(why[0] != '\0');
    }
}

static void names_are_taken_up_to_their_bound(void **state)
{
    (void)state;
    char text[2 * LIMIT_NAME];
    char why[CONFIG_RULE_WHY];
    char value[LIMIT_NAME + 1];
    struct rule_condition c = {0};
    memset(text, 'x', sizeof text);
    memcpy(text + LIMIT_NAME, " > 1", 4);
    assert_true(config_rule_when(&c, (struct span){text, LIMIT_NAME + 4}, why));
    memset(text, 'x', sizeof text);
    memcpy(text + LIMIT_NAME + 1, " > 1", 4);
    assert_false(config_rule_when(&c, (struct span){text, LIMIT_NAME + 5}, why));
    memset(text, 'x', sizeof text);
    assert_true(config_rule_value(value, (struct span){text, LIMIT_NAME}, why));
    assert_int_equal(strlen(value), LIMIT_NAME);
    assert_false(config_rule_value(value, (struct span){text, LIMIT_NAME + 1}, why));
}

static void days_and_times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t days;
    } days[] = {{"mon", 1},     {"mon-fri", 31},  {"sat,sun", 96},     {"sun-mon", 65},
                {"daily", 127}, {"mon-sun", 127}, {" tue , thu ", 10}, {"mon-tue,fri-sat", 51}};
    static const struct {
        const char *text;
        uint16_t minutes;
    } times[] = {{"0:00", 0}, {"7:30", 450}, {"07:30", 450}, {"23:59", 1439}, {"24:00", 1440}};
    static const char *const wrong_days[] = {"monday", "mon-", "-", "mon,,tue", "Mon"};
    static const char *const wrong_times[] = {"7",   "7:3",   "7:60",  "24:01",
                                              ":30", "-1:30", "007:30"};
    char why[CONFIG_RULE_WHY];
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        uint8_t got = 0;
        assert_true(config_rule_days(&got, span_of(days[i].text), why));
        assert_int_equal(got, days[i].days);
    }
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        uint16_t got = 0;
        assert_true(config_rule_time(&got, span_of(times[i].text), why));
        assert_int_equal(got, times[i].minutes);
    }
    for (size_t i = 0; i < COUNT_OF(wrong_days); i++)
        assert_false(config_rule_days(&(uint8_t){0}, span_of(wrong_days[i]), why));
    for (size_t i = 0; i < COUNT_OF(wrong_times); i++)
        assert_false(config_rule_time(&(uint16_t){0}, span_of(wrong_times[i]), why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_read),
        cmocka_unit_test(what_is_compared_with_decides_what_counts_and_for_how_long),
        cmocka_unit_test(conditions_that_are_none_say_why),
        cmocka_unit_test(what_is_done_is_a_property_and_its_value),
        cmocka_unit_test(names_are_taken_up_to_their_bound),
        cmocka_unit_test(days_and_times_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
