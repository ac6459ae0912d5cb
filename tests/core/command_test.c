#include "core/command.h"

#include "core/rig.h"

#include <stdio.h>

enum { US = 1048577, THEM = 2097153, LINK = 2 };

static void message_of(struct message *m, const char *id, uint64_t epoch, uint64_t deadline_ms)
{
    *m = (struct message){.kind = MESSAGE_COMMAND,
                          .command = {.id = span_of(id),
                                      .topic = SPAN("actuator1/beep"),
                                      .epoch = epoch,
                                      .deadline_ms = deadline_ms}};
}

static void receive(struct rig *r, const char *id, uint64_t epoch, uint64_t deadline_ms)
{
    struct message m;
    message_of(&m, id, epoch, deadline_ms);
    rig_message(r, LINK, &m);
}

static void begin(struct rig *r)
{
    rig_start(r, US);
    rig_meet(r, LINK, "controller1", ROLE_CONTROLLER, THEM);
}

static void end(struct rig *r, uint64_t serial, bool failed)
{
    struct event e = {.kind = EVENT_COMMANDED, .commanded = {serial, failed}};
    rig_step(r, &e);
}

/* What the last record of ours says. */
static void assert_last(const struct rig *r, const char *value)
{
    const struct fact *fact = rig_fact(r, FACT_APPENDED);
    assert_true(span_is(fact->record->type, "beep"));
    assert_true(span_is(fact->record->value.text, value));
}

static void a_command_is_performed_once_its_start_is_on_disk(void **state)
{
    struct rig *r = *state;
    begin(r);
    receive(r, "controller1/1/1", US, r->now_ms + 1000);
    assert_last(r, "started");
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
    rig_stored(r);
    const struct effect *effect = rig_effect(r, EFFECT_COMMAND);
    assert_true(span_is(effect->command.property, "beep"));
    end(r, effect->command.serial, false);
    assert_last(r, "done");
}

static void a_command_that_fails_is_refused(void **state)
{
    struct rig *r = *state;
    begin(r);
    receive(r, "controller1/1/1", US, r->now_ms + 1000);
    rig_stored(r);
    end(r, rig_effect(r, EFFECT_COMMAND)->command.serial, true);
    assert_last(r, "refused");
}

static void a_command_that_comes_again_is_not_performed_again(void **state)
{
    struct rig *r = *state;
    begin(r);
    receive(r, "controller1/1/1", US, r->now_ms + 1000);
    receive(r, "controller1/1/1", US, r->now_ms + 1000); /* before it is on disk */
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 1);
    uint64_t serial = rig_effect(r, EFFECT_COMMAND)->command.serial;
    receive(r, "controller1/1/1", US, r->now_ms + 1000); /* while it runs */
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
    end(r, serial, false);
    rig_stored(r);
    receive(r, "controller1/1/1", US, r->now_ms + 1000); /* when it is done */
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_DONE);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
    r->now_ms += 2000; /* behind its deadline */
    receive(r, "controller1/1/1", US, r->now_ms - 1000);
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_DONE);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
}

static void what_is_over_makes_room_for_others_and_is_then_too_late(void **state)
{
    struct rig *r = *state;
    char id[32];
    begin(r);
    for (int i = 0; i <= LIMIT_COMMANDS; i++) {
        snprintf(id, sizeof id, "controller1/1/%d", i);
        receive(r, id, US, r->now_ms);
        assert_last(r, "started");
        rig_stored(r);
        end(r, rig_effect(r, EFFECT_COMMAND)->command.serial, false);
        r->now_ms++;
    }
    receive(r, "controller1/1/1", US, r->now_ms - LIMIT_COMMANDS);
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_DONE);
    receive(r, "controller1/1/0", US, r->now_ms - LIMIT_COMMANDS - 1);
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_EXPIRED);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
}

static void the_deadline_is_the_last_moment(void **state)
{
    struct rig *r = *state;
    begin(r);
    receive(r, "controller1/1/1", US, r->now_ms);
    assert_last(r, "started");
    rig_stored(r);
    end(r, rig_effect(r, EFFECT_COMMAND)->command.serial, false);
    receive(r, "controller1/1/2", US, r->now_ms - 1);
    assert_last(r, "expired");
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_EXPIRED);
}

