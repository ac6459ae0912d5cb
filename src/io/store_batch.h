#ifndef IO_STORE_BATCH_H
#define IO_STORE_BATCH_H

#include "core/event.h"
#include "io/store_logs.h"

/* What is gathered for one commit. A batch is filled on the loop, then given to the worker, which
 * only reads it; its memory is mapped by itself, so that all of a burst goes back to the system.
 *
 * The order that matters is that within a log. A part is a stretch of one log: cut it back to
 * `base` if need be, then append the pieces, which follow `base` without a gap, then write the
 * seals, each of which the log reaches by then. A cut behind pieces begins the next part. */

struct store_piece {
    struct store_piece *next;
    uint64_t first;
    size_t count;
    struct span bytes;
    struct chain_hash hash_after;
    struct event_mark mark; /* a checkpoint that ends in it; first 0: none */
};

struct store_batch_seal {
    struct store_batch_seal *next;
    struct store_row_seal row;
};

struct store_part {
    struct store_part *next;  /* in the batch */
    struct store_part *older; /* of the same log, in the same batch */
    struct store_log *log;    /* the loop's; not for the worker */
    int64_t row;
    uint64_t base;
    bool cut;
    bool described; /* `description` is to be written */
    struct store_piece *pieces;
    struct store_piece *piece_last;
    struct store_batch_seal *seals; /* as they came */
    struct store_batch_seal *seal_last;
    struct store_row_log description;
    struct chain_hash before; /* description.first > 1: chain hash before that */
};

struct store_topic {
    struct store_topic *next;
    size_t capacity; /* of row.bytes */
    struct store_row_topic row;
};

struct store_peer {
    struct store_peer *next;
    struct span device;
    struct address address;
};

struct store_seen {
    struct store_seen *next;
    struct event_seen row;
};

struct store_fork {
    struct store_fork *next;
    struct proof row;
};

struct store_block;

struct store_batch {
    struct store_part *parts, *part_last;
    struct store_topic *topics, *topic_last; /* the newest record of each */
    struct table topic_table;
    struct store_peer *peers, *peer_last; /* as they came */
    struct store_seen *seen, *seen_last;  /* as they came */
    struct store_fork *forks, *fork_last; /* as they came */
    struct store_block *blocks;
    size_t bytes;    /* of records and other content */
    uint64_t ticket; /* of the last effect */
};

/* NULL when out of memory. */
struct store_batch *store_batch_new(uint64_t seed);
/* NULL is allowed. Logs forget the parts of the batch that they are `gathered` or `committing` in.
 */
void store_batch_free(struct store_batch *batch);

/* Each copies what it needs. ERR_MEMORY: the batch is as before or lacks the effect. */
MUST_USE enum err store_batch_add_records(struct store_batch *batch, struct store_log *log,
                                          const struct effect *effect);
MUST_USE enum err store_batch_add_seal(struct store_batch *batch, struct store_log *log,
                                       const struct effect *effect);
/* Drops what is behind `last`, which the log reaches. */
MUST_USE enum err store_batch_cut(struct store_batch *batch, struct store_log *log, uint64_t last);
/* What STORE_LOG says: describes the log, cuts it back when it is longer than `last`, lets it go on
 * behind a gap when it is shorter. */
MUST_USE enum err store_batch_add_log(struct store_batch *batch, struct store_log *log,
                                      const struct effect *effect);
MUST_USE enum err store_batch_add_topic(struct store_batch *batch, const struct effect *effect);
MUST_USE enum err store_batch_add_peer(struct store_batch *batch, const struct effect *effect);
MUST_USE enum err store_batch_add_seen(struct store_batch *batch, const struct effect *effect);
MUST_USE enum err store_batch_add_fork(struct store_batch *batch, const struct effect *effect);

/* From now on the batch is the worker's: its logs' gathered parts become committing ones. */
void store_batch_close(struct store_batch *batch);

/* The piece that holds record `seq` among those not yet on disk; it and those behind it count up to
 * `*last`, as some may have been cut off since. NULL: what is on disk counts, as far as `*last`. */
const struct store_piece *store_batch_find(const struct store_log *log, uint64_t seq,
                                           uint64_t *last);
/* The first signed seal at or behind `seq` among those not yet on disk, NULL: none. Those on disk
 * count as far as `*last`. */
const struct store_row_seal *store_batch_find_seal(const struct store_log *log, uint64_t seq,
                                                   uint64_t *last);

#endif
