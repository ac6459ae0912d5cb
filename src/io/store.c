/* The store's surface, on the loop.
 *
 * The happy path: effects are copied into the batch that is gathering; store_flush() gives it to
 * the worker and the next one gathers; the worker's wake-up reports its last ticket and gives it
 * the next. There are two connections to the file: the worker's, which writes, and the loop's,
 * which reads and, while the worker rests, counts epochs through the worker's.
 *
 * The failures: a commit that fails leaves nothing behind. SQLite takes frames that were not synced
 * out of its index of the write-ahead log, and the next commit writes over them. So the database is
 * then exactly what was reported stored, and dropping everything gathered makes memory the same.
 * What could not even be gathered fails the same way, only that nothing was tried. */
#include "io/store.h"

#include "io/store_chain.h"
#include "io/store_counter.h"
#include "io/store_file.h"
#include "io/store_lock.h"
#include "io/store_read.h"
#include "io/store_salvage.h"
#include "io/store_seal.h"
#include "io/store_worker.h"
#include "io/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum state { WORKS, FAILED, PROBING };

enum { EPOCH_BITS = 53, EPOCH_RANDOM_BITS = 20, COUNTER_BITS = EPOCH_BITS - EPOCH_RANDOM_BITS };

struct store {
    struct store_handler handler;
    char *path;
    char *counter_path;
    char *suspect_path; /* exists: the database was found damaged while running */
    int lock;
    bool open; /* worker and async run */
    struct store_db writer;
    struct store_db reader;
    struct store_worker worker;
    uv_async_t *async; /* freed by its own close callback */
    struct store_logs logs;
    struct store_batch *gathering;
    struct store_batch *committing;
    uint64_t seed;
    uint64_t counter;
    bool counter_lost; /* `counter` is a guess from below */
    enum state state;
    bool untold; /* on_failed is due with `failure` */
    char failure[512];
};

static const char *next_step(enum err err)
{
    switch (err) {
    case ERR_FULL:
        return "free some space on that disk; it is tried again every second";
    case ERR_DENIED:
        return "make the file and its folder writable; it is tried again every second";
    case ERR_BUSY:
        return "end the other program that writes to it; it is tried again every second";
    case ERR_MEMORY:
        return "free some memory; it is tried again every second";
    case ERR_CORRUPT:
        return "the file is damaged: start again, and what is readable is saved";
    default:
        return "look at the disk and at the kernel's log; it is tried again every second";
    }
}

/* The loop lives on while something is to be reported. */
static void hold_loop(struct store *s)
{
    if (s->committing || s->state == PROBING || s->untold)
        uv_ref((uv_handle_t *)s->async);
    else
        uv_unref((uv_handle_t *)s->async);
}

