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
        const char *device, *type;
        enum rule_compare compare;
        double threshold;
    } cases[] = {
        {"temperature > 25", RULE_ANY, "", "temperature", RULE_ABOVE, 25},
        {"any temperature > 25", RULE_ANY, "", "temperature", RULE_ABOVE, 25},
        {"all  humidity<=60.5", RULE_ALL, "", "humidity", RULE_AT_MOST, 60.5},
        {"mean temperature >= -3", RULE_MEAN, "", "temperature", RULE_AT_LEAST, -3},
        {"min co2 < 1e3", RULE_MIN, "", "co2", RULE_BELOW, 1000},
        {" max pm2_5 != 0 ", RULE_MAX, "", "pm2_5", RULE_NOT_EQUAL, 0},
        {"sensor1/temperature > 25", RULE_ANY, "sensor1", "temperature", RULE_ABOVE, 25},
        {"any hall-1/motion == true", RULE_ANY, "hall-1", "motion", RULE_EQUAL, 1},
        {"motion == off", RULE_ANY, "", "motion", RULE_EQUAL, 0},
        {"temperature\n  > 25", RULE_ANY, "", "temperature", RULE_ABOVE, 25},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule rule = {.device = "before"};
        char why[CONFIG_RULE_WHY] = "";
        assert_true(config_rule_when(&rule, span_of(cases[i].text), why));
        assert_int_equal(rule.over, cases[i].over);
        assert_string_equal(rule.device, cases[i].device);
        assert_string_equal(rule.type, cases[i].type);
        assert_int_equal(rule.compare, cases[i].compare);
        assert_float_equal(rule.threshold, cases[i].threshold, 0);
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
        {"temperature > 25 and humidity > 3", "-3.5; a rule has one comparison"},
        {"average temperature > 25", "average: did you mean any, all, mean, min or max?"},
        {"Temperature > 25", "Temperature: no name of a property"},
        {"Sensor1/temperature > 25", "Sensor1: a device name is"},
        {"a/b/c > 25", "b/c: no name of a property"},
        {"/temperature > 25", ": a device name is"},
        {"sensor1/ > 25", ": no name of a property"},
        {"mean > 25", "mean of what? mean temperature > 25"},
        {"set > 25", "set: no name of a property"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule rule = {0};
        char why[CONFIG_RULE_WHY] = "";
        assert_false(config_rule_when(&rule, span_of(cases[i].text), why));
        if (strstr(why, cases[i].part) == NULL)
            print_message("%s: %s\n", cases[i].text, why);
        assert_non_null(strstr(why, cases[i].part));
    }
}

static void what_is_done_is_a_property_and_its_value(void **state)
{
    (void)state;
    static const struct {
        const char *text, *property, *value;
    } cases[] = {
        {"fan", "fan", "on"},
        {"fan = high", "fan", "high"},
        {"fan=off", "fan", "off"},
        {" fan =  half open ", "fan", "half open"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rule rule = {0};
        char why[CONFIG_RULE_WHY] = "";
        assert_true(config_rule_then(&rule, span_of(cases[i].text), why));
        assert_string_equal(rule.property, cases[i].property);
        assert_string_equal(rule.value_active, cases[i].value);
    }
    static const char *const wrong[] = {"",      "= on", "Fan",          "fan on", "actuator1/fan",
                                        "fan =", "set",  "fan = \x1b[2J"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct rule rule = {0};
        char why[CONFIG_RULE_WHY] = "";
        assert_false(config_rule_then(&rule, span_of(wrong[i]), why));
        assert_true(why[0] != '\0');
    }
}

static void names_are_taken_up_to_their_bound(void **state)
{
    (void)state;
    char text[2 * LIMIT_NAME];
    char why[CONFIG_RULE_WHY];
    char value[LIMIT_NAME + 1];
    struct rule rule = {0};
    memset(text, 'x', sizeof text);
    memcpy(text + LIMIT_NAME, " > 1", 4);
    assert_true(config_rule_when(&rule, (struct span){text, LIMIT_NAME + 4}, why));
    memset(text, 'x', sizeof text);
    memcpy(text + LIMIT_NAME + 1, " > 1", 4);
    assert_false(config_rule_when(&rule, (struct span){text, LIMIT_NAME + 5}, why));
    memset(text, 'x', sizeof text);
    assert_true(config_rule_value(value, (struct span){text, LIMIT_NAME}, why));
    assert_int_equal(strlen(value), LIMIT_NAME);
    assert_false(config_rule_value(value, (struct span){text, LIMIT_NAME + 1}, why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_read),
        cmocka_unit_test(conditions_that_are_none_say_why),
        cmocka_unit_test(what_is_done_is_a_property_and_its_value),
        cmocka_unit_test(names_are_taken_up_to_their_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
