#include "base/err.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_error_has_its_own_text(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT_; i++) {
        assert_non_null(err_text((enum err)i));
        assert_true(strlen(err_text((enum err)i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(err_text((enum err)i), err_text((enum err)j));
    }
}

static void a_number_that_is_no_error_has_a_text_too(void **state)
{
    (void)state;
    assert_string_equal(err_text(ERR_COUNT_), "unknown error");
    assert_string_equal(err_text((enum err) ~0U), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_own_text),
        cmocka_unit_test(a_number_that_is_no_error_has_a_text_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
