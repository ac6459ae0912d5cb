#ifndef IO_STORE_WRITE_H
#define IO_STORE_WRITE_H

#include "io/store_batch.h"

/* Writes a batch in one transaction; on disk when it returns ERR_OK. Otherwise nothing of it is
 * there, db->cause says why, and the connection can be used again. */
MUST_USE enum err store_write_batch(struct store_db *db, const struct store_batch *batch);
/* Writes, syncs and frees again a few hundred KiB: is there room, does the disk take it? */
MUST_USE enum err store_write_probe(struct store_db *db);
/* Shortens a log to `last`, in the caller's transaction: a row that goes on behind it is rewritten,
 * and seals behind it are gone. */
MUST_USE enum err store_write_cut(struct store_db *db, int64_t row, uint64_t last);

#endif
