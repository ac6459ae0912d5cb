/* What the store does when the disk does not: every operation of a scripted life fails, one after
 * another, once or from then on. Whatever was reported stored must be there afterwards, and nothing
 * else than what was written. */
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

enum { STEPS = 8 };

/* Operations are counted from 1; syncing is only pretended, as no power fails here. */
struct fault {
    atomic_int count;
    atomic_int from; /* the first that fails; 0: none */
    atomic_int to;
    bool full;
    atomic_bool unsynced; /* the write-ahead log holds what was not synced */
    atomic_int syncs;
    atomic_bool file_synced; /* the database itself, at least once */
};

static int refusal(const struct fault *f, enum store_vfs_kind kind)
{
    if (f->full && (kind == STORE_VFS_WRITE || kind == STORE_VFS_CREATE))
        return SQLITE_FULL;
    switch (kind) {
    case STORE_VFS_CREATE:
        return SQLITE_CANTOPEN;
    case STORE_VFS_WRITE:
        return SQLITE_IOERR_WRITE;
    case STORE_VFS_TRUNCATE:
        return SQLITE_IOERR_TRUNCATE;
    case STORE_VFS_SYNC:
        return SQLITE_IOERR_FSYNC;
    default:
        return SQLITE_IOERR_DELETE;
    }
}

static int corrupt(void *context, const struct store_vfs_op *op)
{
    (void)op;
    return *(atomic_bool *)context ? SQLITE_CORRUPT : SQLITE_OK;
}

static int before(void *context, const struct store_vfs_op *op)
{
    struct fault *f = context;
    int n = ++f->count;
    size_t size = op->path ? strlen(op->path) : 0;
    bool wal = size > 4 && strcmp(op->path + size - 4, "-wal") == 0;
    if (f->from > 0 && n >= f->from && n <= f->to)
        return refusal(f, op->kind);
    if (wal && op->kind == STORE_VFS_WRITE)
        f->unsynced = true;
    if (op->kind != STORE_VFS_SYNC)
        return SQLITE_OK;
    f->syncs++;
    if (wal)
        f->unsynced = false;
    else
        f->file_synced = true;
    return STORE_VFS_SKIP;
}

struct life {
    struct store_world world;
    struct fault fault;
    struct store_world_log logs[2];
    struct store_world_log safe[2]; /* as they were when all was last reported stored */
    uint64_t sealed;                /* the first of them */
    uint64_t safe_sealed;
    uint64_t epoch;
};

static void heal(struct life *l)
{
    l->fault.from = 0;
}

static void open_in_the_end(struct life *l)
{
    struct store_world *w = &l->world;
    if (store_world_try_open(w) == ERR_OK)
        return;
    assert_int_not_equal(strlen(w->message), 0);
    assert_null(w->store);
    heal(l);
    assert_int_equal(store_world_try_open(w), ERR_OK);
    assert_string_equal(w->message, "");
}

static void take_epoch(struct life *l)
{
    uint64_t epoch;
    if (store_epoch(l->world.store, 0, 5, &epoch) != ERR_OK) {
        heal(l);
        assert_int_equal(store_epoch(l->world.store, 0, 5, &epoch), ERR_OK);
    }
    assert_true(epoch > l->epoch);
    l->epoch = epoch;
}

/* Leaves in `half` how the logs were before the second commit's effects. */
static void act(struct life *l, int step, struct store_world_log half[2])
{
    struct store_world *w = &l->world;
    store_world_put(w, &l->logs[0], 1 + (size_t)step * 7);
    if (step % 2) {
        store_world_seal(w, &l->logs[0]);
        l->sealed = l->logs[0].last;
    }
    if (step % 3 == 1)
        store_world_put(w, &l->logs[1], 150);
    if (step == 5)
        store_world_describe(w, &l->logs[1], l->logs[1].last - 20, true);
    store_world_topic(w, &l->logs[0], "sensor1/temperature", l->logs[0].last);
    store_world_peer(w, "sensor2", (uint32_t)step, 1000);
    store_world_seen(w, "sensor2", (uint64_t)step);
    store_world_fork(w, "sensor2", 1 + (uint64_t)step);
    /* More arrives while the first is being committed. */
    store_flush(w->store);
    memcpy(half, l->logs, sizeof l->logs);
    store_world_put(w, &l->logs[0], 2);
}

