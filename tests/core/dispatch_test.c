#include "core/dispatch.h"

#include "core/command.h"
#include "core/rig.h"

#include <stdio.h>

enum { US = 1048577, THEM = 2097153, SENSOR = 2, DOOR = 4, OTHER = 6 };

/* Opens door1 above 25 degrees, shuts it below. */
static struct rule door_rule(const char *device)
{
    struct rule rule;
    rule_default_cool(&rule);
    ident_name_copy(rule.name, SPAN("vent"));
    rule.action_count = 0;
    rule.command_count = 2;
    rule.commands[0] = (struct rule_command){.property = "open", .value = "30", .at = RULE_ACTIVE};
    rule.commands[1] = (struct rule_command){.property = "shut", .at = RULE_IDLE};
    for (size_t i = 0; i < rule.command_count; i++)
        ident_name_copy(rule.commands[i].device, span_of(device));
    return rule;
}

static int setup_free(void **state)
{
    struct rule rule = door_rule("door1");
    return rig_setup_rules(state, "controller2", ROLE_CONTROLLER, &rule, 1);
}

static int setup_every(void **state)
{
    struct rule rule = door_rule("door*");
    return rig_setup_rules(state, "controller2", ROLE_CONTROLLER, &rule, 1);
}

static int setup_backup(void **state)
{
    struct rule rule = door_rule("door1");
    ident_name_copy(rule.owners[0], SPAN("controller1"));
    ident_name_copy(rule.owners[1], SPAN("controller2"));
    rule.owner_count = 2;
    return rig_setup_rules(state, "controller2", ROLE_CONTROLLER, &rule, 1);
}

static int setup_own(void **state)
{
    struct rule rule = door_rule("");
    return rig_setup_rules(state, "door1", ROLE_ACTUATOR, &rule, 1);
}

static void pong(struct rig *r, uint64_t link)
{
    struct message m = {.kind = MESSAGE_PONG, .ping = {.sent_ms = r->now_ms, .clock_ms = 500}};
    rig_message(r, link, &m);
}

static void begin(struct rig *r)
{
    rig_start(r, US);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
    rig_meet(r, DOOR, "door1", ROLE_ACTUATOR, THEM);
    pong(r, DOOR);
}

static void measure(struct rig *r, uint64_t seq, double value)
{
    rig_update(r, SENSOR, "sensor1", THEM, seq, seq, value);
}

static void keep_id(const struct rig *r, char id[LIMIT_RECORD_NAME + 1])
{
    struct span sent = rig_sent(r, MESSAGE_COMMAND)->command.id;
    snprintf(id, LIMIT_RECORD_NAME + 1, "%.*s", (int)sent.size, sent.bytes);
}

/* A rule that switches at this reading, in a network of its own: the id of what it gives. */
static void id_of(const struct rule *rule, const char *device, uint64_t seq,
                  char id[LIMIT_RECORD_NAME + 1])
{
    void *state;
    rig_setup_rules(&state, device, ROLE_CONTROLLER, rule, 1);
    struct rig *r = state;
    begin(r);
    measure(r, seq, 26);
    rig_stored(r);
    keep_id(r, id);
    rig_teardown(&state);
}

static void a_command_is_given_once_its_decision_is_on_disk(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
    const struct record *decision = rig_fact(r, FACT_APPENDED)->record;
    assert_true(span_is(decision->topic, "controller2/vent/rule"));
    assert_true(span_is(decision->value.text, "active"));
    assert_true(span_is(decision->answers, "sensor1/2097153/1"));
    rig_stored(r);
    const struct message *m = rig_sent(r, MESSAGE_COMMAND);
    assert_true(span_is(m->command.topic, "door1/open"));
    assert_true(m->command.value.kind == VALUE_NUMBER);
    assert_int_equal(m->command.id.size, COMMAND_RULE_ID);
    assert_memory_equal(m->command.id.bytes, COMMAND_RULE_PREFIX, 5);
    assert_int_equal(m->command.deadline_ms, 500 + TIME_RULE_COMMAND_MS);
    char cause[LIMIT_CAUSE + 1];
    snprintf(cause, sizeof cause, "%.*s", (int)m->command.cause.size, m->command.cause.bytes);
    assert_non_null(strstr(cause, "{\"rule\":\"vent\",\"by\":\"controller2\""));
    assert_non_null(strstr(cause, "\"value\":26,\"holds\":true"));
}

static void it_is_given_when_the_rule_begins_and_another_when_it_ends(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_stored(r);
    measure(r, 2, 27);
    rig_stored(r);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
    measure(r, 3, 24);
    rig_stored(r);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 1);
    assert_true(span_is(rig_sent(r, MESSAGE_COMMAND)->command.topic, "door1/shut"));
    assert_true(rig_sent(r, MESSAGE_COMMAND)->command.value.kind == VALUE_NONE);
}

