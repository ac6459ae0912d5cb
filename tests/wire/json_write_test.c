#include "base/rng.h"
#include "wire/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_written(struct span s, const char *expected)
{
    char memory[128];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    json_write_string(&b, s);
    assert_false(b.overflow);
    assert_int_equal(b.size, strlen(expected));
    assert_memory_equal(b.bytes, expected, b.size);
}

static void only_what_must_be_escaped_is(void **state)
{
    (void)state;
    assert_written(SPAN(""), "\"\"");
    assert_written((struct span){NULL, 0}, "\"\"");
    assert_written(SPAN("sensor1"), "\"sensor1\"");
    assert_written(SPAN("say \"hi\" \\ / there"), "\"say \\\"hi\\\" \\\\ / there\"");
    assert_written(SPAN("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
    assert_written(SPAN("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"");
    assert_written(SPAN("\n"), "\"\\n\"");
    assert_written(SPAN("12345678\n"), "\"12345678\\n\"");
    assert_written(SPAN("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
                   "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

static void what_no_reader_would_take_becomes_the_replacement_character(void **state)
{
    (void)state;
    assert_written(SPAN("a\0b"), "\"a\xef\xbf\xbd"
                                 "b\"");
    assert_written(SPAN("a\xff"
                        "b"),
                   "\"a\xef\xbf\xbd"
                   "b\"");
    assert_written(SPAN("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    assert_written(SPAN("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    assert_written(SPAN("\xe2\x82\"\xac"), "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\xef\xbf\xbd\"");
}

static void what_acts_on_a_terminal_unseen_goes_out_by_number(void **state)
{
    (void)state;
    assert_written(SPAN("a\xe2\x80\xae"
                        "b"),
                   "\"a\\u202eb\"");
    assert_written(SPAN("\xc2\x9b"
                        "31m"),
                   "\"\\u009b31m\"");
    assert_written(SPAN("\xf3\xa0\x81\xa1"), "\"\\udb40\\udc61\"");
    assert_written(SPAN("\xe2\x82\xac"), "\"\xe2\x82\xac\"");
}

static void whatever_is_written_is_read_back(void **state)
{
    (void)state;
    struct rng random;
    rng_init(&random, 22);
    size_t changed = 0;
    for (int round = 0; round < 100000; round++) {
        char bytes[24];
        size_t size = rng_below(&random, sizeof bytes + 1);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)(rng_below(&random, 3) ? rng_below(&random, 128)
                                                    : rng_below(&random, 256));
        char memory[160];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        json_write_string(&b, (struct span){bytes, size});
        assert_false(b.overflow);
        struct json_reader r;
        json_reader_init(&r, buf_view(&b));
        assert_int_equal(json_next(&r), JSON_STRING);
        char back[160];
        size_t back_size;
        assert_int_equal(json_text_copy(&r, back, sizeof back, &back_size), ERR_OK);
        assert_int_equal(json_next(&r), JSON_END);
        if (!span_equal((struct span){back, back_size}, (struct span){bytes, size})) {
            changed++;
            char again[512];
            buf_init(&b, again, sizeof again);
            json_write_string(&b, (struct span){back, back_size});
            assert_true(
                span_equal(buf_view(&b), (struct span){r.begin, (size_t)(r.end - r.begin)}));
        }
    }
    assert_in_range(changed, 1000, 99000);
}

static void a_string_that_does_not_fit_is_said(void **state)
{
    (void)state;
    char memory[16];
    struct buf b;
    buf_init(&b, memory, 6);
    json_write_string(&b, SPAN("a\nb"));
    assert_false(b.overflow);
    buf_init(&b, memory, 5);
    json_write_string(&b, SPAN("a\nb"));
    assert_true(b.overflow);
}

static void numbers_are_written_short(void **state)
{
    (void)state;
    char memory[16];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    json_write_number(&b, 24.8);
    buf_char(&b, ',');
    json_write_number(&b, -3);
    assert_true(span_is(buf_view(&b), "24.8,-3"));
    buf_init(&b, memory, 3);
    json_write_number(&b, 24.8);
    assert_true(b.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_must_be_escaped_is),
        cmocka_unit_test(what_no_reader_would_take_becomes_the_replacement_character),
        cmocka_unit_test(what_acts_on_a_terminal_unseen_goes_out_by_number),
        cmocka_unit_test(whatever_is_written_is_read_back),
        cmocka_unit_test(a_string_that_does_not_fit_is_said),
        cmocka_unit_test(numbers_are_written_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
