#include "io/source_pace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static double gap(struct source_pace *p, int64_t row_ms, enum source_pace_remark wanted)
{
    double gap_ms;
    int64_t spacing_ms;
    assert_int_equal(source_pace_next(p, &row_ms, &gap_ms, &spacing_ms), wanted);
    return gap_ms;
}

static void assert_near(double a, double b)
{
    if (fabs(a - b) > 1e-9)
        fail_msg("%g is not %g", a, b);
}

static void a_spacing_of_10_s_is_kept_and_a_longer_one_is_2_s(void **state)
{
    struct source_pace p = {.file_has_time = true};
    (void)state;
    assert_near(gap(&p, 1000, SOURCE_PACE_NOTHING), 0);
    assert_near(gap(&p, 11000, SOURCE_PACE_NOTHING), 10000);
    assert_near(gap(&p, 21001, SOURCE_PACE_SQUEEZED), 2000);
    assert_near(gap(&p, 21001, SOURCE_PACE_NOTHING), 0);
}

static void speed_divides_every_spacing(void **state)
{
    struct source_pace p = {.file_has_time = true, .speed = 2};
    (void)state;
    assert_near(gap(&p, 0, SOURCE_PACE_NOTHING), 0);
    assert_near(gap(&p, 60000, SOURCE_PACE_NOTHING), 30000);
    struct source_pace max = {.file_has_time = true, .speed = INFINITY};
    assert_near(gap(&max, 0, SOURCE_PACE_NOTHING), 0);
    assert_near(gap(&max, 86400000, SOURCE_PACE_NOTHING), 0);
}

static void every_is_kept_whatever_the_file_says(void **state)
{
    struct source_pace p = {.file_has_time = true, .every_ms = 500, .speed = 2};
    (void)state;
    assert_near(gap(&p, 100000, SOURCE_PACE_NOTHING), 0);
    assert_near(gap(&p, 0, SOURCE_PACE_NOTHING), 500);
}

static void a_row_that_goes_back_is_due_at_once(void **state)
{
    struct source_pace p = {.file_has_time = true};
    (void)state;
    gap(&p, 100000, SOURCE_PACE_NOTHING);
    assert_near(gap(&p, 90000, SOURCE_PACE_BACKWARDS), 0);
    assert_near(gap(&p, 93000, SOURCE_PACE_NOTHING), 3000);
}

static void rows_without_a_time_come_every_2_s(void **state)
{
    struct source_pace p = {.speed = 0};
    double gap_ms;
    int64_t spacing_ms;
    (void)state;
    assert_int_equal(source_pace_next(&p, NULL, &gap_ms, &spacing_ms), SOURCE_PACE_TIMELESS);
    assert_near(gap_ms, 0);
    assert_int_equal(source_pace_next(&p, NULL, &gap_ms, &spacing_ms), SOURCE_PACE_TIMELESS);
    assert_near(gap_ms, 2000);
    p.speed = 10;
    assert_int_equal(source_pace_next(&p, NULL, &gap_ms, &spacing_ms), SOURCE_PACE_TIMELESS);
    assert_near(gap_ms, 200);
}

static void a_file_of_one_row_that_begins_again_keeps_a_pace(void **state)
{
    struct source_pace every = {.file_has_time = true, .every_ms = 500};
    struct source_pace usual = {.file_has_time = true, .speed = 4};
    (void)state;
    gap(&every, 0, SOURCE_PACE_NOTHING);
    gap(&usual, 0, SOURCE_PACE_NOTHING);
    for (int lap = 0; lap < 3; lap++) {
        source_pace_restart(&every);
        source_pace_restart(&usual);
        assert_near(gap(&every, 0, SOURCE_PACE_NOTHING), 500);
        assert_near(gap(&usual, 0, SOURCE_PACE_NOTHING), 500);
    }
}

static void a_file_that_begins_again_waits_as_long_as_before_its_last_row(void **state)
{
    struct source_pace p = {.file_has_time = true};
    (void)state;
    gap(&p, 1000, SOURCE_PACE_NOTHING);
    gap(&p, 6000, SOURCE_PACE_NOTHING);
    source_pace_restart(&p);
    assert_near(gap(&p, 1000, SOURCE_PACE_NOTHING), 5000);
    assert_near(gap(&p, 6000, SOURCE_PACE_NOTHING), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spacing_of_10_s_is_kept_and_a_longer_one_is_2_s),
        cmocka_unit_test(speed_divides_every_spacing),
        cmocka_unit_test(every_is_kept_whatever_the_file_says),
        cmocka_unit_test(a_row_that_goes_back_is_due_at_once),
        cmocka_unit_test(rows_without_a_time_come_every_2_s),
        cmocka_unit_test(a_file_of_one_row_that_begins_again_keeps_a_pace),
        cmocka_unit_test(a_file_that_begins_again_waits_as_long_as_before_its_last_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
