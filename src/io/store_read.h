#ifndef IO_STORE_READ_H
#define IO_STORE_READ_H

#include "io/store.h"
#include "io/store_batch.h"

/* Reading: everything once at the start, and runs for peers later. */

/* How a log stands on disk. ERR_CORRUPT when its rows contradict each other. */
struct store_read_head {
    uint64_t last;
    struct store_row_seal seal;
};
MUST_USE enum err store_read_head(struct store_db *db, const struct store_row_log *log,
                                  struct store_read_head *head);

/* Takes apart the records of a run behind `after` and calls back with each (emit may be NULL).
 * ERR_CORRUPT unless they are exactly those of the log that the row says. */
MUST_USE enum err store_read_records(const struct log_id *id, const struct store_row_run *run,
                                     uint64_t after, store_event_fn *emit, void *context);
/* The same for all of a log behind `after`: what its seal does not cover. */
MUST_USE enum err store_read_tail(struct store_db *db, const struct store_row_log *log,
                                  uint64_t after, uint64_t last, store_event_fn *emit,
                                  void *context);

/* As store_restore() says. */
MUST_USE enum err store_read_all(struct store_db *db, store_event_fn *emit, void *context,
                                 uint64_t *record_count);
/* As store_fetch() says, of a log that holds `first` .. `last`. */
MUST_USE enum err store_read_run(struct store_db *db, const struct store_log *log, uint64_t first,
                                 uint64_t last, size_t bytes_max, struct store_fetched *run);

#endif
