/* A seed chooses everything: who is there, how fast they measure, how slow disks and network are,
 * and then the faults. After the last fault comes the heal, in which sensors go on; then calm, in
 * which nobody may be called lost; then quiet, after which everything must be everywhere. */
#include "seeds.h"

#include "fault.h"
#include "liar.h"
#include "verdict.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HOSTS_MIN = 3,
    HOSTS_MAX = 7,
    SESSION_BOUND_MS = 10000, /* from the last fault to a session for each pair that wants one */
    SYNC_BOUND_MS = 12000,    /* ... to the last seal of what was written before */
    CALM_MS = 3000,
    QUIET_MS = 6000,
    SAMPLE_MS = 50,
    SHOWN_MAX = 20,     /* failures that are told one by one */
    COVERED_COUNT = 50, /* so many seeds exercise everything, or fail */
};

struct figures {
    uint32_t *ms;
    size_t count, capacity;
};

struct totals {
    uint64_t tally[TALLY_KIND_COUNT];
    struct figures sessions, syncs;
    uint64_t failed, virtual_s, peers;
};

static void figures_add(struct figures *f, uint64_t us)
{
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 1024;
        f->ms = realloc(f->ms, f->capacity * sizeof *f->ms);
        check(f->ms);
    }
    f->ms[f->count++] = (uint32_t)(us / WORLD_MS);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void figures_print(struct figures *f, const char *what)
{
    if (f->count == 0)
        return;
    qsort(f->ms, f->count, sizeof *f->ms, by_size);
    printf("%s, ms: p50 %u, p90 %u, p99 %u, most %u (%zu)\n", what, f->ms[f->count / 2],
           f->ms[f->count * 9 / 10], f->ms[f->count * 99 / 100], f->ms[f->count - 1], f->count);
}

static void choose_hosts(struct rng *r, struct host_options hosts[HOSTS_MAX], size_t count)
{
    static const char *const names[] = {"sensor", "actuator", "controller"};
    for (size_t i = 0; i < count; i++) {
        uint64_t role = i < 2 ? i : rng_below(r, 3);
        struct host_options *h = &hosts[i];
        *h = (struct host_options){.role = (enum role)role};
        snprintf(h->device, sizeof h->device, "%s%zu", names[role], i + 1);
        h->start_ms = (uint32_t)rng_below(r, 3000);
        h->drift_ppm = (int32_t)rng_below(r, 100001) - 50000;
        if (role != ROLE_SENSOR)
            continue;
        h->reading_ms = (uint32_t)(100 + rng_below(r, 1900));
        h->batch_max = (uint32_t)(rng_below(r, 4) == 0 ? 1 + rng_below(r, 40) : 1);
        if (rng_below(r, 150) != 0)
            continue;
        h->reading_ms = 20; /* a flood: windows and flights fill, readers lag and are fed from disk
                             */
        h->batch_max = 64;
    }
}

static void choose_liar(struct rng *r, struct host_options *h)
{
    static const char *const names[] = {"sensor9", "actuator9", "controller9"};
    uint64_t role = rng_below(r, 3);
    *h = (struct host_options){.role = (enum role)role, .puppet = true};
    snprintf(h->device, sizeof h->device, "%s", names[role]);
}

/* A third of all worlds forget, some peers sooner than others, and some not at all. */
static void choose_retention(struct rng *r, struct host_options *hosts, size_t count)
{
    bool forgets = rng_below(r, 3) == 0;
    for (size_t i = 0; i < count && forgets; i++) {
        hosts[i].retain_ms = rng_below(r, 4) == 0 ? 0 : 1000 + rng_below(r, 20000);
        hosts[i].retain_bytes = rng_below(r, 4) == 0 ? 20000 + rng_below(r, 100000) : 0;
    }
}

