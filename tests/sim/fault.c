#include "fault.h"

#include "world.h"

#include <stdlib.h>

struct fault_plan {
    uint32_t mean_ms;
    bool ended;
};

struct fault {
    enum fault_kind kind;
    uint32_t host, other;
    uint64_t group; /* PARTITION: one bit a host */
};

static struct host *anybody(struct world *w)
{
    return &w->hosts[rng_below(&w->rng, w->host_count)];
}

/* Most faults are short, some are long. */
static uint64_t duration_us(struct world *w)
{
    static const uint32_t ms_max[] = {200, 1500, 4000, 12000};
    return world_between(w, 1, ms_max[rng_below(&w->rng, 4)]) * WORLD_MS;
}

static bool parted(const struct fault *f, uint32_t a, uint32_t b)
{
    switch (f->kind) {
    case FAULT_PARTITION:
        return (f->group >> a & 1) != (f->group >> b & 1);
    case FAULT_ISOLATE:
        return (a == f->host) != (b == f->host);
    default:
        return a == f->host && b == f->other;
    }
}

static void ways(struct world *w, const struct fault *f,
                 void (*change)(struct world *, uint32_t, uint32_t))
{
    for (uint32_t a = 0; a < w->host_count; a++)
        for (uint32_t b = 0; b < w->host_count; b++)
            if (a != b && parted(f, a, b))
                change(w, a, b);
}

static void weather(struct world *w)
{
    struct net_options *n = &w->net.now;
    n->loss_permille = (uint32_t)rng_below(&w->rng, 300);
    n->double_permille = (uint32_t)rng_below(&w->rng, 500);
    n->delay_max_us = n->delay_min_us + (uint32_t)world_between(w, 1, 10) * 50000;
    n->piece_max = 1 + (uint32_t)rng_below(&w->rng, 200);
    if (rng_below(&w->rng, 8) == 0)
        n->delay_max_us = 5000000;
}

static void clock_step(struct world *w, struct host *h)
{
    static const int64_t steps_ms[] = {3600000, -3600000, 31536000000, -31536000000,
                                       250,     -250,     150000};
    size_t which = (size_t)rng_below(&w->rng, COUNT_OF(steps_ms) + 2);
    if (which < COUNT_OF(steps_ms))
        h->wall_offset_ms += steps_ms[which];
    else
        h->wall_offset_ms = which == COUNT_OF(steps_ms) ? -(int64_t)WORLD_WALL_MS : 0;
    trace_note(w, "%s's wall clock is now off by %lld ms", h->label, (long long)h->wall_offset_ms);
    w->tally[TALLY_CLOCK_STEPS]++;
}

static void reset_some(struct world *w, struct host *h)
{
    if (h->conn_count == 0)
        return;
    w->tally[TALLY_RESETS]++;
    net_reset(w, h->conns[rng_below(&w->rng, h->conn_count)] / 2);
}

/* A host that has the name of one before it is the spare for its copy. */
static void clone_some(struct world *w)
{
    for (size_t i = 0; i < w->host_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(w->hosts[i].self.device, w->hosts[k].self.device) == 0)
                host_clone(w, &w->hosts[i], &w->hosts[k]);
}

/* What a person does to a process that stands still, it does not see. */
static bool unmoved(const struct world *w, const struct fault *f, const struct host *h)
{
    bool asks = f->kind == FAULT_LEAVE || f->kind == FAULT_MOVE || f->kind == FAULT_FREEZE;
    return asks && (!h->running || h->frozen_until_us > w->now_us);
}

static void strike_host(struct world *w, const struct fault *f, struct host *h)
{
    if (unmoved(w, f, h))
        return;
    switch (f->kind) {
    case FAULT_KILL:
        host_kill(w, h);
        break;
    case FAULT_POWER:
        host_power_cut(w, h);
        break;
    case FAULT_LEAVE:
        host_leave(w, h);
        break;
    case FAULT_RESET:
        reset_some(w, h);
        break;
    case FAULT_CLOCK:
        clock_step(w, h);
        break;
    case FAULT_MOVE:
        host_move(w, h);
        break;
    case FAULT_FREEZE:
        host_freeze(w, h, duration_us(w) / WORLD_MS);
        break;
    case FAULT_BACKUP:
        host_backup(h);
        break;
    case FAULT_CLONE:
        clone_some(w);
        break;
    case FAULT_DISK_FULL:
        trace_note(w, "%s's disk is full", h->label);
        h->disk.full = true;
        w->tally[TALLY_DISK_FULL]++;
        break;
    default:
        trace_note(w, "%s's disk is slow", h->label);
        h->disk.latency_max_us = 50000 + (uint32_t)rng_below(&w->rng, 2000000);
        w->tally[TALLY_DISK_SLOW]++;
        break;
    }
}

