#include "wire/json.h"

#include "base/rng.h"
#include "base/text.h"
#include "wire/json_oracle.h"

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Reads to the end; NULL when the text is good, else what was wrong with it. The text lies in
 * a block of exactly its size, where a sanitizer sees the first byte read past it. */
static const char *verdict(struct span text, size_t *offset)
{
    char *block = malloc(text.size);
    assert_true(block || text.size == 0);
    if (text.size > 0)
        memcpy(block, text.bytes, text.size);
    static struct json_reader r;
    bool good = oracle_accepts(&r, (struct span){block, text.size});
    const char *error = json_error(&r, offset);
    assert_true(good == !error);
    for (int i = 0; i < 3; i++)
        assert_int_equal(json_next(&r), good ? JSON_END : JSON_BAD);
    free(block);
    return error;
}

static void fail_on(struct span text, const char *why)
{
    char shown[256];
    struct buf b;
    buf_init(&b, shown, sizeof shown);
    text_escape(&b, text, sizeof shown);
    fail_msg("%.*s: %s", (int)b.size, b.bytes, why);
}

static void assert_good(struct span text)
{
    size_t offset;
    const char *error = verdict(text, &offset);
    if (error)
        fail_on(text, error);
}

static void assert_bad(struct span text, const char *error, size_t offset)
{
    size_t found;
    const char *said = verdict(text, &found);
    if (!said || strcmp(said, error) != 0)
        fail_on(text, said ? said : "accepted");
    assert_int_equal(found, offset);
}

/* By section of RFC 8259. */
/* clang-format off */
static const char *const valid[] = {
    /* 2: any value may stand alone, with white space around every token */
    "null", "true", "false", "0", "\"\"", "{}", "[]", " null", "null ", "\t\n\r null \t\n\r",
    " { \"a\" : 1 , \"b\" : [ ] } ", "[ 1 , 2 ]", "\n[\n]\n", "{\t}",
    /* 4: objects */
    "{\"a\":1}", "{\"\":0}", "{\"a\":1,\"b\":2}", "{\"a\":{\"a\":{\"a\":{}}}}",
    "{\"a\":null,\"A\":null}", "{\"a\":[],\"b\":{}}",
    /* 5: arrays */
    "[1]", "[1,2,3]", "[[],[[]]]", "[null,true,false,\"\",{},[]]", "[{},{}]",
    /* 6: numbers */
    "-0", "-1", "10", "1.5", "0.5", "-0.0", "1e5", "1E5", "1e+5", "1e-5", "0e0", "1.5E-05",
    "123456789012345", "9007199254740991", "-9007199254740991", "9007199254740993.0", "1e300",
    "1.7976931348623157e308", "5e-324", "1e-400",
    /* 7: strings */
    "\" \"", "\"a b\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0001\\u00e9\\uFFFF\\uabCD\"",
    "\"\\ud83d\\ude00\"", "\"\\uD800\\uDC00\"", "\"\\udbff\\udfff\"", "\"\x7f\"", "\"\xc3\xa9\"",
    "\"\xe2\x82\xac\"", "\"\xf0\x9f\x98\x80\"", "\"\xef\xbf\xbf\"", "\"1234567\"", "\"12345678\"",
    "\"123456789\"", "\"1234567\\n\"", "\"12345678\\n\"", "\"12345678901234\xc3\xa9\"",
    "{\"d\\u00e9vice\":\"\xc3\xa9\"}",
};
/* clang-format on */

static void every_form_of_the_grammar_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(valid); i++)
        assert_good(span_of(valid[i]));
}

#define EARLY   "the text ends too early"
#define VALUE   "a value was expected"
#define AFTER   "something follows the value"
#define NUMBER  "not a number"
#define RANGE   "a number out of range"
#define WORD    "a word that is not true, false or null"
#define ESCAPE  "an escape that does not exist"
#define CONTROL "a control character in a string"
#define UTF8    "a string that is not UTF-8"
#define OPEN    "a string does not end"
#define HALF    "half a surrogate pair"
#define ZERO    "U+0000 in a string"

