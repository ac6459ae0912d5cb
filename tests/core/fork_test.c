#include "core/fork.h"

#include "core/carrier.h"
#include "core/members.h"
#include "core/want.h"

#include <stdio.h>

/* sensor1 has signed two contents in its life 20: at 2 one stamped OTHER_MS, and at 3 one stamped
 * CARRIER_MS. controller2, on link 4, shows the proof; controller1 is on link 2. */

enum { OTHER_MS = 1, DEVICES = LIMIT_FORKS + 1 };

static struct message_run run_of(struct rig *r, const char *device)
{
    struct log_id id = rig_log(device, 20);
    int size = snprintf(r->text[0], sizeof r->text[0], "{%s 20 3 %llu}", device,
                        (unsigned long long)CARRIER_MS);
    r->records[0] = (struct record){.bytes = {r->text[0], (size_t)size},
                                    .device = span_of(device),
                                    .type = SPAN("temperature"),
                                    .epoch = 20,
                                    .seq = 3};
    return (struct message_run){.log = {span_of(device), id.key, 20},
                                .records = r->records,
                                .count = 1,
                                .based = true,
                                .base = carrier_chain(r, device, 20, 2, CARRIER_MS)};
}

static struct message proof_of(struct rig *r, const char *device)
{
    struct message m = {.kind = MESSAGE_FORK, .fork = {.run = run_of(r, device)}};
    for (size_t i = 0; i < 2; i++) {
        m.fork.seals[i] = (struct log_seal){.seq = 2 + i, .signature_size = 8};
        m.fork.seals[i].hash = carrier_chain(r, device, 20, 2 + i,
                                             i == 0 ? CARRIER_MS + OTHER_MS : CARRIER_MS);
    }
    return m;
}

/* At one place. */
static struct message short_proof_of(struct rig *r, const char *device)
{
    struct message m = proof_of(r, device);
    m.fork.run = (struct message_run){.log = m.fork.run.log};
    m.fork.seals[1].seq = 2;
    return m;
}

static void begin(struct rig *r)
{
    rig_start(r, 10);
    rig_meet(r, 2, "controller1", ROLE_CONTROLLER, 30);
    rig_meet(r, 4, "controller2", ROLE_CONTROLLER, 30);
}

static void shows(struct rig *r, uint64_t link, const struct message *m)
{
    char device[LIMIT_NAME + 1];
    ident_name_copy(device, m->fork.run.log.device);
    carrier_introduces(r, link, device, ROLE_SENSOR);
    rig_message(r, link, m);
}

static void proves(struct rig *r, const char *device)
{
    struct message m = proof_of(r, device);
    shows(r, 4, &m);
    carrier_verified(r, 4, device, 20, 2, true);
    carrier_verified(r, 4, device, 20, 3, true);
}

static bool knows(const struct rig *r, const char *device)
{
    struct log_id id = rig_log(device, 20);
    return fork_known(r->n, &id.key);
}

static void a_proof_is_believed_when_both_signatures_hold(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = proof_of(r, "sensor1");
    shows(r, 4, &m);
    assert_int_equal(rig_effect(r, EFFECT_VERIFY)->seal.seq, 2);
    carrier_verified(r, 4, "sensor1", 20, 2, true);
    assert_int_equal(rig_effect(r, EFFECT_VERIFY)->seal.seq, 3);
    assert_false(knows(r, "sensor1"));
    carrier_verified(r, 4, "sensor1", 20, 3, true);
    assert_true(knows(r, "sensor1"));
    const struct fact *fact = rig_fact(r, FACT_FORKED);
    assert_true(span_is(fact->device, "sensor1"));
    assert_int_equal(fact->epoch * 10 + fact->seq, 202);
    const struct proof *stored = &rig_effect(r, EFFECT_STORE_FORK)->store_fork;
    assert_int_equal(stored->count, 1);
    assert_true(span_equal(stored->bytes, r->records[0].bytes));
    assert_int_equal(node_count(r->n, NODE_FORKS), 1);
}

static void two_seals_of_one_place_need_no_record(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = short_proof_of(r, "sensor1");
    shows(r, 4, &m);
    carrier_verified(r, 4, "sensor1", 20, 2, true);
    carrier_verified(r, 4, "sensor1", 20, 2, true);
    assert_true(knows(r, "sensor1"));
}

