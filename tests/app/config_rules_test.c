#include "app/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* What stands below `rules:`, and (config_draft.c) the lists and mappings inside a rule. */

static struct settings *settings;
static struct faults faults;

static const struct rule *parse(const char *text)
{
    faults = (struct faults){0};
    settings = settings_new();
    assert_non_null(settings);
    config_parse(settings, "f.yaml", span_of(text), &faults);
    return settings->rules;
}

static const struct rule *parse_good(const char *text)
{
    const struct rule *rules = parse(text);
    if (faults.count > 0)
        print_message("%.*s", (int)faults.size, faults.text);
    assert_int_equal(faults.count, 0);
    return rules;
}

static void release(void)
{
    settings_free(settings);
    faults_fini(&faults);
}

/* All that is told, and that the rule is not taken. */
static void assert_told(const char *text, const char *expected)
{
    parse(text);
    struct span told = {faults.text, faults.size};
    if (!span_is(told, expected))
        print_message("told:\n%.*swanted:\n%s", (int)told.size, told.bytes, expected);
    assert_true(span_is(told, expected));
    assert_int_equal(settings->rule_count, 0);
    release();
}

static void a_rule_may_have_everything(void **state)
{
    (void)state;
    const struct rule *r = parse_good("rules:\n"
                                      "  - name: cool\n"
                                      "    when:\n"
                                      "      - mean sensor*/temperature over 10m > 24.5\n"
                                      "      - {when: actuator1/window == shut, fresh: 1h}\n"
                                      "      - \"*/humidity > 60\"\n"
                                      "    hysteresis: 0.5\n"
                                      "    fresh: 2m\n"
                                      "    for: 10s\n"
                                      "    min_on: 1m\n"
                                      "    min_off: 2m\n"
                                      "    stale: off\n"
                                      "    schedule:\n"
                                      "      - {days: mon-fri, from: 7:00, to: 22:00}\n"
                                      "      - {days: [sat, sun], from: 22:00, to: 6:00}\n"
                                      "    then:\n"
                                      "      - {set: \"*/fan\", to: high, else: low}\n"
                                      "      - {set: horn}\n"
                                      "      - lamp\n"
                                      "    owner: controller1\n"
                                      "    backup: [controller2, controller3]\n");
    const struct rule_condition *c = r->conditions;
    assert_int_equal(r->condition_count, 3);
    assert_int_equal(r->join, RULE_JOIN_ALL);
    assert_int_equal(c[0].window_ms, 600000);
    assert_int_equal(c[1].operand, RULE_WORD);
    assert_int_equal(c[1].fresh_ms, 3600000);
    assert_float_equal(c[1].hysteresis, 0, 0); /* words have none */
    assert_int_equal(c[2].window_ms, 0);
    assert_int_equal(c[2].fresh_ms, 120000);
    assert_float_equal(c[2].hysteresis, 0.5, 0);
    assert_int_equal(r->hold_ms, 10000);
    assert_int_equal(r->min_on_ms, 60000);
    assert_int_equal(r->min_off_ms, 120000);
    assert_int_equal(r->stale, RULE_STALE_OFF);
    assert_int_equal(r->schedule_count, 2);
    assert_int_equal(r->schedules[0].days, 31);
    assert_int_equal(r->schedules[1].days, 96);
    assert_int_equal(r->schedules[1].from_min, 1320);
    assert_int_equal(r->schedules[1].to_min, 360);
    assert_int_equal(r->action_count, 3);
    assert_string_equal(r->actions[0].device, "*");
    assert_string_equal(r->actions[0].active, "high");
    assert_string_equal(r->actions[0].idle, "low");
    assert_string_equal(r->actions[1].active, "on");
    assert_string_equal(r->actions[1].idle, "");
    assert_string_equal(r->actions[2].idle, "off");
    assert_int_equal(r->owner_count, 3);
    assert_string_equal(r->owners[0], "controller1");
    assert_string_equal(r->owners[2], "controller3");
    release();
}

static void conditions_are_joined_by_any_or_all(void **state)
{
    (void)state;
    const struct rule *r = parse_good(
        "rules:\n"
        "- {when: {any: [temperature > 25, {when: co2 > 1000, over: 5m}]}, then: fan, over: 3m}\n"
        "- {when: {all: [temperature > 25]}, then: a}\n"
        "- {when: {when: temperature > 25, hysteresis: 2}, then: b, hysteresis: 1}\n");
    assert_int_equal(r[0].join, RULE_JOIN_ANY);
    assert_int_equal(r[0].condition_count, 2);
    assert_int_equal(r[0].conditions[0].window_ms, 180000);
    assert_int_equal(r[0].conditions[1].window_ms, 300000);
    assert_int_equal(r[1].join, RULE_JOIN_ALL);
    assert_float_equal(r[2].conditions[0].hysteresis, 2, 0);
    release();
}