static const struct {
    struct span text;
    const char *error;
    size_t offset;
} invalid[] = {
    /* 2: exactly one value; a byte order mark is none (8.1) */
    {{"", 0}, EARLY, 0},
    {{" \n", 2}, EARLY, 2},
    {{"1 2", 3}, AFTER, 2},
    {{"{}{}", 4}, AFTER, 2},
    {{"{},", 3}, AFTER, 2},
    {{"[]]", 3}, AFTER, 2},
    {{"null\0", 5}, AFTER, 4},
    {{"null\v", 5}, AFTER, 4},
    {{"null\f", 5}, AFTER, 4},
    {{"null\xc2\xa0", 6}, AFTER, 4},
    {{"\xef\xbb\xbf{}", 5}, VALUE, 0},
    {{"// a\n1", 6}, VALUE, 0},
    {{"1/* a */", 8}, AFTER, 1},
    /* 3: three words, in lower case */
    {{"True", 4}, VALUE, 0},
    {{"NULL", 4}, VALUE, 0},
    {{"nul", 3}, WORD, 0},
    {{"truth", 5}, WORD, 0},
    {{"falsE", 5}, WORD, 0},
    {{"nan", 3}, WORD, 0},
    {{"nulll", 5}, AFTER, 4},
    {{"[true1]", 7}, ", or ] was expected", 5},
    {{"NaN", 3}, VALUE, 0},
    {{"Infinity", 8}, VALUE, 0},
    {{"undefined", 9}, VALUE, 0},
    /* 4: objects */
    {{"{", 1}, EARLY, 1},
    {{"{\"a\"", 4}, ": was expected", 4},
    {{"{\"a\":", 5}, EARLY, 5},
    {{"{\"a\":1", 6}, EARLY, 6},
    {{"{\"a\":1,", 7}, EARLY, 7},
    {{"{\"a\":1,}", 8}, "a member name was expected", 7},
    {{"{,}", 3}, "a member name or } was expected", 1},
    {{"{1:1}", 5}, "a member name or } was expected", 1},
    {{"{a:1}", 5}, "a member name or } was expected", 1},
    {{"{'a':1}", 7}, "a member name or } was expected", 1},
    {{"{\"a\":1,2:1}", 11}, "a member name was expected", 7},
    {{"{\"a\" 1}", 7}, ": was expected", 5},
    {{"{\"a\":}", 6}, VALUE, 5},
    {{"{\"a\"::1}", 8}, VALUE, 5},
    {{"{\"a\":1;\"b\":2}", 13}, ", or } was expected", 6},
    {{"{\"a\":1 \"b\":2}", 13}, ", or } was expected", 7},
    {{"{\"a\":1]", 7}, ", or } was expected", 6},
    {{"{\"a\":1,\"a\":2}", 13}, "a member name appears twice", 7},
    {{"}", 1}, VALUE, 0},
    /* 5: arrays */
    {{"[", 1}, EARLY, 1},
    {{"[1", 2}, EARLY, 2},
    {{"[1,", 3}, EARLY, 3},
    {{"[1,]", 4}, VALUE, 3},
    {{"[,1]", 4}, "a value or ] was expected", 1},
    {{"[1,,2]", 6}, VALUE, 3},
    {{"[1 2]", 5}, ", or ] was expected", 3},
    {{"[1}", 3}, ", or ] was expected", 2},
    {{"[}", 2}, "a value or ] was expected", 1},
    {{"[\"a\":1]", 7}, ", or ] was expected", 4},
    {{"]", 1}, VALUE, 0},
    /* 6: numbers */
    {{"-", 1}, NUMBER, 0},
    {{"01", 2}, NUMBER, 0},
    {{"-01", 3}, NUMBER, 0},
    {{"1.", 2}, NUMBER, 0},
    {{"[1.]", 4}, NUMBER, 1},
    {{"1e", 2}, NUMBER, 0},
    {{"1e+", 3}, NUMBER, 0},
    {{"1.e1", 4}, NUMBER, 0},
    {{"1.2.3", 5}, NUMBER, 0},
    {{"1-2", 3}, NUMBER, 0},
    {{"--1", 3}, NUMBER, 0},
    {{"+1", 2}, VALUE, 0},
    {{".5", 2}, VALUE, 0},
    {{"-.5", 3}, NUMBER, 0},
    {{"-Infinity", 9}, NUMBER, 0},
    {{"0x10", 4}, AFTER, 1},
    {{"1_000", 5}, AFTER, 1},
    {{"[1,5 6]", 7}, ", or ] was expected", 5},
    {{"1a", 2}, AFTER, 1},
    /* RFC 7493, 2.2: numbers that a double holds */
    {{"9007199254740992", 16}, RANGE, 0},
    {{"[-9007199254740992]", 19}, RANGE, 1},
    {{"18446744073709551616", 20}, RANGE, 0},
    {{"1e309", 5}, RANGE, 0},
    {{"-1e400", 6}, RANGE, 0},
    /* 7: strings */
    {{"\"", 1}, OPEN, 1},
    {{"\"abc", 4}, OPEN, 4},
    {{"\"12345678", 9}, OPEN, 9},
    {{"\"abc\\\"", 6}, OPEN, 6},
    {{"\"\\", 2}, ESCAPE, 1},
    {{"\"\\\"", 3}, OPEN, 3},
    {{"'a'", 3}, VALUE, 0},
    {{"\"\\a\"", 4}, ESCAPE, 1},
    {{"\"\\'\"", 4}, ESCAPE, 1},
    {{"\"\\0\"", 4}, ESCAPE, 1},
    {{"\"\\N\"", 4}, ESCAPE, 1},
    {{"\"\\x41\"", 6}, ESCAPE, 1},
    {{"\"\\U0041\"", 8}, ESCAPE, 1},
    {{"\"\\\n\"", 4}, ESCAPE, 1},
    {{"\"\\\xc3\xa9\"", 5}, ESCAPE, 1},
    {{"\"\\u\"", 4}, ESCAPE, 1},
    {{"\"\\u12\"", 6}, ESCAPE, 1},
    {{"\"\\u123\"", 7}, ESCAPE, 1},
    {{"\"\\u12g4\"", 8}, ESCAPE, 1},
    {{"\"\\u+123\"", 8}, ESCAPE, 1},
    {{"\"\\u 123\"", 8}, ESCAPE, 1},
    {{"\"\\u1234", 7}, OPEN, 7},
    {{"\"a\nb\"", 5}, CONTROL, 2},
    {{"\"a\tb\"", 5}, CONTROL, 2},
    {{"\"1234567\t\"", 10}, CONTROL, 8},
    {{"\"12345678\x1f\"", 11}, CONTROL, 9},
    {{"\"a\0b\"", 5}, CONTROL, 2},
    {{"{\"a\nb\":1}", 9}, CONTROL, 3},
    /* 8.1 and 8.2: UTF-8 with whole characters, escaped or not; U+0000 is ours to refuse */
    {{"\"\\u0000\"", 8}, ZERO, 1},
    {{"{\"a\\u0000\":1}", 13}, ZERO, 3},
    {{"\"\\ud800\"", 8}, HALF, 1},
    {{"\"\\udbff\"", 8}, HALF, 1},
    {{"\"\\udc00\"", 8}, HALF, 1},
    {{"\"\\udfff\"", 8}, HALF, 1},
    {{"\"\\ud800\\n\"", 10}, HALF, 1},
    {{"\"\\ud800x\"", 9}, HALF, 1},
    {{"\"\\ud800\\u0041\"", 14}, HALF, 1},
    {{"\"\\ud800\\ud800\"", 14}, HALF, 1},
    {{"\"\\udc00\\ud800\"", 14}, HALF, 1},
    {{"\"\\ud800\\udc0\"", 13}, HALF, 1},
    {{"\"\\ud800\\udc00\\udc00\"", 20}, HALF, 13},
    {{"\"\x80\"", 3}, UTF8, 1},
    {{"\"\xc0\xaf\"", 4}, UTF8, 1},
    {{"\"\xed\xa0\x80\"", 5}, UTF8, 1},
    {{"\"\xed\xa0\xbd\xed\xb8\x80\"", 8}, UTF8, 1},
    {{"\"\xf4\x90\x80\x80\"", 6}, UTF8, 1},
    {{"\"\xe2\x82\"", 4}, UTF8, 1},
    {{"\"12345678\xff\"", 11}, UTF8, 1},
    {{"\"\xff"
      "12345678\"",
      11},
     UTF8,
     1},
    {{"{\"\xe9\":1}", 7}, UTF8, 2},
    {{"\xff", 1}, VALUE, 0},
    {{"\xfe\xff\0\"\0\"", 6}, VALUE, 0},
    {{"[\xc3\xa9]", 4}, "a value or ] was expected", 1},
};

