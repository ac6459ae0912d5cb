#include "memory.h"

#include "core/node.h"
#include "person.h"
#include "verdict.h"
#include "world.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BEGUN_MS = 3000,
    DOWN_MS = 1500,
    SETTLE_MS = 12000,
    STEP_MS = 200,
    ASK_MS = 2000,
    ALLOCATIONS_MIN = 150
};

/* The one machine whose memory fails; a test program has no other state like it. */
static struct {
    unsigned inside; /* the core */
    uint64_t count, fail_at;
    uint64_t faulty; /* of count, before everything had to heal */
    bool for_ever;
    uint64_t failed;
    uint64_t held; /* bytes, by all cores */
} memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
void __real_node_step(struct node *n, const struct event *e, struct effects *fx);
struct node *__real_node_new(const struct node_config *config);
void __real_node_free(struct node *n);
void __real_event_effects_reset(struct effects *fx);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);
void __wrap_node_step(struct node *n, const struct event *e, struct effects *fx);
struct node *__wrap_node_new(const struct node_config *config);
void __wrap_node_free(struct node *n);
void __wrap_event_effects_reset(struct effects *fx);

static bool refused(void)
{
    if (!memory.inside)
        return false;
    memory.count++;
    bool refuses = memory.fail_at > 0 && (memory.for_ever ? memory.count >= memory.fail_at
                                                          : memory.count == memory.fail_at);
    memory.failed += refuses;
    return refuses;
}

static size_t held_by(void *block)
{
    return memory.inside && block ? malloc_usable_size(block) : 0;
}

void *__wrap_malloc(size_t size)
{
    void *block = refused() ? NULL : __real_malloc(size);
    memory.held += held_by(block);
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = refused() ? NULL : __real_calloc(count, size);
    memory.held += held_by(block);
    return block;
}

void *__wrap_realloc(void *old, size_t size)
{
    if (refused())
        return NULL;
    memory.held -= held_by(old);
    void *block = __real_realloc(old, size);
    memory.held += held_by(block);
    return block;
}

void __wrap_free(void *old)
{
    memory.held -= held_by(old);
    __real_free(old);
}

void __wrap_node_step(struct node *n, const struct event *e, struct effects *fx)
{
    memory.inside++;
    __real_node_step(n, e, fx);
    memory.inside--;
}

struct node *__wrap_node_new(const struct node_config *config)
{
    memory.inside++;
    struct node *n = __real_node_new(config);
    memory.inside--;
    return n;
}

void __wrap_node_free(struct node *n)
{
    memory.inside++;
    __real_node_free(n);
    memory.inside--;
}

void __wrap_event_effects_reset(struct effects *fx)
{
    memory.inside++;
    __real_event_effects_reset(fx);
    memory.inside--;
}

uint64_t memory_held(void)
{
    return memory.held;
}

void memory_enough(void)
{
    if (memory.failed > 0)
        memory.fail_at = 0;
}

static struct world *world_of(uint64_t seed)
{
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR, .reading_ms = 150, .batch_max = 8},
        {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 300},
        {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = 600},
    };
    return world_new(&(struct world_options){
        .seed = seed,
        .hosts = hosts,
        .host_count = COUNT_OF(hosts),
        .net = {.delay_min_us = 500, .delay_max_us = 3000, .piece_max = 4096},
        .disk_min_us = 1000,
        .disk_max_us = 8000,
    });
}

/* A person at the controller: a wanted state, taken back later, and a command. */
static void ask(struct world *w, const char *value)
{
    struct host *controller = world_host(w, "controller1");
    struct event want = {.kind = EVENT_WANT};
    want.want.topic = SPAN("actuator1/fan");
    want.want.value = value_text(span_of(value));
    want.want.wait_ms = ASK_MS;
    want.want.id = w->now_us;
    host_step(w, controller, &want);
    person_command(w, controller, "actuator1/beep", ASK_MS);
}

/* Start-up, joining, messages, sync of what was missed, and a restart that restores. */
static void live(struct world *w)
{
    world_run_for(w, BEGUN_MS / 2 * WORLD_MS);
    ask(w, "on");
    world_run_for(w, BEGUN_MS / 2 * WORLD_MS);
    ask(w, "auto");
    host_kill(w, world_host(w, "actuator1"));
    world_run_for(w, DOWN_MS * WORLD_MS);
    host_start(w, world_host(w, "actuator1"));
    world_run_for(w, BEGUN_MS * WORLD_MS);
    memory.fail_at = 0;
    memory.faulty = memory.count;
    verdict_heal(w);
    for (int ms = 0; ms < SETTLE_MS && !world_failed(w); ms += STEP_MS) {
        world_run_for(w, STEP_MS * WORLD_MS);
        verdict_sample(w);
    }
    if (!world_failed(w))
        verdict_synced(w);
    for (size_t i = 0; i < w->host_count; i++)
        w->hosts[i].source_stopped = true;
    do
        world_run_for(w, SETTLE_MS / 2 * WORLD_MS);
    while (w->now_us - w->judge.written_us < SETTLE_MS / 2 * WORLD_MS && !world_failed(w));
    if (!world_failed(w))
        verdict_final(w);
}

static bool play(uint64_t seed, uint64_t fail_at, bool for_ever, uint64_t *starts)
{
    memory.count = memory.failed = 0;
    memory.fail_at = fail_at;
    memory.for_ever = for_ever;
    struct world *w = world_of(seed);
    live(w);
    bool good = !world_failed(w);
    if (!good)
        printf("allocation %llu%s: %s\n", (unsigned long long)fail_at,
               for_ever ? " and all behind it" : "", w->failure);
    *starts = w->tally[TALLY_STARTS];
    world_free(w);
    return good;
}

bool memory_run(uint64_t stride, uint64_t seed)
{
    uint64_t starts, usual, played = 0, ended = 0;
    bool good = play(seed, 0, false, &usual);
    uint64_t count = memory.faulty;
    for (uint64_t n = 1; n <= count; n += stride)
        for (int for_ever = 0; for_ever < 2; for_ever++) {
            good = play(seed, n, for_ever, &starts) && good;
            played += memory.failed > 0;
            ended += starts > usual;
        }
    printf("seed %llu: %llu allocations of the core, %llu worlds in which one or all from one on "
           "failed: "
           "in %llu of them a process ended and began again\n",
           (unsigned long long)seed, (unsigned long long)count, (unsigned long long)played,
           (unsigned long long)ended);
    return good && count >= ALLOCATIONS_MIN && played > 0 && ended > played / 2;
}
