#include "base/check.h"

#include "base/death.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void fail_a_check(void)
{
    int two = 2;
    check(two == 3);
}

static void pass_a_check(void)
{
    int two = 2;
    check(two == 2);
}

static void a_failed_check_names_itself_and_ends_the_process(void **state)
{
    (void)state;
    char said[512];
    assert_true(death_by_check(fail_a_check, said, sizeof said));
    assert_non_null(strstr(said, "check_test.c:"));
    assert_non_null(strstr(said, "check failed: two == 3\n"));
}

static void a_check_that_holds_says_nothing(void **state)
{
    (void)state;
    char said[512];
    assert_false(death_by_check(pass_a_check, said, sizeof said));
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_check_names_itself_and_ends_the_process),
        cmocka_unit_test(a_check_that_holds_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
