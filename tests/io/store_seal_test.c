/* Which seals of a log are kept, and which of them a reader is shown. */
#include "io/store_seal.h"

#include "io/store_run.h"
#include "store_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KEEP = LIMIT_SEAL_KEEP };

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

static void reopen(struct store_world *w)
{
    store_world_close(w);
    store_world_open(w);
    assert_string_equal(w->message, "");
}

/* Appends up to `seq` and seals there. */
static void seal_at(struct store_world *w, struct store_world_log *log, uint64_t seq)
{
    if (seq > log->last)
        store_world_put(w, log, (size_t)(seq - log->last));
    store_world_seal(w, log);
}

/* The seals on disk, as one text: "256 512 ". */
static const char *kept(const struct store_world *w, int log)
{
    static char text[512];
    sqlite3 *db;
    sqlite3_stmt *walk;
    size_t size = 0;
    const char *sql = "SELECT id & ((1 << 40) - 1) FROM seal WHERE id >> 40 = ?1 ORDER BY id";
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &walk, NULL), SQLITE_OK);
    sqlite3_bind_int(walk, 1, log);
    text[0] = '\0';
    while (sqlite3_step(walk) == SQLITE_ROW) {
        assert_true(size < sizeof text - 24);
        size += (size_t)snprintf(text + size, sizeof text - size, "%lld ",
                                 (long long)sqlite3_column_int64(walk, 0));
    }
    sqlite3_finalize(walk);
    sqlite3_close(db);
    return text;
}

static void of_a_log_sealed_at_every_record_one_seal_in_the_limit_is_kept(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    for (uint64_t seq = 1; seq <= 3 * KEEP + 10; seq++)
        seal_at(w, &a, seq);
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "256 512 768 778 ");
    reopen(w);
    assert_int_equal(store_world_find(w, &a)->event.restore_log.sealed, 3 * KEEP + 10);
}

static void a_seal_goes_when_its_neighbours_lie_within_the_limit(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_world_log b = store_world_log("sensor2", 7);
    seal_at(w, &a, 100);
    seal_at(w, &a, KEEP); /* from the log's begin: just within */
    seal_at(w, &b, 100);
    seal_at(w, &b, KEEP + 1);
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "256 ");
    assert_string_equal(kept(w, 2), "100 257 ");
    seal_at(w, &a, KEEP + 200);
    seal_at(w, &a, 2 * KEEP); /* from the last but one: just within */
    seal_at(w, &b, 100 + KEEP + 1);
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "256 512 ");
    assert_string_equal(kept(w, 2), "100 257 357 ");
}

static void a_first_seal_is_kept_however_early(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    seal_at(w, &a, 1);
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "1 ");
    seal_at(w, &a, 1); /* and again */
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "1 ");
}

static void all_seals_of_one_commit_are_written_in_order(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_world_log b = store_world_log("sensor2", 7);
    for (uint64_t seq = 300; seq <= 1500; seq += 300) {
        seal_at(w, &a, seq);
        seal_at(w, &b, seq + 7);
    }
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "300 600 900 1200 1500 ");
    assert_string_equal(kept(w, 2), "307 607 907 1207 1507 ");
    reopen(w);
    const struct event *e = &store_world_find(w, &a)->event;
    assert_int_equal(e->restore_log.sealed, 1500);
    assert_memory_equal(&e->restore_log.sealed_hash, &a.head, sizeof a.head);
}

static void seals_behind_the_new_end_of_a_log_are_gone(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_world_log b = store_world_log("sensor2", 7);
    for (uint64_t seq = 300; seq <= 1500; seq += 300)
        seal_at(w, &a, seq);
    seal_at(w, &b, 900);
    store_world_wait(w);
    store_world_describe(w, &a, 1200, false); /* just not behind it */
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "300 600 900 1200 ");
    store_world_describe(w, &a, 1199, false);
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "300 600 900 ");
    seal_at(w, &a, 1500);
    store_world_describe(w, &a, 700, false); /* in the same commit */
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "300 600 ");
    reopen(w);
    const struct event *e = &store_world_find(w, &a)->event;
    struct chain_hash there = store_world_chain(&a.id, 600);
    assert_int_equal(e->restore_log.last, 700);
    assert_int_equal(e->restore_log.sealed, 600);
    assert_memory_equal(&e->restore_log.sealed_hash, &there, sizeof there);
    assert_string_equal(kept(w, 2), "900 ");
}

