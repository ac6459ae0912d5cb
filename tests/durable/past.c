#define _GNU_SOURCE
#include "past.h"

#include "io/store_run.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LOGS = 16, FETCH_BYTES = 5000 };
#define SEQ_BITS "40"
#define SEQ_OF   "(id & ((1 << " SEQ_BITS ") - 1))"

static const struct {
    const char *path;
    int64_t version;
    const char *seals; /* of one log: sequence, hash, signature */
    bool seen, marks;
} rows[] = {
    {"tests/data/stores/schema1.sql", 1,
     "SELECT seq, hex(hash), hex(signature) FROM seal WHERE log = ?1 AND seq >= ?2", false, false},
    {"tests/data/stores/schema2.sql", 2,
     "SELECT " SEQ_OF ", hex(hash), hex(signature) FROM seal"
     " WHERE id >> " SEQ_BITS " = ?1 AND " SEQ_OF " >= ?2 ORDER BY id",
     true, false},
    {"tests/data/stores/schema3.sql", 3,
     "SELECT " SEQ_OF ", hex(hash), hex(signature) FROM seal"
     " WHERE id >> " SEQ_BITS " = ?1 AND " SEQ_OF " >= ?2 ORDER BY id",
     true, true},
};

size_t past_count(void)
{
    return COUNT_OF(rows);
}

/* As it lies. */

static sqlite3 *open_raw(const char *path)
{
    sqlite3 *db;
    int code = sqlite3_open(path, &db);
    check(code == SQLITE_OK);
    return db;
}

/* Prints a line a row: `word` and its columns; ?1 and ?2 are bound. */
static void list(FILE *out, sqlite3 *db, const char *word, const char *sql, int64_t log,
                 int64_t first)
{
    sqlite3_stmt *s;
    int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    check(code == SQLITE_OK);
    sqlite3_bind_int64(s, 1, log);
    sqlite3_bind_int64(s, 2, first);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        fprintf(out, "%s", word);
        for (int i = 0; i < sqlite3_column_count(s); i++)
            fprintf(out, " %s", (const char *)sqlite3_column_text(s, i));
        fprintf(out, "\n");
    }
    check(code == SQLITE_DONE);
    sqlite3_finalize(s);
}

/* The records of one row that lie in the log: a row may straddle its beginning. */
static void print_run(FILE *out, uint64_t seq, uint64_t first, struct span run)
{
    for (size_t at = 0; at < run.size; seq++) {
        size_t end = store_run_end(run, at);
        if (seq >= first)
            fprintf(out, "record %llu %.*s\n", (unsigned long long)seq, (int)(end - at),
                    run.bytes + at);
        at = end + 1;
    }
}

static void list_runs(FILE *out, sqlite3 *db, int64_t log, int64_t first)
{
    sqlite3_stmt *s;
    const char *sql = "SELECT " SEQ_OF ", bytes FROM run WHERE id >> " SEQ_BITS " = ?1 ORDER BY id";
    int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    check(code == SQLITE_OK);
    sqlite3_bind_int64(s, 1, log);
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        print_run(out, (uint64_t)sqlite3_column_int64(s, 0), (uint64_t)first,
                  span_of((const char *)sqlite3_column_text(s, 1)));
    check(code == SQLITE_DONE);
    sqlite3_finalize(s);
}

static void list_marks(FILE *out, sqlite3 *db, int64_t log, int64_t first)
{
    if (first > 1)
        list(out, db, "base",
             "SELECT hex(hash) FROM mark WHERE id >> " SEQ_BITS " = ?1 AND " SEQ_OF " = ?2", log,
             first);
    list(out, db, "mark",
         "SELECT " SEQ_OF ", last, hex(hash), at FROM mark WHERE id >> " SEQ_BITS
         " = ?1 AND last > 0 ORDER BY id",
         log, first);
}

