#include "core/seen.h"

#include "core/members.h"
#include "core/rig.h"
#include "core/view.h"

/* How the node under test sees a device now. */
static struct view_peer view_of(const struct rig *r, const char *device)
{
    struct view_peer peer;
    size_t at = 0;
    while (view_peer_next(r->n, r->now_ms, &at, &peer))
        if (strcmp(peer.device, device) == 0)
            return peer;
    fail_msg("%s is not known", device);
    return (struct view_peer){0};
}

static const struct event_seen *note(const struct rig *r)
{
    return &rig_effect(r, EFFECT_STORE_SEEN)->store_seen;
}

/* A sensor that wants nothing of sensors: it goes after its hello. */
static void meet_useless(struct rig *r, uint64_t link, const char *device, uint64_t epoch)
{
    rig_link_up(r, link, device, 0, ROLE_SENSOR);
    struct message hello = {.kind = MESSAGE_HELLO,
                            .hello = {.version = 1,
                                      .device = span_of(device),
                                      .role = ROLE_SENSOR,
                                      .epoch = epoch,
                                      .wants = {[ROLE_ACTUATOR] = true, [ROLE_CONTROLLER] = true}}};
    rig_message(r, link, &hello);
    assert_int_equal(node_session_count(r->n), 0);
}

static void hear_goodbye(struct rig *r, const char *device, uint64_t epoch, uint64_t counter)
{
    struct hello hello = {.kind = HELLO_GOODBYE,
                          .session_port = 47120,
                          .epoch = epoch,
                          .counter = counter};
    ident_name_copy(hello.device, span_of(device));
    rig_step(r, &(struct event){.kind = EVENT_HELLO, .hello = {&hello, {0x0a000002, 999}}});
}

static void restore(struct rig *r, const char *device, uint64_t heard_ms, bool left,
                    const char *evidence)
{
    struct event e = {.kind = EVENT_RESTORE_SEEN,
                      .restore_seen = {.device = span_of(device),
                                       .role = ROLE_ACTUATOR,
                                       .epoch = 20,
                                       .heard_ms = heard_ms,
                                       .left = left,
                                       .evidence = span_of(evidence)}};
    rig_step(r, &e);
}

static void every_change_is_noted_on_disk(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 2, "sensor1", 0, ROLE_SENSOR);
    rig_greet(r, 2, "sensor1", ROLE_SENSOR, 20);
    assert_int_equal(note(r)->heard_ms, r->wall_ms);
    assert_int_equal(note(r)->epoch, 20);
    assert_int_equal(note(r)->evidence.size, 0);
    r->now_ms += 200;
    r->wall_ms += 200;
    rig_link_down(r, 2);
    assert_int_equal(note(r)->heard_ms, r->wall_ms - 200);
    assert_true(span_is(note(r)->evidence, "connection reset"));
    assert_false(note(r)->left);
    rig_meet(r, 4, "sensor1", ROLE_SENSOR, 20);
    rig_message(r, 4, &(struct message){.kind = MESSAGE_GOODBYE});
    assert_true(note(r)->left);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_LEFT);
}

static void who_is_there_is_noted_once_a_minute_and_when_we_leave(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_meet(r, 4, "sensor2", ROLE_SENSOR, 20);
    rig_link_down(r, 4);
    size_t notes = 0;
    for (int i = 0; i < TIME_SEEN_MS / 1000; i++) {
        rig_wait(r, 1000);
        notes += rig_count(r, EFFECT_STORE_SEEN);
        rig_message(r, 2, &(struct message){.kind = MESSAGE_UNKNOWN});
    }
    assert_int_equal(notes, 1); /* who is gone has its note */
    rig_event(r, EVENT_LEAVE);
    assert_int_equal(rig_count(r, EFFECT_STORE_SEEN), 1);
    assert_true(span_is(note(r)->device, "sensor1"));
}

