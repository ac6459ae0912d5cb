#include "io/store_sweep.h"

#include "store_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct store_world w;
    store_world_init(&w, STORE_WORLD_MEMORY);
    store_world_open(&w);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    store_world_fini(*state);
    return 0;
}

static int64_t ask(const struct store_world *w, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return value;
}

/* Commits of a few records each until all that was pruned is gone; how many that took. */
static int sweep(struct store_world *w, struct store_world_log *log)
{
    bool sweeping = true;
    for (int commits = 0; commits < 1000; commits++) {
        store_used_bytes(w->store, &sweeping);
        if (!sweeping)
            return commits;
        store_world_put(w, log, 3);
        store_world_wait(w);
    }
    fail_msg("what was pruned is still there");
    return 0;
}

static void a_log_begins_within_a_row_and_a_restart_finds_it_so(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_fetched run;
    store_world_put(w, &a, 100);
    store_world_seal(w, &a);
    store_world_wait(w);
    store_world_prune(w, &a, 43);
    for (int life = 0; life < 2; life++) {
        store_world_put(w, &a, 10);
        store_world_wait(w);
        store_world_expect(w, &a, 43, a.last);
        assert_int_equal(store_fetch(w->store, &a.id, 42, 5000, NULL, &run), ERR_NOT_FOUND);
        store_world_close(w);
        store_world_open(w);
        assert_string_equal(w->message, "");
        const struct event *e = &store_world_find(w, &a)->event;
        struct chain_hash base = store_world_chain(&a.id, 42);
        assert_int_equal(e->restore_log.first, 43);
        assert_int_equal(e->restore_log.last, a.last);
        assert_int_equal(e->restore_log.sealed, 100);
        assert_memory_equal(&e->restore_log.base, &base, sizeof base);
    }
}

static void what_was_pruned_goes_with_the_commits_that_come(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    for (int i = 0; i < 100; i++) {
        store_world_put(w, &a, 600);
        store_world_seal(w, &a);
        store_world_wait(w);
    }
    uint64_t first = a.last - 1000;
    store_world_prune(w, &a, first);
    store_world_wait(w);
    bool sweeping;
    uint64_t before = store_used_bytes(w->store, &sweeping);
    assert_true(sweeping);
    assert_in_range(sweep(w, &a), 3, 100); /* a few rows each */
    uint64_t after = store_used_bytes(w->store, &sweeping);
    assert_true(after < before / 10);
    store_world_expect(w, &a, first, a.last);
    store_world_close(w);
    assert_int_equal(ask(w, "SELECT min(id) & ((1 << 40) - 1) FROM run"), first);
    assert_true(ask(w, "SELECT min(id) & ((1 << 40) - 1) FROM seal") >= (int64_t)first - 1);
}

static void its_room_is_used_again(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    off_t size[2] = {0};
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 40; i++) {
            store_world_put(w, &a, 600);
            store_world_wait(w);
        }
        store_world_prune(w, &a, a.last - 100);
        store_world_wait(w);
        sweep(w, &a);
        struct stat st;
        assert_int_equal(stat(w->path, &st), 0);
        size[round >= 4] = st.st_size > size[round >= 4] ? st.st_size : size[round >= 4];
    }
    assert_true(size[1] <= size[0] + size[0] / 10);
}

static void a_restart_goes_on_sweeping(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    for (int i = 0; i < 60; i++) {
        store_world_put(w, &a, 600);
        store_world_wait(w);
    }
    store_world_prune(w, &a, a.last);
    store_world_wait(w);
    store_world_close(w);
    assert_true(ask(w, "SELECT count(*) FROM run") > 2);
    store_world_open(w);
    store_world_put(w, &a, 1);
    store_world_wait(w);
    sweep(w, &a);
    store_world_close(w);
    assert_int_equal(ask(w, "SELECT count(*) FROM run WHERE (id & ((1 << 40) - 1)) < 36000"), 0);
}

static void a_log_that_goes_on_behind_a_gap_gives_up_what_was_before(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_fetched run;
    store_world_put(w, &a, 50);
    store_world_seal(w, &a);
    store_world_wait(w);
    store_world_prune(w, &a, 201);
    store_world_put(w, &a, 5);
    store_world_expect(w, &a, 201, 205); /* also before it is on disk */
    store_world_wait(w);
    store_world_expect(w, &a, 201, 205);
    assert_int_equal(store_fetch(w->store, &a.id, 50, 5000, NULL, &run), ERR_NOT_FOUND);
    store_world_close(w);
    store_world_open(w);
    assert_string_equal(w->message, "");
    const struct store_world_restored *found = store_world_find(w, &a);
    assert_int_equal(found->event.restore_log.first, 201);
    assert_int_equal(found->event.restore_log.sealed, 0);
    assert_int_equal(found->tail_first, 201);
    assert_int_equal(found->tail_last, 205);
}

static void an_emptied_log_is_known_by_its_seal(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7), b = store_world_log("sensor1", 8);
    store_world_put(w, &a, 50);
    store_world_seal(w, &a);
    store_world_wait(w);
    store_world_prune(w, &a, 51);
    store_world_put(w, &b, 5);
    store_world_wait(w);
    sweep(w, &b);
    store_world_close(w);
    store_world_open(w);
    assert_string_equal(w->message, "");
    const struct event *e = &store_world_find(w, &a)->event;
    assert_int_equal(e->restore_log.first, 51);
    assert_int_equal(e->restore_log.last, 50);
    assert_int_equal(e->restore_log.sealed, 50);
    assert_int_equal(w->record_count, b.last);
}

static void a_salvage_keeps_a_log_from_its_beginning_on(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7), b = store_world_log("sensor2", 7);
    store_world_put(w, &a, 100);
    store_world_put(w, &b, 5);
    store_world_wait(w);
    store_world_prune(w, &a, 61);
    store_world_mark(w, &a, 20, 2);
    store_world_seal(w, &a);
    store_world_wait(w);
    store_world_close(w);
    assert_int_equal(ask(w, "UPDATE log SET sum = 0 WHERE device = 'sensor2' RETURNING 1"), 1);
    store_world_open(w);
    assert_non_null(strstr(w->message, "damaged"));
    const struct event *e = &store_world_find(w, &a)->event;
    assert_int_equal(e->restore_log.first, 61);
    assert_int_equal(e->restore_log.mark_count, 1);
    assert_int_equal(e->restore_log.sealed, 120);
    store_world_expect(w, &a, 61, 120);
    store_world_describe(w, &a, 90, false); /* the chain within can be followed */
    store_world_wait(w);
    store_world_expect(w, &a, 61, 90);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_log_begins_within_a_row_and_a_restart_finds_it_so),
        TEST(what_was_pruned_goes_with_the_commits_that_come),
        TEST(its_room_is_used_again),
        TEST(a_restart_goes_on_sweeping),
        TEST(a_log_that_goes_on_behind_a_gap_gives_up_what_was_before),
        TEST(an_emptied_log_is_known_by_its_seal),
        TEST(a_salvage_keeps_a_log_from_its_beginning_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
