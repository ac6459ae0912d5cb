#include "crowd.h"

#include "verdict.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum { READING_MS = 5000, WRITTEN_S = 10, BOUND_S = 40, STEP_MS = 100, CROWD_WATCHED = 300 };

static const struct rule no_rule;

struct host_options *crowd_hosts(size_t count, uint32_t reading_ms, struct rng *r)
{
    static const char *const names[] = {"sensor", "actuator", "controller"};
    struct host_options *hosts = calloc(count, sizeof *hosts);
    check(hosts);
    for (size_t i = 0; i < count; i++) {
        size_t role = i % 10 == 0 ? ROLE_CONTROLLER : i % 5 == 1 ? ROLE_ACTUATOR : ROLE_SENSOR;
        hosts[i].role = (enum role)role;
        hosts[i].start_ms = (uint32_t)rng_below(r, 1000);
        hosts[i].reading_ms = role == ROLE_SENSOR ? reading_ms : 0;
        hosts[i].batch_max = 1;
        if (count > CROWD_WATCHED) /* no rule that every sensor concerns: a ring and no more */
            hosts[i].rules = &no_rule;
        snprintf(hosts[i].device, sizeof hosts[i].device, "%s%zu", names[role], i + 1);
    }
    return hosts;
}

static uint64_t count_carried(const struct world *w)
{
    uint64_t count = 0;
    for (size_t i = 0; i < w->host_count; i++)
        count += w->hosts[i].node ? node_count(w->hosts[i].node, NODE_RECORDS_CARRIED) : 0;
    return count;
}

/* Sessions that stand, and the most of one peer. */
static size_t count_sessions(const struct world *w, size_t *most)
{
    size_t count = 0;
    *most = 0;
    for (uint32_t a = 0; a < w->host_count; a++) {
        size_t own = 0;
        for (uint32_t b = 0; b < w->host_count; b++)
            own += w->judge.sessions[a * w->host_count + b] > 0;
        count += own;
        if (own > *most)
            *most = own;
    }
    return count / 2;
}

static bool all_joined(const struct world *w)
{
    for (uint32_t a = 0; a < w->host_count; a++)
        for (uint32_t b = a + 1; b < w->host_count; b++)
            if (judge_wanted(w, a, b) && w->judge.sessions[a * w->host_count + b] == 0)
                return false;
    return true;
}

/* What was written in the first seconds is sealed with everybody who wants it, by whatever way. */
static bool all_synced(struct world *w)
{
    if (!w->judge.healed && w->now_us >= WRITTEN_S * WORLD_S)
        verdict_heal(w);
    verdict_sample(w);
    return w->judge.synced;
}

bool crowd_run(const struct crowd_options *options, trace_line_fn *on_line)
{
    struct rng r;
    rng_init(&r, options->seed);
    struct host_options *hosts = crowd_hosts(options->peers, READING_MS, &r);
    struct world *w = world_new(&(struct world_options){
        .seed = options->seed,
        .hosts = hosts,
        .host_count = options->peers,
        .net = {.delay_min_us = 100, .delay_max_us = 2000, .piece_max = 65536},
        .disk_min_us = 1000,
        .disk_max_us = 20000,
        .on_line = on_line,
    });
    free(hosts);
    bool ring = options->peers > LIMIT_MESH, done = false;
    size_t most;
    world_run_until(w, WORLD_S);
    while (!done && w->now_us < BOUND_S * WORLD_S && !world_failed(w)) {
        world_run_for(w, STEP_MS * WORLD_MS);
        done = ring ? all_synced(w) : all_joined(w);
    }
    if (!done && ring && !world_failed(w))
        verdict_synced(w);
    if (!done)
        world_fail(w, "sessions are still missing");
    size_t sessions = count_sessions(w, &most);
    printf("%zu peers, %zu sessions (at most %zu of one), %llu dials (at most %u a second by one "
           "peer), %llu datagrams, %llu records carried: %s after %.1f s%s%s\n",
           options->peers, sessions, most, (unsigned long long)w->tally[TALLY_DIALS],
           w->judge.dials_most, (unsigned long long)w->tally[TALLY_DATAGRAMS],
           (unsigned long long)count_carried(w),
           !done  ? "NOT there"
           : ring ? "everything is everywhere"
                  : "all joined",
           (double)w->now_us / 1e6, world_failed(w) ? ": " : "", w->failure);
    bool good = !world_failed(w);
    world_free(w);
    return good;
}
