#include "core/rule_total.h"

#include "core/cm.h"

/* What every aggregate and comparison says is in rule_oracle_test.c; here are the edges. */

static const struct rule_condition mean = {.over = RULE_MEAN, .window_ms = 6000};

static struct rule_outcome judge(const double *values, size_t count)
{
    struct rule_total t = {0};
    struct rule_outcome outcome = {0};
    for (size_t i = 0; i < count; i++) {
        struct rule_sample v = {.kind = VALUE_NUMBER, .number = values[i]};
        rule_total_add(&t, &mean, &v);
    }
    rule_total_judge(&t, &mean, &outcome);
    return outcome;
}

static void a_mean_of_the_greatest_numbers_is_a_number(void **state)
{
    (void)state;
    static const double great[] = {1.7e308, 1.7e308, 1.7e308, 1.7e308};
    static const double both[] = {1.7e308, 1.7e308, -1.7e308, -1.7e308};
    assert_true(judge(great, 4).value >= 1.7e308 && judge(great, 4).value <= 1.7e308);
    assert_true(judge(both, 4).value >= 0 && judge(both, 4).value <= 0);
}

static void small_numbers_are_not_lost_beside_great_ones(void **state)
{
    (void)state;
    static const double values[] = {1, 1e100, 1, -1e100};
    double value = judge(values, 4).value;
    assert_true(value >= 0.5 && value <= 0.5);
}

static void without_values_nothing_is_known(void **state)
{
    (void)state;
    assert_int_equal(judge(NULL, 0).truth, RULE_UNKNOWN);
}

static uint64_t count_at(const struct rule_window *w, uint64_t now_ms)
{
    struct rule_total t = {0};
    rule_total_gather(&t, w, &mean, now_ms);
    return t.count;
}

static void a_window_holds_its_steps_and_no_value_longer(void **state)
{
    (void)state;
    struct rule_window w = {0};
    struct rule_sample v = {.kind = VALUE_NUMBER, .number = 1};
    for (uint64_t t = 0; t < 100000; t += 10) /* far more than a ring of values would hold */
        rule_total_record(&w, &mean, t, &v);
    assert_int_equal(count_at(&w, 99999), 600);
    assert_int_equal(rule_total_leaves(&w, &mean, 99999), 100000);
    assert_int_equal(count_at(&w, 100000), 590);
    assert_int_equal(count_at(&w, 105899), 10);
    assert_int_equal(count_at(&w, 105900), 0);
    assert_int_equal(rule_total_leaves(&w, &mean, 105900), UINT64_MAX);
}

static void a_late_value_joins_its_step_unless_that_is_over(void **state)
{
    (void)state;
    struct rule_window w = {0};
    struct rule_sample v = {.kind = VALUE_NUMBER, .number = 1};
    rule_total_record(&w, &mean, 7000, &v);
    rule_total_record(&w, &mean, 1100, &v);
    assert_int_equal(count_at(&w, 7000), 2);
    rule_total_record(&w, &mean, 1099, &v); /* its place belongs to 7000 by now */
    assert_int_equal(count_at(&w, 7000), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_of_the_greatest_numbers_is_a_number),
        cmocka_unit_test(small_numbers_are_not_lost_beside_great_ones),
        cmocka_unit_test(without_values_nothing_is_known),
        cmocka_unit_test(a_window_holds_its_steps_and_no_value_longer),
        cmocka_unit_test(a_late_value_joins_its_step_unless_that_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
