#include "io/store_sweep.h"

#include "io/store_mark.h"
#include "io/store_run.h"

#include <stdlib.h>

/* Rewrites the part of a row that lies at or behind `first` as a row of its own. */
static enum err divide(struct store_db *db, int64_t row, uint64_t begin, uint64_t first)
{
    struct store_row_run run;
    char *bytes = NULL;
    sqlite3_stmt *walk = store_row_walk_runs(db, row, begin);
    enum err err = store_db_step(db, walk);
    if (err == ERR_OK)
        err = store_row_get_run(walk, row, &run);
    if (err == ERR_OK) {
        run.bytes = store_run_behind(run.bytes, (size_t)(first - begin));
        bytes = malloc(run.bytes.size + 1);
        err = bytes == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (err == ERR_OK) {
        run.bytes.bytes = memcpy(bytes, run.bytes.bytes, run.bytes.size);
        run.count -= first - begin;
        run.first = first;
        err = store_row_put_run(db, STORE_DB_RUN_CHANGE, &run);
    }
    store_db_done(walk);
    free(bytes);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

enum err store_sweep_begin(struct store_db *db, int64_t row, uint64_t first,
                           const struct chain_hash *before)
{
    struct store_row_run run;
    enum err err = store_mark_begin(db, row, first, before);
    if (err == ERR_OK)
        err = store_row_seek_run(db, row, first, &run);
    if (err == ERR_OK && run.first < first && run.first + run.count > first)
        err = divide(db, row, run.first, first);
    db->sweep = true;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* The oldest row that lies before its log. */
static enum err find(struct store_db *db, int64_t *row, uint64_t *first)
{
    sqlite3_stmt *statement = store_db_use(db, STORE_DB_SWEEP_FIND);
    enum err err = store_db_step(db, statement);
    if (err != ERR_OK)
        return err;
    *row = sqlite3_column_int64(statement, 0);
    *first = (uint64_t)sqlite3_column_int64(statement, 1);
    store_db_done(statement);
    bool possible = *row > 0 && *row <= STORE_DB_LOG_MAX && *first > 1 &&
                    *first <= STORE_DB_SEQ_MAX;
    return possible ? ERR_OK : ERR_CORRUPT;
}

/* Where the row after the `rows` oldest ones begins, at most `first`. */
static enum err find_end(struct store_db *db, int64_t row, uint64_t first, size_t rows,
                         uint64_t *end)
{
    sqlite3_stmt *statement = store_db_use(db, STORE_DB_SWEEP_END);
    sqlite3_bind_int64(statement, 1, store_db_key(row, 0));
    sqlite3_bind_int64(statement, 2, store_db_key(row, first));
    sqlite3_bind_int64(statement, 3, (int64_t)rows);
    enum err err = store_db_step(db, statement);
    *end = first;
    if (err == ERR_OK)
        *end = (uint64_t)sqlite3_column_int64(statement, 0) & STORE_DB_SEQ_MAX;
    store_db_done(statement);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err cut(struct store_db *db, enum store_db_sql sql, int64_t row, uint64_t end)
{
    sqlite3_stmt *statement = store_db_use(db, sql);
    sqlite3_bind_int64(statement, 1, store_db_key(row, 0));
    sqlite3_bind_int64(statement, 2, store_db_key(row, end));
    return store_db_run(db, statement);
}

enum err store_sweep_some(struct store_db *db, size_t rows)
{
    int64_t row;
    uint64_t first, end;
    if (!db->sweep)
        return ERR_OK;
    enum err err = find(db, &row, &first);
    db->sweep = err != ERR_NOT_FOUND;
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    err = find_end(db, row, first, rows, &end);
    if (err == ERR_OK)
        err = cut(db, STORE_DB_RUN_CUT, row, end - 1);
    /* The seal at first - 1 tells of an empty log how far it went. */
    if (err == ERR_OK && end >= 2)
        err = cut(db, STORE_DB_SEAL_CUT, row, end - 2);
    return err;
}