static void one_signature_that_does_not_hold_ends_the_session(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = proof_of(r, "sensor1");
    shows(r, 4, &m);
    carrier_verified(r, 4, "sensor1", 20, 2, true);
    carrier_verified(r, 4, "sensor1", 20, 3, false);
    assert_int_equal(node_session_count(r->n), 1);
    assert_int_equal(rig_fact_count(r, FACT_REFUSED), 1);
    assert_false(knows(r, "sensor1"));
}

static void refuses(struct rig *r, const struct message *m)
{
    size_t before = node_session_count(r->n);
    shows(r, 4, m);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    assert_int_equal(node_session_count(r->n), before - 1);
    assert_false(knows(r, "sensor1"));
}

static void a_log_that_only_grew_is_no_fork(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = proof_of(r, "sensor1");
    m.fork.seals[0].hash = m.fork.run.base;
    refuses(r, &m);
}

static void one_seal_twice_is_no_fork(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = short_proof_of(r, "sensor1");
    m.fork.seals[1].hash = m.fork.seals[0].hash;
    refuses(r, &m);
}

static void records_that_do_not_lead_to_the_second_seal_are_no_proof(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = proof_of(r, "sensor1");
    r->records[0].bytes.size--;
    refuses(r, &m);
}

static void a_proof_without_its_authors_certificate_is_passed_over(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = proof_of(r, "sensor1");
    rig_message(r, 4, &m);
    carrier_introduces(r, 4, "sensor2", ROLE_SENSOR);
    rig_message(r, 4, &m);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    assert_int_equal(node_session_count(r->n), 2);
}

/* How many proofs the last step shows on the link, each behind a certificate. */
static size_t shown(const struct rig *r, uint64_t link)
{
    size_t count = 0;
    for (size_t i = 1; i < r->fx.count; i++) {
        const struct effect *e = &r->fx.list[i], *before = e - 1;
        if (e->kind != EFFECT_SEND || e->send.link != link || e->send.message.kind != MESSAGE_FORK)
            continue;
        assert_int_equal(before->kind, EFFECT_INTRODUCE);
        assert_int_equal(before->introduce.link, link);
        count++;
    }
    return count;
}

static void everybody_is_shown_it_once_but_who_brought_it(void **state)
{
    struct rig *r = *state;
    begin(r);
    proves(r, "sensor1");
    assert_int_equal(shown(r, 2), 1);
    assert_int_equal(shown(r, 4), 0);
    struct message again = proof_of(r, "sensor1");
    shows(r, 4, &again);
    assert_int_equal(rig_count(r, EFFECT_VERIFY) + shown(r, 2) + shown(r, 4), 0);
    rig_meet(r, 6, "controller3", ROLE_CONTROLLER, 30);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(rig_sent_count(r, MESSAGE_FORK), 0); /* with its opening it was */
    rig_link_down(r, 2);
    rig_meet(r, 8, "controller1", ROLE_CONTROLLER, 30);
    assert_int_equal(shown(r, 8), 1);
}

static void what_is_shown_is_what_came(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = proof_of(r, "sensor1");
    proves(r, "sensor1");
    const struct message *out = rig_sent(r, MESSAGE_FORK);
    assert_true(span_equal(out->fork.run.bytes, m.fork.run.records[0].bytes));
    assert_memory_equal(&out->fork.run.base, &m.fork.run.base, sizeof m.fork.run.base);
    assert_memory_equal(out->fork.seals[1].hash.bytes, m.fork.seals[1].hash.bytes, 32);
    assert_int_equal(out->fork.run.log.epoch, 20);
}

static void a_socket_that_owes_much_is_shown_it_later(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct event owes = {.kind = EVENT_SENT, .sent = {.link = 2, .bytes = LIMIT_UNSENT}};
    rig_step(r, &owes);
    proves(r, "sensor1");
    assert_int_equal(shown(r, 2), 0);
    owes.sent.bytes = 0;
    rig_step(r, &owes);
    assert_int_equal(shown(r, 2), 1);
}

static void several_are_shown_one_a_turn(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_link_down(r, 2);
    proves(r, "sensor1");
    proves(r, "sensor2");
    rig_meet(r, 6, "controller1", ROLE_CONTROLLER, 30);
    assert_int_equal(shown(r, 6), 1);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(rig_sent_count(r, MESSAGE_FORK), 1);
}

