#include "core/hearsay.h"

#include "core/members.h"
#include "core/rig.h"
#include "core/view.h"

#include <stdio.h>

enum { LIFE = 5, FIRST = 2, SECOND = 4, THIRD = 6, CROWD = 40 };

static int setup(void **state)
{
    return rig_setup_rules(state, "observer0", ROLE_OBSERVER, NULL, 0);
}

static void call(struct rig *r, const char *device, uint64_t epoch)
{
    rig_hello(r, device, epoch, r->now_ms, 40000);
}

/* A ring of that many, and sessions with two of them; what that made us say is said. */
static void join(struct rig *r, size_t count)
{
    char name[32];
    rig_start(r, 9);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "controller%zu", i + 1);
        call(r, name, LIFE);
    }
    rig_wait(r, 2 * TIME_MESH_MS);
    rig_meet(r, FIRST, "controller1", ROLE_CONTROLLER, LIFE);
    rig_meet(r, SECOND, "controller2", ROLE_CONTROLLER, LIFE);
    rig_wait(r, 2 * TIME_TELL_MS);
}

static void beat(struct rig *r, uint64_t link)
{
    rig_message(r, link, &(struct message){.kind = MESSAGE_PING});
}

/* That long, while those two show that they live. */
static void wait(struct rig *r, uint64_t ms)
{
    for (uint64_t done = 0; done < ms; done += 500) {
        rig_wait(r, ms - done < 500 ? ms - done : 500);
        beat(r, FIRST);
        beat(r, SECOND);
    }
}

static struct message_word word(const char *device, enum message_presence is, const char *by)
{
    return (struct message_word){.device = span_of(device),
                                 .epoch = LIFE,
                                 .is = is,
                                 .by = span_of(by),
                                 .why = is == MESSAGE_OFFLINE ? SPAN("connection reset")
                                                              : (struct span){0}};
}

static void say(struct rig *r, uint64_t link, const struct message_word *w)
{
    rig_message(r, link,
                &(struct message){.kind = MESSAGE_PRESENCE, .presence = {.words = w, .count = 1}});
}

static void say_gone(struct rig *r, uint64_t link, const char *device, const char *by)
{
    struct message_word w = word(device, MESSAGE_OFFLINE, by);
    say(r, link, &w);
}

/* What the last event, or the time that was waited, told that session about a device; NULL:
 * nothing. */
static const struct message_word *told(const struct rig *r, uint64_t link, const char *device)
{
    for (size_t i = r->fx.count; i > 0; i--) {
        const struct effect *e = &r->fx.list[i - 1];
        if (e->kind != EFFECT_SEND || e->send.link != link ||
            e->send.message.kind != MESSAGE_PRESENCE)
            continue;
        for (size_t k = 0; k < e->send.message.presence.count; k++)
            if (span_is(e->send.message.presence.words[k].device, device))
                return &e->send.message.presence.words[k];
    }
    return NULL;
}

static struct view_peer view_of(const struct rig *r, const char *device)
{
    struct view_peer peer;
    size_t at = 0;
    while (view_peer_next(r->n, r->now_ms, &at, &peer))
        if (strcmp(peer.device, device) == 0)
            return peer;
    fail_msg("%s is not listed", device);
    return (struct view_peer){0};
}

/* Somebody whom the ring does not need: only its calls tell of it. */
static const char *stranger(struct rig *r)
{
    const struct member *m;
    size_t at = 0;
    while ((m = table_next(&r->n->members, &at)) != NULL)
        if (!m->needed && m->session == NULL)
            return m->device;
    fail_msg("the ring needs everybody");
    return NULL;
}

static void a_lost_neighbour_is_told_to_the_others(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    rig_link_down(r, FIRST);
    rig_wait(r, TIME_TELL_MS);
    const struct message_word *w = told(r, SECOND, "controller1");
    assert_non_null(w);
    assert_int_equal(w->is, MESSAGE_OFFLINE);
    assert_int_equal(w->epoch, LIFE);
    assert_int_equal(w->ago_ms, TIME_TELL_MS);
    assert_int_equal(w->by.size, 0);
    assert_true(span_is(w->why, "connection reset"));
    assert_int_equal(view_of(r, "controller1").presence, VIEW_OFFLINE);
    wait(r, 1000);
    assert_null(told(r, SECOND, "controller1")); /* once */
}