/* The next start salvages. */
static void suspect(const struct store *s, enum err err)
{
    if (err != ERR_CORRUPT)
        return;
    int fd = open(s->suspect_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

/* Told from the loop, not from within the caller's effects. */
static void give_up(struct store *s, enum err err, const char *cause)
{
    suspect(s, err);
    s->state = FAILED;
    s->untold = true;
    snprintf(s->failure, sizeof s->failure, "cannot store into %s: %s; %s", s->path,
             cause[0] ? cause : err_text(err), next_step(err));
    hold_loop(s);
    uv_async_send(s->async);
}

static void commit(struct store *s)
{
    if (s->state != WORKS || s->committing || !s->gathering)
        return;
    s->committing = s->gathering;
    s->gathering = NULL;
    store_batch_close(s->committing);
    store_worker_give(&s->worker, STORE_JOB_COMMIT, s->committing);
    hold_loop(s);
}

static void finish_commit(struct store *s, enum err err, const char *cause)
{
    uint64_t ticket = s->committing->ticket;
    store_batch_free(s->committing);
    s->committing = NULL;
    if (err != ERR_OK) {
        give_up(s, err, cause);
        return;
    }
    /* The next commit runs while the core looks at this one. */
    commit(s);
    s->handler.on_stored(s->handler.context, ticket);
}

static void finish_probe(struct store *s, enum err err, const char *cause)
{
    if (err != ERR_OK) {
        give_up(s, err, cause);
        return;
    }
    s->state = WORKS;
    s->handler.on_ready(s->handler.context);
}

static void tell_failure(struct store *s)
{
    s->untold = false;
    store_batch_free(s->gathering);
    s->gathering = NULL;
    store_logs_clear(&s->logs);
    s->handler.on_failed(s->handler.context, s->failure);
}

static void on_wake(uv_async_t *async)
{
    struct store *s = async->data;
    enum err err;
    char cause[sizeof s->worker.cause];
    if (store_worker_take(&s->worker, &err, cause, sizeof cause)) {
        if (s->state == PROBING)
            finish_probe(s, err, cause);
        else
            finish_commit(s, err, cause);
    }
    if (s->untold && !s->committing)
        tell_failure(s);
    hold_loop(s);
}

/* The log that an effect names, new if need be; its first effect then describes it. */
static enum err log_of(struct store *s, const struct log_id *id, enum role role, uint64_t first,
                       struct store_log **log)
{
    enum err err = store_logs_find(&s->logs, id, log);
    if (err != ERR_NOT_FOUND)
        return err;
    err = store_logs_add(&s->logs, id, first, log);
    if (err != ERR_OK)
        return err;
    struct effect described = {
        .store_log = {.id = *id, .role = role, .first = first, .last = first - 1}};
    return store_batch_add_log(s->gathering, *log, &described);
}

static enum err add_records(struct store *s, const struct effect *effect)
{
    struct store_log *log;
    uint64_t first = effect->store.first;
    enum err err = log_of(s, &effect->store.id, effect->store.role, first, &log);
    if (err != ERR_OK || effect->store.count == 0)
        return err;
    check(first >= log->first && first <= log->last + 1);
    if (first <= log->last)
        err = store_batch_cut(s->gathering, log, first - 1);
    return err == ERR_OK ? store_batch_add_records(s->gathering, log, effect) : err;
}

static enum err add_log(struct store *s, const struct effect *effect)
{
    struct store_log *log;
    enum err err = log_of(s, &effect->store_log.id, effect->store_log.role, effect->store_log.first,
                          &log);
    return err == ERR_OK ? store_batch_add_log(s->gathering, log, effect) : err;
}

static enum err add_seal(struct store *s, const struct effect *effect)
{
    struct store_log *log;
    enum err err = store_logs_find(&s->logs, &effect->store_seal.id, &log);
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (err == ERR_OK && (effect->store_seal.seq == 0 || effect->store_seal.seq > log->last))
        return ERR_OK;
    return err == ERR_OK ? store_batch_add_seal(s->gathering, log, effect) : err;
}

static enum err add(struct store *s, const struct effect *effect)
{
    if (!s->gathering)
        s->gathering = store_batch_new(s->seed);
    if (!s->gathering)
        return ERR_MEMORY;
    s->gathering->ticket = effect->ticket;
    switch (effect->kind) {
    case EFFECT_STORE:
        return add_records(s, effect);
    case EFFECT_STORE_SEAL:
        return add_seal(s, effect);
    case EFFECT_STORE_TOPIC:
        return store_batch_add_topic(s->gathering, effect);
    case EFFECT_STORE_LOG:
        return add_log(s, effect);
    case EFFECT_STORE_PEER:
        return store_batch_add_peer(s->gathering, effect);
    case EFFECT_STORE_FORK:
        return store_batch_add_fork(s->gathering, effect);
    default:
        check(effect->kind == EFFECT_STORE_SEEN);
        return store_batch_add_seen(s->gathering, effect);
    }
}

static void retry(struct store *s)
{
    if (s->state != FAILED || s->untold)
        return;
    s->state = PROBING;
    store_worker_give(&s->worker, STORE_JOB_PROBE, NULL);
    hold_loop(s);
}

void store_effect(struct store *s, const struct effect *effect)
{
    if (effect->kind == EFFECT_STORE_RETRY) {
        retry(s);
        return;
    }
    if (s->state != WORKS)
        return;
    enum err err = add(s, effect);
    if (err != ERR_OK)
        give_up(s, err, s->reader.cause);
}

void store_flush(struct store *s)
{
    bool idle = !s->gathering && !s->committing;
    if (idle && s->logs.table.count > LIMIT_LOGS)
        store_logs_clear(&s->logs);
    commit(s);
}

uint64_t store_used_bytes(struct store *s, bool *sweeping)
{
    return store_worker_used(&s->worker, sweeping);
}

size_t store_backlog_bytes(const struct store *s)
{
    return (s->gathering ? s->gathering->bytes : 0) + (s->committing ? s->committing->bytes : 0);
}

static enum err fetch_to_seal(struct store *s, const struct store_log *log, uint64_t first,
                              size_t bytes_max, struct store_seal *seal, struct store_fetched *run)
{
    struct store_row_seal next;
    enum err err = store_seal_next(&s->reader, log, first, &next);
    if (err == ERR_OK)
        err = store_read_run(&s->reader, log, first, next.seq, bytes_max, run);
    if (err != ERR_OK || first + run->count - 1 != next.seq)
        return err;
    seal->hash = next.hash;
    seal->signature_size = next.signature_size;
    memcpy(seal->signature, next.signature, next.signature_size);
    return ERR_OK;
}

enum err store_fetch(struct store *s, const struct log_id *id, uint64_t first, size_t bytes_max,
                     struct store_seal *seal, struct store_fetched *run)
{
    struct store_log *log;
    *run = (struct store_fetched){.memory = NULL};
    if (seal)
        *seal = (struct store_seal){.signature_size = 0};
    enum err err = store_logs_find(&s->logs, id, &log);
    if (err != ERR_OK)
        return err;
    if (first < log->first || first > log->last)
        return ERR_NOT_FOUND;
    err = seal ? fetch_to_seal(s, log, first, bytes_max, seal, run)
               : store_read_run(&s->reader, log, first, log->last, bytes_max, run);
    suspect(s, err);
    return err;
}

/* What follows must end at its seal, or it is of no use. */
static void fetch_behind(struct store *s, const struct effect *effect, struct event *e,
                         char **memory)
{
    struct store_seal seal;
    struct store_fetched run;
    enum err err = store_fetch(s, &effect->chain.id, effect->chain.seq + 1, LIMIT_BATCH_BYTES,
                               &seal, &run);
    *memory = run.memory;
    if (err != ERR_OK || seal.signature_size == 0)
        return;
    e->chain.bytes = run.bytes;
    e->chain.count = run.count;
    e->chain.seal_hash = seal.hash;
    e->chain.signature_size = seal.signature_size;
    memcpy(e->chain.signature, seal.signature, seal.signature_size);
}

void store_chain(struct store *s, const struct effect *effect, struct event *e, char **memory)
{
    struct store_log *log;
    uint64_t seq = effect->chain.seq;
    *e = (struct event){.kind = EVENT_CHAIN,
                        .chain = {.link = effect->chain.link,
                                  .id = effect->chain.id,
                                  .seq = seq,
                                  .told = effect->chain.told}};
    *memory = NULL;
    enum err err = store_logs_find(&s->logs, &effect->chain.id, &log);
    if (err != ERR_OK || seq + 1 < log->first || seq > log->last)
        return;
    err = store_chain_at(&s->reader, log->row, seq, &e->chain.hash);
    suspect(s, err);
    e->chain.known = err == ERR_OK;
    if (e->chain.known && effect->chain.to_seal)
        fetch_behind(s, effect, e, memory);
}

enum err store_restore(struct store *s, store_event_fn *emit, void *context, uint64_t *record_count)
{
    return store_read_all(&s->reader, emit, context, record_count);
}

enum err store_epoch(struct store *s, uint64_t above, uint64_t random, uint64_t *epoch)
{
    uint64_t counter = s->counter;
    if (counter < above >> EPOCH_RANDOM_BITS)
        counter = above >> EPOCH_RANDOM_BITS;
    /* Nobody knows how far it was: far enough ahead that no life is likely to come twice; should
     * one be remembered elsewhere, the core is told and asks again. */
    if (s->counter_lost)
        counter += 1 + (random >> 48);
    counter++;
    if (counter >> COUNTER_BITS != 0)
        return ERR_RANGE;
    store_worker_rest(&s->worker);
    store_db_rollback(&s->writer);
    enum err err = store_counter_write(s->counter_path, counter);
    if (err == ERR_OK)
        err = store_row_put_counter(&s->writer, counter);
    if (err != ERR_OK)
        return err;
    s->counter = counter;
    s->counter_lost = false;
    *epoch = counter << EPOCH_RANDOM_BITS | (random & ((1 << EPOCH_RANDOM_BITS) - 1));
    return ERR_OK;
}

static void ignore(void *context, const struct event *e)
{
    (void)context;
    (void)e;
}

/* Everything that a start reads, read once to see whether it is whole. */
static enum err look(struct store *s)
{
    uint64_t records;
    enum err err = store_db_schema(&s->writer);
    if (err == ERR_NOT_FOUND)
        err = store_db_create(&s->writer);
    if (err == ERR_OK)
        err = store_db_migrate(&s->writer);
    if (err == ERR_OK)
        err = store_db_look(&s->writer);
    if (err == ERR_OK)
        err = store_row_find_counter(&s->writer, &s->counter);
    s->counter_lost = err == ERR_NOT_FOUND;
    if (err == ERR_OK || err == ERR_NOT_FOUND)
        err = store_read_all(&s->writer, ignore, NULL, &records);
    return err;
}

static enum err open_writer(struct store *s)
{
    int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(s->writer.cause, sizeof s->writer.cause, "%s",
                 uv_strerror(uv_translate_sys_error(errno)));
        return ERR_DENIED;
    }
    close(fd);
    enum err err = store_db_open(&s->writer, s->path, STORE_DB_NORMAL);
    return err == ERR_OK ? look(s) : err;
}

static enum err open_or_salvage(struct store *s, char *message, size_t message_bytes)
{
    enum err err = store_salvage_finish(s->path);
    bool suspect = access(s->suspect_path, F_OK) == 0;
    if (err == ERR_OK && !suspect)
        err = open_writer(s);
    if (err == ERR_CORRUPT || (err == ERR_OK && suspect)) {
        store_db_close(&s->writer);
        err = store_salvage(s->path, message, message_bytes);
        if (err == ERR_OK)
            err = open_writer(s);
        if (err == ERR_OK)
            unlink(s->suspect_path);
    }
    return err;
}

/* The counter never goes back: the higher of its two copies counts, and without either the highest
 * epoch of any log. */
static enum err find_counter(struct store *s)
{
    uint64_t second = 0;
    enum err err = store_counter_read(s->counter_path, &second);
    if (err == ERR_IO)
        return err;
    bool copy_lost = err == ERR_CORRUPT;
    if (err == ERR_OK) {
        s->counter_lost = false;
        if (second > s->counter)
            s->counter = second;
    }
    sqlite3_stmt *greatest = store_db_use(&s->writer, STORE_DB_LOG_GREATEST);
    err = store_db_step(&s->writer, greatest);
    if (err != ERR_OK)
        return err;
    int64_t row = sqlite3_column_int64(greatest, 0);
    uint64_t epoch = (uint64_t)sqlite3_column_int64(greatest, 1);
    store_db_done(greatest);
    if (s->counter_lost)
        s->counter = epoch >> EPOCH_RANDOM_BITS;
    s->counter_lost = s->counter_lost && (copy_lost || epoch > 0);
    store_logs_init(&s->logs, &s->reader, s->seed, row + 1);
    return ERR_OK;
}

static void free_async(uv_handle_t *handle)
{
    free(handle);
}

static enum err start_worker(struct store *s, uv_loop_t *loop)
{
    s->async = malloc(sizeof *s->async);
    if (!s->async)
        return ERR_MEMORY;
    if (uv_async_init(loop, s->async, on_wake) != 0) {
        free(s->async);
        return ERR_IO;
    }
    s->async->data = s;
    uv_unref((uv_handle_t *)s->async);
    s->writer.sweep = true; /* a crash may have left some */
    enum err err = store_worker_start(&s->worker, &s->writer, s->async);
    s->open = err == ERR_OK;
    if (err != ERR_OK)
        uv_close((uv_handle_t *)s->async, free_async);
    return err;
}

static void say(const struct store *s, enum err err, char *message, size_t message_bytes)
{
    if (message[0])
        return;
    const char *cause = s->writer.cause[0] ? s->writer.cause : s->reader.cause;
    if (err == ERR_RANGE)
        snprintf(message, message_bytes,
                 "%s was written by a later version of kith; update this one, or start with "
                 "another --state-dir",
                 s->path);
    else
        snprintf(message, message_bytes, "cannot open %s: %s; check its permissions and the disk",
                 s->path ? s->path : "the store", cause[0] ? cause : err_text(err));
}

static enum err open_all(struct store *s, uv_loop_t *loop, char *message, size_t message_bytes)
{
    char *lock_path = s->path ? store_file_beside(s->path, ".lock") : NULL;
    if (!lock_path || !s->counter_path || !s->suspect_path) {
        free(lock_path);
        return ERR_MEMORY;
    }
    enum err err = store_lock_take(&s->lock, lock_path, message, message_bytes);
    free(lock_path);
    if (err == ERR_OK)
        err = open_or_salvage(s, message, message_bytes);
    if (err == ERR_OK)
        err = find_counter(s);
    if (err == ERR_OK)
        err = store_db_open(&s->reader, s->path, STORE_DB_NORMAL);
    return err == ERR_OK ? start_worker(s, loop) : err;
}

enum err store_open(struct store **store, uv_loop_t *loop, const char *path,
                    const struct store_handler *handler, char *message, size_t message_bytes)
{
    message[0] = '\0';
    *store = NULL;
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    s->handler = *handler;
    s->lock = -1;
    s->seed = trust_random();
    s->path = strdup(path);
    s->counter_path = store_file_beside(path, ".epoch");
    s->suspect_path = store_file_beside(path, ".suspect");
    enum err err = open_all(s, loop, message, message_bytes);
    if (err == ERR_OK) {
        *store = s;
        return ERR_OK;
    }
    say(s, err, message, message_bytes);
    store_close(s);
    return err;
}

static void close_worker(struct store *s)
{
    enum err err;
    char cause[sizeof s->worker.cause];
    store_worker_rest(&s->worker);
    bool done = store_worker_take(&s->worker, &err, cause, sizeof cause);
    store_batch_free(s->committing);
    s->committing = NULL;
    if (s->gathering && s->state == WORKS && !(done && err != ERR_OK)) {
        commit(s);
        store_worker_rest(&s->worker);
    }
    store_worker_stop(&s->worker);
    uv_close((uv_handle_t *)s->async, free_async);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->open)
        close_worker(s);
    store_batch_free(s->gathering);
    store_batch_free(s->committing);
    store_logs_fini(&s->logs);
    store_db_close(&s->reader);
    store_db_close(&s->writer);
    store_lock_release(s->lock);
    free(s->path);
    free(s->counter_path);
    free(s->suspect_path);
    free(s);
}
