#include "wire/plain.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A decoded datagram over an exact-size copy, so that reading past it is found. */
struct decoded {
    char *bytes;
    struct plain_message message;
    const char *cause;
    enum err err;
};

static void decode(struct decoded *d, struct span datagram)
{
    d->bytes = malloc(datagram.size ? datagram.size : 1);
    assert_non_null(d->bytes);
    memcpy(d->bytes, datagram.bytes, datagram.size);
    d->err = plain_decode((struct span){d->bytes, datagram.size}, &d->message, &d->cause);
    assert_true(d->err == ERR_OK || d->cause != NULL);
}

static enum err decode_error(const char *text)
{
    struct decoded d;
    decode(&d, span_of(text));
    free(d.bytes);
    return d.err;
}

static void the_dialect_has_its_documented_forms(void **state)
{
    (void)state;
    char out[LIMIT_DATAGRAM];
    size_t size = plain_encode(SPAN("sensor1"), NULL, out, sizeof out);
    assert_true(span_is((struct span){out, size}, "{\"type\":\"hello\",\"device\":\"sensor1\"}"));
    struct reading r = {.type = SPAN("temperature"), .value = value_number(24.8)};
    size = plain_encode(SPAN("sensor1"), &r, out, sizeof out);
    assert_true(span_is((struct span){out, size},
                        "{\"type\":\"temperature\",\"device\":\"sensor1\",\"value\":24.8}"));
    r.unit = SPAN("Cel");
    size = plain_encode(SPAN("sensor1"), &r, out, sizeof out);
    assert_true(span_is((struct span){out, size},
                        "{\"type\":\"temperature\",\"device\":\"sensor1\","
                        "\"value\":24.8,\"unit\":\"Cel\"}"));
}

static void what_a_lesson_sends_is_understood(void **state)
{
    (void)state;
    struct decoded d;
    decode(&d, SPAN("{\"type\": \"hello\", \"device\": \"PySensor-1\"}"));
    assert_int_equal(d.err, ERR_OK);
    assert_true(d.message.is_hello);
    assert_string_equal(d.message.device, "PySensor-1");
    free(d.bytes);
    decode(&d, SPAN("{\"device\": \"PySensor\", \"value\": 31.0, \"at\": [1], \"type\": "
                    "\"temperature\", \"unit\": \"Cel\"}\n"));
    assert_int_equal(d.err, ERR_OK);
    assert_false(d.message.is_hello);
    assert_true(span_is(d.message.reading.type, "temperature"));
    assert_true(span_is(d.message.reading.unit, "Cel"));
    const struct value expected = value_number(31);
    assert_true(value_equal(&d.message.reading.value, &expected));
    assert_int_equal(d.message.reading.source_ts_ms, 0);
    free(d.bytes);
}

static void values_of_each_kind_survive_the_round_trip(void **state)
{
    (void)state;
    char longest[LIMIT_VALUE_TEXT];
    memset(longest, '"', sizeof longest);
    const struct value values[] = {
        value_number(-0.125),
        value_number(1e300),
        value_bool(1),
        value_bool(0),
        value_text(SPAN("")),
        value_text(SPAN("o\"n \xe2\x82\xac")),
        value_text((struct span){longest, sizeof longest}),
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const struct reading r = {.type = SPAN("t"), .value = values[i]};
        char out[LIMIT_DATAGRAM];
        size_t size = plain_encode(SPAN("s"), &r, out, sizeof out);
        struct decoded d;
        decode(&d, (struct span){out, size});
        assert_int_equal(d.err, ERR_OK);
        assert_true(value_equal(&d.message.reading.value, &values[i]));
        free(d.bytes);
    }
}

static void what_is_missing_or_wrong_is_refused_with_a_cause(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        {"", ERR_SYNTAX},
        {"hello", ERR_SYNTAX},
        {"[]", ERR_SYNTAX},
        {"{\"type\":\"hello\",\"device\":\"s\"}x", ERR_SYNTAX},
        {"{\"type\":\"hello\",\"device\":\"s\"", ERR_SYNTAX},
        {"{\"type\":\"hello\",\"device\":\"s\",\"device\":\"s\"}", ERR_SYNTAX},
        {"{\"type\":\"t\",\"device\":\"s\",\"value\":NaN}", ERR_SYNTAX},
        {"{\"type\":\"t\",\"device\":\"s\",\"value\":1e400}", ERR_SYNTAX},
        {"{}", ERR_RANGE},
        {"{\"type\":\"hello\"}", ERR_RANGE},
        {"{\"device\":\"s\"}", ERR_RANGE},
        {"{\"type\":1,\"device\":\"s\"}", ERR_RANGE},
        {"{\"type\":\"hello\",\"device\":1}", ERR_RANGE},
        {"{\"type\":\"hello\",\"device\":\"\"}", ERR_RANGE},
        {"{\"type\":\"hello\",\"device\":\"a b\"}", ERR_RANGE},
        {"{\"type\":\"hello\",\"device\":\"\\u001b[2J\"}", ERR_RANGE},
        {"{\"type\":\"t\",\"device\":\"s\"}", ERR_RANGE},
        {"{\"type\":\"t\",\"device\":\"s\",\"value\":null}", ERR_RANGE},
        {"{\"type\":\"t\",\"device\":\"s\",\"value\":[1]}", ERR_RANGE},
        {"{\"type\":\"t\",\"device\":\"s\",\"value\":\"a\\nb\"}", ERR_RANGE},
        {"{\"type\":\"Temp\",\"device\":\"s\",\"value\":1}", ERR_RANGE},
        {"{\"type\":\"set\",\"device\":\"s\",\"value\":1}", ERR_RANGE},
        {"{\"type\":\"goodbye\",\"device\":\"s\"}", ERR_RANGE},
        {"{\"type\":\"\",\"device\":\"s\",\"value\":1}", ERR_RANGE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(decode_error(cases[i].text), cases[i].err);
}

static void datagrams_of_a_network_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(decode_error("{\"type\":\"hello\",\"device\":\"s\",\"mac\":\"00\"}"),
                     ERR_NOT_FOUND);
    assert_int_equal(decode_error("{\"mac\":1,\"type\":\"goodbye\",\"device\":\"s\"}"),
                     ERR_NOT_FOUND);
    assert_int_equal(decode_error("{\"type\":\"t\",\"device\":\"s\",\"value\":1,\"mac\":\"00\"}"),
                     ERR_OK);
}

