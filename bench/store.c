/* What the store alone costs: records a second through STORE effects at different sizes of a
 * commit, reading them back, and a restart with many.
 *
 * usage: store [FOLDER [RECORDS]]   the folder decides which disk is measured (default: .) */
#include "io/store.h"
#include "core/event.h"
#include "io/trust.h"
#include "wire/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EFFECT_RECORDS = 500, EFFECT_BYTES = 61440, BACKLOG_BYTES = 8 * 1024 * 1024 };

struct bench {
    uv_loop_t loop;
    struct store *store;
    char path[512];
    struct log_id id;
    uint64_t last;
    uint64_t ticket;
    uint64_t stored;
    struct chain_hash hash;
    char bytes[EFFECT_BYTES];
};

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000;
}

static uint64_t cpu_us(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void on_stored(void *context, uint64_t ticket)
{
    ((struct bench *)context)->stored = ticket;
}

static void on_failed(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static void on_ready(void *context)
{
    (void)context;
}

static void must(enum err err, const char *what)
{
    if (err == ERR_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, err_text(err));
    exit(1);
}

static void open_store(struct bench *b)
{
    char message[512];
    struct store_handler handler = {b, on_stored, on_failed, on_ready};
    enum err err = store_open(&b->store, &b->loop, b->path, &handler, message, sizeof message);
    must(err, message);
}

static void close_store(struct bench *b)
{
    store_close(b->store);
    uv_run(&b->loop, UV_RUN_DEFAULT);
}

static void remove_store(const struct bench *b)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock", ".epoch"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        char name[600];
        snprintf(name, sizeof name, "%s%s", b->path, suffixes[i]);
        unlink(name);
    }
}

/* Encoding is not what is measured: it is done before the clock starts, and the same bytes are
 * stored over and over. */
static struct span encode(struct bench *b, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        struct record r = {.device = SPAN("sensor1"),
                           .type = SPAN("temperature"),
                           .epoch = b->id.epoch,
                           .seq = 1000000 + i,
                           .ts = 1763800000123 + i,
                           .value = value_number(20 + (double)(i % 100) / 10),
                           .unit = SPAN("Cel")};
        if (i > 0)
            b->bytes[size++] = ',';
        size += record_encode(&r, b->bytes + size, sizeof b->bytes - size);
    }
    return (struct span){b->bytes, size};
}

static void put(struct bench *b, struct span bytes, size_t count)
{
    struct effect effect = {.kind = EFFECT_STORE, .ticket = ++b->ticket};
    effect.store.id = b->id;
    effect.store.first = b->last + 1;
    effect.store.count = count;
    effect.store.bytes = bytes;
    effect.store.hash_after = b->hash;
    store_effect(b->store, &effect);
    b->last += count;
}

static void wait_for(struct bench *b, uint64_t ticket)
{
    while (b->stored < ticket)
        uv_run(&b->loop, UV_RUN_ONCE);
}

/* Each commit holds exactly per_commit records: the next begins when the last is on disk. */
static void write_commits(struct bench *b, size_t per_commit, size_t total)
{
    size_t one = per_commit < EFFECT_RECORDS ? per_commit : EFFECT_RECORDS;
    struct span bytes = encode(b, one);
    uint64_t cpu = cpu_us();
    uint64_t begin = now_us();
    size_t written = 0;
    for (; written < total; written += per_commit) {
        for (size_t i = 0; i < per_commit; i += one)
            put(b, bytes, one);
        store_flush(b->store);
        wait_for(b, b->ticket);
    }
    uint64_t took = now_us() - begin;
    cpu = cpu_us() - cpu;
    printf("store %6zu records a commit    %9.0f records/s  %6.3f us CPU a record\n", per_commit,
           (double)written * 1e6 / (double)took, (double)cpu / (double)written);
}

