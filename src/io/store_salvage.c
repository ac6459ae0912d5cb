/* A new database is built beside the damaged one, row by row, each row checked; when it is complete
 * and on disk the two change places.
 *
 * SQLite reads nothing of a file whose first page is broken. But that page holds only what is the
 * same in every database of ours: the header and the text of the schema. So it is taken from
 * the new one. Deeper damage ends a walk: tables are then walked from their other end too, and logs
 * one by one, so that damage in one leaves the others whole. */
#include "io/store_salvage.h"

#include "io/store_chain.h"
#include "io/store_file.h"
#include "io/store_mark.h"
#include "io/store_read.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 4096,
    PAGE_COUNT_AT = 28, /* 4 bytes; 0: ask the file system */
    COMMIT_BYTES = 4 * 1024 * 1024,
    KEPT_MAX = 1000,
};

struct salvage {
    struct store_db from;
    struct store_db to;
    size_t uncommitted;
    uint64_t records;
    uint64_t logs;
    uint64_t logs_cut;
    bool backward; /* the table is walked for the second time */
};

/* Errors of the new database end the salvage; those of the damaged one are what it is for. */
static enum err written(struct salvage *s, enum err err, size_t bytes)
{
    s->uncommitted += bytes;
    if (err != ERR_OK || s->uncommitted < COMMIT_BYTES)
        return err;
    s->uncommitted = 0;
    err = store_db_do(&s->to, STORE_DB_COMMIT);
    if (err == ERR_OK)
        err = store_db_checkpoint(&s->to);
    return err == ERR_OK ? store_db_do(&s->to, STORE_DB_BEGIN) : err;
}

/* What became of a log's seals. */
struct seals {
    uint64_t last; /* the log's last record that is left */
    bool kept;
    bool behind; /* one lies behind it */
    bool broken; /* the walk ended at damage */
};

static enum err walk_seals(struct salvage *s, enum store_db_sql way, int64_t row,
                           struct seals *seals)
{
    enum err err = ERR_OK;
    enum err found = ERR_OK;
    sqlite3_stmt *walk = store_row_walk_seals(&s->from, way, row, 0, STORE_DB_SEQ_MAX);
    while (err == ERR_OK && (found = store_db_step(&s->from, walk)) == ERR_OK) {
        struct store_row_seal seal;
        if (store_row_get_seal(walk, &seal) != ERR_OK || seal.row != row)
            continue;
        if (seal.seq > seals->last) {
            seals->behind = true;
            continue;
        }
        seals->kept = true;
        err = written(s, store_row_put_seal(&s->to, &seal), sizeof seal);
    }
    store_db_done(walk);
    seals->broken = found != ERR_NOT_FOUND;
    return err;
}

/* When all seals lie behind the last record that is left everything up to there was sealed, only
 * there is no signature over that end. */
static enum err put_unsigned_seal(struct salvage *s, int64_t row, uint64_t last)
{
    struct store_row_seal seal = {.row = row, .seq = last};
    enum err err = store_chain_at(&s->to, row, last, &seal.hash);
    return err == ERR_OK ? written(s, store_row_put_seal(&s->to, &seal), sizeof seal) : err;
}

static enum err copy_seals(struct salvage *s, int64_t row, uint64_t last)
{
    struct seals seals = {.last = last};
    enum err err = walk_seals(s, STORE_DB_SEAL_FROM, row, &seals);
    if (err == ERR_OK && seals.broken)
        err = walk_seals(s, STORE_DB_SEAL_BACKWARD, row, &seals);
    if (err == ERR_OK && seals.behind && !seals.kept)
        err = put_unsigned_seal(s, row, last);
    return err;
}

static enum err copy_runs(struct salvage *s, const struct store_row_log *log, uint64_t *last)
{
    enum err err = ERR_OK;
    struct store_row_run run;
    *last = log->first - 1;
    sqlite3_stmt *walk = store_row_walk_runs(&s->from, log->row, log->first);
    while (err == ERR_OK && store_db_step(&s->from, walk) == ERR_OK) {
        if (store_row_get_run(walk, log->row, &run) != ERR_OK || run.first != *last + 1 ||
            store_read_records(&log->id, &run, UINT64_MAX, NULL, NULL) != ERR_OK)
            break;
        err = written(s, store_row_put_run(&s->to, STORE_DB_RUN_PUT, &run), run.bytes.size);
        *last += run.count;
    }
    store_db_done(walk);
    return err;
}

