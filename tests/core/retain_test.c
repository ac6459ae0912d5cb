#include "core/retain.h"

#include "core/log_mark.h"
#include "core/members.h"
#include "core/rig.h"

#include <stdio.h>

enum { AGE_MS = 3600000 };

/* A record of sensor1's as it comes, with its seal behind; all is stored. */
static void hear(struct rig *r, uint64_t epoch, uint64_t seq, const char *kept)
{
    struct record record = {.device = SPAN("sensor1"),
                            .type = SPAN("temperature"),
                            .epoch = epoch,
                            .seq = seq,
                            .ts = r->wall_ms,
                            .value = value_number(20)};
    if (kept != NULL) {
        record.kept = span_of(kept);
        record.part = record.of = 1;
    }
    rig_record(r, 2, &record);
    rig_seal(r, 2, epoch, seq);
    struct event e = {.kind = EVENT_VERIFIED,
                      .verified = {rig_log("sensor1", epoch), seq, 2, true, 0}};
    rig_step(r, &e);
    rig_stored(r);
}

static const struct log *log_of(const struct rig *r, uint64_t epoch)
{
    struct log_id id = rig_log("sensor1", epoch);
    const struct log *l = members_log(members_find(r->n, SPAN("sensor1")), &id.key, epoch);
    assert_non_null(l);
    return l;
}

/* Two records, a checkpoint, another record. */
static void meet(struct rig *r)
{
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    hear(r, 20, 1, NULL);
    hear(r, 20, 2, NULL);
    hear(r, 20, 3, "{sensor1 20 2}");
    hear(r, 20, 4, NULL);
}

static void what_is_too_old_goes_up_to_a_checkpoint(void **state)
{
    struct rig *r = *state;
    r->n->retain_ms = AGE_MS;
    meet(r);
    struct chain_hash before = ((struct event_mark *)ring_at(&log_of(r, 20)->marks, 0))->before;
    rig_wait(r, AGE_MS - TIME_RETAIN_MS);
    assert_int_equal(log_of(r, 20)->first, 1);
    rig_link_down(r, 2);
    rig_wait(r, 2 * (uint64_t)TIME_RETAIN_MS);
    assert_int_equal(log_of(r, 20)->first, 3);
    assert_int_equal(node_count(r->n, NODE_LOGS_PRUNED), 1);
    const struct effect *e = rig_effect(r, EFFECT_STORE_LOG);
    assert_int_equal(e->store_log.first, 3);
    assert_int_equal(e->store_log.last, 4);
    assert_memory_equal(&e->store_log.base, &before, sizeof before);
}

static void without_a_checkpoint_nothing_goes(void **state)
{
    struct rig *r = *state;
    r->n->retain_ms = AGE_MS;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    hear(r, 20, 1, NULL);
    rig_link_down(r, 2);
    rig_wait(r, 3 * (uint64_t)AGE_MS);
    assert_int_equal(log_of(r, 20)->first, 1);
}

static void used(struct rig *r, uint64_t bytes, bool sweeping)
{
    struct event e = {.kind = EVENT_STORED,
                      .stored = {.ticket = r->n->ticket,
                                 .used_bytes = bytes,
                                 .sweeping = sweeping}};
    rig_step(r, &e);
}

static void a_full_disk_lets_the_oldest_go_one_step_at_a_time(void **state)
{
    struct rig *r = *state;
    r->n->retain_bytes = 1000000;
    meet(r);
    r->wall_ms += 1000;
    hear(r, 20, 5, "{sensor1 20 4}");
    used(r, 900000, false);
    assert_int_equal(log_of(r, 20)->first, 1);
    used(r, 900001, true); /* what went before is still going */
    assert_int_equal(log_of(r, 20)->first, 1);
    used(r, 900001, false);
    assert_int_equal(log_of(r, 20)->first, 3);
    struct event none = {.kind = EVENT_STORED, .stored = {.used_bytes = 900001}};
    rig_step(r, &none); /* that one is not on disk yet */
    assert_int_equal(log_of(r, 20)->first, 3);
    used(r, 900001, false);
    assert_int_equal(log_of(r, 20)->first, 5);
    used(r, 900001, false); /* no more may go */
    assert_int_equal(log_of(r, 20)->first, 5);
}

/* Its author begins a new life; the log of the first one is closed. */
static void begin_anew(struct rig *r, const char *kept)
{
    struct log_id old = rig_log("sensor1", 20);
    struct message_entry entry = {
        .log = {.device = SPAN("sensor1"), .key = old.key, .epoch = 20},
        .first = 1,
        .last = 4,
        .sealed = 4,
        .closed = true,
    };
    struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = &entry, .count = 1}};
    rig_message(r, 2, &have);
    rig_stored(r);
    assert_true(log_of(r, 20)->closed);
    hear(r, 30, 1, kept);
}

static void a_closed_log_whose_records_a_later_checkpoint_holds_goes_whole(void **state)
{
    struct rig *r = *state;
    r->n->retain_ms = AGE_MS;
    meet(r);
    begin_anew(r, "{sensor1 20 4}");
    rig_link_down(r, 2);
    rig_wait(r, 2 * (uint64_t)AGE_MS);
    assert_int_equal(log_of(r, 20)->first, 5);
    assert_int_equal(log_of(r, 20)->last, 4);
    assert_int_equal(log_of(r, 20)->seal.seq, 4);
    assert_int_equal(node_topic(r->n, SPAN("sensor1/temperature")).size, strlen("{sensor1 20 4}"));
}

/* Its author lost its disk: what it says now is not all that it said. */
static void a_closed_log_with_a_record_that_no_later_checkpoint_holds_stays(void **state)
{
    struct rig *r = *state;
    r->n->retain_ms = AGE_MS;
    meet(r);
    begin_anew(r, "{sensor1 20 1}");
    rig_link_down(r, 2);
    rig_wait(r, 2 * (uint64_t)AGE_MS);
    assert_int_equal(log_of(r, 20)->first, 3); /* up to its own checkpoint */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup_controller, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_too_old_goes_up_to_a_checkpoint),
        TEST(without_a_checkpoint_nothing_goes),
        TEST(a_full_disk_lets_the_oldest_go_one_step_at_a_time),
        TEST(a_closed_log_whose_records_a_later_checkpoint_holds_goes_whole),
        TEST(a_closed_log_with_a_record_that_no_later_checkpoint_holds_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