static struct world *world_of(uint64_t seed, trace_line_fn *on_line, void *context)
{
    struct rng r;
    rng_init(&r, seed ^ 0x5eed);
    struct host_options hosts[HOSTS_MAX + 2];
    size_t count = HOSTS_MIN + (size_t)rng_below(&r, HOSTS_MAX - HOSTS_MIN + 1);
    if (count > 5 && rng_below(&r, 2) == 0)
        count -= 2; /* three nodes find most */
    choose_hosts(&r, hosts, count);
    if (rng_below(&r, 8) == 0) {
        hosts[count] = hosts[rng_below(&r, count)];
        hosts[count++].start_ms = UINT32_MAX; /* until it is made a copy */
    }
    if (rng_below(&r, 6) == 0)
        choose_liar(&r, &hosts[count++]);
    struct world_options options = {.seed = seed, .hosts = hosts, .host_count = count};
    options.net.delay_min_us = 50 + (uint32_t)rng_below(&r, 1000);
    options.net.delay_max_us = options.net.delay_min_us + 1 + (uint32_t)rng_below(&r, 20000);
    options.net.loss_permille = (uint32_t)rng_below(&r, 10);
    options.net.piece_max = 1u << (6 + rng_below(&r, 11));
    options.disk_min_us = 100 + (uint32_t)rng_below(&r, 2000);
    options.disk_max_us = options.disk_min_us + 1 + (uint32_t)rng_below(&r, 50000);
    options.on_line = on_line;
    options.context = context;
    choose_retention(&r, hosts, count); /* last: what others drew does not depend on it */
    return world_new(&options);
}

static void heal(struct world *w)
{
    fault_end(w);
    verdict_heal(w);
    uint64_t until = w->now_us + SYNC_BOUND_MS * WORLD_MS;
    while (w->now_us < until && !world_failed(w)) {
        world_run_for(w, SAMPLE_MS * WORLD_MS);
        verdict_sample(w);
    }
    if (!world_failed(w))
        verdict_synced(w);
    w->judge.calm = true;
    world_run_for(w, CALM_MS * WORLD_MS);
    for (size_t i = 0; i < w->host_count; i++)
        w->hosts[i].source_stopped = true;
    do /* a value that becomes stale may still change a state */
        world_run_for(w, QUIET_MS * WORLD_MS);
    while (w->now_us - w->judge.written_us < QUIET_MS * WORLD_MS && !world_failed(w));
    if (!world_failed(w))
        verdict_final(w);
}

static void sum_counters(struct world *w)
{
    static const struct {
        enum node_counter from;
        enum tally_kind to;
    } sums[] = {
        {NODE_SEALS_VERIFIED, TALLY_SEALS},    {NODE_RECORDS_DOUBLE, TALLY_DOUBLES},
        {NODE_RECORDS_DROPPED, TALLY_DROPPED}, {NODE_HELLOS_STALE, TALLY_STALE_HELLOS},
        {NODE_RECORDS_CARRIED, TALLY_CARRIED}, {NODE_FORKS, TALLY_FORKS},
    };
    for (size_t i = 0; i < w->host_count; i++) {
        struct host *h = &w->hosts[i];
        for (size_t k = 0; k < COUNT_OF(sums); k++)
            w->tally[sums[k].to] += h->counters[sums[k].from] +
                                    (h->node ? node_count(h->node, sums[k].from) : 0);
    }
}

static void measure(struct world *w, struct totals *t)
{
    for (int i = 0; i < TALLY_KIND_COUNT; i++)
        t->tally[i] += w->tally[i];
    t->virtual_s += w->now_us / WORLD_S;
    t->peers += w->host_count;
    if (world_failed(w))
        return;
    figures_add(&t->syncs, w->judge.synced_us - w->judge.healed_us);
    for (uint32_t a = 0; a < w->host_count; a++)
        for (uint32_t b = a + 1; b < w->host_count; b++)
            if (judge_wanted(w, a, b))
                figures_add(&t->sessions, verdict_session_us(w, a, b));
}

static void check_bound(struct world *w)
{
    for (uint32_t a = 0; a < w->host_count; a++)
        for (uint32_t b = a + 1; b < w->host_count; b++)
            if (judge_wanted(w, a, b) && verdict_session_us(w, a, b) > SESSION_BOUND_MS * WORLD_MS)
                world_fail(w, "%s and %s had no lasting session %d ms after the heal",
                           w->hosts[a].self.device, w->hosts[b].self.device, SESSION_BOUND_MS);
}

static bool has_twin(const struct world *w)
{
    for (size_t i = 0; i < w->host_count; i++)
        if (w->hosts[i].options.start_ms == UINT32_MAX)
            return true;
    return false;
}

static struct host *any_honest(struct world *w)
{
    struct host *h = &w->hosts[rng_below(&w->rng, w->host_count)];
    return h->options.puppet || h->options.start_ms == UINT32_MAX ? &w->hosts[0] : h;
}

