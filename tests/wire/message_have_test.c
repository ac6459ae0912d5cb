#include "wire/message_have.h"

#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEY  "00112233445566778899aabbccddeeff01234567"
#define LOG  "\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":5,\"first\":1,\"last\":9"
#define MOST "9007199254740991"

static struct message_memory *memory;
static struct message got;

static int allocate(void **state)
{
    (void)state;
    memory = malloc(sizeof *memory);
    return memory ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

/* One entry: a log, and what stands behind it. */
static enum err read_entry(const char *log, const char *rest)
{
    char line[1024];
    const char *cause;
    snprintf(line, sizeof line, "{\"type\":\"have\",\"logs\":[{%s%s}]}", log, rest);
    return message_decode(span_of(line), &got, memory, &cause);
}

static void what_an_entry_leaves_out_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(read_entry(LOG, ""), ERR_OK);
    const struct message_entry *e = &got.have.entries[0];
    assert_int_equal(e->sealed, 0);
    assert_false(e->closed || e->role_known);
    assert_int_equal(e->want, MESSAGE_WANT_NOTHING);
    assert_true(e->older == 0 && e->chain == 0);
    assert_int_equal(got.have.of.size, 0);
}

static void there_are_two_kinds_of_want_and_no_third(void **state)
{
    (void)state;
    assert_int_equal(read_entry(LOG, ",\"want\":\"news\""), ERR_OK);
    assert_int_equal(got.have.entries[0].want, MESSAGE_WANT_NEWS);
    assert_int_equal(read_entry(LOG, ",\"want\":\"records\""), ERR_OK);
    assert_int_equal(got.have.entries[0].want, MESSAGE_WANT_RECORDS);
    static const char *const wrong[] = {"\"\"", "\"nothing\"", "\"News\"", "\"records \"",
                                        "1",    "true",        "null",     "[\"news\"]"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char rest[64];
        snprintf(rest, sizeof rest, ",\"want\":%s", wrong[i]);
        assert_int_not_equal(read_entry(LOG, rest), ERR_OK);
    }
    for (int want = 0; want < MESSAGE_WANT_COUNT; want++)
        assert_non_null(message_have_want_text((enum message_want)want));
}

static void a_role_is_one_of_four(void **state)
{
    (void)state;
    for (int role = 0; role < ROLE_COUNT; role++) {
        char rest[64];
        snprintf(rest, sizeof rest, ",\"role\":\"%s\"", access_role_text((enum role)role));
        assert_int_equal(read_entry(LOG, rest), ERR_OK);
        assert_true(got.have.entries[0].role_known);
        assert_int_equal(got.have.entries[0].role, role);
    }
    assert_int_equal(read_entry(LOG, ",\"role\":\"\""), ERR_RANGE);
    assert_int_equal(read_entry(LOG, ",\"role\":\"king\""), ERR_RANGE);
}

static void digests_are_sixteen_digits_of_either_case(void **state)
{
    (void)state;
    static const char *const names[] = {"older", "chain"};
    static const char *const wrong[] = {
        "", "fe", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg", " 123456789abcdef"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char rest[64];
        snprintf(rest, sizeof rest, ",\"%s\":\"0123456789aBCdef\"", names[i]);
        assert_int_equal(read_entry(LOG, rest), ERR_OK);
        const struct message_entry *e = &got.have.entries[0];
        assert_true((i == 0 ? e->older : e->chain) == UINT64_C(0x0123456789abcdef));
        assert_true((i == 0 ? e->chain : e->older) == 0);
        for (size_t k = 0; k < COUNT_OF(wrong); k++) {
            snprintf(rest, sizeof rest, ",\"%s\":\"%s\"", names[i], wrong[k]);
            assert_int_equal(read_entry(LOG, rest), ERR_RANGE);
        }
    }
}

static void the_end_of_a_log_is_at_least_the_one_before_its_beginning(void **state)
{
    (void)state;
    static const char *const form = "\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":5";
    assert_int_equal(read_entry(form, ",\"first\":8,\"last\":7"), ERR_OK);
    assert_int_equal(read_entry(form, ",\"first\":8,\"last\":6"), ERR_RANGE);
    assert_int_equal(read_entry(form, ",\"first\":" MOST ",\"last\":" MOST), ERR_OK);
    assert_int_equal(read_entry(form, ",\"first\":0,\"last\":0"), ERR_RANGE);
    assert_int_equal(read_entry(form, ",\"first\":1"), ERR_RANGE);
    assert_int_equal(read_entry(form, ",\"last\":1"), ERR_RANGE);
}

