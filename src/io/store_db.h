#ifndef IO_STORE_DB_H
#define IO_STORE_DB_H

#include "base/err.h"
#include "core/ident.h"

#include <sqlite3.h>

/* One connection to the store's database: how it is opened, its schema, its statements.
 *
 * Every statement is written out in store_db.c, prepared at first use, kept, and given its values
 * by binding. The first failure of a call leaves its cause in words in `cause`. */

/* A row of `run` or `seal` is found by one number: the log's in the upper bits, the first or the
 * sealed sequence in the lower. 2^40 records of one log take 100 TB; 2^23 logs are a restart every
 * minute for 16 years. */
enum { STORE_DB_SEQ_BITS = 40, STORE_DB_LOG_MAX = (1 << 23) - 1 };
#define STORE_DB_SEQ_MAX ((UINT64_C(1) << STORE_DB_SEQ_BITS) - 1)

enum store_db_sql {
    STORE_DB_BEGIN,
    STORE_DB_COMMIT,
    STORE_DB_ROLLBACK,
    STORE_DB_META_GET,
    STORE_DB_META_PUT,
    STORE_DB_LOG_GET,
    STORE_DB_LOG_PUT,
    STORE_DB_LOG_ALL,
    STORE_DB_LOG_BACKWARD, /* salvage reads a table from both ends */
    STORE_DB_LOG_GREATEST,
    STORE_DB_SEAL_FROM, /* of a version 1, too: the one that it has */
    STORE_DB_SEAL_BACKWARD,
    STORE_DB_SEAL_PUT,
    STORE_DB_SEAL_CUT,
    STORE_DB_RUN_LAST, /* of the keys up to a bound: which row, how many records */
    STORE_DB_RUN_FROM,
    STORE_DB_RUN_PUT,
    STORE_DB_RUN_CHANGE,
    STORE_DB_RUN_CUT,
    STORE_DB_MARK_PUT,
    STORE_DB_MARK_KEEP, /* unless there is one */
    STORE_DB_MARK_BACKWARD,
    STORE_DB_MARK_CUT,
    STORE_DB_SWEEP_FIND, /* a log with rows before its beginning */
    STORE_DB_SWEEP_END,  /* the row behind so many of them */
    STORE_DB_PAGE_COUNT,
    STORE_DB_PAGES_FREE,
    STORE_DB_TOPIC_PUT,
    STORE_DB_TOPIC_ALL,
    STORE_DB_TOPIC_BACKWARD,
    STORE_DB_PEER_PUT,
    STORE_DB_PEER_TRIM,   /* a device's addresses beyond LIMIT_ADDRESSES */
    STORE_DB_PEER_FORGET, /* devices beyond LIMIT_MEMBERS */
    STORE_DB_PEER_GREATEST,
    STORE_DB_PEER_ALL,
    STORE_DB_PEER_BACKWARD,
    STORE_DB_SEEN_PUT,
    STORE_DB_SEEN_FORGET, /* devices beyond LIMIT_MEMBERS */
    STORE_DB_SEEN_ALL,
    STORE_DB_SEEN_BACKWARD,
    STORE_DB_FORK_PUT,
    STORE_DB_FORK_ALL,
    STORE_DB_FORK_BACKWARD,
    STORE_DB_SQL_COUNT,
};

enum store_db_way {
    STORE_DB_NORMAL,
    STORE_DB_DAMAGED, /* reads what it can, even where the file contradicts itself */
};

struct store_db {
    sqlite3 *sql;
    sqlite3_stmt *statements[STORE_DB_SQL_COUNT];
    int64_t version; /* of the tables, as store_db_schema() found them */
    int wal_pages;   /* in the write-ahead log after the last commit of this connection */
    bool sweep;      /* there may be rows before the beginning of their log */
    char cause[192];
};

/* The file must be there; an empty one becomes an empty database. ERR_CORRUPT: no database, or a
 * broken one; ERR_IO, ERR_MEMORY. Close it whatever came out. */
MUST_USE enum err store_db_open(struct store_db *db, const char *path, enum store_db_way way);
void store_db_close(struct store_db *db);

/* ERR_OK: the tables are exactly those of this version or an earlier one; ERR_NOT_FOUND: there is
 * nothing yet; ERR_RANGE: made by a later version; ERR_CORRUPT: something else. */
MUST_USE enum err store_db_schema(struct store_db *db);
/* Converts the tables of an earlier version, in one transaction, durable when it returns ERR_OK;
 * otherwise they are as they were. Before that only seals are read in either form. */
MUST_USE enum err store_db_migrate(struct store_db *db);
/* Whether the trees of the small tables are sound: what a row's own checksum cannot tell is that it
 * is missing. The tree of `run` is too large to be looked at as a whole. ERR_CORRUPT, ERR_IO. */
MUST_USE enum err store_db_look(struct store_db *db);
/* Makes the tables, in one transaction, which the next one makes durable. */
MUST_USE enum err store_db_create(struct store_db *db);

/* Ready for binding. NULL when it cannot be prepared: sqlite3_bind_*() and the calls below take
 * that and the last of them returns the error. */
sqlite3_stmt *store_db_use(struct store_db *db, enum store_db_sql sql);
/* ERR_OK: there is a row to read, valid until the statement's next step, use or store_db_done();
 * ERR_NOT_FOUND: no more rows, the statement is at rest. */
MUST_USE enum err store_db_step(struct store_db *db, sqlite3_stmt *statement);
/* Ends a walk early, so that it does not hold up checkpoints. */
void store_db_done(sqlite3_stmt *statement);
/* Runs a statement that returns no rows. */
MUST_USE enum err store_db_run(struct store_db *db, sqlite3_stmt *statement);
MUST_USE enum err store_db_do(struct store_db *db, enum store_db_sql sql); /* without values */
/* Of a transaction that may have ended by itself; before the next one begins too, for even this can
 * fail when memory is out. */
void store_db_rollback(struct store_db *db);
/* Bytes of the pages that hold something, those of the caller's transaction included. */
MUST_USE enum err store_db_used(struct store_db *db, uint64_t *bytes);
/* Copies what the write-ahead log holds into the database, as far as no reader is in the way.
 * ERR_BUSY when that was not all of it. */
MUST_USE enum err store_db_checkpoint(struct store_db *db);

int64_t store_db_key(int64_t log, uint64_t seq);

#endif
