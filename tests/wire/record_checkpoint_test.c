/* Checkpoints: records that hold others. */
#include "base/number.h"
#include "wire/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BASE                                                                         \
    "{\"type\":\"temperature\",\"device\":\"sensor1\",\"epoch\":2345678,\"seq\":17," \
    "\"ts\":1763800000123,\"value\":24.8,\"unit\":\"Cel\"}"

static enum err decode_error(const char *text)
{
    struct record r;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause = NULL;
    enum err err = record_decode(span_of(text), &r, memory, &cause);
    assert_true(err == ERR_OK || cause != NULL);
    return err;
}

#define CHECKPOINT(rest)                                                 \
    "{\"type\":\"checkpoint\",\"device\":\"sensor1\",\"epoch\":2345678," \
    "\"seq\":18,\"ts\":3" rest "}"

static void a_checkpoint_holds_records_as_they_were(void **state)
{
    (void)state;
    const struct record r = {.type = SPAN("checkpoint"),
                             .device = SPAN("sensor1"),
                             .epoch = 2345678,
                             .seq = 18,
                             .ts = 3,
                             .kept = SPAN(BASE "," BASE),
                             .part = 2,
                             .of = 3};
    char out[LIMIT_RECORD];
    size_t size = record_encode(&r, out, sizeof out);
    const char *text = CHECKPOINT(",\"part\":2,\"of\":3,\"records\":[" BASE "," BASE "]");
    assert_true(span_is((struct span){out, size}, text));
    struct record read;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    assert_int_equal(record_decode(span_of(text), &read, memory, &cause), ERR_OK);
    assert_true(span_equal(read.kept, r.kept));
    assert_int_equal(read.part, 2);
    assert_int_equal(read.of, 3);
}

static void what_is_no_checkpoint_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        CHECKPOINT(""),
        CHECKPOINT(",\"value\":1"),
        CHECKPOINT(",\"part\":1,\"of\":1,\"records\":[]"),
        CHECKPOINT(",\"part\":2,\"of\":1,\"records\":[" BASE "]"),
        CHECKPOINT(",\"part\":0,\"of\":1,\"records\":[" BASE "]"),
        CHECKPOINT(",\"of\":1,\"records\":[" BASE "]"),
        CHECKPOINT(",\"part\":1,\"of\":1,\"value\":1,\"records\":[" BASE "]"),
        CHECKPOINT(",\"part\":1,\"of\":1,\"plain\":true,\"records\":[" BASE "]"),
        CHECKPOINT(",\"part\":1,\"of\":1,\"records\":{}"),
        "{\"type\":\"temperature\",\"device\":\"s\",\"epoch\":1,\"seq\":2,\"ts\":3,\"part\":1,"
        "\"of\":1,\"records\":[" BASE "]}",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(decode_error(wrong[i]), ERR_RANGE);
    assert_int_equal(decode_error(CHECKPOINT(",\"part\":1,\"of\":1,\"records\":[")), ERR_SYNTAX);
    const struct record r = {.type = SPAN("temperature"),
                             .device = SPAN("s"),
                             .epoch = 1,
                             .seq = 2,
                             .kept = SPAN(BASE),
                             .part = 1,
                             .of = 1};
    char out[LIMIT_RECORD];
    assert_int_equal(record_encode(&r, out, sizeof out), 0);
}

/* What is written is at most as long as a checkpoint's part may hold, and that is a record with all
 * that stands around. */
static void the_longest_part_of_a_checkpoint_is_a_record(void **state)
{
    (void)state;
    static char kept[LIMIT_KEPT];
    char device[LIMIT_NAME + 1] = "", out[LIMIT_RECORD];
    memset(kept, '1', sizeof kept);
    memset(device, 'd', LIMIT_NAME);
    const struct record r = {.type = SPAN("checkpoint"),
                             .device = span_of(device),
                             .epoch = NUMBER_INTEGER_MAX,
                             .seq = NUMBER_INTEGER_MAX,
                             .ts = LIMIT_STAMP_MAX_MS,
                             .kept = {kept, sizeof kept},
                             .part = UINT32_MAX,
                             .of = UINT32_MAX};
    assert_in_range(record_encode(&r, out, sizeof out), LIMIT_KEPT + 1, LIMIT_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_holds_records_as_they_were),
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
        cmocka_unit_test(the_longest_part_of_a_checkpoint_is_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
