#include "struck.h"

#include "core/view.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MEET_S = 4,
    BOTH_OFF_S = 5,
    WINDOW_MS = 700, /* from the starts on, in which one dies: all of the greetings, and the polite
                        dials behind them */
    TOLD_S = 4,      /* silence is told within 2.6 s; and a reset at once */
};

enum death { DEATH_KILL, DEATH_POWER, DEATH_COUNT };

static const struct host_options hosts[] = {
    {.device = "actuator1", .role = ROLE_ACTUATOR},
    {.device = "sensor1", .role = ROLE_SENSOR},
};

/* What each last said of the other. */
struct ear {
    bool here[COUNT_OF(hosts)];
};

static bool is_fact(const char *line, const char *by, const char *what)
{
    size_t size = strlen(by), words = strlen(what);
    return strncmp(line, by, size) == 0 && strncmp(line + size, " : ", 3) == 0 &&
           strncmp(line + size + 3, what, words) == 0 && line[size + 3 + words] == ' ';
}

static void on_line(void *context, uint64_t time_us, const char *line)
{
    struct ear *ear = context;
    (void)time_us;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        const char *by = hosts[i].device;
        if (is_fact(line, by, "connected") || is_fact(line, by, "reconnected"))
            ear->here[i] = true;
        if (is_fact(line, by, "lost") || is_fact(line, by, "left") || is_fact(line, by, "started"))
            ear->here[i] = false;
    }
}

/* Both have met, were off, and start at the same moment. */
static struct world *begin(uint64_t seed, struct ear *ear)
{
    struct world *w = world_new(&(struct world_options){
        .seed = seed,
        .hosts = hosts,
        .host_count = COUNT_OF(hosts),
        .net = {.delay_min_us = 100,
                .delay_max_us = 100 + 500 * (uint32_t)(seed % 8),
                .piece_max = 4096},
        .disk_min_us = 500,
        .disk_max_us = 5000,
        .on_line = on_line,
        .context = ear,
    });
    world_run_for(w, MEET_S * WORLD_S);
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        host_kill(w, &w->hosts[i]);
    world_run_for(w, BOTH_OFF_S * WORLD_S);
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        host_start(w, &w->hosts[i]);
    return w;
}

static bool sees_somebody(const struct world *w, const struct host *h)
{
    struct view_peer peer;
    size_t at = 0;
    while (view_peer_next(h->node, host_now_ms(w, h), &at, &peer))
        if (peer.presence == VIEW_ONLINE || peer.presence == VIEW_SUSPECT)
            return true;
    return false;
}

/* False: the window is over before so many moments. */
static bool play(uint64_t seed, uint64_t moments, size_t victim, enum death death, bool *good)
{
    struct ear ear = {{false}};
    struct world *w = begin(seed, &ear);
    uint64_t end_us = w->now_us + WINDOW_MS * WORLD_MS;
    struct host *dies = &w->hosts[victim], *stays = &w->hosts[!victim];
    for (uint64_t i = 0; i < moments && w->queue.count > 0; i++)
        world_run_until(w, w->queue.heap[0].time_us);
    bool within = w->now_us < end_us;
    if (death == DEATH_KILL)
        host_kill(w, dies);
    else
        host_power_cut(w, dies);
    world_run_for(w, TOLD_S * WORLD_S);
    if (world_failed(w))
        printf("seed %llu, moment %llu: %s\n", (unsigned long long)seed,
               (unsigned long long)moments, w->failure);
    else if (ear.here[!victim] || sees_somebody(w, stays))
        printf("seed %llu, moment %llu: %s %s, and %s does not know\n", (unsigned long long)seed,
               (unsigned long long)moments, dies->self.device,
               death == DEATH_KILL ? "is killed" : "loses power", stays->self.device);
    *good = *good && !world_failed(w) && !ear.here[!victim] && !sees_somebody(w, stays);
    world_free(w);
    return within;
}

/* Whether both dialled, and one of the two links had to go. */
static bool crosses(uint64_t seed)
{
    struct ear ear = {{false}};
    struct world *w = begin(seed, &ear);
    uint64_t before = w->tally[TALLY_DIALS];
    world_run_for(w, WINDOW_MS * WORLD_MS);
    bool crossed = w->tally[TALLY_DIALS] >= before + 2;
    world_free(w);
    return crossed;
}

bool struck_run(const struct struck_options *options)
{
    uint64_t deaths = 0, crossed = 0;
    bool good = true;
    for (uint64_t seed = options->seed; seed < options->seed + options->count; seed++) {
        crossed += crosses(seed);
        for (size_t victim = 0; victim < COUNT_OF(hosts); victim++)
            for (int death = 0; death < DEATH_COUNT; death++)
                for (uint64_t m = 0; play(seed, m, victim, (enum death)death, &good); m++)
                    deaths++;
    }
    printf("%llu deaths in %llu meetings, in %llu of which two dials crossed\n",
           (unsigned long long)deaths, (unsigned long long)options->count,
           (unsigned long long)crossed);
    return good && crossed > 0;
}
