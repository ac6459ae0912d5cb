#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "base/buf.h"
#include "base/table.h"
#include "core/event.h"
#include "core/log.h"
#include "core/stamp.h"

/* The fold: for every topic the one record that counts, so that the same records give the same
 * state in whatever order they come. A reported topic has one writer: its greatest (epoch,
 * sequence) wins. A wanted one may have many: the greatest (stamp, device) wins, and among records
 * of one stamp and device the greatest (key, epoch, sequence). */

struct state_entry {
    char topic[LIMIT_TOPIC + 1];
    size_t topic_size;
    struct log_id log;
    uint64_t seq;
    struct stamp stamp;
    char *bytes; /* the record's text */
    size_t size, capacity;
    bool dirty; /* changed in this step, not yet ordered to be stored */
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
/* Takes the record in when it is newer than what is there, or of a new key of the same device.
 * ERR_STALE: it is not. ERR_FULL at LIMIT_TOPICS, ERR_MEMORY. */
MUST_USE enum err state_apply(struct state *s, const struct log_id *log, const struct record *r);
const struct state_entry *state_get(const struct state *s, struct span topic);
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