static void who_says_why_it_hangs_up_is_not_called_gone(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    rig_message(r, FIRST,
                &(struct message){.kind = MESSAGE_ERROR, .end = {SPAN("a second hello")}});
    rig_wait(r, TIME_TELL_MS);
    assert_null(told(r, SECOND, "controller1"));
}

static void a_mesh_tells_nobody(void **state)
{
    struct rig *r = *state;
    join(r, LIMIT_MESH - 2);
    assert_false(r->n->ring);
    rig_link_down(r, FIRST);
    rig_wait(r, 2 * TIME_TELL_MS);
    assert_int_equal(rig_sent_count(r, MESSAGE_PRESENCE), 0);
}

static void one_witness_makes_suspect_and_time_makes_offline(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    say_gone(r, FIRST, device, "");
    assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT);
    assert_string_equal(view_of(r, device).evidence, "connection reset, says controller1");
    wait(r, TIME_HEARSAY_MS - 500);
    assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT);
    wait(r, 500);
    assert_int_equal(view_of(r, device).presence, VIEW_OFFLINE);
}

static void a_second_witness_by_another_way_makes_offline(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    say_gone(r, FIRST, device, "");
    say_gone(r, FIRST, device, "controller39"); /* whoever tells may have made it up */
    assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT);
    say_gone(r, SECOND, device, "controller1"); /* the same one */
    assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT);
    say_gone(r, SECOND, device, "");
    assert_int_equal(view_of(r, device).presence, VIEW_OFFLINE);
}

static void missing_calls_agree_with_one_witness(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    wait(r, 2 * presence_call_ms(CROWD) * 6 / 5 + 500);
    assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT);
    say_gone(r, FIRST, device, "");
    assert_int_equal(view_of(r, device).presence, VIEW_OFFLINE);
}

static void a_word_goes_on_once_and_not_back(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    r->now_ms += 100;
    say_gone(r, FIRST, device, "controller39");
    rig_wait(r, TIME_TELL_MS);
    assert_null(told(r, FIRST, device));
    assert_non_null(told(r, SECOND, device));
    assert_true(span_is(told(r, SECOND, device)->by, "controller39"));
    say_gone(r, SECOND, device, "controller39");
    say_gone(r, FIRST, device, "controller39");
    rig_wait(r, 2 * TIME_TELL_MS);
    assert_null(told(r, FIRST, device));
    assert_null(told(r, SECOND, device));
}

static void two_witnesses_go_on_and_no_third(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    rig_meet(r, THIRD, "controller3", ROLE_CONTROLLER, LIFE);
    rig_wait(r, 2 * TIME_TELL_MS);
    const char *device = stranger(r);
    say_gone(r, FIRST, device, "");
    say_gone(r, SECOND, device, "");
    rig_wait(r, TIME_TELL_MS);
    assert_non_null(told(r, THIRD, device));
    say_gone(r, THIRD, device, "");
    rig_wait(r, TIME_TELL_MS);
    assert_null(told(r, FIRST, device));
    assert_null(told(r, SECOND, device));
}

static void a_call_refutes_and_the_accuser_is_named(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    say_gone(r, FIRST, device, "");
    wait(r, TIME_HEARSAY_MS);
    assert_int_equal(view_of(r, device).presence, VIEW_OFFLINE);
    call(r, device, LIFE);
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
    assert_string_equal(view_of(r, device).evidence,
                        "its calls come; no session is needed; called gone by controller1");
    rig_wait(r, TIME_TELL_MS);
    assert_int_equal(told(r, FIRST, device)->is, MESSAGE_ONLINE);
    wait(r, 2000);
    say_gone(r, FIRST, device, "");
    assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT); /* it may die now */
}

static void what_others_heard_later_refutes_too(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    wait(r, 5000);
    say_gone(r, FIRST, device, "");
    wait(r, 1000);
    struct message_word w = word(device, MESSAGE_ONLINE, "");
    w.ago_ms = 1500; /* before it was called gone */
    say(r, SECOND, &w);
    assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT);
    w.ago_ms = 500;
    say(r, SECOND, &w);
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
    rig_wait(r, TIME_TELL_MS);
    assert_int_equal(told(r, FIRST, device)->is, MESSAGE_ONLINE);
    assert_int_equal(told(r, FIRST, device)->ago_ms, 500 + TIME_TELL_MS);
}

