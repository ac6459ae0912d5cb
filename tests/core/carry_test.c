#include "core/carry.h"

#include "core/carried.h"
#include "core/members.h"

#include "core/carrier.h"

#include <stdio.h>
#include <stdlib.h>

/* The rig is an actuator; controllers carry sensors' logs to it. */

static void meet(struct rig *r, uint64_t link, const char *carrier)
{
    if (!r->n->started)
        rig_start(r, 10);
    rig_meet(r, link, carrier, ROLE_CONTROLLER, 30);
}

static uint64_t last_of(const struct rig *r, const char *device, uint64_t epoch)
{
    struct log_id id = rig_log(device, epoch);
    return node_log_last(r->n, &id);
}

static void a_stretch_is_not_used_before_its_seal_is_verified(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 1);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    assert_int_equal(rig_count(r, EFFECT_STORE) + rig_fact_count(r, FACT_READING), 0);
    carrier_seals(r, 2, "sensor1", 20, 3);
    assert_int_equal(rig_count(r, EFFECT_STORE) + rig_fact_count(r, FACT_READING), 0);
    assert_int_equal(rig_effect(r, EFFECT_VERIFY)->seal.seq, 3);
    assert_int_equal(last_of(r, "sensor1", 20), 0);
    carrier_verified(r, 2, "sensor1", 20, 3, true);
    assert_int_equal(rig_fact_count(r, FACT_READING), 3);
    assert_int_equal(rig_effect(r, EFFECT_STORE_SEAL)->store_seal.seq, 3);
    assert_int_equal(last_of(r, "sensor1", 20), 3);
    rig_stored(r);
    assert_int_equal(rig_sent(r, MESSAGE_ACK)->ack.seq, 3);
    assert_true(span_is(rig_sent(r, MESSAGE_ACK)->ack.log.device, "sensor1"));
}

static void a_stretch_whose_author_is_not_introduced_is_passed_over(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_introduces(r, 2, "sensor2", ROLE_SENSOR); /* somebody else */
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_seals(r, 2, "sensor1", 20, 3);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    assert_null(members_find(r->n, SPAN("sensor1")));
}

static void a_seal_that_does_not_hold_ends_the_session_and_nothing_is_taken(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_seals(r, 2, "sensor1", 20, 3);
    carrier_verified(r, 2, "sensor1", 20, 3, false);
    assert_int_equal(node_session_count(r->n), 0);
    assert_int_equal(node_count(r->n, NODE_SEALS_BAD), 1);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(r->n->carried.count, 0);
    assert_null(members_find(r->n, SPAN("sensor1")));
}

static void a_stretch_that_comes_twice_is_acknowledged_twice(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 5);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    for (int i = 0; i < 2; i++) {
        carrier_sends(r, 2, "sensor1", 20, 1, 3);
        carrier_seals(r, 2, "sensor1", 20, 3);
        if (i == 0) {
            carrier_verified(r, 2, "sensor1", 20, 3, true);
            rig_stored(r);
        }
        assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
        assert_int_equal(rig_sent(r, MESSAGE_ACK)->ack.seq, 3);
    }
    carrier_sends(r, 2, "sensor1", 20, 4, 5); /* which was on its way behind it */
    carrier_seals(r, 2, "sensor1", 20, 5);
    carrier_verified(r, 2, "sensor1", 20, 5, true);
    assert_int_equal(last_of(r, "sensor1", 20), 5);
}

static void what_is_not_on_disk_is_not_acknowledged(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 5);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_seals(r, 2, "sensor1", 20, 3);
    carrier_verified(r, 2, "sensor1", 20, 3, true);
    assert_int_equal(rig_sent_count(r, MESSAGE_ACK), 0);
    carrier_seals(r, 2, "sensor1", 20, 3); /* again, and the disk is not done yet */
    assert_int_equal(rig_sent_count(r, MESSAGE_ACK), 0);
    rig_stored(r);
    assert_int_equal(rig_sent(r, MESSAGE_ACK)->ack.seq, 3);
}

static void a_gap_is_asked_about_four_times_and_no_more(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    size_t asked = 1;
    for (int i = 0; i < 10; i++) {
        carrier_sends(r, 2, "sensor1", 20, 2, 3);
        asked += carrier_asked(r, 2, "sensor1", 20);
    }
    assert_int_equal(asked, 4);
    assert_int_equal(node_session_count(r->n), 1);
    assert_int_equal(r->n->carried.count, 0);
}

