#include "io/source_decoder.h"

#include "io/source.h"

#include "base/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_BYTES = 16384 };

static void append(char *text, struct span s)
{
    size_t size = strlen(text);
    assert_true(size + s.size < TEXT_BYTES);
    memcpy(text + size, s.bytes ? s.bytes : "", s.size);
    text[size + s.size] = '\0';
}

static void append_row(char *out, const struct source_decoder_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct reading *r = &row->readings[i];
        char number[NUMBER_TEXT_MAX];
        append(out, i ? SPAN(" ") : SPAN(""));
        append(out, r->type);
        append(out, SPAN("="));
        if (r->value.kind == VALUE_BOOL)
            append(out, r->value.number > 0 ? SPAN("true") : SPAN("false"));
        else
            append(out, (struct span){number, number_format(number, r->value.number)});
        append(out, r->unit);
        if (r->source_ts_ms) {
            append(out, SPAN("@"));
            append(out, (struct span){number, number_format(number, (double)r->source_ts_ms)});
        }
    }
    append(out, SPAN("\n"));
}

static void drain(struct source_decoder *d, char *out, enum source_decoder_result until)
{
    for (;;) {
        struct source_decoder_row row;
        enum source_decoder_result result = source_decoder_next(d, &row);
        if (result == SOURCE_DECODER_ROW)
            append_row(out, &row);
        if (result == SOURCE_DECODER_BAD) {
            append(out, SPAN("!"));
            append(out, span_of(row.text));
            append(out, SPAN("\n"));
        }
        if (result == until)
            return;
        assert_int_not_equal(result, SOURCE_DECODER_END);
    }
}

static void decode_with(const struct source_decoder_options *options, struct span text, size_t step,
                        char *out)
{
    struct source_decoder *d;
    *out = '\0';
    assert_int_equal(source_decoder_new(&d, options), ERR_OK);
    for (size_t at = 0; at < text.size; at += step) {
        size_t size = text.size - at < step ? text.size - at : step;
        assert_int_equal(source_decoder_put(d, text.bytes + at, size), ERR_OK);
        drain(d, out, SOURCE_DECODER_MORE);
    }
    source_decoder_finish(d);
    drain(d, out, SOURCE_DECODER_END);
    source_decoder_free(d);
}

static void assert_decodes_with(const struct source_decoder_options *options, const char *text,
                                const char *wanted)
{
    char out[TEXT_BYTES];
    for (size_t step = 1; step <= strlen(text); step += step < 9 ? 1 : 17) {
        decode_with(options, span_of(text), step, out);
        assert_string_equal(out, wanted);
    }
    decode_with(options, span_of(text), strlen(text), out);
    assert_string_equal(out, wanted);
}

static void assert_decodes(const char *text, const char *wanted)
{
    static const struct source_decoder_options none = {0};
    assert_decodes_with(&none, text, wanted);
}

static void a_type_and_a_value_are_enough(void **state)
{
    (void)state;
    assert_decodes("{\"type\":\"temperature\",\"value\":24.5}\n", "temperature=24.5Cel\n");
    assert_decodes("{\"value\":1e3,\"unit\":\"K\",\"type\":\"temperature\"}",
                   "temperature=1000K\n");
    assert_decodes("{\"type\":\"door\",\"value\":true}\n", "door=true\n");
    assert_decodes("{\"type\":\"Room Temp\",\"value\":1}\n", "room_temp=1\n");
}

static void members_that_are_numbers_are_readings(void **state)
{
    (void)state;
    assert_decodes("{\"temperature\":24.5,\"humidity\":40,\"name\":\"x\",\"id\":7}\r\n",
                   "temperature=24.5Cel humidity=40%RH\n");
    assert_decodes("{\"main\":{\"temp\":24.5},\"list\":[1,2],\"open\":false}\n",
                   "temperature=24.5Cel open=false\n");
    assert_decodes("{\"main\":{\"temp\":295.6},\"out (°C)\":295.6}\n", /* kelvin, if nothing is said
                                                                        */
                   "temperature=295.6K out=295.6Cel\n");
}

static void a_member_that_says_when_is_the_time(void **state)
{
    (void)state;
    assert_decodes("{\"timestamp\":\"2025-10-24T10:00:00Z\",\"t\":1}\n",
                   "temperature=1Cel@1761300000000\n");
    assert_decodes("{\"ts\":1761300000,\"t\":1}\n", "temperature=1Cel@1761300000000\n");
}

static void arrays_hold_a_moment_each(void **state)
{
    (void)state;
    assert_decodes("[{\"t\":1},{\"t\":2,\"rh\":3}]\n{\"t\":4}\n",
                   "temperature=1Cel\ntemperature=2Cel humidity=3%RH\ntemperature=4Cel\n");
    assert_decodes("[]\n\n\n", "");
}

static void a_text_may_be_spread_over_lines(void **state)
{
    (void)state;
    assert_decodes("{\n  \"type\": \"temperature\",\n  \"value\": 24.5\n}\n{\"t\":\n1}\n",
                   "temperature=24.5Cel\ntemperature=1Cel\n");
    assert_decodes("[\n  {\"t\": 1},\n  {\n    \"t\": 2\n  }\n]",
                   "temperature=1Cel\ntemperature=2Cel\n");
}