static void every_malformed_text_is_refused_with_its_cause_and_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(invalid); i++)
        assert_bad(invalid[i].text, invalid[i].error, invalid[i].offset);
    assert_bad((struct span){NULL, 0}, EARLY, 0);
}

static const char
    message[] = "{\"type\":\"temperature\",\"device\":\"sensor1\",\"epoch\":2345678,\"seq\":123456,"
                "\"ts\":1763800000123,\"value\":24.8,\"unit\":\"Cel\",\"tags\":[\"caf\xc3\xa9\",{"
                "\"x\\ny\":null},"
                "true,false,-1.5e-3]}";

static void a_message_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    assert_good(SPAN(message));
    size_t offset;
    for (size_t size = 0; size < sizeof message - 1; size++)
        if (!verdict((struct span){message, size}, &offset))
            fail_on((struct span){message, size}, "accepted");
}

static void tokens_come_in_order_with_their_places(void **state)
{
    (void)state;
    static const char text[] = " {\"a\" : [12, \"x\\u0041\"] ,\"b\":null}\n";
    static const struct {
        enum json_token token;
        size_t start, at;
        const char *text;
    } expected[] = {
        {JSON_OBJECT, 1, 2, NULL},         {JSON_KEY, 2, 7, "a"},
        {JSON_ARRAY, 8, 9, NULL},          {JSON_NUMBER, 9, 11, "12"},
        {JSON_STRING, 13, 22, "x\\u0041"}, {JSON_ARRAY_END, 22, 23, NULL},
        {JSON_KEY, 25, 29, "b"},           {JSON_NULL, 29, 33, NULL},
        {JSON_OBJECT_END, 33, 34, NULL},   {JSON_END, 35, 35, NULL},
    };
    struct json_reader r;
    json_reader_init(&r, SPAN(text));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(json_next(&r), expected[i].token);
        assert_int_equal(r.start - text, expected[i].start);
        assert_int_equal(r.at - text, expected[i].at);
        if (expected[i].text)
            assert_true(span_is(r.text, expected[i].text));
    }
}