static void records_that_were_changed_on_the_way_are_not_taken(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    for (int i = 0; i < 4; i++) {
        carrier_sends_stamped(r, 2, "sensor1", 20, 1, 3, CARRIER_MS + 1);
        carrier_seals(r, 2, "sensor1", 20, 3);
        carrier_verified(r, 2, "sensor1", 20, 3, true);
        assert_int_equal(rig_count(r, EFFECT_STORE) + rig_fact_count(r, FACT_READING), 0);
    }
    assert_int_equal(r->n->carried.count, 0);
    meet(r, 4, "controller2");
    carrier_delivers(r, 4, "sensor1", 20, 3);
    assert_int_equal(last_of(r, "sensor1", 20), 3);
}

static void who_is_silent_gives_way_to_who_offered_it_too(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    meet(r, 4, "controller2");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_offers(r, 4, "sensor1", 20, 3);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 0); /* one at a time */
    r->now_ms += TIME_CARRY_MS / 2;
    rig_event(r, EVENT_TICK);
    rig_message(r, 2, &(struct message){.kind = MESSAGE_PING});
    rig_message(r, 4, &(struct message){.kind = MESSAGE_PING});
    rig_wait(r, TIME_CARRY_MS / 2);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
    assert_int_equal(node_session_count(r->n), 2);
}

/* Both sides of a session live on while time goes by. */
static void live(struct rig *r, uint64_t ms)
{
    for (uint64_t at = 0; at < ms; at += 500) {
        for (size_t i = 0; i < r->n->session_count; i++)
            r->n->sessions[i]->heard_ms = r->now_ms;
        rig_wait(r, 500);
    }
}

static void who_was_silent_is_not_asked_again_in_its_session(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_delivers(r, 2, "sensor1", 20, 3);
    carrier_offers(r, 2, "sensor1", 20, 5);
    live(r, TIME_CARRY_MS + 1000);
    carrier_offers(r, 2, "sensor1", 20, 6);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 0);
    carrier_offers(r, 2, "sensor1", 21, 6);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 21), 0);
    rig_link_down(r, 2);
    meet(r, 6, "controller1");
    carrier_offers(r, 6, "sensor1", 20, 6);
    assert_int_equal(carrier_asked(r, 6, "sensor1", 20), 1);
}

static void a_log_that_goes_on_after_all_is_asked_for_again(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_delivers(r, 2, "sensor1", 20, 3);
    carrier_offers(r, 2, "sensor1", 20, 5);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 1);
    assert_int_equal(carrier_told(r, 2, "sensor1")->last, 3);
    carrier_offers(r, 2, "sensor1", 20, 6); /* it has not come yet */
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 0);
}

static void telling_of_more_is_no_excuse_for_silence(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    meet(r, 4, "controller2");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_offers(r, 4, "sensor1", 20, 3);
    size_t asked = 0;
    for (uint64_t more = 4; more < 14; more++) {
        live(r, 500);
        asked += carrier_asked(r, 4, "sensor1", 20);
        carrier_offers(r, 2, "sensor1", 20, more);
    }
    assert_int_equal(asked, 1);
}

static void who_leaves_gives_way_to_who_offered_it_too(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    meet(r, 4, "controller2");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_offers(r, 4, "sensor1", 20, 3);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 2, "sensor1", 20, 1, 2);
    rig_link_down(r, 2);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
    carrier_sends(r, 4, "sensor1", 20, 1, 3);
    carrier_seals(r, 4, "sensor1", 20, 3);
    carrier_verified(r, 4, "sensor1", 20, 3, true);
    assert_int_equal(rig_fact_count(r, FACT_READING), 3);
}

static void who_sends_no_whole_stretch_gives_way(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    meet(r, 4, "controller2");
    carrier_offers(r, 2, "sensor1", 20, 100);
    carrier_offers(r, 4, "sensor1", 20, 100);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    size_t asked = 0;
    uint64_t begun_ms = r->now_ms;
    for (uint64_t seq = 1; asked == 0 && seq < 20; seq++) {
        carrier_sends(r, 2, "sensor1", 20, seq, seq);
        for (int i = 0; i < 4 && asked == 0; i++) {
            live(r, 500);
            asked += carrier_asked(r, 4, "sensor1", 20);
        }
    }
    assert_int_equal(asked, 1);
    assert_in_range(r->now_ms - begun_ms, TIME_CARRY_OTHER_MS, TIME_CARRY_OTHER_MS + 1000);
}