static void a_bad_line_is_named_and_costs_nothing_else(void **state)
{
    (void)state;
    assert_decodes("{\"t\":1}\noops\n{\"t\":2}\n",
                   "temperature=1Cel\n!this is not a JSON object: oops\ntemperature=2Cel\n");
    assert_decodes("24.5\n", "!this is not a JSON object: 24.5\n");
    assert_decodes("[INFO] ready\n{\"t\":2}\n",
                   "!this is not a JSON object: [INFO] ready\ntemperature=2Cel\n");
    assert_decodes("{\"t\":\n{\"t\":2}\n",
                   "!a line that does not end: {\"t\":\ntemperature=2Cel\n");
    assert_decodes("{\"t\":\"\n{\"t\":2}\n",
                   "!brackets or quotes do not match: {\"t\":\"\ntemperature=2Cel\n");
    assert_decodes("{\"t\":1,\"t\":2}\n", "!a member name appears twice: {\"t\":1,\"t\":2}\n");
    assert_decodes("}\n{\"t\":2}\n", "!this is not a JSON object: }\ntemperature=2Cel\n");
    assert_decodes("{\"t\":1", "!the output ends within a JSON text: {\"t\":1\n");
}

static void an_object_without_a_number_says_what_to_print(void **state)
{
    (void)state;
    assert_decodes("{\"type\":\"temperature\",\"value\":\"24.5\"}\n",
                   "!\"value\" is a text; print a number without quotes: "
                   "{\"type\":\"temperature\",\"value\":\"24.5\"}\n");
    assert_decodes("{\"a\":null}\n", "!it holds no number; print "
                                     "{\"type\":\"temperature\",\"value\":24.5}: {\"a\":null}\n");
    assert_decodes("{\"type\":\"()\",\"value\":1}\n",
                   "!\"type\" is no name for a property (a-z 0-9 _ -): "
                   "{\"type\":\"()\",\"value\":1}\n");
}

static void columns_choose_and_filters_leave_out(void **state)
{
    struct source_column columns[] = {{.name = "main.temp", .type = "temperature", .unit = "K"},
                                      {.name = "rh"}};
    struct source_filter filters[] = {{.column = "id", .value = "2"}};
    struct source_decoder_options options = {columns, 2, filters, 1};
    (void)state;
    assert_decodes_with(
        &options,
        "{\"id\":1,\"rh\":1}\n{\"id\":2.0,\"main\":{\"temp\":280},\"rh\":3,\"x\":4}\n"
        "{\"id\":2,\"x\":4}\n{\"x\":4}\n",
        "temperature=280K humidity=3%RH\n"
        "!none of the columns of --column is in it as a number: {\"id\":2,\"x\":4}\n");
}

static char *line_of(size_t size)
{
    static const char begin[] = "{\"t\":1,\"n\":\"";
    char *text = malloc(size + 16);
    assert_non_null(text);
    memset(text, 'x', size);
    memcpy(text, begin, sizeof begin - 1);
    memcpy(text + size - 3, "\"}\n{\"t\":2}\n", 12);
    return text;
}

static void a_line_may_have_65536_bytes_and_not_one_more(void **state)
{
    static const struct source_decoder_options none = {0};
    char out[TEXT_BYTES];
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char *text = line_of(65536 + more);
        decode_with(&none, span_of(text), 4096, out);
        if (more)
            assert_memory_equal(out, "!a line of more than 65536 bytes", 32);
        else
            assert_memory_equal(out, "temperature=1Cel\n", 17);
        assert_string_equal(out + strlen(out) - 17, "temperature=2Cel\n");
        free(text);
    }
}

/* An array whose bracket is open for this many bytes of lines. */
static void a_text_may_be_open_for_1_mib_and_not_longer(void **state)
{
    static const struct source_decoder_options none = {0};
    char out[TEXT_BYTES];
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t open = 1048576 + more;
        char *text = malloc(open + 16);
        assert_non_null(text);
        memset(text, '\n', open);
        memcpy(text, "[{\"t\":1}", 8);
        strcpy(text + open, "]\n{\"t\":2}\n");
        decode_with(&none, span_of(text), 65536, out);
        if (more)
            assert_string_equal(out, "!a text of more than 1 MiB: [{\"t\":1}\n"
                                     "!this is not a JSON object: ]\ntemperature=2Cel\n");
        else
            assert_string_equal(out, "temperature=1Cel\ntemperature=2Cel\n");
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_and_a_value_are_enough),
        cmocka_unit_test(members_that_are_numbers_are_readings),
        cmocka_unit_test(a_member_that_says_when_is_the_time),
        cmocka_unit_test(arrays_hold_a_moment_each),
        cmocka_unit_test(a_text_may_be_spread_over_lines),
        cmocka_unit_test(a_bad_line_is_named_and_costs_nothing_else),
        cmocka_unit_test(an_object_without_a_number_says_what_to_print),
        cmocka_unit_test(columns_choose_and_filters_leave_out),
        cmocka_unit_test(a_line_may_have_65536_bytes_and_not_one_more),
        cmocka_unit_test(a_text_may_be_open_for_1_mib_and_not_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
