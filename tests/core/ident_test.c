#include "core/ident.h"

#include "core/cm.h"

static void a_name_of_full_length_is_copied_and_ended(void **state)
{
    (void)state;
    char from[LIMIT_NAME], to[LIMIT_NAME + 1];
    memset(from, 'n', sizeof from);
    memset(to, 'x', sizeof to);
    ident_name_copy(to, (struct span){from, sizeof from});
    assert_int_equal(strlen(to), LIMIT_NAME);
    ident_name_copy(to, (struct span){0});
    assert_string_equal(to, "");
}

static void logs_differ_by_device_key_and_epoch(void **state)
{
    (void)state;
    struct log_id a = {.device = "sensor1", .epoch = 1}, b = a;
    assert_true(ident_log_equal(&a, &b));
    b.epoch = 2;
    assert_false(ident_log_equal(&a, &b));
    b = a;
    b.key.bytes[19] = 1;
    assert_false(ident_log_equal(&a, &b));
    b = a;
    b.device[6] = '2';
    assert_false(ident_log_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_of_full_length_is_copied_and_ended),
        cmocka_unit_test(logs_differ_by_device_key_and_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
