/* At the start only heads and tails are read: each log's row, its seal, the end of its last run,
 * and the records behind the seal. What lies before is checked when somebody asks for it.
 *
 * A run for a peer is put together from what is on disk and what is still gathered; whole rows are
 * taken as they are, since a row is made to fit a message. */
#include "io/store_read.h"

#include "io/store_mark.h"
#include "io/store_run.h"
#include "wire/record.h"

#include <stdlib.h>

enum err store_read_head(struct store_db *db, const struct store_row_log *log,
                         struct store_read_head *head)
{
    struct store_row_run run;
    *head = (struct store_read_head){.last = log->first - 1};
    enum err err = store_row_seek_run(db, log->row, STORE_DB_SEQ_MAX, &run);
    if (err == ERR_OK)
        head->last = run.first + run.count - 1;
    if (err == ERR_OK || err == ERR_NOT_FOUND)
        err = store_row_find_seal(db, log->row, &head->seal);
    if (err == ERR_OK && (head->seal.seq > head->last || head->last < log->first - 1))
        err = ERR_CORRUPT;
    if (head->seal.seq + 1 < log->first) /* of what was pruned */
        head->seal = (struct store_row_seal){.row = log->row};
    return err;
}

enum err store_read_records(const struct log_id *id, const struct store_row_run *run,
                            uint64_t after, store_event_fn *emit, void *context)
{
    struct record record;
    struct event event = {.kind = EVENT_RESTORE_TAIL,
                          .restore_record = {.id = *id, .record = &record}};
    char memory[LIMIT_VALUE_TEXT];
    const char *cause = NULL;
    size_t at = 0;
    uint64_t seq = run->first;
    for (; record_next(run->bytes, &at, &record, memory, &cause); seq++) {
        if (record.seq != seq || record.epoch != id->epoch || !span_is(record.device, id->device))
            return ERR_CORRUPT;
        if (emit && seq > after)
            emit(context, &event);
    }
    return !cause && seq == run->first + run->count ? ERR_OK : ERR_CORRUPT;
}

