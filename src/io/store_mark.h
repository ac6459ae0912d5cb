#ifndef IO_STORE_MARK_H
#define IO_STORE_MARK_H

#include "io/store_row.h"

/* Places where a log may begin, each with the chain hash before it: its checkpoints, and where it
 * does begin when that is not with its first record. */

struct store_mark {
    int64_t row;
    struct event_mark mark; /* last 0: no checkpoint, or one that lost its end */
};

/* A checkpoint, with its records, in the caller's transaction. */
MUST_USE enum err store_mark_put(struct store_db *db, const struct store_mark *mark);
/* The log begins at `first` from now on: keeps the hash there, forgets the places before. */
MUST_USE enum err store_mark_begin(struct store_db *db, int64_t row, uint64_t first,
                                   const struct chain_hash *before);
/* The log ends with `last` now: what went on behind it is no checkpoint any more. */
MUST_USE enum err store_mark_cut(struct store_db *db, int64_t row, uint64_t last);
/* The chain hash before `first`, which is all zero for 1. ERR_CORRUPT: it should be there and is
 * not. */
MUST_USE enum err store_mark_base(struct store_db *db, int64_t row, uint64_t first,
                                  struct chain_hash *before);
/* The newest LIMIT_MARKS checkpoints that end at or before `last`, oldest first. */
MUST_USE enum err store_mark_list(struct store_db *db, int64_t row, uint64_t last,
                                  struct event_mark marks[LIMIT_MARKS], size_t *count);
/* The newest place at or before `first`; ERR_NOT_FOUND. */
MUST_USE enum err store_mark_find(struct store_db *db, int64_t row, uint64_t first,
                                  struct store_mark *mark);

#endif