static void strike(struct world *w, const struct fault *f)
{
    switch (f->kind) {
    case FAULT_PARTITION:
    case FAULT_ISOLATE:
        trace_note(w, "the network parts");
        w->tally[TALLY_CUTS]++;
        ways(w, f, net_cut);
        break;
    case FAULT_ONE_WAY:
        trace_note(w, "%s is not heard by %s", w->hosts[f->host].label, w->hosts[f->other].label);
        w->tally[TALLY_ONE_WAY_CUTS]++;
        ways(w, f, net_cut);
        break;
    case FAULT_WEATHER:
        trace_note(w, "bad weather");
        weather(w);
        break;
    case FAULT_ATTACK:
        w->net.now.replay_permille = 500;
        w->net.now.forge_permille = 500;
        break;
    default:
        strike_host(w, f, &w->hosts[f->host]);
        break;
    }
}

static void mend_host(struct world *w, const struct fault *f, struct host *h)
{
    switch (f->kind) {
    case FAULT_DISK_FULL:
        trace_note(w, "%s's disk has room", h->label);
        h->disk.full = false;
        break;
    case FAULT_DISK_SLOW:
        h->disk.latency_max_us = w->disk_max_us;
        break;
    case FAULT_BACKUP:
        host_kill(w, h);
        host_backup_back(w, h);
        host_start(w, h);
        break;
    default:
        host_start(w, h);
        break;
    }
}

static void mend(struct world *w, const struct fault *f)
{
    switch (f->kind) {
    case FAULT_PARTITION:
    case FAULT_ISOLATE:
    case FAULT_ONE_WAY:
        trace_note(w, "a cut ends");
        ways(w, f, net_mend);
        break;
    case FAULT_WEATHER:
        w->net.now = w->net_fair;
        break;
    case FAULT_ATTACK:
        w->net.now.replay_permille = w->net.now.forge_permille = 0;
        break;
    case FAULT_CLONE:
    case FAULT_RESET:
    case FAULT_MOVE:
    case FAULT_FREEZE:
    case FAULT_CLOCK:
        break;
    default:
        mend_host(w, f, &w->hosts[f->host]);
        break;
    }
}

void fault_on_begin(struct world *w, const struct moment *m)
{
    (void)m;
    if (w->plan->ended)
        return;
    struct fault *f = calloc(1, sizeof *f);
    check(f);
    f->kind = (enum fault_kind)rng_below(&w->rng, FAULT_KIND_COUNT);
    if (f->kind == FAULT_BACKUP && rng_below(&w->rng, 3) > 0)
        f->kind = FAULT_KILL;
    f->host = anybody(w)->index;
    f->other = anybody(w)->index;
    f->group = rng_next(&w->rng);
    strike(w, f);
    world_push(w, duration_us(w), (struct moment){.kind = MOMENT_MEND, .data = f});
    world_push(w, world_between(w, 0, 2 * w->plan->mean_ms) * WORLD_MS,
               (struct moment){.kind = MOMENT_FAULT});
}

void fault_on_end(struct world *w, const struct moment *m)
{
    if (!w->plan->ended)
        mend(w, m->data);
}

void fault_begin(struct world *w, uint32_t mean_ms)
{
    w->plan = malloc(sizeof *w->plan);
    check(w->plan);
    *w->plan = (struct fault_plan){.mean_ms = mean_ms};
    world_push(w, 0, (struct moment){.kind = MOMENT_FAULT});
}

void fault_end(struct world *w)
{
    trace_note(w, "everything is mended");
    w->plan->ended = true;
    net_mend_all(w);
    for (size_t i = 0; i < w->host_count; i++) {
        struct host *h = &w->hosts[i];
        h->disk.full = false;
        h->disk.latency_max_us = w->disk_max_us;
        if (h->leaving || h->stays_away || h->frozen_until_us > w->now_us)
            host_kill(w, h); /* it would end, or go on, after the heal */
        if (!h->stays_away)
            host_start(w, h);
    }
}
