#include "base/number.h"

#include "base/buf.h"
#include "base/rng.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_reads(text, expected) assert_read(SPAN(text), expected)

static void assert_read(struct span text, double expected)
{
    double value = 12345;
    assert_int_equal(number_parse(text, &value), ERR_OK);
    assert_memory_equal(&value, &expected, sizeof value);
}

static void assert_writes(double value, const char *expected)
{
    char text[NUMBER_TEXT_MAX];
    size_t size = number_format(text, value);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(text, expected, size);
}

static void every_form_of_the_grammar_is_read(void **state)
{
    (void)state;
    assert_reads("0", 0.0);
    assert_reads("-0", -0.0);
    assert_reads("-0.0", -0.0);
    assert_reads("0e0", 0.0);
    assert_reads("0E+99999999999999999999", 0.0);
    assert_reads("24.8", 24.8);
    assert_reads("-24.80", -24.8);
    assert_reads("1e3", 1000.0);
    assert_reads("1E3", 1000.0);
    assert_reads("1e+3", 1000.0);
    assert_reads("1e-3", 0.001);
    assert_reads("1.5e300", 1.5e300);
    assert_reads("1e05", 100000.0);
    assert_reads("0.000001", 1e-6);
    assert_reads("1763800000123", 1763800000123.0);
}

static void what_is_not_a_json_number_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",     "-",  "+1",  "--1", "01",    "-01",       "00",    "1.",    ".1",  "-.1",
        "1.e1", "1e", "1e+", "1e-", "1e1.0", "e1",        "1.2.3", "0x10",  "1f",  "1_000",
        " 1",   "1 ", "nan", "NaN", "inf",   "-Infinity", "1,5",   "1e1e1", "1-1", "\xc3\xa9",
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        double value;
        assert_int_equal(number_parse(span_of(refused[i]), &value), ERR_SYNTAX);
    }
    double value;
    assert_int_equal(number_parse((struct span){NULL, 0}, &value), ERR_SYNTAX);
    assert_int_equal(number_parse((struct span){"1\0", 2}, &value), ERR_SYNTAX);
}

static void integers_are_exact_or_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "9007199254740992",
        "-9007199254740992",
        "9007199254740993",
        "18446744073709551616",
        "18446744073709551617",
        "36893488147419103233",
        "10000000000000000000000000000000000000000",
    };
    assert_reads("9007199254740991", 9007199254740991.0);
    assert_reads("-9007199254740991", -9007199254740991.0);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        double value;
        assert_int_equal(number_parse(span_of(refused[i]), &value), ERR_RANGE);
    }
}

static void what_overflows_a_double_is_refused_and_what_vanishes_is_zero(void **state)
{
    (void)state;
    double value;
    assert_reads("1.7976931348623157e308", DBL_MAX);
    assert_reads("1.7976931348623158e308", DBL_MAX); /* rounds down to it */
    assert_int_equal(number_parse(SPAN("1.7976931348623159e308"), &value), ERR_RANGE);
    assert_int_equal(number_parse(SPAN("1e309"), &value), ERR_RANGE);
    assert_int_equal(number_parse(SPAN("-1e400"), &value), ERR_RANGE);
    assert_int_equal(number_parse(SPAN("1e99999999999999999999"), &value), ERR_RANGE);
    assert_reads("5e-324", 5e-324);
    assert_reads("2.4703282292062327e-324", 0.0);
    assert_reads("2.4703282292062328e-324", 5e-324);
    assert_reads("-1e-99999999999999999999", -0.0);
}

/* Hard cases for rounding: ties, and what lies a hair beside them. */
static void numbers_are_rounded_correctly(void **state)
{
    (void)state;
    assert_reads("9007199254740993.0", 9007199254740992.0);
    assert_reads("9007199254740993.00000000000000000000000000000000000001", 9007199254740994.0);
    assert_reads("9007199254740995.0", 9007199254740996.0);
    assert_reads("1.00000000000000011102230246251565404236316680908203125", 1.0);
    assert_reads("1.00000000000000011102230246251565404236316680908203124", 1.0);
    assert_reads("1.00000000000000011102230246251565404236316680908203126", 1.0000000000000002);
    assert_reads("2.2250738585072011e-308", 2.2250738585072011e-308);
    assert_reads("8.98846567431158e307", 8.98846567431158e307);
}

