/* Files of version 1 of the schema, which kept one seal of a log: opened, converted, and nothing of
 * them lost, whatever fails meanwhile. */
#include "io/store_db.h"

#include "store_vfs.h"
#include "store_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static sqlite3 *open_raw(const char *path)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void execute(const struct store_world *w, const char *sql)
{
    sqlite3 *db = open_raw(w->path);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int version_of(const char *path)
{
    sqlite3 *db = open_raw(path);
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int version = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return version;
}

static void make_version_1(const struct store_world *w)
{
    FILE *file = fopen("tests/io/store_version1.sql", "r");
    assert_non_null(file);
    char *sql = calloc(1, 16384);
    assert_non_null(sql);
    assert_true(fread(sql, 1, 16383, file) < 16383);
    fclose(file);
    execute(w, sql);
    free(sql);
}

static void make_world(struct store_world *w)
{
    store_world_init(w, STORE_WORLD_MEMORY);
    make_version_1(w);
    assert_int_equal(version_of(w->path), 1);
}

static int setup(void **state)
{
    *state = malloc(sizeof(struct store_world));
    assert_non_null(*state);
    make_world(*state);
    return 0;
}

static int teardown(void **state)
{
    store_world_fini(*state);
    free(*state);
    return 0;
}

/* The chain hash is what the records give, not what the row says. */
static void expect_log(struct store_world *w, struct store_world_log log, uint64_t last,
                       uint64_t sealed)
{
    const struct store_world_restored *found = store_world_find(w, &log);
    assert_non_null(found);
    const struct event *e = &found->event;
    assert_int_equal(e->restore_log.last, last);
    assert_int_equal(e->restore_log.sealed, sealed);
    assert_int_equal(e->restore_log.signature_size, sealed > 0 ? 70 : 0);
    for (size_t i = 0; i < e->restore_log.signature_size; i++)
        assert_int_equal(e->restore_log.signature[i], sealed);
    struct chain_hash head = store_world_chain(&log.id, sealed);
    assert_memory_equal(&e->restore_log.sealed_hash, &head, sizeof head);
    store_world_expect(w, &log, 1, last);
}

static void expect_all(struct store_world *w)
{
    assert_int_equal(w->log_count, 3);
    assert_int_equal(w->record_count, 8);
    expect_log(w, store_world_log("sensor1", 7), 5, 3);
    expect_log(w, store_world_log("actuator1", 9), 1, 0);
    expect_log(w, store_world_log("sensor2", 3), 2, 2);
    struct store_world_log closed = store_world_log("sensor2", 3);
    assert_true(store_world_find(w, &closed)->event.restore_log.closed);
    assert_int_equal(w->topic_count, 1);
    assert_int_equal(w->topic_seqs[0], 5);
    assert_int_equal(w->peer_count, 1);
    assert_int_equal(w->peers[0].port, 1000);
}

static void a_store_of_version_1_is_converted_and_loses_nothing(void **state)
{
    struct store_world *w = *state;
    uint64_t epoch;
    store_world_open(w);
    assert_string_equal(w->message, "");
    expect_all(w);
    assert_int_equal(store_epoch(w->store, 0, 0, &epoch), ERR_OK);
    assert_int_equal(epoch >> 20, 2);
    struct store_world_log a = store_world_log("sensor1", 7);
    a.last = 5;
    store_world_put(w, &a, 300);
    store_world_seal(w, &a);
    store_world_wait(w);
    store_world_close(w);
    assert_int_equal(version_of(w->path), 4);
    store_world_open(w);
    store_world_seen(w, "sensor1", 5);
    store_world_wait(w);
    store_world_close(w);
    store_world_open(w);
    assert_int_equal(w->seen_count, 1);
    assert_string_equal(w->message, "");
    assert_int_equal(store_world_find(w, &a)->event.restore_log.sealed, 305);
}

/* A salvage puts a new store's first page before an old one's tables. The last three, of who was
 * seen, where a log may begin, and whose key forked, are new in versions 2 to 4 and lie where there
 * was room; the rows of the first are notes that come again, a log that begins later is then got
 * from its author, and a proof from whoever else has it. */
static void converted_tables_lie_where_those_of_a_new_store_do(void **state)
{
    struct store_world *w = *state;
    struct store_world fresh;
    store_world_open(w);
    store_world_close(w);
    store_world_init(&fresh, STORE_WORLD_MEMORY);
    store_world_open(&fresh);
    store_world_close(&fresh);
    sqlite3 *db = open_raw(w->path);
    sqlite3_stmt *row;
    const char *sql = "SELECT count(*), count(CASE WHEN a.sql = b.sql AND a.rootpage = b.rootpage"
                      " THEN 1 END) FROM sqlite_schema AS a LEFT JOIN fresh.sqlite_schema AS b"
                      " ON a.rowid = b.rowid";
    char attach[128];
    snprintf(attach, sizeof attach, "ATTACH '%s' AS fresh", fresh.path);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(row, 0), 9);
    assert_true(sqlite3_column_int(row, 1) >= 6);
    sqlite3_finalize(row);
    sqlite3_close(db);
    store_world_fini(&fresh);
}

