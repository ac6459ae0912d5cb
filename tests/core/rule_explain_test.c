#include "core/rule.h"

#include "core/cm.h"

static struct rule_state s;

static int end(void **state)
{
    (void)state;
    rule_fini(&s);
    return 0;
}

static void put(const char *device, const char *property, struct value value)
{
    struct reading r = {.type = span_of(property), .value = value};
    assert_int_equal(rule_feed(&s, span_of(device), &r, 1000, RULE_PROVEN), ERR_OK);
}

static void assert_explained_at(struct rule_now now, const char *expected)
{
    char memory[LIMIT_EXPLANATION + 1];
    struct buf b;
    buf_init(&b, memory, sizeof memory - 1);
    rule_evaluate(&s, &now);
    rule_explain(&s, &b);
    assert_false(b.overflow);
    memory[b.size] = '\0';
    assert_string_equal(memory, expected);
}

static void assert_explained(const char *expected)
{
    assert_explained_at((struct rule_now){.now_ms = 1000}, expected);
}

static void begin(enum rule_over over, enum rule_compare compare)
{
    struct rule rule;
    rule_default_cool(&rule);
    rule.conditions[0].over = over;
    rule.conditions[0].compare = compare;
    rule_init(&s, &rule);
}

static void the_value_that_decided_is_named(void **state)
{
    (void)state;
    begin(RULE_ANY, RULE_ABOVE);
    put("sensor1", "temperature", value_number(24));
    put("sensor2", "temperature", value_number(26.1));
    assert_explained("[{\"text\":\"any */temperature > 25 Cel\",\"value\":26.1,\"holds\":true,"
                     "\"from\":\"sensor2/temperature\"}]");
    s.rule.conditions[0].over = RULE_ALL;
    assert_explained("[{\"text\":\"all */temperature > 25 Cel\",\"value\":24,\"holds\":false,"
                     "\"from\":\"sensor1/temperature\"}]");
    s.rule.conditions[0].over = RULE_MEAN;
    assert_explained("[{\"text\":\"mean */temperature > 25 Cel\",\"value\":25.05,\"holds\":true,"
                     "\"of\":2}]");
    s.rule.conditions[0].over = RULE_COUNT;
    assert_explained("[{\"text\":\"count */temperature > 25\",\"value\":2,\"holds\":false,"
                     "\"of\":2}]");
}

static void a_mean_of_one_names_it(void **state)
{
    (void)state;
    begin(RULE_MEAN, RULE_ABOVE);
    put("sensor1", "temperature", value_number(26.1));
    assert_explained("[{\"text\":\"mean */temperature > 25 Cel\",\"value\":26.1,\"holds\":true,"
                     "\"from\":\"sensor1/temperature\"}]");
}

static void words_and_truths_are_shown_as_they_are(void **state)
{
    (void)state;
    begin(RULE_ANY, RULE_EQUAL);
    struct rule_condition *c = &s.rule.conditions[0];
    *c = (struct rule_condition){.device = "a*",
                                 .property = "fan",
                                 .compare = RULE_EQUAL,
                                 .operand = RULE_TRUTH,
                                 .threshold = 1,
                                 .word = "on",
                                 .fresh_ms = UINT64_MAX};
    put("a1", "fan", value_text(SPAN("a \"quoted\\ word\x01\xff\xe2\x80\xae")));
    assert_explained("[{\"text\":\"any a*/fan == on\",\"value\":\"a \\\"quoted\\\\ "
                     "word\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"holds\":false,"
                     "\"from\":\"a1/fan\"}]");
    put("a2", "fan", value_bool(1));
    assert_explained("[{\"text\":\"any a*/fan == on\",\"value\":true,\"holds\":true,"
                     "\"from\":\"a2/fan\"}]");
    c->window_ms = 600000;
    put("a2", "fan", value_bool(1));
    put("a3", "fan", value_bool(1));
    assert_explained("[{\"text\":\"any a*/fan over 10 min == on\",\"value\":null,\"holds\":true,"
                     "\"of\":2}]");
}

static void what_is_not_known_is_null_and_what_then_decided_is_told(void **state)
{
    (void)state;
    begin(RULE_ANY, RULE_ABOVE);
    assert_explained("[{\"text\":\"any */temperature > 25 Cel\",\"value\":null,\"holds\":false},"
                     "{\"text\":\"stale: keep\",\"value\":null,\"holds\":false}]");
    s.rule.stale = RULE_STALE_ON;
    assert_explained("[{\"text\":\"any */temperature > 25 Cel\",\"value\":null,\"holds\":false},"
                     "{\"text\":\"stale: on\",\"value\":null,\"holds\":true}]");
}