static void very_long_numbers_are_read_to_the_last_digit(void **state)
{
    (void)state;
    enum { ZEROS = 60000 };
    static char text[ZEROS + 64];
    struct buf b;
    buf_init(&b, text, sizeof text);
    buf_text(&b, "0.");
    for (int i = 0; i < ZEROS; i++)
        buf_char(&b, '0');
    buf_text(&b, "1e60001");
    assert_read(buf_view(&b), 1.0);

    buf_init(&b, text, sizeof text);
    buf_char(&b, '1');
    for (int i = 0; i < ZEROS; i++)
        buf_char(&b, '0');
    buf_text(&b, "e-60000");
    assert_read(buf_view(&b), 1.0);

    /* A tie, and far behind it the digit that breaks it. */
    buf_init(&b, text, sizeof text);
    buf_text(&b, "1.00000000000000011102230246251565404236316680908203125");
    for (int i = 0; i < 10000; i++)
        buf_char(&b, '0');
    assert_read(buf_view(&b), 1.0);
    buf_char(&b, '1');
    assert_read(buf_view(&b), 1.0000000000000002);
}

static void the_shortest_form_is_written(void **state)
{
    (void)state;
    assert_writes(0.0, "0");
    assert_writes(-0.0, "-0");
    assert_writes(24.8, "24.8");
    assert_writes(-24.8, "-24.8");
    assert_writes(25, "25");
    assert_writes(1200, "1200");
    assert_writes(0.1, "0.1");
    assert_writes(0.1 + 0.2, "0.30000000000000004");
    assert_writes(1.0 / 3, "0.3333333333333333");
    assert_writes(1763800000123, "1763800000123");
    assert_writes(9007199254740991, "9007199254740991");
    assert_writes(9007199254740992, "9.007199254740992e+15");
    assert_writes(4503599627370495.5, "4503599627370495.5");
    assert_writes(1e300, "1e+300");
    assert_writes(1e21, "1e+21");
    assert_writes(1e-6, "0.000001");
    assert_writes(1.25e-6, "0.00000125");
    assert_writes(1e-7, "1e-7");
    assert_writes(5e-324, "5e-324");
    assert_writes(DBL_MIN, "2.2250738585072014e-308");
    assert_writes(DBL_MAX, "1.7976931348623157e+308");
    assert_writes(-1.2345678901234568e-300, "-1.2345678901234568e-300");
    /* Powers of two whose nearest decimal of 16 digits reads back as their neighbour. */
    assert_writes(0x1p-1017, "7.120236347223045e-307");
    assert_writes(0x1p-1007, "7.291122019556398e-304");
    assert_writes(0x1p-44, "5.684341886080802e-14");
}

static void assert_round_trip(double value)
{
    char text[NUMBER_TEXT_MAX];
    size_t size = number_format(text, value);
    double back = 12345;
    if (number_parse((struct span){text, size}, &back) || memcmp(&back, &value, sizeof back) != 0)
        fail_msg("%a was written as %.*s", value, (int)size, text);
    /* Not longer than the shortest that printf finds. */
    char printed[64];
    char *end;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(printed, sizeof printed, "%.*e", digits - 1, value);
        if (strtod(printed, &end) != value)
            continue;
        size_t significant = 0;
        for (size_t i = 0; i < size && text[i] != 'e'; i++)
            if (text[i] >= '0' && text[i] <= '9' && (significant > 0 || text[i] != '0'))
                significant++;
        while (significant > 0 && fabs(value) >= 1 && text[size - 1] == '0' &&
               (int)significant > digits)
            significant--;
        if ((int)significant > digits)
            fail_msg("%a was written as %.*s", value, (int)size, text);
        break;
    }
}

static void a_million_doubles_come_back_bit_for_bit(void **state)
{
    (void)state;
    enum { ROUNDS = 1000000 };
    struct rng r;
    rng_init(&r, 8);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t bits = rng_next(&r);
        if (i % 8 == 0)
            bits &= UINT64_C(0x800fffffffffffff); /* subnormal */
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[NUMBER_TEXT_MAX];
        double back = 12345;
        size_t size = number_format(text, value);
        if (number_parse((struct span){text, size}, &back) || memcmp(&back, &value, sizeof back))
            fail_msg("%a was written as %.*s", value, (int)size, text);
        if (i % 16 == 0)
            assert_round_trip(value);
    }
}