static void restore_long(struct rig *r, const char *device)
{
    static const char bytes[LIMIT_UNSENT];
    struct message m = proof_of(r, device);
    struct proof proof = {.id = rig_log(device, 20),
                          .seals = {m.fork.seals[0], m.fork.seals[1]},
                          .there = m.fork.run.base,
                          .bytes = {bytes, sizeof bytes},
                          .count = 1};
    rig_step(r, &(struct event){.kind = EVENT_RESTORE_FORK, .restore_fork = &proof});
}

static void a_proof_is_as_much_unsent_as_it_is_long(void **state)
{
    struct rig *r = *state;
    restore_long(r, "sensor1");
    restore_long(r, "sensor2");
    rig_start(r, 10);
    rig_meet(r, 6, "controller1", ROLE_CONTROLLER, 30);
    assert_int_equal(shown(r, 6), 1);
    rig_wait(r, 2 * TIME_NEWS_MS);
    assert_int_equal(rig_sent_count(r, MESSAGE_FORK), 0);
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {.link = 6}});
    assert_int_equal(shown(r, 6), 1);
}

static void of_none_of_its_logs_is_anything_taken_any_more(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 6, "sensor1", 20, 1, 2, 26);
    proves(r, "sensor1");
    rig_update(r, 6, "sensor1", 20, 3, 4, 26);
    assert_int_equal(rig_count(r, EFFECT_STORE) + rig_fact_count(r, FACT_READING), 0);
    assert_int_equal(node_count(r->n, NODE_RECORDS_DENIED), 2);
    rig_seal(r, 6, 20, 2);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    rig_update(r, 6, "sensor1", 40, 1, 1, 26); /* of a later life */
    const struct member *m = members_find(r->n, SPAN("sensor1"));
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(m->logs->id.epoch, 20);
    assert_int_equal(m->logs->last, 2); /* what was accepted stays */
    rig_link_down(r, 6);
    carrier_offers(r, 2, "sensor1", 40, 9);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 40), 0);
}

static void what_is_on_its_way_by_others_is_not_taken(void **state)
{
    struct rig *r = *state;
    begin(r);
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_seals(r, 2, "sensor1", 20, 3);
    const struct effect *asked = rig_effect(r, EFFECT_VERIFY);
    struct event verified = {.kind = EVENT_VERIFIED,
                             .verified = {asked->seal.id, 3, 2, true, asked->seal.ask}};
    proves(r, "sensor1");
    rig_step(r, &verified);
    assert_int_equal(rig_count(r, EFFECT_STORE) + rig_fact_count(r, FACT_READING), 0);
    assert_null(members_find(r->n, SPAN("sensor1")));
}

static void another_key_under_the_name_is_trusted(void **state)
{
    struct rig *r = *state;
    begin(r);
    proves(r, "sensor1");
    rig_link_up(r, 6, "sensor1", 9, ROLE_SENSOR);
    rig_greet(r, 6, "sensor1", ROLE_SENSOR, 50);
    rig_update(r, 6, "sensor1", 50, 1, 1, 26);
    assert_int_equal(rig_fact_count(r, FACT_READING), 1);
}

/* Of the key that the device had before it was set up anew. */
static void prove_old_key(struct rig *r, const char *device)
{
    struct proof proof = {.id = rig_log(device, 10)};
    proof.id.key.bytes[0] = 9;
    event_effects_reset(&r->fx);
    r->n->fx = &r->fx;
    fork_prove(r->n, &proof);
    assert_int_equal(rig_fact_count(r, FACT_FORKED), 1);
}

static void a_device_that_has_logs_of_another_key_is_not_its_forked_one(void **state)
{
    struct rig *r = *state;
    begin(r);
    prove_old_key(r, "sensor1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    const struct member *m = members_find(r->n, SPAN("sensor1"));
    assert_true(m == NULL || fork_is_of(r->n, m)); /* as far as is known */
    carrier_delivers(r, 2, "sensor1", 20, 3);
    m = members_find(r->n, SPAN("sensor1"));
    assert_int_equal(m->logs->last, 3);
    assert_false(fork_is_of(r->n, m));
    proves(r, "sensor1"); /* and of the new one */
    assert_true(fork_is_of(r->n, m));
}

static void a_late_proof_about_an_old_key_leaves_what_the_new_one_said(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 20);
    rig_meet(r, 8, "sensor2", ROLE_SENSOR, 20);
    rig_update(r, 6, "sensor1", 20, 1, 1, 30);
    rig_update(r, 8, "sensor2", 20, 1, 1, 20);
    assert_true(r->n->rules[0].active);
    prove_old_key(r, "sensor1");
    assert_true(r->n->rules[0].active);
    proves(r, "sensor1");
    assert_false(r->n->rules[0].active);
}

