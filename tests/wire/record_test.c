#include "wire/record.h"

#include "sample.h"
#include "wire/field.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BASE                                                                         \
    "{\"type\":\"temperature\",\"device\":\"sensor1\",\"epoch\":2345678,\"seq\":17," \
    "\"ts\":1763800000123,\"value\":24.8,\"unit\":\"Cel\"}"

/* Decodes an exact-size copy, so that reading past the text is found. */
struct decoded {
    char *text;
    struct record record;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    enum err err;
};

static void decode(struct decoded *d, struct span text)
{
    d->text = malloc(text.size ? text.size : 1);
    assert_non_null(d->text);
    memcpy(d->text, text.bytes, text.size);
    d->err = record_decode((struct span){d->text, text.size}, &d->record, d->memory, &d->cause);
    assert_true(d->err == ERR_OK || d->cause != NULL);
}

static enum err decode_error(const char *text)
{
    struct decoded d;
    decode(&d, span_of(text));
    free(d.text);
    return d.err;
}

static void the_documented_form_is_written_and_read(void **state)
{
    (void)state;
    const struct record r = {.type = SPAN("temperature"),
                             .device = SPAN("sensor1"),
                             .epoch = 2345678,
                             .seq = 17,
                             .ts = 1763800000123,
                             .value = value_number(24.8),
                             .unit = SPAN("Cel")};
    char out[LIMIT_RECORD];
    size_t size = record_encode(&r, out, sizeof out);
    assert_true(span_is((struct span){out, size}, BASE));
    struct decoded d;
    decode(&d, span_of(BASE));
    assert_int_equal(d.err, ERR_OK);
    assert_true(sample_records_equal(&r, &d.record));
    assert_ptr_equal(d.record.bytes.bytes, d.text);
    assert_int_equal(d.record.bytes.size, strlen(BASE));
    free(d.text);
}

static void further_members_are_written_in_their_order(void **state)
{
    (void)state;
    const struct record r = {.type = SPAN("set"),
                             .device = SPAN("controller1"),
                             .topic = SPAN("actuator1/fan/set"),
                             .epoch = 1,
                             .seq = 2,
                             .ts = 3,
                             .tick = 4,
                             .source_ts = 5,
                             .value = value_text(SPAN("o\"n")),
                             .unit = SPAN("W"),
                             .plain = true};
    char out[LIMIT_RECORD];
    size_t size = record_encode(&r, out, sizeof out);
    assert_true(span_is((struct span){out, size},
                        "{\"type\":\"set\",\"device\":\"controller1\",\"topic\":\"actuator1/fan/"
                        "set\",\"epoch\":1,\"seq\":2,\"ts\":3,\"tick\":4,\"source_ts\":5,"
                        "\"value\":\"o\\\"n\",\"unit\":\"W\",\"plain\":true}"));
}

static void random_records_survive_the_round_trip(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 5);
    struct sample *s = malloc(sizeof *s);
    assert_non_null(s);
    for (int i = 0; i < 20000; i++) {
        sample_record(s, &rng);
        struct decoded d;
        decode(&d, (struct span){s->line, s->line_size});
        assert_int_equal(d.err, ERR_OK);
        assert_true(sample_records_equal(&s->records[0], &d.record));
        char again[LIMIT_RECORD];
        size_t size = record_encode(&d.record, again, sizeof again);
        assert_true(span_equal((struct span){again, size}, d.record.bytes));
        free(d.text);
    }
    free(s);
}

