#include "heal.h"

#include "verdict.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

/* One world lives through all cuts: it joins; for each, some seconds of readings, the cut, kills in
 * its first half, restarts in its second. At the heal the sensors stop, as in fifty.py, so that
 * there is one state to come to. */

enum {
    JOIN_S = 15,
    PATIENCE_MS = 60000,
    QUIET_MS = 4000, /* behind the heal, before the next cut */
    STEP_MS = 10,
    READING_MS = 2000,
    BOUND_MS = 3000, /* docs/consistency.md promises 5 s, on machines that are busy */
    LONG_EVERY = 8,  /* a cut that is longer than dials are retried */
    LONG_MS = 65000,
};

enum cut_kind { CUT_HALVES, CUT_ONE_WAY, CUT_PIECES, CUT_ISLANDS, CUT_KIND_COUNT };

static const char *const cut_texts[CUT_KIND_COUNT] = {"halves", "one way", "pieces", "islands"};

static const struct rule no_rule;

/* What one took, from its moment on. */
struct heal {
    uint32_t way_ms, all_ms, state_ms;
    uint64_t dials, sessions;
};

static struct host_options *rooms(size_t count, struct rng *r)
{
    static const enum role roles[] = {ROLE_SENSOR, ROLE_ACTUATOR,  ROLE_SENSOR, ROLE_CONTROLLER,
                                      ROLE_SENSOR, ROLE_OBSERVER,  ROLE_SENSOR, ROLE_ACTUATOR,
                                      ROLE_SENSOR, ROLE_CONTROLLER};
    static const char *const names[] = {"sensor", "actuator", "controller", "observer"};
    struct host_options *hosts = calloc(count, sizeof *hosts);
    check(hosts);
    for (size_t i = 0; i < count; i++) {
        enum role role = roles[i % COUNT_OF(roles)];
        hosts[i] = (struct host_options){.role = role,
                                         .start_ms = (uint32_t)rng_below(r, 1000),
                                         .reading_ms = role == ROLE_SENSOR ? READING_MS : 0,
                                         .batch_max = 1,
                                         .rules = &no_rule};
        snprintf(hosts[i].device, sizeof hosts[i].device, "%s%zu", names[role], i + 1);
    }
    return hosts;
}

/* The part of the network that each is in during a cut; who is heard by whom follows from it. */
static void draw_parts(struct world *w, enum cut_kind kind, unsigned *parts)
{
    size_t count = w->host_count;
    size_t apart = kind == CUT_HALVES ? count / 2 : kind == CUT_ONE_WAY ? count / 3 : count / 7;
    memset(parts, 0, count * sizeof *parts);
    for (size_t i = 0; kind == CUT_PIECES && i < count; i++)
        parts[i] = (unsigned)rng_below(&w->rng, 4);
    for (size_t i = 0; kind != CUT_PIECES && i < apart; i++) {
        size_t at = (size_t)rng_below(&w->rng, count);
        while (parts[at] > 0)
            at = (at + 1) % count;
        parts[at] = kind == CUT_ISLANDS ? (unsigned)i + 1 : 1;
    }
}

static bool is_cut(enum cut_kind kind, unsigned from, unsigned to)
{
    return kind == CUT_ONE_WAY ? from == 1 && to == 0 : from != to;
}

static void cut(struct world *w, enum cut_kind kind)
{
    unsigned *parts = calloc(w->host_count, sizeof *parts);
    check(parts);
    draw_parts(w, kind, parts);
    for (uint32_t a = 0; a < w->host_count; a++)
        for (uint32_t b = 0; b < w->host_count; b++)
            if (a != b && is_cut(kind, parts[a], parts[b]))
                net_cut(w, a, b);
    free(parts);
}

static void kill_some(struct world *w)
{
    uint64_t count = world_between(w, 1, (w->host_count + 9) / 10);
    for (uint64_t i = 0; i < count; i++)
        host_kill(w, &w->hosts[rng_below(&w->rng, w->host_count)]);
}

static void revive(struct world *w)
{
    for (size_t i = 0; i < w->host_count; i++)
        host_start(w, &w->hosts[i]);
}

static void sources(struct world *w, bool stopped)
{
    for (size_t i = 0; i < w->host_count; i++) {
        struct host *h = &w->hosts[i];
        h->source_stopped = stopped;
        if (!stopped)
            host_source_begin(w, h);
    }
}

/* All that are no leaves hold one state. */
static bool agree(const struct world *w)
{
    struct chain_hash first, hash;
    const struct host *one = NULL;
    for (const struct host *h = w->hosts; h < w->hosts + w->host_count; h++) {
        if (h->self.role == ROLE_SENSOR)
            continue;
        if (!h->node)
            return false;
        node_state_hash(h->node, one ? &hash : &first);
        if (one && memcmp(&first, &hash, sizeof hash) != 0)
            return false;
        one = h;
    }
    return true;
}

static uint32_t since_ms(uint64_t at_us, uint64_t from_us)
{
    return (uint32_t)((at_us - from_us) / WORLD_MS);
}

static uint64_t count_sessions(const struct world *w)
{
    uint64_t count = 0;
    for (const struct host *h = w->hosts; h < w->hosts + w->host_count; h++)
        count += h->counters[NODE_SESSIONS] + (h->node ? node_count(h->node, NODE_SESSIONS) : 0);
    return count / 2;
}

