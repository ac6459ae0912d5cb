#include "crash.h"

#include "base/rng.h"
#include "place.h"
#include "script.h"

#include <stdio.h>
#include <stdlib.h>

enum { OPERATIONS_MIN = 150, TWICE_OF = 3 };

struct crash {
    struct script script;
    struct disk *tape; /* the life that was lived once */
    struct script_promise promises[SCRIPT_PROMISES];
    const struct script_promise *before; /* any mark */
    struct script_promise spoilt;
    uint64_t cuts, twice;
};

/* The recovery was recorded: its power goes too. */
static void cut_again(struct crash *c, uint64_t seed)
{
    struct script *s = &c->script;
    struct rng rng;
    rng_init(&rng, seed);
    size_t n = (size_t)rng_below(&rng, disk_count(s->disk) + 1);
    size_t mark = disk_play(s->disk, n);
    struct script_promise promise = s->promises[mark == SIZE_MAX ? 0 : mark];
    place_say("... and again after operation %zu of the recovery", n);
    disk_crash(s->disk, (enum disk_damage)(rng_below(&rng, DISK_DAMAGE_COUNT)), seed);
    script_recover(s, &promise);
    c->twice++;
}

static void cut(struct crash *c, size_t n, uint64_t seed)
{
    size_t mark = disk_play(c->tape, n);
    const struct script_promise *promise = mark != SIZE_MAX ? &c->promises[mark] : c->before;
    uint64_t mixed = seed * 1000003 + n;
    char what[128];
    disk_describe(c->tape, n, what, sizeof what);
    place_say("power cut after operation %zu (%s), seed %llu", n, what, (unsigned long long)seed);
    disk_crash(c->tape, (enum disk_damage)(seed % DISK_DAMAGE_COUNT), mixed);
    script_recover(&c->script, promise);
    c->cuts++;
    if (mixed % TWICE_OF == 0 && disk_count(c->script.disk) > 0)
        cut_again(c, mixed);
}

/* What script recorded becomes the tape, and is cut everywhere. Returns how many operations. */
static size_t cut_everywhere(struct crash *c, uint64_t seeds)
{
    c->tape = c->script.disk;
    c->script.disk = disk_new(c->script.world.folder.path);
    memcpy(c->promises, c->script.promises, sizeof c->promises);
    size_t count = disk_count(c->tape);
    for (size_t n = 0; n <= count; n++)
        for (uint64_t seed = 0; seed < seeds; seed++)
            cut(c, n, seed + n * (seeds < DISK_DAMAGE_COUNT));
    return count;
}

/* The same for a start that salvages: from the whole life's end. */
static size_t cut_salvage(struct crash *c, uint64_t seeds)
{
    disk_play(c->tape, disk_count(c->tape));
    disk_crash(c->tape, DISK_KEPT, 0);
    struct script *s = &c->script;
    size_t last = disk_play(c->tape, disk_count(c->tape));
    s->promises[0] = c->promises[last];
    s->promise_count = 1;
    disk_free(c->tape);
    script_salvage(s);
    c->spoilt = s->promises[1];
    c->before = &c->spoilt;
    return cut_everywhere(c, seeds);
}

bool crash_run(uint64_t seeds)
{
    static const struct script_promise none;
    struct crash *c = calloc(1, sizeof *c);
    check(c);
    c->before = &none;
    script_init(&c->script);
    script_live(&c->script);
    size_t count = cut_everywhere(c, seeds);
    size_t salvage = cut_salvage(c, seeds);
    printf("power cut after each of %zu operations of a life and %zu of a salvage, %llu seeds: "
           "%llu cuts, %llu of them twice, nothing promised was lost\n",
           count, salvage, (unsigned long long)seeds, (unsigned long long)c->cuts,
           (unsigned long long)c->twice);
    bool enough = count >= OPERATIONS_MIN && salvage > 20 && seeds > 0 && c->twice > 0;
    disk_free(c->tape);
    script_fini(&c->script);
    free(c);
    return enough;
}
