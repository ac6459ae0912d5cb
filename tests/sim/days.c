#include "days.h"

#include "memory.h"
#include "person.h"
#include "verdict.h"
#include "world.h"

#include <stdio.h>

#define DAY_MS    UINT64_C(86400000)
#define HOUR_MS   UINT64_C(3600000)
#define MINUTE_MS UINT64_C(60000)

enum { DAYS_MAX = 1000, ROWS = 10, SETTLE_MS = 30000, STEP_MS = 500, WITHIN_MS = 5000 };
enum { READINGS_LEAST = 3 * 1000, GROWTH_PERCENT = 20 }; /* a day; of all */
/* The head of its log stays with everybody, up to LIMIT_LOGS_DEVICE of them. */
enum { BYTES_A_LIFE = 1200 };

struct day {
    uint64_t held;   /* bytes, by the core of all hosts */
    uint64_t stored; /* records on all disks */
    uint64_t lives;  /* until then */
};

static struct host_options people[] = {
    {.device = "sensor1", .role = ROLE_SENSOR},
    {.device = "sensor2", .role = ROLE_SENSOR},
    {.device = "sensor3", .role = ROLE_SENSOR},
    {.device = "actuator1", .role = ROLE_ACTUATOR},
    {.device = "controller1", .role = ROLE_CONTROLLER},
};

static struct world *world_of(uint64_t seed)
{
    for (size_t i = 0; i < COUNT_OF(people); i++) {
        people[i].retain_ms = DAY_MS;
        people[i].batch_max = 1;
        people[i].reading_ms = people[i].role == ROLE_SENSOR ? MINUTE_MS : 0;
    }
    return world_new(&(struct world_options){
        .seed = seed,
        .hosts = people,
        .host_count = COUNT_OF(people),
        .net = {.delay_min_us = 500, .delay_max_us = 3000, .piece_max = 4096},
        .disk_min_us = 1000,
        .disk_max_us = 8000,
    });
}

static uint64_t count_stored(const struct world *w)
{
    uint64_t count = 0;
    for (size_t i = 0; i < w->host_count; i++)
        for (size_t k = 0; k < w->hosts[i].disk.log_count; k++) {
            const struct disk_log *l = &w->hosts[i].disk.logs[k];
            count += l->last + 1 - l->first;
        }
    return count;
}

/* False alarms of all, also in lives that are over. */
static uint64_t count_alarms(const struct world *w)
{
    uint64_t count = 0;
    for (size_t i = 0; i < w->host_count; i++)
        count += w->hosts[i].counters[NODE_FALSE_ALARMS] +
                 (w->hosts[i].node ? node_count(w->hosts[i].node, NODE_FALSE_ALARMS) : 0);
    return count;
}

static void pass(struct world *w, uint64_t ms)
{
    if (!world_failed(w))
        world_run_for(w, ms * WORLD_MS);
}

/* A day with everything that a day brings. */
static void live(struct world *w, uint64_t day)
{
    struct host *controller = world_host(w, "controller1"), *actuator = world_host(w, "actuator1");
    struct host *sensor = &w->hosts[day % 3], *other = &w->hosts[(day + 1) % 3];
    pass(w, 3 * HOUR_MS);
    host_kill(w, sensor);
    pass(w, 10 * MINUTE_MS);
    host_start(w, sensor);
    pass(w, 3 * HOUR_MS);
    person_want(w, controller, "actuator1/fan", day % 2 ? "on" : "off", HOUR_MS);
    person_command(w, controller, "actuator1/beep", WITHIN_MS);
    pass(w, 3 * HOUR_MS);
    host_power_cut(w, day % 2 ? controller : actuator);
    pass(w, HOUR_MS);
    host_start(w, day % 2 ? controller : actuator);
    pass(w, 3 * HOUR_MS);
    host_freeze(w, other, HOUR_MS);
    pass(w, 3 * HOUR_MS);
    host_move(w, actuator);
    pass(w, (day + 1) * DAY_MS - w->now_us / WORLD_MS);
}

static void settle(struct world *w)
{
    verdict_heal(w);
    for (int ms = 0; ms < SETTLE_MS && !world_failed(w); ms += STEP_MS) {
        pass(w, STEP_MS);
        verdict_sample(w);
    }
    if (!world_failed(w))
        verdict_synced(w);
    for (size_t i = 0; i < w->host_count; i++)
        w->hosts[i].source_stopped = true;
    pass(w, HOUR_MS);
    if (!world_failed(w))
        verdict_final(w);
}

/* The greatest of the last third of the days must not be more than that of the third before, but
 * for so many bytes a life. */
static bool grew(const char *what, const struct day *days, uint64_t count, bool is_memory)
{
    uint64_t before = 0, after = 0, lives = days[count - 1].lives - days[count / 3].lives;
    for (uint64_t i = count / 3; i < count; i++) {
        uint64_t value = is_memory ? days[i].held : days[i].stored;
        uint64_t *most = i < count - count / 3 ? &before : &after;
        if (value > *most)
            *most = value;
    }
    uint64_t allowed = before * (100 + GROWTH_PERCENT) / 100 +
                       (is_memory ? lives * COUNT_OF(people) * BYTES_A_LIFE : 0);
    printf("%s: at most %llu, then at most %llu%s\n", what, (unsigned long long)before,
           (unsigned long long)after, after > allowed ? ": it grows" : "");
    return after > allowed;
}

bool days_run(uint64_t days, uint64_t seed)
{
    static struct day seen[DAYS_MAX];
    if (days < 6 || days > DAYS_MAX) {
        printf("days: 6 to %d of them\n", DAYS_MAX);
        return false;
    }
    struct world *w = world_of(seed);
    printf("%6s %10s %10s %12s %10s\n", "day", "written", "stored", "memory, B", "sessions");
    for (uint64_t day = 0; day < days && !world_failed(w); day++) {
        live(w, day);
        seen[day] = (struct day){memory_held(), count_stored(w), w->tally[TALLY_STARTS]};
        if ((day + 1) % ((days + ROWS - 1) / ROWS) == 0)
            printf("%6llu %10llu %10llu %12llu %10llu\n", (unsigned long long)day + 1,
                   (unsigned long long)w->tally[TALLY_RECORDS],
                   (unsigned long long)seen[day].stored, (unsigned long long)seen[day].held,
                   (unsigned long long)w->tally[TALLY_SESSIONS]);
    }
    if (!world_failed(w))
        settle(w);
    bool good = !world_failed(w),
         much = w->tally[TALLY_RECORDS] >= days * READINGS_LEAST && w->tally[TALLY_PRUNED] >= days;
    if (!good)
        printf("failed: %s\n", w->failure);
    if (!much)
        printf("too little happened\n");
    /* Who moves is silent at both ends of each session, and back at once. */
    uint64_t moves = days * 2 * (w->host_count - 1), alarms = count_alarms(w);
    printf("%llu false alarms in %llu peer-days, %llu by moves\n", (unsigned long long)alarms,
           (unsigned long long)(days * w->host_count), (unsigned long long)moves);
    bool memory_grew = grew("bytes that the core holds", seen, days, true);
    bool disk_grew = grew("records on the disks", seen, days, false);
    world_free(w);
    return good && much && alarms <= moves && !memory_grew && !disk_grew;
}
