#include "core/serve.h"

#include "core/carrier.h"

/* The rig is an actuator that has sensor1's log up to a seal at 5, and controller1 asks for it. */

static void begin(struct rig *r)
{
    struct event e = {.kind = EVENT_RESTORE_LOG,
                      .restore_log = {.id = rig_log("sensor1", 20),
                                      .role = ROLE_SENSOR,
                                      .first = 1,
                                      .last = 5,
                                      .sealed = 5,
                                      .signature_size = 8}};
    rig_step(r, &e);
    rig_start(r, 10);
    rig_meet(r, 2, "controller1", ROLE_CONTROLLER, 30);
}

static void ask(struct rig *r, uint64_t last)
{
    struct message_entry e = carrier_entry("sensor1", 20, last);
    e.role_known = false;
    e.want = MESSAGE_WANT_RECORDS;
    carrier_tells(r, 2, &e);
}

/* The store gives a run; `sealed`: it ends at a seal. */
static void fetched(struct rig *r, uint64_t first, size_t count, bool sealed)
{
    struct event e = {.kind = EVENT_FETCHED,
                      .fetched = {.link = 2,
                                  .id = rig_log("sensor1", 20),
                                  .first = first,
                                  .bytes = SPAN("{},{}"),
                                  .count = count,
                                  .signature_size = sealed ? 8 : 0}};
    rig_step(r, &e);
}

static void ack(struct rig *r, uint64_t seq)
{
    struct message m = {.kind = MESSAGE_ACK,
                        .ack = {.log = {SPAN("sensor1"), rig_log("sensor1", 20).key, 20},
                                .seq = seq,
                                .held = seq}};
    rig_message(r, 2, &m);
}

static void a_stretch_goes_out_with_its_author_before_and_its_seal_behind(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 0);
    const struct effect *fetch = rig_effect(r, EFFECT_FETCH);
    assert_true(fetch->fetch.to_seal);
    assert_int_equal(fetch->fetch.first, 1);
    fetched(r, 1, 2, true);
    assert_int_equal(rig_count(r, EFFECT_INTRODUCE), 1);
    assert_int_equal(r->fx.list[0].kind, EFFECT_INTRODUCE);
    assert_int_equal(rig_sent(r, MESSAGE_STATE_UPDATE)->update.count, 2);
    assert_true(span_is(rig_sent(r, MESSAGE_STATE_UPDATE)->update.log.device, "sensor1"));
    assert_int_equal(rig_sent(r, MESSAGE_SEAL)->seal.seq, 2);
    assert_true(rig_sent(r, MESSAGE_SEAL)->seal.hashed);
}

static void the_next_stretch_waits_until_the_last_is_on_the_others_disk(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 0);
    fetched(r, 1, 2, true);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0);
    rig_event(r, EVENT_TICK);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0);
    ack(r, 2);
    assert_int_equal(rig_effect(r, EFFECT_FETCH)->fetch.first, 3);
    fetched(r, 3, 3, true);
    assert_int_equal(rig_count(r, EFFECT_INTRODUCE), 0);
    ack(r, 5);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0); /* that is all */
}

static void who_says_again_that_it_asked_gets_nothing_twice(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 0);
    fetched(r, 1, 2, true);
    struct message_entry e = carrier_entry("sensor1", 20, 0);
    e.want = MESSAGE_WANT_RECORDS;
    carrier_tells(r, 2, &e);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0);
    ack(r, 2);
    assert_int_equal(rig_effect(r, EFFECT_FETCH)->fetch.first, 3);
}

static void who_asks_anew_from_the_beginning_hears_the_author_again(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 0);
    fetched(r, 1, 2, true);
    ask(r, 2); /* it has some, so it knows the author */
    fetched(r, 3, 2, false);
    assert_int_equal(rig_count(r, EFFECT_INTRODUCE), 0);
    ask(r, 0);
    fetched(r, 1, 2, true);
    assert_int_equal(rig_count(r, EFFECT_INTRODUCE), 1);
}

static void who_has_the_records_and_lacks_the_seal_gets_the_seal(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct message_entry e = carrier_entry("sensor1", 20, 5);
    e.role_known = false;
    e.want = MESSAGE_WANT_RECORDS;
    e.sealed = 0;
    carrier_tells(r, 2, &e);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0);
    assert_int_equal(rig_sent(r, MESSAGE_SEAL)->seal.seq, 5);
    rig_event(r, EVENT_TICK);
    assert_int_equal(rig_sent_count(r, MESSAGE_SEAL), 0); /* once */
}

static void who_wants_nothing_any_more_gets_nothing(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 0);
    struct message_entry e = carrier_entry("sensor1", 20, 0);
    carrier_tells(r, 2, &e);
    fetched(r, 1, 2, true);
    assert_int_equal(rig_sent_count(r, MESSAGE_STATE_UPDATE), 0);
    assert_int_equal(rig_count(r, EFFECT_INTRODUCE), 0);
}

static void what_our_disk_lost_is_not_sent_and_holds_nothing_up(void **state)
{
    struct rig *r = *state;
    begin(r);
    ask(r, 0);
    fetched(r, 1, 0, false);
    assert_int_equal(rig_sent_count(r, MESSAGE_STATE_UPDATE), 0);
    rig_event(r, EVENT_TICK);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0);
    assert_int_equal(node_session_count(r->n), 1);
}

static void carrying_waits_while_the_socket_owes_the_limit(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {2, LIMIT_UNSENT}});
    ask(r, 0);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0);
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {2, 0}});
    assert_int_equal(rig_count(r, EFFECT_FETCH), 1);
}

/* Each reads 60 KiB of our disk for a line of 150 bytes. */
static void one_fetch_is_out_however_often_it_is_asked(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_measure(r, 3);
    rig_stored(r);
    size_t fetches = 0;
    struct message_entry own = carrier_entry("actuator1", 10, 0);
    own.role_known = false;
    for (int i = 0; i < 20; i++) {
        ask(r, 0);
        fetches += rig_count(r, EFFECT_FETCH);
        carrier_tells(r, 2, &own);
        fetches += rig_count(r, EFFECT_FETCH);
    }
    assert_int_equal(fetches, 1);
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(a_stretch_goes_out_with_its_author_before_and_its_seal_behind),
        ACTUATOR(the_next_stretch_waits_until_the_last_is_on_the_others_disk),
        ACTUATOR(who_says_again_that_it_asked_gets_nothing_twice),
        ACTUATOR(who_asks_anew_from_the_beginning_hears_the_author_again),
        ACTUATOR(who_has_the_records_and_lacks_the_seal_gets_the_seal),
        ACTUATOR(who_wants_nothing_any_more_gets_nothing),
        ACTUATOR(what_our_disk_lost_is_not_sent_and_holds_nothing_up),
        ACTUATOR(carrying_waits_while_the_socket_owes_the_limit),
        ACTUATOR(one_fetch_is_out_however_often_it_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
