#include "base/rng.h"
#include "wire/json.h"
#include "wire/json_oracle.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void open_string(struct json_reader *r, struct span text)
{
    json_reader_init(r, text);
    assert_int_equal(json_next(r), JSON_STRING);
}

static void strings_are_unescaped_into_the_memory_given(void **state)
{
    (void)state;
    static const struct {
        const char *text, *plain;
    } cases[] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"caf\xc3\xa9\"", "caf\xc3\xa9"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
         "A\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
        {"\"\\ud800\\udc00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"\"a\\u00e9b\xc3\xa9\"", "a\xc3\xa9"
                                  "b\xc3\xa9"},
        {"\"\\\\u0041\"", "\\u0041"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_reader r;
        open_string(&r, span_of(cases[i].text));
        size_t expected = strlen(cases[i].plain);
        char out[64];
        size_t size = 99;
        assert_int_equal(json_text_copy(&r, out, expected, &size), ERR_OK);
        assert_int_equal(size, expected);
        assert_memory_equal(out, cases[i].plain, size);
        if (expected > 0)
            assert_int_equal(json_text_copy(&r, out, expected - 1, &size), ERR_SIZE);
        assert_true(json_text_is(&r, cases[i].plain));
    }
}

static void a_name_is_known_however_it_is_escaped(void **state)
{
    (void)state;
    static const char *const same[] = {"\"seq\"", "\"s\\u0065q\"", "\"\\u0073\\u0065\\u0071\""};
    static const char *const other[] = {"\"\"",         "\"se\"",         "\"seqs\"",     "\"Seq\"",
                                        "\"s\\u0065\"", "\"s\\u0065qs\"", "\"s\\u0065r\""};
    struct json_reader r;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        open_string(&r, span_of(same[i]));
        assert_true(json_text_is(&r, "seq"));
    }
    for (size_t i = 0; i < COUNT_OF(other); i++) {
        open_string(&r, span_of(other[i]));
        assert_false(json_text_is(&r, "seq"));
    }
}

static void every_four_digits_mean_their_code_point(void **state)
{
    (void)state;
    for (unsigned unit = 0; unit <= 0xffff; unit++) {
        char text[16];
        int size = snprintf(text, sizeof text, unit % 2 ? "\"\\u%04x\"" : "\"\\u%04X\"", unit);
        struct json_reader r;
        json_reader_init(&r, (struct span){text, (size_t)size});
        bool good = unit != 0 && (unit < 0xd800 || unit > 0xdfff);
        assert_int_equal(json_next(&r), good ? JSON_STRING : JSON_BAD);
        char out[4];
        size_t out_size;
        if (good) {
            assert_int_equal(json_text_copy(&r, out, sizeof out, &out_size), ERR_OK);
            assert_int_equal(out_size, unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3);
        }
    }
}

/* Whether the text is refused for a name that appears twice; any other refusal is a failure. */
static bool is_doubled(struct span text)
{
    static struct json_reader r;
    if (oracle_accepts(&r, text))
        return false;
    size_t offset;
    assert_string_equal(json_error(&r, &offset), "a member name appears twice");
    return true;
}

static void a_name_may_appear_once_in_an_object(void **state)
{
    (void)state;
    static const char *const once[] = {
        "{\"a\":1,\"b\":1,\"ab\":1,\"ba\":1}",
        "{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"a\":[{\"a\":1,\"b\":1}],\"b\":1}",
        "{\"12345678\":1,\"12345679\":1,\"123456789\":1,\"123456788\":1}",
        "{\"same start, other end\":1,\"same start, other ends\":1,\"same start, other enD\":1}",
        "{\"\\u0061\":1,\"\\u0062\":1,\"\\\\u0061\":1}",
        "{\"\xc3\xa9\":1,\"\\u00e8\":1,\"e\":1}",
    };
    static const char *const twice[] = {
        "{\"\":1,\"\":1}",
        "{\"a\":1,\"b\":1,\"a\":1}",
        "{\"a\":{\"x\":1},\"b\":[{}],\"a\":1}",
        "{\"a\":1,\"\\u0061\":1}",
        "{\"\\u0061\":1,\"a\":1}",
        "{\"\\u0061\":1,\"\\u0061\":1}",
        "{\"\\n\":1,\"\\u000a\":1}",
        "{\"\xc3\xa9\":1,\"\\u00E9\":1}",
        "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":1}",
        "{\"12345678\":1,\"1234567\\u0038\":1}",
        "{\"123456789012\":1,\"1234567\\u00389012\":1}",
        "{\"a longer name of a member\":1,\"a longer name of a member\":1}",
    };
    for (size_t i = 0; i < COUNT_OF(once); i++)
        assert_false(is_doubled(span_of(once[i])));
    for (size_t i = 0; i < COUNT_OF(twice); i++)
        assert_true(is_doubled(span_of(twice[i])));
}

/* A few letters and lengths around eight, each letter at times escaped: many near collisions. */
static void random_names_are_found_twice_exactly_when_they_are_equal(void **state)
{
    (void)state;
    struct rng random;
    rng_init(&random, 20);
    int doubled = 0;
    enum { ROUNDS = 20000, NAMES = 5 };
    for (int round = 0; round < ROUNDS; round++) {
        char names[NAMES][24];
        char text[1024];
        struct buf b;
        buf_init(&b, text, sizeof text);
        bool expected = false;
        for (size_t i = 0; i < NAMES; i++) {
            size_t size = rng_below(&random, 2) ? 1 + rng_below(&random, 3)
                                                : 6 + rng_below(&random, 14);
            memset(names[i], 0, sizeof names[i]);
            buf_text(&b, i ? ",\"" : "{\"");
            for (size_t j = 0; j < size; j++) {
                bool rare = rng_below(&random, size) == 0;
                char c = names[i][j] = rare ? (char)('a' + rng_below(&random, 3)) : 'a';
                if (rng_below(&random, 8) == 0) {
                    buf_text(&b, "\\u00");
                    buf_hex(&b, (const uint8_t *)&c, 1);
                } else {
                    buf_char(&b, c);
                }
            }
            buf_text(&b, "\":0");
            for (size_t j = 0; j < i; j++)
                expected |= strcmp(names[i], names[j]) == 0;
        }
        buf_char(&b, '}');
        assert_false(b.overflow);
        assert_int_equal(is_doubled(buf_view(&b)), expected);
        doubled += expected;
    }
    assert_in_range(doubled, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_unescaped_into_the_memory_given),
        cmocka_unit_test(a_name_is_known_however_it_is_escaped),
        cmocka_unit_test(every_four_digits_mean_their_code_point),
        cmocka_unit_test(a_name_may_appear_once_in_an_object),
        cmocka_unit_test(random_names_are_found_twice_exactly_when_they_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
