#ifndef IO_STORE_WORKER_H
#define IO_STORE_WORKER_H

#include "io/store_batch.h"

#include <uv.h>

/* The one thread that writes: it takes a job at a time and wakes the loop when that is done. */

enum store_job { STORE_JOB_NONE, STORE_JOB_COMMIT, STORE_JOB_PROBE, STORE_JOB_STOP };

struct store_worker {
    uv_thread_t thread;
    uv_mutex_t mutex; /* guards all below */
    uv_cond_t changed;
    enum store_job job; /* NONE once it is done */
    const struct store_batch *batch;
    bool resting; /* nothing touches the connection */
    bool done;    /* a job's result was not taken yet */
    enum err err;
    char cause[192];
    uint64_t used_bytes; /* after the last commit */
    bool sweeping;
    struct store_db *db;
    uv_async_t *async;
};

/* `async` is signalled whenever a job is done; both stay the caller's. ERR_MEMORY. */
MUST_USE enum err store_worker_start(struct store_worker *w, struct store_db *db,
                                     uv_async_t *async);
/* Does what it was given first. */
void store_worker_stop(struct store_worker *w);
/* The result of the job before must have been taken. The batch is only read, until then. */
void store_worker_give(struct store_worker *w, enum store_job job, const struct store_batch *batch);
/* Whether a job was done since; its result, and for a failure the cause in words. */
bool store_worker_take(struct store_worker *w, enum err *err, char *cause, size_t cause_bytes);
/* How full the database was after the last commit, and whether some of that is to go. */
uint64_t store_worker_used(struct store_worker *w, bool *sweeping);
/* Blocks until no job is under way; the caller may then use the connection until it gives one. */
void store_worker_rest(struct store_worker *w);

#endif
