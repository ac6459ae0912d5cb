#include "failing.h"

#include "failing_keys.h"
#include "faults.h"
#include "place.h"
#include "store_world.h"

#include <stdio.h>
#include <stdlib.h>

/* The store's life. */

enum { STEPS = 4 };

struct life {
    struct store_world world;
    struct store_world_log log, safe; /* as it was when all was last reported stored */
    uint64_t sealed, epoch;
    enum faults_way way;
};

/* A file that was only half made may be put aside, while it has never held anything. And SQLite
 * calls a page that the disk does not give back damage: then nothing may be lost by the salvage. */
static void expect_no_damage(const struct life *l)
{
    const struct store_world *w = &l->world;
    bool damaged = strstr(w->message, "damaged") || strstr(w->failure, "damaged");
    bool may = l->epoch == 0 || l->way == FAULTS_EIO;
    if (damaged && !may)
        fprintf(stderr, "%s\n%s\n", w->message, w->failure);
    check(!damaged || may);
    check(!w->message[0] || !w->store || strstr(w->message, " 0 logs have lost some"));
}

static void open_in_the_end(struct life *l)
{
    struct store_world *w = &l->world;
    enum err err = store_world_try_open(w);
    expect_no_damage(l);
    if (err == ERR_OK)
        return;
    check(w->message[0] && !w->store);
    faults_end();
    err = store_world_try_open(w);
    expect_no_damage(l);
    check(err == ERR_OK);
}

static void take_epoch(struct life *l)
{
    uint64_t epoch;
    if (store_epoch(l->world.store, 0, 5, &epoch) != ERR_OK) {
        faults_end();
        enum err err = store_epoch(l->world.store, 0, 5, &epoch);
        check(err == ERR_OK);
    }
    check(epoch > l->epoch);
    l->epoch = epoch;
}

/* As the core does: what was not reported is forgotten, and tried again. */
static void recover(struct life *l)
{
    struct store_world *w = &l->world;
    check(strstr(w->failure, w->path));
    expect_no_damage(l);
    faults_end();
    l->log = l->safe;
    unsigned readies = w->readies;
    store_world_retry(w);
    store_world_wait(w);
    check(w->readies == readies + 1);
    w->ticket = w->stored;
    store_world_expect(w, &l->safe, 1, l->safe.last);
}

static void live(struct life *l)
{
    struct store_world *w = &l->world;
    for (int step = 0; step < STEPS; step++) {
        unsigned failures = w->failures;
        store_world_put(w, &l->log, 1 + (size_t)step * 40);
        if (step % 2)
            store_world_seal(w, &l->log);
        store_world_topic(w, &l->log, "sensor1/temperature", l->log.last);
        store_world_wait(w);
        if (w->failures > failures) {
            recover(l);
            continue;
        }
        l->safe = l->log;
        if (step % 2)
            l->sealed = l->log.last;
        check(store_world_read(w, &l->log, 1) <= l->log.last);
    }
}

static void expect_all(struct life *l)
{
    struct store_world *w = &l->world;
    store_world_open(w);
    expect_no_damage(l);
    const struct store_world_restored *found = store_world_find(w, &l->safe);
    check(l->safe.last == 0 || found);
    check(!found || found->event.restore_log.last == l->safe.last);
    check(!found || found->event.restore_log.sealed == l->sealed);
    store_world_expect(w, &l->safe, 1, l->safe.last);
    take_epoch(l);
    store_world_close(w);
}

static uint64_t store_life(enum faults_way way, uint64_t from, bool for_ever)
{
    struct life *l = calloc(1, sizeof *l);
    check(l);
    store_world_init(&l->world, STORE_WORLD_MEMORY);
    l->log = l->safe = store_world_log("sensor1", 7);
    l->way = way;
    faults_install();
    faults_begin(way, from, for_ever);
    open_in_the_end(l);
    take_epoch(l);
    live(l);
    store_world_close(&l->world);
    open_in_the_end(l);
    take_epoch(l);
    store_world_close(&l->world);
    uint64_t count = faults_end();
    expect_all(l);
    faults_remove();
    store_world_fini(&l->world);
    free(l);
    return count;
}

/* All lives. */

static const struct {
    const char *name;
    failing_life_fn *live;
} lives[] = {
    {"store", store_life},
    {"first start", failing_keys_first},
    {"second device", failing_keys_second},
    {"start again", failing_keys_again},
    {"other role", failing_keys_role},
};

static const char *const ways[FAULTS_WAY_COUNT] = {"EIO",    "ENOSPC", "EROFS",
                                                   "EMFILE", "short",  "memory"};

static bool fail_each(size_t life, uint64_t stride, uint64_t *failed)
{
    bool enough = true;
    printf("%-14s", lives[life].name);
    for (int way = 0; way < FAULTS_WAY_COUNT; way++) {
        uint64_t count = lives[life].live((enum faults_way)way, 0, false), hit = 0;
        for (uint64_t n = 1; n <= count; n += stride)
            for (int for_ever = 0; for_ever < 2; for_ever++) {
                place_say("%s: call %llu%s fails with %s", lives[life].name, (unsigned long long)n,
                          for_ever ? " and all behind it" : "", ways[way]);
                lives[life].live((enum faults_way)way, n, for_ever);
                hit += faults_hit_any();
            }
        printf("%8llu", (unsigned long long)hit);
        enough = enough && (count == 0 || hit > 0);
        *failed += hit;
    }
    printf("\n");
    return enough;
}

bool failing_run(uint64_t stride)
{
    uint64_t failed = 0;
    bool enough = true;
    printf("%-14s", "");
    for (int way = 0; way < FAULTS_WAY_COUNT; way++)
        printf("%8s", ways[way]);
    printf("\n");
    failing_keys_begin();
    for (size_t life = 0; life < COUNT_OF(lives); life++)
        enough = fail_each(life, stride, &failed) && enough;
    failing_keys_end();
    printf("%llu failing calls: nothing was reported that did not hold, nothing taken for damage\n",
           (unsigned long long)failed);
    return enough && failed > 100;
}
