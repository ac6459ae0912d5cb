#include "damage.h"

#include "place.h"
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 4096 };

enum kind {
    FLIP,
    ZERO_PAGE,
    GARBAGE,
    TRUNCATE,
    DOUBLE_PAGE, /* one page lies where another was, too */
    OTHER_WAL,   /* the write-ahead log of another moment */
    STALE_FILE,  /* one file is an old copy */
    STALE_STORE, /* all of them are */
    KIND_COUNT
};

static const char *const kind_names[KIND_COUNT] = {
    "bit flipped",  "page zeroed", "garbage",      "truncated",
    "page doubled", "other WAL",   "one old file", "all old",
};

enum meeting {
    TOLD,    /* at the start: salvaged, what was lost is said */
    REFUSED, /* at the start: of a later version, it seems */
    AT_READ, /* a read of what is damaged fails */
    BACK,    /* a log ends earlier, behind its seal: what is gone comes again from peers */
    HARMLESS,
    MEETING_COUNT
};

static const char *const meeting_names[MEETING_COUNT] = {"told", "refused", "at a read", "back",
                                                         "harmless"};

struct damaging {
    struct scene *scene;
    struct rng rng;
    uint64_t met[KIND_COUNT][MEETING_COUNT];
};

static void spoil_bytes(struct damaging *d, enum kind kind, enum scene_file file)
{
    struct scene_files *now = &d->scene->now;
    char *bytes = now->bytes[file];
    size_t size = now->sizes[file], at = (size_t)rng_below(&d->rng, size);
    size_t page = at / PAGE * PAGE, other = (size_t)rng_below(&d->rng, size / PAGE + 1) * PAGE;
    size_t rest = size - page < PAGE ? size - page : PAGE;
    if (kind == FLIP)
        bytes[at] = (char)(bytes[at] ^ (1 << rng_below(&d->rng, 8)));
    if (kind == ZERO_PAGE)
        memset(bytes + page, 0, rest);
    for (size_t i = at; kind == GARBAGE && i < at + 16 && i < size; i++)
        bytes[i] = (char)rng_next(&d->rng);
    if (kind == TRUNCATE)
        now->sizes[file] = at;
    if (kind == DOUBLE_PAGE && other + rest <= size)
        memmove(bytes + page, bytes + other, rest);
}

static void old_file(struct damaging *d, enum scene_file file, enum scene_moment moment)
{
    struct scene_files *now = &d->scene->now;
    const struct scene_files *old = &d->scene->moments[moment];
    now->sizes[file] = old->sizes[file];
    memcpy(now->bytes[file], old->bytes[file], old->sizes[file]);
}

static enum scene_file some_file(struct damaging *d)
{
    static const enum scene_file likely[] = {SCENE_DATABASE, SCENE_DATABASE, SCENE_DATABASE,
                                             SCENE_WAL,      SCENE_WAL,      SCENE_EPOCH};
    enum scene_file file = likely[rng_below(&d->rng, COUNT_OF(likely))];
    return d->scene->now.sizes[file] > 0 ? file : SCENE_DATABASE;
}

static void spoil(struct damaging *d, enum kind kind, enum scene_moment moment)
{
    struct scene *s = d->scene;
    enum scene_moment other = (enum scene_moment)rng_below(&d->rng, moment > 0 ? moment : 1);
    scene_take(s, moment);
    if (kind == OTHER_WAL) {
        other = moment == SCENE_MIDDLE ? SCENE_LATE : SCENE_MIDDLE;
        old_file(d, SCENE_WAL, other);
    } else if (kind == STALE_FILE) {
        old_file(d, some_file(d), other);
    } else if (kind == STALE_STORE) {
        for (int file = 0; file < SCENE_FILES; file++)
            old_file(d, (enum scene_file)file, other);
        s->now.epoch = s->moments[other].epoch;
    } else {
        spoil_bytes(d, kind, some_file(d));
    }
}

/* Every record that is read is compared where it is read (store_world.c). */
static void expect_log_true(struct scene *s, int i, const struct event *e)
{
    uint64_t sealed = e->restore_log.sealed, last = e->restore_log.last;
    check(last <= SCENE_LAST && sealed <= last);
    uint64_t first = e->restore_log.first;
    check(e->restore_log.role == s->logs[i].role && !e->restore_log.closed);
    check(scene_is_first(i, first));
    check(memcmp(&e->restore_log.base, &s->heads[i][first - 1], sizeof(struct chain_hash)) == 0);
    if (e->restore_log.signature_size > 0) {
        check(scene_is_sealed(sealed));
        check(e->restore_log.signature[0] == (sealed & 0xff));
    }
    if (sealed > 0)
        check(memcmp(&e->restore_log.sealed_hash, &s->heads[i][sealed],
                     sizeof(struct chain_hash)) == 0);
}

