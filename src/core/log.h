#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "base/err.h"
#include "base/ring.h"
#include "core/event.h"
#include "core/proof.h"

/* One log: where it stands (received, on disk, sealed), its hash chain, and for a log of our own
 * the newest records' bytes. It decides nothing about peers; sync.c, seal.c and author.c do.
 *
 * first .. sealed .. stored .. last; sealed may run ahead of stored for a log that others write (a
 * seal can come before our disk is done), never for our own. */

typedef void log_hash_fn(struct chain_hash *out, const struct chain_hash *before,
                         struct span bytes);

struct log {
    struct log_id id;
    enum role role; /* of its author */
    bool own;
    bool closed;  /* its author has begun a later epoch: nothing will follow `last` of the author */
    bool resync;  /* records were dropped while storing failed: what does not follow `last` is
                     ignored until it does */
    bool on_disk; /* the store knows of it */
    bool superseded; /* the same device has a later one here */
    bool forked;     /* its author signed two contents for one place, and LIMIT_FORKS are known */
    uint64_t first;
    uint64_t last;        /* appended or received, the chain's end */
    uint64_t asked;       /* ordered to be stored */
    uint64_t stored;      /* durable */
    uint64_t seen;        /* shown to rules and people already; > last only after storing failed */
    uint64_t acked;       /* own: the highest acknowledgement of anybody */
    uint64_t ack_sent;    /* others': last acknowledgement sent in the author's present session */
    uint64_t held_sent;   /* the same for what is on disk */
    uint64_t author_last; /* others': the author's own `last` when its session opened; what is
                             beyond is live */
    struct chain_hash head;        /* at last */
    struct chain_hash stored_hash; /* at stored */
    struct ring hashes; /* struct chain_hash at each seq behind stored_seal, newest last; at most
                           LIMIT_PENDING */

    struct log_seal seal;        /* the newest that holds */
    struct ring asked_seals;     /* struct log_seal: ordered to be stored, oldest first */
    struct log_seal stored_seal; /* durable: what a failed store falls back to */
    struct log_seal asking;      /* being signed or verified; seq 0: none */
    struct log_seal waiting;     /* came while `asking` was out */
    uint64_t asking_link;        /* others': who sent `asking` */
    uint64_t urgent; /* own: the last record that is to be sealed as soon as it is stored */
    uint64_t unsealed_since_ms; /* own: when the oldest stored record behind the seal was stored, */
    uint64_t stored_ms;         /* ... and when the newest was */

    uint64_t bytes; /* own: of all records, when it began in this process */

    uint64_t look_ms;         /* others': not before this is its chain read from disk again */
    uint64_t looked_seq;      /* others': a place whose chain hash was read from disk; 0: none */
    struct chain_hash looked; /* ... and that hash */

    struct chain_hash base; /* at first - 1 */
    struct ring marks; /* struct event_mark, oldest first: its checkpoints; at most LIMIT_MARKS */
    struct event_mark open; /* the one whose parts are coming; first 0: none */
    uint32_t open_of;
    struct event_mark fresh; /* complete, and not yet ordered to be stored; first 0: none */

    char *window; /* own: records' bytes, each with a comma behind it */
    size_t window_begin, window_end, window_capacity;
    uint64_t window_first;  /* sequence of the first record in it; last + 1 when empty */
    uint64_t window_offset; /* of window_begin, counted from the log's beginning in this process */
    struct ring ends;       /* uint64_t: offset behind each record's comma */

    struct log *next; /* the same device's next older one */
};

/* NULL when out of memory. */
struct log *log_new(const struct log_id *id, enum role role);
void log_free(struct log *l); /* NULL is allowed */

/* The next record's bytes enter the chain: last + 1. ERR_MEMORY, with nothing changed. */
MUST_USE enum err log_extend(struct log *l, struct span bytes, log_hash_fn *hash);
/* The chain hash at seq: last, stored, the seal's, or any kept behind the durable seal. */
bool log_hash_at(const struct log *l, uint64_t seq, struct chain_hash *hash);
/* A seal holds: kept when it is newer. */
void log_accept_seal(struct log *l, const struct log_seal *seal);
/* The newest seal is ordered to be stored. ERR_EXISTS: it was already; ERR_FULL: LIMIT_SEALS_ASKED
 * are on their way; ERR_MEMORY. */
MUST_USE enum err log_seal_asked(struct log *l);
/* The oldest of those that were ordered is on disk. Until then the chain is known from the one
 * before on, because storing may fail and take the log back there. */
void log_seal_durable(struct log *l);
/* Storing failed: the seals under way are not there. */
void log_seal_forget_asked(struct log *l);
/* Forgets what is behind `stored`, or behind the gap that is to be stored (storing failed, or the
 * author lost it). */
void log_cut_to_stored(struct log *l);
/* Forgets what is behind last, whose chain hash must be known: false when it is not (nothing is
 * changed then). */
bool log_cut(struct log *l, uint64_t last);

/* It begins at `first` from now on, which it holds, or which is last + 1; `base` is the chain hash
 * before that. */
void log_prune(struct log *l, uint64_t first, const struct chain_hash *base);
/* What it holds is given up: it goes on at `first`, behind a gap. `stored` is as it was until that
 * is on disk. */
void log_restart(struct log *l, uint64_t first, const struct chain_hash *base);

/* Room for one more record's bytes (LIMIT_RECORD) at the window's end; NULL when out of memory.
 * Then log_window_add(). May move the window: spans taken before are void. */
char *log_window_reserve(struct log *l);
MUST_USE enum err log_window_add(struct log *l, size_t size, log_hash_fn *hash);
/* The records from `first` on that are in the window, at most bytes_max but at least one, joined by
 * commas; count 0 when `first` is not there. */
struct span log_window_run(const struct log *l, uint64_t first, size_t bytes_max, size_t *count);
/* Drops records before `keep`, and whatever exceeds LIMIT_WINDOW, but nothing that was not ordered
 * to be stored. */
void log_window_trim(struct log *l, uint64_t keep);

#endif
