#include "core/drive.h"

#include "core/rig.h"

#include <stdio.h>

enum { US = 1048577, THEM = 2097153, SENSOR = 2, FIRST = 4, SECOND = 6 };
enum { TEN_MINUTES = 600000 };

static struct record wish(const struct rig *r, const char *author, uint64_t seq, const char *topic,
                          const char *value)
{
    return (struct record){.device = span_of(author),
                           .type = SPAN("set"),
                           .topic = span_of(topic),
                           .epoch = THEM,
                           .seq = seq,
                           .ts = r->wall_ms,
                           .value = value_text(span_of(value))};
}

static void want(struct rig *r, uint64_t seq, const char *value, uint64_t for_ms)
{
    struct record record = wish(r, "controller1", seq, "actuator1/fan/set", value);
    record.for_ms = for_ms;
    rig_record(r, FIRST, &record);
}

static void begin(struct rig *r)
{
    rig_start(r, US);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
}

static void measure(struct rig *r, uint64_t seq, double value)
{
    rig_update(r, SENSOR, "sensor1", THEM, seq, seq, value);
}

/* What the fan's last report says, and whose wish it answers ("": none). */
static void assert_fan(const struct rig *r, const char *value, const char *answers)
{
    const struct fact *fact = rig_fact(r, FACT_APPENDED);
    assert_true(span_is(fact->record->type, "fan"));
    assert_true(span_is(fact->record->value.text, value));
    assert_true(span_is(fact->record->answers, answers));
}

static void assert_unwritten(const struct rig *r)
{
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
}

static void what_a_person_wants_is_carried_out_and_answered(void **state)
{
    struct rig *r = *state;
    begin(r);
    want(r, 1, "on", 0);
    assert_fan(r, "on", "controller1/2097153/1");
    assert_int_equal(rig_fact(r, FACT_DECIDES)->by, FACT_BY_PERSON);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0); /* it is not on disk */
    rig_stored(r);
    assert_true(span_is(rig_effect(r, EFFECT_ACT)->act.value.text, "on"));
}

static void what_is_so_already_is_answered_and_not_done_again(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_stored(r);
    want(r, 1, "on", 0);
    assert_fan(r, "on", "controller1/2097153/1");
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0);
}

static void it_holds_against_rules_until_auto(void **state)
{
    struct rig *r = *state;
    begin(r);
    want(r, 1, "off", 0);
    measure(r, 1, 26);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 1); /* what the rule has become, no fan */
    assert_true(span_is(rig_fact(r, FACT_APPENDED)->record->type, "decision"));
    const struct fact *held = rig_fact(r, FACT_HELD);
    assert_true(span_is(held->device, "controller1"));
    assert_true(span_is(held->value.text, "on"));
    measure(r, 2, 27);
    assert_int_equal(rig_fact_count(r, FACT_HELD), 0); /* said once */
    want(r, 2, "auto", 0);
    assert_fan(r, "on", "");
    assert_int_equal(rig_fact(r, FACT_DECIDES)->by, FACT_BY_RULE);
}

static void it_holds_until_its_time_is_over(void **state)
{
    struct rig *r = *state;
    begin(r);
    want(r, 1, "off", 2000);
    assert_int_equal(rig_fact(r, FACT_APPENDED)->record->for_ms, 2000);
    measure(r, 1, 26);
    rig_wait(r, 1999);
    assert_unwritten(r);
    rig_wait(r, 1);
    assert_fan(r, "on", "");
}

static void a_controllers_rule_decides_while_it_is_there(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 24);
    rig_stored(r);
    struct record record = wish(r, "controller1", 1, "actuator1/fan/auto", "on");
    record.cause = SPAN("{\"rule\":\"mean\",\"by\":\"controller1\",\"conditions\":[]}");
    rig_record(r, FIRST, &record);
    assert_fan(r, "on", "controller1/2097153/1");
    assert_true(span_equal(rig_fact(r, FACT_APPENDED)->record->cause, record.cause));
    assert_int_equal(rig_fact(r, FACT_DECIDES)->by, FACT_BY_CONTROLLER);
    measure(r, 2, 23);
    assert_unwritten(r);
    rig_link_down(r, FIRST);
    assert_fan(r, "off", "");
    assert_true(span_is(rig_fact(r, FACT_DECIDES)->cause, "controller1"));
}

