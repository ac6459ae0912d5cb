#include "app/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_age(const char *text, enum err err, uint64_t ms)
{
    uint64_t got = 0;
    assert_int_equal(retention_age(span_of(text), &got), err);
    assert_int_equal(got, ms);
}

static void expect_size(const char *text, enum err err, uint64_t bytes)
{
    uint64_t got = 0;
    assert_int_equal(retention_size(span_of(text), &got), err);
    assert_int_equal(got, bytes);
}

static void ages_are_read_as_people_write_them(void **state)
{
    (void)state;
    expect_age("1m", ERR_OK, 60000);
    expect_age("12h", ERR_OK, 43200000);
    expect_age("30d", ERR_OK, UINT64_C(2592000000));
    expect_age("36500 d", ERR_OK, UINT64_C(3153600000000));
}

static void what_is_no_age_is_refused(void **state)
{
    (void)state;
    expect_age("59s", ERR_RANGE, 0);
    expect_age("36501d", ERR_RANGE, 0);
    expect_age("-30d", ERR_RANGE, 0);
    expect_age("d", ERR_SYNTAX, 0);
    expect_age("30 weeks", ERR_SYNTAX, 0);
    expect_age("", ERR_SYNTAX, 0);
}

static void sizes_are_read_as_people_write_them(void **state)
{
    (void)state;
    expect_size("50MB", ERR_OK, 50000000);
    expect_size("500 MB", ERR_OK, 500000000);
    expect_size("1.5GB", ERR_OK, 1500000000);
}

static void what_is_no_size_is_refused(void **state)
{
    (void)state;
    expect_size("49MB", ERR_RANGE, 0);
    expect_size("0.04GB", ERR_RANGE, 0);
    expect_size("1000001000GB", ERR_RANGE, 0);
    expect_size("500", ERR_SYNTAX, 0);
    expect_size("500mb", ERR_SYNTAX, 0);
    expect_size("MB", ERR_SYNTAX, 0);
    expect_size("", ERR_SYNTAX, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_are_read_as_people_write_them),
        cmocka_unit_test(what_is_no_age_is_refused),
        cmocka_unit_test(sizes_are_read_as_people_write_them),
        cmocka_unit_test(what_is_no_size_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