static void a_byte_in_its_session_refutes(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    r->now_ms += 10;
    say_gone(r, FIRST, "controller2", "");
    rig_wait(r, TIME_TELL_MS);
    assert_int_equal(told(r, SECOND, "controller2")->is, MESSAGE_OFFLINE); /* it must hear of it */
    assert_true(span_is(told(r, SECOND, "controller2")->why, "connection reset"));
    beat(r, SECOND);
    rig_wait(r, TIME_TELL_MS);
    assert_int_equal(told(r, FIRST, "controller2")->is, MESSAGE_ONLINE);
    assert_int_equal(view_of(r, "controller2").presence, VIEW_ONLINE);
}

static void who_was_heard_since_is_vouched_for(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    wait(r, 1000);
    call(r, device, LIFE);
    r->now_ms += 300;
    struct message_word w = word(device, MESSAGE_OFFLINE, "controller39");
    w.ago_ms = 400;
    say(r, FIRST, &w);
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
    assert_int_equal(told(r, FIRST, device)->is, MESSAGE_ONLINE);
    assert_int_equal(told(r, FIRST, device)->ago_ms, 300);
}

static void an_old_life_does_not_matter(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    wait(r, 1000);
    call(r, device, LIFE + 1);
    r->now_ms += 100;
    say_gone(r, FIRST, device, "");
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
    struct message_word w = word(device, MESSAGE_LEFT, "");
    say(r, FIRST, &w);
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
    w.epoch = LIFE + 2; /* of one that we have not heard of: this one is over, too */
    say(r, FIRST, &w);
    assert_int_equal(view_of(r, device).presence, VIEW_LEFT);
}

static void who_is_called_gone_shows_that_it_is_not(void **state)
{
    struct rig *r = *state;
    struct message_word w = word("observer0", MESSAGE_OFFLINE, "controller39");
    join(r, CROWD);
    wait(r, 2000);
    w.epoch = 8; /* an earlier life of ours */
    say(r, FIRST, &w);
    rig_wait(r, 100);
    assert_int_equal(rig_count(r, EFFECT_HELLO), 0);
    w.epoch = 9;
    say(r, FIRST, &w);
    say(r, SECOND, &w);
    rig_wait(r, 100);
    assert_int_equal(rig_count(r, EFFECT_HELLO), 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_BEAT), 2);
    rig_wait(r, TIME_REFUTE_MS);
    assert_int_equal(rig_count(r, EFFECT_HELLO), 1);
    rig_wait(r, TIME_REFUTE_MS);
    assert_int_equal(rig_count(r, EFFECT_HELLO), 0);
}

static void whoever_is_called_gone_in_vain_too_often_is_judged_by_its_signs_alone(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    for (unsigned i = 0; i < LIMIT_REFUTED; i++) {
        wait(r, 1000);
        say_gone(r, FIRST, device, "");
        assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT);
        call(r, device, LIFE);
    }
    wait(r, 1000);
    say_gone(r, FIRST, device, "");
    say_gone(r, SECOND, device, "");
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
    for (int i = 0; i < TIME_REFUTED_MS / 1000; i++) {
        wait(r, 1000);
        call(r, device, LIFE);
    }
    say_gone(r, FIRST, device, "");
    assert_int_equal(view_of(r, device).presence, VIEW_SUSPECT);
}

static void a_goodbye_is_told_and_overrules_a_loss(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    rig_message(r, FIRST, &(struct message){.kind = MESSAGE_GOODBYE});
    rig_wait(r, TIME_TELL_MS);
    assert_int_equal(told(r, SECOND, "controller1")->is, MESSAGE_LEFT);
    const char *device = stranger(r);
    struct message_word w = word(device, MESSAGE_LEFT, "controller39");
    say_gone(r, SECOND, device, "");
    say(r, SECOND, &w);
    assert_int_equal(view_of(r, device).presence, VIEW_LEFT);
    say_gone(r, SECOND, device, "");
    assert_int_equal(view_of(r, device).presence, VIEW_LEFT);
    call(r, device, LIFE); /* it was late on its way */
    assert_int_equal(view_of(r, device).presence, VIEW_LEFT);
    call(r, device, LIFE + 1);
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
}

static void a_goodbye_that_others_made_up_is_refuted(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    struct message_word w = word(device, MESSAGE_LEFT, "");
    say(r, FIRST, &w);
    assert_int_equal(view_of(r, device).presence, VIEW_LEFT);
    wait(r, TIME_REFUTE_MS);
    call(r, device, LIFE);
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
}