static void the_same_rule_and_record_make_the_same_id_and_nothing_else_does(void **state)
{
    char first[LIMIT_RECORD_NAME + 1], other[LIMIT_RECORD_NAME + 1];
    struct rule rule = door_rule("door1");
    (void)state;
    id_of(&rule, "controller2", 1, first);
    id_of(&rule, "controller3", 1, other);
    assert_string_equal(first, other);
    ident_name_copy(rule.owners[0], SPAN("controller2"));
    rule.owner_count = 1;
    id_of(&rule, "controller2", 1, other);
    assert_string_equal(first, other);
    rule.conditions[0].threshold = 24;
    id_of(&rule, "controller2", 1, other);
    assert_string_not_equal(first, other);
    rule = door_rule("door1");
    rule.commands[0].value[0] = '4';
    id_of(&rule, "controller2", 1, other);
    assert_string_not_equal(first, other);
}

static void each_time_that_it_begins_has_an_id_of_its_own(void **state)
{
    char first[LIMIT_RECORD_NAME + 1], second[LIMIT_RECORD_NAME + 1];
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_stored(r);
    keep_id(r, first);
    measure(r, 2, 24);
    rig_stored(r);
    measure(r, 3, 26);
    rig_stored(r);
    keep_id(r, second);
    assert_string_not_equal(first, second);
}

static void a_pattern_means_every_actuator_that_is_there(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, OTHER, "door2", ROLE_ACTUATOR, THEM);
    pong(r, OTHER);
    measure(r, 1, 26);
    rig_stored(r);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 2);
}

static void who_is_not_there_is_told_to_people(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
    measure(r, 1, 26);
    rig_stored(r);
    assert_int_equal(rig_fact(r, FACT_COMMANDED)->outcome, FACT_OUTCOME_REFUSED);
    assert_true(span_is(rig_fact(r, FACT_COMMANDED)->property, "vent"));
    rig_meet(r, DOOR, "door1", ROLE_ACTUATOR, THEM);
    pong(r, DOOR);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
}

static void a_backup_gives_it_when_its_owner_is_lost_in_time(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, OTHER, "controller1", ROLE_CONTROLLER, THEM);
    measure(r, 1, 26);
    rig_stored(r);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
    r->now_ms += 900;
    rig_link_down(r, OTHER);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 1);
    rig_meet(r, OTHER, "controller1", ROLE_CONTROLLER, THEM + 1);
    rig_link_down(r, OTHER);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0); /* once */
}

static void a_backup_gives_nothing_later(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, OTHER, "controller1", ROLE_CONTROLLER, THEM);
    measure(r, 1, 26);
    rig_stored(r);
    r->now_ms += TIME_RULE_COMMAND_MS;
    rig_link_down(r, OTHER);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 0);
}

static void what_rests_on_plain_readings_gives_none(void **state)
{
    struct rig *r = *state;
    struct reading reading = {.type = SPAN("temperature"), .value = value_number(26)};
    struct event e = {.kind = EVENT_PLAIN, .plain = {.device = SPAN("py"), .reading = &reading}};
    r->n->plain = true;
    begin(r);
    rig_step(r, &e);
    assert_true(r->n->rules[0].active);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
    rig_stored(r);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
}

static void while_nothing_can_be_written_none_is_given(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_event(r, EVENT_STORE_FAILED);
    measure(r, 1, 26);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
    rig_event(r, EVENT_STORE_READY);
    rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = US + 1});
    rig_stored(r);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
}

/* An actuator's rule: both records, the decision and the start, are on disk before it is done. */
static void an_actuators_rule_commands_itself(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
    measure(r, 1, 26);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
    const struct record *started = rig_fact(r, FACT_APPENDED)->record;
    assert_true(span_is(started->type, "open"));
    assert_true(span_is(started->value.text, "started"));
    rig_stored(r);
    assert_true(span_is(rig_effect(r, EFFECT_COMMAND)->command.value, "30"));
}

#define TEST(test, setup) cmocka_unit_test_setup_teardown(test, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_given_once_its_decision_is_on_disk, setup_free),
        TEST(it_is_given_when_the_rule_begins_and_another_when_it_ends, setup_free),
        cmocka_unit_test(the_same_rule_and_record_make_the_same_id_and_nothing_else_does),
        TEST(each_time_that_it_begins_has_an_id_of_its_own, setup_free),
        TEST(a_pattern_means_every_actuator_that_is_there, setup_every),
        TEST(who_is_not_there_is_told_to_people, setup_free),
        TEST(a_backup_gives_it_when_its_owner_is_lost_in_time, setup_backup),
        TEST(a_backup_gives_nothing_later, setup_backup),
        TEST(what_rests_on_plain_readings_gives_none, setup_free),
        TEST(while_nothing_can_be_written_none_is_given, setup_free),
        TEST(an_actuators_rule_commands_itself, setup_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