/* As the core does: what was not reported stored is forgotten; then it is tried again. */
static void recover(struct life *l, int failures)
{
    struct store_world *w = &l->world;
    assert_int_equal(w->failures, failures + 1);
    assert_non_null(strstr(w->failure, w->path));
    memcpy(l->logs, l->safe, sizeof l->logs);
    l->sealed = l->safe_sealed;
    store_world_put(w, &l->logs[0], 1); /* dropped without a word */
    l->logs[0] = l->safe[0];
    if (l->fault.from > 0 && l->fault.to > l->fault.count) {
        store_world_retry(w);
        store_world_wait(w);
        assert_int_equal(w->failures, failures + 2);
    }
    heal(l);
    unsigned readies = w->readies;
    store_world_retry(w);
    store_world_wait(w);
    assert_int_equal(w->readies, readies + 1);
    w->ticket = w->stored;
}

static void live(struct life *l)
{
    struct store_world *w = &l->world;
    for (int step = 0; step < STEPS; step++) {
        unsigned failures = w->failures;
        uint64_t stored = w->stored;
        struct store_world_log half[2];
        act(l, step, half);
        uint64_t first_ticket = w->ticket - 1;
        store_world_wait(w);
        if (w->failures == failures) {
            assert_int_equal(w->stored, w->ticket);
            memcpy(l->safe, l->logs, sizeof l->safe);
            l->safe_sealed = l->sealed;
            continue;
        }
        if (w->stored > stored) { /* the first half was reported, the second was not */
            assert_int_equal(w->stored, first_ticket);
            memcpy(l->safe, half, sizeof l->safe);
            l->safe_sealed = l->sealed;
        }
        recover(l, (int)failures);
        for (int i = 0; i < 2; i++)
            store_world_expect(w, &l->safe[i], 1, l->safe[i].last);
    }
}

/* The one that was reported stored: not the one before it, nor none. */
static void expect_seal(struct life *l)
{
    const struct store_world_restored *found = store_world_find(&l->world, &l->safe[0]);
    uint64_t sealed = found ? found->event.restore_log.sealed : 0;
    assert_int_equal(sealed, l->safe_sealed);
    if (sealed == 0)
        return;
    struct chain_hash there = store_world_chain(&l->safe[0].id, sealed);
    assert_memory_equal(&found->event.restore_log.sealed_hash, &there, sizeof there);
    assert_int_equal(found->event.restore_log.signature[0], sealed % 256);
}

static void expect_all(struct life *l)
{
    struct store_world *w = &l->world;
    store_world_open(w);
    assert_string_equal(w->message, "");
    for (int i = 0; i < 2; i++) {
        const struct store_world_restored *found = store_world_find(w, &l->safe[i]);
        assert_int_equal(found ? found->event.restore_log.last : 0, l->safe[i].last);
        store_world_expect(w, &l->safe[i], 1, l->safe[i].last);
    }
    expect_seal(l);
    sqlite3 *db;
    sqlite3_stmt *check;
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(check), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(check, 0), "ok");
    sqlite3_finalize(check);
    sqlite3_close(db);
    take_epoch(l);
}

/* One life in which operations from .. to fail; returns how many there were. */
static int run(int from, int to, bool full)
{
    struct life *l = calloc(1, sizeof *l);
    assert_non_null(l);
    store_world_init(&l->world, STORE_WORLD_MEMORY);
    l->logs[0] = l->safe[0] = store_world_log("sensor1", 7);
    l->logs[1] = l->safe[1] = store_world_log("sensor2", 8);
    l->fault.from = from;
    l->fault.to = to;
    l->fault.full = full;
    store_vfs_install(before, &l->fault);
    open_in_the_end(l);
    take_epoch(l);
    live(l);
    store_world_close(&l->world);
    int count = l->fault.count;
    heal(l);
    expect_all(l);
    store_world_close(&l->world);
    store_vfs_remove();
    store_world_fini(&l->world);
    free(l);
    return count;
}

static void any_operation_may_fail_once(void **state)
{
    (void)state;
    int count = run(0, 0, false);
    assert_true(count > 100);
    for (int n = 1; n <= count; n++)
        run(n, n, false);
}

static void any_operation_may_fail_and_all_behind_it(void **state)
{
    (void)state;
    int count = run(0, 0, false);
    for (int n = 1; n <= count; n += 2)
        run(n, INT32_MAX, false);
}