static void depth_ends_at_its_bound(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        char text[16 * JSON_DEPTH_MAX];
        for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
            struct buf b;
            buf_init(&b, text, sizeof text);
            size_t last = 0;
            for (int i = 0; i < depth; i++) {
                bool object = kind == 1 || (kind == 2 && i % 3 != 0);
                last = b.size;
                buf_text(&b, !object ? "[" : i + 1 < depth ? "{\"a\":" : "{");
            }
            for (int i = depth - 1; i >= 0; i--)
                buf_char(&b, kind == 1 || (kind == 2 && i % 3 != 0) ? '}' : ']');
            if (depth == JSON_DEPTH_MAX)
                assert_good(buf_view(&b));
            else
                assert_bad(buf_view(&b), "nested too deeply", last);
        }
    }
    /* The bound is on what is open, not on what was. */
    char text[4 * JSON_DEPTH_MAX + 8];
    struct buf b;
    buf_init(&b, text, sizeof text);
    for (int i = 0; i <= JSON_DEPTH_MAX; i++)
        buf_text(&b, i ? ",[]" : "[[]");
    buf_char(&b, ']');
    assert_good(buf_view(&b));
}

static void put_members(struct buf *b, int count)
{
    for (int i = 0; i < count; i++) {
        buf_text(b, i ? ",\"" : "{\"");
        buf_i64(b, i);
        buf_text(b, "\":0");
    }
}