static void a_disk_that_is_slow_lets_it_expire(void **state)
{
    struct rig *r = *state;
    begin(r);
    receive(r, "controller1/1/1", US, r->now_ms + 10);
    r->now_ms += 11;
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
    assert_last(r, "expired");
}

static void a_command_for_another_life_is_expired(void **state)
{
    struct rig *r = *state;
    begin(r);
    for (uint64_t epoch = US - 1; epoch <= US + 1; epoch += 2) {
        receive(r, "controller1/1/1", epoch, r->now_ms + 1000);
        assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_EXPIRED);
        assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
        rig_stored(r);
        assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
    }
}

static void an_id_of_somebody_else_is_refused(void **state)
{
    static const char *const ids[] = {"controller2/1/1", "controller1", "controller10/1", "/1"};
    struct rig *r = *state;
    begin(r);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        receive(r, ids[i], US, r->now_ms + 1000);
        assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_REFUSED);
        assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
    }
}

/* Whoever sends it: the same id, and another controller. */
static void a_rules_command_is_done_once_whoever_gives_it(void **state)
{
    static const char id[] = "rule:0123456789abcdef0123456789abcdef01234567";
    struct rig *r = *state;
    struct message m;
    begin(r);
    rig_meet(r, 4, "controller2", ROLE_CONTROLLER, THEM);
    message_of(&m, id, US, r->now_ms + 1000);
    m.command.cause = SPAN("{\"rule\":\"vent\",\"by\":\"controller1\",\"conditions\":[]}");
    rig_message(r, LINK, &m);
    assert_last(r, "started");
    assert_true(span_equal(rig_fact(r, FACT_APPENDED)->record->cause, m.command.cause));
    rig_stored(r);
    uint64_t serial = rig_effect(r, EFFECT_COMMAND)->command.serial;
    rig_message(r, 4, &m);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
    end(r, serial, false);
    rig_stored(r);
    rig_message(r, 4, &m);
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_DONE);
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
}

static void what_only_looks_like_a_rules_id_is_refused(void **state)
{
    /* cut, one digit short, one too many, capitals, another word */
    static const char *const ids[] = {"rule:", "rule:0123456789abcdef0123456789abcdef0123456",
                                      "rule:0123456789abcdef0123456789abcdef012345678",
                                      "rule:0123456789ABCDEF0123456789abcdef01234567",
                                      "rule/0123456789abcdef0123456789abcdef01234567"};
    struct rig *r = *state;
    begin(r);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        receive(r, ids[i], US, r->now_ms + 1000);
        assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_REFUSED);
        assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
    }
}

static void a_rules_id_is_kept_for_as_long_as_another_may_give_it(void **state)
{
    static const char id[] = "rule:0123456789abcdef0123456789abcdef01234567";
    struct rig *r = *state;
    char other[32];
    begin(r);
    uint64_t deadline_ms = r->now_ms;
    receive(r, id, US, deadline_ms);
    rig_stored(r);
    end(r, rig_effect(r, EFFECT_COMMAND)->command.serial, false);
    r->now_ms += TIME_RULE_COMMAND_MS;
    for (int i = 0; i < LIMIT_COMMANDS - 1; i++) {
        snprintf(other, sizeof other, "controller1/1/%d", i);
        receive(r, other, US, r->now_ms);
        rig_stored(r);
        end(r, rig_effect(r, EFFECT_COMMAND)->command.serial, false);
    }
    receive(r, "controller1/1/more", US, r->now_ms);
    assert_true(span_is(rig_sent(r, MESSAGE_OUTCOME)->outcome.reason, "too many commands at once"));
    receive(r, id, US, r->now_ms + 1000);
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_DONE);
    r->now_ms++;
    receive(r, "controller1/1/more", US, r->now_ms);
    assert_last(r, "started");
}

static void a_busy_property_and_another_target_are_refused(void **state)
{
    struct rig *r = *state;
    struct message m;
    begin(r);
    receive(r, "controller1/1/1", US, r->now_ms + 1000);
    receive(r, "controller1/1/2", US, r->now_ms + 1000);
    assert_true(
        span_is(rig_sent(r, MESSAGE_OUTCOME)->outcome.reason, "it is still busy with another"));
    message_of(&m, "controller1/1/3", US, r->now_ms + 1000);
    m.command.topic = SPAN("actuator2/beep");
    rig_message(r, LINK, &m);
    assert_true(span_is(rig_sent(r, MESSAGE_OUTCOME)->outcome.reason, "it is not for this device"));
}

