/* Damage to the files of a store that is at rest: found, or of no consequence; never a record, seal
 * or topic that was not written, never a crash. What could be saved is. */
#include "io/store_salvage.h"

#include "base/rng.h"
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

enum { LOGS = 3, DAMAGES = 120, SEALED = 400, LAST = 430, FILE_MAX = 4 * 1024 * 1024 };

/* A store as it was at its best, and its files' bytes. */
struct scene {
    struct store_world world;
    struct store_world_log logs[LOGS];
    char *files[2]; /* database, write-ahead log */
    size_t sizes[2];
};

static const char *const suffixes[] = {"", "-wal"};

static void name_of(const struct scene *s, const char *suffix, char out[128])
{
    snprintf(out, 128, "%s%s", s->world.path, suffix);
}

static void keep_files(struct scene *s)
{
    for (int i = 0; i < 2; i++) {
        char name[128];
        name_of(s, suffixes[i], name);
        int fd = open(name, O_RDONLY);
        ssize_t size = fd >= 0 ? read(fd, s->files[i], FILE_MAX) : 0;
        assert_true(size >= 0 && size < FILE_MAX);
        s->sizes[i] = (size_t)size;
        if (fd >= 0)
            close(fd);
    }
}

static void put_files(struct scene *s)
{
    temp_folder_remove(&s->world.folder);
    assert_int_equal(mkdir(s->world.folder.path, 0700), 0);
    for (int i = 0; i < 2; i++) {
        char name[128];
        if (s->sizes[i] == 0)
            continue;
        name_of(s, suffixes[i], name);
        int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_int_equal(write(fd, s->files[i], s->sizes[i]), s->sizes[i]);
        close(fd);
    }
}