static void members_come_in_any_order_and_unknown_ones_are_ignored(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"unit\":\"Cel\",\"value\":24.8,\"ts\":1763800000123,\"seq\":17,\"epoch\":2345678,"
        "\"device\":\"sensor1\",\"type\":\"temperature\"}",
        "{\"x\":{\"type\":[1,{\"seq\":0}]},\"type\":\"temperature\",\"device\":\"sensor1\","
        "\"y\":[],\"epoch\":2345678,\"seq\":17,\"ts\":1763800000123,\"value\":24.8,"
        "\"unit\":\"Cel\",\"z\":null}",
        " { \"type\" : \"temp\\u0065rature\" , \"d\\u0065vice\":\"sensor1\",\"epoch\":2345678,"
        "\"seq\":17,\"ts\":1763800000123,\"value\":2.48e1,\"unit\":\"C\\u0065l\" } ",
    };
    struct decoded base;
    decode(&base, span_of(BASE));
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct decoded d;
        decode(&d, span_of(texts[i]));
        assert_int_equal(d.err, ERR_OK);
        assert_true(sample_records_equal(&base.record, &d.record));
        assert_int_equal(d.record.bytes.bytes[0], '{');
        assert_int_equal(d.record.bytes.bytes[d.record.bytes.size - 1], '}');
        free(d.text);
    }
    free(base.text);
}

/* A record with one member replaced, or left out when `value` is NULL. */
static struct span with(char out[LIMIT_RECORD + 64], const char *name, const char *value)
{
    static const char *const members[][2] = {
        {"type", "\"temperature\""},
        {"device", "\"sensor1\""},
        {"topic", NULL},
        {"epoch", "5"},
        {"seq", "6"},
        {"ts", "7"},
        {"tick", NULL},
        {"source_ts", NULL},
        {"value", "1"},
        {"unit", NULL},
        {"plain", NULL},
    };
    struct buf b;
    buf_init(&b, out, LIMIT_RECORD + 64);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const char *text = strcmp(members[i][0], name) == 0 ? value : members[i][1];
        if (!text)
            continue;
        buf_text(&b, b.size == 0 ? "{\"" : ",\"");
        buf_text(&b, members[i][0]);
        buf_text(&b, "\":");
        buf_text(&b, text);
    }
    buf_char(&b, '}');
    assert_false(b.overflow);
    return buf_view(&b);
}

static enum err error_with(const char *name, const char *value)
{
    char text[LIMIT_RECORD + 64];
    struct decoded d;
    decode(&d, with(text, name, value));
    free(d.text);
    return d.err;
}

static void a_missing_member_is_refused_and_named(void **state)
{
    (void)state;
    static const char *const required[] = {"type", "device", "epoch", "seq", "ts", "value"};
    for (size_t i = 0; i < COUNT_OF(required); i++) {
        char text[LIMIT_RECORD + 64];
        struct decoded d;
        decode(&d, with(text, required[i], NULL));
        assert_int_equal(d.err, ERR_RANGE);
        assert_non_null(strstr(d.cause, required[i]));
        free(d.text);
    }
    assert_int_equal(error_with("none", ""), ERR_OK);
}

static void a_member_of_the_wrong_type_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"type", "device", "topic", "unit"};
    static const char *const counts[] = {"epoch", "seq", "ts", "tick", "source_ts"};
    static const char *const not_text[] = {"1", "true", "null", "{}", "[\"a\"]"};
    static const char *const not_count[] = {"\"1\"", "true", "null", "{}",  "[1]", "-1",
                                            "1.0",   "1e3",  "-0",   "0.5", "1E0"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t j = 0; j < COUNT_OF(not_text); j++)
            assert_int_equal(error_with(texts[i], not_text[j]), ERR_RANGE);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        for (size_t j = 0; j < COUNT_OF(not_count); j++)
            assert_int_equal(error_with(counts[i], not_count[j]), ERR_RANGE);
    static const char *const not_value[] = {"null", "{}", "[1]"};
    for (size_t j = 0; j < COUNT_OF(not_value); j++)
        assert_int_equal(error_with("value", not_value[j]), ERR_RANGE);
    static const char *const not_bool[] = {"1", "\"true\"", "null", "{}", "[true]"};
    for (size_t j = 0; j < COUNT_OF(not_bool); j++)
        assert_int_equal(error_with("plain", not_bool[j]), ERR_RANGE);
}

