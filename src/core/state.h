#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "base/buf.h"
#include "base/table.h"
#include "core/event.h"
#include "core/log.h"
#include "core/stamp.h"

/* The fold: for every topic the one record that counts, so that the same records give the same
 * state in whatever order they come. A reported topic has one writer: its greatest (epoch,
 * sequence) wins. A device that was set up anew has another key and counts its epochs from the
 * beginning: of each key the greatest is kept, and the key that wrote latest by its own clock
 * counts (among equals the greater key). A wanted topic may have many writers: the greatest (stamp,
 * device) wins, and among records of one stamp and device the greatest (key, epoch, sequence). */

/* What another key reported under this topic. */
struct state_rival {
    struct log_id log;
    uint64_t seq;
    struct stamp stamp;
    uint64_t newest_ts; /* of all that was taken in of this key */
    char *bytes;
    size_t size, capacity;
    struct state_rival *next;
};

struct state_entry {
    char topic[LIMIT_TOPIC + 1];
    size_t topic_size;
    struct log_id log;
    uint64_t seq;
    struct stamp stamp;
    uint64_t newest_ts; /* reported: as in a rival */
    char *bytes;        /* the record's text */
    size_t size, capacity;
    struct state_rival *rivals;
    uint64_t kept_epoch, kept_seq; /* the newest checkpoint's part that holds this record; 0: none
                                      is known */
    bool dirty;                    /* changed in this step, not yet ordered to be stored */
    struct state_entry *next_dirty;
};

struct state {
    struct table topics;
    struct state_entry *dirty;
    struct state_entry *recent; /* the one applied last: a run of records is mostly of one topic */
};

void state_init(struct state *s, uint64_t seed);
void state_fini(struct state *s);
/* Writes the record's topic ("sensor1/temperature") into out and returns its size. */
size_t state_topic(const struct record *r, char out[LIMIT_TOPIC + 1]);
/* Takes the record in. ERR_STALE: another one counts. ERR_FULL at LIMIT_TOPICS, ERR_MEMORY. Beyond
 * LIMIT_KEYS_TOPIC keys of one topic the one that ranks lowest is forgotten. */
MUST_USE enum err state_apply(struct state *s, const struct log_id *log, const struct record *r);
const struct state_entry *state_get(const struct state *s, struct span topic);
/* A checkpoint's part, at `seq` of a log of this epoch, holds this record. */
void state_keep(struct state *s, const struct log_id *log, const struct record *r, uint64_t epoch,
                uint64_t seq);
/* Whether the state holds this very record. */
bool state_holds(const struct state *s, const struct log_id *log, const struct record *r);
/* Takes one entry off the dirty list; NULL when there is none. */
struct state_entry *state_take_dirty(struct state *s);
/* All are to be stored again. */
void state_dirty_all(struct state *s);
/* A hash over every topic and its winning record, whatever order they came in: the sum of one hash
 * each, hashed. */
void state_hash(const struct state *s, log_hash_fn *hash, struct chain_hash *out);

#endif