static char *content_of(const char *path, size_t which)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    sqlite3 *db = open_raw(path);
    sqlite3_stmt *logs;
    const char *sql = "SELECT id, first, device, hex(key), epoch, role, closed FROM log"
                      " ORDER BY device, key, epoch";
    int code = sqlite3_prepare_v2(db, sql, -1, &logs, NULL);
    check(out && code == SQLITE_OK);
    while (sqlite3_step(logs) == SQLITE_ROW) {
        int64_t log = sqlite3_column_int64(logs, 0), first = sqlite3_column_int64(logs, 1);
        list(out, db, "log",
             "SELECT device, hex(key), epoch, role, first, closed FROM log WHERE id = ?1", log, 0);
        list_runs(out, db, log, first);
        list(out, db, "seal", rows[which].seals, log, first);
        if (rows[which].marks)
            list_marks(out, db, log, first);
    }
    sqlite3_finalize(logs);
    list(out, db, "topic", "SELECT device, hex(key), epoch, seq, bytes FROM topic ORDER BY topic",
         0, 0);
    list(out, db, "peer", "SELECT device, ipv4, port FROM peer ORDER BY device, ipv4, port", 0, 0);
    if (rows[which].seen)
        list(out, db, "seen",
             "SELECT device, role, epoch, heard, gone, evidence FROM seen ORDER BY device", 0, 0);
    list(out, db, "counter", "SELECT counter FROM meta", 0, 0);
    sqlite3_close(db);
    fclose(out);
    return text;
}

/* As it is read. */

struct start {
    FILE *out;
    struct store *store;
    struct event logs[LOGS];
    struct event_mark marks[LOGS][LIMIT_MARKS];
    size_t log_count;
    char *rest; /* what comes behind the logs */
    size_t rest_size;
    FILE *behind;
};

static const char *hex_of(const uint8_t *bytes, size_t size)
{
    static char text[4 * LIMIT_SIGNATURE];
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02X", bytes[i]);
    return text;
}

static void note_log(struct start *r, const struct event *e)
{
    check(r->log_count < LOGS);
    memcpy(r->marks[r->log_count], e->restore_log.marks,
           e->restore_log.mark_count * sizeof *e->restore_log.marks);
    r->logs[r->log_count++] = *e;
}

static void on_event(void *context, const struct event *e)
{
    struct start *r = context;
    const struct log_id *id = &e->restore_record.id;
    const struct event_seen *seen = &e->restore_seen;
    if (e->kind == EVENT_RESTORE_LOG)
        note_log(r, e);
    else if (e->kind == EVENT_RESTORE_TOPIC)
        fprintf(r->behind, "topic %s %s %llu %llu %.*s\n", id->device,
                hex_of(id->key.bytes, sizeof id->key.bytes), (unsigned long long)id->epoch,
                (unsigned long long)e->restore_record.record->seq,
                (int)e->restore_record.record->bytes.size, e->restore_record.record->bytes.bytes);
    else if (e->kind == EVENT_RESTORE_PEER)
        fprintf(r->behind, "peer %.*s %u %u\n", (int)e->restore_peer.device.size,
                e->restore_peer.device.bytes, e->restore_peer.address.ipv4,
                e->restore_peer.address.port);
    else if (e->kind == EVENT_RESTORE_SEEN)
        fprintf(r->behind, "seen %.*s %d %llu %llu %d %.*s\n", (int)seen->device.size,
                seen->device.bytes, (int)seen->role, (unsigned long long)seen->epoch,
                (unsigned long long)seen->heard_ms, seen->left, (int)seen->evidence.size,
                seen->evidence.bytes);
}

static void fetch_records(struct start *r, const struct event *e)
{
    uint64_t next = e->restore_log.first;
    struct store_fetched run;
    while (next <= e->restore_log.last &&
           store_fetch(r->store, &e->restore_log.id, next, FETCH_BYTES, NULL, &run) == ERR_OK) {
        print_run(r->out, next, next, run.bytes);
        next += run.count;
        free(run.memory);
    }
}

static void fetch_seals(struct start *r, const struct event *e)
{
    uint64_t next = e->restore_log.first;
    struct store_fetched run;
    struct store_seal seal;
    while (store_fetch(r->store, &e->restore_log.id, next, FETCH_BYTES, &seal, &run) == ERR_OK) {
        next += run.count;
        free(run.memory);
        if (seal.signature_size == 0)
            continue;
        fprintf(r->out, "seal %llu %s", (unsigned long long)(next - 1),
                hex_of(seal.hash.bytes, sizeof seal.hash.bytes));
        fprintf(r->out, " %s\n", hex_of(seal.signature, seal.signature_size));
    }
}

