/* A year of one sensor, on the real store, with the shipped core, as fast as they go (row F11):
 * retention by size must keep the file, write-ahead log and all, within a tenth of what was asked
 * for, memory flat, and no turn of the loop longer than 5 ms. Only the clocks and the signatures
 * are made up. Ends with 1 when the first two do not hold, or when too little was pruned to know;
 * how long a turn took is shown only, for other programs delay it. `durable.prune` is a short form.
 *
 * Seen to fail: with nothing pruned; with what was pruned not swept from the file.
 *
 * usage: prune [FOLDER [RECORDS [MEGABYTES]]]   the folder decides which disk is measured (default:
 * .) */
#include "core/node.h"
#include "io/store.h"
#include "io/trust.h"
#include "wire/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH = 30,
    BACKLOG_BYTES = 256 * 1024, /* what a slow disk lets wait comes on top of the cap */
    QUEUE_MAX = 64,
    SHOWN = 10,
    PRUNINGS_MIN = 3,
    GROWTH_KB = 1024 /* what a year of a million records may add behind its first half */
};
#define YEAR_MS UINT64_C(31536000000)

struct bench {
    uv_loop_t loop;
    struct store *store;
    struct node *node;
    struct effects fx;
    char path[512];
    uint64_t now_ms; /* of the core, both clocks */
    struct event queue[QUEUE_MAX];
    size_t queued;
    uint64_t longest_us, busiest_us, turns; /* by the wall, and by what the processor did */
};

static uint64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void perform(struct bench *b, const struct effect *e)
{
    switch (e->kind) {
    case EFFECT_STORE:
    case EFFECT_STORE_SEAL:
    case EFFECT_STORE_TOPIC:
    case EFFECT_STORE_LOG:
    case EFFECT_STORE_SEEN:
        store_effect(b->store, e);
        break;
    case EFFECT_SIGN:
        must(b->queued < QUEUE_MAX, "too many seals at once");
        struct event *done = &b->queue[b->queued++];
        *done = (struct event){.kind = EVENT_SIGNED};
        done->seal_signed.id = e->seal.id;
        done->seal_signed.seq = e->seal.seq;
        done->seal_signed.signature_size = 71;
        break;
    default:
        break;
    }
}

static void step(struct bench *b, struct event *e)
{
    e->now_ms = b->now_ms;
    e->wall_ms = 1760000000000 + b->now_ms;
    event_effects_reset(&b->fx);
    node_step(b->node, e, &b->fx);
    must(!b->fx.out_of_memory, "out of memory");
    for (size_t i = 0; i < b->fx.count; i++)
        perform(b, &b->fx.list[i]);
}

/* One turn of the loop: an event, what follows of it, and the flush. */
static void turn(struct bench *b, struct event *e)
{
    uint64_t begin = uv_hrtime(), cpu = cpu_us();
    step(b, e);
    while (b->queued > 0) {
        struct event next = b->queue[--b->queued];
        step(b, &next);
    }
    store_flush(b->store);
    uint64_t us = (uv_hrtime() - begin) / 1000;
    b->longest_us = us > b->longest_us ? us : b->longest_us;
    cpu = cpu_us() - cpu;
    b->busiest_us = cpu > b->busiest_us ? cpu : b->busiest_us;
    b->turns++;
}

static void on_stored(void *context, uint64_t ticket)
{
    struct bench *b = context;
    struct event e = {.kind = EVENT_STORED, .stored = {.ticket = ticket}};
    e.stored.used_bytes = store_used_bytes(b->store, &e.stored.sweeping);
    turn(b, &e);
}

static void on_failed(void *context, const char *text)
{
    (void)context;
    must(false, text);
}

static void on_ready(void *context)
{
    (void)context;
}

static void open_all(struct bench *b, uint64_t retain_bytes)
{
    char message[512];
    const struct store_handler handler = {b, on_stored, on_failed, on_ready};
    struct node_config config = {.self = {.device = "sensor1", .role = ROLE_SENSOR},
                                 .hash = trust_hash,
                                 .encode = record_encode,
                                 .next = record_next,
                                 .retain_bytes = retain_bytes};
    uv_loop_init(&b->loop);
    event_effects_init(&b->fx);
    must(store_open(&b->store, &b->loop, b->path, &handler, message, sizeof message) == ERR_OK,
         message);
    b->node = node_new(&config);
    must(b->node != NULL, "out of memory");
    struct event start = {.kind = EVENT_START, .epoch.epoch = 1};
    must(store_epoch(b->store, 0, 0, &start.epoch.epoch) == ERR_OK, "no epoch");
    turn(b, &start);
}