static void its_commands_are_refused_and_it_hears_why(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, 6, "controller9", ROLE_CONTROLLER, 20);
    proves(r, "controller9");
    struct message m = {.kind = MESSAGE_COMMAND,
                        .command = {.id = SPAN("controller9/20/1"),
                                    .topic = SPAN("actuator1/beep"),
                                    .epoch = 10,
                                    .deadline_ms = r->now_ms + 1000}};
    rig_message(r, 6, &m);
    const struct message *out = rig_sent(r, MESSAGE_OUTCOME);
    assert_int_equal(out->outcome.outcome, FACT_OUTCOME_REFUSED);
    assert_non_null(strstr(out->outcome.reason.bytes, "not trusted any more"));
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
}

static const char *asks(struct rig *r, enum event_kind kind, enum fact_kind answer)
{
    struct event e = {.kind = kind};
    if (kind == EVENT_WANT) {
        e.want.topic = SPAN("actuator1/fan");
        e.want.value = value_text(SPAN("on"));
        e.want.wait_ms = 1000;
    } else {
        e.command.topic = SPAN("actuator1/beep");
        e.command.within_ms = 1000;
    }
    rig_step(r, &e);
    const struct fact *fact = rig_fact(r, answer);
    bool refused = kind == EVENT_WANT ? fact->stage == FACT_WANT_REFUSED
                                      : fact->outcome == FACT_OUTCOME_REFUSED;
    assert_true(refused);
    return fact->cause.bytes;
}

static void nothing_is_wanted_of_it_any_more(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 4, "controller2", ROLE_CONTROLLER, 30);
    rig_meet(r, 6, "actuator1", ROLE_ACTUATOR, 20);
    proves(r, "actuator1");
    assert_non_null(strstr(asks(r, EVENT_WANT, FACT_WANTED), "its key is not trusted"));
    assert_non_null(strstr(asks(r, EVENT_COMMAND, FACT_COMMANDED), "its key is not trusted"));
}

static void who_hears_it_of_itself_wants_nothing_of_others(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 4, "controller2", ROLE_CONTROLLER, 30);
    rig_meet(r, 6, "actuator1", ROLE_ACTUATOR, 20);
    r->n->self.key = rig_log("controller1", 20).key;
    proves(r, "controller1");
    assert_true(span_is(rig_fact(r, FACT_FORKED)->device, "controller1"));
    assert_non_null(strstr(asks(r, EVENT_WANT, FACT_WANTED), "others do not trust"));
    assert_non_null(strstr(asks(r, EVENT_COMMAND, FACT_COMMANDED), "others do not trust"));
}

static void what_it_said_counts_for_no_rule(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 20);
    rig_meet(r, 8, "sensor2", ROLE_SENSOR, 20);
    rig_update(r, 6, "sensor1", 20, 1, 1, 30);
    rig_update(r, 8, "sensor2", 20, 1, 1, 20);
    assert_true(r->n->rules[0].active);
    proves(r, "sensor1");
    assert_false(r->n->rules[0].active); /* at once */
}

static void what_came_back_from_disk_counts_and_is_told(void **state)
{
    struct rig *r = *state;
    struct message m = proof_of(r, "sensor1");
    struct proof proof = {.id = rig_log("sensor1", 20),
                          .seals = {m.fork.seals[0], m.fork.seals[1]},
                          .there = m.fork.run.base,
                          .bytes = m.fork.run.records[0].bytes,
                          .count = 1};
    rig_step(r, &(struct event){.kind = EVENT_RESTORE_FORK, .restore_fork = &proof});
    rig_start(r, 10);
    assert_int_equal(rig_fact_count(r, FACT_FORKED), 1);
    assert_int_equal(rig_count(r, EFFECT_STORE_FORK), 0);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 20);
    assert_int_equal(shown(r, 6), 1); /* the others are shown it, too */
    rig_update(r, 6, "sensor1", 20, 1, 1, 26);
    assert_int_equal(rig_fact_count(r, FACT_READING), 0);
}

