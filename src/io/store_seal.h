#ifndef IO_STORE_SEAL_H
#define IO_STORE_SEAL_H

#include "io/store_batch.h"

/* Which seals of a log stay. Records are carried and checked in stretches that end at a seal, so
 * one at the end of the log is not enough; but an author seals every few records, and a signature
 * for each three of them would double what is stored. */

/* Writes a seal, in the caller's transaction. The one before it goes when the new one lies at most
 * LIMIT_SEAL_KEEP records behind the last but one, or behind the log's begin when there is none:
 * the stretch across the gap is then no longer than that. The newest always stays, and of a log
 * that is sealed at every record one in LIMIT_SEAL_KEEP. */
MUST_USE enum err store_seal_write(struct store_db *db, const struct store_row_seal *seal);
/* The first seal of a log at or behind record `seq` that is whole and has a signature; also finds
 * what is gathered but not yet committed. ERR_NOT_FOUND, ERR_CORRUPT, ERR_IO. */
MUST_USE enum err store_seal_next(struct store_db *db, const struct store_log *log, uint64_t seq,
                                  struct store_row_seal *seal);

#endif
