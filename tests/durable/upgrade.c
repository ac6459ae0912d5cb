#define _GNU_SOURCE
#include "upgrade.h"

#include "base/rng.h"
#include "disk.h"
#include "faults.h"
#include "past.h"
#include "place.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TWICE_OF = 3, OPERATIONS_MIN = 5 };

struct upgrade {
    struct past past;
    struct store_world world;
    struct disk *tape, *again; /* the conversion, and the next start's */
    int64_t newest;            /* the schema of a store made now */
    uint64_t cuts, twice, failed;
};

/* Everything is there, in today's schema, and it goes on. */
static void expect_all(struct upgrade *u)
{
    struct store_world *w = &u->world;
    enum err err = store_world_try_open(w);
    if (err != ERR_OK || w->message[0])
        fprintf(stderr, "%s\n", w->message);
    check(err == ERR_OK && w->message[0] == '\0');
    char *found = past_read(w);
    past_expect_same(u->past.content, found);
    free(found);
    struct store_world_log log = store_world_log("sensor9", 9);
    store_world_put(w, &log, 300);
    store_world_seal(w, &log);
    store_world_wait(w);
    check(w->failures == 0);
    store_world_expect(w, &log, 1, 300);
    store_world_close(w);
    check(past_version(w->path) == u->newest);
}

static int64_t newest_version(struct store_world *w)
{
    store_world_open(w);
    store_world_close(w);
    return past_version(w->path);
}

/* Another start, whose power goes as well. */
static void cut_again(struct upgrade *u, uint64_t seed)
{
    struct store_world *w = &u->world;
    struct rng rng;
    rng_init(&rng, seed);
    disk_record(u->again);
    enum err err = store_world_try_open(w);
    check(err == ERR_OK && w->message[0] == '\0');
    store_world_close(w);
    disk_record_end(u->again);
    size_t n = (size_t)rng_below(&rng, disk_count(u->again) + 1);
    disk_play(u->again, n);
    place_say("%s: ... and again after operation %zu of the next start", u->past.name, n);
    disk_crash(u->again, (enum disk_damage)rng_below(&rng, DISK_DAMAGE_COUNT), seed);
    u->twice++;
}

static void cut(struct upgrade *u, size_t n, uint64_t seed)
{
    char what[128];
    uint64_t mixed = seed * 1000003 + n;
    disk_play(u->tape, n);
    disk_describe(u->tape, n, what, sizeof what);
    place_say("%s: power cut after operation %zu (%s), seed %llu", u->past.name, n, what,
              (unsigned long long)seed);
    disk_crash(u->tape, (enum disk_damage)(seed % DISK_DAMAGE_COUNT), mixed);
    u->cuts++;
    if (mixed % TWICE_OF == 0)
        cut_again(u, mixed);
    expect_all(u);
}

static bool cut_everywhere(struct upgrade *u, uint64_t seeds)
{
    struct store_world *w = &u->world;
    past_put(&u->past, w);
    disk_record(u->tape);
    enum err err = store_world_try_open(w);
    check(err == ERR_OK);
    store_world_close(w);
    disk_record_end(u->tape);
    size_t count = disk_count(u->tape);
    for (size_t n = 0; n <= count; n++)
        for (uint64_t seed = 0; seed < seeds; seed++)
            cut(u, n, seed + n * (seeds < DISK_DAMAGE_COUNT));
    return count >= OPERATIONS_MIN || u->past.version == u->newest;
}

/* SQLite calls a page that the disk does not give back damage: then nothing of it may be lost.
 * Returns how many calls could have failed. */
static uint64_t fail(struct upgrade *u, enum faults_way way, uint64_t from, bool for_ever)
{
    struct store_world *w = &u->world;
    past_put(&u->past, w);
    faults_install();
    faults_begin(way, from, for_ever);
    enum err err = store_world_try_open(w);
    check(err == ERR_OK || w->message[0]);
    check(err != ERR_OK || !w->message[0] || strstr(w->message, " 0 logs have lost some"));
    store_world_close(w);
    uint64_t count = faults_end();
    u->failed += faults_hit_any();
    faults_remove();
    return count;
}

static void fail_everywhere(struct upgrade *u, uint64_t stride)
{
    for (int way = 0; way < FAULTS_WAY_COUNT; way++) {
        uint64_t count = fail(u, (enum faults_way)way, 0, false);
        for (uint64_t n = 1; n <= count; n += stride)
            for (int for_ever = 0; for_ever < 2; for_ever++) {
                place_say("%s: call %llu%s fails, way %d", u->past.name, (unsigned long long)n,
                          for_ever ? " and all behind it" : "", way);
                fail(u, (enum faults_way)way, n, for_ever);
                expect_all(u);
            }
    }
}

/* Not a byte changes, and nothing is put beside it but the lock. */
static void refuse_later(struct upgrade *u)
{
    struct store_world *w = &u->world;
    char sql[96], path[128];
    place_say("%s: as if it were of a later schema", u->past.name);
    past_put(&u->past, w);
    sqlite3 *db;
    check(sqlite3_open(w->path, &db) == SQLITE_OK);
    snprintf(sql, sizeof sql, "CREATE TABLE later(x); PRAGMA user_version = %lld",
             (long long)u->newest + 1);
    check(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    struct past before = {0}, after = {0};
    past_take(&before, w);
    enum err err = store_world_try_open(w);
    check(err == ERR_RANGE && strstr(w->message, "later version") && strstr(w->message, w->path));
    past_take(&after, w);
    check(before.size == after.size && memcmp(before.bytes, after.bytes, after.size) == 0);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", w->path, (const char *[]){"-wal", "-shm", ".epoch"}[i]);
        check(access(path, F_OK) != 0);
    }
    past_unload(&before);
    past_unload(&after);
}

static bool upgrade(struct upgrade *u, size_t which, uint64_t seeds, uint64_t stride)
{
    past_load(&u->past, which);
    u->tape = disk_new(u->world.folder.path);
    u->again = disk_new(u->world.folder.path);
    place_say("%s: opened", u->past.name);
    past_put(&u->past, &u->world);
    expect_all(u);
    bool enough = cut_everywhere(u, seeds);
    fail_everywhere(u, stride);
    refuse_later(u);
    disk_free(u->tape);
    disk_free(u->again);
    past_unload(&u->past);
    return enough;
}

bool upgrade_run(uint64_t seeds, uint64_t stride)
{
    struct upgrade *u = calloc(1, sizeof *u);
    check(u);
    store_world_init(&u->world, STORE_WORLD_MEMORY);
    u->newest = newest_version(&u->world);
    bool enough = true;
    int64_t last = 0;
    for (size_t i = 0; i < past_count(); i++) {
        enough = upgrade(u, i, seeds, stride) && enough;
        last = u->past.version;
    }
    check(last + 1 >= u->newest); /* else a schema has no store of its own here: tests/net/past.py
                                   */
    printf(
        "%zu stores of earlier schemas: %llu power cuts in their conversion, %llu of them twice, "
        "%llu failing calls: nothing was lost\n",
        past_count(), (unsigned long long)u->cuts, (unsigned long long)u->twice,
        (unsigned long long)u->failed);
    enough = enough && u->cuts > 0 && u->twice > 0 && u->failed > 0;
    store_world_fini(&u->world);
    free(u);
    return enough;
}