static void the_authors_coming_ends_carrying(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_link_up(r, 4, "sensor1", 0, ROLE_SENSOR);
    rig_greet(r, 4, "sensor1", ROLE_SENSOR, 20);
    const struct message_entry *e = carrier_told(r, 2, "sensor1");
    assert_non_null(e);
    assert_int_equal(e->want, MESSAGE_WANT_NOTHING);
    assert_int_equal(r->n->carried.count, 0);
    carrier_sends(r, 2, "sensor1", 20, 4, 4);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    carrier_offers(r, 2, "sensor1", 20, 9);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 0);
}

static void an_author_that_leaves_at_once_is_missed_again(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_link_down(r, 2);
    meet(r, 6, "controller2"); /* who comes is told at once */
    assert_int_equal(carrier_told(r, 6, "sensor1")->want, MESSAGE_WANT_NEWS);
    rig_wait(r, TIME_NEWS_MS);
    carrier_offers(r, 6, "sensor1", 20, 5);
    rig_link_up(r, 4, "sensor1", 0, ROLE_SENSOR);
    rig_greet(r, 4, "sensor1", ROLE_SENSOR, 20);
    assert_int_equal(carrier_told(r, 6, "sensor1")->want, MESSAGE_WANT_NOTHING);
    rig_link_down(r, 4);
    rig_wait(r, TIME_NEWS_MS);
    assert_non_null(carrier_told(r, 6, "sensor1"));
    assert_int_equal(carrier_told(r, 6, "sensor1")->want, MESSAGE_WANT_NEWS);
}

static void what_nobody_asked_for_is_passed_over(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    meet(r, 4, "controller2");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    uint64_t unknown = node_count(r->n, NODE_MESSAGES_UNKNOWN);
    carrier_sends(r, 4, "sensor1", 20, 1, 3); /* the other was asked */
    carrier_seals(r, 4, "sensor1", 20, 3);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    assert_int_equal(node_count(r->n, NODE_MESSAGES_UNKNOWN), unknown + 1);
    assert_int_equal(node_session_count(r->n), 2);
}

static void a_certificate_of_another_network_ends_the_session(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    struct message m = {.kind = MESSAGE_CERTIFICATE, .certificate = {.chain = SPAN("paper")}};
    rig_message(r, 2, &m);
    assert_int_equal(rig_count(r, EFFECT_CERTIFY), 1);
    rig_step(r, &(struct event){.kind = EVENT_CERTIFIED, .certified = {.link = 2}});
    assert_int_equal(node_session_count(r->n), 0);
}

static void a_certificate_that_nobody_waits_for_is_not_checked(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    struct message m = {.kind = MESSAGE_CERTIFICATE, .certificate = {.chain = SPAN("paper")}};
    rig_message(r, 2, &m);
    assert_int_equal(rig_count(r, EFFECT_CERTIFY), 1); /* a proof may be behind it */
    rig_message(r, 2, &m);
    assert_int_equal(rig_count(r, EFFECT_CERTIFY), 0);
    carrier_offers(r, 2, "sensor1", 20, 3);
    rig_message(r, 2, &m);
    assert_int_equal(rig_count(r, EFFECT_CERTIFY), 1);
    rig_message(r, 2, &m);
    assert_int_equal(rig_count(r, EFFECT_CERTIFY), 0);
    assert_int_equal(node_session_count(r->n), 1);
}

static void a_log_of_a_role_that_nobody_wants_is_not_taken_for_another(void **state)
{
    struct rig *r = *state; /* a sensor */
    meet(r, 2, "controller1");
    struct message_entry e = carrier_entry("sensor1", 20, 3);
    carrier_tells(r, 2, &e);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 0);
    e.role = ROLE_ACTUATOR; /* says the carrier */
    carrier_tells(r, 2, &e);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 1);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_seals(r, 2, "sensor1", 20, 3);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
}