static void an_earlier_life_of_ours_is_remembered(void **state)
{
    struct rig *r = *state;
    restore(r, "actuator9", r->wall_ms - 5000, false, "connection reset");
    restore(r, "actuator8", r->wall_ms - 7000, true, "it said goodbye");
    restore(r, "actuator7", r->wall_ms - 9000, false, "");
    rig_start(r, 10);
    struct view_peer peer = view_of(r, "actuator9");
    assert_int_equal(peer.presence, VIEW_OFFLINE);
    assert_int_equal(peer.role, ROLE_ACTUATOR);
    assert_true(peer.heard);
    assert_int_equal(peer.last_heard_ms, 5000);
    assert_string_equal(peer.evidence, "connection reset");
    r->now_ms += 1000; /* asked a second behind the last step */
    assert_int_equal(view_of(r, "actuator8").last_heard_ms, 8000);
    assert_int_equal(view_of(r, "actuator8").presence, VIEW_LEFT);
    assert_string_equal(view_of(r, "actuator7").evidence, "not met since this peer started");
}

static void who_calls_and_is_not_reached_is_offline(void **state)
{
    struct rig *r = *state;
    restore(r, "actuator9", r->wall_ms - 5000, false, "");
    rig_start(r, 10);
    rig_hello(r, "actuator9", 20, 1, 47120);
    assert_int_equal(view_of(r, "actuator9").presence, VIEW_OFFLINE);
    assert_string_equal(view_of(r, "actuator9").evidence,
                        "no session has come about; its calls come");
    rig_wait(r, 2 * TIME_HELLO_MS * 6 / 5);
    assert_string_equal(view_of(r, "actuator9").evidence, "no session has come about");
}

static void a_clock_that_was_set_back_tells_nothing_of_when(void **state)
{
    struct rig *r = *state;
    restore(r, "actuator9", r->wall_ms + 5000, false, "connection reset");
    rig_start(r, 10);
    assert_false(view_of(r, "actuator9").heard);
}

static void silence_is_evidence_with_its_length(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    assert_string_equal(view_of(r, "sensor1").evidence, "");
    rig_wait(r, TIME_SUSPECT_MS + 200);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_SUSPECT);
    assert_string_equal(view_of(r, "sensor1").evidence, "no sign of life for 1.7 s");
    rig_wait(r, TIME_LOST_MS);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_OFFLINE);
    assert_string_equal(view_of(r, "sensor1").evidence, "no sign of life for 2.6 s");
    rig_wait(r, 1);
    rig_hello(r, "sensor1", 20, 1, 47120);
    assert_string_equal(view_of(r, "sensor1").evidence,
                        "no sign of life for 2.6 s; its calls come");
}

static void who_is_back_soon_in_the_same_life_was_a_false_alarm(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_wait(r, TIME_LOST_MS);
    assert_int_equal(node_count(r->n, NODE_SESSIONS_SILENT), 1);
    assert_int_equal(node_count(r->n, NODE_FALSE_ALARMS), 0);
    rig_meet(r, 4, "sensor1", ROLE_SENSOR, 20);
    assert_int_equal(node_count(r->n, NODE_FALSE_ALARMS), 1);
}

static void who_was_reset_or_restarted_or_away_for_long_was_none(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_link_down(r, 2);
    rig_meet(r, 4, "sensor1", ROLE_SENSOR, 20);
    rig_wait(r, TIME_LOST_MS);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 21);
    rig_wait(r, TIME_LOST_MS + TIME_FALSE_MS + 1);
    rig_meet(r, 8, "sensor1", ROLE_SENSOR, 21);
    assert_int_equal(node_count(r->n, NODE_SESSIONS_LOST), 3);
    assert_int_equal(node_count(r->n, NODE_SESSIONS_SILENT), 2);
    assert_int_equal(node_count(r->n, NODE_FALSE_ALARMS), 0);
}