/* Reads everything; returns how well it was met where nothing was said. */
static enum meeting read_all(struct scene *s)
{
    struct store_world *w = &s->world;
    enum meeting meeting = HARMLESS;
    bool shorter = false;
    for (int i = 0; i < SCENE_LOGS; i++) {
        const struct store_world_restored *found = store_world_find(w, &s->logs[i]);
        check(found || w->message[0]);
        if (!found)
            continue;
        expect_log_true(s, i, &found->event);
        uint64_t last = found->event.restore_log.last, first = found->event.restore_log.first;
        uint64_t read = store_world_read(w, &s->logs[i], first);
        check(read <= last);
        shorter = shorter || last < s->now.last;
        if (read < last)
            meeting = AT_READ;
    }
    for (size_t i = 0; i < w->topic_count; i++)
        check(w->topic_seqs[i] <= SCENE_LAST && w->topic_seqs[i] % 10 == 0);
    if (w->message[0])
        return TOLD;
    return meeting == HARMLESS && shorter ? BACK : meeting;
}

static void expect_new_epoch(struct scene *s)
{
    uint64_t epoch;
    enum err err = store_epoch(s->world.store, 0, 5, &epoch);
    check(err == ERR_OK);
    check(epoch > s->now.epoch);
}

/* Damage that only writing meets is told. */
static void write_on(struct scene *s)
{
    struct store_world *w = &s->world;
    w->failures = 0;
    for (int i = 0; i < SCENE_LOGS && w->failures == 0; i++) {
        struct store_world_log log = s->logs[i];
        const struct store_world_restored *found = store_world_find(w, &log);
        log.last = found ? found->event.restore_log.last : 0;
        uint64_t first = log.last + 1;
        store_world_put(w, &log, 5);
        store_world_wait(w);
        if (w->failures == 0)
            check(store_world_read(w, &log, first) <= first + 4);
    }
    check(w->failures == 0 || w->failure[0]);
}

/* What was not met before may be met now, and is mended then. */
static void look_again(struct scene *s)
{
    struct store_world *w = &s->world;
    store_world_close(w);
    store_world_open(w);
    if (w->message[0]) {
        store_world_close(w);
        store_world_open(w);
        check(w->message[0] == '\0');
    }
    for (int i = 0; i < SCENE_LOGS; i++) {
        const struct store_world_restored *found = store_world_find(w, &s->logs[i]);
        if (found)
            check(store_world_read(w, &s->logs[i], found->event.restore_log.first) <=
                  found->event.restore_log.last);
    }
    store_world_close(w);
}

static enum meeting survive(struct scene *s)
{
    struct store_world *w = &s->world;
    scene_put(s);
    enum err err = store_world_try_open(w);
    if (err != ERR_OK) {
        check(err == ERR_RANGE && w->message[0]);
        return REFUSED;
    }
    err = store_world_restore(w);
    check(err == ERR_OK);
    enum meeting meeting = read_all(s);
    expect_new_epoch(s);
    write_on(s);
    look_again(s);
    return meeting;
}

static bool report(const struct damaging *d, uint64_t count)
{
    uint64_t sums[MEETING_COUNT] = {0};
    printf("%-14s", "");
    for (int m = 0; m < MEETING_COUNT; m++)
        printf("%10s", meeting_names[m]);
    for (int k = 0; k < KIND_COUNT; k++) {
        printf("\n%-14s", kind_names[k]);
        for (int m = 0; m < MEETING_COUNT; m++) {
            printf("%10llu", (unsigned long long)d->met[k][m]);
            sums[m] += d->met[k][m];
        }
    }
    printf("\n%llu damages: nothing false was read, no epoch came twice\n",
           (unsigned long long)count);
    return sums[TOLD] > 0 && sums[AT_READ] > 0 && sums[BACK] > 0 && sums[HARMLESS] > 0;
}

bool damage_run(uint64_t count, uint64_t seed)
{
    struct damaging *d = calloc(1, sizeof *d);
    check(d);
    d->scene = scene_new();
    for (uint64_t n = 0; n < count; n++) {
        enum kind kind = (enum kind)(n % KIND_COUNT);
        enum scene_moment moment = (enum scene_moment)(n / KIND_COUNT % SCENE_MOMENT_COUNT);
        rng_init(&d->rng, seed + n);
        place_say("damage %llu of seed %llu: %s", (unsigned long long)n, (unsigned long long)seed,
                  kind_names[kind]);
        spoil(d, kind, moment);
        d->met[kind][survive(d->scene)]++;
    }
    bool enough = report(d, count);
    scene_free(d->scene);
    free(d);
    return enough;
}