/* What authors had sealed by then is one goal; then comes all that they had written. */
enum goal { GOAL_SEALED, GOAL_WRITTEN };

static void set_goal(struct world *w, enum goal goal, uint64_t *written)
{
    for (size_t i = 0; i < w->judge.log_count; i++) {
        struct judge_log *l = w->judge.logs[i];
        const struct disk_log *d = disk_log(&w->hosts[l->host].disk, &l->id);
        if (goal == GOAL_SEALED)
            written[i] = l->goal;
        l->goal = goal == GOAL_WRITTEN || !d ? written[i] : disk_sealed(d);
    }
    w->judge.synced = false;
}

/* Each of the three is reached in the end, or the world fails. */
static void await(struct world *w, struct heal *h, uint64_t *written)
{
    uint64_t from_us = w->now_us;
    enum goal goal = GOAL_SEALED;
    bool over = false, agreed = false;
    set_goal(w, goal, written);
    while (!over && !world_failed(w)) {
        world_run_for(w, STEP_MS * WORLD_MS);
        uint32_t ms = since_ms(w->now_us, from_us);
        verdict_sample(w);
        if (!agreed && agree(w)) {
            agreed = true;
            h->state_ms = ms;
        }
        if (w->judge.synced && goal == GOAL_SEALED) {
            h->way_ms = ms;
            set_goal(w, goal = GOAL_WRITTEN, written);
            verdict_sample(w);
        }
        h->all_ms = ms;
        over = agreed && w->judge.synced && goal == GOAL_WRITTEN;
        if (over || ms < PATIENCE_MS)
            continue;
        verdict_synced(w);
        world_fail(w, "no one state %d ms after the heal", PATIENCE_MS);
    }
}

static void heal(struct world *w, struct heal *h)
{
    uint64_t *written = calloc(w->judge.log_count, sizeof *written);
    uint64_t dials = w->tally[TALLY_DIALS], sessions = count_sessions(w);
    check(written);
    sources(w, true);
    net_mend_all(w);
    verdict_heal(w);
    await(w, h, written);
    h->dials = w->tally[TALLY_DIALS] - dials;
    h->sessions = count_sessions(w) - sessions;
    free(written);
}

static void round_of(struct world *w, uint64_t number, struct heal *h)
{
    enum cut_kind kind = (enum cut_kind)(number % CUT_KIND_COUNT);
    uint64_t ms = number % LONG_EVERY == 5 ? LONG_MS : world_between(w, 4000, 14000);
    world_run_for(w, world_between(w, 2000, 4000) * WORLD_MS);
    cut(w, kind);
    world_run_for(w, ms / 4 * WORLD_MS);
    kill_some(w);
    world_run_for(w, ms / 4 * WORLD_MS);
    revive(w);
    world_run_for(w, ms / 2 * WORLD_MS);
    heal(w, h);
    if (world_failed(w))
        return;
    printf("%s for %.1f s: %llu dials, %llu sessions; what was sealed is everywhere after %u ms, "
           "all that was written after %u ms; one state after %u ms\n",
           cut_texts[kind], (double)ms / 1e3, (unsigned long long)h->dials,
           (unsigned long long)h->sessions, h->way_ms, h->all_ms, h->state_ms);
    world_run_for(w, QUIET_MS * WORLD_MS);
    sources(w, false);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t print(const struct heal *heals, size_t count, size_t member, const char *what)
{
    uint32_t *ms = calloc(count, sizeof *ms);
    check(ms);
    for (size_t i = 0; i < count; i++)
        memcpy(&ms[i], (const char *)&heals[i] + member, sizeof *ms);
    qsort(ms, count, sizeof *ms, by_size);
    uint32_t most = ms[count - 1];
    printf("%s, ms: p50 %u, p90 %u, p99 %u, most %u (%zu)\n", what, ms[count / 2],
           ms[count * 9 / 10], ms[count * 99 / 100], most, count);
    free(ms);
    return most;
}

bool heal_run(const struct heal_options *options, trace_line_fn *on_line)
{
    struct rng r;
    rng_init(&r, options->seed);
    struct host_options *hosts = rooms(options->peers, &r);
    struct world *w = world_new(&(struct world_options){
        .seed = options->seed,
        .hosts = hosts,
        .host_count = options->peers,
        .net = {.delay_min_us = 100,
                .delay_max_us = 2000,
                .loss_permille = options->loss_permille,
                .piece_max = 65536},
        .disk_min_us = 1000,
        .disk_max_us = 20000,
        .on_line = on_line,
    });
    free(hosts);
    struct heal *heals = calloc(options->cuts, sizeof *heals);
    uint32_t most = 0;
    check(heals);
    world_run_until(w, JOIN_S * WORLD_S);
    for (uint64_t i = 0; i < options->cuts && !world_failed(w); i++)
        round_of(w, i, &heals[i]);
    if (world_failed(w)) {
        printf("%s\n", w->failure);
    } else {
        print(heals, options->cuts, offsetof(struct heal, way_ms), "what was sealed is everywhere");
        print(heals, options->cuts, offsetof(struct heal, state_ms), "one state");
        most = print(heals, options->cuts, offsetof(struct heal, all_ms),
                     "all that was written is everywhere, sealed");
    }
    bool good = !world_failed(w) && most <= BOUND_MS;
    free(heals);
    world_free(w);
    return good;
}
