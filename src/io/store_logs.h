#ifndef IO_STORE_LOGS_H
#define IO_STORE_LOGS_H

#include "base/table.h"
#include "io/store_row.h"

/* The logs that the store was asked about lately, as they will stand once everything gathered is on
 * disk. Belongs to the loop; the worker sees none of it. */

struct store_part;

struct store_log {
    uint8_t name[LIMIT_NAME + 1 + sizeof(struct key_id) + sizeof(uint64_t)]; /* what it is found by
                                                                              */
    struct log_id id;
    int64_t row;
    uint64_t first;
    uint64_t last;                 /* first - 1: empty */
    struct store_part *gathered;   /* its newest parts not yet on disk; NULL: none */
    struct store_part *committing; /* of the batch that the worker has */
};

struct store_logs {
    struct table table;
    struct store_db *db;
    int64_t row_next;
};

void store_logs_init(struct store_logs *logs, struct store_db *db, uint64_t seed, int64_t row_next);
void store_logs_fini(struct store_logs *logs);
/* Forgets all; what is asked for next is read from the database. No log may have parts. */
void store_logs_clear(struct store_logs *logs);
/* Reads it from the database when it is not known. ERR_NOT_FOUND: no such log; ERR_MEMORY,
 * ERR_CORRUPT, ERR_IO. */
MUST_USE enum err store_logs_find(struct store_logs *logs, const struct log_id *id,
                                  struct store_log **log);
/* A new empty one, not yet in the database. ERR_FULL: the database has no number left for it. */
MUST_USE enum err store_logs_add(struct store_logs *logs, const struct log_id *id, uint64_t first,
                                 struct store_log **log);

#endif