static void a_goodbye_that_was_refuted_does_not_make_its_death_one(void **state)
{
    struct rig *r = *state;
    struct message_word w = word("controller2", MESSAGE_LEFT, "");
    join(r, CROWD);
    r->now_ms += 10;
    say(r, FIRST, &w);
    beat(r, SECOND);
    assert_int_equal(view_of(r, "controller2").presence, VIEW_ONLINE);
    const char *device = stranger(r);
    w = word(device, MESSAGE_LEFT, "");
    say(r, FIRST, &w);
    wait(r, TIME_REFUTE_MS);
    call(r, device, LIFE);
    assert_int_equal(view_of(r, device).presence, VIEW_ONLINE);
    rig_meet(r, THIRD, device, ROLE_CONTROLLER, LIFE);
    rig_link_down(r, THIRD);
    rig_link_down(r, SECOND);
    rig_wait(r, TIME_TELL_MS);
    assert_int_equal(told(r, FIRST, "controller2")->is, MESSAGE_OFFLINE);
    assert_int_equal(told(r, FIRST, device)->is, MESSAGE_OFFLINE);
    assert_int_equal(view_of(r, device).presence, VIEW_OFFLINE);
    assert_int_equal(node_count(r->n, NODE_SESSIONS_LOST), 2);
}

static void a_life_that_is_only_told_does_not_outrank_an_earlier_one(void **state)
{
    struct rig *r = *state;
    struct message_word w = word("sensor77", MESSAGE_ONLINE, "");
    join(r, CROWD);
    w.epoch = LIFE + 1000; /* made up, perhaps: nobody can have proven it to us */
    say(r, FIRST, &w);
    wait(r, 1000);
    say_gone(r, SECOND, "sensor77", "");
    assert_int_equal(view_of(r, "sensor77").presence, VIEW_SUSPECT);
    wait(r, 1000);
    w = word("sensor77", MESSAGE_ONLINE, "");
    say(r, SECOND, &w);
    assert_int_equal(view_of(r, "sensor77").presence, VIEW_ONLINE);
}

/* Until its calls would be missed. */
static uint64_t aged_ms(void)
{
    return LIMIT_CALLS_GONE * presence_call_ms(CROWD + 1) * 6 / 5;
}

static void whoever_is_only_told_of_ages_when_nobody_is_left_to_say_more(void **state)
{
    struct rig *r = *state;
    struct message_word w = word("sensor77", MESSAGE_ONLINE, "");
    join(r, CROWD);
    say(r, FIRST, &w);
    wait(r, 2 * aged_ms());
    assert_int_equal(view_of(r, "sensor77").presence, VIEW_ONLINE);
    rig_link_down(r, FIRST);
    rig_link_down(r, SECOND);
    assert_int_equal(view_of(r, "sensor77").presence, VIEW_ONLINE); /* but from now on */
    rig_wait(r, aged_ms());
    assert_true(r->n->session_count > 0); /* who is dialled says nothing */
    assert_int_equal(node_session_count(r->n), 0);
    assert_int_equal(view_of(r, "sensor77").presence, VIEW_OFFLINE);
}

static void a_word_that_is_older_than_this_machine_counts(void **state)
{
    struct rig *r = *state;
    struct message_word w = word("sensor77", MESSAGE_ONLINE, "");
    join(r, CROWD);
    w.ago_ms = r->now_ms + 60000;
    say(r, FIRST, &w);
    assert_int_equal(view_of(r, "sensor77").presence, VIEW_ONLINE);
}

static void everybody_is_listed_with_what_stands_behind_the_name(void **state)
{
    struct rig *r = *state;
    struct message_word w = word("sensor77", MESSAGE_ONLINE, "");
    join(r, CROWD);
    assert_int_equal(view_of(r, "controller1").known, VIEW_PROVEN);
    assert_int_equal(view_of(r, stranger(r)).known, VIEW_CALLED);
    assert_int_equal(view_of(r, stranger(r)).presence, VIEW_ONLINE);
    say(r, FIRST, &w);
    assert_int_equal(view_of(r, "sensor77").known, VIEW_TOLD);
    assert_int_equal(view_of(r, "sensor77").role, ROLE_SENSOR);
    assert_int_equal(view_of(r, "sensor77").presence, VIEW_ONLINE);
    assert_string_equal(view_of(r, "sensor77").evidence,
                        "its calls do not come; it is there, says controller1");
    w = word("sensor78", MESSAGE_OFFLINE, "");
    say(r, FIRST, &w);
    assert_int_equal(view_of(r, "sensor78").presence, VIEW_SUSPECT);
}

