#include "app/ask_show.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char reading
    [] = "{\"schema\":\"kith/record/1\",\"topic\":\"sensor1/temperature\",\"value\":25.8,"
         "\"unit\":\"Cel\",\"device\":\"sensor1\",\"epoch\":5,\"seq\":7,\"ts\":1772366400250,"
         "\"age_ms\":3500,\"sealed\":false}";
static const char state_text
    [] = "{\"topic\":\"actuator1/fan\",\"value\":\"on\",\"unit\":null,\"device\":\"actuator1\","
         "\"epoch\":5,\"seq\":7,\"ts\":1772366400000,\"age_ms\":0,\"sealed\":true}";
static const char
    hostile[] = "{\"topic\":\"a/b\",\"value\":\"\\u001b[2J\\\"x\",\"unit\":null,\"device\":\"a\","
                "\"epoch\":1,\"seq\":1,\"ts\":0,\"age_ms\":0,\"sealed\":true}";

static void expect(const struct ask_options *o, enum ask_show_style style, const char *record,
                   const char *line)
{
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);
    struct ask_json *json = ask_json_parse(span_of(record));
    assert_non_null(stream);
    assert_non_null(json);
    assert_true(ask_show_record(o, style, span_of(record), json, stream));
    fclose(stream);
    assert_string_equal(out, line);
    free(out);
    ask_json_free(json);
}

static void people_read_a_value_with_its_unit(void **state)
{
    (void)state;
    const struct ask_options o = {0};
    expect(&o, ASK_SHOW_VALUE, reading, "sensor1/temperature  25.8°C  3.5 s ago\n");
    expect(&o, ASK_SHOW_LIVE, reading, "2026-03-01T12:00:00.250Z  sensor1/temperature  25.8°C\n");
    expect(&o, ASK_SHOW_HISTORY, reading, "2026-03-01T12:00:00.250Z  25.8°C  (not sealed yet)\n");
    expect(&o, ASK_SHOW_HISTORY, state_text, "2026-03-01T12:00:00Z  ON\n");
}

static void scripts_read_what_they_ask_for(void **state)
{
    (void)state;
    struct ask_options o = {.format = "%I|%U|%t|%v|%u|%d|%e|%s|%a|%%"};
    assert_true(ask_show_format_valid(o.format));
    expect(&o, ASK_SHOW_LIVE, reading,
           "2026-03-01T12:00:00.250Z|1772366400.250|sensor1/temperature|25.8|Cel|sensor1|5|7|3.500|"
           "%\n");
    o = (struct ask_options){.csv = true};
    expect(&o, ASK_SHOW_HISTORY, reading,
           "2026-03-01T12:00:00.250Z,sensor1/temperature,25.8,\"Cel\",sensor1,5,7,false\n");
    o = (struct ask_options){.json = true};
    char line[sizeof reading + 1];
    snprintf(line, sizeof line, "%s\n", reading);
    expect(&o, ASK_SHOW_HISTORY, reading, line);
}

static void what_came_from_outside_cannot_steer_a_terminal(void **state)
{
    (void)state;
    struct ask_options o = {0};
    expect(&o, ASK_SHOW_VALUE, hostile, "a/b  \\x1b[2J\"x  0 ms ago\n");
    o.format = "%v";
    expect(&o, ASK_SHOW_VALUE, hostile, "\\x1b[2J\"x\n");
    o = (struct ask_options){.csv = true};
    expect(&o, ASK_SHOW_VALUE, hostile,
           "1970-01-01T00:00:00Z,a/b,\"\\x1b[2J\"\"x\",\"\",a,1,1,true\n");
}

static void a_format_knows_its_letters(void **state)
{
    (void)state;
    assert_true(ask_show_format_valid(""));
    assert_true(ask_show_format_valid("plain"));
    assert_false(ask_show_format_valid("%"));
    assert_false(ask_show_format_valid("%x"));
    assert_false(ask_show_format_valid("%%%"));
}

static void what_is_no_record_is_not_shown(void **state)
{
    (void)state;
    const struct ask_options o = {0};
    static const char *const wrong[] = {
        "{}",
        "{\"topic\":1,\"value\":1,\"device\":\"a\",\"epoch\":1,\"seq\":1,\"ts\":1,\"age_ms\":1}",
        "{\"topic\":\"a/b\",\"value\":{},\"device\":\"a\",\"epoch\":1,\"seq\":1,\"ts\":1,"
        "\"age_ms\":1}",
        "{\"topic\":\"a/b\",\"value\":1,\"device\":\"a\",\"epoch\":-1,\"seq\":1,\"ts\":1,"
        "\"age_ms\":1}",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct ask_json *json = ask_json_parse(span_of(wrong[i]));
        assert_non_null(json);
        assert_false(ask_show_record(&o, ASK_SHOW_VALUE, span_of(wrong[i]), json, stderr));
        ask_json_free(json);
    }
    assert_null(ask_json_parse(SPAN("[1]")));
    assert_null(ask_json_parse(SPAN("{\"a\":1,\"a\":2}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_read_a_value_with_its_unit),
        cmocka_unit_test(scripts_read_what_they_ask_for),
        cmocka_unit_test(what_came_from_outside_cannot_steer_a_terminal),
        cmocka_unit_test(a_format_knows_its_letters),
        cmocka_unit_test(what_is_no_record_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
