#include "core/order.h"

#include "core/rig.h"

#include <stdio.h>

enum { US = 1048577, THEM = 2097153, SENSOR = 2, ACTUATOR = 4, FIRST = 6, SECOND = 8 };

static struct rule mean_rule(const char *owner, const char *backup)
{
    struct rule rule;
    rule_default_mean(&rule);
    if (owner != NULL)
        ident_name_copy(rule.owners[rule.owner_count++], span_of(owner));
    if (backup != NULL)
        ident_name_copy(rule.owners[rule.owner_count++], span_of(backup));
    return rule;
}

static int setup_free(void **state)
{
    struct rule rule = mean_rule(NULL, NULL);
    return rig_setup_rules(state, "controller2", ROLE_CONTROLLER, &rule, 1);
}

static int setup_owner(void **state)
{
    struct rule rule = mean_rule("controller2", "controller1");
    return rig_setup_rules(state, "controller2", ROLE_CONTROLLER, &rule, 1);
}

static int setup_backup(void **state)
{
    struct rule rule = mean_rule("controller1", "controller2");
    return rig_setup_rules(state, "controller2", ROLE_CONTROLLER, &rule, 1);
}

static int setup_second_backup(void **state)
{
    struct rule rule = mean_rule("controller3", "controller1");
    ident_name_copy(rule.owners[rule.owner_count++], SPAN("controller2"));
    return rig_setup_rules(state, "controller2", ROLE_CONTROLLER, &rule, 1);
}

static int setup_stranger(void **state)
{
    struct rule rule = mean_rule("controller1", "controller3");
    return rig_setup_rules(state, "controller2", ROLE_CONTROLLER, &rule, 1);
}

static void begin(struct rig *r)
{
    rig_start(r, US);
    rig_meet(r, SENSOR, "sensor1", ROLE_SENSOR, THEM);
    rig_meet(r, ACTUATOR, "actuator1", ROLE_ACTUATOR, THEM);
}

static void measure(struct rig *r, uint64_t seq, double value)
{
    rig_update(r, SENSOR, "sensor1", THEM, seq, seq, value);
}

/* Of another controller, with a stamp of now. */
static void claim(struct rig *r, uint64_t link, const char *author, uint64_t seq, const char *value)
{
    struct record record = {.device = span_of(author),
                            .type = SPAN("set"),
                            .topic = SPAN("actuator1/fan/auto"),
                            .epoch = THEM,
                            .seq = seq,
                            .ts = r->wall_ms + 10 * seq,
                            .value = value_text(span_of(value))};
    rig_record(r, link, &record);
}

static void assert_ordered(const struct rig *r, const char *topic, const char *value)
{
    const struct fact *fact = rig_fact(r, FACT_APPENDED);
    assert_true(span_is(fact->record->topic, topic));
    assert_true(span_is(fact->record->value.text, value));
}

static void assert_silent(const struct rig *r)
{
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
}

static void a_rule_says_what_it_wants_of_another_when_that_changes(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    assert_ordered(r, "actuator1/fan/auto", "on");
    const struct record *record = rig_fact(r, FACT_APPENDED)->record;
    char cause[LIMIT_CAUSE + 1];
    snprintf(cause, sizeof cause, "%.*s", (int)record->cause.size, record->cause.bytes);
    assert_non_null(strstr(cause, "\"by\":\"controller2\""));
    assert_non_null(strstr(cause, "\"value\":26,\"holds\":true"));
    measure(r, 2, 27);
    assert_silent(r);
    measure(r, 3, 24);
    assert_ordered(r, "actuator1/fan/auto", "off");
}

static void an_actuator_that_comes_later_is_told(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    assert_int_equal(node_topic(r->n, SPAN("actuator2/fan/auto")).size, 0);
    rig_meet(r, FIRST, "actuator2", ROLE_ACTUATOR, THEM);
    assert_true(node_topic(r->n, SPAN("actuator2/fan/auto")).size > 0);
    measure(r, 2, 24);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 2);
}

static void of_two_controllers_the_smaller_name_decides(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    claim(r, FIRST, "controller1", 1, "on");
    measure(r, 2, 24);
    assert_silent(r);
    rig_link_down(r, FIRST);
    assert_ordered(r, "actuator1/fan/auto", "off");
}

static void a_controller_whose_key_forked_counts_as_gone(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    claim(r, FIRST, "controller1", 1, "on");
    measure(r, 2, 24);
    assert_silent(r);
    rig_fork(r, "controller1");
    assert_ordered(r, "actuator1/fan/auto", "off");
}

static void a_backup_stands_in_for_an_owner_whose_key_forked(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    measure(r, 1, 26);
    assert_silent(r);
    rig_fork(r, "controller1");
    assert_ordered(r, "actuator1/fan/auto", "on");
}

