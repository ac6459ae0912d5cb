#include "core/fork.h"

#include "core/carrier.h"
#include "core/members.h"

/* sensor1 signs two contents: one stamped CARRIER_MS, which controller1 brings, and another that
 * controller2 has. */

enum { OTHER_MS = 1 };

static struct chain_hash other_chain(struct rig *r, uint64_t last)
{
    return carrier_chain(r, "sensor1", 20, last, CARRIER_MS + OTHER_MS);
}

static struct log *begin(struct rig *r)
{
    rig_start(r, 10);
    rig_meet(r, 2, "controller1", ROLE_CONTROLLER, 30);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_meet(r, 4, "controller2", ROLE_CONTROLLER, 30);
    return members_find(r->n, SPAN("sensor1"))->logs;
}

static void tell_other(struct rig *r, uint64_t sealed)
{
    struct chain_hash hash = other_chain(r, sealed);
    struct message_entry e = carrier_entry("sensor1", 20, sealed);
    e.chain = fork_digest(&hash);
    carrier_tells(r, 4, &e);
}

static void seal_other(struct rig *r, uint64_t seq)
{
    struct chain_hash hash = other_chain(r, seq);
    carrier_seals_hash(r, 4, "sensor1", 20, seq, &hash);
}

static void two_seals_over_one_place_prove_a_fork_and_both_are_kept(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    tell_other(r, 3);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
    assert_int_equal(carrier_told(r, 4, "sensor1")->last, 3); /* its seal only */
    seal_other(r, 3);
    assert_int_equal(rig_fact_count(r, FACT_FORKED), 0);
    carrier_verified(r, 4, "sensor1", 20, 3, true);
    assert_true(span_is(rig_fact(r, FACT_FORKED)->device, "sensor1"));
    assert_int_equal(rig_fact(r, FACT_FORKED)->seq, 3);
    struct chain_hash ours = carrier_chain(r, "sensor1", 20, 3, CARRIER_MS);
    struct chain_hash theirs = other_chain(r, 3);
    assert_memory_equal(&l->seal.hash, &ours, sizeof ours);
    assert_non_null(l->against);
    assert_memory_equal(&l->against->hash, &theirs, sizeof theirs);
    tell_other(r, 3); /* it is known */
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 0);
    assert_int_equal(node_count(r->n, NODE_FORKS), 1);
}

static void who_proved_it_hears_of_our_content_again(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_wait(r, TIME_NEWS_MS);
    tell_other(r, 3);
    seal_other(r, 3);
    carrier_verified(r, 4, "sensor1", 20, 3, true);
    rig_wait(r, TIME_NEWS_MS);
    const struct message_entry *e = carrier_told(r, 4, "sensor1");
    assert_non_null(e);
    struct chain_hash ours = carrier_chain(r, "sensor1", 20, 3, CARRIER_MS);
    assert_int_equal(e->chain, fork_digest(&ours));
    assert_true(e->role_known);
}

static void nothing_more_of_a_forked_log_is_taken_from_anybody(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    tell_other(r, 3);
    seal_other(r, 3);
    carrier_verified(r, 4, "sensor1", 20, 3, true);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 6, "sensor1", 20, 4, 5, 26);
    assert_int_equal(rig_count(r, EFFECT_STORE) + rig_fact_count(r, FACT_READING), 0);
    assert_int_equal(l->last, 3);
    rig_seal(r, 6, 20, 3);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    rig_link_down(r, 6);
    carrier_offers(r, 4, "sensor1", 20, 9);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 0);
}

static void what_is_only_said_proves_nothing(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    tell_other(r, 3);
    struct chain_hash same = carrier_chain(r, "sensor1", 20, 3, CARRIER_MS);
    carrier_seals_hash(r, 4, "sensor1", 20, 3, &same); /* what we have, after all */
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    carrier_verified(r, 4, "sensor1", 20, 3, true);
    assert_false(l->forked);
    assert_int_equal(node_session_count(r->n), 2);
}

static void a_forged_proof_ends_the_session(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    tell_other(r, 3);
    seal_other(r, 3);
    carrier_verified(r, 4, "sensor1", 20, 3, false);
    assert_false(l->forked);
    assert_int_equal(node_session_count(r->n), 1);
    assert_int_equal(node_count(r->n, NODE_SEALS_BAD), 1);
}

static void a_lie_a_line_costs_no_signature_a_line(void **state)
{
    struct rig *r = *state;
    begin(r);
    size_t asked = 0;
    for (int i = 0; i < 10; i++) {
        tell_other(r, 3);
        asked += carrier_asked(r, 4, "sensor1", 20);
        carrier_seals(r, 4, "sensor1", 20, 3); /* ends the doubt */
    }
    assert_int_equal(asked, 1);
    rig_wait(r, TIME_LIST_MS);
    tell_other(r, 3);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
}

/* It is asked for its longer log, which does not continue ours, as often as for any other. */
static void offer_longer(struct rig *r)
{
    tell_other(r, 5);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
        carrier_sends_stamped(r, 4, "sensor1", 20, 4, 5, CARRIER_MS + OTHER_MS);
        seal_other(r, 5);
        carrier_verified(r, 4, "sensor1", 20, 5, true);
    }
}

static void a_longer_log_proves_the_fork_from_its_beginning(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    rig_link_down(r, 2);
    offer_longer(r);
    const struct message_entry *e = carrier_told(r, 4, "sensor1");
    assert_int_equal(e->last, 0);
    assert_int_equal(e->sealed, 0);
    carrier_sends_stamped(r, 4, "sensor1", 20, 1, 2, CARRIER_MS + OTHER_MS);
    seal_other(r, 2);
    carrier_verified(r, 4, "sensor1", 20, 2, true);
    assert_int_equal(rig_sent(r, MESSAGE_ACK)->ack.seq, 2); /* the next stretch, please */
    carrier_sends_stamped(r, 4, "sensor1", 20, 3, 5, CARRIER_MS + OTHER_MS);
    seal_other(r, 5);
    assert_false(l->forked);
    carrier_verified(r, 4, "sensor1", 20, 5, true);
    assert_int_equal(rig_fact_count(r, FACT_FORKED), 1);
    assert_int_equal(l->last, 3); /* hashes only */
}

static void records_changed_behind_our_seal_are_no_fork(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    rig_link_down(r, 2);
    offer_longer(r);
    carrier_sends(r, 4, "sensor1", 20, 1, 5); /* this time as they are */
    carrier_seals(r, 4, "sensor1", 20, 5);
    carrier_verified(r, 4, "sensor1", 20, 5, true);
    assert_false(l->forked);
    assert_int_equal(l->last, 3);
}

static void a_proof_with_a_gap_proves_nothing(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    rig_link_down(r, 2);
    offer_longer(r);
    carrier_sends_stamped(r, 4, "sensor1", 20, 2, 5, CARRIER_MS + OTHER_MS);
    seal_other(r, 5);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    assert_false(l->forked);
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(two_seals_over_one_place_prove_a_fork_and_both_are_kept),
        ACTUATOR(who_proved_it_hears_of_our_content_again),
        ACTUATOR(nothing_more_of_a_forked_log_is_taken_from_anybody),
        ACTUATOR(what_is_only_said_proves_nothing),
        ACTUATOR(a_forged_proof_ends_the_session),
        ACTUATOR(a_lie_a_line_costs_no_signature_a_line),
        ACTUATOR(a_longer_log_proves_the_fork_from_its_beginning),
        ACTUATOR(records_changed_behind_our_seal_are_no_fork),
        ACTUATOR(a_proof_with_a_gap_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
