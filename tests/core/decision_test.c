#include "core/decision.h"

#include "core/rig.h"

enum { US = 1048577, THEM = 2097153, SENSOR = 2, FIRST = 4, HOLD_MS = 20000 };

static int setup_for(void **state)
{
    struct rule rule;
    rule_default_cool(&rule);
    rule.hold_ms = HOLD_MS;
    return rig_setup_rules(state, "actuator1", ROLE_ACTUATOR, &rule, 1);
}

static int setup_short(void **state)
{
    struct rule rule;
    rule_default_cool(&rule);
    rule.hold_ms = TIME_COUNT_MS;
    return rig_setup_rules(state, "actuator1", ROLE_ACTUATOR, &rule, 1);
}

static const char longest[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

static int setup_longest(void **state)
{
    struct rule rule;
    rule_default_cool(&rule);
    ident_name_copy(rule.name, span_of(longest));
    rule.commands[rule.command_count++] = (struct rule_command){"", "beep", "", RULE_ACTIVE};
    return rig_setup_rules(state, longest, ROLE_ACTUATOR, &rule, 1);
}

static void begin(struct rig *r)
{
    rig_start(r, US);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
}

static void measure(struct rig *r, uint64_t seq, double value)
{
    rig_update(r, SENSOR, "sensor1", THEM, seq, seq, value);
}

/* It was silent for so long that its session ended. */
static void measure_again(struct rig *r, uint64_t seq, double value)
{
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
    measure(r, seq, value);
}

static void assert_decided(const struct rig *r, const char *value, uint64_t for_ms)
{
    const struct record *record = rig_fact(r, FACT_APPENDED)->record;
    assert_true(span_is(record->type, "decision"));
    assert_true(span_is(record->topic, "actuator1/cool/rule"));
    assert_true(span_is(record->value.text, value));
    assert_int_equal(record->for_ms, for_ms);
}

/* No decision; what the fan is may have been. */
static void assert_unwritten(const struct rig *r)
{
    for (size_t i = 0; i < r->fx.count; i++) {
        const struct effect *e = &r->fx.list[i];
        if (e->kind == EFFECT_PUBLISH && e->fact.kind == FACT_APPENDED)
            assert_false(record_is_decision(e->fact.record));
    }
}

/* Of an earlier life, so long ago; what it says. */
static struct record earlier(const struct rig *r, const char *value, uint64_t ago_ms)
{
    return (struct record){.device = SPAN("actuator1"),
                           .type = SPAN("decision"),
                           .topic = SPAN("actuator1/cool/rule"),
                           .epoch = US - 1,
                           .seq = 4,
                           .ts = r->wall_ms - ago_ms,
                           .value = value_text(span_of(value)),
                           .answers = SPAN("sensor1/2097153/1")};
}

static void a_condition_that_has_held_a_while_is_written_once(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    assert_unwritten(r);
    rig_wait(r, TIME_COUNT_MS - 1);
    assert_unwritten(r);
    rig_wait(r, 1);
    assert_decided(r, "counting", TIME_COUNT_MS);
    assert_true(span_is(rig_fact(r, FACT_APPENDED)->record->answers, "sensor1/2097153/1"));
    measure_again(r, 2, 27);
    assert_unwritten(r);
    measure(r, 3, 24);
    assert_decided(r, "idle", 0);
}

static void what_comes_and_goes_sooner_costs_nothing(void **state)
{
    struct rig *r = *state;
    begin(r);
    for (uint64_t seq = 1; seq < 10; seq += 2) {
        measure(r, seq, 26);
        assert_unwritten(r);
        rig_wait(r, TIME_COUNT_MS - 1);
        assert_unwritten(r);
        measure_again(r, seq + 1, 24);
        assert_unwritten(r);
    }
}

static void a_short_hold_is_not_written(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_wait(r, TIME_COUNT_MS);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 1);
    assert_true(span_is(rig_fact(r, FACT_APPENDED)->record->type, "fan"));
}

static void a_count_goes_on_where_it_was(void **state)
{
    struct rig *r = *state;
    struct record record = earlier(r, "counting", 7000);
    record.for_ms = TIME_COUNT_MS;
    rig_restore(r, &record);
    begin(r);
    measure(r, 1, 26);
    assert_unwritten(r);
    rig_wait(r, HOLD_MS - 7000 - TIME_COUNT_MS - 1);
    assert_int_equal(rig_fact_count(r, FACT_STATE), 0);
    rig_wait(r, 1);
    assert_true(rig_fact(r, FACT_STATE)->active);
}

