#include "io/store_mark.h"

#include "store_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

/* Of log 1, with the store closed. */
static void look(const struct store_world *w, uint64_t last, struct event_mark *marks,
                 size_t *count, struct chain_hash *base, uint64_t first)
{
    struct store_db db;
    assert_int_equal(store_db_open(&db, w->path, STORE_DB_NORMAL), ERR_OK);
    assert_int_equal(store_mark_list(&db, 1, last, marks, count), ERR_OK);
    assert_int_equal(store_mark_base(&db, 1, first, base), ERR_OK);
    store_db_close(&db);
}

static void checkpoints_come_back_in_their_order(void **state)
{
    struct store_world *w = *state;
    struct event_mark marks[LIMIT_MARKS];
    struct chain_hash base, zero = {{0}};
    size_t count;
    struct store_world_log a = store_world_log("sensor1", 7);
    for (int i = 0; i < LIMIT_MARKS + 2; i++)
        store_world_mark(w, &a, 10, 2);
    store_world_wait(w);
    store_world_close(w);
    look(w, a.last, marks, &count, &base, 1);
    assert_memory_equal(&base, &zero, sizeof zero);
    assert_int_equal(count, LIMIT_MARKS);
    for (size_t i = 0; i < count; i++) {
        struct chain_hash before = store_world_chain(&a.id, marks[i].first - 1);
        assert_int_equal(marks[i].first, 29 + 10 * i);
        assert_int_equal(marks[i].last, 30 + 10 * i);
        assert_int_equal(marks[i].at_ms, 1000 + marks[i].last);
        assert_memory_equal(&marks[i].before, &before, sizeof before);
    }
}

static void a_checkpoint_that_is_cut_is_none_any_more(void **state)
{
    struct store_world *w = *state;
    struct event_mark marks[LIMIT_MARKS];
    struct chain_hash base;
    size_t count;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_mark(w, &a, 10, 2);
    store_world_mark(w, &a, 10, 3);
    store_world_wait(w);
    store_world_describe(w, &a, 19, false); /* its last part goes */
    store_world_put(w, &a, 11);             /* and others stand there */
    store_world_wait(w);
    store_world_close(w);
    look(w, a.last, marks, &count, &base, 1);
    assert_int_equal(count, 1);
    assert_int_equal(marks[0].first, 9);
}

static void a_log_that_begins_later_knows_the_chain_before_it(void **state)
{
    struct store_world *w = *state;
    struct event_mark marks[LIMIT_MARKS];
    struct chain_hash base, before;
    size_t count;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_mark(w, &a, 10, 2);
    store_world_mark(w, &a, 10, 2);
    store_world_prune(w, &a, 19);
    store_world_wait(w);
    store_world_close(w);
    look(w, a.last, marks, &count, &base, 19);
    before = store_world_chain(&a.id, 18);
    assert_memory_equal(&base, &before, sizeof base);
    assert_int_equal(count, 1); /* it begins with one, which is that still */
    assert_int_equal(marks[0].first, 19);
    struct store_db db;
    struct store_mark mark;
    assert_int_equal(store_db_open(&db, w->path, STORE_DB_NORMAL), ERR_OK);
    assert_int_equal(store_mark_find(&db, 1, 18, &mark), ERR_NOT_FOUND);
    assert_int_equal(store_mark_base(&db, 1, 18, &base), ERR_CORRUPT);
    store_db_close(&db);
}

static void a_damaged_place_is_found_out(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 10);
    store_world_prune(w, &a, 6);
    store_world_wait(w);
    store_world_close(w);
    sqlite3 *sql;
    assert_int_equal(sqlite3_open(w->path, &sql), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sql, "UPDATE mark SET at = at + 1", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sql);
    store_world_open(w); /* salvages: without the chain nobody can check that log */
    assert_non_null(strstr(w->message, "1 logs have lost some"));
    assert_int_equal(w->log_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(checkpoints_come_back_in_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_checkpoint_that_is_cut_is_none_any_more, setup, teardown),
        cmocka_unit_test_setup_teardown(a_log_that_begins_later_knows_the_chain_before_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_place_is_found_out, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
