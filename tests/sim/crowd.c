#include "crowd.h"

#include "verdict.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum { JOINED_BOUND_S = 30, STEP_MS = 100 };

static struct host_options *people(size_t count, struct rng *r)
{
    static const char *const names[] = {"sensor", "actuator", "controller"};
    struct host_options *hosts = calloc(count, sizeof *hosts);
    check(hosts);
    for (size_t i = 0; i < count; i++) {
        size_t role = i % 10 == 0 ? ROLE_CONTROLLER : i % 5 == 1 ? ROLE_ACTUATOR : ROLE_SENSOR;
        hosts[i].role = (enum role)role;
        hosts[i].start_ms = (uint32_t)rng_below(r, 1000);
        hosts[i].reading_ms = role == ROLE_SENSOR ? 5000 : 0;
        hosts[i].batch_max = 1;
        snprintf(hosts[i].device, sizeof hosts[i].device, "%s%zu", names[role], i + 1);
    }
    return hosts;
}

static size_t missing(const struct world *w, size_t *wanted)
{
    size_t count = 0;
    *wanted = 0;
    for (uint32_t a = 0; a < w->host_count; a++) {
        for (uint32_t b = a + 1; b < w->host_count; b++) {
            if (!judge_wanted(w, a, b))
                continue;
            ++*wanted;
            count += w->judge.sessions[a * w->host_count + b] == 0;
        }
    }
    return count;
}

bool crowd_run(size_t peers, uint64_t seed, trace_line_fn *on_line)
{
    struct rng r;
    rng_init(&r, seed);
    struct host_options *hosts = people(peers, &r);
    struct world *w = world_new(&(struct world_options){
        .seed = seed,
        .hosts = hosts,
        .host_count = peers,
        .net = {.delay_min_us = 100, .delay_max_us = 2000, .piece_max = 65536},
        .disk_min_us = 1000,
        .disk_max_us = 20000,
        .on_line = on_line,
    });
    free(hosts);
    size_t wanted = 0, left = 1;
    world_run_until(w, WORLD_S);
    while (left > 0 && w->now_us < JOINED_BOUND_S * WORLD_S && !world_failed(w)) {
        world_run_for(w, STEP_MS * WORLD_MS);
        left = missing(w, &wanted);
    }
    if (left > 0)
        world_fail(w, "%zu of %zu sessions are still missing", left, wanted);
    printf("%zu peers, %zu sessions, %llu dials (at most %u a second by one peer), "
           "%llu datagrams: %s after %.1f s%s%s\n",
           peers, wanted > left ? wanted - left : 0, (unsigned long long)w->tally[TALLY_DIALS],
           w->judge.dials_most, (unsigned long long)w->tally[TALLY_DATAGRAMS],
           left ? "NOT joined" : "all joined", (double)w->now_us / 1e6, world_failed(w) ? ": " : "",
           w->failure);
    bool good = !world_failed(w);
    world_free(w);
    return good;
}