/* Its monotonic clock began after the count did. */
static void a_count_goes_on_after_a_reboot(void **state)
{
    struct rig *r = *state;
    struct record record = earlier(r, "counting", 15000);
    r->now_ms = 1;
    rig_restore(r, &record);
    begin(r);
    measure(r, 1, 26);
    rig_wait(r, HOLD_MS - 15000 - 1);
    assert_int_equal(rig_fact_count(r, FACT_STATE), 0);
    rig_wait(r, 1);
    assert_true(rig_fact(r, FACT_STATE)->active);
}

static void a_count_ends_when_its_conditions_hold_no_more(void **state)
{
    struct rig *r = *state;
    struct record record = earlier(r, "counting", 1000);
    rig_restore(r, &record);
    begin(r);
    measure(r, 1, 24);
    assert_decided(r, "idle", 0);
    measure(r, 2, 26);
    rig_wait(r, HOLD_MS - 1);
    assert_int_equal(rig_fact_count(r, FACT_STATE), 0);
}

static void who_was_away_for_too_long_counts_from_the_beginning(void **state)
{
    struct rig *r = *state;
    struct record record = earlier(r, "counting", TIME_COUNT_GAP_MS + 1);
    rig_restore(r, &record);
    begin(r);
    measure(r, 1, 26);
    assert_decided(r, "idle", 0);
    rig_wait(r, HOLD_MS - 1);
    assert_int_equal(rig_fact_count(r, FACT_STATE), 0);
    rig_wait(r, 1);
    assert_true(rig_fact(r, FACT_STATE)->active);
}

static void a_new_epoch_says_again_what_is_counted(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_wait(r, TIME_COUNT_MS);
    rig_stored(r);
    rig_wait(r, 1000);
    rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = US + 1});
    assert_decided(r, "counting", TIME_COUNT_MS + 1000);
}

static void wish(struct rig *r, uint64_t seq, const char *value)
{
    struct record record = {.device = SPAN("controller1"),
                            .type = SPAN("set"),
                            .topic = SPAN("actuator1/fan/set"),
                            .epoch = THEM,
                            .seq = seq,
                            .ts = r->wall_ms + seq,
                            .value = value_text(span_of(value))};
    rig_record(r, FIRST, &record);
}

static void what_it_becomes_behind_a_persons_wish_is_written(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    measure(r, 1, 24);
    wish(r, 1, "off");
    measure(r, 2, 26);
    assert_decided(r, "active", 0);
}

static void of_two_records_the_later_says_what_it_is(void **state)
{
    struct rig *r = *state;
    struct record active = earlier(r, "active", 9000);
    struct record fan = {.device = SPAN("actuator1"),
                         .type = SPAN("fan"),
                         .epoch = US - 1,
                         .seq = 5,
                         .ts = r->wall_ms - 8000,
                         .value = value_text(SPAN("off"))};
    rig_restore(r, &fan);
    rig_restore(r, &active);
    assert_false(r->n->rules[0].active);
    active.seq = 6;
    rig_restore(r, &active);
    assert_true(r->n->rules[0].active);
}

static void a_decision_of_another_is_nothing_to_us(void **state)
{
    struct rig *r = *state;
    struct record record = earlier(r, "active", 1000);
    record.device = SPAN("actuator2");
    record.topic = SPAN("actuator2/cool/rule");
    rig_restore(r, &record);
    begin(r);
    assert_false(r->n->rules[0].active);
    assert_null(r->n->drive_count > 0 ? r->n->drives[0] : NULL);
}

static void the_longest_names_have_a_topic(void **state)
{
    struct rig *r = *state;
    assert_int_equal(strlen(longest), LIMIT_NAME);
    begin(r);
    measure(r, 1, 26);
    const struct record *record = rig_fact(r, FACT_APPENDED)->record;
    assert_int_equal(record->topic.size, LIMIT_TOPIC);
    assert_true(access_topic_valid(record->topic));
}

#define TEST(test, setup) cmocka_unit_test_setup_teardown(test, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_condition_that_has_held_a_while_is_written_once, setup_for),
        TEST(what_comes_and_goes_sooner_costs_nothing, setup_for),
        TEST(a_short_hold_is_not_written, setup_short),
        TEST(a_count_goes_on_where_it_was, setup_for),
        TEST(a_count_goes_on_after_a_reboot, setup_for),
        TEST(a_count_ends_when_its_conditions_hold_no_more, setup_for),
        TEST(who_was_away_for_too_long_counts_from_the_beginning, setup_for),
        TEST(a_new_epoch_says_again_what_is_counted, setup_for),
        TEST(what_it_becomes_behind_a_persons_wish_is_written, rig_setup_actuator),
        TEST(of_two_records_the_later_says_what_it_is, rig_setup_actuator),
        TEST(the_longest_names_have_a_topic, setup_longest),
        TEST(a_decision_of_another_is_nothing_to_us, rig_setup_actuator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