static void without_need_of_a_session_calls_are_signs_of_life(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    meet_useless(r, 2, "sensor1", 20);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_ONLINE);
    assert_string_equal(view_of(r, "sensor1").evidence, "its calls come; no session is needed");
    for (uint64_t counter = 1; counter <= 10; counter++) {
        rig_wait(r, TIME_HELLO_MS);
        assert_int_equal(view_of(r, "sensor1").presence, VIEW_ONLINE);
        rig_hello(r, "sensor1", 20, counter, 47120);
        assert_int_equal(rig_count(r, EFFECT_DIAL), 0);
    }
}

static void whose_calls_cease_is_dialled_once_and_then_offline(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_hello(r, "sensor1", 20, 1, 47120);
    rig_wait(r, 1000);
    meet_useless(r, rig_effect(r, EFFECT_DIAL)->dial.link, "sensor1", 20);
    rig_wait(r, 2 * TIME_HELLO_MS * 6 / 5 - 1);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_ONLINE);
    assert_int_equal(rig_count(r, EFFECT_DIAL), 0);
    rig_wait(r, 1);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_SUSPECT);
    assert_int_equal(rig_count(r, EFFECT_DIAL), 1);
    assert_int_equal(rig_effect(r, EFFECT_DIAL)->dial.address.port, 47120);
    rig_link_down(r, rig_effect(r, EFFECT_DIAL)->dial.link);
    rig_wait(r, TIME_HELLO_MS * 6 / 5);
    assert_int_equal(rig_count(r, EFFECT_DIAL), 0);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_OFFLINE);
    assert_string_equal(view_of(r, "sensor1").evidence, "no sign of life for 18.0 s");
    rig_hello(r, "sensor1", 20, 2, 47120);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_ONLINE);
}

static void whose_calls_cease_again_is_dialled_again(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_hello(r, "sensor1", 20, 1, 47120);
    rig_wait(r, 1000);
    meet_useless(r, rig_effect(r, EFFECT_DIAL)->dial.link, "sensor1", 20);
    for (uint64_t counter = 2; counter <= 4; counter++) {
        rig_wait(r, 2 * TIME_HELLO_MS * 6 / 5);
        assert_int_equal(rig_count(r, EFFECT_DIAL), 1);
        rig_link_down(r, rig_effect(r, EFFECT_DIAL)->dial.link);
        rig_wait(r, 1000);
        rig_hello(r, "sensor1", 20, counter, 47120);
    }
}

static void of_many_whose_calls_cease_at_once_one_is_dialled_each_half_second(void **state)
{
    struct rig *r = *state;
    static const char *const devices[] = {"sensor1", "sensor3", "sensor7", "sensor9"};
    rig_start(r, 10);
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        rig_hello(r, devices[i], 20, 1, 47120);
        if (rig_count(r, EFFECT_DIAL) == 0)
            rig_wait(r, TIME_DIAL_POLITE_MS);
        meet_useless(r, rig_effect(r, EFFECT_DIAL)->dial.link, devices[i], 20);
    }
    for (size_t i = 0; i < COUNT_OF(devices); i++) /* their last call */
        rig_hello(r, devices[i], 20, 2, 47120);
    rig_wait(r, 2 * TIME_HELLO_MS * 6 / 5 - 1);
    rig_wait(r, 1);
    assert_int_equal(rig_count(r, EFFECT_DIAL), 1);
    for (size_t i = 1; i < COUNT_OF(devices); i++) {
        rig_wait(r, TIME_PROBE_MS - 1);
        assert_int_equal(rig_count(r, EFFECT_DIAL), 0);
        rig_wait(r, 1);
        assert_int_equal(rig_count(r, EFFECT_DIAL), 1);
    }
}