static void fill(struct scene *s)
{
    struct store_world *w = &s->world;
    uint64_t epoch;
    store_world_open(w);
    assert_int_equal(store_epoch(w->store, 0, 0, &epoch), ERR_OK);
    for (int i = 0; i < LOGS; i++) {
        char device[16];
        snprintf(device, sizeof device, "sensor%d", i + 1);
        s->logs[i] = store_world_log(device, 7);
    }
    for (int step = 0; step < 43; step++) {
        for (int i = 0; i < LOGS; i++) {
            store_world_put(w, &s->logs[i], 10);
            if (s->logs[i].last == SEALED)
                store_world_seal(w, &s->logs[i]);
            store_world_topic(w, &s->logs[i], s->logs[i].id.device, s->logs[i].last);
            store_world_peer(w, s->logs[i].id.device, (uint32_t)step, 1000);
            store_world_seen(w, s->logs[i].id.device, (uint64_t)step);
            store_world_fork(w, s->logs[i].id.device, 1 + (uint64_t)step);
        }
        store_world_wait(w);
        if (step == 30) { /* what follows is only in the write-ahead log */
            store_world_close(w);
            store_world_open(w);
        }
    }
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    store_world_init(&s->world, STORE_WORLD_MEMORY);
    for (int i = 0; i < 2; i++)
        s->files[i] = malloc(FILE_MAX);
    fill(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    store_world_fini(&s->world);
    for (int i = 0; i < 2; i++)
        free(s->files[i]);
    free(s);
    return 0;
}

/* Every record that it gives is compared where it is read (store_world.c). Returns how many logs
 * are whole. */
static int expect_nothing_false(struct scene *s)
{
    struct store_world *w = &s->world;
    int whole = 0;
    for (int i = 0; i < LOGS; i++) {
        const struct store_world_restored *found = store_world_find(w, &s->logs[i]);
        if (!found)
            continue;
        const struct event *e = &found->event;
        assert_true(e->restore_log.last <= LAST);
        assert_true(e->restore_log.sealed <= SEALED);
        assert_true(e->restore_log.sealed <= e->restore_log.last);
        assert_true(e->restore_log.sealed < SEALED || e->restore_log.signature[0] == SEALED % 256);
        uint64_t read = store_world_read(w, &s->logs[i], 1);
        assert_true(read <= e->restore_log.last);
        whole += read == LAST && e->restore_log.sealed == SEALED;
    }
    for (size_t i = 0; i < w->topic_count; i++)
        assert_true(w->topic_seqs[i] <= LAST && w->topic_seqs[i] % 10 == 0);
    return whole;
}

static void expect_usable(struct scene *s)
{
    struct store_world *w = &s->world;
    for (int i = 0; i < LOGS; i++) {
        struct store_world_log log = s->logs[i];
        const struct store_world_restored *found = store_world_find(w, &log);
        log.last = found ? found->event.restore_log.last : 0;
        uint64_t first = log.last + 1;
        store_world_put(w, &log, 5);
        store_world_wait(w);
        if (w->failures > 0)
            return; /* damage that only writing meets is told, and mended at the next start */
        store_world_expect(w, &log, first, first + 4);
    }
}

enum kind { FLIP, ZERO_PAGE, GARBAGE, TRUNCATE, KIND_COUNT };

static void damage(struct scene *s, int file, enum kind kind, struct rng *rng)
{
    char *bytes = s->files[file];
    size_t at = (size_t)rng_below(rng, s->sizes[file]);
    if (kind == FLIP)
        bytes[at] = (char)(bytes[at] ^ (1 << rng_below(rng, 8)));
    if (kind == ZERO_PAGE)
        memset(bytes + at / 4096 * 4096, 0, s->sizes[file] - at < 4096 ? 1 : 4096);
    for (size_t i = at; kind == GARBAGE && i < at + 16 && i < s->sizes[file]; i++)
        bytes[i] = (char)rng_next(rng);
    if (kind == TRUNCATE)
        s->sizes[file] = at;
}

/* Opens what is left and asserts that it is true. */
static void survive(struct scene *s, int file)
{
    struct store_world *w = &s->world;
    put_files(s);
    w->failures = 0;
    enum err err = store_world_try_open(w);
    if (err != ERR_OK) { /* a version number that became a greater one */
        assert_int_equal(err, ERR_RANGE);
        assert_int_not_equal(strlen(w->message), 0);
        return;
    }
    assert_int_equal(store_world_restore(w), ERR_OK);
    int whole = expect_nothing_false(s);
    bool told = w->message[0] != '\0';
    /* Where nothing was said everything under a seal is there, or is known not to be when it is
     * read. SQLite takes a damaged write-ahead log for one that ends there, so what only that held
     * may be gone. */
    for (int i = 0; file == 0 && !told && i < LOGS; i++) {
        const struct store_world_restored *found = store_world_find(w, &s->logs[i]);
        assert_non_null(found);
        assert_int_equal(found->event.restore_log.sealed, SEALED);
    }
    if (told && w->log_count == LOGS && whole == 0)
        assert_non_null(strstr(w->message, "lost some"));
    expect_usable(s);
    store_world_close(w);
}

static void damages(struct scene *s, int file, uint64_t seed, int told_min)
{
    struct scene good = *s;
    struct rng rng;
    rng_init(&rng, seed);
    for (int i = 0; i < 2; i++)
        s->files[i] = malloc(FILE_MAX);
    int told = 0;
    for (int n = 0; n < DAMAGES; n++) {
        for (int i = 0; i < 2; i++) {
            memcpy(s->files[i], good.files[i], good.sizes[i]);
            s->sizes[i] = good.sizes[i];
        }
        damage(s, file, (enum kind)(n % KIND_COUNT), &rng);
        survive(s, file);
        told += s->world.message[0] != '\0';
    }
    for (int i = 0; i < 2; i++) {
        free(s->files[i]);
        s->files[i] = good.files[i];
    }
    assert_true(told >= told_min);
}

static void damage_to_a_closed_store_is_found_or_harmless(void **state)
{
    struct scene *s = *state;
    store_world_close(&s->world);
    keep_files(s);
    assert_int_equal(s->sizes[1], 0);
    damages(s, 0, 1, DAMAGES / 4); /* the rest falls on free space of the small tables */
}

static void damage_to_a_store_that_was_killed_is_found_or_harmless(void **state)
{
    struct scene *s = *state;
    keep_files(s);
    store_world_close(&s->world);
    assert_true(s->sizes[1] > 0);
    damages(s, 0, 2, 1); /* much of what is read lies in the log */
    damages(s, 1, 3, 0);
}

enum { PAGE = 4096, TABLE_LEAF = 0x0d, FIRST_CELL_AT = 8 };

/* The file format's numbers: seven bits a byte, the highest bit says that more follow. */
static uint64_t varint(const uint8_t **at)
{
    uint64_t value = 0;
    for (; **at & 0x80; ++*at)
        value = value << 7 | (**at & 0x7f);
    return value << 7 | *(*at)++;
}

/* The first key of a leaf of the table of runs; 0: another page. */
static uint64_t first_key(const struct scene *s, size_t page)
{
    const uint8_t *bytes = (const uint8_t *)s->files[0] + page * PAGE;
    if (bytes[0] != TABLE_LEAF || bytes[3] + bytes[4] == 0)
        return 0;
    const uint8_t *cell = bytes + (bytes[FIRST_CELL_AT] << 8 | bytes[FIRST_CELL_AT + 1]);
    varint(&cell); /* its size */
    uint64_t key = varint(&cell);
    return key >> 40 ? key : 0;
}

/* SQLite believes that a page holds what its place in the tree says: rows of another log are then
 * found where this one's should be, with the numbers looked for and a checksum that is right. */
static void a_page_of_another_log_is_not_taken_for_ones_own(void **state)
{
    struct scene *s = *state;
    char kept[PAGE];
    int tried = 0;
    store_world_close(&s->world);
    keep_files(s);
    size_t count = s->sizes[0] / PAGE;
    for (size_t to = 1; to < count; to++)
        for (size_t from = 1; from < count; from++) {
            uint64_t key = first_key(s, to), other = first_key(s, from);
            if (!key || !other || other >= key || (key - other) % (UINT64_C(1) << 40) != 0)
                continue;
            memcpy(kept, s->files[0] + to * PAGE, PAGE);
            memcpy(s->files[0] + to * PAGE, s->files[0] + from * PAGE, PAGE);
            survive(s, 0);
            memcpy(s->files[0] + to * PAGE, kept, PAGE);
            tried++;
        }
    assert_true(tried > 10);
}

static void overwrite(const struct scene *s, off_t at, const char *bytes, size_t size)
{
    int fd = open(s->world.path, O_WRONLY);
    assert_int_equal(pwrite(fd, bytes, size, at), size);
    close(fd);
}

static void a_lost_first_page_loses_nothing(void **state)
{
    struct scene *s = *state;
    static const char zeroes[4096];
    char kept[128];
    store_world_close(&s->world);
    overwrite(s, 0, zeroes, sizeof zeroes);
    store_world_open(&s->world);
    name_of(s, ".damaged-1", kept);
    assert_int_equal(access(kept, F_OK), 0);
    assert_non_null(strstr(s->world.message, kept));
    assert_int_equal(expect_nothing_false(s), LOGS);
    assert_int_equal(s->world.topic_count, LOGS);
    assert_int_equal(s->world.fork_count, LOGS);
    store_world_close(&s->world);
    store_world_open(&s->world); /* told once */
    assert_string_equal(s->world.message, "");
}

static void a_file_of_somebody_elses_is_moved_away_untouched(void **state)
{
    struct scene *s = *state;
    static const char text[] = "my diary\n";
    char kept[128];
    char found[sizeof text];
    store_world_close(&s->world);
    assert_int_equal(truncate(s->world.path, 0), 0);
    overwrite(s, 0, text, sizeof text);
    store_world_open(&s->world);
    assert_int_equal(s->world.log_count, 0);
    name_of(s, ".damaged-1", kept);
    int fd = open(kept, O_RDONLY);
    assert_int_equal(read(fd, found, sizeof found), sizeof text);
    close(fd);
    assert_memory_equal(found, text, sizeof text);
}

static void execute(const struct scene *s, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(s->world.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_log_ends_before_its_first_damaged_row(void **state)
{
    struct scene *s = *state;
    store_world_close(&s->world);
    /* Log 1: a row under the seal, found by a reader. Log 2: one behind it, found at the start. */
    execute(s, "UPDATE run SET count = count - 1 WHERE id = (1 << 40) + 101");
    execute(s, "UPDATE run SET bytes = replace(bytes, '\"Cel\"', '\"Cet\"')"
               " WHERE id = (2 << 40) + 411");
    store_world_open(&s->world);
    assert_non_null(strstr(s->world.message, "2 logs have lost some"));
    const struct event *e = &store_world_find(&s->world, &s->logs[0])->event;
    assert_int_equal(e->restore_log.last, 100);
    assert_int_equal(e->restore_log.sealed, 100); /* all of it was, but there is no signature */
    assert_int_equal(e->restore_log.signature_size, 0);
    struct store_world_log author = s->logs[0];
    store_world_expect(&s->world, &author, 1, 100);
    e = &store_world_find(&s->world, &s->logs[1])->event;
    assert_int_equal(e->restore_log.last, 410);
    assert_int_equal(e->restore_log.sealed, SEALED);
    assert_int_equal(e->restore_log.signature_size, 70);
}

static void a_lowered_seal_carries_the_chain_hash_of_its_end(void **state)
{
    struct scene *s = *state;
    struct store_world_log author = store_world_log("sensor1", 7);
    store_world_close(&s->world);
    execute(s, "DELETE FROM run WHERE id = (1 << 40) + 101");
    execute(s, "UPDATE log SET sum = 0 WHERE device = 'sensor3'"); /* so that it is salvaged */
    store_world_open(&s->world);
    const struct event *e = &store_world_find(&s->world, &s->logs[0])->event;
    assert_int_equal(e->restore_log.sealed, 100);
    struct store_world scratch;
    store_world_init(&scratch, STORE_WORLD_MEMORY);
    store_world_open(&scratch);
    store_world_put(&scratch, &author, 100);
    store_world_fini(&scratch);
    assert_memory_equal(&e->restore_log.sealed_hash, &author.head, sizeof author.head);
    assert_null(store_world_find(&s->world, &s->logs[2]));
}

static void a_row_damaged_while_running_is_not_served_and_mended_at_the_next_start(void **state)
{
    struct scene *s = *state;
    execute(s, "UPDATE run SET sum = sum + 1 WHERE id = (1 << 40) + 201");
    assert_int_equal(store_world_read(&s->world, &s->logs[0], 1), 200);
    struct store_fetched run;
    enum err err = store_fetch(s->world.store, &s->logs[0].id, 201, 100, NULL, &run);
    assert_int_equal(err, ERR_CORRUPT);
    assert_int_equal(store_world_read(&s->world, &s->logs[0], 211), LAST);
    store_world_close(&s->world);
    store_world_open(&s->world);
    assert_non_null(strstr(s->world.message, "1 logs have lost some"));
    assert_int_equal(store_world_find(&s->world, &s->logs[0])->event.restore_log.last, 200);
}

/* A log with a seal every 300 records, so that all are kept. */
static struct store_world_log sealed_often(struct scene *s, uint64_t last)
{
    struct store_world_log log = store_world_log("sensor4", 7);
    while (log.last < last) {
        store_world_put(&s->world, &log, 300);
        store_world_seal(&s->world, &log);
        store_world_wait(&s->world);
    }
    store_world_close(&s->world);
    return log;
}

static int64_t count(const struct scene *s, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_open(s->world.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return value;
}

static void a_damaged_proof_is_found_and_the_others_are_kept(void **state)
{
    struct scene *s = *state;
    store_world_close(&s->world);
    execute(s, "UPDATE fork SET seq = seq + 1 WHERE device = 'sensor2'");
    store_world_open(&s->world);
    assert_int_not_equal(strlen(s->world.message), 0);
    assert_int_equal(s->world.fork_count, LOGS - 1);
    assert_int_equal(expect_nothing_false(s), LOGS);
}

static void every_whole_seal_of_records_that_are_left_is_kept(void **state)
{
    struct scene *s = *state;
    struct store_world_log log = sealed_often(s, 1800);
    execute(s, "UPDATE run SET sum = sum + 1 WHERE id = (4 << 40) + 1201");
    execute(s, "UPDATE seal SET hash = zeroblob(32) WHERE id = (4 << 40) + 600");
    execute(s, "UPDATE topic SET sum = 0 WHERE topic = 'sensor3'"); /* found at the start */
    store_world_open(&s->world);
    assert_non_null(strstr(s->world.message, "1 logs have lost some"));
    const struct event *e = &store_world_find(&s->world, &log)->event;
    struct chain_hash there = store_world_chain(&log.id, 1200);
    assert_int_equal(e->restore_log.last, 1200);
    assert_int_equal(e->restore_log.sealed, 1200); /* the end itself counts */
    assert_int_equal(e->restore_log.signature_size, 70);
    assert_int_equal(e->restore_log.signature[0], 1200 % 256);
    assert_memory_equal(&e->restore_log.sealed_hash, &there, sizeof there);
    assert_int_equal(count(s, "SELECT count(*) FROM seal WHERE id >> 40 = 4"), 3);
    assert_int_equal(count(s, "SELECT min(id) & 65535 FROM seal WHERE id >> 40 = 4"), 300);
    assert_int_equal(count(s, "SELECT count(*) FROM seal"), 3 + LOGS);
}

static void a_damaged_newest_seal_leaves_the_one_before_it(void **state)
{
    struct scene *s = *state;
    struct store_world_log log = sealed_often(s, 900);
    execute(s, "UPDATE seal SET signature = x'00' WHERE id = (4 << 40) + 900");
    store_world_open(&s->world);
    const struct store_world_restored *found = store_world_find(&s->world, &log);
    assert_int_equal(found->event.restore_log.last, 900);
    assert_int_equal(found->event.restore_log.sealed, 600);
    assert_int_equal(found->event.restore_log.signature_size, 70);
    assert_int_equal(found->tail_first, 601);
    assert_int_equal(found->tail_last, 900);
}

/* A page of a tree's inside names its first child in the first cell, whose place is at byte 12. */
static off_t second_leaf(const struct scene *s, off_t root)
{
    uint8_t page[4096];
    int fd = open(s->world.path, O_RDONLY);
    assert_int_equal(pread(fd, page, sizeof page, root), sizeof page);
    close(fd);
    assert_int_equal(page[0], 5);
    assert_true(page[3] * 256 + page[4] >= 3); /* so there are four leaves */
    const uint8_t *cell = page + page[14] * 256 + page[15];
    return (off_t)((cell[0] << 24 | cell[1] << 16 | cell[2] << 8 | cell[3]) - 1) * 4096;
}

static void seals_on_both_sides_of_a_damaged_page_are_kept(void **state)
{
    struct scene *s = *state;
    static const char zeroes[4096];
    struct store_world_log log = sealed_often(s, 300 * 120);
    off_t root = (off_t)count(s, "SELECT rootpage FROM sqlite_schema WHERE name = 'seal'") - 1;
    overwrite(s, second_leaf(s, root * 4096), zeroes, sizeof zeroes);
    store_world_open(&s->world);
    assert_int_not_equal(strlen(s->world.message), 0);
    assert_int_equal(store_world_find(&s->world, &log)->event.restore_log.sealed, log.last);
    int64_t kept = count(s, "SELECT count(*) FROM seal WHERE id >> 40 = 4");
    assert_true(kept >= 80 && kept < 100); /* a leaf has about thirty */
    assert_int_equal(count(s, "SELECT min(id) & 65535 FROM seal WHERE id >> 40 = 4"), 300);
    store_world_expect(&s->world, &log, 1, log.last);
}

/* A leaf page of a tree says how many rows it has at byte 3. */
static void a_row_that_vanished_is_missed(void **state)
{
    struct scene *s = *state;
    sqlite3 *db;
    sqlite3_stmt *row;
    store_world_close(&s->world);
    assert_int_equal(sqlite3_open(s->world.path, &db), SQLITE_OK);
    const char *sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'log'";
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    off_t page = (off_t)(sqlite3_column_int(row, 0) - 1) * 4096;
    sqlite3_finalize(row);
    sqlite3_close(db);
    overwrite(s, page + 3, "\0\2", 2);
    store_world_open(&s->world);
    assert_int_not_equal(strlen(s->world.message), 0);
    assert_int_equal(s->world.log_count, LOGS - 1);
}

static void a_salvage_cut_short_is_finished_or_begun_again(void **state)
{
    struct scene *s = *state;
    char fresh[128];
    store_world_close(&s->world);
    name_of(s, ".new", fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT, 0600); /* cut short before the files changed places */
    assert_int_equal(write(fd, "half", 4), 4);
    close(fd);
    assert_int_equal(store_salvage_finish(s->world.path), ERR_OK);
    assert_int_not_equal(access(fresh, F_OK), 0);
    assert_int_equal(rename(s->world.path, fresh), 0); /* and between the two moves */
    store_world_open(&s->world);
    assert_int_equal(expect_nothing_false(s), LOGS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(damage_to_a_closed_store_is_found_or_harmless),
        TEST(damage_to_a_store_that_was_killed_is_found_or_harmless),
        TEST(a_page_of_another_log_is_not_taken_for_ones_own),
        TEST(a_lost_first_page_loses_nothing),
        TEST(a_file_of_somebody_elses_is_moved_away_untouched),
        TEST(a_log_ends_before_its_first_damaged_row),
        TEST(a_lowered_seal_carries_the_chain_hash_of_its_end),
        TEST(a_damaged_proof_is_found_and_the_others_are_kept),
        TEST(every_whole_seal_of_records_that_are_left_is_kept),
        TEST(a_damaged_newest_seal_leaves_the_one_before_it),
        TEST(seals_on_both_sides_of_a_damaged_page_are_kept),
        TEST(a_row_damaged_while_running_is_not_served_and_mended_at_the_next_start),
        TEST(a_row_that_vanished_is_missed),
        TEST(a_salvage_cut_short_is_finished_or_begun_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