static void readings_come_back_as_they_were_written(void **state)
{
    (void)state;
    for (int tenths = -100000; tenths <= 100000; tenths++) {
        char expected[32];
        snprintf(expected, sizeof expected, "%s%d.%d", tenths < 0 ? "-" : "", abs(tenths) / 10,
                 abs(tenths) % 10);
        if (tenths % 10 == 0)
            expected[strlen(expected) - 2] = '\0';
        assert_writes(tenths / 10.0, expected);
        assert_read(span_of(expected), tenths / 10.0);
    }
    struct rng r;
    rng_init(&r, 9);
    for (int i = 0; i < 200000; i++) {
        static const double scales[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
        double scale = scales[rng_below(&r, COUNT_OF(scales))];
        assert_round_trip((double)rng_below(&r, UINT64_C(1) << rng_below(&r, 54)) / scale);
    }
    for (int exponent = -1074; exponent < 1024; exponent++) {
        assert_round_trip(ldexp(1, exponent));
        assert_round_trip(nextafter(ldexp(1, exponent), 0));
        assert_round_trip(nextafter(ldexp(1, exponent), INFINITY));
    }
}

/* The C library is the oracle: it rounds correctly. */
static void random_decimals_are_read_as_strtod_reads_them(void **state)
{
    (void)state;
    struct rng r;
    rng_init(&r, 10);
    for (int i = 0; i < 300000; i++) {
        char text[128];
        struct buf b;
        buf_init(&b, text, sizeof text - 1);
        buf_u64(&b, rng_next(&r) >> rng_below(&r, 64));
        buf_char(&b, '.');
        for (uint64_t digits = rng_below(&r, 30) + 1; digits > 0; digits--)
            buf_char(&b, (char)('0' + rng_below(&r, 10)));
        if (rng_below(&r, 2)) {
            buf_char(&b, 'e');
            buf_i64(&b, (int64_t)rng_below(&r, 660) - 345);
        }
        text[b.size] = '\0';
        double expected = strtod(text, NULL);
        double value = 12345;
        enum err err = number_parse(buf_view(&b), &value);
        if (isinf(expected))
            assert_int_equal(err, ERR_RANGE);
        else if (err || value != expected)
            fail_msg("%s was read as %a", text, value);
    }
}

static void a_locale_with_a_decimal_comma_changes_nothing(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8",
                                          "pl_PL.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < COUNT_OF(locales) && !found; i++)
        found = setlocale(LC_NUMERIC, locales[i]) != NULL;
    if (!found)
        skip(); /* no such locale is installed here */
    assert_int_equal(*localeconv()->decimal_point, ',');
    assert_writes(1.0 / 3, "0.3333333333333333");
    assert_reads("0.33333333333333331483", 1.0 / 3);
    setlocale(LC_NUMERIC, "C");
}

static void counters_are_digits_up_to_the_greatest_exact_integer(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        uint64_t value;
    } cases[] = {
        {"0", ERR_OK, 0},
        {"7", ERR_OK, 7},
        {"007", ERR_OK, 7},
        {"9007199254740991", ERR_OK, NUMBER_INTEGER_MAX},
        {"00000000000000000000009007199254740991", ERR_OK, NUMBER_INTEGER_MAX},
        {"9007199254740992", ERR_RANGE, 0},
        {"18446744073709551617", ERR_RANGE, 0},
        {"99999999999999999999999999999999", ERR_RANGE, 0},
        {"99999999999999999999999999999999x", ERR_SYNTAX, 0},
        {"", ERR_SYNTAX, 0},
        {"-1", ERR_SYNTAX, 0},
        {"+1", ERR_SYNTAX, 0},
        {" 1", ERR_SYNTAX, 0},
        {"1 ", ERR_SYNTAX, 0},
        {"1.0", ERR_SYNTAX, 0},
        {"0x1", ERR_SYNTAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t value = 0;
        assert_int_equal(number_parse_u53(span_of(cases[i].text), &value), cases[i].err);
        assert_true(value == cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_the_grammar_is_read),
        cmocka_unit_test(what_is_not_a_json_number_is_refused),
        cmocka_unit_test(integers_are_exact_or_refused),
        cmocka_unit_test(what_overflows_a_double_is_refused_and_what_vanishes_is_zero),
        cmocka_unit_test(numbers_are_rounded_correctly),
        cmocka_unit_test(very_long_numbers_are_read_to_the_last_digit),
        cmocka_unit_test(the_shortest_form_is_written),
        cmocka_unit_test(a_million_doubles_come_back_bit_for_bit),
        cmocka_unit_test(readings_come_back_as_they_were_written),
        cmocka_unit_test(random_decimals_are_read_as_strtod_reads_them),
        cmocka_unit_test(a_locale_with_a_decimal_comma_changes_nothing),
        cmocka_unit_test(counters_are_digits_up_to_the_greatest_exact_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
