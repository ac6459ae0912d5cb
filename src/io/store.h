#ifndef IO_STORE_H
#define IO_STORE_H

#include "base/err.h"
#include "core/event.h"

#include <uv.h>

/* The only SQL: one SQLite file per device holds every log the peer has, the state's records,
 * addresses and the epoch counter.
 *
 * Appends are gathered in memory and committed by one worker thread, as many in one transaction as
 * came while the last commit ran; durable means synchronous=FULL in WAL mode. A row of `run` holds
 * consecutive records of one log, joined by commas as they go over the wire, with a checksum that
 * every read checks. What fails is reported by callback, once, and nothing is acknowledged. */

struct store;

struct store_handler {
    void *context;
    void (*on_stored)(void *context, uint64_t ticket);
    /* The disk is full, read-only, broken: text says what and where. See core/event.h for what
     * follows. */
    void (*on_failed)(void *context, const char *text);
    void (*on_ready)(void *context);
};

/* Opens or makes the file (0600; its folder must be there), migrates an older schema
 * (user_version), refuses a newer one, checks it, and salvages what is readable from a damaged one
 * (the damaged file is kept beside it with a name that is told in `message`; ERR_OK then and
 * message not empty). Takes the lock `path`.lock for the life of the process: ERR_BUSY, message
 * says the pid that holds it. Errors otherwise: ERR_IO, ERR_DENIED, ERR_FULL, ERR_RANGE (newer
 * schema), ERR_MEMORY; message says what to do. */
MUST_USE enum err store_open(struct store **store, uv_loop_t *loop, const char *path,
                             const struct store_handler *handler, char *message,
                             size_t message_bytes);
/* Waits for the commit under way, commits what is left, checkpoints, closes, frees; reports nothing
 * more. Not from within a callback of the handler. The loop has to run once more to let go of the
 * store's handle. NULL is allowed. */
void store_close(struct store *s);

/* Counts up and makes durable the epoch counter, in the database and in `path`.epoch; the new epoch
 * is (counter + 1) * 2^20 + 20 bits of `random`, and above `above`. Blocks for the disk. ERR_RANGE:
 * no epoch is left above `above`; ERR_FULL, ERR_IO. */
MUST_USE enum err store_epoch(struct store *s, uint64_t above, uint64_t random, uint64_t *epoch);

/* Calls back with RESTORE_LOG, RESTORE_TAIL, RESTORE_TOPIC, RESTORE_PEER, RESTORE_SEEN and
 * RESTORE_FORK events in the order node.h asks for. now_ms and wall_ms are left 0. What
 * store_open() found damaged was left out there; a log was kept only up to its first damage:
 * `sealed` is then its greatest seal that was kept, or, when all lay behind the damage, its last
 * record with signature_size 0. */
typedef void store_event_fn(void *context, const struct event *e);
MUST_USE enum err store_restore(struct store *s, store_event_fn *emit, void *context,
                                uint64_t *record_count);

/* Performs one STORE_* effect (or STORE_RETRY); copies what it needs; never waits for a commit. A
 * STORE whose first record is there already replaces what is behind it; a gap is a failed check. A
 * seal of records that are not there is passed over. After on_failed, effects are dropped until
 * on_ready. */
void store_effect(struct store *s, const struct effect *effect);
/* The loop turn's effects are all in: start a commit if the worker is free. */
void store_flush(struct store *s);
/* Bytes of the file that hold something, after the last commit: what EVENT_STORED tells.
 * `sweeping`: some of that was pruned and goes with the next commits. */
uint64_t store_used_bytes(struct store *s, bool *sweeping);
/* Bytes gathered and not yet durable. */
size_t store_backlog_bytes(const struct store *s);

struct store_fetched {
    char *memory;      /* malloc'd for the caller; NULL after an error */
    struct span bytes; /* the records joined by commas, in `memory` */
    size_t count;
};
/* The seal of a run's last record. */
struct store_seal {
    struct chain_hash hash;
    uint8_t signature[LIMIT_SIGNATURE];
    size_t signature_size; /* 0: the run ends before its seal */
};

/* Reads a run of consecutive records, first one `first`, at most about bytes_max bytes (at least
 * one record if it is there). With `seal` it ends at the latest with the first kept seal at or
 * behind `first`, and *seal is that one when it ends there; damaged seals and those without a
 * signature are passed over. NULL: any run. Also finds what is gathered but not yet committed.
 * ERR_NOT_FOUND (no such record, no seal at or behind it), ERR_CORRUPT (the next start salvages),
 * ERR_IO, ERR_MEMORY. */
MUST_USE enum err store_fetch(struct store *s, const struct log_id *id, uint64_t first,
                              size_t bytes_max, struct store_seal *seal, struct store_fetched *run);

/* Answers CHAIN for what is on disk: from the nearest row that kept a hash. What *e points into is
 * in *memory, malloc'd for the caller or NULL. */
void store_chain(struct store *s, const struct effect *effect, struct event *e, char **memory);

#endif
