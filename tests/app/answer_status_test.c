#include "app/answer_status.h"

#include "app/ask_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void mix(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    out->bytes[0] = (uint8_t)(out->bytes[0] + bytes.size);
}

static struct ask_json *status_from(struct node *n, const struct answer_status_notes *notes,
                                    uint64_t denied)
{
    struct udp_counts udp = {.denied = denied};
    struct udp_options discovery = {.port = 50000};
    char memory[8192];
    struct buf b;
    struct answer_status s = {.device = "me",
                              .role = ROLE_CONTROLLER,
                              .network = "0123456789abcdef",
                              .node = n,
                              .udp = &udp,
                              .discovery = &discovery,
                              .notes = notes,
                              .now_ms = 1};
    buf_init(&b, memory, sizeof memory);
    assert_true(answer_status(&b, &s));
    assert_false(b.overflow);
    struct ask_json *json = ask_json_parse(buf_view(&b));
    assert_non_null(json);
    return json;
}

static struct node *new_node(void)
{
    struct node_config config = {.hash = mix, .self = {.device = "me", .role = ROLE_CONTROLLER}};
    struct node *n = node_new(&config);
    assert_non_null(n);
    return n;
}

static struct ask_json *status_of(const struct answer_status_notes *notes, uint64_t denied)
{
    struct node *n = new_node();
    struct ask_json *json = status_from(n, notes, denied);
    node_free(n);
    return json;
}

static void step(struct node *n, struct event *e)
{
    struct effects fx;
    event_effects_init(&fx);
    e->now_ms = 1;
    e->wall_ms = 1760000000000;
    node_step(n, e, &fx);
    assert_false(fx.out_of_memory);
    event_effects_fini(&fx);
}

/* A session with a sensor whose clock is so far ahead of ours. */
static void meet(struct node *n, uint64_t link, const char *device, int64_t ahead_ms)
{
    struct identity identity = {.role = ROLE_SENSOR, .key = {{(uint8_t)link}}};
    struct message hello = {.kind = MESSAGE_HELLO,
                            .hello = {.version = 1,
                                      .device = span_of(device),
                                      .role = ROLE_SENSOR,
                                      .epoch = 20,
                                      .time_ms = (uint64_t)(1760000000000 + ahead_ms),
                                      .wants = {true, true, true, true}}};
    ident_name_copy(identity.device, span_of(device));
    step(n, &(struct event){.kind = EVENT_LINK_UP, .link_up = {link, &identity, {1, 1}}});
    step(n, &(struct event){.kind = EVENT_MESSAGE, .message = {link, &hello}});
}

static void expect_health(const struct ask_json *json, size_t index, const char *member,
                          const char *text)
{
    struct span found;
    const struct ask_json *one = ask_json_at(ask_json_get(json, "health"), index);
    assert_true(ask_json_text(one, member, &found));
    assert_int_equal(found.size, strlen(text));
    assert_memory_equal(found.bytes, text, found.size);
}

static void expect_refused(const struct ask_json *json, size_t index, const char *cause,
                           uint64_t count)
{
    struct span text;
    uint64_t found;
    const struct ask_json *one = ask_json_at(ask_json_get(json, "refused"), index);
    assert_true(ask_json_text(one, "cause", &text));
    assert_true(span_is(text, cause));
    assert_true(ask_json_count(one, "count", &found));
    assert_int_equal(found, count);
}

static void who_is_alone_is_told_what_to_start(void **state)
{
    (void)state;
    struct answer_status_notes notes = {0};
    struct ask_json *json = status_of(&notes, 0);
    assert_int_equal(ask_json_size(ask_json_get(json, "health")), 1);
    expect_health(json, 0, "problem", "no other peer is there");
    expect_health(json, 0, "fix", "start one: kith actuator1");
    ask_json_free(json);
}

static void a_wrong_clock_is_named_with_its_direction(void **state)
{
    (void)state;
    struct answer_status_notes notes = {0};
    struct node *n = new_node();
    step(n, &(struct event){.kind = EVENT_START, .epoch.epoch = 10});
    meet(n, 2, "sensor1", 0);
    meet(n, 4, "sensor2", -7500000);
    struct ask_json *json = status_from(n, &notes, 0);
    assert_int_equal(ask_json_size(ask_json_get(json, "health")), 1);
    expect_health(json, 0, "problem", "the clock of sensor2 is 2 h 5 min behind ours");
    expect_health(json, 0, "fix", "set it there: timedatectl set-ntp true");
    ask_json_free(json);
    meet(n, 6, "sensor3", -7500000);
    json = status_from(n, &notes, 0);
    assert_int_equal(ask_json_size(ask_json_get(json, "health")), 1);
    expect_health(json, 0, "problem", "the clock of this machine is far from those of most others");
    ask_json_free(json);
    node_free(n);
}