static void numbers_are_held_to_their_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *name, *least, *below, *most, *above;
    } bounds[] = {
        {"epoch", "1", "0", "9007199254740991", "9007199254740992"},
        {"seq", "1", "0", "9007199254740991", "9007199254740992"},
        {"ts", "0", "-1", "9007199254740991", "9007199254740992"},
        {"tick", "0", "-1", "4294967295", "4294967296"},
        {"source_ts", "0", "-1", "9007199254740991", "9007199254740992"},
        {"value", "-9007199254740991", "-9007199254740992", "9007199254740991", "9007199254740992"},
        {"value", "-1.7976931348623157e308", "-1.8e308", "1.7976931348623157e308", "1e400"},
    };
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        assert_int_equal(error_with(bounds[i].name, bounds[i].least), ERR_OK);
        assert_int_equal(error_with(bounds[i].name, bounds[i].most), ERR_OK);
        assert_int_not_equal(error_with(bounds[i].name, bounds[i].below), ERR_OK);
        assert_int_not_equal(error_with(bounds[i].name, bounds[i].above), ERR_OK);
    }
}

/* "xxx..." of `size` characters, quoted; with `each` in place of x. */
static const char *quoted(char out[LIMIT_RECORD], const char *each, size_t size)
{
    struct buf b;
    buf_init(&b, out, LIMIT_RECORD - 1);
    buf_char(&b, '"');
    for (size_t i = 0; i < size; i++)
        buf_text(&b, each);
    buf_char(&b, '"');
    assert_false(b.overflow);
    out[b.size] = '\0';
    return out;
}

static void names_and_texts_are_held_to_their_lengths(void **state)
{
    (void)state;
    char t[LIMIT_RECORD];
    assert_int_equal(error_with("type", quoted(t, "x", LIMIT_NAME)), ERR_OK);
    assert_int_equal(error_with("type", quoted(t, "x", LIMIT_NAME + 1)), ERR_RANGE);
    assert_int_equal(error_with("type", "\"\""), ERR_RANGE);
    assert_int_equal(error_with("device", quoted(t, "x", LIMIT_NAME)), ERR_OK);
    assert_int_equal(error_with("device", quoted(t, "x", LIMIT_NAME + 1)), ERR_RANGE);
    assert_int_equal(error_with("device", "\"\""), ERR_RANGE);
    assert_int_equal(error_with("unit", quoted(t, "x", LIMIT_UNIT)), ERR_OK);
    assert_int_equal(error_with("unit", quoted(t, "x", LIMIT_UNIT + 1)), ERR_SIZE);
    assert_int_equal(error_with("unit", quoted(t, "\\u0078", LIMIT_UNIT)), ERR_OK);
    assert_int_equal(error_with("unit", quoted(t, "\\u0078", LIMIT_UNIT + 1)), ERR_SIZE);
    assert_int_equal(error_with("value", quoted(t, "x", LIMIT_VALUE_TEXT)), ERR_OK);
    assert_int_equal(error_with("value", quoted(t, "x", LIMIT_VALUE_TEXT + 1)), ERR_SIZE);
    assert_int_equal(error_with("value", quoted(t, "\\u0078", LIMIT_VALUE_TEXT)), ERR_OK);
    assert_int_equal(error_with("value", quoted(t, "\\u0078", LIMIT_VALUE_TEXT + 1)), ERR_SIZE);
    assert_int_equal(error_with("value", "\"\""), ERR_OK);
}

static void hostile_names_and_texts_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"\"Temp\"", "\"a b\"", "\"a/b\"", "\"\\u0000\"",
                                        "\"a\\n\"", "\"é\"",   "\"a.b\"", "\"\\u202e\""};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_int_not_equal(error_with("type", names[i]), ERR_OK);
        assert_int_not_equal(error_with("device", names[i]), ERR_OK);
    }
    static const char *const words[] = {"\"set\"", "\"hello\"", "\"seal\"", "\"state_update\""};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        assert_int_equal(error_with("type", words[i]), ERR_RANGE);
    static const char *const texts[] = {"\"\\u001b[31m\"", "\"a\\nb\"",    "\"\\t\"", "\"\\u007f\"",
                                        "\"\\u009b\"",     "\"\xc2\x85\"", "\"\x7f\""};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(error_with("value", texts[i]), ERR_RANGE);
        assert_int_equal(error_with("unit", texts[i]), ERR_RANGE);
    }
    assert_int_equal(error_with("unit", "\"a\\\"b\""), ERR_RANGE);
    assert_int_equal(error_with("unit", "\"a\\\\b\""), ERR_RANGE);
    assert_int_equal(error_with("unit", "\"beat\\/min\""), ERR_OK);
    assert_int_equal(error_with("unit", "\"\xc2\xb5g/m\xc2\xb3\""), ERR_OK);
}

