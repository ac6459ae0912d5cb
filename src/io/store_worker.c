#include "io/store_worker.h"

#include "io/store_write.h"

#include <stdio.h>

enum {
    STACK_BYTES = 512 * 1024,
    CHECKPOINT_PAGES = 1000, /* of 4 KiB, in the write-ahead log */
};

static enum err perform(struct store_worker *w, enum store_job job)
{
    return job == STORE_JOB_COMMIT ? store_write_batch(w->db, w->batch) : store_write_probe(w->db);
}

static void report(struct store_worker *w, enum err err)
{
    uint64_t used = 0;
    bool known = err == ERR_OK && store_db_used(w->db, &used) == ERR_OK;
    uv_mutex_lock(&w->mutex);
    if (known)
        w->used_bytes = used;
    w->sweeping = w->db->sweep;
    w->err = err;
    if (err != ERR_OK)
        snprintf(w->cause, sizeof w->cause, "%s", w->db->cause);
    w->job = STORE_JOB_NONE;
    w->done = true;
    uv_cond_signal(&w->changed);
    uv_mutex_unlock(&w->mutex);
    uv_async_send(w->async);
}

/* Behind the report: what is committed does not wait for it. That it fails is no loss, the
 * write-ahead log only grows; when that fails too, a commit fails. */
static void checkpoint(struct store_worker *w)
{
    if (w->db->wal_pages < CHECKPOINT_PAGES)
        return;
    enum err err = store_db_checkpoint(w->db);
    if (err == ERR_OK)
        w->db->wal_pages = 0;
}

static enum store_job wait_for_job(struct store_worker *w)
{
    uv_mutex_lock(&w->mutex);
    w->resting = w->job == STORE_JOB_NONE;
    uv_cond_signal(&w->changed);
    while (w->job == STORE_JOB_NONE)
        uv_cond_wait(&w->changed, &w->mutex);
    enum store_job job = w->job;
    uv_mutex_unlock(&w->mutex);
    return job;
}

static void run(void *argument)
{
    struct store_worker *w = argument;
    for (;;) {
        enum store_job job = wait_for_job(w);
        if (job == STORE_JOB_STOP)
            return;
        enum err err = perform(w, job);
        report(w, err);
        if (err == ERR_OK)
            checkpoint(w);
    }
}

enum err store_worker_start(struct store_worker *w, struct store_db *db, uv_async_t *async)
{
    *w = (struct store_worker){.db = db, .async = async, .resting = true};
    uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK_BYTES};
    if (uv_mutex_init(&w->mutex) != 0)
        return ERR_MEMORY;
    if (uv_cond_init(&w->changed) == 0) {
        if (uv_thread_create_ex(&w->thread, &options, run, w) == 0)
            return ERR_OK;
        uv_cond_destroy(&w->changed);
    }
    uv_mutex_destroy(&w->mutex);
    return ERR_MEMORY;
}

void store_worker_stop(struct store_worker *w)
{
    store_worker_rest(w);
    store_worker_give(w, STORE_JOB_STOP, NULL);
    uv_thread_join(&w->thread);
    uv_cond_destroy(&w->changed);
    uv_mutex_destroy(&w->mutex);
}

void store_worker_give(struct store_worker *w, enum store_job job, const struct store_batch *batch)
{
    uv_mutex_lock(&w->mutex);
    check(w->job == STORE_JOB_NONE && (!w->done || job == STORE_JOB_STOP));
    w->job = job;
    w->batch = batch;
    w->resting = false;
    uv_cond_signal(&w->changed);
    uv_mutex_unlock(&w->mutex);
}

bool store_worker_take(struct store_worker *w, enum err *err, char *cause, size_t cause_bytes)
{
    uv_mutex_lock(&w->mutex);
    bool done = w->done;
    w->done = false;
    *err = w->err;
    if (done && w->err != ERR_OK)
        snprintf(cause, cause_bytes, "%s", w->cause);
    uv_mutex_unlock(&w->mutex);
    return done;
}

uint64_t store_worker_used(struct store_worker *w, bool *sweeping)
{
    uv_mutex_lock(&w->mutex);
    uint64_t used = w->used_bytes;
    *sweeping = w->sweeping;
    uv_mutex_unlock(&w->mutex);
    return used;
}

void store_worker_rest(struct store_worker *w)
{
    uv_mutex_lock(&w->mutex);
    while (!w->resting)
        uv_cond_wait(&w->changed, &w->mutex);
    uv_mutex_unlock(&w->mutex);
}