static void members_end_at_their_bound(void **state)
{
    (void)state;
    static char text[16 * 3 * JSON_MEMBERS_MAX];
    struct buf b;
    size_t offset;
    for (int count = JSON_MEMBERS_MAX; count <= JSON_MEMBERS_MAX + 1; count++) {
        buf_init(&b, text, sizeof text);
        put_members(&b, count);
        buf_char(&b, '}');
        const char *error = verdict(buf_view(&b), &offset);
        if (count == JSON_MEMBERS_MAX)
            assert_null(error);
        else
            assert_string_equal(error, "too many members");
    }
    /* Those of all open objects count ... */
    for (int outer = 55; outer <= 56; outer++) {
        buf_init(&b, text, sizeof text);
        put_members(&b, outer);
        buf_text(&b, ",\"in\":");
        put_members(&b, JSON_MEMBERS_MAX - 56);
        buf_text(&b, "}}");
        const char *error = verdict(buf_view(&b), &offset);
        if (outer == 55)
            assert_null(error);
        else
            assert_string_equal(error, "too many members");
    }
    /* ... and those of closed ones do not. */
    buf_init(&b, text, sizeof text);
    for (int i = 0; i < 3; i++) {
        buf_char(&b, i ? ',' : '[');
        put_members(&b, JSON_MEMBERS_MAX);
        buf_char(&b, '}');
    }
    buf_char(&b, ']');
    assert_false(b.overflow);
    assert_good(buf_view(&b));
    /* The last place still notices a double. */
    buf_init(&b, text, sizeof text);
    put_members(&b, JSON_MEMBERS_MAX - 1);
    buf_text(&b, ",\"0\":0}");
    assert_string_equal(verdict(buf_view(&b), &offset), "a member name appears twice");
}

static void numbers_come_exact(void **state)
{
    (void)state;
    struct json_reader r;
    json_reader_init(&r, SPAN("[24.8,-0,9007199254740991,1e-7,0.30000000000000004]"));
    static const double expected[] = {24.8, -0.0, 9007199254740991, 1e-7, 0.1 + 0.2};
    assert_int_equal(json_next(&r), JSON_ARRAY);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(json_next(&r), JSON_NUMBER);
        assert_memory_equal(&r.number, &expected[i], sizeof r.number);
    }
}

/* Every value of the message is passed over once; what follows must be as if it had been read. */
static void passing_over_a_value_ends_where_reading_it_ends(void **state)
{
    (void)state;
    struct json_reader r;
    json_reader_init(&r, SPAN(message));
    assert_int_equal(json_next(&r), JSON_OBJECT);
    const char *tags = NULL;
    int names = 0;
    for (enum json_token token; (token = json_next(&r)) != JSON_OBJECT_END; names++) {
        assert_int_equal(token, JSON_KEY);
        bool is_tags = json_text_is(&r, "tags");
        token = json_next(&r);
        const char *start = r.start;
        assert_true(json_skip(&r, token));
        assert_good((struct span){start, (size_t)(r.at - start)});
        if (is_tags)
            tags = start;
    }
    assert_int_equal(names, 8);
    assert_memory_equal(tags, "[\"caf", 5);
    assert_int_equal(json_next(&r), JSON_END);

    json_reader_init(&r, SPAN(message));
    assert_true(json_skip(&r, json_next(&r)));
    assert_int_equal(json_next(&r), JSON_END);
}