static void a_backup_alone_leaves_the_owner_open(void **state)
{
    (void)state;
    const struct rule *r = parse_good(
        "rules:\n- {when: a > 1, then: fan, schedule: {}, backup: controller2}\n");
    assert_int_equal(r->owner_count, 2);
    assert_string_equal(r->owners[0], "");
    assert_string_equal(r->owners[1], "controller2");
    assert_int_equal(r->schedules[0].days, 127);
    assert_int_equal(r->schedules[0].from_min, 0);
    assert_int_equal(r->schedules[0].to_min, 1440);
    assert_int_equal(r->stale, RULE_STALE_KEEP);
    release();
}

static void every_fault_inside_a_rule_has_its_line(void **state)
{
    (void)state;
    assert_told("rules:\n"
                "  - when: {any: [temperature > hot,\n"
                "             {over: 3m}]}\n"
                "    schedule: {days: mo,\n"
                "               from: 25:00}\n"
                "    stale: maybe\n"
                "    min_on: soon\n"
                "    over: 0\n"
                "    backup: [controller2, controller2,\n"
                "             X]\n"
                "    then: {set: fan, too: on}\n",
                "f.yaml:2: when: hot: no number, such as 25 or -3.5\n"
                "f.yaml:3: this condition has no when: {when: temperature > 25, over: 10m}\n"
                "f.yaml:4: days: mo: days are mon, tue, wed, thu, fri, sat, sun, mon-fri or daily\n"
                "f.yaml:5: from: 25:00: no time of the day, such as 7:30 or 22:00\n"
                "f.yaml:6: stale: it is keep, on or off\n"
                "f.yaml:7: min_on: no time, such as 10s, 500ms, 2m or 1h\n"
                "f.yaml:8: over: no time above zero, such as 30s\n"
                "f.yaml:9: backup: it is named already\n"
                "f.yaml:10: backup: a name is 1 to 63 of a-z, 0-9, - and _\n"
                "f.yaml:11: too: no such key; did you mean to?\n");
    assert_told("rules: [{when: [], then: fan}]\n", "f.yaml:1: when: this list is empty\n");
    assert_told("rules: [{when: a > 1, then: [{to: on}]}]\n",
                "f.yaml:1: this action has no set: {set: fan, to: on, else: off}\n");
    assert_told("rules: [{when: a > 1, then: [fan], else: off}]\n",
                "f.yaml:1: else: it stands beside its set: {set: fan, else: off}\n");
    assert_told("rules: [{when: a > 1, then: {set: fan, to: off, else: off}}]\n",
                "f.yaml:1: then and else are both off: the rule would do nothing\n");
}

static void what_is_done_once_stands_beside_what_is_set(void **state)
{
    (void)state;
    const struct rule *r = parse_good(
        "rules:\n"
        "- {when: t > 1, then: [fan, {do: siren1/beep, with: 3}], else: {do: siren1/still}}\n"
        "- {when: t > 1, then: {do: \"door*/open\"}}\n"
        "- {when: t > 1, then: lamp, else: [{do: beep}, {do: buzz}]}\n");
    assert_string_equal(r[0].name, "fan");
    assert_int_equal(r[0].action_count, 1);
    assert_string_equal(r[0].actions[0].idle, "off");
    assert_int_equal(r[0].command_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct rule_command *c = &r[0].commands[i];
        assert_string_equal(c->device, "siren1");
        assert_string_equal(c->property, c->at == RULE_ACTIVE ? "beep" : "still");
        assert_string_equal(c->value, c->at == RULE_ACTIVE ? "3" : "");
    }
    assert_int_not_equal(r[0].commands[0].at, r[0].commands[1].at);
    assert_string_equal(r[1].name, "open");
    assert_string_equal(r[1].commands[0].device, "door*");
    assert_int_equal(r[2].command_count, 2);
    assert_int_equal(r[2].commands[1].at, RULE_IDLE);
    release();
}