static void a_unit_that_is_none_is_ignored(void **state)
{
    (void)state;
    static const char *const units[] = {"1", "null", "{\"a\":[1]}", "\"1234567890123456\"",
                                        "\"a\\nb\""};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        char text[256];
        struct buf b;
        buf_init(&b, text, sizeof text);
        buf_text(&b, "{\"type\":\"t\",\"device\":\"s\",\"value\":1,\"unit\":");
        buf_text(&b, units[i]);
        buf_char(&b, '}');
        struct decoded d;
        decode(&d, buf_view(&b));
        assert_int_equal(d.err, ERR_OK);
        assert_int_equal(d.message.reading.unit.size, 0);
        free(d.bytes);
    }
    struct decoded d;
    decode(&d,
           SPAN("{\"type\":\"t\",\"device\":\"s\",\"value\":1,\"unit\":\"12345678901\\u00325\"}"));
    assert_true(span_is(d.message.reading.unit, "1234567890125"));
    free(d.bytes);
}

/* {"type":"t","device":"xx..","value":"xx.."} with a pad up to `size`. */
static enum err sized(size_t device, size_t value, size_t size)
{
    char text[2 * LIMIT_DATAGRAM];
    struct buf b;
    buf_init(&b, text, sizeof text);
    buf_text(&b, "{\"type\":\"t\",\"device\":\"");
    for (size_t i = 0; i < device; i++)
        buf_char(&b, 'X');
    buf_text(&b, "\",\"value\":\"");
    for (size_t i = 0; i < value; i++)
        buf_char(&b, 'x');
    buf_text(&b, "\"");
    while (b.size + 1 < size)
        buf_char(&b, ' ');
    buf_char(&b, '}');
    struct decoded d;
    decode(&d, buf_view(&b));
    free(d.bytes);
    return d.err;
}

static void everything_is_held_to_its_length(void **state)
{
    (void)state;
    assert_int_equal(sized(LIMIT_NAME, LIMIT_VALUE_TEXT, LIMIT_DATAGRAM), ERR_OK);
    assert_int_equal(sized(LIMIT_NAME + 1, 1, 0), ERR_RANGE);
    assert_int_equal(sized(1, LIMIT_VALUE_TEXT + 1, 0), ERR_SIZE);
    assert_int_equal(sized(1, 1, LIMIT_DATAGRAM + 1), ERR_SIZE);
    char out[LIMIT_DATAGRAM];
    const struct reading r = {.type = SPAN("t"), .value = value_bool(1)};
    size_t size = plain_encode(SPAN("s"), &r, out, sizeof out);
    for (size_t capacity = 0; capacity < size; capacity++)
        assert_int_equal(plain_encode(SPAN("s"), &r, out, capacity), 0);
    assert_int_equal(plain_encode(SPAN("s"), &r, out, size), size);
}

static void changed_bytes_never_break_the_decoder(void **state)
{
    (void)state;
    static const char text[] = "{\"type\":\"t\\u0065m\",\"device\":\"s\",\"value\":\"\\u20ac\\\"\","
                               "\"unit\":\"C\\u0065l\"}";
    struct rng rng;
    rng_init(&rng, 12);
    size_t refused = 0;
    for (int i = 0; i < 20000; i++) {
        char copy[sizeof text];
        memcpy(copy, text, sizeof text);
        for (int k = 0; k < 2; k++)
            copy[rng_below(&rng, sizeof text - 1)] = (char)rng_next(&rng);
        struct decoded d;
        decode(&d, (struct span){copy, sizeof text - 1});
        refused += d.err != ERR_OK;
        free(d.bytes);
    }
    assert_true(refused > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dialect_has_its_documented_forms),
        cmocka_unit_test(what_a_lesson_sends_is_understood),
        cmocka_unit_test(values_of_each_kind_survive_the_round_trip),
        cmocka_unit_test(what_is_missing_or_wrong_is_refused_with_a_cause),
        cmocka_unit_test(datagrams_of_a_network_are_told_apart),
        cmocka_unit_test(a_unit_that_is_none_is_ignored),
        cmocka_unit_test(everything_is_held_to_its_length),
        cmocka_unit_test(changed_bytes_never_break_the_decoder),
    };
    return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