static void measure(struct bench *b, uint64_t count)
{
    static const char *const types[] = {"temperature", "humidity", "co2", "door", "power"};
    struct reading readings[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        readings[i] = (struct reading){.type = span_of(types[i % COUNT_OF(types)]),
                                       .value = value_number((double)((count + i) % 1000) / 10),
                                       .unit = SPAN("Cel")};
    turn(b, &(struct event){.kind = EVENT_READING, .reading = {readings, BATCH}});
    if (node_deadline(b->node) <= b->now_ms)
        turn(b, &(struct event){.kind = EVENT_TICK});
    uv_run(&b->loop, UV_RUN_NOWAIT);
    while (store_backlog_bytes(b->store) > BACKLOG_BYTES || node_room(b->node) < BATCH)
        uv_run(&b->loop, UV_RUN_ONCE);
}

static double megabytes_of(const struct bench *b, const char *suffix)
{
    char name[600];
    struct stat st;
    snprintf(name, sizeof name, "%s%s", b->path, suffix);
    return stat(name, &st) == 0 ? (double)st.st_size / 1e6 : 0;
}

static unsigned long memory_kb(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[128];
    unsigned long kb = 0;
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kb = strtoul(line + 8, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

/* False, with a word, when disk or memory were not held. */
static bool judge(const struct bench *b, double most, double cap, unsigned long growth_kb)
{
    uint64_t prunings = node_count(b->node, NODE_LOGS_PRUNED);
    if (most > cap * 1.1)
        printf("failed: %.1f MB on disk, %.1f were allowed\n", most, cap * 1.1);
    if (growth_kb > GROWTH_KB)
        printf("failed: memory grew by %lu kB in the second half\n", growth_kb);
    if (prunings < PRUNINGS_MIN)
        printf("failed: %" PRIu64 " prunings tell nothing; more records\n", prunings);
    return most <= cap * 1.1 && growth_kb <= GROWTH_KB && prunings >= PRUNINGS_MIN;
}

static bool live(struct bench *b, uint64_t total, uint64_t cap_bytes)
{
    double most = 0;
    unsigned long half_kb = 0, most_kb = 0;
    printf("%7s %12s %9s %9s %9s\n", "day", "records", "file MB", "with wal", "memory kB");
    for (uint64_t count = 0; count < total; count += BATCH) {
        b->now_ms = YEAR_MS / total * count;
        measure(b, count);
        if (count / BATCH % (total / BATCH / 1000 + 1) != 0)
            continue;
        double file = megabytes_of(b, ""), all = file + megabytes_of(b, "-wal");
        most = all > most ? all : most;
        unsigned long kb = memory_kb();
        if (count < total / 2)
            half_kb = kb > half_kb ? kb : half_kb;
        most_kb = kb > most_kb ? kb : most_kb;
        if (count / BATCH % (total / BATCH / SHOWN + 1) < total / BATCH / 1000 + 1)
            printf("%7" PRIu64 " %12" PRIu64 " %9.1f %9.1f %9lu\n", b->now_ms / 86400000, count,
                   file, all, kb);
    }
    printf("most on disk %.1f MB; %" PRIu64 " prunings; longest of %" PRIu64
           " turns of the loop %.2f ms, %.2f ms of them on the processor (at most 5 are meant)\n",
           most, node_count(b->node, NODE_LOGS_PRUNED), b->turns, (double)b->longest_us / 1e3,
           (double)b->busiest_us / 1e3);
    return judge(b, most, (double)cap_bytes / 1e6, most_kb - half_kb);
}

int main(int argc, char **argv)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock", ".epoch"};
    struct bench *b = calloc(1, sizeof *b);
    must(b != NULL, "out of memory");
    uint64_t total = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    uint64_t megabytes = argc > 3 ? strtoull(argv[3], NULL, 10) : 50;
    must(total >= 1000 && megabytes > 0, "usage: prune [FOLDER [RECORDS [MEGABYTES]]]");
    snprintf(b->path, sizeof b->path, "%s/bench-prune-%ld.db", argc > 1 ? argv[1] : ".",
             (long)getpid());
    open_all(b, megabytes * 1000000);
    bool held = live(b, total, megabytes * 1000000);
    store_close(b->store);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        char name[600];
        snprintf(name, sizeof name, "%s%s", b->path, suffixes[i]);
        unlink(name);
    }
    node_free(b->node);
    event_effects_fini(&b->fx);
    uv_loop_close(&b->loop);
    free(b);
    return held ? 0 : 1;
}
