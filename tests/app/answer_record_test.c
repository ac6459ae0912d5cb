#include "app/answer_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const struct record *r, uint64_t wall_ms, enum answer_record_seal seal,
                   const char *text)
{
    char memory[ANSWER_RECORD_BYTES];
    struct buf b;
    buf_init(&b, memory, sizeof memory - 1);
    answer_record(&b, r, wall_ms, seal);
    assert_false(b.overflow);
    memory[b.size] = '\0';
    assert_string_equal(memory, text);
}

static void a_reading_has_its_members_and_its_age(void **state)
{
    (void)state;
    struct record r = {.device = SPAN("sensor1"),
                       .type = SPAN("temperature"),
                       .epoch = 5,
                       .seq = 7,
                       .ts = 1000,
                       .value = value_number(24.8),
                       .unit = SPAN("Cel")};
    expect(&r, 1250, ANSWER_RECORD_SEALED,
           "{\"schema\":\"kith/record/1\",\"topic\":\"sensor1/temperature\",\"value\":24.8,"
           "\"unit\":\"Cel\",\"device\":\"sensor1\",\"epoch\":5,\"seq\":7,\"ts\":1000,"
           "\"age_ms\":250,\"sealed\":true}");
}

static void a_wish_keeps_its_topic_and_a_clock_ahead_gives_no_negative_age(void **state)
{
    (void)state;
    struct record r = {.device = SPAN("controller1"),
                       .type = SPAN("set"),
                       .topic = SPAN("actuator1/fan/set"),
                       .epoch = 1,
                       .seq = 1,
                       .ts = 2000,
                       .value = value_text(SPAN("a \"b\""))};
    expect(
        &r, 1000, ANSWER_RECORD_PENDING,
        "{\"schema\":\"kith/record/1\",\"topic\":\"actuator1/fan/set\",\"value\":\"a \\\"b\\\"\","
        "\"unit\":null,\"device\":\"controller1\",\"epoch\":1,\"seq\":1,\"ts\":2000,"
        "\"age_ms\":0,\"sealed\":false}");
}

static void what_a_plain_reading_caused_has_no_value(void **state)
{
    (void)state;
    struct record r = {.device = SPAN("a"), .type = SPAN("b"), .epoch = 1, .seq = 1, .plain = true};
    expect(&r, 0, ANSWER_RECORD_PENDING,
           "{\"schema\":\"kith/record/1\",\"topic\":\"a/b\",\"value\":null,\"unit\":null,"
           "\"device\":\"a\",\"epoch\":1,\"seq\":1,\"ts\":0,\"age_ms\":0,\"sealed\":false}");
}

static void the_largest_record_fits(void **state)
{
    (void)state;
    char name[LIMIT_NAME], text[LIMIT_VALUE_TEXT], unit[LIMIT_UNIT], memory[ANSWER_RECORD_BYTES];
    struct buf b;
    memset(name, 'n', sizeof name);
    memset(text, '"', sizeof text);
    memset(unit, 'u', sizeof unit);
    struct record r = {.device = {name, sizeof name},
                       .type = {name, sizeof name},
                       .epoch = UINT64_MAX,
                       .seq = UINT64_MAX,
                       .ts = UINT64_MAX,
                       .value = value_text((struct span){text, sizeof text}),
                       .unit = {unit, sizeof unit}};
    buf_init(&b, memory, sizeof memory);
    answer_record(&b, &r, 0, ANSWER_RECORD_PENDING);
    assert_false(b.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reading_has_its_members_and_its_age),
        cmocka_unit_test(a_wish_keeps_its_topic_and_a_clock_ahead_gives_no_negative_age),
        cmocka_unit_test(what_a_plain_reading_caused_has_no_value),
        cmocka_unit_test(the_largest_record_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