static void passing_over_a_malformed_value_fails(void **state)
{
    (void)state;
    static const char *const texts[] = {"[1,{\"a\":}]", "[[[", "{\"a\":[1}", "[1,2",
                                        "{\"a\":\"\\q\"}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct json_reader r;
        json_reader_init(&r, span_of(texts[i]));
        assert_false(json_skip(&r, json_next(&r)));
        assert_int_equal(json_next(&r), JSON_BAD);
    }
    struct json_reader r;
    json_reader_init(&r, SPAN("?"));
    assert_false(json_skip(&r, json_next(&r)));
}

/* Pieces that a message may be broken with. */
/* clang-format off */
static const char *const pieces[] = {
    "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u", "\\u0000", "\\ud800", "\\udc00", "\\u0041",
    "\\n", "\n", "\xc3\xa9", "\x80", "\xff", "\xed\xa0\x80", "null", "true", "-", ".", "e", "E+",
    "0", "1e309", "9007199254740992", "9223372036854775808", "\"type\":1,", "\"a\":", "[]", "{}",
    " ", "\t", "\x0b", "\x7f", "\x1f", "\xef\xbb\xbf", "\"seq\":0,", ",\"\\u0073eq\":0", "1",
};
/* clang-format on */

static void break_somewhere(struct buf *b, struct rng *random)
{
    char copy[1024];
    size_t size = b->size;
    memcpy(copy, b->bytes, size);
    size_t at = rng_below(random, size + 1);
    size_t gone = rng_below(random, 3) ? 0 : rng_below(random, 8);
    if (gone > size - at)
        gone = size - at;
    struct buf out;
    buf_init(&out, b->bytes, b->capacity);
    buf_put(&out, copy, at);
    switch (rng_below(random, 4)) {
    case 0:
        buf_char(&out, (char)rng_below(random, 256));
        break;
    case 1: { /* a part of itself */
        size_t from = rng_below(random, size + 1);
        size_t length = rng_below(random, size - from + 1);
        buf_put(&out, copy + from, length > 40 ? 40 : length);
        break;
    }
    case 2:
        buf_text(&out, pieces[rng_below(random, COUNT_OF(pieces))]);
        break;
    default:
        break; /* only the loss */
    }
    buf_put(&out, copy + at + gone, size - at - gone);
    if (!out.overflow)
        *b = out;
    else
        memcpy(b->bytes, copy, size);
}

static void jansson_agrees_on_broken_messages(void **state)
{
    (void)state;
    enum { ROUNDS = 200000 };
    struct rng random;
    rng_init(&random, 21);
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
        static char memory[1000];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        if (rng_below(&random, 4))
            buf_text(&b, message);
        else
            buf_text(&b, valid[rng_below(&random, COUNT_OF(valid))]);
        for (uint64_t breaks = 1 + rng_below(&random, 3); breaks > 0; breaks--)
            break_somewhere(&b, &random);
        const char *difference = oracle_disagrees(buf_view(&b));
        if (difference)
            fail_on(buf_view(&b), difference);
        static struct json_reader r;
        accepted += oracle_accepts(&r, buf_view(&b));
    }
    assert_in_range(accepted, ROUNDS / 20, ROUNDS / 2);
}

static void jansson_agrees_on_every_table_of_this_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(valid); i++)
        assert_null(oracle_disagrees(span_of(valid[i])));
    for (size_t i = 0; i < COUNT_OF(invalid); i++)
        assert_null(oracle_disagrees(invalid[i].text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_the_grammar_is_taken),
        cmocka_unit_test(every_malformed_text_is_refused_with_its_cause_and_place),
        cmocka_unit_test(a_message_cut_short_anywhere_is_refused),
        cmocka_unit_test(tokens_come_in_order_with_their_places),
        cmocka_unit_test(depth_ends_at_its_bound),
        cmocka_unit_test(members_end_at_their_bound),
        cmocka_unit_test(numbers_come_exact),
        cmocka_unit_test(passing_over_a_value_ends_where_reading_it_ends),
        cmocka_unit_test(passing_over_a_malformed_value_fails),
        cmocka_unit_test(jansson_agrees_on_broken_messages),
        cmocka_unit_test(jansson_agrees_on_every_table_of_this_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