/* Those that are whole, and of them what still is a checkpoint. */
static enum err copy_marks(struct salvage *s, const struct store_row_log *log, uint64_t last)
{
    struct store_mark mark;
    enum err err = ERR_OK;
    for (uint64_t at = last + 1; err == ERR_OK && at >= log->first; at = mark.mark.first - 1) {
        if (store_mark_find(&s->from, log->row, at, &mark) != ERR_OK ||
            mark.mark.first < log->first)
            break;
        if (mark.mark.last > last)
            mark.mark.last = 0;
        err = written(s, store_mark_put(&s->to, &mark), sizeof mark);
    }
    return err;
}

/* Without the chain hash before it nobody can check a log that begins later. */
static bool has_base(struct salvage *s, const struct store_row_log *log)
{
    struct chain_hash base;
    return store_mark_base(&s->from, log->row, log->first, &base) == ERR_OK;
}

static enum err copy_log(struct salvage *s, const struct store_row_log *log)
{
    struct store_row_log there;
    enum err err = store_row_find_log(&s->to, &log->id, &there);
    if (err != ERR_NOT_FOUND || !has_base(s, log)) {
        s->logs_cut += err == ERR_NOT_FOUND && !s->backward;
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    struct store_read_head head;
    bool whole = store_read_head(&s->from, log, &head) == ERR_OK;
    uint64_t last;
    err = written(s, store_row_put_log(&s->to, log), sizeof *log);
    if (err == ERR_OK)
        err = copy_runs(s, log, &last);
    if (err == ERR_OK)
        err = copy_marks(s, log, last);
    if (err == ERR_OK && last + 1 >= log->first)
        err = copy_seals(s, log->row, last);
    if (err != ERR_OK)
        return err;
    s->logs++;
    s->logs_cut += !whole || head.last != last;
    s->records += last - log->first + 1;
    return ERR_OK;
}

static enum err copy_log_row(struct salvage *s, sqlite3_stmt *walk)
{
    struct store_row_log log;
    return store_row_get_log(walk, &log) == ERR_OK ? copy_log(s, &log) : ERR_OK;
}

static enum err copy_topic_row(struct salvage *s, sqlite3_stmt *walk)
{
    struct store_row_topic topic;
    if (store_row_get_topic(walk, &topic) != ERR_OK)
        return ERR_OK;
    return written(s, store_row_put_topic(&s->to, &topic), topic.bytes.size);
}

static enum err copy_peer_row(struct salvage *s, sqlite3_stmt *walk)
{
    struct store_row_peer peer;
    if (store_row_get_peer(walk, &peer) != ERR_OK)
        return ERR_OK;
    return written(s, store_row_put_peer(&s->to, &peer), sizeof peer);
}

static enum err copy_seen_row(struct salvage *s, sqlite3_stmt *walk)
{
    struct event_seen seen;
    if (store_row_get_seen(walk, &seen) != ERR_OK)
        return ERR_OK;
    return written(s, store_row_put_seen(&s->to, &seen), sizeof seen);
}

static enum err copy_fork_row(struct salvage *s, sqlite3_stmt *walk)
{
    struct proof fork;
    if (store_row_get_fork(walk, &fork) != ERR_OK)
        return ERR_OK;
    return written(s, store_row_put_fork(&s->to, &fork), fork.bytes.size);
}

static enum err copy_table(struct salvage *s, enum store_db_sql sql,
                           enum err (*copy_row)(struct salvage *, sqlite3_stmt *))
{
    enum err err = ERR_OK;
    sqlite3_stmt *walk = store_db_use(&s->from, sql);
    while (err == ERR_OK && walk && store_db_step(&s->from, walk) == ERR_OK)
        err = copy_row(s, walk);
    store_db_done(walk);
    return err;
}

static enum err copy_all(struct salvage *s)
{
    uint64_t counter;
    enum err err = store_db_do(&s->to, STORE_DB_BEGIN);
    if (err == ERR_OK && store_row_find_counter(&s->from, &counter) == ERR_OK)
        err = store_row_put_counter(&s->to, counter);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_LOG_ALL, copy_log_row);
    s->backward = true;
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_LOG_BACKWARD, copy_log_row);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_TOPIC_ALL, copy_topic_row);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_TOPIC_BACKWARD, copy_topic_row);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_PEER_ALL, copy_peer_row);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_PEER_BACKWARD, copy_peer_row);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_SEEN_ALL, copy_seen_row);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_SEEN_BACKWARD, copy_seen_row);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_FORK_ALL, copy_fork_row);
    if (err == ERR_OK)
        err = copy_table(s, STORE_DB_FORK_BACKWARD, copy_fork_row);
    return err == ERR_OK ? store_db_do(&s->to, STORE_DB_COMMIT) : err;
}

