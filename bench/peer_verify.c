#include "peer.h"

#include "wire/record.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LOGS = 64, FETCH_BYTES = 1 << 20 };

struct logs {
    struct log_id ids[LOGS];
    size_t count;
};

static void on_restored(void *context, const struct event *e)
{
    struct logs *logs = context;
    if (e->kind == EVENT_RESTORE_LOG && logs->count < LOGS)
        logs->ids[logs->count++] = e->restore_log.id;
}

/* The run's records must be first, first + 1, ...; what no device measured is counted apart. */
static bool run_is_whole(struct span run, uint64_t first, size_t count, uint64_t *checkpoints)
{
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    struct record r;
    size_t at = 0, seen = 0;
    while (record_next(run, &at, &r, memory, &cause)) {
        if (r.seq != first + seen++)
            return false;
        *checkpoints += r.kept.size > 0;
    }
    return cause == NULL && seen == count;
}

static bool verify_log(struct store *store, const struct log_id *id)
{
    uint64_t next = 1, checkpoints = 0;
    bool whole = true;
    for (;;) {
        struct store_fetched run;
        enum err err = store_fetch(store, id, next, FETCH_BYTES, NULL, &run);
        whole = whole && (err == ERR_NOT_FOUND || err == ERR_OK);
        if (err != ERR_OK)
            break;
        whole = whole && run_is_whole(run.bytes, next, run.count, &checkpoints);
        next += run.count;
        free(run.memory);
    }
    printf("log device=%s count=%" PRIu64 " whole=%d\n", id->device, next - 1 - checkpoints, whole);
    return whole;
}

static void on_nothing(void *context)
{
    (void)context;
}

static void on_stored(void *context, uint64_t ticket)
{
    (void)context;
    (void)ticket;
}

static void on_failed(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "peer: %s\n", text);
}

int peer_verify(const char *data, const char *device)
{
    char path[1024], message[1024] = "";
    struct store_handler handler = {NULL, on_stored, on_failed, on_nothing};
    struct store *store = NULL;
    struct logs *logs = calloc(1, sizeof *logs);
    uint64_t records;
    uv_loop_t loop;
    if (!logs || uv_loop_init(&loop) != 0)
        return 1;
    snprintf(path, sizeof path, "%s/devices/%s/kith.db", data, device);
    bool whole = store_open(&store, &loop, path, &handler, message, sizeof message) == ERR_OK &&
                 store_restore(store, on_restored, logs, &records) == ERR_OK;
    if (!whole)
        fprintf(stderr, "peer: %s: %s\n", path, message);
    for (size_t i = 0; whole && i < logs->count; i++)
        whole = verify_log(store, &logs->ids[i]);
    store_close(store);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    free(logs);
    return whole ? 0 : 1;
}
