#include "base/buf.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_view(b, text) assert_true(span_is(buf_view(&(b)), text))

static void what_is_put_stands_in_a_row(void **state)
{
    (void)state;
    char memory[64];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, "fan ");
    buf_span(&b, SPAN("ON"));
    buf_char(&b, ' ');
    buf_put(&b, "xyz", 2);
    buf_span(&b, (struct span){NULL, 0});
    buf_hex(&b, (const uint8_t[]){0x00, 0x1f, 0xff}, 3);
    assert_view(b, "fan ON xy001fff");
    assert_false(b.overflow);
}

static void integers_are_written_as_printf_writes_them(void **state)
{
    (void)state;
    static const uint64_t values[] = {0,         1, 9, 10, 99, 100, INT64_MAX, UINT64_C(1) << 63,
                                      UINT64_MAX};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        char memory[64];
        char expected[64];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        buf_u64(&b, values[i]);
        buf_char(&b, ' ');
        buf_i64(&b, (int64_t)values[i]);
        buf_char(&b, ' ');
        buf_i64(&b, -(int64_t)(values[i] / 2));
        snprintf(expected, sizeof expected, "%" PRIu64 " %" PRId64 " %" PRId64, values[i],
                 (int64_t)values[i], -(int64_t)(values[i] / 2));
        assert_view(b, expected);
    }
}

static void the_last_byte_can_be_used_and_no_more(void **state)
{
    (void)state;
    char memory[5] = "....";
    struct buf b;
    buf_init(&b, memory, 4);
    buf_text(&b, "abc");
    buf_char(&b, 'd');
    assert_false(b.overflow);
    assert_view(b, "abcd");
    buf_char(&b, 'e');
    assert_true(b.overflow);
    assert_view(b, "abcd");
    assert_int_equal(memory[4], 0);
}

static void what_does_not_fit_is_dropped_whole_and_all_after_it(void **state)
{
    (void)state;
    char memory[8];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, "12345");
    buf_u64(&b, 6789);
    assert_true(b.overflow);
    buf_char(&b, 'x');
    buf_text(&b, "y");
    buf_i64(&b, -1);
    buf_hex(&b, (const uint8_t *)"z", 1);
    assert_view(b, "12345");
    assert_true(b.overflow);
}

static void no_size_wraps_round(void **state)
{
    (void)state;
    char memory[8];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_char(&b, 'a');
    buf_hex(&b, (const uint8_t *)memory, SIZE_MAX / 2 + 1);
    assert_true(b.overflow);
    buf_init(&b, memory, sizeof memory);
    buf_char(&b, 'a');
    buf_put(&b, memory, SIZE_MAX);
    assert_true(b.overflow);
    assert_int_equal(b.size, 1);
}

static void a_buffer_without_memory_holds_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, NULL, 0);
    buf_text(&b, "");
    assert_false(b.overflow);
    buf_char(&b, 'a');
    assert_true(b.overflow);
    assert_int_equal(buf_view(&b).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_stands_in_a_row),
        cmocka_unit_test(integers_are_written_as_printf_writes_them),
        cmocka_unit_test(the_last_byte_can_be_used_and_no_more),
        cmocka_unit_test(what_does_not_fit_is_dropped_whole_and_all_after_it),
        cmocka_unit_test(no_size_wraps_round),
        cmocka_unit_test(a_buffer_without_memory_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
