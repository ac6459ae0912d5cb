#include "io/store.h"

#include "store_world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct store_world *w = malloc(sizeof *w);
    assert_non_null(w);
    store_world_init(w, STORE_WORLD_DISK);
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

static void reopen(struct store_world *w)
{
    store_world_close(w);
    store_world_open(w);
    assert_string_equal(w->message, "");
}

static void a_new_store_is_empty_and_private(void **state)
{
    struct store_world *w = *state;
    struct stat status;
    assert_int_equal(stat(w->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(w->log_count + w->topic_count + w->peer_count, 0);
    assert_int_equal(w->record_count, 0);
    assert_int_equal(store_backlog_bytes(w->store), 0);
}

static void a_restart_gives_back_everything_that_was_reported_stored(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_world_log b = store_world_log("sensor2", 9);
    store_world_put(w, &a, 10);
    store_world_put(w, &b, 1);
    store_world_put(w, &a, 5);
    store_world_seal(w, &a);
    store_world_put(w, &a, 3);
    store_world_wait(w);
    assert_int_equal(w->stored, w->ticket);
    reopen(w);
    assert_int_equal(w->log_count, 2);
    assert_int_equal(w->record_count, 19);
    const struct store_world_restored *found = store_world_find(w, &a);
    assert_int_equal(found->event.restore_log.role, ROLE_SENSOR);
    assert_int_equal(found->event.restore_log.first, 1);
    assert_int_equal(found->event.restore_log.last, 18);
    assert_int_equal(found->event.restore_log.sealed, 15);
    assert_int_equal(found->event.restore_log.signature_size, 70);
    assert_int_equal(found->event.restore_log.signature[69], 15);
    assert_false(found->event.restore_log.closed);
    assert_int_equal(found->tail_first, 16);
    assert_int_equal(found->tail_last, 18);
    assert_int_equal(store_world_find(w, &b)->tail_last, 1);
    store_world_expect(w, &a, 1, 18);
    store_world_expect(w, &b, 1, 1);
}

static void a_close_commits_what_was_not_flushed(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 10);
    reopen(w);
    assert_int_equal(store_world_find(w, &a)->tail_last, 10);
}

static void stored_is_reported_once_and_in_order(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    for (int i = 0; i < 50; i++) {
        store_world_put(w, &a, 2);
        store_flush(w->store);
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    store_world_wait(w); /* the handler checks that tickets rise */
    assert_int_equal(w->stored, 50);
    assert_int_equal(store_backlog_bytes(w->store), 0);
}

static void what_is_not_yet_on_disk_can_be_fetched(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 100);
    store_world_wait(w);
    store_world_put(w, &a, 100);
    store_flush(w->store); /* the worker has these */
    store_world_put(w, &a, 1);
    store_world_put(w, &a, 99); /* and these are gathered */
    assert_true(store_backlog_bytes(w->store) > 0);
    for (uint64_t first = 1; first <= 300; first += 37)
        store_world_expect(w, &a, first, 300);
    store_world_wait(w);
    store_world_expect(w, &a, 1, 300);
}

static void a_fetch_knows_its_bounds(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_world_log b = store_world_log("sensor2", 7);
    struct store_fetched run;
    store_world_put(w, &a, 5);
    store_world_wait(w);
    assert_int_equal(store_fetch(w->store, &b.id, 1, 100, NULL, &run), ERR_NOT_FOUND);
    assert_int_equal(store_fetch(w->store, &a.id, 0, 100, NULL, &run), ERR_NOT_FOUND);
    assert_int_equal(store_fetch(w->store, &a.id, 6, 100, NULL, &run), ERR_NOT_FOUND);
    assert_int_equal(store_fetch(w->store, &a.id, 5, 1, NULL, &run), ERR_OK);
    assert_int_equal(run.count, 1); /* at least one, however small the bound */
    free(run.memory);
    char one[LIMIT_RECORD];
    size_t size = store_world_record(&a.id, 1, one);
    assert_int_equal(store_fetch(w->store, &a.id, 1, size, NULL, &run), ERR_OK);
    assert_int_equal(run.count, 1); /* exactly what fits */
    assert_int_equal(run.bytes.size, size);
    free(run.memory);
    assert_int_equal(store_fetch(w->store, &a.id, 1, size - 1, NULL, &run), ERR_OK);
    assert_int_equal(run.count, 1);
    free(run.memory);
}

static void an_effect_of_any_size_is_kept_in_rows_that_fit_a_message(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 5000);
    store_world_wait(w);
    struct store_fetched run;
    enum err err = store_fetch(w->store, &a.id, 1, LIMIT_BATCH_BYTES, NULL, &run);
    assert_int_equal(err, ERR_OK);
    assert_true(run.bytes.size <= LIMIT_BATCH_BYTES && run.bytes.size > LIMIT_BATCH_BYTES - 256);
    free(run.memory);
    reopen(w);
    assert_int_equal(store_world_find(w, &a)->tail_last, 5000);
    store_world_expect(w, &a, 1, 5000);
}