/* Records of that many bytes, sixteen a message; returns the sequence of the last. */
static uint64_t send_bytes(struct rig *r, size_t total)
{
    struct log_id id = rig_log("sensor1", 20);
    char *text = malloc(LIMIT_RECORD);
    assert_non_null(text);
    uint64_t seq = 0;
    for (size_t sent = 0; sent < total;) {
        size_t comma = sent > 0, left = total - sent - comma;
        size_t size = left > 2 * (size_t)LIMIT_RECORD ? LIMIT_RECORD
                      : left > LIMIT_RECORD           ? left / 2
                                                      : left;
        memset(text, ' ', size);
        int begun = snprintf(text, size, "{sensor1 20 %llu", (unsigned long long)++seq);
        text[begun] = ' ';
        text[size - 1] = '}';
        struct record record = {.bytes = {text, size},
                                .device = SPAN("sensor1"),
                                .type = SPAN("temperature"),
                                .epoch = 20,
                                .seq = seq,
                                .ts = CARRIER_MS,
                                .value = value_number(26)};
        struct message m = {.kind = MESSAGE_STATE_UPDATE,
                            .update = {.log = {SPAN("sensor1"), id.key, 20},
                                       .records = &record,
                                       .count = 1}};
        rig_message(r, 2, &m);
        sent += comma + size;
    }
    free(text);
    return seq;
}

static void a_stretch_at_the_limit_is_taken(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 2000);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    uint64_t seq = send_bytes(r, LIMIT_STRETCH);
    struct session *s = r->n->sessions[0];
    assert_int_equal(s->stretch_bytes, LIMIT_STRETCH);
    struct log_id id = rig_log("sensor1", 20);
    const struct carried *c = carried_find(r->n, &id);
    assert_non_null(c);
    struct chain_hash head = c->head;
    carrier_seals_hash(r, 2, "sensor1", 20, seq, &head);
    carrier_verified(r, 2, "sensor1", 20, seq, true);
    assert_int_equal(last_of(r, "sensor1", 20), seq);
    assert_int_equal(s->stretch_bytes, 0);
}

static void a_stretch_beyond_the_limit_is_given_up(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 2000);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    send_bytes(r, LIMIT_STRETCH + 1);
    assert_int_equal(r->n->carried.count, 0);
    assert_int_equal(r->n->sessions[0]->stretch_bytes, 0);
    assert_int_equal(node_session_count(r->n), 1);
}

static void take(struct rig *r, uint64_t ts)
{
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 1);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends_stamped(r, 2, "sensor1", 20, 1, 1, ts);
    struct chain_hash hash = carrier_chain(r, "sensor1", 20, 1, ts);
    carrier_seals_hash(r, 2, "sensor1", 20, 1, &hash);
    carrier_verified(r, 2, "sensor1", 20, 1, true);
    assert_int_equal(last_of(r, "sensor1", 20), 1);
    assert_int_equal(rig_fact_count(r, FACT_READING), 1);
}

static void what_is_stamped_now_is_used_by_rules(void **state)
{
    struct rig *r = *state;
    take(r, r->wall_ms);
    assert_int_equal(rig_fact_count(r, FACT_ACTION), 1);
}

static void what_is_stamped_ahead_of_the_clock_is_stored_and_used_by_no_rule(void **state)
{
    struct rig *r = *state;
    take(r, r->wall_ms + TIME_CLOCK_MS + 1);
    assert_int_equal(rig_fact_count(r, FACT_ACTION), 0);
}

static void what_is_old_is_stored_and_used_by_no_rule(void **state)
{
    struct rig *r = *state;
    take(r, r->wall_ms - TIME_FRESH_MS - 1);
    assert_int_equal(rig_fact_count(r, FACT_ACTION), 0);
}

static void a_record_beyond_its_authors_role_ends_the_session(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "observer1", 20, 3);
    carrier_introduces(r, 2, "observer1", ROLE_OBSERVER);
    carrier_sends(r, 2, "observer1", 20, 1, 3);
    assert_int_equal(node_count(r->n, NODE_RECORDS_DENIED), 1);
    assert_int_equal(node_session_count(r->n), 0);
}

static void a_name_that_another_key_uses_is_not_taken(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_seals(r, 2, "sensor1", 20, 3);
    rig_link_up(r, 4, "sensor1", 9, ROLE_SENSOR);
    rig_greet(r, 4, "sensor1", ROLE_SENSOR, 40);
    carrier_verified(r, 2, "sensor1", 20, 3, true);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(last_of(r, "sensor1", 20), 0);
    carrier_offers(r, 2, "sensor1", 20, 4);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 0);
}

static void the_lives_of_an_earlier_key_make_no_hello_stale(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 4, "sensor1", 9, ROLE_SENSOR);
    rig_greet(r, 4, "sensor1", ROLE_SENSOR, 2);
    rig_link_down(r, 4);
    meet(r, 2, "controller1");
    carrier_delivers(r, 2, "sensor1", 20, 3); /* of key 0 */
    assert_int_equal(last_of(r, "sensor1", 20), 3);
    uint64_t stale = node_count(r->n, NODE_HELLOS_STALE);
    rig_hello(r, "sensor1", 2, 7, 47001);
    assert_int_equal(node_count(r->n, NODE_HELLOS_STALE), stale);
}

