#ifndef CORE_AUTHOR_H
#define CORE_AUTHOR_H

#include "core/node_state.h"

/* Our own log: its epochs, what enters it, and what happens when storing fails. Nothing is ever
 * numbered twice: an epoch is on disk before its first record, and a log that could not be stored
 * is closed at what was. */

/* A new epoch is on disk: closes what was before, begins its log. */
void author_begin(struct node *n, uint64_t epoch);
/* Somebody holds a later epoch of ours than we knew (a backup was put back): begin one above it. */
void author_epoch_above(struct node *n, uint64_t epoch);
size_t author_room(const struct node *n);

struct author_entry {
    struct span type;
    struct span topic; /* a wanted one, `type` is "set" then, or a rule's with "decision"; or empty
                        */
    struct value value;
    struct span unit;
    uint64_t source_ts;
    enum rule_trust trust; /* RULE_PLAIN: the value is left out */
    uint64_t for_ms;
    struct span answers, cause;
    struct span kept; /* a checkpoint's */
    uint32_t part, of;
};
/* Appends a record; *record (may be NULL) describes it until the next append. ERR_FULL: no room
 * now. ERR_DENIED: our role writes nothing. */
MUST_USE enum err author_append(struct node *n, const struct author_entry *entry,
                                struct record *record);
void author_readings(struct node *n, const struct reading *readings, size_t count);
/* Orders to be stored what this step appended, and the state's changed topics. */
void author_store(struct node *n);
/* The same before the step is over. */
void author_store_so_far(struct node *n);

/* A property of ours is to become this, once its record, which is our last, is on disk. */
void author_act(struct node *n, struct span property, struct span value);
/* Carries out what still waits for its record to be on disk. */
void author_act_all(struct node *n);

void author_stored(struct node *n, uint64_t ticket);
void author_store_failed(struct node *n);
void author_store_ready(struct node *n);

#endif
