#include "core/discovery.h"

#include "base/number.h"
#include "core/rig.h"

static size_t calls(const struct rig *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->fx.count; i++)
        count += r->fx.list[i].kind == EFFECT_HELLO && r->fx.list[i].hello.hello.kind == HELLO_CALL;
    return count;
}

static void we_call_three_times_in_the_first_second_then_every_five(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    assert_int_equal(calls(r), 1);
    rig_wait(r, 1000);
    assert_int_equal(calls(r), 2);
    rig_wait(r, TIME_HELLO_MS + TIME_HELLO_MS / 5);
    assert_in_range(calls(r), 1, 2);
    rig_wait(r, 10 * TIME_HELLO_MS);
    assert_in_range(calls(r), 8, 13);
}

static void a_caller_is_answered_to_its_socket_and_dialled(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_hello(r, "sensor1", 20, 1, 47120);
    const struct effect *hello = rig_effect(r, EFFECT_HELLO);
    assert_int_equal(hello->hello.hello.kind, HELLO_ANSWER);
    assert_int_equal(hello->hello.to.port, 999);
    rig_wait(r, TIME_DIAL_POLITE_MS);
    assert_int_equal(rig_effect(r, EFFECT_DIAL)->dial.address.port, 47120);
    assert_int_equal(rig_effect(r, EFFECT_DIAL)->dial.address.ipv4, 0x0a000002);
    assert_int_equal(rig_effect(r, EFFECT_DIAL)->dial.link % 2, 1);
}

static void an_old_hello_changes_nothing(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_hello(r, "sensor1", 20, 5, 47120);
    rig_hello(r, "sensor1", 20, 5, 4444);
    assert_int_equal(r->fx.count, 0);
    rig_hello(r, "sensor1", 19, 9, 4444);
    assert_int_equal(r->fx.count, 0);
    assert_int_equal(node_count(r->n, NODE_HELLOS_STALE), 2);
    rig_hello(r, "sensor1", 20, 4, 47120); /* late and new */
    assert_int_equal(node_count(r->n, NODE_HELLOS_STALE), 2);
}

static void one_answer_and_one_dial_a_second_at_most(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_wait(r, 1500); /* our own first calls are over */
    size_t answers = 0;
    for (uint64_t i = 1; i <= 100; i++) {
        rig_hello(r, "sensor1", 20, i, 47120);
        answers += rig_count(r, EFFECT_HELLO);
    }
    assert_int_equal(answers, 1);
    rig_wait(r, TIME_DIAL_EVERY_MS);
    assert_int_equal(rig_count(r, EFFECT_DIAL), 1);
}

static void no_more_than_three_dials_in_any_second(void **state)
{
    struct rig *r = *state;
    uint64_t dialled[64], count = 0;
    rig_start(r, 10);
    rig_hello(r, "sensor1", 20, 1, 47120);
    for (uint64_t ms = 0; ms < 8000; ms++) {
        rig_wait(r, 1);
        if (rig_count(r, EFFECT_DIAL) == 0)
            continue;
        assert_in_range(count, 0, COUNT_OF(dialled) - 1);
        dialled[count++] = r->now_ms; /* or the millisecond before */
        if (count > 3)
            assert_true(dialled[count - 1] - dialled[count - 4] >= TIME_DIAL_BURST_MS - 1);
        rig_link_down(r, rig_effect(r, EFFECT_DIAL)->dial.link);
        rig_hello(r, "sensor1", 20, 1 + count, 47120);
    }
    assert_true(count >= 6);
}

static void who_moved_while_we_dial_is_dialled_where_it_is(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_hello(r, "sensor1", 20, 1, 47120);
    rig_wait(r, TIME_DIAL_POLITE_MS);
    uint64_t link = rig_effect(r, EFFECT_DIAL)->dial.link;
    rig_wait(r, TIME_DIAL_EVERY_MS);
    rig_hello(r, "sensor1", 20, 2, 50001);
    assert_int_equal(rig_effect(r, EFFECT_HANG_UP)->hang_up.link, link);
    rig_wait(r, TIME_DIAL_POLITE_MS);
    assert_int_equal(rig_effect(r, EFFECT_DIAL)->dial.address.port, 50001);
}

static void who_has_a_session_is_not_dialled(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_hello(r, "sensor1", 20, 1, 47120);
    assert_int_equal(r->fx.count, 0);
    rig_wait(r, 1000);
    assert_int_equal(rig_count(r, EFFECT_DIAL), 0);
}

static void a_lost_peer_is_dialled_again_where_it_was(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_hello(r, "sensor1", 20, 1, 47120);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    assert_true(r->n->ever_session);
    rig_link_down(r, 2);
    rig_wait(r, 2 * TIME_DIAL_FIRST_MS);
    assert_int_equal(rig_effect(r, EFFECT_DIAL)->dial.address.port, 47120);
}

static void a_goodbye_by_datagram_only_causes_a_ping(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    struct hello hello = {.kind = HELLO_GOODBYE, .epoch = 20, .counter = 1, .session_port = 1};
    ident_name_copy(hello.device, SPAN("sensor1"));
    struct event e = {.kind = EVENT_HELLO, .hello = {&hello, {0x0a000002, 999}}};
    rig_step(r, &e);
    assert_int_equal(rig_sent_count(r, MESSAGE_PING), 1);
    assert_int_equal(node_session_count(r->n), 1);
}