static void what_a_list_is_of_is_a_devices_name(void **state)
{
    (void)state;
    const char *cause;
    assert_int_equal(message_decode(SPAN("{\"type\":\"have\",\"of\":\"sensor1\",\"logs\":[]}"),
                                    &got, memory, &cause),
                     ERR_OK);
    assert_true(span_is(got.have.of, "sensor1"));
    static const char *const wrong[] = {"\"\"", "\"Sensor1\"", "\"a b\"", "1", "[]"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char line[64];
        snprintf(line, sizeof line, "{\"type\":\"have\",\"logs\":[],\"of\":%s}", wrong[i]);
        assert_int_not_equal(message_decode(span_of(line), &got, memory, &cause), ERR_OK);
    }
}

/* The longest that an entry can be; `news`: with all that is told of third parties. */
static void fill(struct message_entry *entries, size_t count, bool news)
{
    static const char name[] = "0123456789-0123456789-0123456789-0123456789-0123456789-01234567";
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct message_entry){.log = {.device = {name, LIMIT_NAME},
                                                    .epoch = NUMBER_INTEGER_MAX},
                                            .first = NUMBER_INTEGER_MAX,
                                            .last = NUMBER_INTEGER_MAX,
                                            .sealed = NUMBER_INTEGER_MAX,
                                            .closed = true};
        if (!news)
            continue;
        entries[i].role_known = true;
        entries[i].role = ROLE_CONTROLLER;
        entries[i].want = MESSAGE_WANT_RECORDS;
        entries[i].older = entries[i].chain = UINT64_MAX;
    }
}

static void a_full_page_fits_a_line_whatever_stands_in_it(void **state)
{
    (void)state;
    static struct message_entry entries[LIMIT_LINE_ENTRIES + 1];
    static char line[LIMIT_LINE];
    const char *cause;
    struct message m = {.kind = MESSAGE_HAVE, .have = {.entries = entries}};
    fill(entries, LIMIT_LINE_ENTRIES, false);
    m.have.count = LIMIT_LOGS_DEVICE;
    m.have.of = entries[0].log.device;
    m.have.more = true;
    size_t size = message_encode(&m, line, sizeof line);
    assert_true(size > 0);
    assert_int_equal(message_decode((struct span){line, size - 1}, &got, memory, &cause), ERR_OK);
    assert_int_equal(got.have.count, LIMIT_LOGS_DEVICE);
    fill(entries, LIMIT_NEWS_ENTRIES, true);
    m.have.count = LIMIT_NEWS_ENTRIES;
    size = message_encode(&m, line, sizeof line);
    assert_true(size > 0);
    assert_int_equal(message_decode((struct span){line, size - 1}, &got, memory, &cause), ERR_OK);
    assert_int_equal(got.have.count, LIMIT_NEWS_ENTRIES);
}

static void one_entry_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    static char line[LIMIT_LINE];
    const char *cause;
    for (size_t count = LIMIT_LINE_ENTRIES; count <= LIMIT_LINE_ENTRIES + 1; count++) {
        struct buf b;
        buf_init(&b, line, sizeof line);
        buf_text(&b, "{\"type\":\"have\",\"logs\":[");
        for (size_t i = 0; i < count; i++)
            buf_text(&b, i == 0 ? "{" LOG "}" : ",{" LOG "}");
        buf_text(&b, "]}");
        assert_int_equal(message_decode(buf_view(&b), &got, memory, &cause),
                         count == LIMIT_LINE_ENTRIES ? ERR_OK : ERR_SIZE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_entry_leaves_out_says_nothing),
        cmocka_unit_test(there_are_two_kinds_of_want_and_no_third),
        cmocka_unit_test(a_role_is_one_of_four),
        cmocka_unit_test(digests_are_sixteen_digits_of_either_case),
        cmocka_unit_test(the_end_of_a_log_is_at_least_the_one_before_its_beginning),
        cmocka_unit_test(what_a_list_is_of_is_a_devices_name),
        cmocka_unit_test(a_full_page_fits_a_line_whatever_stands_in_it),
        cmocka_unit_test(one_entry_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, allocate, release);
}
