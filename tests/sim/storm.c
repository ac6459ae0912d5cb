#include "storm.h"

#include "crowd.h"
#include "verdict.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LOSS_PERMILLE = 10,
    READING_MS = 40000,
    KILLS_MS = 4000,        /* here the killing begins, */
    KILLED_SHARE = 40,      /* ... of one peer in so many */
    PART_MS = 5000,         /* the network parts, */
    HEAL_MS = 9000,         /* ... and is one again, and in order */
    SYNC_BOUND_MS = 40000,  /* from the heal to the last seal of what was written before */
    STATE_BOUND_MS = 20000, /* from the last reading to one state */
    SAMPLE_MS = 250,
};

/* Less than this proves nothing; of so many for each peer, in thousandths. */
static const struct {
    enum tally_kind kind;
    uint64_t permille;
} least[] = {
    {TALLY_STARTS, 1010},  {TALLY_KILLS, 10},      {TALLY_DATAGRAMS_LOST, 10000},
    {TALLY_DIALS, 2000},   {TALLY_SESSIONS, 2000}, {TALLY_RECORDS, 150},
    {TALLY_COMMITS, 2000}, {TALLY_ACKS, 2000},     {TALLY_SEALS, 2000},
    {TALLY_CARRIED, 4000}, {TALLY_FETCHES, 4000},
};

static struct world *world_of(const struct storm_options *options, uint64_t seed)
{
    struct rng r;
    rng_init(&r, seed ^ 0x570f3);
    struct host_options *hosts = crowd_hosts(options->peers, READING_MS, &r);
    struct world *w = world_new(&(struct world_options){
        .seed = seed,
        .hosts = hosts,
        .host_count = options->peers,
        .net = {.delay_min_us = 100, .delay_max_us = 5000, .piece_max = 65536},
        .disk_min_us = 1000,
        .disk_max_us = 30000,
    });
    free(hosts);
    w->net.now.loss_permille = LOSS_PERMILLE;
    return w;
}

/* Some die one by one, and start again some seconds later. */
static void kill_some(struct world *w)
{
    for (size_t i = 0; i < w->host_count / KILLED_SHARE; i++) {
        struct host *h = &w->hosts[rng_below(&w->rng, w->host_count)];
        host_kill(w, h);
        world_push(w, world_between(w, 100, 3000) * WORLD_MS,
                   (struct moment){.kind = MOMENT_START, .host = h->index});
        world_run_for(w, world_between(w, 1, 20) * WORLD_MS);
    }
}

/* In two, of which one is up to the half. */
static void part(struct world *w)
{
    uint64_t share = world_between(w, 100, 500);
    bool *there = calloc(w->host_count, sizeof *there);
    check(there);
    for (size_t i = 0; i < w->host_count; i++)
        there[i] = world_chance(w, (uint32_t)share);
    for (uint32_t a = 0; a < w->host_count; a++)
        for (uint32_t b = 0; b < w->host_count; b++)
            if (there[a] != there[b])
                net_cut(w, a, b);
    w->tally[TALLY_CUTS]++;
    free(there);
}

static void heal(struct world *w)
{
    net_mend_all(w);
    verdict_heal(w);
    while (!w->judge.synced && !world_failed(w) &&
           w->now_us - w->judge.healed_us < SYNC_BOUND_MS * WORLD_MS) {
        world_run_for(w, SAMPLE_MS * WORLD_MS);
        verdict_sample(w);
    }
    if (!world_failed(w))
        verdict_synced(w);
}

/* Returns when all hold one state; 0: they do not. */
static uint64_t rest(struct world *w)
{
    struct chain_hash hash;
    uint64_t from_us = w->now_us;
    for (size_t i = 0; i < w->host_count; i++)
        w->hosts[i].source_stopped = true;
    while (!world_failed(w) && w->now_us - from_us < STATE_BOUND_MS * WORLD_MS) {
        world_run_for(w, 4 * SAMPLE_MS * WORLD_MS);
        if (!verdict_one_state(w, &hash))
            continue;
        uint64_t took_us = w->now_us - from_us;
        verdict_logs(w);
        return took_us;
    }
    world_fail(w, "there is no one state %d ms after the last reading", STATE_BOUND_MS);
    return 0;
}

static uint64_t count_all(const struct world *w, enum node_counter counter)
{
    uint64_t count = 0;
    for (const struct host *h = w->hosts; h < w->hosts + w->host_count; h++)
        count += h->counters[counter] + (h->node ? node_count(h->node, counter) : 0);
    return count;
}

static void check_done(struct world *w)
{
    w->tally[TALLY_CARRIED] = count_all(w, NODE_RECORDS_CARRIED);
    w->tally[TALLY_SEALS] = count_all(w, NODE_SEALS_VERIFIED);
    for (size_t i = 0; i < COUNT_OF(least); i++)
        if (w->tally[least[i].kind] < w->host_count * least[i].permille / 1000)
            world_fail(w, "%llu %s prove nothing", (unsigned long long)w->tally[least[i].kind],
                       tally_text(least[i].kind));
    if (w->tally[TALLY_CUTS] == 0)
        world_fail(w, "nothing parted");
}

static void print(const struct world *w, uint64_t seed, uint64_t state_us)
{
    printf("storm of %zu peers, seed %llu: trace %016llx", w->host_count, (unsigned long long)seed,
           (unsigned long long)w->trace.hash);
    for (size_t i = 0; i < COUNT_OF(least); i++)
        printf(", %llu %s", (unsigned long long)w->tally[least[i].kind], tally_text(least[i].kind));
    printf(
        "; at most %u dials a second by one; the last seal %.1f s after the heal, one state %.1f "
        "s after the last reading%s%s\n",
        w->judge.dials_most, (double)(w->judge.synced_us - w->judge.healed_us) / 1e6,
        (double)state_us / 1e6, world_failed(w) ? ": FAILED " : "", w->failure);
    fflush(stdout);
}

/* Returns the hash of its trace. */
static uint64_t play(const struct storm_options *options, uint64_t seed, bool *good)
{
    struct world *w = world_of(options, seed);
    world_run_until(w, KILLS_MS * WORLD_MS);
    kill_some(w);
    world_run_until(w, PART_MS * WORLD_MS);
    part(w);
    world_run_until(w, HEAL_MS * WORLD_MS);
    heal(w);
    uint64_t state_us = rest(w);
    check_done(w);
    print(w, seed, state_us);
    *good = *good && !world_failed(w);
    uint64_t hash = w->trace.hash;
    world_free(w);
    return hash;
}

bool storm_run(const struct storm_options *options)
{
    bool good = true;
    for (uint64_t seed = options->from; seed < options->from + options->count; seed++) {
        uint64_t first = play(options, seed, &good);
        for (uint64_t run = 1; run < options->runs; run++) {
            if (play(options, seed, &good) == first)
                continue;
            printf("seed %llu gives two traces\n", (unsigned long long)seed);
            good = false;
        }
    }
    return good;
}
