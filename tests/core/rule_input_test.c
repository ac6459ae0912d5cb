#include "core/rule_input.h"

#include "core/cm.h"

#include <stdio.h>

static struct rule_state s;

static int begin(void **state)
{
    (void)state;
    struct rule rule;
    rule_default_cool(&rule);
    rule_init(&s, &rule);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rule_fini(&s);
    return 0;
}

static struct rule_input *put(const char *device, const char *property, uint64_t at_ms)
{
    struct value value = value_number(1);
    struct rule_input *input = rule_input_of(&s, span_of(device), span_of(property));
    assert_non_null(input);
    rule_input_set(input, &value, at_ms);
    return input;
}

static bool has(const char *device, const char *property)
{
    for (size_t i = 0; i < s.count; i++)
        if (strcmp(s.inputs[i].device, device) == 0 && strcmp(s.inputs[i].property, property) == 0)
            return true;
    return false;
}

static void each_topic_has_one_place_in_order(void **state)
{
    (void)state;
    static const char *const topics[][2] = {{"b", "x"}, {"a", "y"}, {"ab", "x"}, {"a", "x"},
                                            {"b", "x"}, {"a", "y"}, {"c", "x"},  {"ab", "x"}};
    static const char *const sorted[][2] = {
        {"a", "x"}, {"a", "y"}, {"ab", "x"}, {"b", "x"}, {"c", "x"}};
    for (size_t i = 0; i < COUNT_OF(topics); i++)
        put(topics[i][0], topics[i][1], i + 1);
    assert_int_equal(s.count, COUNT_OF(sorted));
    for (size_t i = 0; i < COUNT_OF(sorted); i++) {
        assert_string_equal(s.inputs[i].device, sorted[i][0]);
        assert_string_equal(s.inputs[i].property, sorted[i][1]);
    }
}

static void at_the_bound_the_oldest_makes_room(void **state)
{
    (void)state;
    char device[16];
    for (size_t i = 0; i < LIMIT_INPUTS; i++) {
        snprintf(device, sizeof device, "s%zu", i);
        put(device, "x", i == 500 ? 1 : 10 + i);
    }
    assert_int_equal(s.count, LIMIT_INPUTS);
    assert_true(has("s500", "x"));
    put("new", "x", 5000);
    assert_int_equal(s.count, LIMIT_INPUTS);
    assert_false(has("s500", "x"));
    assert_true(has("new", "x") && has("s0", "x"));
}

static void a_device_with_many_topics_displaces_only_its_own(void **state)
{
    (void)state;
    char property[16];
    put("honest", "x", 1);
    put("zz", "x", 1);
    for (size_t i = 0; i < LIMIT_INPUTS_DEVICE; i++) {
        snprintf(property, sizeof property, "p%zu", i);
        put("liar", property, 10 + i);
    }
    assert_int_equal(s.count, LIMIT_INPUTS_DEVICE + 2);
    assert_true(has("liar", "p0"));
    put("liar", "one-more", 5000);
    assert_int_equal(s.count, LIMIT_INPUTS_DEVICE + 2);
    assert_false(has("liar", "p0"));
    assert_true(has("liar", "p1") && has("honest", "x") && has("zz", "x"));
}

static void a_text_is_kept_up_to_what_a_word_can_be(void **state)
{
    (void)state;
    char text[LIMIT_VALUE_TEXT];
    struct rule_condition c = {.operand = RULE_WORD};
    memset(text, 'x', sizeof text);
    memset(c.word, 'x', LIMIT_NAME);
    struct rule_input *input = rule_input_of(&s, SPAN("d"), SPAN("p"));
    for (size_t size = LIMIT_NAME - 1; size <= LIMIT_NAME + 1; size++) {
        struct value value = value_text((struct span){text, size});
        rule_input_set(input, &value, 1);
        struct rule_sample kept = rule_input_sample(input);
        struct rule_sample whole = rule_input_sample_of(&value, RULE_PROVEN);
        assert_int_equal(rule_total_equal(&c, &kept, 0), size == LIMIT_NAME);
        assert_int_equal(rule_total_equal(&c, &whole, 0), size == LIMIT_NAME);
    }
    struct value value = value_text((struct span){text, sizeof text});
    rule_input_set(input, &value, 1);
    assert_int_equal(strlen(input->text), LIMIT_NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_topic_has_one_place_in_order, begin, end),
        cmocka_unit_test_setup_teardown(at_the_bound_the_oldest_makes_room, begin, end),
        cmocka_unit_test_setup_teardown(a_device_with_many_topics_displaces_only_its_own, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_text_is_kept_up_to_what_a_word_can_be, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