static void the_disk_may_be_full_at_any_moment(void **state)
{
    (void)state;
    int count = run(0, 0, true);
    for (int n = 2; n <= count; n += 2)
        run(n, INT32_MAX, true);
}

static void what_is_reported_stored_was_synced(void **state)
{
    (void)state;
    struct life *l = calloc(1, sizeof *l);
    assert_non_null(l);
    store_world_init(&l->world, STORE_WORLD_MEMORY);
    store_vfs_install(before, &l->fault);
    store_world_open(&l->world);
    struct store_world_log log = store_world_log("sensor1", 7);
    for (int i = 0; i < 20; i++) {
        store_world_put(&l->world, &log, 1 + (size_t)i * 50);
        store_flush(l->world.store);
        while (l->world.stored < l->world.ticket)
            uv_run(&l->world.loop, UV_RUN_ONCE);
        assert_false(l->fault.unsynced);
    }
    store_world_close(&l->world);
    store_vfs_remove();
    store_world_fini(&l->world);
    free(l);
}

/* Each costs milliseconds on a busy disk, and a peer's first start waits for all of them. The file
 * itself is the one: SQLite deletes a write-ahead log that lies beside an empty file. */
static void a_new_store_waits_for_the_disk_once(void **state)
{
    (void)state;
    struct life *l = calloc(1, sizeof *l);
    assert_non_null(l);
    store_world_init(&l->world, STORE_WORLD_MEMORY);
    store_vfs_install(before, &l->fault);
    store_world_open(&l->world);
    assert_int_equal(l->fault.syncs, 1);
    assert_true(l->fault.file_synced);
    store_world_close(&l->world);
    store_vfs_remove();
    store_world_fini(&l->world);
    free(l);
}

static void a_failure_says_what_to_do(void **state)
{
    (void)state;
    struct life *l = calloc(1, sizeof *l);
    assert_non_null(l);
    store_world_init(&l->world, STORE_WORLD_MEMORY);
    store_vfs_install(before, &l->fault);
    store_world_open(&l->world);
    struct store_world_log log = store_world_log("sensor1", 7);
    l->fault.full = true;
    l->fault.to = INT32_MAX;
    l->fault.from = 1;
    store_world_put(&l->world, &log, 1);
    store_world_wait(&l->world);
    assert_non_null(strstr(l->world.failure, l->world.path));
    assert_non_null(strstr(l->world.failure, "full"));
    assert_non_null(strstr(l->world.failure, "free some space"));
    struct store_fetched run;
    enum err err = store_fetch(l->world.store, &log.id, 1, 100, NULL, &run);
    assert_int_equal(err, ERR_NOT_FOUND); /* what was dropped is not shown any more */
    store_world_close(&l->world);
    store_vfs_remove();
    store_world_fini(&l->world);
    free(l);
}

static void damage_that_writing_meets_is_mended_at_the_next_start(void **state)
{
    (void)state;
    struct store_world *w = malloc(sizeof *w);
    assert_non_null(w);
    atomic_bool damaged = false;
    store_world_init(w, STORE_WORLD_MEMORY);
    store_vfs_install(corrupt, &damaged);
    store_world_open(w);
    struct store_world_log log = store_world_log("sensor1", 7);
    store_world_put(w, &log, 9);
    store_world_wait(w);
    damaged = true;
    store_world_put(w, &log, 1);
    store_world_wait(w);
    assert_int_equal(w->failures, 1);
    assert_non_null(strstr(w->failure, "start again"));
    damaged = false;
    store_world_close(w);
    store_world_open(w);
    assert_int_not_equal(strlen(w->message), 0);
    assert_int_equal(store_world_find(w, &log)->event.restore_log.last, 9);
    store_world_close(w);
    store_world_open(w);
    assert_string_equal(w->message, "");
    store_world_close(w);
    store_vfs_remove();
    store_world_fini(w);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_operation_may_fail_once),
        cmocka_unit_test(any_operation_may_fail_and_all_behind_it),
        cmocka_unit_test(the_disk_may_be_full_at_any_moment),
        cmocka_unit_test(what_is_reported_stored_was_synced),
        cmocka_unit_test(a_new_store_waits_for_the_disk_once),
        cmocka_unit_test(a_failure_says_what_to_do),
        cmocka_unit_test(damage_that_writing_meets_is_mended_at_the_next_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