static void nobody_in_ten_seconds_is_told_once(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_wait(r, TIME_NOBODY_MS - 1);
    assert_int_equal(rig_fact_count(r, FACT_NOBODY), 0);
    rig_wait(r, 1);
    assert_int_equal(rig_fact_count(r, FACT_NOBODY), 1);
    rig_wait(r, 3 * TIME_NOBODY_MS);
    assert_int_equal(rig_fact_count(r, FACT_NOBODY), 0);
}

static void another_network_is_told_once_and_only_so_many(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    char network[16] = "0123456789abcde ";
    size_t told = 0;
    for (int i = 0; i < LIMIT_FOREIGN + 4; i++) {
        network[15] = (char)('a' + i);
        for (int twice = 0; twice < 2; twice++) {
            struct event e = {.kind = EVENT_FOREIGN,
                              .foreign = {{network, sizeof network}, SPAN("x"), {1, 2}}};
            rig_step(r, &e);
            told += rig_fact_count(r, FACT_FOREIGN);
        }
    }
    assert_int_equal(told, LIMIT_FOREIGN);
}

static void a_configured_address_is_dialled_for_ever(void **state)
{
    struct rig *r = *state;
    struct event e = {.kind = EVENT_RESTORE_PEER, .restore_peer.address = {0x0a000009, 5000}};
    rig_step(r, &e);
    rig_start(r, 10);
    for (int i = 0; i < 100; i++) {
        rig_wait(r, 2 * TIME_DIAL_MAX_MS);
        assert_int_equal(rig_effect(r, EFFECT_DIAL)->dial.address.port, 5000);
        rig_link_down(r, rig_effect(r, EFFECT_DIAL)->dial.link);
    }
}

static void a_device_set_up_anew_is_heard_again(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 900);
    rig_link_down(r, 2);
    rig_link_up(r, 4, "sensor1", 1, ROLE_SENSOR);
    rig_greet(r, 4, "sensor1", ROLE_SENSOR, 20);
    rig_link_down(r, 4);
    rig_hello(r, "sensor1", 20, 1, 47001);
    assert_int_equal(node_count(r->n, NODE_HELLOS_STALE), 0);
    assert_int_equal(node_count(r->n, NODE_HELLOS_HEARD), 1);
}

static void a_session_takes_back_what_was_said_in_its_name(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_link_down(r, 2);
    rig_hello(r, "sensor1", NUMBER_INTEGER_MAX, 1, 47001);
    rig_hello(r, "sensor1", 20, 1, 47001);
    assert_int_equal(node_count(r->n, NODE_HELLOS_STALE), 1);
    rig_meet(r, 4, "sensor1", ROLE_SENSOR, 20);
    rig_link_down(r, 4);
    rig_hello(r, "sensor1", 20, 2, 47001);
    assert_int_equal(node_count(r->n, NODE_HELLOS_STALE), 1);
}

static void while_somebody_is_missed_calls_come_every_two_seconds(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_link_down(r, 2);
    rig_wait(r, 1000);
    rig_wait(r, 10000);
    assert_in_range(calls(r), 4, 7);
    rig_wait(r, TIME_MISSED_MS);
    rig_wait(r, 10000);
    assert_in_range(calls(r), 1, 3);
}

/* Whether a call is due within so long; it is put off. */
static bool calls_within(struct rig *r, uint64_t ms)
{
    bool soon = r->n->hello_at_ms <= r->now_ms + ms;
    r->n->hello_at_ms = r->now_ms + 10 * TIME_HELLO_MS;
    return soon;
}

static void who_hears_somebody_that_was_gone_calls_once(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_meet(r, 4, "sensor2", ROLE_SENSOR, 20);
    rig_hello(r, "sensor3", 20, 1, 47003); /* we have just begun, and call anyway */
    rig_wait(r, 10);
    rig_link_down(r, 2);
    rig_link_down(r, 4);
    rig_wait(r, 2 * TIME_HELLO_MS);
    (void)calls_within(r, 0);
    rig_hello(r, "sensor1", 21, 1, 47001); /* a later life calls by itself */
    assert_false(calls_within(r, TIME_HELLO_MS));
    rig_hello(r, "sensor2", 20, 1, 47002);
    assert_true(calls_within(r, TIME_HELLO_MS / LIMIT_HELLO_BACK));
    rig_hello(r, "sensor4", 20, 1, 47004);
    assert_false(calls_within(r, TIME_HELLO_MS));
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(we_call_three_times_in_the_first_second_then_every_five),
        RIGGED(a_caller_is_answered_to_its_socket_and_dialled),
        RIGGED(an_old_hello_changes_nothing),
        RIGGED(one_answer_and_one_dial_a_second_at_most),
        RIGGED(no_more_than_three_dials_in_any_second),
        RIGGED(who_moved_while_we_dial_is_dialled_where_it_is),
        RIGGED(who_has_a_session_is_not_dialled),
        RIGGED(a_lost_peer_is_dialled_again_where_it_was),
        RIGGED(a_goodbye_by_datagram_only_causes_a_ping),
        RIGGED(nobody_in_ten_seconds_is_told_once),
        RIGGED(another_network_is_told_once_and_only_so_many),
        RIGGED(a_configured_address_is_dialled_for_ever),
        RIGGED(a_device_set_up_anew_is_heard_again),
        RIGGED(a_session_takes_back_what_was_said_in_its_name),
        RIGGED(while_somebody_is_missed_calls_come_every_two_seconds),
        RIGGED(who_hears_somebody_that_was_gone_calls_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