static void whose_calls_cease_is_online_when_the_dial_finds_it(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_hello(r, "sensor1", 20, 1, 47120);
    rig_wait(r, 1000);
    meet_useless(r, rig_effect(r, EFFECT_DIAL)->dial.link, "sensor1", 20);
    for (int i = 0; i < 3; i++) {
        rig_wait(r, 2 * TIME_HELLO_MS * 6 / 5);
        meet_useless(r, rig_effect(r, EFFECT_DIAL)->dial.link, "sensor1", 20);
        assert_int_equal(view_of(r, "sensor1").presence, VIEW_ONLINE);
    }
}

static void without_need_of_a_session_a_called_goodbye_counts(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    meet_useless(r, 2, "sensor1", 20);
    hear_goodbye(r, "sensor1", 20, 5);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_LEFT);
    assert_true(note(r)->left);
    rig_hello(r, "sensor1", 20, 4, 47120); /* overtaken on its way */
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_LEFT);
    rig_wait(r, 5 * TIME_HELLO_MS);
    assert_int_equal(rig_count(r, EFFECT_DIAL), 0);
    meet_useless(r, 4, "sensor1", 21);
    assert_int_equal(view_of(r, "sensor1").presence, VIEW_ONLINE);
}

static void with_a_session_a_called_goodbye_only_causes_a_ping(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    hear_goodbye(r, "actuator1", 20, 5);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 1);
    assert_int_equal(view_of(r, "actuator1").presence, VIEW_ONLINE);
    rig_wait(r, TIME_SUSPECT_MS - 1);
    assert_int_equal(view_of(r, "actuator1").presence, VIEW_ONLINE);
}

/* The one in the session may be lost with it: a reset overtakes what was under way. */
static void a_session_that_ends_behind_a_called_goodbye_was_left(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    hear_goodbye(r, "actuator1", 20, 5);
    rig_link_down(r, 2);
    assert_int_equal(view_of(r, "actuator1").presence, VIEW_LEFT);
    assert_int_equal(rig_fact_count(r, FACT_LEFT), 1);
    assert_int_equal(rig_fact_count(r, FACT_LOST), 0);
    assert_int_equal(node_count(r->n, NODE_SESSIONS_LOST), 0);
    rig_meet(r, 4, "actuator1", ROLE_ACTUATOR, 21);
    rig_link_down(r, 4); /* another life of its, which said nothing */
    assert_int_equal(view_of(r, "actuator1").presence, VIEW_OFFLINE);
}

static void a_goodbye_that_is_called_behind_the_end_counts_too(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    rig_link_down(r, 2);
    hear_goodbye(r, "actuator1", 19, 5);
    assert_int_equal(view_of(r, "actuator1").presence, VIEW_OFFLINE);
    hear_goodbye(r, "actuator1", 20, 6);
    assert_int_equal(view_of(r, "actuator1").presence, VIEW_LEFT);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup_sensor, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(every_change_is_noted_on_disk),
        RIGGED(who_is_there_is_noted_once_a_minute_and_when_we_leave),
        RIGGED(an_earlier_life_of_ours_is_remembered),
        RIGGED(who_calls_and_is_not_reached_is_offline),
        RIGGED(a_clock_that_was_set_back_tells_nothing_of_when),
        RIGGED(silence_is_evidence_with_its_length),
        RIGGED(who_is_back_soon_in_the_same_life_was_a_false_alarm),
        RIGGED(who_was_reset_or_restarted_or_away_for_long_was_none),
        RIGGED(without_need_of_a_session_calls_are_signs_of_life),
        RIGGED(whose_calls_cease_is_dialled_once_and_then_offline),
        RIGGED(whose_calls_cease_again_is_dialled_again),
        RIGGED(whose_calls_cease_is_online_when_the_dial_finds_it),
        RIGGED(of_many_whose_calls_cease_at_once_one_is_dialled_each_half_second),
        RIGGED(without_need_of_a_session_a_called_goodbye_counts),
        RIGGED(with_a_session_a_called_goodbye_only_causes_a_ping),
        RIGGED(a_session_that_ends_behind_a_called_goodbye_was_left),
        RIGGED(a_goodbye_that_is_called_behind_the_end_counts_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
