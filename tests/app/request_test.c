#include "app/request.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bool decode(const char *text, struct request *r)
{
    const char *cause = NULL;
    bool good = request_decode(span_of(text), r, &cause);
    assert_true(good || (cause != NULL && cause[0] != '\0'));
    return good;
}

static void each_question_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const struct request asked[] = {
        {.ask = REQUEST_STATUS, .to_ms = 9007199254740991},
        {.ask = REQUEST_GET, .topic = "sensor1/temperature", .to_ms = 9007199254740991},
        {.ask = REQUEST_WATCH, .topic = "*/\"quoted\\", .to_ms = 9007199254740991},
        {.ask = REQUEST_HISTORY, .topic = "a/b", .from_ms = 1, .to_ms = 2},
        {.ask = REQUEST_PING, .device = "sensor1", .to_ms = 9007199254740991},
        {.ask = REQUEST_WAIT, .device = "sensor1", .to_ms = 9007199254740991},
    };
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        char memory[REQUEST_BYTES];
        const char *cause;
        struct request r;
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        request_encode(&asked[i], &b);
        assert_false(b.overflow);
        assert_true(request_decode(buf_view(&b), &r, &cause));
        assert_int_equal(r.ask, asked[i].ask);
        assert_string_equal(r.topic, asked[i].topic);
        assert_string_equal(r.device, asked[i].device);
        assert_int_equal(r.from_ms, asked[i].from_ms);
        assert_int_equal(r.to_ms, asked[i].to_ms);
    }
}

static void what_is_no_question_is_refused_with_a_cause(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "status",
        "[]",
        "{}",
        "{\"ask\":\"status\"",
        "{\"ask\":\"status\"} {}",
        "{\"ask\":\"status\",\"ask\":\"get\"}",
        "{\"ask\":\"reboot\"}",
        "{\"ask\":1}",
        "{\"ask\":\"get\"}",
        "{\"ask\":\"get\",\"topic\":\"\"}",
        "{\"ask\":\"get\",\"topic\":7}",
        "{\"ask\":\"get\",\"topic\":\"a\\u001bb\"}",
        "{\"ask\":\"get\",\"device\":\"sensor1\"}",
        "{\"ask\":\"ping\"}",
        "{\"ask\":\"ping\",\"device\":\"\"}",
        "{\"ask\":\"ping\",\"device\":\"../sensor1\"}",
        "{\"ask\":\"ping\",\"device\":\"Sensor1\"}",
        "{\"ask\":\"history\",\"topic\":\"a/b\",\"from\":-1}",
        "{\"ask\":\"history\",\"topic\":\"a/b\",\"to\":1.5}",
        "{\"ask\":\"history\",\"topic\":\"a/b\",\"to\":9007199254740992}",
    };
    struct request r;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (decode(wrong[i], &r))
            fail_msg("taken: %s", wrong[i]);
}

static void members_of_a_later_version_are_passed_over(void **state)
{
    (void)state;
    struct request r;
    assert_true(decode("{\"later\":{\"x\":[1,2]},\"ask\":\"status\"}", &r));
    assert_int_equal(r.ask, REQUEST_STATUS);
}

static void topics_and_names_have_their_greatest_length(void **state)
{
    (void)state;
    char text[512], name[LIMIT_TOPIC + 2];
    struct request r;
    memset(name, 'a', sizeof name);
    for (int over = 0; over < 2; over++) {
        snprintf(text, sizeof text, "{\"ask\":\"get\",\"topic\":\"%.*s\"}", LIMIT_TOPIC + over,
                 name);
        assert_int_equal(decode(text, &r), over == 0);
        snprintf(text, sizeof text, "{\"ask\":\"ping\",\"device\":\"%.*s\"}", LIMIT_NAME + over,
                 name);
        assert_int_equal(decode(text, &r), over == 0);
    }
}

static void a_star_stands_for_any_characters(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *topic;
        bool matches;
    } cases[] = {
        {"a/b", "a/b", true},
        {"a/b", "a/bc", false},
        {"a/b", "a/", false},
        {"*", "", true},
        {"*", "a/b", true},
        {"*/b", "a/b", true},
        {"a*", "a/b", true},
        {"a*c", "a/b", false},
        {"*a*b*", "xaxxbx", true},
        {"*aab", "aaaaab", true},
        {"*aab", "aaaaa", false},
        {"a**b", "ab", true},
        {"s*r1/*p*", "sensor1/temperature", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(request_matches(cases[i].pattern, span_of(cases[i].topic)),
                         cases[i].matches);
    assert_true(request_is_pattern("a/*"));
    assert_false(request_is_pattern("a/b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_question_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_question_is_refused_with_a_cause),
        cmocka_unit_test(members_of_a_later_version_are_passed_over),
        cmocka_unit_test(topics_and_names_have_their_greatest_length),
        cmocka_unit_test(a_star_stands_for_any_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