static void a_greater_name_is_written_over_at_once(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_meet(r, FIRST, "controller3", ROLE_CONTROLLER, THEM);
    r->now_ms += TIME_ORDER_MS;
    claim(r, FIRST, "controller3", 1, "off");
    assert_ordered(r, "actuator1/fan/auto", "on");
    claim(r, FIRST, "controller3", 2, "off"); /* once a second is enough */
    assert_silent(r);
    rig_wait(r, TIME_ORDER_MS);
    assert_ordered(r, "actuator1/fan/auto", "on");
}

static void an_owner_decides_whatever_the_names(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    claim(r, FIRST, "controller1", 1, "off");
    measure(r, 1, 26);
    assert_ordered(r, "actuator1/fan/auto", "on");
}

static void a_backup_waits_takes_over_and_steps_back(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    measure(r, 1, 26);
    assert_silent(r);
    rig_link_down(r, FIRST);
    assert_ordered(r, "actuator1/fan/auto", "on");
    measure(r, 2, 24);
    assert_ordered(r, "actuator1/fan/auto", "off");
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM + 1);
    measure(r, 3, 26);
    assert_silent(r);
}

/* A silent owner is gone after the time in which a session is lost. */
static void a_backup_takes_over_after_the_detection_time(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    measure(r, 1, 26);
    for (uint64_t ms = 0; ms < TIME_LOST_MS - 100; ms += 100) { /* all but the owner go on beating
                                                                 */
        rig_wait(r, 100);
        assert_silent(r);
        rig_step(r, &(struct event){.kind = EVENT_HEARD, .heard.link = SENSOR});
        rig_step(r, &(struct event){.kind = EVENT_HEARD, .heard.link = ACTUATOR});
    }
    rig_wait(r, 100);
    assert_ordered(r, "actuator1/fan/auto", "on");
}

static void the_second_backup_waits_for_the_first(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, THEM);
    rig_meet(r, SECOND, "controller3", ROLE_CONTROLLER, THEM);
    measure(r, 1, 26);
    assert_silent(r);
    rig_link_down(r, SECOND);
    assert_silent(r);
    rig_link_down(r, FIRST);
    assert_ordered(r, "actuator1/fan/auto", "on");
}

static void whoever_is_not_named_never_decides(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    assert_silent(r);
    measure(r, 2, 24);
    assert_silent(r);
}

static void plain_readings_move_nobody_else(void **state)
{
    struct rig *r = *state;
    struct reading reading = {.type = SPAN("temperature"), .value = value_number(30)};
    r->n->plain = true;
    begin(r);
    struct event plain = {.kind = EVENT_PLAIN,
                          .plain = {.device = SPAN("PySensor"), .reading = &reading}};
    rig_step(r, &plain);
    assert_true(r->n->rules[0].active);
    assert_silent(r);
}

static void a_new_epoch_says_again_what_is_wanted(void **state)
{
    struct rig *r = *state;
    begin(r);
    measure(r, 1, 26);
    rig_stored(r);
    rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = US + 1048576});
    assert_ordered(r, "actuator1/fan/auto", "on");
    assert_int_equal(rig_fact(r, FACT_APPENDED)->record->seq, 1);
}

static void what_a_rule_wanted_before_a_restart_it_knows_afterwards(void **state)
{
    struct rig *r = *state;
    r->n->rules[0].rule.conditions[0].hysteresis = 2;
    struct record record = {.device = SPAN("controller2"),
                            .type = SPAN("set"),
                            .topic = SPAN("actuator1/fan/auto"),
                            .epoch = US - 1048576,
                            .seq = 1,
                            .ts = r->wall_ms - 1000,
                            .value = value_text(SPAN("on"))};
    rig_restore(r, &record);
    begin(r);
    measure(r, 1, 24); /* off was below 23 */
    assert_ordered(r, "actuator1/fan/auto", "on");
}

#define FREE(test)     cmocka_unit_test_setup_teardown(test, setup_free, rig_teardown)
#define OWNER(test)    cmocka_unit_test_setup_teardown(test, setup_owner, rig_teardown)
#define BACKUP(test)   cmocka_unit_test_setup_teardown(test, setup_backup, rig_teardown)
#define SECOND(test)   cmocka_unit_test_setup_teardown(test, setup_second_backup, rig_teardown)
#define STRANGER(test) cmocka_unit_test_setup_teardown(test, setup_stranger, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FREE(a_rule_says_what_it_wants_of_another_when_that_changes),
        FREE(an_actuator_that_comes_later_is_told),
        FREE(of_two_controllers_the_smaller_name_decides),
        FREE(a_controller_whose_key_forked_counts_as_gone),
        BACKUP(a_backup_stands_in_for_an_owner_whose_key_forked),
        FREE(a_greater_name_is_written_over_at_once),
        OWNER(an_owner_decides_whatever_the_names),
        BACKUP(a_backup_waits_takes_over_and_steps_back),
        BACKUP(a_backup_takes_over_after_the_detection_time),
        SECOND(the_second_backup_waits_for_the_first),
        STRANGER(whoever_is_not_named_never_decides),
        FREE(plain_readings_move_nobody_else),
        FREE(a_new_epoch_says_again_what_is_wanted),
        FREE(what_a_rule_wanted_before_a_restart_it_knows_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