static void expect_cut(struct store_world *w, struct store_world_log *a, uint64_t last)
{
    store_world_describe(w, a, last, false);
    store_world_expect(w, a, 1, last);
    store_world_put(w, a, 20);
    store_world_expect(w, a, 1, last + 20);
    store_world_wait(w);
    store_world_expect(w, a, 1, last + 20);
    reopen(w);
    assert_int_equal(store_world_find(w, a)->event.restore_log.last, last + 20);
    store_world_expect(w, a, 1, last + 20);
}

static void a_row_that_is_cut_keeps_the_chain_hash_of_its_new_end(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 30);
    store_world_wait(w);
    store_world_put(w, &a, 70);
    store_world_wait(w);
    store_world_describe(w, &a, 50, false);
    store_world_wait(w);
    reopen(w);
    assert_int_equal(store_world_find(w, &a)->event.restore_log.last, 50);
    assert_int_equal(store_world_find(w, &a)->tail_last, 50);
    sqlite3 *db;
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    const char *sql = "SELECT hash FROM run WHERE id = (1 << 40) + 31 AND count = 20";
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_memory_equal(sqlite3_column_blob(row, 0), &a.head, sizeof a.head);
    sqlite3_finalize(row);
    sqlite3_close(db);
}

static void a_log_is_cut_back_within_a_row_on_disk(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 100);
    store_world_wait(w);
    expect_cut(w, &a, 50);
    expect_cut(w, &a, 50); /* at the end of a row */
    expect_cut(w, &a, 0);
}

static void a_log_is_cut_back_while_its_records_are_on_their_way(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 100);
    store_world_wait(w);
    store_world_put(w, &a, 100);
    store_flush(w->store);
    store_world_put(w, &a, 100);
    store_world_describe(w, &a, 250, false); /* gathered */
    store_world_put(w, &a, 10);
    store_world_expect(w, &a, 1, 260);
    store_world_describe(w, &a, 150, false); /* the worker's */
    store_world_expect(w, &a, 1, 150);
    expect_cut(w, &a, 70); /* on disk */
}

static void records_given_again_replace_what_follows(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 100);
    store_world_wait(w);
    struct store_world_log shorter = store_world_log("sensor1", 7);
    shorter.last = 60;
    store_world_put(w, &shorter, 10);
    store_world_wait(w);
    store_world_expect(w, &a, 1, 70);
}

static void a_log_is_described_and_closed(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("actuator1", 7);
    a.role = ROLE_ACTUATOR;
    store_world_describe(w, &a, 0, false);
    store_world_wait(w);
    reopen(w);
    assert_int_equal(store_world_find(w, &a)->event.restore_log.last, 0);
    store_world_put(w, &a, 3);
    store_world_describe(w, &a, 3, true);
    store_world_wait(w);
    reopen(w);
    const struct event *e = &store_world_find(w, &a)->event;
    assert_true(e->restore_log.closed);
    assert_int_equal(e->restore_log.last, 3);
    assert_int_equal(e->restore_log.role, ROLE_ACTUATOR);
}

static void a_seal_without_its_records_is_passed_over(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_world_log unknown = store_world_log("sensor2", 7);
    unknown.last = 5;
    store_world_seal(w, &unknown);
    store_world_put(w, &a, 3);
    struct store_world_log ahead = a;
    ahead.last = 4;
    store_world_seal(w, &ahead);
    ahead.last = 0;
    store_world_seal(w, &ahead);
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->log_count, 1);
    assert_int_equal(store_world_find(w, &a)->event.restore_log.sealed, 0);
    assert_int_equal(store_world_find(w, &a)->event.restore_log.signature_size, 0);
}

static void a_topic_keeps_its_newest_record(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 40);
    for (uint64_t seq = 1; seq <= 30; seq++)
        store_world_topic(w, &a, "sensor1/temperature", seq);
    store_world_topic(w, &a, "sensor1/humidity", 31);
    store_world_wait(w);
    store_world_topic(w, &a, "sensor1/humidity", 33);
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->topic_count, 2);
    assert_int_equal(w->topic_seqs[0], 33); /* by name: humidity */
    assert_int_equal(w->topic_seqs[1], 30);
}

static bool has_peer(const struct store_world *w, uint32_t ipv4)
{
    for (size_t i = 0; i < w->peer_count; i++)
        if (w->peers[i].ipv4 == ipv4)
            return true;
    return false;
}