static void a_store_of_version_3_is_converted_and_keeps_a_proof_from_then_on(void **state)
{
    struct store_world *w = *state;
    store_world_open(w);
    store_world_close(w);
    sqlite3 *db = open_raw(w->path);
    const char *back = "DROP TABLE fork; PRAGMA user_version = 3;";
    assert_int_equal(sqlite3_exec(db, back, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(version_of(w->path), 3);
    store_world_open(w);
    assert_string_equal(w->message, "");
    expect_all(w);
    store_world_fork(w, "sensor1", 3);
    store_world_wait(w);
    store_world_close(w);
    assert_int_equal(version_of(w->path), 4);
    store_world_open(w);
    assert_int_equal(w->fork_count, 1);
}

static void tables_that_no_version_had_are_not_converted(void **state)
{
    struct store_world *w = *state;
    execute(w, "ALTER TABLE seal ADD COLUMN more INTEGER");
    store_world_open(w);
    assert_int_not_equal(strlen(w->message), 0); /* salvaged: its first page is put back */
    assert_int_equal(w->record_count, 8);
}

static void a_damaged_store_of_version_1_is_salvaged_with_its_seals(void **state)
{
    struct store_world *w = *state;
    struct store_world_log lost = store_world_log("actuator1", 9);
    execute(w, "UPDATE log SET sum = 0 WHERE device = 'actuator1'");
    /* as a key it would be log 1's: the conversion fails */
    execute(w, "INSERT INTO seal VALUES((1 << 24) + 1, 3, x'', x'', 0)");
    store_world_open(w);
    assert_non_null(strstr(w->message, "damaged"));
    assert_int_equal(w->log_count, 2);
    assert_null(store_world_find(w, &lost));
    expect_log(w, store_world_log("sensor1", 7), 5, 3);
    expect_log(w, store_world_log("sensor2", 3), 2, 2);
    store_world_close(w);
    assert_int_equal(version_of(w->path), 4);
    char kept[128];
    snprintf(kept, sizeof kept, "%s.damaged-1", w->path);
    assert_int_equal(version_of(kept), 1);
}

/* Operations are counted from 1, those from .. to fail. */
struct fault {
    atomic_int count;
    int from;
    int to;
};

static int before(void *context, const struct store_vfs_op *op)
{
    struct fault *f = context;
    int n = ++f->count;
    if (n >= f->from && n <= f->to)
        return op->kind == STORE_VFS_SYNC ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    return op->kind == STORE_VFS_SYNC ? STORE_VFS_SKIP : SQLITE_OK;
}

/* Opens it with faults, then without. Returns how many operations there were and whether the faults
 * left the earlier version. */
static int convert(int from, int to, bool *left)
{
    struct store_world *w = malloc(sizeof *w);
    assert_non_null(w);
    struct fault f = {.from = from, .to = to};
    make_world(w);
    store_vfs_install(before, &f);
    if (store_world_try_open(w) != ERR_OK)
        assert_int_not_equal(strlen(w->message), 0);
    store_world_close(w);
    store_vfs_remove();
    int version = version_of(w->path);
    assert_true(version == 1 || version == 4);
    *left = version == 1;
    store_world_open(w);
    assert_string_equal(w->message, "");
    expect_all(w);
    store_world_close(w);
    assert_int_equal(version_of(w->path), 4);
    store_world_fini(w);
    free(w);
    return f.count;
}

static void a_conversion_that_fails_at_any_operation_loses_nothing(void **state)
{
    (void)state;
    bool left;
    int count = convert(0, 0, &left);
    int lefts = 0;
    assert_false(left);
    assert_true(count > 5);
    for (int n = 1; n <= count; n++) {
        convert(n, n, &left);
        lefts += left;
        convert(n, INT32_MAX, &left); /* as in a crash: nothing comes to disk any more */
        lefts += left;
    }
    assert_true(lefts > 0 && lefts < 2 * count);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_store_of_version_1_is_converted_and_loses_nothing),
        TEST(converted_tables_lie_where_those_of_a_new_store_do),
        TEST(a_store_of_version_3_is_converted_and_keeps_a_proof_from_then_on),
        TEST(tables_that_no_version_had_are_not_converted),
        TEST(a_damaged_store_of_version_1_is_salvaged_with_its_seals),
        cmocka_unit_test(a_conversion_that_fails_at_any_operation_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