static void each_problem_has_what_helps(void **state)
{
    (void)state;
    struct answer_status_notes notes = {
        .store_failure = "cannot store into /x/kith.db: disk full; free some space"};
    struct fact foreign = {.kind = FACT_FOREIGN,
                           .device = SPAN("sensor7"),
                           .address = {0x0a000005, 47120},
                           .text = SPAN("fedcba")};
    answer_status_note(&notes, &foreign);
    answer_status_note(&notes, &foreign);
    struct ask_json *json = status_of(&notes, 3);
    assert_int_equal(ask_json_size(ask_json_get(json, "health")), 4);
    expect_health(json, 0, "problem", "cannot store into /x/kith.db: disk full");
    expect_health(json, 0, "fix", "free some space");
    expect_health(json, 1, "problem", "sensor7 @ 10.0.0.5:47120 belongs to another network");
    expect_health(json, 2, "problem", "3 datagrams named this network without proof");
    ask_json_free(json);
}

static bool is_forked(const struct ask_json *status, size_t peer)
{
    return ask_json_truth(ask_json_at(ask_json_get(status, "peers"), peer), "forked");
}

static void whose_key_forked_is_named_with_what_to_do(void **state)
{
    (void)state;
    struct answer_status_notes notes = {0};
    struct node *n = new_node();
    struct proof proof = {.id = {.device = "sensor2", .key = {{4}}, .epoch = 20},
                          .seals = {{.seq = 7}, {.seq = 9}}};
    struct proof own = {.id = {.device = "me", .key = {{9}}, .epoch = 30}, .seals = {{.seq = 1}}};
    step(n, &(struct event){.kind = EVENT_RESTORE_FORK, .restore_fork = &proof});
    step(n, &(struct event){.kind = EVENT_RESTORE_FORK, .restore_fork = &own});
    step(n, &(struct event){.kind = EVENT_START, .epoch.epoch = 10});
    meet(n, 2, "sensor1", 0);
    meet(n, 4, "sensor2", 0);
    struct ask_json *json = status_from(n, &notes, 0);
    assert_false(is_forked(json, 0));
    assert_true(is_forked(json, 1));
    expect_health(json, 0, "problem",
                  "sensor2 has signed two different records under number 7 of its life 20; nothing "
                  "more of its key is taken, its commands are refused");
    expect_health(
        json, 0, "fix",
        "end it; on its machine remove the folder devices/sensor2 (kith paths), so that it "
        "gets a new key when it is started again");
    expect_health(json, 1, "problem",
                  "me has signed two different records under number 1 of its life 30; others take "
                  "nothing more of its key");
    ask_json_free(json);
    node_free(n);
}

static void refusals_are_counted_by_cause_and_causes_have_a_bound(void **state)
{
    (void)state;
    struct answer_status_notes notes = {0};
    struct fact fact = {.kind = FACT_REFUSED, .text = SPAN("a second hello")};
    answer_status_note(&notes, &fact);
    answer_status_note(&notes, &fact);
    for (unsigned i = 0; i < 100; i++) {
        char cause[32];
        snprintf(cause, sizeof cause, "cause %u", i);
        answer_status_refused(&notes, span_of(cause));
    }
    struct ask_json *json = status_of(&notes, 0);
    assert_int_equal(ask_json_size(ask_json_get(json, "refused")), ANSWER_STATUS_CAUSES);
    expect_refused(json, 0, "a second hello", 2);
    expect_refused(json, 1, "cause 0", 1);
    expect_refused(json, ANSWER_STATUS_CAUSES - 1, "other causes",
                   102 - 2 - (ANSWER_STATUS_CAUSES - 2));
    ask_json_free(json);
}

static void alarms_are_counted_by_kind(void **state)
{
    (void)state;
    static const char *const kinds[] = {"lost", "silent", "false", "late"};
    struct answer_status_notes notes = {0};
    struct ask_json *json = status_of(&notes, 0);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        uint64_t count = 7;
        assert_true(ask_json_count(ask_json_get(json, "alarms"), kinds[i], &count));
        assert_int_equal(count, 0);
    }
    ask_json_free(json);
}

static void too_little_room_is_seen(void **state)
{
    (void)state;
    struct answer_status_notes notes = {0};
    struct node_config config = {.hash = mix, .self = {.device = "me"}};
    struct udp_counts udp = {0};
    struct node *n = node_new(&config);
    char memory[64];
    struct buf b;
    assert_non_null(n);
    struct udp_options discovery = {.port = 50000};
    struct answer_status s = {.device = "me",
                              .network = "",
                              .node = n,
                              .udp = &udp,
                              .discovery = &discovery,
                              .notes = &notes};
    buf_init(&b, memory, sizeof memory);
    assert_true(answer_status(&b, &s));
    assert_true(b.overflow);
    node_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_alone_is_told_what_to_start),
        cmocka_unit_test(a_wrong_clock_is_named_with_its_direction),
        cmocka_unit_test(each_problem_has_what_helps),
        cmocka_unit_test(whose_key_forked_is_named_with_what_to_do),
        cmocka_unit_test(refusals_are_counted_by_cause_and_causes_have_a_bound),
        cmocka_unit_test(alarms_are_counted_by_kind),
        cmocka_unit_test(too_little_room_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
