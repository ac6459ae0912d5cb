#include "app/console_json.h"

#include "facts.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* docs/json-events.md is held to the code: the members of each event, and which of them are
 * optional, are read from its table. */

enum { MEMBERS_MAX = 16, NAME_BYTES = 32 };

struct documented {
    char members[MEMBERS_MAX][NAME_BYTES];
    bool optional[MEMBERS_MAX];
    size_t count;
};

static const struct words words = {
    .network = "3f9a-c2", .keys = "~", .tried = "lo", .other = "x", .file = "f", .restored = ""};

/* The third cell of the event's row: `name` or `name`?, any number of times. */
static void read_cell(const char *cell, struct documented *d)
{
    const char *end = strchr(cell, '|');
    assert_non_null(end);
    for (const char *tick; (tick = strchr(cell, '`')) != NULL && tick < end;) {
        const char *close = strchr(tick + 1, '`');
        assert_non_null(close);
        size_t size = (size_t)(close - tick - 1);
        assert_true(d->count < MEMBERS_MAX && size < NAME_BYTES);
        memcpy(d->members[d->count], tick + 1, size);
        d->optional[d->count++] = close[1] == '?';
        cell = close + 1;
    }
}

static bool read_row(const char *event, struct documented *d)
{
    char line[1024], start[64];
    FILE *file = fopen("docs/json-events.md", "r");
    assert_non_null(file);
    bool found = false;
    *d = (struct documented){0};
    snprintf(start, sizeof start, "| `%s` |", event);
    while (!found && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, start, strlen(start)) != 0)
            continue;
        const char *cell = strchr(line + strlen(start), '|');
        assert_non_null(cell);
        read_cell(cell + 1, d);
        found = true;
    }
    fclose(file);
    return found;
}

static json_t *object_of(struct fact fact)
{
    char memory[4096];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    console_json_fact(&b, &words, &fact, 1761300000001);
    assert_false(b.overflow);
    assert_int_equal(b.bytes[b.size - 1], '\n');
    assert_ptr_equal(memchr(b.bytes, '\n', b.size), b.bytes + b.size - 1);
    json_error_t error;
    json_t *object = json_loadb(b.bytes, b.size, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        print_message("%s: %.*s\n", error.text, (int)b.size, b.bytes);
    assert_non_null(object);
    return object;
}

enum which { ALL_MEMBERS, NEEDED_MEMBERS };

static void assert_members(const char *event, json_t *object, const struct documented *d,
                           enum which which)
{
    size_t expected = 3; /* event, time, device */
    for (size_t i = 0; i < d->count; i++) {
        bool optional = d->optional[i];
        json_t *member = json_object_get(object, d->members[i]);
        if (strcmp(d->members[i], "untold") == 0)
            continue; /* only in refusals of strangers, which are no facts */
        if ((member != NULL) != (which == ALL_MEMBERS || !optional))
            print_message("%s: %s\n", event, d->members[i]);
        assert_int_equal(member != NULL, which == ALL_MEMBERS || !optional);
        expected += member != NULL;
    }
    assert_string_equal(json_string_value(json_object_get(object, "event")), event);
    assert_int_equal(json_integer_value(json_object_get(object, "time")), 1761300000001);
    assert_true(json_is_string(json_object_get(object, "device")));
    if (json_object_size(object) != expected)
        print_message("%s has %zu members, %zu are documented\n", event, json_object_size(object),
                      expected);
    assert_int_equal(json_object_size(object), expected);
}

static void every_event_has_the_members_that_the_document_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < FACT_KIND_COUNT; i++) {
        enum fact_kind kind = (enum fact_kind)i;
        const char *event = console_json_event(kind);
        struct documented d;
        if (event == NULL) /* it answers somebody who asked, and is not told on the console */
            continue;
        if (!read_row(event, &d))
            fail_msg("docs/json-events.md has no event %s", event);
        json_t *object = object_of(facts_full(kind));
        assert_members(event, object, &d, ALL_MEMBERS);
        json_decref(object);
        object = object_of(facts_bare(kind));
        assert_members(event, object, &d, NEEDED_MEMBERS);
        json_decref(object);
    }
}

static void every_kind_that_has_words_is_an_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < FACT_KIND_COUNT; i++)
        if (words_told((enum fact_kind)i))
            assert_non_null(console_json_event((enum fact_kind)i));
    assert_non_null(console_json_event(FACT_ACKED));
    assert_non_null(console_json_event(FACT_RESTORED_TOPIC));
}

static void a_reading_names_its_author_and_its_number(void **state)
{
    (void)state;
    struct fact fact = facts_full(FACT_READING);
    json_t *object = object_of(fact);
    assert_string_equal(json_string_value(json_object_get(object, "device")), "sensor1");
    assert_int_equal(json_integer_value(json_object_get(object, "epoch")), 1048577);
    assert_int_equal(json_integer_value(json_object_get(object, "seq")), 42);
    assert_string_equal(json_string_value(json_object_get(object, "type")), "temperature");
    assert_float_equal(json_real_value(json_object_get(object, "value")), 25.8, 0);
    assert_string_equal(json_string_value(json_object_get(object, "unit")), "Cel");
    json_decref(object);
}

static void values_keep_their_kind(void **state)
{
    (void)state;
    struct record record = facts_bare_record;
    struct fact fact = {.kind = FACT_UPDATE, .record = &record};
    record.value = value_bool(1);
    json_t *object = object_of(fact);
    assert_true(json_is_true(json_object_get(object, "value")));
    json_decref(object);
    record.value = value_text(SPAN("a\"b\n"));
    object = object_of(fact);
    assert_string_equal(json_string_value(json_object_get(object, "value")), "a\"b\n");
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_has_the_members_that_the_document_says),
        cmocka_unit_test(every_kind_that_has_words_is_an_event),
        cmocka_unit_test(a_reading_names_its_author_and_its_number),
        cmocka_unit_test(values_keep_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