/* Ours with some damage, or zeroes: not a file of somebody else's that only got this name. */
static bool is_ours(const uint8_t *page, const uint8_t *good)
{
    size_t same = 0;
    size_t all = 0;
    bool zero = true;
    for (size_t i = 0; i < PAGE_BYTES; i++) {
        zero = zero && page[i] == 0;
        all += good[i] != 0;
        same += good[i] != 0 && good[i] == page[i];
    }
    return zero || same > all / 2;
}

static bool first_page(const char *path, uint8_t page[PAGE_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && pread(fd, page, PAGE_BYTES, 0) == PAGE_BYTES;
    if (fd >= 0)
        close(fd);
    return whole;
}

static void mend_first_page(const char *path, const char *fresh)
{
    uint8_t page[PAGE_BYTES];
    uint8_t good[PAGE_BYTES];
    if (!first_page(path, page) || !first_page(fresh, good) || !is_ours(page, good))
        return;
    memset(good + PAGE_COUNT_AT, 0, 4);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    bool mended = pwrite(fd, good, sizeof good, 0) == sizeof good && fsync(fd) == 0;
    (void)mended; /* else it is read as it is */
    close(fd);
}

static enum err open_fresh(struct store_db *db, const char *fresh)
{
    store_file_remove(fresh);
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_IO;
    close(fd);
    enum err err = store_db_open(db, fresh, STORE_DB_NORMAL);
    if (err == ERR_OK)
        err = store_db_create(db);
    return err == ERR_OK ? store_db_checkpoint(db) : err;
}

static enum err open_damaged(struct store_db *db, const char *path, const char *fresh)
{
    enum err err = store_db_open(db, path, STORE_DB_DAMAGED);
    if (err == ERR_OK)
        err = store_db_schema(db);
    if (err == ERR_OK)
        return ERR_OK;
    store_db_close(db);
    mend_first_page(path, fresh);
    return store_db_open(db, path, STORE_DB_DAMAGED);
}

/* The first of path.damaged-1, -2, ... that is free. */
static char *choose_name(const char *path)
{
    for (unsigned n = 1; n <= KEPT_MAX; n++) {
        char suffix[24];
        snprintf(suffix, sizeof suffix, ".damaged-%u", n);
        char *name = store_file_beside(path, suffix);
        if (!name || access(name, F_OK) != 0)
            return name;
        free(name);
    }
    return NULL;
}

static enum err change_places(const char *path, const char *kept)
{
    enum err err = store_file_move(path, kept);
    if (err == ERR_OK)
        err = store_file_sync_folder(path);
    return err == ERR_OK ? store_salvage_finish(path) : err;
}

static enum err salvage(struct salvage *s, const char *path, const char *fresh, const char *kept)
{
    enum err err = open_fresh(&s->to, fresh);
    if (err == ERR_OK && open_damaged(&s->from, path, fresh) == ERR_OK)
        err = copy_all(s);
    store_db_close(&s->from);
    if (err == ERR_OK)
        store_db_close(&s->to);
    return err == ERR_OK ? change_places(path, kept) : err;
}

enum err store_salvage(const char *path, char *message, size_t message_bytes)
{
    struct salvage s = {.records = 0};
    char *fresh = store_file_beside(path, ".new");
    char *kept = choose_name(path);
    enum err err = fresh && kept ? salvage(&s, path, fresh, kept) : ERR_MEMORY;
    if (err == ERR_OK)
        snprintf(message, message_bytes,
                 "%s was damaged: %" PRIu64 " records of %" PRIu64 " logs were saved, %" PRIu64
                 " logs have lost some; the damaged file is kept as %s",
                 path, s.records, s.logs, s.logs_cut, kept);
    else
        snprintf(
            message, message_bytes,
            "%s is damaged and cannot be saved beside it: %s; free some space or move the file "
            "away, then start again",
            path, s.to.cause[0] ? s.to.cause : err_text(err));
    store_db_close(&s.to);
    if (err != ERR_OK && store_salvage_finish(path) != ERR_OK)
        err = ERR_IO;
    free(fresh);
    free(kept);
    return err;
}

enum err store_salvage_finish(const char *path)
{
    char *fresh = store_file_beside(path, ".new");
    if (!fresh)
        return ERR_MEMORY;
    enum err err = ERR_OK;
    if (access(path, F_OK) == 0) {
        store_file_remove(fresh);
    } else if (access(fresh, F_OK) == 0) {
        store_file_remove(path);
        err = store_file_move(fresh, path);
        if (err == ERR_OK)
            err = store_file_sync_folder(path);
    }
    free(fresh);
    return err;
}
