#ifndef IO_STORE_SWEEP_H
#define IO_STORE_SWEEP_H

#include "io/store_db.h"

/* Pruning on disk. That a log begins later is one row; what lies before it is then not read any
 * more, and goes a few rows at a time, in the transactions that come anyway. So no commit takes
 * much longer for it, and a crash leaves at most some more to be swept. Its pages are used again;
 * the file does not shrink. */

/* The log begins at `first` from now on, in the caller's transaction: a row that straddles it is
 * divided. */
MUST_USE enum err store_sweep_begin(struct store_db *db, int64_t row, uint64_t first,
                                    const struct chain_hash *before);
/* Deletes at most `rows` rows of what lies before the logs, in the caller's transaction. When there
 * are none, db->sweep becomes false. */
MUST_USE enum err store_sweep_some(struct store_db *db, size_t rows);

#endif