static void a_device_keeps_its_newest_addresses(void **state)
{
    struct store_world *w = *state;
    for (uint32_t i = 1; i <= LIMIT_ADDRESSES; i++)
        store_world_peer(w, "sensor1", i, 1000);
    store_world_wait(w);
    store_world_peer(w, "sensor1", 1, 1000); /* used again */
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->peer_count, LIMIT_ADDRESSES);
    store_world_peer(w, "sensor1", 99, 1000);
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->peer_count, LIMIT_ADDRESSES);
    assert_true(has_peer(w, 99) && has_peer(w, 1));
    assert_false(has_peer(w, 2));
}

static void no_more_devices_are_remembered_than_the_core_takes(void **state)
{
    struct store_world *w = *state;
    for (uint32_t i = 1; i <= LIMIT_MEMBERS; i++) {
        char device[16];
        snprintf(device, sizeof device, "d%u", (unsigned)i);
        store_world_peer(w, device, i, 1000);
    }
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->peer_count, LIMIT_MEMBERS);
    store_world_peer(w, "one-more", 7777, 1000);
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->peer_count, LIMIT_MEMBERS);
    assert_true(has_peer(w, 7777));
    assert_false(has_peer(w, 1)); /* the oldest went */
}

static void when_a_device_was_last_heard_is_kept_and_replaced(void **state)
{
    struct store_world *w = *state;
    store_world_seen(w, "sensor1", 5);
    store_world_seen(w, "sensor1", 4); /* the newest note counts, whatever the clock said */
    store_world_seen(w, "sensor2", 9);
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->seen_count, 2);
    assert_int_equal(w->seen[0], 4);
    assert_int_equal(w->seen[1], 9);
}

static void a_proof_is_kept_one_a_key_the_newest(void **state)
{
    struct store_world *w = *state;
    store_world_fork(w, "sensor1", 5);
    store_world_fork(w, "sensor2", 9); /* without a record between: 9 % 9 */
    store_world_fork(w, "sensor1", 4);
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->fork_count, 2);
    assert_int_equal(w->forks[0], 4);
    assert_int_equal(w->forks[1], 9);
}

static void the_devices_heard_longest_ago_are_forgotten(void **state)
{
    struct store_world *w = *state;
    for (uint32_t i = 1; i <= LIMIT_MEMBERS + 2; i++) {
        char device[16];
        snprintf(device, sizeof device, "d%u", (unsigned)i);
        store_world_seen(w, device, i);
    }
    store_world_wait(w);
    reopen(w);
    assert_int_equal(w->seen_count, LIMIT_MEMBERS);
    for (size_t i = 0; i < w->seen_count; i++)
        assert_true(w->seen[i] > 2);
}

static void a_second_process_is_told_who_has_the_store(void **state)
{
    struct store_world *w = *state;
    struct store_world other = *w;
    char pid[16];
    snprintf(pid, sizeof pid, " %ld ", (long)getpid());
    assert_int_equal(store_world_try_open(&other), ERR_BUSY);
    assert_non_null(strstr(other.message, pid));
    assert_null(other.store);
}

static void a_missing_folder_is_named(void **state)
{
    struct store_world *w = *state;
    struct store_world other = *w;
    snprintf(other.path, sizeof other.path, "%s/none/s.db", w->folder.path);
    assert_int_equal(store_world_try_open(&other), ERR_IO);
    assert_non_null(strstr(other.message, other.path));
}

static void execute(const struct store_world *w, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_store_of_a_later_version_is_refused_and_left_alone(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 3);
    store_world_close(w);
    execute(w, "PRAGMA user_version = 5; CREATE TABLE later(x);");
    assert_int_equal(store_world_try_open(w), ERR_RANGE);
    assert_non_null(strstr(w->message, "later version"));
    execute(w, "PRAGMA user_version = 4; DROP TABLE later;");
    store_world_open(w);
    store_world_expect(w, &a, 1, 3);
}

/* Version 1 did not keep when devices were last heard. */
static void epochs_rise_whatever_happens_to_either_copy_of_the_counter(void **state)
{
    struct store_world *w = *state;
    char copy[128];
    uint64_t epoch;
    uint64_t last;
    snprintf(copy, sizeof copy, "%s.epoch", w->path);
    assert_int_equal(store_epoch(w->store, 0, UINT64_MAX, &last), ERR_OK);
    assert_int_equal(last >> 20, 1);
    assert_int_equal(last & 0xfffff, 0xfffff);
    assert_int_equal(store_epoch(w->store, 0, 0, &epoch), ERR_OK);
    assert_true(epoch > last);
    reopen(w);
    unlink(copy);
    reopen(w);
    assert_int_equal(store_epoch(w->store, 0, 0, &last), ERR_OK);
    assert_true(last > epoch);
    store_world_close(w);
    execute(w, "UPDATE meta SET counter = 1, sum = (SELECT sum FROM meta)");
    store_world_open(w); /* salvaged: the row does not say what was written */
    assert_int_not_equal(strlen(w->message), 0);
    assert_int_equal(store_epoch(w->store, 0, 0, &epoch), ERR_OK);
    assert_int_equal(epoch >> 20, (last >> 20) + 1);
    store_world_close(w);
    unlink(w->path); /* an old backup, or none */
    store_world_open(w);
    assert_int_equal(store_epoch(w->store, 0, 0, &last), ERR_OK);
    assert_int_equal(last >> 20, (epoch >> 20) + 1);
}