static void who_offers_many_logs_keeps_nobody_elses_out(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    meet(r, 4, "controller2");
    for (int i = 0; i < LIMIT_LOGS + 10; i++) {
        char device[16];
        snprintf(device, sizeof device, "ghost%d", i);
        carrier_offers(r, 2, device, 20, 3);
    }
    assert_int_equal(r->n->carried.count, LIMIT_LOGS);
    carrier_delivers(r, 4, "sensor1", 20, 3);
    assert_int_equal(last_of(r, "sensor1", 20), 3);
    assert_int_equal(r->n->carried.count, LIMIT_LOGS);
    assert_int_equal(r->n->sessions[0]->asked, LIMIT_LOGS - 1);
    live(r, TIME_CARRY_MS + 1000); /* no ghost is waited for any longer */
    assert_int_equal(r->n->carried.count, 1);
}

static void what_was_asked_waits_for_the_disk_and_is_asked_anew(void **state)
{
    struct rig *r = *state;
    meet(r, 2, "controller1");
    carrier_offers(r, 2, "sensor1", 20, 3);
    carrier_introduces(r, 2, "sensor1", ROLE_SENSOR);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_seals(r, 2, "sensor1", 20, 3);
    rig_event(r, EVENT_STORE_FAILED);
    carrier_verified(r, 2, "sensor1", 20, 3, true);
    assert_int_equal(rig_fact_count(r, FACT_READING), 0);
    rig_event(r, EVENT_STORE_READY);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 1);
    carrier_sends(r, 2, "sensor1", 20, 1, 3);
    carrier_seals(r, 2, "sensor1", 20, 3);
    carrier_verified(r, 2, "sensor1", 20, 3, true);
    assert_int_equal(rig_fact_count(r, FACT_READING), 3);
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)
#define SENSOR(test)   cmocka_unit_test_setup_teardown(test, rig_setup_sensor, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(a_stretch_is_not_used_before_its_seal_is_verified),
        ACTUATOR(a_stretch_whose_author_is_not_introduced_is_passed_over),
        ACTUATOR(a_seal_that_does_not_hold_ends_the_session_and_nothing_is_taken),
        ACTUATOR(a_stretch_that_comes_twice_is_acknowledged_twice),
        ACTUATOR(what_is_not_on_disk_is_not_acknowledged),
        ACTUATOR(a_gap_is_asked_about_four_times_and_no_more),
        ACTUATOR(records_that_were_changed_on_the_way_are_not_taken),
        ACTUATOR(who_is_silent_gives_way_to_who_offered_it_too),
        ACTUATOR(who_was_silent_is_not_asked_again_in_its_session),
        ACTUATOR(a_log_that_goes_on_after_all_is_asked_for_again),
        ACTUATOR(telling_of_more_is_no_excuse_for_silence),
        ACTUATOR(who_leaves_gives_way_to_who_offered_it_too),
        ACTUATOR(who_sends_no_whole_stretch_gives_way),
        ACTUATOR(the_authors_coming_ends_carrying),
        ACTUATOR(an_author_that_leaves_at_once_is_missed_again),
        ACTUATOR(what_nobody_asked_for_is_passed_over),
        ACTUATOR(a_certificate_of_another_network_ends_the_session),
        ACTUATOR(a_certificate_that_nobody_waits_for_is_not_checked),
        SENSOR(a_log_of_a_role_that_nobody_wants_is_not_taken_for_another),
        ACTUATOR(a_stretch_at_the_limit_is_taken),
        ACTUATOR(a_stretch_beyond_the_limit_is_given_up),
        ACTUATOR(what_is_stamped_now_is_used_by_rules),
        ACTUATOR(what_is_stamped_ahead_of_the_clock_is_stored_and_used_by_no_rule),
        ACTUATOR(what_is_old_is_stored_and_used_by_no_rule),
        ACTUATOR(a_record_beyond_its_authors_role_ends_the_session),
        ACTUATOR(a_name_that_another_key_uses_is_not_taken),
        ACTUATOR(the_lives_of_an_earlier_key_make_no_hello_stale),
        ACTUATOR(who_offers_many_logs_keeps_nobody_elses_out),
        ACTUATOR(what_was_asked_waits_for_the_disk_and_is_asked_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
