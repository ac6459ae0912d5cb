#include "io/dataset_sentinel.h"

#include "base/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { VALUES_MAX = 8 };

static void fill(struct dataset_survey *s, const double *values, size_t count)
{
    *s = (struct dataset_survey){0};
    for (size_t i = 0; i < count; i++) {
        struct dataset_cell cell = {.kind = DATASET_CELL_NUMBER, .number = values[i]};
        dataset_survey_add(s, &cell);
    }
}

/* The sentinel that two columns show together; NAN when there is none. */
static double find(const double a[VALUES_MAX], const double b[VALUES_MAX])
{
    static const size_t columns[] = {0, 1};
    struct dataset_survey surveys[2];
    double sentinel;
    size_t where;
    fill(&surveys[0], a, VALUES_MAX);
    fill(&surveys[1], b, VALUES_MAX);
    return dataset_sentinel_find(surveys, columns, 2, &sentinel, &where) ? sentinel : NAN;
}

static void a_number_far_outside_two_columns_is_one(void **state)
{
    static const double a[VALUES_MAX] = {1, 5, -200, 3, -200, 2, 4, 1};
    static const double b[VALUES_MAX] = {-1, 44, -200, 30, 20, -200, 10, 0};
    (void)state;
    assert_true(find(a, b) <= -200);
}

static void once_in_each_of_two_columns_is_enough(void **state)
{
    static const double a[VALUES_MAX] = {1, 5, -200, 3, 2, 2, 4, 1};
    static const double b[VALUES_MAX] = {-1, 44, -200, 30, 20, 4, 10, 0};
    (void)state;
    assert_true(find(a, b) <= -200);
}

static void in_a_single_column_it_must_come_again(void **state)
{
    static const double once[VALUES_MAX] = {1, 5, -200, 3, 2, 2, 4, 1};
    static const double again[VALUES_MAX] = {1, 5, -200, 3, 2, -200, 4, 1};
    static const double other[VALUES_MAX] = {1, 44, 12, 30, 20, 4, 10, 0};
    (void)state;
    assert_true(isnan(find(once, other)));
    assert_true(find(again, other) <= -200);
}

static void it_must_lie_two_spreads_away(void **state)
{
    static const double a[VALUES_MAX] = {-100, 5, -200, 3, -200, 2, 4, -1};
    static const double b[VALUES_MAX] = {-90, 44, -200, 30, 20, -200, 10, 0};
    (void)state;
    assert_true(isnan(find(a, b)));
}

static void zeros_and_ones_are_none(void **state)
{
    static const double a[VALUES_MAX] = {0, 0, 0, 1, 1, 0, 0, 0};
    static const double b[VALUES_MAX] = {0, 0, 0, 1, 1, 0, 0, 0};
    (void)state;
    assert_true(isnan(find(a, b)));
}

static void a_great_number_of_nines_is_one(void **state)
{
    static const double a[VALUES_MAX] = {1, 5, 9999, 3, 9999, 2, 4, 1};
    static const double b[VALUES_MAX] = {3, 1, 2, 3, 4, 5, 6, 7};
    (void)state;
    assert_true(find(a, b) >= 9999);
}

static void a_great_number_of_another_kind_is_none(void **state)
{
    static const double a[VALUES_MAX] = {1, 5, 5000, 3, 5000, 2, 4, 1};
    (void)state;
    assert_true(isnan(find(a, a)));
}

static void it_does_not_apply_where_it_may_be_meant(void **state)
{
    static const double among[] = {-300, -200, 100};
    static const double apart[] = {-200, 5, 9};
    static const double only[] = {-200, -200};
    struct dataset_survey s;
    (void)state;
    fill(&s, among, COUNT_OF(among));
    assert_false(dataset_sentinel_applies(&s, -200));
    fill(&s, apart, COUNT_OF(apart));
    assert_true(dataset_sentinel_applies(&s, -200));
    fill(&s, only, COUNT_OF(only));
    assert_true(dataset_sentinel_applies(&s, -200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_far_outside_two_columns_is_one),
        cmocka_unit_test(once_in_each_of_two_columns_is_enough),
        cmocka_unit_test(in_a_single_column_it_must_come_again),
        cmocka_unit_test(it_must_lie_two_spreads_away),
        cmocka_unit_test(zeros_and_ones_are_none),
        cmocka_unit_test(a_great_number_of_nines_is_one),
        cmocka_unit_test(a_great_number_of_another_kind_is_none),
        cmocka_unit_test(it_does_not_apply_where_it_may_be_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
