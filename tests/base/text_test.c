#include "base/text.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_escaped(struct span s, size_t size_max, const char *expected)
{
    char memory[1024];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    text_escape(&b, s, size_max);
    assert_false(b.overflow);
    assert_int_equal(b.size, strlen(expected));
    assert_memory_equal(b.bytes, expected, b.size);
}

static void utf8_has_one_spelling_for_each_character(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool good;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"24.8\xc2\xb0"
         "C",
         true},
        {"\xc2\x80", true},          /* U+0080 */
        {"\xdf\xbf", true},          /* U+07FF */
        {"\xe0\xa0\x80", true},      /* U+0800 */
        {"\xed\x9f\xbf", true},      /* U+D7FF */
        {"\xee\x80\x80", true},      /* U+E000 */
        {"\xef\xbf\xbf", true},      /* U+FFFF */
        {"\xf0\x90\x80\x80", true},  /* U+10000 */
        {"\xf4\x8f\xbf\xbf", true},  /* U+10FFFF */
        {"\xc0\x80", false},         /* overlong U+0000 */
        {"\xc1\xbf", false},         /* overlong U+007F */
        {"\xe0\x9f\xbf", false},     /* overlong U+07FF */
        {"\xf0\x8f\xbf\xbf", false}, /* overlong U+FFFF */
        {"\xed\xa0\x80", false},     /* U+D800 */
        {"\xed\xbf\xbf", false},     /* U+DFFF */
        {"\xf4\x90\x80\x80", false}, /* U+110000 */
        {"\xf5\x80\x80\x80", false},
        {"\xf8\x88\x80\x80\x80", false}, /* five bytes */
        {"\xfe", false},
        {"\xff", false},
        {"\x80", false},
        {"\xbf"
         "a",
         false},
        {"\xc2", false},
        {"\xc2"
         "a",
         false},
        {"\xe2\x82", false},
        {"\xe2\x82"
         "a",
         false},
        {"\xf0\x9f\x98", false},
        {"\xf0\x9f\x98"
         "a",
         false},
        {"ok\xe2\x82\xac\x80", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(text_is_utf8(span_of(cases[i].bytes)), cases[i].good);
    assert_true(text_is_utf8((struct span){NULL, 0}));
}

/* Every code point, encoded as RFC 3629 says, and no surrogate. */
static void every_code_point_is_one_character(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x110000; point++) {
        char bytes[4];
        size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        uint32_t rest = point;
        for (size_t i = size; i-- > 1; rest >>= 6)
            bytes[i] = (char)(0x80 | (rest & 0x3f));
        static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
        bytes[0] = (char)(leads[size] | rest);
        bool good = point < 0xd800 || (point > 0xdfff && point < 0x110000);
        if (text_character_size((struct span){bytes, size}) != (good ? size : 0))
            fail_msg("U+%04X", (unsigned)point);
    }
    assert_int_equal(text_character_size(SPAN("")), 0);
    assert_int_equal(text_character_size(SPAN("ab")), 1);
    assert_int_equal(text_character_size(SPAN("\xe2\x82\xac\xe2")), 3);
}