static void read_log(struct start *r, size_t i)
{
    const struct event *e = &r->logs[i];
    const struct log_id *id = &e->restore_log.id;
    fprintf(r->out, "log %s %s %llu %d %llu %d\n", id->device,
            hex_of(id->key.bytes, sizeof id->key.bytes), (unsigned long long)id->epoch,
            (int)e->restore_log.role, (unsigned long long)e->restore_log.first,
            e->restore_log.closed);
    fetch_records(r, e);
    fetch_seals(r, e);
    if (e->restore_log.first > 1)
        fprintf(r->out, "base %s\n",
                hex_of(e->restore_log.base.bytes, sizeof e->restore_log.base.bytes));
    for (size_t k = 0; k < e->restore_log.mark_count; k++) {
        const struct event_mark *m = &r->marks[i][k];
        fprintf(r->out, "mark %llu %llu %s %llu\n", (unsigned long long)m->first,
                (unsigned long long)m->last, hex_of(m->before.bytes, sizeof m->before.bytes),
                (unsigned long long)m->at_ms);
    }
}

char *past_read(struct store_world *w)
{
    char *text;
    size_t size;
    struct start *r = calloc(1, sizeof *r);
    check(r);
    r->store = w->store;
    r->out = open_memstream(&text, &size);
    r->behind = open_memstream(&r->rest, &r->rest_size);
    check(r->out && r->behind);
    enum err err = store_restore(w->store, on_event, r, &w->record_count);
    check(err == ERR_OK);
    for (size_t i = 0; i < r->log_count; i++)
        read_log(r, i);
    uint64_t epoch;
    err = store_epoch(w->store, 0, 5, &epoch);
    check(err == ERR_OK);
    fclose(r->behind);
    fprintf(r->out, "%scounter %llu\n", r->rest, (unsigned long long)(epoch >> 20) - 1);
    fclose(r->out);
    free(r->rest);
    free(r);
    return text;
}

/* The files. */

static char *bytes_of(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fprintf(stderr, "%s is not there (tests run from the root)\n", path);
    check(file);
    struct stat stat;
    int err = fstat(fileno(file), &stat);
    char *bytes = malloc((size_t)stat.st_size + 1);
    check(err == 0 && bytes);
    *size = fread(bytes, 1, (size_t)stat.st_size, file);
    check(*size == (size_t)stat.st_size);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

void past_load(struct past *past, size_t which)
{
    struct store_world w;
    size_t size;
    char *sql = bytes_of(rows[which].path, &size);
    store_world_init(&w, STORE_WORLD_MEMORY);
    sqlite3 *db = open_raw(w.path);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    check(code == SQLITE_OK);
    sqlite3_close(db);
    free(sql);
    *past = (struct past){.name = rows[which].path, .version = rows[which].version};
    past->content = content_of(w.path, which);
    past->bytes = bytes_of(w.path, &past->size);
    check(past_version(w.path) == past->version);
    store_world_fini(&w);
}

void past_unload(struct past *past)
{
    free(past->bytes);
    free(past->content);
}

void past_take(struct past *past, const struct store_world *w)
{
    past->bytes = bytes_of(w->path, &past->size);
}

void past_put(const struct past *past, struct store_world *w)
{
    temp_folder_remove(&w->folder);
    int made = mkdir(w->folder.path, 0700);
    FILE *file = fopen(w->path, "wb");
    check(made == 0 && file);
    size_t written = fwrite(past->bytes, 1, past->size, file);
    check(written == past->size);
    fclose(file);
}

void past_expect_same(const char *expected, const char *found)
{
    size_t same = 0, line = 0;
    while (expected[same] && expected[same] == found[same]) {
        same++;
        if (expected[same - 1] == '\n')
            line = same;
    }
    if (expected[same] != found[same])
        fprintf(stderr, "expected: %.200s\nfound:    %.200s\n", expected + line, found + line);
    check(expected[same] == found[same]);
}

int64_t past_version(const char *path)
{
    sqlite3 *db = open_raw(path);
    sqlite3_stmt *s;
    int code = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL);
    check(code == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
    int64_t version = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return version;
}