static void a_topic_and_the_type_set_go_together(void **state)
{
    (void)state;
#define WANTED(type, topic)                                                                  \
    "{\"type\":\"" type "\",\"device\":\"c\",\"topic\":\"" topic "\",\"epoch\":1,\"seq\":1," \
    "\"ts\":1,\"value\":1}"
    assert_int_equal(decode_error(WANTED("set", "actuator1/fan/set")), ERR_OK);
    assert_int_equal(decode_error(WANTED("set", "actuator1\\/fan\\/set")), ERR_OK);
    assert_int_equal(decode_error(WANTED("fan", "actuator1/fan/set")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("set", "actuator1/fan")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("set", "fan/set")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("set", "/fan/set")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("set", "a/b/c/set")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("set", "a/set/set")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("set", "")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("set", "/set")), ERR_RANGE);
}

static void the_longest_names_have_a_topic_of_each_kind(void **state)
{
    static const char *const kinds[][2] = {{"set", "/set"},
                                           {"set", "/auto"},
                                           {"decision", "/rule"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (size_t above = 0; above < 2; above++) {
            char names[LIMIT_NAME + 1], topic[LIMIT_TOPIC + 2], text[LIMIT_RECORD];
            memset(names, 'x', sizeof names);
            snprintf(topic, sizeof topic, "%.*s/%.*s%s", LIMIT_NAME, names, LIMIT_NAME + (int)above,
                     names, kinds[i][1]);
            snprintf(text, sizeof text, WANTED("%s", "%s"), kinds[i][0], topic);
            assert_int_equal(decode_error(text), above ? ERR_RANGE : ERR_OK);
        }
}

static void a_decision_is_of_a_rule_and_nothing_else_is(void **state)
{
    (void)state;
    assert_int_equal(decode_error(WANTED("decision", "controller1/vent/rule")), ERR_OK);
    assert_int_equal(decode_error(WANTED("set", "controller1/vent/rule")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("decision", "actuator1/fan/set")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("decision", "actuator1/fan/auto")), ERR_RANGE);
    assert_int_equal(decode_error(WANTED("decision", "controller1/set/rule")), ERR_RANGE);
}

static void a_value_may_be_left_out_only_when_plain(void **state)
{
    (void)state;
#define VALUELESS "{\"type\":\"t\",\"device\":\"s\",\"epoch\":1,\"seq\":1,\"ts\":1"
    assert_int_equal(decode_error(VALUELESS ",\"plain\":true}"), ERR_OK);
    assert_int_equal(decode_error(VALUELESS ",\"plain\":false}"), ERR_RANGE);
    assert_int_equal(decode_error(VALUELESS "}"), ERR_RANGE);
}

static void what_is_not_one_object_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "[]",
                                        "1",
                                        "\"a\"",
                                        "null",
                                        BASE "x",
                                        BASE ",",
                                        BASE BASE,
                                        "{",
                                        "\xef\xbb\xbf" BASE};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(decode_error(texts[i]), ERR_SYNTAX);
    assert_int_equal(decode_error("{}"), ERR_RANGE);
    assert_int_equal(decode_error("{\"type\":\"a\",\"type\":\"a\"}"), ERR_SYNTAX);
    assert_int_equal(decode_error("{\"typ\\u0065\":\"a\",\"type\":\"a\"}"), ERR_SYNTAX);
    const struct span base = span_of(BASE);
    for (size_t size = 0; size < base.size; size++) {
        struct decoded d;
        decode(&d, (struct span){base.bytes, size});
        assert_int_equal(d.err, ERR_SYNTAX);
        free(d.text);
    }
}