static void without_either_copy_the_counter_starts_above_every_known_epoch(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", UINT64_C(500) << 20);
    char copy[128];
    uint64_t epoch;
    store_world_put(w, &a, 1);
    store_world_wait(w);
    assert_int_equal(store_epoch(w->store, 0, 0, &epoch), ERR_OK);
    store_world_close(w);
    execute(w, "UPDATE meta SET sum = 0");
    snprintf(copy, sizeof copy, "%s.epoch", w->path);
    int fd = open(copy, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, "00000000000000000009", 20), 20);
    close(fd);
    store_world_open(w);
    assert_int_equal(store_epoch(w->store, 0, UINT64_C(0x1234) << 48, &epoch), ERR_OK);
    assert_int_equal(epoch >> 20, 500 + 1 + 0x1234 + 1);
}

static void an_epoch_is_above_the_one_heard_of_and_never_too_large(void **state)
{
    struct store_world *w = *state;
    uint64_t epoch;
    assert_int_equal(store_epoch(w->store, UINT64_C(77) << 20, 0, &epoch), ERR_OK);
    assert_true(epoch > UINT64_C(77) << 20);
    uint64_t highest = (UINT64_C(1) << 53) - 1;
    assert_int_equal(store_epoch(w->store, highest - (1 << 20), 0, &epoch), ERR_OK);
    assert_true(epoch <= highest);
    uint64_t untouched = epoch;
    assert_int_equal(store_epoch(w->store, highest, 0, &epoch), ERR_RANGE);
    assert_int_equal(epoch, untouched);
}

static void an_epoch_waits_for_the_commit_under_way(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    uint64_t epoch;
    store_world_put(w, &a, 5000);
    store_flush(w->store);
    assert_int_equal(store_epoch(w->store, 0, 0, &epoch), ERR_OK);
    store_world_wait(w);
    store_world_expect(w, &a, 1, 5000);
}

static void the_write_ahead_log_is_copied_and_begins_again(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    char wal[sizeof w->path + 8];
    struct stat status;
    snprintf(wal, sizeof wal, "%s-wal", w->path);
    for (int i = 0; i < 60; i++) {
        store_world_put(w, &a, 2000);
        store_world_wait(w);
    }
    assert_int_equal(stat(w->path, &status), 0);
    off_t copied = status.st_size;
    assert_int_equal(stat(wal, &status), 0);
    /* a thousand pages, and what one commit adds while they are copied */
    assert_true(status.st_size < 6 << 20);
    assert_true(copied > status.st_size);
    store_world_expect(w, &a, 1, a.last);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_new_store_is_empty_and_private),
        TEST(a_restart_gives_back_everything_that_was_reported_stored),
        TEST(a_close_commits_what_was_not_flushed),
        TEST(stored_is_reported_once_and_in_order),
        TEST(what_is_not_yet_on_disk_can_be_fetched),
        TEST(a_fetch_knows_its_bounds),
        TEST(an_effect_of_any_size_is_kept_in_rows_that_fit_a_message),
        TEST(a_row_that_is_cut_keeps_the_chain_hash_of_its_new_end),
        TEST(a_log_is_cut_back_within_a_row_on_disk),
        TEST(a_log_is_cut_back_while_its_records_are_on_their_way),
        TEST(records_given_again_replace_what_follows),
        TEST(a_log_is_described_and_closed),
        TEST(a_seal_without_its_records_is_passed_over),
        TEST(a_topic_keeps_its_newest_record),
        TEST(a_device_keeps_its_newest_addresses),
        TEST(no_more_devices_are_remembered_than_the_core_takes),
        TEST(when_a_device_was_last_heard_is_kept_and_replaced),
        TEST(the_devices_heard_longest_ago_are_forgotten),
        TEST(a_proof_is_kept_one_a_key_the_newest),
        TEST(a_second_process_is_told_who_has_the_store),
        TEST(a_missing_folder_is_named),
        TEST(a_store_of_a_later_version_is_refused_and_left_alone),
        TEST(epochs_rise_whatever_happens_to_either_copy_of_the_counter),
        TEST(without_either_copy_the_counter_starts_above_every_known_epoch),
        TEST(an_epoch_is_above_the_one_heard_of_and_never_too_large),
        TEST(an_epoch_waits_for_the_commit_under_way),
        TEST(the_write_ahead_log_is_copied_and_begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