static void beyond_the_limit_commands_are_refused(void **state)
{
    struct rig *r = *state;
    begin(r);
    for (int i = 0; i <= LIMIT_COMMANDS; i++) {
        char id[32], topic[32];
        struct message m;
        snprintf(id, sizeof id, "controller1/1/%d", i);
        snprintf(topic, sizeof topic, "actuator1/p%d", i);
        message_of(&m, id, US, r->now_ms + 1000);
        m.command.topic = span_of(topic);
        rig_message(r, LINK, &m);
        assert_int_equal(rig_sent_count(r, MESSAGE_OUTCOME), i == LIMIT_COMMANDS);
    }
    assert_true(span_is(rig_sent(r, MESSAGE_OUTCOME)->outcome.reason, "too many commands at once"));
}

static void a_deadline_is_at_most_so_far_away(void **state)
{
    struct rig *r = *state;
    begin(r);
    receive(r, "controller1/1/1", US, r->now_ms + TIME_COMMAND_MS + 1);
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_REFUSED);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
    receive(r, "controller1/1/1", US, r->now_ms + TIME_COMMAND_MS);
    assert_last(r, "started");
}

static void only_controllers_command(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, LINK, "sensor1", ROLE_SENSOR, THEM);
    receive(r, "sensor1/1/1", US, r->now_ms + 1000);
    assert_int_equal(rig_count(r, EFFECT_HANG_UP), 1);
    assert_true(span_is(rig_fact(r, FACT_REFUSED)->text, "a command beyond its role"));
}

/* Restored behind the last seal: these outcomes of one command, in this order. */
static void restore(struct rig *r, const char *const *values, size_t count)
{
    struct log_id id = rig_log("actuator1", US);
    id.key = r->n->self.key;
    struct event log = {
        .kind = EVENT_RESTORE_LOG,
        .restore_log = {.id = id, .role = ROLE_ACTUATOR, .first = 1, .last = count}};
    struct record record = {.device = SPAN("actuator1"),
                            .type = SPAN("beep"),
                            .epoch = US,
                            .answers = SPAN("controller1/1/1"),
                            .cause = SPAN("{\"rule\":\"command\",\"by\":\"controller1\","
                                          "\"conditions\":[]}")};
    struct event tail = {.kind = EVENT_RESTORE_TAIL, .restore_record = {id, &record}};
    struct event topic = {.kind = EVENT_RESTORE_TOPIC, .restore_record = {id, &record}};
    rig_step(r, &log);
    for (size_t i = 0; i < count; i++) {
        record.bytes = (struct span){"{\"x\":12}", 6 + i};
        record.seq = 1 + i;
        record.value = value_text(span_of(values[i]));
        rig_step(r, &tail);
    }
    rig_step(r, &topic);
    rig_start(r, US + 1);
}

static void what_was_begun_in_an_earlier_life_is_unknown_and_not_begun_again(void **state)
{
    static const char *const values[] = {"started"};
    struct rig *r = *state;
    restore(r, values, 1);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 1);
    assert_last(r, "unknown");
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
}

static void what_was_done_in_an_earlier_life_stays_done(void **state)
{
    static const char *const values[] = {"started", "done"};
    struct rig *r = *state;
    restore(r, values, 2);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0);
    rig_meet(r, LINK, "controller1", ROLE_CONTROLLER, THEM);
    receive(r, "controller1/1/1", US, r->now_ms + 1000);
    assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, FACT_OUTCOME_EXPIRED);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0); /* captured, and said again */
    rig_stored(r);
    assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
}

