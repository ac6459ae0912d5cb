#include "core/doubt.h"

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
    e.chain = doubt_digest(&hash);
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
    const struct proof *proof = &r->n->forks[0]->proof;
    assert_memory_equal(&l->seal.hash, &ours, sizeof ours);
    assert_memory_equal(&proof->seals[0].hash, &theirs, sizeof theirs);
    assert_memory_equal(&proof->seals[1].hash, &ours, sizeof ours);
    assert_true(proof_is_whole(proof));
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
    assert_int_equal(e->chain, doubt_digest(&ours));
    assert_true(e->role_known);
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
    assert_false(fork_known(r->n, &l->id.key));
    assert_int_equal(node_session_count(r->n), 2);
}

static void who_is_asked_in_doubt_names_the_author_and_may_show_a_proof_all_the_same(void **state)
{
    struct message m = {.kind = MESSAGE_CERTIFICATE, .certificate = {.chain = SPAN("paper")}};
    struct rig *r = *state;
    begin(r);
    tell_other(r, 3);
    rig_message(r, 4, &m);
    assert_int_equal(rig_count(r, EFFECT_CERTIFY), 1);
    rig_message(r, 4, &m); /* of its proof */
    assert_int_equal(rig_count(r, EFFECT_CERTIFY), 1);
    rig_message(r, 4, &m); /* and no more */
    assert_int_equal(rig_count(r, EFFECT_CERTIFY), 0);
}

static void a_forged_proof_ends_the_session(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    tell_other(r, 3);
    seal_other(r, 3);
    carrier_verified(r, 4, "sensor1", 20, 3, false);
    assert_false(fork_known(r->n, &l->id.key));
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
    assert_false(fork_known(r->n, &l->id.key));
    carrier_verified(r, 4, "sensor1", 20, 5, true);
    assert_int_equal(rig_fact_count(r, FACT_FORKED), 1);
    assert_int_equal(l->last, 3);                         /* hashes only, */
    assert_false(proof_is_whole(&r->n->forks[0]->proof)); /* ... so nobody can be shown it */
    assert_int_equal(rig_sent_count(r, MESSAGE_FORK), 0);
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
    assert_false(fork_known(r->n, &l->id.key));
    assert_int_equal(l->last, 3);
}

/* The disk's answer: our chain at seq, with what follows up to `last`, where our seal is. */
static void disk_says(struct rig *r, uint64_t seq, uint64_t last)
{
    const struct effect *asked = rig_effect(r, EFFECT_CHAIN);
    struct event e = {.kind = EVENT_CHAIN,
                      .chain = {.link = asked->chain.link,
                                .id = asked->chain.id,
                                .seq = asked->chain.seq,
                                .told = asked->chain.told,
                                .known = true,
                                .hash = carrier_chain(r, "sensor1", 20, seq, CARRIER_MS)}};
    assert_int_equal(asked->chain.seq, seq);
    if (asked->chain.to_seal && last > seq) {
        e.chain.bytes = SPAN("what follows");
        e.chain.count = (size_t)(last - seq);
        e.chain.seal_hash = carrier_chain(r, "sensor1", 20, last, CARRIER_MS);
        e.chain.signature_size = 8;
    }
    rig_step(r, &e);
}

static void a_shorter_log_is_held_against_our_disk(void **state)
{
    struct rig *r = *state;
    begin(r);
    tell_other(r, 2);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 0); /* not before we know */
    assert_false(rig_effect(r, EFFECT_CHAIN)->chain.to_seal);
    disk_says(r, 2, 3);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
    seal_other(r, 2);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    assert_true(rig_effect(r, EFFECT_CHAIN)->chain.to_seal);
    disk_says(r, 2, 3);
    carrier_verified(r, 4, "sensor1", 20, 2, true);
    assert_int_equal(rig_fact(r, FACT_FORKED)->seq, 2);
    const struct proof *proof = &r->n->forks[0]->proof;
    struct chain_hash ours = carrier_chain(r, "sensor1", 20, 2, CARRIER_MS);
    struct chain_hash theirs = other_chain(r, 2);
    assert_true(proof_is_whole(proof));
    assert_int_equal(proof->seals[0].seq * 10 + proof->seals[1].seq, 23);
    assert_memory_equal(&proof->there, &ours, sizeof ours);
    assert_memory_equal(&proof->seals[0].hash, &theirs, sizeof theirs);
    assert_true(span_is(proof->bytes, "what follows"));
}