static void hostile_text_is_written_harmless(void **state)
{
    (void)state;
    static const struct {
        struct span text;
        const char *expected;
    } cases[] = {
        {{"sensor1", 7}, "sensor1"},
        {{"a b~!\"'", 7}, "a b~!\"'"},
        {{"\x1b]0;owned\x07", 10}, "\\x1b]0;owned\\x07"},
        {{"\x1b[2J\x1b[31mred", 12}, "\\x1b[2J\\x1b[31mred"},
        {{"one\ntwo\r\tthree", 14}, "one\\ntwo\\r\\tthree"},
        {{"fake\n[sensor1] Action: Fan ON", 29}, "fake\\n[sensor1] Action: Fan ON"},
        {{"nul\0in", 6}, "nul\\x00in"},
        {{"del\x7f", 4}, "del\\x7f"},
        {{"back\\slash\\n", 12}, "back\\\\slash\\\\n"},
        {{"\xc2\x9b"
          "31m",
          5},
         "\\u{009b}31m"},               /* C1: the one-byte escape */
        {{"\xc2\x85", 2}, "\\u{0085}"}, /* next line */
        {{"\x9b"
          "31m",
          4},
         "\\x9b31m"},
        {{"\xe2\x80\xae"
          "gpj.exe",
          10},
         "\\u{202e}gpj.exe"}, /* right to left */
        {{"\xe2\x81\xa6x\xe2\x81\xa9", 7}, "\\u{2066}x\\u{2069}"},
        {{"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", 8}, "\\u{200e}\\u{200f}\\u{061c}"},
        {{"\xe2\x80\xa8\xe2\x80\xa9", 6}, "\\u{2028}\\u{2029}"},
        {{"\xe2\x80\x8b\xef\xbb\xbf", 6}, "\\u{200b}\\u{feff}"},
        {{"\xf3\xa0\x80\x81", 4}, "\\u{0e0001}"}, /* a tag */
        {{"\xc0\xaf\xff", 3}, "\\xc0\\xaf\\xff"},
        {{"\xed\xa0\x80", 3}, "\\xed\\xa0\\x80"},
        {{"\xe2\x82", 2}, "\\xe2\\x82"},
        {{"25.8\xc2\xb0"
          "C",
          7},
         "25.8\xc2\xb0"
         "C"},
        {{"\xe6\xb8\xa9\xe5\xba\xa6 \xf0\x9f\x8c\xa1", 11},
         "\xe6\xb8\xa9\xe5\xba\xa6 \xf0\x9f\x8c\xa1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_escaped(cases[i].text, 256, cases[i].expected);
}

static bool is_harmless(struct span s)
{
    for (size_t i = 0; i < s.size; i++)
        if ((unsigned char)s.bytes[i] < 0x20 || s.bytes[i] == 0x7f)
            return false;
    for (size_t i = 0; i + 1 < s.size; i++)
        if (s.bytes[i] == '\xc2' && (unsigned char)s.bytes[i + 1] < 0xa0)
            return false;
    return text_is_utf8(s);
}

static void whatever_comes_the_output_is_harmless_and_bounded(void **state)
{
    (void)state;
    struct rng r;
    rng_init(&r, 13);
    for (int i = 0; i < 100000; i++) {
        char text[32];
        size_t size = rng_below(&r, sizeof text + 1);
        for (size_t j = 0; j < size; j++)
            text[j] = (char)(rng_below(&r, 2) ? rng_below(&r, 256) : 0xc2 - rng_below(&r, 0x42));
        char memory[80];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        size_t size_max = rng_below(&r, sizeof memory + 1);
        text_escape(&b, (struct span){text, size}, size_max);
        assert_false(b.overflow);
        assert_true(b.size <= size_max);
        assert_true(is_harmless(buf_view(&b)));
    }
}

static void what_does_not_fit_ends_in_three_dots_at_a_whole_character(void **state)
{
    (void)state;
    assert_escaped(SPAN("temperature"), 11, "temperature");
    assert_escaped(SPAN("temperature"), 10, "tempera...");
    assert_escaped(SPAN("ab\ncd"), 6, "ab\\ncd");
    assert_escaped(SPAN("ab\ncde"), 6, "ab...");
    assert_escaped(SPAN("ab\ncdef"), 7, "ab\\n...");
    assert_escaped(SPAN("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"), 8, "\xe2\x82\xac...");
    assert_escaped(SPAN("abcd"), 3, "...");
    assert_escaped(SPAN("abcd"), 2, "");
    assert_escaped(SPAN("ab"), 2, "ab");
    assert_escaped(SPAN("abcd"), 0, "");
    assert_escaped(SPAN(""), 0, "");
    assert_escaped((struct span){NULL, 0}, 10, "");
}

static void distance_counts_edits_up_to_the_limit(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t limit, distance;
    } cases[] = {
        {"sensor", "sensor", 2, 0},
        {"", "", 0, 0},
        {"", "ab", 2, 2},
        {"sensr", "sensor", 2, 1},   /* insert */
        {"sennsor", "sensor", 2, 1}, /* delete */
        {"sansor", "sensor", 2, 1},  /* replace */
        {"snesor", "sensor", 2, 1},  /* swap */
        {"esnsro", "sensor", 2, 2},
        {"kitten", "sitting", 5, 3},
        {"kitten", "sitting", 2, 3}, /* farther than the limit */
        {"abcdef", "uvwxyz", 3, 4},
        {"a", "b", 0, 1},
        {"ca", "abc", 9, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span a = span_of(cases[i].a);
        struct span b = span_of(cases[i].b);
        assert_int_equal(text_distance(a, b, cases[i].limit), cases[i].distance);
        assert_int_equal(text_distance(b, a, cases[i].limit), cases[i].distance);
    }
}

static void texts_beyond_the_bound_are_the_same_or_far(void **state)
{
    (void)state;
    char a[TEXT_DISTANCE_BYTES_MAX + 1];
    char b[TEXT_DISTANCE_BYTES_MAX + 1];
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    b[10] = 'y';
    struct span at_limit[] = {{a, TEXT_DISTANCE_BYTES_MAX}, {b, TEXT_DISTANCE_BYTES_MAX}};
    struct span beyond[] = {{a, sizeof a}, {b, sizeof b}};
    assert_int_equal(text_distance(at_limit[0], at_limit[1], 3), 1);
    assert_int_equal(text_distance(beyond[0], beyond[1], 3), 4);
    assert_int_equal(text_distance(beyond[0], beyond[0], 3), 0);
    assert_int_equal(text_distance(at_limit[0], beyond[0], 3), 4);
}

static void a_span_of_time_is_written_as_a_person_types_it(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *text;
    } cases[] = {{0, "0ms"},         {500, "500ms"},   {1000, "1s"},
                 {1500, "1.5s"},     {90000, "1m30s"}, {600000, "10m"},
                 {5400000, "1h30m"}, {86400000, "1d"}, {90061001, "1d1h1m1.001s"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char memory[64];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        text_duration(&b, cases[i].ms);
        assert_int_equal(b.size, strlen(cases[i].text));
        assert_memory_equal(b.bytes, cases[i].text, b.size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_has_one_spelling_for_each_character),
        cmocka_unit_test(every_code_point_is_one_character),
        cmocka_unit_test(hostile_text_is_written_harmless),
        cmocka_unit_test(whatever_comes_the_output_is_harmless_and_bounded),
        cmocka_unit_test(what_does_not_fit_ends_in_three_dots_at_a_whole_character),
        cmocka_unit_test(distance_counts_edits_up_to_the_limit),
        cmocka_unit_test(a_span_of_time_is_written_as_a_person_types_it),
        cmocka_unit_test(texts_beyond_the_bound_are_the_same_or_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