static void a_controller_of_another_life_does_not_decide_by_what_it_wrote_before(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 24);
    rig_stored(r);
    struct record record = wish(r, "controller1", 1, "actuator1/fan/auto", "on");
    rig_record(r, FIRST, &record);
    rig_link_down(r, FIRST);
    rig_meet(r, SECOND, "controller1", ROLE_CONTROLLER, THEM + 1048576);
    assert_unwritten(r);
}

static void a_controller_whose_key_forked_decides_no_more(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 24);
    rig_stored(r);
    struct record record = wish(r, "controller1", 1, "actuator1/fan/auto", "on");
    rig_record(r, FIRST, &record);
    assert_fan(r, "on", "controller1/2097153/1");
    rig_fork(r, "controller1"); /* and it stays connected */
    assert_fan(r, "off", "");
    assert_int_equal(rig_fact(r, FACT_DECIDES)->by, FACT_BY_RULE);
}

static void a_person_goes_before_a_controllers_rule(void **state)
{
    struct rig *r = *state;
    begin(r);
    want(r, 1, "off", 0);
    struct record record = wish(r, "controller1", 2, "actuator1/fan/auto", "on");
    rig_record(r, FIRST, &record);
    assert_unwritten(r);
    want(r, 3, "auto", 0);
    assert_fan(r, "on", "controller1/2097153/2");
}

static void of_two_people_the_one_with_the_greater_stamp_is_obeyed(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, SECOND, "controller2", ROLE_CONTROLLER, THEM);
    r->wall_ms += 1000;
    struct record later = wish(r, "controller1", 1, "actuator1/fan/set", "on");
    r->wall_ms -= 1000;
    struct record earlier = wish(r, "controller2", 1, "actuator1/fan/set", "off");
    rig_record(r, FIRST, &later);
    rig_record(r, SECOND, &earlier);
    assert_unwritten(r);
    struct record tie = wish(r, "controller2", 2, "actuator1/fan/set", "off");
    tie.ts = later.ts;
    rig_record(r, SECOND, &tie);
    assert_fan(r, "off", "controller2/2097153/2");
}

static void what_is_wanted_of_another_device_moves_nothing(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct record record = wish(r, "controller1", 1, "actuator2/fan/set", "on");
    rig_record(r, FIRST, &record);
    assert_unwritten(r);
}

/* Restored: the fan is on, as a person wanted for ten minutes, of which so much was left. */
static void restore(struct rig *r, uint64_t for_ms, uint64_t gone_ms)
{
    struct record record = wish(r, "controller1", 1, "actuator1/fan/set", "on");
    record.for_ms = TEN_MINUTES;
    rig_restore(r, &record);
    struct record fan = {.device = SPAN("actuator1"),
                         .type = SPAN("fan"),
                         .epoch = US,
                         .seq = 1,
                         .ts = r->wall_ms - gone_ms,
                         .for_ms = for_ms,
                         .answers = SPAN("controller1/2097153/1"),
                         .value = value_text(SPAN("on"))};
    rig_restore(r, &fan);
    rig_start(r, US + 1048576);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
}

static void what_a_person_wants_survives_a_restart_with_the_rest_of_its_time(void **state)
{
    struct rig *r = *state;
    restore(r, 5000, 3000);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0);
    measure(r, 1, 20);
    assert_unwritten(r);
    assert_int_equal(rig_fact(r, FACT_HELD)->ms, 2000);
    rig_wait(r, 1999);
    assert_unwritten(r);
    rig_wait(r, 1);
    assert_fan(r, "off", "");
}

static void what_was_over_during_the_restart_is_not_revived(void **state)
{
    struct rig *r = *state;
    restore(r, 5000, 5000);
    measure(r, 1, 20);
    assert_fan(r, "off", "");
}

static void what_was_over_before_the_restart_is_not_revived(void **state)
{
    struct rig *r = *state;
    struct record record = wish(r, "controller1", 1, "actuator1/fan/set", "on");
    record.for_ms = TEN_MINUTES;
    rig_restore(r, &record);
    struct record fan = {.device = SPAN("actuator1"),
                         .type = SPAN("fan"),
                         .epoch = US,
                         .seq = 2,
                         .ts = r->wall_ms,
                         .value = value_text(SPAN("off"))}; /* by a rule, later */
    rig_restore(r, &fan);
    rig_start(r, US + 1048576);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
    measure(r, 1, 20);
    assert_false(rig_fact(r, FACT_ACTION)->changed);
    measure(r, 2, 26);
    assert_fan(r, "on", "");
}