static void a_lie_about_a_shorter_log_proves_nothing(void **state)
{
    struct rig *r = *state;
    struct log *l = begin(r);
    tell_other(r, 2);
    disk_says(r, 2, 3);
    carrier_seals(r, 4, "sensor1", 20, 2); /* what we have, after all */
    disk_says(r, 2, 3);
    assert_int_equal(rig_count(r, EFFECT_VERIFY), 0);
    assert_false(fork_known(r->n, &l->id.key));
    assert_int_equal(node_session_count(r->n), 2);
}

static void what_is_too_long_to_be_shown_is_proven_to_ourselves(void **state)
{
    struct rig *r = *state;
    begin(r);
    tell_other(r, 2);
    disk_says(r, 2, 3);
    seal_other(r, 2);
    disk_says(r, 2, 0);
    carrier_verified(r, 4, "sensor1", 20, 2, true);
    assert_int_equal(rig_fact_count(r, FACT_FORKED), 1);
    assert_false(proof_is_whole(&r->n->forks[0]->proof));
    assert_int_equal(rig_sent_count(r, MESSAGE_FORK), 0);
}

static void a_shorter_log_of_our_content_costs_one_look_at_the_disk(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct chain_hash same = carrier_chain(r, "sensor1", 20, 2, CARRIER_MS);
    struct message_entry e = carrier_entry("sensor1", 20, 2);
    e.chain = doubt_digest(&same);
    carrier_tells(r, 4, &e);
    disk_says(r, 2, 3);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 0);
    carrier_tells(r, 4, &e);
    assert_int_equal(rig_count(r, EFFECT_CHAIN), 0);
    tell_other(r, 2); /* and now it would be seen without one */
    assert_int_equal(rig_count(r, EFFECT_CHAIN), 0);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
}

static void tell_places(struct rig *r, uint64_t link, const struct message_entry *entries,
                        size_t count)
{
    rig_message(r, link,
                &(struct message){.kind = MESSAGE_HAVE,
                                  .have = {.entries = entries, .count = count}});
}

static void many_places_of_one_log_cost_one_look_a_second(void **state)
{
    struct rig *r = *state;
    struct message_entry e[8];
    begin(r);
    carrier_delivers(r, 2, "sensor2", 20, COUNT_OF(e) + 1);
    for (size_t i = 0; i < COUNT_OF(e); i++) {
        e[i] = carrier_entry("sensor2", 20, i + 1);
        e[i].chain = 7;
    }
    tell_places(r, 4, e, COUNT_OF(e));
    assert_int_equal(rig_count(r, EFFECT_CHAIN), 1);
    rig_meet(r, 6, "controller3", ROLE_CONTROLLER, 30);
    tell_places(r, 6, e, COUNT_OF(e)); /* whoever says so */
    assert_int_equal(rig_count(r, EFFECT_CHAIN), 0);
    rig_wait(r, TIME_LIST_MS - 1);
    tell_places(r, 4, e, COUNT_OF(e));
    assert_int_equal(rig_count(r, EFFECT_CHAIN), 0);
    rig_wait(r, 1);
    tell_places(r, 4, e, COUNT_OF(e));
    assert_int_equal(rig_count(r, EFFECT_CHAIN), 1);
}

static void at_the_bound_a_session_makes_us_look_no_more_for_a_second(void **state)
{
    struct rig *r = *state;
    struct message_entry e[LIMIT_LOOKS + 1];
    begin(r);
    for (size_t i = 0; i < COUNT_OF(e); i++) {
        carrier_delivers(r, 2, "sensor2", 20 + i, 2);
        e[i] = carrier_entry("sensor2", 20 + i, 1);
        e[i].chain = 7;
    }
    tell_places(r, 4, e, COUNT_OF(e));
    assert_int_equal(rig_count(r, EFFECT_CHAIN), LIMIT_LOOKS);
    rig_meet(r, 6, "controller3", ROLE_CONTROLLER, 30);
    tell_places(r, 6, &e[LIMIT_LOOKS], 1); /* each has its own share */
    assert_int_equal(rig_count(r, EFFECT_CHAIN), 1);
    rig_wait(r, TIME_LIST_MS);
    tell_places(r, 4, e, COUNT_OF(e));
    assert_int_equal(rig_count(r, EFFECT_CHAIN), LIMIT_LOOKS);
}