/* As in a running peer: effects of 500 records keep coming while commits run. */
static void write_stream(struct bench *b, size_t total)
{
    struct span bytes = encode(b, EFFECT_RECORDS);
    uint64_t cpu = cpu_us();
    uint64_t begin = now_us();
    size_t written = 0;
    for (; written < total; written += EFFECT_RECORDS) {
        put(b, bytes, EFFECT_RECORDS);
        store_flush(b->store);
        uv_run(&b->loop, UV_RUN_NOWAIT);
        while (store_backlog_bytes(b->store) > BACKLOG_BYTES)
            uv_run(&b->loop, UV_RUN_ONCE);
    }
    wait_for(b, b->ticket);
    uint64_t took = now_us() - begin;
    cpu = cpu_us() - cpu;
    printf("store as it comes              %9.0f records/s  %6.3f us CPU a record (of %zu bytes)\n",
           (double)written * 1e6 / (double)took, (double)cpu / (double)written,
           bytes.size / EFFECT_RECORDS);
}

static void read_back(struct bench *b, uint64_t epoch, size_t total, const char *what)
{
    struct log_id id = b->id;
    id.epoch = epoch;
    uint64_t begin = now_us();
    size_t read = 0;
    while (read < total) {
        struct store_fetched run;
        must(store_fetch(b->store, &id, read + 1, EFFECT_BYTES, NULL, &run), "fetch");
        read += run.count;
        free(run.memory);
    }
    printf("fetch %-24s %9.0f records/s\n", what, (double)read * 1e6 / (double)(now_us() - begin));
}

static void seal(struct bench *b)
{
    struct effect effect = {.kind = EFFECT_STORE_SEAL, .ticket = ++b->ticket};
    effect.store_seal.id = b->id;
    effect.store_seal.seq = b->last;
    effect.store_seal.signature_size = 71;
    store_effect(b->store, &effect);
    store_flush(b->store);
    wait_for(b, b->ticket);
}

static void on_event(void *context, const struct event *e)
{
    (void)context;
    (void)e;
}

static void restart(struct bench *b)
{
    close_store(b);
    uint64_t records;
    uint64_t epoch;
    uint64_t begin = now_us();
    open_store(b);
    uint64_t opened = now_us();
    must(store_restore(b->store, on_event, b, &records), "restore");
    uint64_t restored = now_us();
    must(store_epoch(b->store, 0, trust_random(), &epoch), "epoch");
    printf("restart with %9" PRIu64 " records  %9.2f ms: open %.2f, restore %.2f, epoch %.2f\n",
           records, (double)(now_us() - begin) / 1e3, (double)(opened - begin) / 1e3,
           (double)(restored - opened) / 1e3, (double)(now_us() - restored) / 1e3);
}

static void memory(const char *when)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[128];
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "RssAnon:", 8) == 0)
            printf("memory %-23s %s", when, line + 8);
    if (f)
        fclose(f);
}

static void next_log(struct bench *b)
{
    seal(b);
    b->id.epoch++;
    b->last = 0;
}

int main(int argc, char **argv)
{
    struct bench *b = calloc(1, sizeof *b);
    check(b);
    size_t total = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 1000000;
    uint64_t epoch = 2345678;
    b->id = (struct log_id){.device = "sensor1", .epoch = epoch};
    snprintf(b->path, sizeof b->path, "%s/bench-store-%ld.db", argc > 1 ? argv[1] : ".",
             (long)getpid());
    uv_loop_init(&b->loop);
    memory("before");
    open_store(b);
    memory("open");
    write_commits(b, 1, 5000);
    next_log(b);
    write_commits(b, 100, 100000);
    next_log(b);
    write_commits(b, 10000, total);
    next_log(b);
    write_stream(b, total);
    seal(b);
    memory("after the stream");
    read_back(b, epoch, 5000, "rows of one record");
    read_back(b, epoch + 3, total, "rows of 500");
    restart(b);
    memory("after the restart");
    close_store(b);
    remove_store(b);
    uv_loop_close(&b->loop);
    free(b);
    return 0;
}