static void records_given_again_take_the_seals_behind_them_away(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    seal_at(w, &a, 300);
    seal_at(w, &a, 600);
    store_world_wait(w);
    a.last = 599;
    a.head = store_world_chain(&a.id, a.last);
    store_world_put(w, &a, 10);
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "300 ");
    store_world_seal(w, &a);
    store_world_wait(w);
    assert_string_equal(kept(w, 1), "300 609 ");
}

enum { PLENTY = 1 << 20 };

/* How many records a fetch to a seal gives; where it says that they end at one, they are checked
 * against it as whoever they are carried to does. 0: ERR_NOT_FOUND. */
static size_t fetch(struct store_world *w, const struct store_world_log *log, uint64_t first,
                    size_t bytes_max, struct store_seal *seal)
{
    struct store_fetched run;
    enum err err = store_fetch(w->store, &log->id, first, bytes_max, seal, &run);
    if (err == ERR_NOT_FOUND)
        return 0;
    assert_int_equal(err, ERR_OK);
    struct chain_hash hash = store_world_chain(&log->id, first - 1);
    store_run_chain(&hash, run.bytes);
    free(run.memory);
    if (seal->signature_size > 0) {
        assert_memory_equal(&hash, &seal->hash, sizeof hash);
        assert_int_equal(seal->signature_size, 70);
        assert_int_equal(seal->signature[69], (first + run.count - 1) % 256);
    }
    return run.count;
}

/* It ends at the seal `seq`, or, with 0, there is none. */
static void expect_seal(struct store_world *w, const struct store_world_log *log, uint64_t first,
                        uint64_t seq)
{
    struct store_seal seal;
    size_t count = fetch(w, log, first, PLENTY, &seal);
    assert_int_equal(count, seq == 0 ? 0 : seq - first + 1);
    assert_int_equal(seal.signature_size, seq == 0 ? 0 : 70);
}

static void a_fetch_to_a_seal_ends_with_the_first_one_behind_it(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_world_log unknown = store_world_log("sensor2", 7);
    struct store_seal seal = {.signature_size = 1};
    store_world_put(w, &a, 100);
    seal_at(w, &a, 300);
    seal_at(w, &a, 600);
    store_world_put(w, &a, 100);
    store_world_wait(w);
    expect_seal(w, &a, 1, 300);
    expect_seal(w, &a, 101, 300);
    expect_seal(w, &a, 300, 300); /* one record, sealed itself */
    expect_seal(w, &a, 301, 600);
    expect_seal(w, &a, 600, 600);
    expect_seal(w, &a, 601, 0);
    expect_seal(w, &a, 700, 0);
    assert_int_equal(fetch(w, &a, 701, PLENTY, &seal), 0);
    assert_int_equal(fetch(w, &a, 0, PLENTY, &seal), 0);
    assert_int_equal(fetch(w, &unknown, 1, PLENTY, &seal), 0);
    reopen(w);
    expect_seal(w, &a, 301, 600);
    store_world_expect(w, &a, 1, 700); /* without a seal all is given */
}

static void a_fetch_that_ends_before_its_seal_says_so(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    struct store_seal seal;
    seal_at(w, &a, 300);
    store_world_wait(w);
    char one[LIMIT_RECORD];
    size_t size = store_world_record(&a.id, 299, one) + 1 + store_world_record(&a.id, 300, one);
    assert_int_equal(fetch(w, &a, 299, size, &seal), 2);
    assert_int_equal(seal.signature_size, 70);
    assert_int_equal(fetch(w, &a, 299, size - 1, &seal), 1);
    assert_int_equal(seal.signature_size, 0);
    uint64_t next = 1;
    while (next <= 300) {
        size_t count = fetch(w, &a, next, 5000, &seal);
        assert_true(count > 0 && next + count - 1 <= 300);
        next += count;
        assert_int_equal(seal.signature_size, next > 300 ? 70 : 0);
    }
}