static void who_joins_is_told_who_is_gone(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    say_gone(r, FIRST, device, "");
    wait(r, 1000);
    rig_meet(r, THIRD, "controller3", ROLE_CONTROLLER, LIFE);
    rig_wait(r, 2 * TIME_TELL_MS);
    const struct message_word *w = told(r, THIRD, device);
    assert_non_null(w);
    assert_int_equal(w->is, MESSAGE_OFFLINE);
    assert_true(span_is(w->by, "controller1"));
    assert_int_equal(w->ago_ms / 100, 10);
}

/* One that is told of nobody by its calls: everybody that is there. */
static void who_is_out_of_hearing_is_told_who_is_there(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    rig_meet(r, THIRD, "far1", ROLE_CONTROLLER, LIFE);
    rig_wait(r, 1000);
    assert_null(told(r, THIRD, device)); /* its call may be on its way */
    beat(r, FIRST);
    beat(r, SECOND);
    beat(r, THIRD);
    rig_wait(r, TIME_FAR_MS - 1000 + 2 * TIME_TELL_MS);
    assert_non_null(told(r, THIRD, device));
    assert_int_equal(told(r, THIRD, device)->is, MESSAGE_ONLINE);
    assert_non_null(told(r, FIRST, "far1")); /* nor do others hear it */
}

/* What is new of it and what others cannot hear of it is due at once. */
static void who_is_out_of_hearing_and_slow_to_greet_is_told_of_too(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    rig_link_up(r, THIRD, "far1", 0, ROLE_CONTROLLER);
    wait(r, TIME_FAR_MS);
    rig_greet(r, THIRD, "far1", ROLE_CONTROLLER, LIFE);
    rig_message(r, THIRD, &(struct message){.kind = MESSAGE_HAVE});
    rig_wait(r, 2 * TIME_TELL_MS);
    assert_non_null(told(r, FIRST, "far1"));
    assert_int_equal(told(r, FIRST, "far1")->is, MESSAGE_ONLINE);
}

static void who_does_not_read_is_told_when_it_has(void **state)
{
    struct rig *r = *state;
    join(r, CROWD);
    const char *device = stranger(r);
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {SECOND, LIMIT_UNSENT}});
    say_gone(r, FIRST, device, "");
    rig_wait(r, 2 * TIME_NEWS_MS);
    assert_null(told(r, SECOND, device));
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {SECOND, 0}});
    rig_wait(r, 2 * TIME_NEWS_MS);
    assert_non_null(told(r, SECOND, device));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_lost_neighbour_is_told_to_the_others),
        CASE(who_says_why_it_hangs_up_is_not_called_gone),
        CASE(a_mesh_tells_nobody),
        CASE(one_witness_makes_suspect_and_time_makes_offline),
        CASE(a_second_witness_by_another_way_makes_offline),
        CASE(missing_calls_agree_with_one_witness),
        CASE(a_word_goes_on_once_and_not_back),
        CASE(two_witnesses_go_on_and_no_third),
        CASE(a_call_refutes_and_the_accuser_is_named),
        CASE(what_others_heard_later_refutes_too),
        CASE(a_byte_in_its_session_refutes),
        CASE(who_was_heard_since_is_vouched_for),
        CASE(an_old_life_does_not_matter),
        CASE(who_is_called_gone_shows_that_it_is_not),
        CASE(whoever_is_called_gone_in_vain_too_often_is_judged_by_its_signs_alone),
        CASE(a_goodbye_is_told_and_overrules_a_loss),
        CASE(a_goodbye_that_others_made_up_is_refuted),
        CASE(a_goodbye_that_was_refuted_does_not_make_its_death_one),
        CASE(a_life_that_is_only_told_does_not_outrank_an_earlier_one),
        CASE(whoever_is_only_told_of_ages_when_nobody_is_left_to_say_more),
        CASE(a_word_that_is_older_than_this_machine_counts),
        CASE(everybody_is_listed_with_what_stands_behind_the_name),
        CASE(who_joins_is_told_who_is_gone),
        CASE(who_is_out_of_hearing_is_told_who_is_there),
        CASE(who_is_out_of_hearing_and_slow_to_greet_is_told_of_too),
        CASE(who_does_not_read_is_told_when_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