enum err store_read_tail(struct store_db *db, const struct store_row_log *log, uint64_t after,
                         uint64_t last, store_event_fn *emit, void *context)
{
    if (after >= last)
        return ERR_OK;
    struct store_row_run run;
    enum err err = store_row_seek_run(db, log->row, after + 1, &run);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    uint64_t next = run.first;
    sqlite3_stmt *walk = store_row_walk_runs(db, log->row, next);
    while (err == ERR_OK && next <= last) {
        err = store_db_step(db, walk);
        if (err == ERR_OK)
            err = store_row_get_run(walk, log->row, &run);
        if (err == ERR_OK && run.first != next)
            err = ERR_CORRUPT;
        if (err == ERR_OK)
            err = store_read_records(&log->id, &run, after, emit, context);
        next += run.count;
    }
    store_db_done(walk);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static enum err restore_log(struct store_db *db, const struct store_row_log *log,
                            store_event_fn *emit, void *context, uint64_t *record_count)
{
    struct store_read_head head;
    struct chain_hash base;
    struct event_mark marks[LIMIT_MARKS];
    size_t mark_count;
    enum err err = store_read_head(db, log, &head);
    if (err == ERR_OK)
        err = store_mark_base(db, log->row, log->first, &base);
    if (err == ERR_OK)
        err = store_mark_list(db, log->row, head.last, marks, &mark_count);
    if (err != ERR_OK)
        return err;
    struct event event = {
        .kind = EVENT_RESTORE_LOG,
        .restore_log = {.id = log->id,
                        .role = log->role,
                        .first = log->first,
                        .last = head.last,
                        .sealed = head.seal.seq,
                        .sealed_hash = head.seal.hash,
                        .signature_size = head.seal.signature_size,
                        .closed = log->closed,
                        .base = base,
                        .marks = marks,
                        .mark_count = mark_count},
    };
    memcpy(event.restore_log.signature, head.seal.signature, sizeof head.seal.signature);
    emit(context, &event);
    *record_count += head.last - log->first + 1;
    uint64_t after = head.seal.seq < log->first ? log->first - 1 : head.seal.seq;
    return store_read_tail(db, log, after, head.last, emit, context);
}

static enum err restore_topic(sqlite3_stmt *walk, store_event_fn *emit, void *context)
{
    struct store_row_topic topic;
    struct record record;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    enum err err = store_row_get_topic(walk, &topic);
    if (err == ERR_OK && record_decode(topic.bytes, &record, memory, &cause) != ERR_OK)
        err = ERR_CORRUPT;
    if (err == ERR_OK) {
        struct event event = {.kind = EVENT_RESTORE_TOPIC,
                              .restore_record = {.id = topic.id, .record = &record}};
        emit(context, &event);
    }
    return err;
}

static enum err restore_peer(sqlite3_stmt *walk, store_event_fn *emit, void *context)
{
    struct store_row_peer peer;
    enum err err = store_row_get_peer(walk, &peer);
    if (err == ERR_OK) {
        struct event event = {
            .kind = EVENT_RESTORE_PEER,
            .restore_peer = {.device = peer.device, .address = peer.address},
        };
        emit(context, &event);
    }
    return err;
}

static enum err restore_seen(sqlite3_stmt *walk, store_event_fn *emit, void *context)
{
    struct event event = {.kind = EVENT_RESTORE_SEEN};
    enum err err = store_row_get_seen(walk, &event.restore_seen);
    if (err == ERR_OK)
        emit(context, &event);
    return err;
}

static enum err restore_fork(sqlite3_stmt *walk, store_event_fn *emit, void *context)
{
    struct proof fork;
    struct event event = {.kind = EVENT_RESTORE_FORK, .restore_fork = &fork};
    enum err err = store_row_get_fork(walk, &fork);
    if (err == ERR_OK)
        emit(context, &event);
    return err;
}

static enum err restore_logs(struct store_db *db, store_event_fn *emit, void *context,
                             uint64_t *record_count)
{
    enum err err;
    sqlite3_stmt *walk = store_db_use(db, STORE_DB_LOG_ALL);
    while ((err = store_db_step(db, walk)) == ERR_OK) {
        struct store_row_log log;
        err = store_row_get_log(walk, &log);
        if (err == ERR_OK)
            err = restore_log(db, &log, emit, context, record_count);
        if (err != ERR_OK)
            break;
    }
    store_db_done(walk);
    return err;
}

typedef enum err restore_row_fn(sqlite3_stmt *walk, store_event_fn *emit, void *context);

static enum err restore_rows(struct store_db *db, enum store_db_sql sql, restore_row_fn *row,
                             store_event_fn *emit, void *context)
{
    enum err err;
    sqlite3_stmt *walk = store_db_use(db, sql);
    while ((err = store_db_step(db, walk)) == ERR_OK) {
        err = row(walk, emit, context);
        if (err != ERR_OK)
            break;
    }
    store_db_done(walk);
    return err;
}

enum err store_read_all(struct store_db *db, store_event_fn *emit, void *context,
                        uint64_t *record_count)
{
    *record_count = 0;
    enum err err = restore_logs(db, emit, context, record_count);
    if (err == ERR_NOT_FOUND)
        err = restore_rows(db, STORE_DB_TOPIC_ALL, restore_topic, emit, context);
    if (err == ERR_NOT_FOUND)
        err = restore_rows(db, STORE_DB_PEER_ALL, restore_peer, emit, context);
    if (err == ERR_NOT_FOUND)
        err = restore_rows(db, STORE_DB_SEEN_ALL, restore_seen, emit, context);
    if (err == ERR_NOT_FOUND)
        err = restore_rows(db, STORE_DB_FORK_ALL, restore_fork, emit, context);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* A run being put together. */
struct reply {
    char *memory;
    size_t size;
    size_t capacity;
    size_t bytes_max;
    size_t count;
    uint64_t next; /* the record that follows */
    bool full;
};

static enum err reserve(struct reply *r, size_t size)
{
    if (size <= r->capacity)
        return ERR_OK;
    size_t capacity = size > 2 * r->capacity ? size : 2 * r->capacity;
    char *memory = realloc(r->memory, capacity);
    if (!memory)
        return ERR_MEMORY;
    r->memory = memory;
    r->capacity = capacity;
    return ERR_OK;
}

static enum err append(struct reply *r, struct span bytes, size_t count)
{
    if (bytes.size == 0)
        return ERR_CORRUPT;
    size_t comma = r->size > 0;
    enum err err = reserve(r, r->size + comma + bytes.size);
    if (err != ERR_OK)
        return err;
    if (comma)
        r->memory[r->size] = ',';
    memcpy(r->memory + r->size + comma, bytes.bytes, bytes.size);
    r->size += comma + bytes.size;
    r->count += count;
    r->next += count;
    return ERR_OK;
}

/* Takes what it may of `count` records that begin with `first`, from r->next on up to `last`. Once
 * the reply is half full a row that does not fit is left to the next request, so that rows are not
 * read twice. */
static enum err take(struct reply *r, uint64_t first, uint64_t count, struct span bytes,
                     uint64_t last)
{
    if (first > r->next || count == 0 || first + count <= r->next)
        return ERR_CORRUPT;
    uint64_t rest = first + count - r->next;
    size_t taken = (size_t)(rest < last - r->next + 1 ? rest : last - r->next + 1);
    size_t used = r->size + (r->size > 0);
    size_t room = r->bytes_max > used ? r->bytes_max - used : 0;
    if (first < r->next)
        bytes = store_run_behind(bytes, (size_t)(r->next - first));
    if (taken == rest && bytes.size <= room)
        return append(r, bytes, taken);
    r->full = bytes.size > room;
    if (r->full && r->size > r->bytes_max / 2)
        return ERR_OK;
    struct span fitting = store_run_fit(bytes, room, &taken);
    if (taken == 0 && r->size == 0) {
        taken = 1;
        fitting = store_run_fit(bytes, SIZE_MAX, &taken);
    }
    return taken > 0 ? append(r, fitting, taken) : ERR_OK;
}

static enum err take_gathered(struct reply *r, const struct store_piece *piece, uint64_t last)
{
    enum err err = ERR_OK;
    for (; piece && err == ERR_OK && !r->full && r->next <= last; piece = piece->next)
        err = take(r, piece->first, piece->count, piece->bytes, last);
    return err;
}

static enum err take_stored(struct reply *r, struct store_db *db, int64_t row, uint64_t last)
{
    struct store_row_run run;
    enum err err = store_row_seek_run(db, row, r->next, &run);
    sqlite3_stmt *walk = err == ERR_OK ? store_row_walk_runs(db, row, run.first) : NULL;
    while (err == ERR_OK && !r->full && r->next <= last) {
        err = store_db_step(db, walk);
        if (err == ERR_OK)
            err = store_row_get_run(walk, row, &run);
        if (err == ERR_OK)
            err = take(r, run.first, run.count, run.bytes, last);
    }
    store_db_done(walk);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

enum err store_read_run(struct store_db *db, const struct store_log *log, uint64_t first,
                        uint64_t last, size_t bytes_max, struct store_fetched *run)
{
    struct reply r = {.bytes_max = bytes_max, .next = first};
    enum err err = ERR_OK;
    while (err == ERR_OK && !r.full && r.next <= last) {
        uint64_t end;
        const struct store_piece *piece = store_batch_find(log, r.next, &end);
        if (end > last)
            end = last;
        err = piece ? take_gathered(&r, piece, end) : take_stored(&r, db, log->row, end);
    }
    if (r.count == 0) {
        free(r.memory);
        return err;
    }
    /* What was read before a damaged row is good. */
    *run = (struct store_fetched){r.memory, {r.memory, r.size}, r.count};
    return ERR_OK;
}
