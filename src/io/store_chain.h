#ifndef IO_STORE_CHAIN_H
#define IO_STORE_CHAIN_H

#include "io/store_row.h"

/* The chain hash behind record `seq` of a log, which must be there: from the nearest row before
 * that kept one, or from where the log begins, over the records since. ERR_CORRUPT, ERR_IO. */
MUST_USE enum err store_chain_at(struct store_db *db, int64_t row, uint64_t seq,
                                 struct chain_hash *hash);

#endif