/* The rule was idle: its hysteresis must not take the person's value for its own. */
static void what_a_person_wanted_does_not_restore_a_rule(void **state)
{
    struct rig *r = *state;
    r->n->rules[0].rule.conditions[0].hysteresis = 2;
    restore(r, 1000, 0);
    rig_wait(r, 1000);
    measure(r, 1, 24.5);
    assert_fan(r, "off", "");
}

/* As sync.c tells it of a record that is older than the session. */
static void backlog(struct rig *r, uint64_t age_ms)
{
    rig_start(r, US);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
    measure(r, 1, 20);
    rig_stored(r);
    rig_link_up(r, FIRST, "controller1", 0, ROLE_CONTROLLER);
    rig_greet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    struct log_id id = rig_log("controller1", THEM);
    struct message_entry entry = {.log = {.device = SPAN("controller1"),
                                          .key = id.key,
                                          .epoch = THEM},
                                  .first = 1,
                                  .last = 1};
    struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = &entry, .count = 1}};
    rig_message(r, FIRST, &have);
    struct record record = wish(r, "controller1", 1, "actuator1/fan/set", "on");
    record.ts -= age_ms;
    record.for_ms = 5000;
    rig_record(r, FIRST, &record);
}

static void what_was_set_while_we_were_away_holds_for_the_rest_of_its_time(void **state)
{
    struct rig *r = *state;
    backlog(r, 3000);
    assert_fan(r, "on", "controller1/2097153/1");
    assert_int_equal(rig_fact(r, FACT_APPENDED)->record->for_ms, 2000);
    rig_wait(r, 1999);
    assert_unwritten(r);
    rig_wait(r, 1);
    assert_fan(r, "off", "");
}

static void what_was_over_before_it_reached_us_is_not_done(void **state)
{
    struct rig *r = *state;
    backlog(r, 5000);
    assert_unwritten(r);
    assert_int_equal(rig_count(r, EFFECT_ACT), 0);
}

static void beyond_the_limit_a_property_is_not_driven_and_the_others_are(void **state)
{
    struct rig *r = *state;
    begin(r);
    want(r, 1, "on", 0);
    for (uint64_t i = 2; i <= LIMIT_DRIVES + 1; i++) {
        char topic[LIMIT_TOPIC];
        snprintf(topic, sizeof topic, "actuator1/p%u/set", (unsigned)i);
        struct record record = wish(r, "controller1", i, topic, "on");
        rig_record(r, FIRST, &record);
        assert_int_equal(rig_fact_count(r, FACT_APPENDED), i <= LIMIT_DRIVES);
    }
    want(r, LIMIT_DRIVES + 2, "off", 0);
    assert_true(span_is(rig_fact(r, FACT_APPENDED)->record->value.text, "off"));
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(what_a_person_wants_is_carried_out_and_answered),
        RIGGED(what_is_so_already_is_answered_and_not_done_again),
        RIGGED(it_holds_against_rules_until_auto),
        RIGGED(it_holds_until_its_time_is_over),
        RIGGED(a_controllers_rule_decides_while_it_is_there),
        RIGGED(a_controller_of_another_life_does_not_decide_by_what_it_wrote_before),
        RIGGED(a_controller_whose_key_forked_decides_no_more),
        RIGGED(a_person_goes_before_a_controllers_rule),
        RIGGED(of_two_people_the_one_with_the_greater_stamp_is_obeyed),
        RIGGED(what_is_wanted_of_another_device_moves_nothing),
        RIGGED(what_a_person_wants_survives_a_restart_with_the_rest_of_its_time),
        RIGGED(what_was_over_during_the_restart_is_not_revived),
        RIGGED(what_was_over_before_the_restart_is_not_revived),
        RIGGED(what_a_person_wanted_does_not_restore_a_rule),
        RIGGED(what_was_set_while_we_were_away_holds_for_the_rest_of_its_time),
        RIGGED(what_was_over_before_it_reached_us_is_not_done),
        RIGGED(beyond_the_limit_a_property_is_not_driven_and_the_others_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