static void a_record_at_the_limit_passes_and_one_above_does_not(void **state)
{
    (void)state;
    char text[LIMIT_RECORD + 2];
    for (size_t size = LIMIT_RECORD; size <= LIMIT_RECORD + 1; size++) {
        int used = snprintf(text, sizeof text, "%.*s,\"pad\":\"", (int)strlen(BASE) - 1, BASE);
        memset(text + used, 'x', size - (size_t)used);
        memcpy(text + size - 2, "\"}", 2);
        struct decoded d;
        decode(&d, (struct span){text, size});
        assert_int_equal(d.err, size > LIMIT_RECORD ? ERR_SIZE : ERR_OK);
        free(d.text);

        struct json_reader reader;
        json_reader_init(&reader, (struct span){text, size});
        assert_int_equal(json_next(&reader), JSON_OBJECT);
        struct buf memory;
        char strings[LIMIT_VALUE_TEXT];
        buf_init(&memory, strings, sizeof strings);
        struct record r;
        const char *cause;
        enum err err = record_read(&reader, &r, &memory, &cause);
        assert_int_equal(err, size > LIMIT_RECORD ? ERR_SIZE : ERR_OK);
    }
}

static void a_record_of_a_line_is_its_exact_text(void **state)
{
    (void)state;
    struct json_reader reader;
    json_reader_init(&reader, SPAN("[ " BASE " , " BASE "]"));
    assert_int_equal(json_next(&reader), JSON_ARRAY);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(json_next(&reader), JSON_OBJECT);
        struct record r;
        struct buf memory;
        buf_init(&memory, NULL, 0);
        const char *cause;
        assert_int_equal(record_read(&reader, &r, &memory, &cause), ERR_OK);
        assert_true(span_is(r.bytes, BASE));
    }
    assert_int_equal(json_next(&reader), JSON_ARRAY_END);
}

static void a_run_is_split_at_its_commas(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 6);
    struct sample *s = malloc(sizeof *s);
    char *run = malloc(64 * LIMIT_RECORD);
    assert_non_null(s);
    assert_non_null(run);
    size_t sizes[64];
    size_t size = 0;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        sample_record(s, &rng);
        if (i > 0)
            run[size++] = ',';
        memcpy(run + size, s->line, s->line_size);
        sizes[i] = s->line_size;
        size += s->line_size;
    }
    struct record r;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_true(record_next((struct span){run, size}, &at, &r, memory, &cause));
        assert_int_equal(r.bytes.size, sizes[i]);
    }
    assert_false(record_next((struct span){run, size}, &at, &r, memory, &cause));
    assert_null(cause);
    free(run);
    free(s);
}

static void a_malformed_run_says_so(void **state)
{
    (void)state;
    static const char *const runs[] = {BASE ",",
                                       BASE BASE,
                                       BASE ",,",
                                       BASE ",1",
                                       "," BASE,
                                       "[]",
                                       BASE ";" BASE,
                                       BASE ","
                                            "{\"type\":"};
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        struct record r;
        char memory[LIMIT_VALUE_TEXT];
        const char *cause = NULL;
        size_t at = 0;
        while (record_next(span_of(runs[i]), &at, &r, memory, &cause))
            ;
        assert_non_null(cause);
    }
    struct record r;
    const char *cause = "";
    size_t at = 0;
    assert_false(record_next((struct span){0}, &at, &r, NULL, &cause));
    assert_null(cause);
}

static struct record good_record(void)
{
    return (struct record){
        .type = SPAN("t"), .device = SPAN("s"), .epoch = 1, .seq = 1, .value = value_number(1)};
}

static bool encodes(struct record r)
{
    char out[LIMIT_RECORD];
    return record_encode(&r, out, sizeof out) > 0;
}

