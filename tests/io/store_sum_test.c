#include "io/store_sum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SIZE = 67 };

static uint64_t sum_of(const char *bytes, size_t size)
{
    return store_sum_bytes(STORE_SUM_START, (struct span){bytes, size});
}

static void any_damage_within_eight_bytes_changes_the_sum(void **state)
{
    (void)state;
    char bytes[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 37);
    uint64_t good = sum_of(bytes, SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        for (int x = 1; x < 256; x++) {
            bytes[i] = (char)(bytes[i] ^ x);
            assert_int_not_equal(sum_of(bytes, SIZE), good);
            bytes[i] = (char)(bytes[i] ^ x);
        }
    }
}

static void length_and_order_count(void **state)
{
    (void)state;
    static const char zeroes[32];
    for (size_t size = 0; size < sizeof zeroes; size++)
        assert_int_not_equal(sum_of(zeroes, size), sum_of(zeroes, size + 1));
    assert_int_not_equal(sum_of("abcdefgh12345678", 16), sum_of("12345678abcdefgh", 16));
    uint64_t ab = store_sum_u64(store_sum_u64(STORE_SUM_START, 1), 2);
    assert_int_not_equal(ab, store_sum_u64(store_sum_u64(STORE_SUM_START, 2), 1));
}

/* The file may be read by a later version or on another machine. */
static void the_sum_never_changes(void **state)
{
    (void)state;
    assert_true(sum_of("kith, a record", 14) == UINT64_C(0x80bb0a36f329433c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_damage_within_eight_bytes_changes_the_sum),
        cmocka_unit_test(length_and_order_count),
        cmocka_unit_test(the_sum_never_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