static void holds_and_minimum_times_appear_when_they_decide(void **state)
{
    (void)state;
    static const char hot[] = "[{\"text\":\"any */temperature > 25 Cel\",\"value\":30,"
                              "\"holds\":true,\"from\":\"s/temperature\"}";
    static const char *const behind[] = {
        "]",
        ",{\"text\":\"for 30 s\",\"value\":12.5,\"holds\":false}]",
        ",{\"text\":\"min_off 2 min\",\"value\":12.5,\"holds\":false}]",
    };
    for (size_t i = 0; i < COUNT_OF(behind); i++) {
        char expected[256];
        struct buf b;
        begin(RULE_ANY, RULE_ABOVE);
        put("s", "temperature", value_number(30));
        if (i == 1) {
            s.rule.hold_ms = 30000;
            rule_evaluate(&s, &(struct rule_now){.now_ms = 1000});
        } else if (i == 2) {
            s.rule.min_off_ms = 120000;
            rule_resume(&s, RULE_IDLE, 1000);
        }
        buf_init(&b, expected, sizeof expected);
        buf_text(&b, hot);
        buf_text(&b, behind[i]);
        buf_char(&b, '\0');
        assert_explained_at((struct rule_now){.now_ms = 13500}, expected);
        rule_fini(&s);
    }
    begin(RULE_ANY, RULE_BELOW);
    put("s", "temperature", value_number(30));
    s.rule.min_on_ms = 90061;
    rule_resume(&s, RULE_ACTIVE, 900);
    assert_explained("[{\"text\":\"any */temperature < 25 Cel\",\"value\":30,\"holds\":false,"
                     "\"from\":\"s/temperature\"},"
                     "{\"text\":\"min_on 90061 ms\",\"value\":0.1,\"holds\":false}]");
}

static void a_schedule_appears_when_it_is_closed(void **state)
{
    (void)state;
    begin(RULE_ANY, RULE_ABOVE);
    s.rule.schedules[0] = (struct rule_schedule){.days = 31, .from_min = 420, .to_min = 1320};
    s.rule.schedules[1] = (struct rule_schedule){.days = 127, .from_min = 450, .to_min = 460};
    s.rule.schedule_count = 2;
    put("s", "temperature", value_number(30));
    assert_explained_at((struct rule_now){.now_ms = 1000, .wall_ms = 5 * 3600000, .zone_s = 3600},
                        "[{\"text\":\"any */temperature > 25 Cel\",\"value\":30,\"holds\":true,"
                        "\"from\":\"s/temperature\"},{\"text\":\"schedule mon-fri 07:00-22:00, "
                        "07:30-07:40\",\"value\":\"thu 06:00\",\"holds\":false}]");
}

/* Names, words and values as long as they get. */
static void what_does_not_fit_is_cut_and_counted(void **state)
{
    (void)state;
    char name[LIMIT_NAME + 1] = "", memory[LIMIT_EXPLANATION];
    struct rule_now now = {.now_ms = 1000};
    struct buf b;
    begin(RULE_ANY, RULE_EQUAL);
    memset(name, 'x', LIMIT_NAME);
    s.rule.condition_count = LIMIT_CONDITIONS;
    for (size_t i = 0; i < LIMIT_CONDITIONS; i++) {
        struct rule_condition *c = &s.rule.conditions[i];
        *c = (struct rule_condition){.compare = RULE_EQUAL, .operand = RULE_WORD, .fresh_ms = 1000};
        strcpy(c->device, name);
        strcpy(c->property, name);
        memset(c->word, '"', LIMIT_NAME);
    }
    char quotes[LIMIT_VALUE_TEXT];
    memset(quotes, '"', sizeof quotes);
    put(name, name, value_text((struct span){quotes, sizeof quotes}));
    rule_evaluate(&s, &now);
    buf_init(&b, memory, sizeof memory);
    rule_explain(&s, &b);
    assert_false(b.overflow);
    assert_memory_equal(memory + b.size - 12, "},{\"cut\":7}]", 12);
    assert_memory_equal(memory, "[{\"text\":\"any xxx", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_value_that_decided_is_named, end),
        cmocka_unit_test_teardown(a_mean_of_one_names_it, end),
        cmocka_unit_test_teardown(words_and_truths_are_shown_as_they_are, end),
        cmocka_unit_test_teardown(what_is_not_known_is_null_and_what_then_decided_is_told, end),
        cmocka_unit_test_teardown(holds_and_minimum_times_appear_when_they_decide, end),
        cmocka_unit_test_teardown(a_schedule_appears_when_it_is_closed, end),
        cmocka_unit_test_teardown(what_does_not_fit_is_cut_and_counted, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