/* Somebody who carries for these two. */
static bool has_bridge(const struct world *w, const struct host *a, const struct host *b)
{
    for (const struct host *h = w->hosts; h < w->hosts + w->host_count; h++)
        if (h != a && h != b && h->self.role != ROLE_SENSOR && !h->options.puppet &&
            h->options.start_ms != UINT32_MAX && !h->stays_away)
            return true;
    return false;
}

/* One that is not there in the end, and two that never hear each other: what they wrote comes by
 * way of others. */
static void choose_absence(struct world *w)
{
    struct host *away = any_honest(w), *a = any_honest(w), *b = any_honest(w);
    if (world_chance(w, 200)) {
        away->stays_away = true;
        w->tally[TALLY_AWAY]++;
    }
    if (!world_chance(w, 300) || a == b || !has_bridge(w, a, b))
        return;
    net_wall(w, a->index, b->index);
    w->tally[TALLY_WALLS]++;
}

/* Returns the hash of its trace. */
static uint64_t play(uint64_t seed, struct totals *t, bool *good, trace_line_fn *on_line,
                     void *context)
{
    struct world *w = world_of(seed, on_line, context);
    choose_absence(w);
    world_run_until(w, world_between(w, 0, 5000) * WORLD_MS);
    if (has_twin(w))
        w->judge.twins = w->judge.rolled_back = true; /* what only one of two wrote stays where it
                                                         was heard */
    fault_begin(w, (uint32_t)world_between(w, 200, 3000));
    person_begin(w, (uint32_t)world_between(w, 200, 2000));
    struct host *last = &w->hosts[w->host_count - 1];
    if (last->options.puppet)
        liar_begin(w, last);
    world_run_for(w, world_between(w, 10000, 40000) * WORLD_MS);
    heal(w);
    if (!world_failed(w))
        check_bound(w);
    sum_counters(w);
    measure(w, t);
    *good = !world_failed(w);
    if (!*good && t->failed < SHOWN_MAX)
        printf("seed %llu fails %s\n", (unsigned long long)seed, w->failure);
    uint64_t hash = w->trace.hash;
    world_free(w);
    return hash;
}

bool seeds_run_one(uint64_t seed, trace_line_fn *on_line, void *context)
{
    struct totals t = {0};
    bool good;
    uint64_t hash = play(seed, &t, &good, on_line, context);
    figures_print(&t.sessions, "time to each session after the heal");
    figures_print(&t.syncs, "time to the last seal after the heal");
    printf("seed %llu: trace %016llx, %s\n", (unsigned long long)seed, (unsigned long long)hash,
           good ? "good" : "FAILED");
    free(t.sessions.ms);
    free(t.syncs.ms);
    return good;
}

static bool print_totals(struct totals *t, uint64_t count)
{
    bool covered = true;
    for (int i = 0; i < TALLY_KIND_COUNT; i++) {
        bool enough = count < COVERED_COUNT || t->tally[i] > count / COVERED_COUNT;
        covered = covered && enough;
        printf("%12llu  %s%s\n", (unsigned long long)t->tally[i], tally_text((enum tally_kind)i),
               enough ? "" : "  -- too few: this run proves nothing about them");
    }
    figures_print(&t->sessions, "time to each session after the heal");
    figures_print(&t->syncs, "time to the last seal after the heal");
    printf("%llu seeds, %llu peers, %llu virtual seconds: %llu failed\n", (unsigned long long)count,
           (unsigned long long)t->peers, (unsigned long long)t->virtual_s,
           (unsigned long long)t->failed);
    return covered;
}

bool seeds_run(const struct seeds_options *options)
{
    struct totals t = {0};
    for (uint64_t i = 0; i < options->count; i++) {
        uint64_t seed = options->from + i, first = 0;
        bool good = true;
        for (unsigned run = 0; run < options->runs && good; run++) {
            struct totals again = {0};
            uint64_t hash = play(seed, run == 0 ? &t : &again, &good, NULL, NULL);
            free(again.sessions.ms);
            free(again.syncs.ms);
            if (run > 0 && hash != first) {
                printf("seed %llu gives two traces\n", (unsigned long long)seed);
                good = false;
            }
            first = hash;
        }
        if (!good)
            t.failed++;
    }
    bool covered = print_totals(&t, options->count);
    free(t.sessions.ms);
    free(t.syncs.ms);
    return covered && t.failed == 0;
}
