#include "core/checkpoint.h"

#include "core/author.h"
#include "core/log_mark.h"
#include "core/rig.h"

#include <stdio.h>

enum { DAY_MS = 86400000 };

static void retain(struct rig *r)
{
    r->n->retain_ms = 32 * (uint64_t)TIME_CHECKPOINT_MIN_MS; /* a checkpoint a second */
}

static void measure(struct rig *r, struct span type)
{
    struct reading reading = {.type = type, .value = value_number(24.8)};
    rig_step(r, &(struct event){.kind = EVENT_READING, .reading = {&reading, 1}});
}

/* What was ordered to be stored in the last event, as text. */
static bool stores(const struct rig *r, const char *text)
{
    const struct effect *e = rig_effect(r, EFFECT_STORE);
    char bytes[1024];
    snprintf(bytes, sizeof bytes, "%.*s", (int)e->store.bytes.size, e->store.bytes.bytes);
    return strstr(bytes, text) != NULL;
}

static void without_retention_there_is_one_a_day(void **state)
{
    struct rig *r = *state;
    struct log_id own = rig_log("sensor5", 10);
    rig_start(r, 10);
    rig_measure(r, 1);
    rig_stored(r);
    rig_wait(r, (uint64_t)DAY_MS - 1000);
    assert_int_equal(node_log_last(r->n, &own), 1);
    rig_wait(r, 1000);
    assert_int_equal(node_log_last(r->n, &own), 2);
    assert_true(stores(r, "{sensor5 10 2 1/1 [{sensor5 10 1}]}"));
}

/* A life before this one, with one record that counts. */
static void restore_past(struct rig *r, uint64_t records)
{
    struct event log = {.kind = EVENT_RESTORE_LOG};
    struct record record = {.device = SPAN("sensor5"),
                            .type = SPAN("temperature"),
                            .epoch = 8,
                            .seq = records,
                            .ts = r->wall_ms,
                            .value = value_number(20)};
    log.restore_log.id = rig_log("sensor5", 8);
    log.restore_log.first = 1;
    log.restore_log.last = log.restore_log.sealed = records;
    rig_step(r, &log);
    rig_restore(r, &record);
}

static void without_retention_a_short_past_is_left(void **state)
{
    struct rig *r = *state;
    struct log_id own = rig_log("sensor5", 10);
    restore_past(r, LIMIT_CHECKPOINT_PAST - 1);
    rig_start(r, 10);
    rig_wait(r, 60 * (uint64_t)TIME_CHECKPOINT_MIN_MS);
    assert_int_equal(node_log_last(r->n, &own), 0);
}

static void without_retention_a_long_past_gets_one(void **state)
{
    struct rig *r = *state;
    restore_past(r, LIMIT_CHECKPOINT_PAST);
    rig_start(r, 10);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.first, 1);
    assert_true(stores(r, "{sensor5 10 1 1/1 [{sensor5 8 32768}]}"));
}

static void the_last_value_of_each_topic_is_written_again_as_it_was(void **state)
{
    struct rig *r = *state;
    retain(r);
    rig_start(r, 10);
    measure(r, SPAN("temperature"));
    measure(r, SPAN("humidity"));
    measure(r, SPAN("temperature"));
    rig_wait(r, TIME_CHECKPOINT_MIN_MS);
    const struct effect *e = rig_effect(r, EFFECT_STORE);
    assert_int_equal(e->store.first, 4);
    assert_int_equal(e->store.count, 1);
    assert_true(stores(r, "{sensor5 10 4 1/1 ["));
    assert_true(stores(r, "{sensor5 10 2}"));
    assert_true(stores(r, "{sensor5 10 3}"));
    assert_false(stores(r, "{sensor5 10 1}"));
    assert_int_equal(e->store.mark.first, 4);
    assert_int_equal(e->store.mark.last, 4);
    assert_int_equal(rig_fact_count(r, FACT_APPENDED), 0); /* nothing new is said */
}

static void a_log_that_does_not_grow_gets_no_other(void **state)
{
    struct rig *r = *state;
    struct log_id own = rig_log("sensor5", 10);
    retain(r);
    rig_start(r, 10);
    rig_measure(r, 1);
    rig_stored(r);
    rig_wait(r, 60 * (uint64_t)TIME_CHECKPOINT_MIN_MS);
    assert_int_equal(node_log_last(r->n, &own), 2);
}

static void a_new_epoch_begins_with_what_the_ones_before_said(void **state)
{
    struct rig *r = *state;
    retain(r);
    restore_past(r, 3);
    rig_start(r, 10);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.first, 1);
    assert_true(stores(r, "{sensor5 10 1 1/1 [{sensor5 8 3}]}"));
}

static void what_others_wrote_is_not_in_it(void **state)
{
    struct rig *r = *state;
    retain(r);
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    rig_update(r, 2, "actuator1", 20, 1, 1, 20);
    rig_measure(r, 1);
    rig_wait(r, TIME_CHECKPOINT_MIN_MS);
    assert_true(stores(r, "[{sensor5 10 1}]"));
}

static void more_than_one_record_holds_becomes_parts(void **state)
{
    struct rig *r = *state;
    retain(r);
    rig_start(r, 10);
    for (int i = 0; i < 400; i++) {
        char type[LIMIT_NAME + 1];
        int size = snprintf(type, sizeof type, "t%d", i);
        measure(r, (struct span){type, (size_t)size});
        if (i % 50 == 0)
            rig_stored(r);
    }
    rig_wait(r, TIME_CHECKPOINT_MIN_MS);
    const struct effect *e = rig_effect(r, EFFECT_STORE);
    assert_int_equal(e->store.first, 401);
    assert_int_equal(e->store.count, 2);
    assert_int_equal(e->store.mark.first, 401);
    assert_int_equal(e->store.mark.last, 402);
}

static void a_log_that_grows_fast_gets_them_by_its_bytes(void **state)
{
    struct rig *r = *state;
    r->n->retain_bytes = 1;
    rig_start(r, 10);
    uint64_t before = 0;
    for (int i = 0; i < 400; i++) {
        rig_measure(r, 64);
        before = r->n->log->bytes;
        rig_stored(r);
        if (r->n->checkpoint_bytes > 0)
            break;
    }
    assert_in_range(before, LIMIT_CHECKPOINT_MIN, LIMIT_CHECKPOINT_MIN + 64 * 32);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup_sensor, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_retention_there_is_one_a_day),
        TEST(without_retention_a_short_past_is_left),
        TEST(without_retention_a_long_past_gets_one),
        TEST(the_last_value_of_each_topic_is_written_again_as_it_was),
        TEST(a_log_that_does_not_grow_gets_no_other),
        TEST(a_new_epoch_begins_with_what_the_ones_before_said),
        TEST(what_others_wrote_is_not_in_it),
        TEST(more_than_one_record_holds_becomes_parts),
        TEST(a_log_that_grows_fast_gets_them_by_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