static void it_is_stored_again_when_storing_failed(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_event(r, EVENT_STORE_FAILED);
    proves(r, "sensor1");
    assert_int_equal(rig_count(r, EFFECT_STORE_FORK), 0);
    rig_event(r, EVENT_STORE_READY);
    assert_int_equal(rig_count(r, EFFECT_STORE_FORK), 1);
}

static void one_that_can_be_shown_takes_the_place_of_one_that_cannot(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message m = proof_of(r, "sensor1");
    struct proof proof = {.id = rig_log("sensor1", 20),
                          .seals = {m.fork.seals[0], m.fork.seals[1]}};
    r->n->fx = &r->fx;
    fork_prove(r->n, &proof);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(rig_sent_count(r, MESSAGE_FORK), 0);
    proves(r, "sensor1");
    assert_int_equal(rig_count(r, EFFECT_STORE_FORK), 1);
    assert_int_equal(shown(r, 2), 1);
    assert_int_equal(rig_fact_count(r, FACT_FORKED), 0); /* it was told */
    assert_int_equal(node_count(r->n, NODE_FORKS), 1);
}

static void at_the_bound_one_more_is_told_and_its_log_not_taken(void **state)
{
    struct rig *r = *state;
    char device[LIMIT_NAME + 1];
    begin(r);
    carrier_delivers(r, 2, "sensor64", 20, 3);
    r->n->fx = &r->fx;
    for (int i = 0; i < DEVICES; i++) {
        snprintf(device, sizeof device, "sensor%d", i);
        struct proof proof = {.id = rig_log(device, 20)};
        proof.id.key.bytes[19] = (uint8_t)(i + 1);
        if (i == LIMIT_FORKS)
            proof.id = rig_log(device, 20);
        event_effects_reset(&r->fx);
        fork_prove(r->n, &proof);
        assert_int_equal(rig_fact_count(r, FACT_FORKED), 1);
    }
    assert_int_equal(r->n->fork_count, LIMIT_FORKS);
    assert_int_equal(rig_count(r, EFFECT_STORE_FORK), 0);
    carrier_offers(r, 4, "sensor64", 20, 9);
    assert_int_equal(carrier_asked(r, 4, "sensor64", 20), 0);
}

#define ACTUATOR(test)   cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)
#define CONTROLLER(test) cmocka_unit_test_setup_teardown(test, rig_setup_controller, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(a_proof_is_believed_when_both_signatures_hold),
        ACTUATOR(two_seals_of_one_place_need_no_record),
        ACTUATOR(one_signature_that_does_not_hold_ends_the_session),
        ACTUATOR(a_log_that_only_grew_is_no_fork),
        ACTUATOR(one_seal_twice_is_no_fork),
        ACTUATOR(records_that_do_not_lead_to_the_second_seal_are_no_proof),
        ACTUATOR(a_proof_without_its_authors_certificate_is_passed_over),
        ACTUATOR(everybody_is_shown_it_once_but_who_brought_it),
        ACTUATOR(what_is_shown_is_what_came),
        ACTUATOR(a_socket_that_owes_much_is_shown_it_later),
        ACTUATOR(several_are_shown_one_a_turn),
        ACTUATOR(a_proof_is_as_much_unsent_as_it_is_long),
        ACTUATOR(of_none_of_its_logs_is_anything_taken_any_more),
        ACTUATOR(what_is_on_its_way_by_others_is_not_taken),
        ACTUATOR(another_key_under_the_name_is_trusted),
        ACTUATOR(a_device_that_has_logs_of_another_key_is_not_its_forked_one),
        ACTUATOR(a_late_proof_about_an_old_key_leaves_what_the_new_one_said),
        ACTUATOR(its_commands_are_refused_and_it_hears_why),
        CONTROLLER(nothing_is_wanted_of_it_any_more),
        CONTROLLER(who_hears_it_of_itself_wants_nothing_of_others),
        ACTUATOR(what_it_said_counts_for_no_rule),
        ACTUATOR(what_came_back_from_disk_counts_and_is_told),
        ACTUATOR(it_is_stored_again_when_storing_failed),
        ACTUATOR(one_that_can_be_shown_takes_the_place_of_one_that_cannot),
        ACTUATOR(at_the_bound_one_more_is_told_and_its_log_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
