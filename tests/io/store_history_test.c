#include "io/store_history.h"

#include "core/limits.h"
#include "store_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Records are those of store_world.h: sensor/temperature, ts 1763800000000 + seq. */
enum { RECORDS = 3000 };
static const uint64_t began_ms = 1763800000000;

struct found {
    size_t count, sealed, steps, damaged, most_a_step;
    uint64_t epochs[RECORDS * 3], seqs[RECORDS * 3];
};

static int setup(void **state)
{
    struct store_world *w = malloc(sizeof *w);
    assert_non_null(w);
    store_world_init(w, STORE_WORLD_MEMORY);
    store_world_open(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    store_world_fini(*state);
    free(*state);
    return 0;
}

static void on_record(void *context, const struct record *record, enum store_history_seal seal)
{
    struct found *f = context;
    f->epochs[f->count] = record->epoch;
    f->seqs[f->count] = record->seq;
    f->count++;
    f->sealed += seal == STORE_HISTORY_SEALED;
}

static struct store_history *ask(struct store_world *w, const char *topic, uint64_t from_ms,
                                 uint64_t to_ms)
{
    const struct store_history_query query = {span_of(topic), from_ms, to_ms};
    struct store_history *h = store_history_new(w->store, &query);
    assert_non_null(h);
    return h;
}

static void add(struct store_history *h, const struct store_world_log *log, uint64_t sealed)
{
    assert_int_equal(store_history_add(h, &log->id, 1, log->last, sealed), ERR_OK);
}

static void walk(struct store_history *h, struct found *f)
{
    enum err err;
    *f = (struct found){0};
    do {
        size_t before = f->count;
        err = store_history_step(h, on_record, f);
        f->steps++;
        f->damaged += err != ERR_OK && err != ERR_NOT_FOUND;
        if (f->count - before > f->most_a_step)
            f->most_a_step = f->count - before;
    } while (err != ERR_NOT_FOUND);
    store_history_free(h);
}

static void all_lives_come_in_order_without_gap_or_double(void **state)
{
    struct store_world *w = *state;
    struct store_world_log first = store_world_log("sensor1", 5);
    struct store_world_log second = store_world_log("sensor1", 9);
    struct found f;
    store_world_put(w, &first, RECORDS);
    store_world_describe(w, &first, RECORDS, true);
    store_world_put(w, &second, RECORDS);
    store_world_wait(w);
    struct store_history *h = ask(w, "sensor1/temperature", 0, UINT64_MAX);
    add(h, &second, 10);
    add(h, &first, RECORDS);
    walk(h, &f);
    assert_int_equal(f.count, 2 * RECORDS);
    assert_int_equal(f.sealed, RECORDS + 10);
    assert_int_equal(f.damaged, 0);
    for (size_t i = 0; i < f.count; i++) {
        assert_int_equal(f.epochs[i], i < RECORDS ? 5 : 9);
        assert_int_equal(f.seqs[i], i % RECORDS + 1);
    }
}

static void a_step_reads_a_little(void **state)
{
    struct store_world *w = *state;
    struct store_world_log log = store_world_log("sensor1", 5);
    struct found f;
    store_world_put(w, &log, RECORDS);
    store_world_wait(w);
    struct store_history *h = ask(w, "sensor1/temperature", 0, UINT64_MAX);
    add(h, &log, 0);
    walk(h, &f);
    assert_int_equal(f.count, RECORDS);
    assert_true(f.most_a_step * 100 <= STORE_HISTORY_STEP_BYTES);
    assert_true(f.steps > RECORDS * 100 / STORE_HISTORY_STEP_BYTES);
}

static void what_is_not_yet_committed_is_found_too(void **state)
{
    struct store_world *w = *state;
    struct store_world_log log = store_world_log("sensor1", 5);
    struct found f;
    store_world_put(w, &log, 10);
    store_world_wait(w);
    store_world_put(w, &log, 5);
    struct store_history *h = ask(w, "sensor1/temperature", 0, UINT64_MAX);
    add(h, &log, 10);
    walk(h, &f);
    assert_int_equal(f.count, 15);
    assert_int_equal(f.sealed, 10);
    store_world_wait(w);
}

static void only_the_topic_and_the_time_asked_for_come(void **state)
{
    struct store_world *w = *state;
    struct store_world_log log = store_world_log("sensor1", 5);
    struct found f;
    store_world_put(w, &log, 100);
    store_world_wait(w);
    struct store_history *h = ask(w, "sensor1/temperature", began_ms + 20, began_ms + 30);
    add(h, &log, 0);
    walk(h, &f);
    assert_int_equal(f.count, 11);
    assert_int_equal(f.seqs[0], 20);
    assert_int_equal(f.seqs[10], 30);
    h = ask(w, "sensor1/temperatur", 0, UINT64_MAX);
    add(h, &log, 0);
    walk(h, &f);
    assert_int_equal(f.count, 0);
}

static void records_that_came_later_are_left_out(void **state)
{
    struct store_world *w = *state;
    struct store_world_log log = store_world_log("sensor1", 5);
    struct found f;
    store_world_put(w, &log, 10);
    store_world_wait(w);
    struct store_history *h = ask(w, "sensor1/temperature", 0, UINT64_MAX);
    add(h, &log, 0);
    store_world_put(w, &log, 10);
    store_world_wait(w);
    walk(h, &f);
    assert_int_equal(f.count, 10);
}

static void what_was_cut_off_meanwhile_is_no_damage(void **state)
{
    struct store_world *w = *state;
    struct store_world_log cut = store_world_log("sensor1", 5);
    struct store_world_log gone = store_world_log("sensor1", 6);
    struct store_world_log last = store_world_log("sensor1", 7);
    struct found f;
    store_world_put(w, &cut, 10);
    store_world_put(w, &last, 3);
    store_world_wait(w);
    struct store_history *h = ask(w, "sensor1/temperature", 0, UINT64_MAX);
    add(h, &cut, 0);
    assert_int_equal(store_history_add(h, &gone.id, 1, 4, 0), ERR_OK);
    add(h, &last, 0);
    store_world_describe(w, &cut, 6, true);
    store_world_wait(w);
    walk(h, &f);
    assert_int_equal(f.count, 6 + 3);
    assert_int_equal(f.damaged, 0);
}

static void nothing_was_asked_for_and_nothing_comes(void **state)
{
    struct found f;
    walk(ask(*state, "sensor1/temperature", 0, UINT64_MAX), &f);
    assert_int_equal(f.count, 0);
    assert_int_equal(f.steps, 1);
}

static void logs_have_a_bound(void **state)
{
    struct store_history *h = ask(*state, "a/b", 0, 1);
    struct store_world_log log = store_world_log("a", 1);
    for (size_t i = 0; i < LIMIT_LOGS; i++)
        assert_int_equal(store_history_add(h, &log.id, 1, 0, 0), ERR_OK);
    assert_int_equal(store_history_add(h, &log.id, 1, 0, 0), ERR_FULL);
    store_history_free(h);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(all_lives_come_in_order_without_gap_or_double),
        TEST(a_step_reads_a_little),
        TEST(what_is_not_yet_committed_is_found_too),
        TEST(only_the_topic_and_the_time_asked_for_come),
        TEST(records_that_came_later_are_left_out),
        TEST(what_was_cut_off_meanwhile_is_no_damage),
        TEST(nothing_was_asked_for_and_nothing_comes),
        TEST(logs_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