static void a_disk_that_cannot_tell_proves_nothing(void **state)
{
    struct rig *r = *state;
    begin(r);
    tell_other(r, 2);
    const struct effect *asked = rig_effect(r, EFFECT_CHAIN);
    struct event e = {.kind = EVENT_CHAIN,
                      .chain = {.link = 4, .id = asked->chain.id, .seq = 2, .told = 1}};
    rig_step(r, &e);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 0);
}

static void a_seal_beyond_ours_is_for_when_we_are_told_again(void **state)
{
    struct rig *r = *state;
    begin(r);
    tell_other(r, 3);
    seal_other(r, 9);
    assert_int_equal(rig_count(r, EFFECT_CHAIN) + rig_count(r, EFFECT_VERIFY), 0);
    rig_wait(r, TIME_LIST_MS);
    tell_other(r, 3);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
}

static void an_earlier_life_is_compared_when_a_list_tells_of_it(void **state)
{
    struct rig *r = *state;
    begin(r);
    carrier_delivers(r, 2, "sensor1", 30, 2); /* a later one */
    struct chain_hash hash = other_chain(r, 3);
    struct message_entry e = carrier_entry("sensor1", 20, 3);
    e.role_known = false;
    e.chain = doubt_digest(&hash);
    struct message list = {.kind = MESSAGE_HAVE,
                           .have = {.entries = &e, .count = 1, .of = SPAN("sensor1")}};
    rig_message(r, 4, &list);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
    seal_other(r, 3);
    carrier_verified(r, 4, "sensor1", 20, 3, true);
    assert_int_equal(rig_fact(r, FACT_FORKED)->epoch, 20);
}

static void at_the_bound_a_session_is_not_asked_about_more(void **state)
{
    static const char *const devices[] = {"sensor1", "sensor2", "sensor3", "sensor4", "sensor6"};
    struct rig *r = *state;
    size_t asked = 0;
    begin(r);
    for (size_t i = 1; i < COUNT_OF(devices); i++)
        carrier_delivers(r, 2, devices[i], 20, 3);
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        struct message_entry e = carrier_entry(devices[i], 20, 3);
        e.chain = 7;
        carrier_tells(r, 4, &e);
        asked += carrier_asked(r, 4, devices[i], 20);
    }
    assert_int_equal(COUNT_OF(devices), LIMIT_DOUBTS + 1);
    assert_int_equal(asked, LIMIT_DOUBTS);
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
    assert_false(fork_known(r->n, &l->id.key));
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(two_seals_over_one_place_prove_a_fork_and_both_are_kept),
        ACTUATOR(who_proved_it_hears_of_our_content_again),
        ACTUATOR(what_is_only_said_proves_nothing),
        ACTUATOR(who_is_asked_in_doubt_names_the_author_and_may_show_a_proof_all_the_same),
        ACTUATOR(a_forged_proof_ends_the_session),
        ACTUATOR(a_lie_a_line_costs_no_signature_a_line),
        ACTUATOR(a_longer_log_proves_the_fork_from_its_beginning),
        ACTUATOR(records_changed_behind_our_seal_are_no_fork),
        ACTUATOR(a_proof_with_a_gap_proves_nothing),
        ACTUATOR(a_shorter_log_is_held_against_our_disk),
        ACTUATOR(a_lie_about_a_shorter_log_proves_nothing),
        ACTUATOR(what_is_too_long_to_be_shown_is_proven_to_ourselves),
        ACTUATOR(a_shorter_log_of_our_content_costs_one_look_at_the_disk),
        ACTUATOR(many_places_of_one_log_cost_one_look_a_second),
        ACTUATOR(at_the_bound_a_session_makes_us_look_no_more_for_a_second),
        ACTUATOR(a_disk_that_cannot_tell_proves_nothing),
        ACTUATOR(a_seal_beyond_ours_is_for_when_we_are_told_again),
        ACTUATOR(an_earlier_life_is_compared_when_a_list_tells_of_it),
        ACTUATOR(at_the_bound_a_session_is_not_asked_about_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
