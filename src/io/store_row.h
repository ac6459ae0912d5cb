#ifndef IO_STORE_ROW_H
#define IO_STORE_ROW_H

#include "core/event.h"
#include "io/store_db.h"

/* The store's rows as structs. Every row ends in a checksum over all that it says, its key too.
 * The _get functions read the row that a statement stands on and check it: ERR_CORRUPT for what was
 * not written so. Spans that they give point into the row. The _put functions write: ERR_OK or a
 * failure of the database. */

struct store_row_log {
    struct log_id id;
    int64_t row; /* its number in seal and run */
    enum role role;
    uint64_t first;
    bool closed;
};

struct store_row_seal {
    int64_t row;
    uint64_t seq;
    struct chain_hash hash;
    uint8_t signature[LIMIT_SIGNATURE];
    size_t signature_size;
};

struct store_row_run {
    int64_t row;
    uint64_t first;
    uint64_t count; /* at least 1 */
    bool hashed;    /* hash_after was kept */
    struct chain_hash hash_after;
    struct span bytes;
};

struct store_row_topic {
    struct span topic;
    struct log_id id;
    uint64_t seq;
    struct span bytes;
};

struct store_row_peer {
    struct span device;
    struct address address;
    uint64_t used; /* rises with every use of any address */
};

MUST_USE enum err store_row_put_counter(struct store_db *db, uint64_t counter);
MUST_USE enum err store_row_find_counter(struct store_db *db, uint64_t *counter);

MUST_USE enum err store_row_put_log(struct store_db *db, const struct store_row_log *log);
MUST_USE enum err store_row_get_log(sqlite3_stmt *statement, struct store_row_log *log);
MUST_USE enum err store_row_find_log(struct store_db *db, const struct log_id *id,
                                     struct store_row_log *log); /* ERR_NOT_FOUND */

MUST_USE enum err store_row_put_seal(struct store_db *db, const struct store_row_seal *seal);
MUST_USE enum err store_row_get_seal(sqlite3_stmt *statement, struct store_row_seal *seal);
/* Of a seal that is not read, and so not checked. */
uint64_t store_row_seal_seq(sqlite3_stmt *statement);
/* The newest of a log; all zero but `row` when there is none. */
MUST_USE enum err store_row_find_seal(struct store_db *db, int64_t row,
                                      struct store_row_seal *seal);
/* The seals of a log from `first` to `last`; `way` is STORE_DB_SEAL_FROM or, the newest first,
 * STORE_DB_SEAL_BACKWARD. */
sqlite3_stmt *store_row_walk_seals(struct store_db *db, enum store_db_sql way, int64_t row,
                                   uint64_t first, uint64_t last);
/* Deletes the seals of a log from `first` to `last`. */
MUST_USE enum err store_row_cut_seals(struct store_db *db, int64_t row, uint64_t first,
                                      uint64_t last);

/* `change` is STORE_DB_RUN_PUT, or STORE_DB_RUN_CHANGE for a row that may be there. */
MUST_USE enum err store_row_put_run(struct store_db *db, enum store_db_sql change,
                                    const struct store_row_run *run);
/* ERR_CORRUPT too when it is of another log than `row`: SQLite believes that a page holds what its
 * place in the tree says. */
MUST_USE enum err store_row_get_run(sqlite3_stmt *statement, int64_t row,
                                    struct store_row_run *run);
/* The last row of a log that begins at or before `seq`, without its bytes and unchecked.
 * ERR_NOT_FOUND. */
MUST_USE enum err store_row_seek_run(struct store_db *db, int64_t row, uint64_t seq,
                                     struct store_row_run *run);
/* All rows of a log from the one that begins at `first` on. */
sqlite3_stmt *store_row_walk_runs(struct store_db *db, int64_t row, uint64_t first);
/* Deletes the rows of a log that begin at `first` or later. */
MUST_USE enum err store_row_cut_runs(struct store_db *db, int64_t row, uint64_t first);

MUST_USE enum err store_row_put_topic(struct store_db *db, const struct store_row_topic *topic);
MUST_USE enum err store_row_get_topic(sqlite3_stmt *statement, struct store_row_topic *topic);

/* heard_ms is below 2^63; role ROLE_COUNT or above is damage. */
MUST_USE enum err store_row_put_seen(struct store_db *db, const struct event_seen *seen);
MUST_USE enum err store_row_get_seen(sqlite3_stmt *statement, struct event_seen *seen);

MUST_USE enum err store_row_put_fork(struct store_db *db, const struct proof *fork);
MUST_USE enum err store_row_get_fork(sqlite3_stmt *statement, struct proof *fork);

MUST_USE enum err store_row_put_peer(struct store_db *db, const struct store_row_peer *peer);
MUST_USE enum err store_row_get_peer(sqlite3_stmt *statement, struct store_row_peer *peer);

#endif