static void seals_not_yet_on_disk_count(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    seal_at(w, &a, 300);
    store_world_put(w, &a, 100);
    store_world_wait(w);
    struct store_world_log half = a;
    seal_at(w, &a, 600);
    store_flush(w->store); /* the worker has this one */
    seal_at(w, &a, 900);
    seal_at(w, &a, 1200);
    expect_seal(w, &a, 1, 300);
    expect_seal(w, &a, 301, 600);
    expect_seal(w, &a, 601, 900);
    expect_seal(w, &a, 901, 1200);
    expect_seal(w, &a, 1201, 0);
    store_world_seal(w, &half); /* over what is on disk, late */
    expect_seal(w, &a, 301, 400);
    expect_seal(w, &a, 401, 600);
    store_world_wait(w);
    expect_seal(w, &a, 301, 400);
    expect_seal(w, &a, 901, 1200);
    half.last = 700;
    half.head = store_world_chain(&a.id, half.last);
    store_world_seal(w, &half); /* before one that is on disk */
    expect_seal(w, &a, 601, 700);
    expect_seal(w, &a, 701, 900);
}

static void seals_that_a_cut_on_its_way_takes_away_do_not_count(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    seal_at(w, &a, 300);
    seal_at(w, &a, 600);
    store_world_wait(w);
    seal_at(w, &a, 900);
    store_flush(w->store);
    seal_at(w, &a, 1200);
    store_world_describe(w, &a, 1100, false); /* of the same batch */
    expect_seal(w, &a, 601, 900);
    expect_seal(w, &a, 901, 0);
    store_world_describe(w, &a, 899, false); /* the worker's */
    expect_seal(w, &a, 301, 600);
    expect_seal(w, &a, 601, 0);
    store_world_describe(w, &a, 450, false); /* on disk */
    expect_seal(w, &a, 1, 300);
    expect_seal(w, &a, 301, 0);
    seal_at(w, &a, 950); /* longer again than where those were */
    expect_seal(w, &a, 301, 950);
    store_world_wait(w);
    expect_seal(w, &a, 301, 950);
    expect_seal(w, &a, 951, 0);
    assert_string_equal(kept(w, 1), "300 950 ");
}

static void seals_that_prove_nothing_are_passed_over(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    for (uint64_t seq = 300; seq <= 900; seq += 300)
        seal_at(w, &a, seq);
    store_world_wait(w);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    const char *sql = "UPDATE seal SET hash = zeroblob(32) WHERE id = (1 << 40) + 300";
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    expect_seal(w, &a, 1, 600); /* a damaged one */
    struct effect effect = {.kind = EFFECT_STORE_SEAL, .ticket = ++w->ticket};
    effect.store_seal.id = a.id;
    effect.store_seal.seq = 600;
    store_effect(w->store, &effect); /* one without a signature */
    store_world_wait(w);
    expect_seal(w, &a, 1, 900);
    effect.ticket = ++w->ticket;
    effect.store_seal.seq = 700;
    store_effect(w->store, &effect); /* and not yet on disk */
    expect_seal(w, &a, 601, 900);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(of_a_log_sealed_at_every_record_one_seal_in_the_limit_is_kept),
        TEST(a_seal_goes_when_its_neighbours_lie_within_the_limit),
        TEST(a_first_seal_is_kept_however_early),
        TEST(all_seals_of_one_commit_are_written_in_order),
        TEST(seals_behind_the_new_end_of_a_log_are_gone),
        TEST(records_given_again_take_the_seals_behind_them_away),
        TEST(a_fetch_to_a_seal_ends_with_the_first_one_behind_it),
        TEST(a_fetch_that_ends_before_its_seal_says_so),
        TEST(seals_not_yet_on_disk_count),
        TEST(seals_that_a_cut_on_its_way_takes_away_do_not_count),
        TEST(seals_that_prove_nothing_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