static void what_would_be_refused_is_not_written(void **state)
{
    (void)state;
    struct record r = good_record();
    assert_true(encodes(r));
    r.value = value_number(NAN);
    assert_false(encodes(r));
    r.value = value_number(INFINITY);
    assert_false(encodes(r));
    r.value = value_text(SPAN("a\nb"));
    assert_false(encodes(r));
    r.value = value_text(SPAN("\xff"));
    assert_false(encodes(r));
    char text[LIMIT_VALUE_TEXT + 1];
    memset(text, '"', sizeof text);
    r.value = value_text((struct span){text, LIMIT_VALUE_TEXT});
    assert_true(encodes(r));
    r.value = value_text((struct span){text, LIMIT_VALUE_TEXT + 1});
    assert_false(encodes(r));
    r.value = (struct value){0};
    assert_false(encodes(r));
    r.plain = true;
    assert_true(encodes(r));
    r = good_record(), r.epoch = 0;
    assert_false(encodes(r));
    r = good_record(), r.seq = 0;
    assert_false(encodes(r));
    r = good_record(), r.seq = NUMBER_INTEGER_MAX + UINT64_C(1);
    assert_false(encodes(r));
    r = good_record(), r.ts = NUMBER_INTEGER_MAX + UINT64_C(1);
    assert_false(encodes(r));
    r = good_record(), r.device = SPAN("S");
    assert_false(encodes(r));
    r = good_record(), r.type = SPAN("set");
    assert_false(encodes(r));
    r = good_record(), r.topic = SPAN("a/b/set");
    assert_false(encodes(r));
    r = good_record(), r.unit = SPAN("a\"b");
    assert_false(encodes(r));
    r = good_record(), r.unit = SPAN("1234567890123456");
    assert_false(encodes(r));
}

static void what_does_not_fit_is_not_written(void **state)
{
    (void)state;
    struct record r = good_record();
    char out[LIMIT_RECORD];
    size_t size = record_encode(&r, out, sizeof out);
    for (size_t capacity = 0; capacity < size; capacity++) {
        char *exact = malloc(capacity ? capacity : 1);
        assert_non_null(exact);
        assert_int_equal(record_encode(&r, exact, capacity), 0);
        free(exact);
    }
    assert_int_equal(record_encode(&r, out, size), size);
}

static void control_characters_are_told_from_text(void **state)
{
    (void)state;
    assert_true(field_printable(SPAN("")));
    assert_true(field_printable(SPAN(" ~\xc2\xa0\xc3\x80")));
    assert_false(field_printable(SPAN("\x1f")));
    assert_false(field_printable(SPAN("\x7f")));
    assert_false(field_printable(SPAN("\xc2\x80")));
    assert_false(field_printable(SPAN("\xc2\x9f")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_form_is_written_and_read),
        cmocka_unit_test(further_members_are_written_in_their_order),
        cmocka_unit_test(random_records_survive_the_round_trip),
        cmocka_unit_test(members_come_in_any_order_and_unknown_ones_are_ignored),
        cmocka_unit_test(a_missing_member_is_refused_and_named),
        cmocka_unit_test(a_member_of_the_wrong_type_is_refused),
        cmocka_unit_test(numbers_are_held_to_their_bounds),
        cmocka_unit_test(names_and_texts_are_held_to_their_lengths),
        cmocka_unit_test(hostile_names_and_texts_are_refused),
        cmocka_unit_test(a_topic_and_the_type_set_go_together),
        cmocka_unit_test(the_longest_names_have_a_topic_of_each_kind),
        cmocka_unit_test(a_decision_is_of_a_rule_and_nothing_else_is),
        cmocka_unit_test(a_value_may_be_left_out_only_when_plain),
        cmocka_unit_test(what_is_not_one_object_is_refused),
        cmocka_unit_test(a_record_at_the_limit_passes_and_one_above_does_not),
        cmocka_unit_test(a_record_of_a_line_is_its_exact_text),
        cmocka_unit_test(a_run_is_split_at_its_commas),
        cmocka_unit_test(a_malformed_run_says_so),
        cmocka_unit_test(what_would_be_refused_is_not_written),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(control_characters_are_told_from_text),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