/* Another sender may give it behind a restart of its target. */
static void a_rules_command_of_an_earlier_life_is_not_begun_again(void **state)
{
    static const char id[] = "rule:0123456789abcdef0123456789abcdef01234567";
    static const char *const values[] = {"done", "started"};
    static const enum fact_outcome outcomes[] = {FACT_OUTCOME_DONE, FACT_OUTCOME_UNKNOWN};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        void *memory;
        rig_setup_actuator(&memory);
        struct rig *r = memory;
        struct record record = {.device = SPAN("actuator1"),
                                .type = SPAN("beep"),
                                .epoch = US - 1,
                                .seq = 3,
                                .value = value_text(span_of(values[i])),
                                .answers = span_of(id),
                                .cause = SPAN("{\"rule\":\"vent\",\"conditions\":[]}")};
        rig_restore(r, &record);
        begin(r);
        receive(r, id, US, r->now_ms + 1000);
        assert_int_equal(rig_sent(r, MESSAGE_OUTCOME)->outcome.outcome, outcomes[i]);
        rig_stored(r);
        assert_int_equal(rig_count(r, EFFECT_COMMAND), 0);
        rig_teardown(&memory);
    }
}

static void ask(struct rig *r, const char *topic)
{
    struct event e = {.kind = EVENT_COMMAND,
                      .command = {.id = 7,
                                  .topic = span_of(topic),
                                  .value = value_text(SPAN("loud")),
                                  .within_ms = 1000}};
    rig_step(r, &e);
}

static void pong(struct rig *r, uint64_t clock_ms)
{
    struct message m = {.kind = MESSAGE_PONG, .ping = {.sent_ms = r->now_ms, .clock_ms = clock_ms}};
    rig_message(r, LINK, &m);
}

static void the_deadline_is_told_on_the_targets_clock(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
    ask(r, "actuator1/beep");
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0); /* its clock is not known yet */
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 1);
    r->now_ms += 30;
    struct message m = {.kind = MESSAGE_PONG, .ping = {.sent_ms = r->now_ms - 30, .clock_ms = 500}};
    rig_message(r, LINK, &m);
    const struct message *sent = rig_sent(r, MESSAGE_COMMAND);
    assert_int_equal(sent->command.deadline_ms, 500 + 1000 - 30);
    assert_int_equal(sent->command.epoch, THEM);
    assert_true(span_is(sent->command.value.text, "loud"));
    r->now_ms += 400;
    ask(r, "actuator1/open");
    assert_int_equal(rig_sent(r, MESSAGE_COMMAND)->command.deadline_ms, 500 + 350 + 1000);
}

static void a_clock_that_was_told_long_ago_is_asked_for_again(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
    pong(r, 500);
    r->now_ms += TIME_TARGET_CLOCK_MS;
    ask(r, "actuator1/beep");
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 1);
    r->now_ms += 1;
    ask(r, "actuator1/beep");
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 1);
    pong(r, 1600);
    assert_int_equal(rig_sent(r, MESSAGE_COMMAND)->command.deadline_ms, 1600 + 1000);
}

static void nobody_to_send_it_to_means_refused(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    ask(r, "actuator1/beep");
    assert_int_equal(rig_fact(r, FACT_COMMANDED)->outcome, FACT_OUTCOME_REFUSED);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
    rig_link_down(r, LINK);
    r->now_ms += TIME_LOST_MS;
    ask(r, "actuator1/beep");
    assert_int_equal(rig_fact(r, FACT_COMMANDED)->outcome, FACT_OUTCOME_REFUSED);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
}

static void whoever_was_there_just_now_is_waited_for_within_the_time(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
    pong(r, 500);
    rig_link_down(r, LINK);
    ask(r, "actuator1/beep");
    assert_int_equal(rig_fact_count(r, FACT_COMMANDED), 0);
    r->now_ms += 100;
    rig_link_up(r, LINK, "actuator1", 0, ROLE_ACTUATOR);
    rig_greet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM + 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 1);
    pong(r, 900);
    assert_int_equal(rig_sent(r, MESSAGE_COMMAND)->command.epoch, THEM + 1);
    assert_int_equal(rig_sent(r, MESSAGE_COMMAND)->command.deadline_ms, 900 + 900);
}

static void whoever_does_not_come_back_at_once_is_waited_for_no_longer(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
    rig_link_down(r, LINK);
    struct event e = {.kind = EVENT_COMMAND,
                      .command = {.id = 7, .topic = SPAN("actuator1/beep"), .within_ms = 60000}};
    rig_step(r, &e);
    rig_wait(r, TIME_LOST_MS - 1);
    assert_int_equal(rig_fact_count(r, FACT_COMMANDED), 0);
    rig_wait(r, 1);
    assert_int_equal(rig_fact(r, FACT_COMMANDED)->outcome, FACT_OUTCOME_REFUSED);
}

