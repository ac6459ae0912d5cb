#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include "measure.h"

#include <sqlite3.h>

/* The table that others keep readings in: one row each, WAL, FULL, so many rows a commit. What
 * goes wrong ends the program. */

struct rows {
    sqlite3 *db;
    sqlite3_stmt *insert, *begin, *commit;
    int per_commit, gathered;
};

static inline void rows_must(const struct rows *r, int result)
{
    if (result == SQLITE_OK || result == SQLITE_DONE)
        return;
    fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(r->db));
    exit(1);
}

static inline void rows_step(const struct rows *r, sqlite3_stmt *statement)
{
    rows_must(r, sqlite3_step(statement));
    sqlite3_reset(statement);
}

static inline void rows_open(struct rows *r, const char *path, int per_commit)
{
    *r = (struct rows){.per_commit = per_commit};
    rows_must(r, sqlite3_open(path, &r->db));
    rows_must(r, sqlite3_exec(r->db,
                              "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                              "CREATE TABLE readings(device INTEGER, seq INTEGER, ts INTEGER,"
                              " value REAL, PRIMARY KEY(device, seq)) WITHOUT ROWID",
                              NULL, NULL, NULL));
    rows_must(r, sqlite3_prepare_v2(r->db, "INSERT INTO readings VALUES(?,?,?,?)", -1, &r->insert,
                                    NULL));
    rows_must(r, sqlite3_prepare_v2(r->db, "BEGIN", -1, &r->begin, NULL));
    rows_must(r, sqlite3_prepare_v2(r->db, "COMMIT", -1, &r->commit, NULL));
}

static inline void rows_commit(struct rows *r)
{
    if (r->gathered > 0)
        rows_step(r, r->commit);
    r->gathered = 0;
}

static inline void rows_add(struct rows *r, int device, int64_t seq, int64_t ts, double value)
{
    if (r->gathered++ == 0)
        rows_step(r, r->begin);
    sqlite3_bind_int(r->insert, 1, device);
    sqlite3_bind_int64(r->insert, 2, seq);
    sqlite3_bind_int64(r->insert, 3, ts);
    sqlite3_bind_double(r->insert, 4, value);
    rows_step(r, r->insert);
    if (r->gathered == r->per_commit)
        rows_commit(r);
}

#endif
