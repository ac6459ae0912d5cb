#ifndef IO_STORE_HISTORY_H
#define IO_STORE_HISTORY_H

#include "io/store.h"

/* What a topic was: the records of the logs that may speak of it, closed epochs too, log by log in
 * (device, epoch, sequence) order, read a little at a time so that the loop goes on in between.
 * Records that are not yet committed are found as well; those that came after the walk began are
 * not its business. */

struct store_history;

struct store_history_query {
    struct span topic;       /* copied; at most LIMIT_TOPIC; empty: all */
    uint64_t from_ms, to_ms; /* records with from_ms <= ts <= to_ms */
};

/* What one step reads at most, about; its records are shorter than that together. */
enum { STORE_HISTORY_STEP_BYTES = 16384 };

enum store_history_seal { STORE_HISTORY_PENDING, STORE_HISTORY_SEALED };
/* The record is borrowed for the call. */
typedef void store_history_fn(void *context, const struct record *record,
                              enum store_history_seal seal);

/* NULL when out of memory. The store outlives it. */
struct store_history *store_history_new(struct store *store,
                                        const struct store_history_query *query);
void store_history_free(struct store_history *h); /* NULL is allowed */
/* A log to be walked from `first` to `last`; what is up to `sealed` is sealed. Before the first
 * step. ERR_MEMORY; ERR_FULL beyond LIMIT_LOGS. */
MUST_USE enum err store_history_add(struct store_history *h, const struct log_id *id,
                                    uint64_t first, uint64_t last, uint64_t sealed);
/* Reads on and calls back with what the query asks for: nothing, or some. ERR_OK: there is more;
 * ERR_NOT_FOUND: that was all; ERR_CORRUPT, ERR_IO: the log that it stood on cannot be read on and
 * the next step goes on with the next one. */
MUST_USE enum err store_history_step(struct store_history *h, store_history_fn *emit,
                                     void *context);

#endif