static void what_a_broken_link_took_is_said_again_in_the_same_life_only(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
    pong(r, 500);
    ask(r, "actuator1/beep");
    uint64_t deadline_ms = rig_sent(r, MESSAGE_COMMAND)->command.deadline_ms;
    rig_link_down(r, LINK);
    r->now_ms += 100;
    rig_link_up(r, 4, "actuator1", 0, ROLE_ACTUATOR);
    rig_greet(r, 4, "actuator1", ROLE_ACTUATOR, THEM);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 1);
    assert_int_equal(rig_sent(r, MESSAGE_COMMAND)->command.deadline_ms, deadline_ms);
    assert_int_equal(rig_sent(r, MESSAGE_COMMAND)->command.epoch, THEM);
    rig_link_down(r, 4);
    rig_link_up(r, 6, "actuator1", 0, ROLE_ACTUATOR);
    rig_greet(r, 6, "actuator1", ROLE_ACTUATOR, THEM + 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_COMMAND), 0);
}

static void what_was_sent_and_not_answered_is_unknown_and_what_was_not_sent_expired(void **state)
{
    struct rig *r = *state;
    rig_start(r, US);
    rig_meet(r, LINK, "actuator1", ROLE_ACTUATOR, THEM);
    ask(r, "actuator1/beep");
    rig_wait(r, 1001);
    assert_int_equal(rig_fact(r, FACT_COMMANDED)->outcome, FACT_OUTCOME_EXPIRED);
    pong(r, 500);
    ask(r, "actuator1/beep");
    rig_wait(r, 1000 + TIME_OUTCOME_MS - 1);
    assert_int_equal(rig_fact_count(r, FACT_COMMANDED), 0);
    rig_wait(r, 1);
    assert_int_equal(rig_fact(r, FACT_COMMANDED)->outcome, FACT_OUTCOME_UNKNOWN);
}

#define ACTUATOR(test)   cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)
#define CONTROLLER(test) cmocka_unit_test_setup_teardown(test, rig_setup_controller, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(a_command_is_performed_once_its_start_is_on_disk),
        ACTUATOR(a_command_that_fails_is_refused),
        ACTUATOR(a_command_that_comes_again_is_not_performed_again),
        ACTUATOR(what_is_over_makes_room_for_others_and_is_then_too_late),
        ACTUATOR(the_deadline_is_the_last_moment),
        ACTUATOR(a_disk_that_is_slow_lets_it_expire),
        ACTUATOR(a_command_for_another_life_is_expired),
        ACTUATOR(an_id_of_somebody_else_is_refused),
        ACTUATOR(a_rules_command_is_done_once_whoever_gives_it),
        ACTUATOR(what_only_looks_like_a_rules_id_is_refused),
        ACTUATOR(a_rules_id_is_kept_for_as_long_as_another_may_give_it),
        cmocka_unit_test(a_rules_command_of_an_earlier_life_is_not_begun_again),
        ACTUATOR(a_busy_property_and_another_target_are_refused),
        ACTUATOR(beyond_the_limit_commands_are_refused),
        ACTUATOR(a_deadline_is_at_most_so_far_away),
        ACTUATOR(only_controllers_command),
        ACTUATOR(what_was_begun_in_an_earlier_life_is_unknown_and_not_begun_again),
        ACTUATOR(what_was_done_in_an_earlier_life_stays_done),
        CONTROLLER(the_deadline_is_told_on_the_targets_clock),
        CONTROLLER(a_clock_that_was_told_long_ago_is_asked_for_again),
        CONTROLLER(nobody_to_send_it_to_means_refused),
        CONTROLLER(whoever_was_there_just_now_is_waited_for_within_the_time),
        CONTROLLER(whoever_does_not_come_back_at_once_is_waited_for_no_longer),
        CONTROLLER(what_a_broken_link_took_is_said_again_in_the_same_life_only),
        CONTROLLER(what_was_sent_and_not_answered_is_unknown_and_what_was_not_sent_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