static void what_cannot_be_done_once_says_why(void **state)
{
    (void)state;
    assert_told("rules:\n- when: t > 1\n  then: {doo: beep}\n",
                "f.yaml:3: doo: no such key; did you mean do?\n");
    assert_told("rules:\n- when: t > 1\n  then: {with: 3}\n",
                "f.yaml:3: this action has no do: {do: siren1/beep, with: 3}\n");
    assert_told("rules:\n- when: t > 1\n  then: {set: fan, do: beep}\n",
                "f.yaml:3: set and do are two actions: [{set: fan}, {do: siren1/beep}]\n");
    assert_told(
        "rules:\n- when: t > 1\n  then: fan\n  else: {set: fan}\n",
        "f.yaml:4: else takes what is done once: {do: siren1/beep}; what a set is otherwise "
        "stands beside it: {set: fan, else: off}\n");
    assert_told("rules:\n- when: t > 1\n  then: fan\n  else: [beep]\n",
                "f.yaml:4: else: in a list, what is done once: {do: siren1/beep}\n");
    assert_told(
        "rules:\n- when: t > 1\n  then: {do: Door/open}\n",
        "f.yaml:3: do: Door: a device name is 1 to 63 of a-z, 0-9, - and _, or * for any\n");
    assert_told(
        "rules:\n- when: t > 1\n  then: [a1/fan, {do: a1/fan}]\n",
        "f.yaml:2: a1/fan is set by a rule, so it is a state and can't be done: use another "
        "name for do\n");
    assert_told("rules:\n- when: t > 1\n  name: decision\n  then: fan\n",
                "f.yaml:3: name: a name is 1 to 63 of a-z, 0-9, - and _; this is a word of the "
                "protocol\n");
}

static void schedules_that_are_none_say_why(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"mon-fri", "it is written {days: mon-fri, from: 7:00, to: 22:00}"},
        {"{from: 7:00, to: 7:00}", "from and to are the same; leave both out for whole days"},
        {"{from: 24:00, to: 7:00}", "a day begins at 0:00; it only ends at 24:00"},
        {"{from: 7:00, to: 0:00}", "until midnight is to: 24:00"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[256], expected[256];
        snprintf(text, sizeof text, "rules: [{when: a > 1, then: fan, schedule: %s}]", cases[i][0]);
        snprintf(expected, sizeof expected, "f.yaml:1: schedule: %s\n", cases[i][1]);
        assert_told(text, expected);
    }
}

static void two_that_set_the_same_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        bool refused;
    } cases[] = {
        {"fan", "fan", true},           {"fan", "lamp", false},
        {"a1/fan", "a1/fan", true},     {"a1/fan", "a2/fan", false},
        {"\"*/fan\"", "a2/fan", true},  {"a2/fan", "\"*/fan\"", true},
        {"\"a*/fan\"", "b/fan", false}, {"\"*/fan\"", "fan", true},
        {"fan", "a1/fan", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[256];
        snprintf(text, sizeof text, "rules: [{when: t > 1, then: [%s, %s]}]", cases[i].first,
                 cases[i].second);
        parse(text);
        assert_int_equal(faults.count, cases[i].refused);
        release();
        snprintf(text, sizeof text,
                 "rules: [{when: t > 1, name: x, then: %s}, {when: t > 1, then: %s}]",
                 cases[i].first, cases[i].second);
        parse(text);
        assert_int_equal(faults.count, cases[i].refused);
        release();
    }
}

/* `count` items of a list with a number in each. */
static void write_list(struct buf *b, const char *begin, const char *end, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_text(b, i == 0 ? "[" : ", ");
        buf_text(b, begin);
        buf_u64(b, i);
        buf_text(b, end);
    }
    buf_char(b, ']');
}

static void lists_are_taken_up_to_their_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *before, *begin, *end, *after;
        size_t max;
    } cases[] = {
        {"when: ", "t", " > 1", ", then: fan", LIMIT_CONDITIONS},
        {"when: t > 1, then: ", "fan", "", "", LIMIT_ACTIONS},
        {"when: t > 1, then: fan, schedule: ", "{from: 0:0", "}", "", LIMIT_SCHEDULES},
        {"when: t > 1, then: fan, backup: ", "c", "", "", LIMIT_OWNERS - 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t more = 0; more < 2; more++) {
            char memory[1024];
            struct buf b;
            buf_init(&b, memory, sizeof memory);
            buf_text(&b, "rules: [{");
            buf_text(&b, cases[i].before);
            write_list(&b, cases[i].begin, cases[i].end, cases[i].max + more);
            buf_text(&b, cases[i].after);
            buf_text(&b, "}]\n");
            buf_char(&b, '\0');
            assert_false(b.overflow);
            parse(memory);
            assert_int_equal(faults.count, more);
            assert_int_equal(settings->rule_count, !more);
            release();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_may_have_everything),
        cmocka_unit_test(conditions_are_joined_by_any_or_all),
        cmocka_unit_test(a_backup_alone_leaves_the_owner_open),
        cmocka_unit_test(every_fault_inside_a_rule_has_its_line),
        cmocka_unit_test(what_is_done_once_stands_beside_what_is_set),
        cmocka_unit_test(what_cannot_be_done_once_says_why),
        cmocka_unit_test(schedules_that_are_none_say_why),
        cmocka_unit_test(two_that_set_the_same_are_refused),
        cmocka_unit_test(lists_are_taken_up_to_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
