#ifndef TESTS_DURABLE_SCRIPT_H
#define TESTS_DURABLE_SCRIPT_H

#include "disk.h"
#include "store_world.h"

/* A store's scripted life, what it promised at each moment, and the next life after a power cut,
 * which must keep it. */

enum { SCRIPT_LOGS = 2, SCRIPT_PROMISES = 64 };

/* At least so much was reported durable, when it was; and what was ordered is all there may be. */
struct script_promise {
    uint64_t last[SCRIPT_LOGS];
    uint64_t ordered[SCRIPT_LOGS];
    uint64_t sealed[SCRIPT_LOGS];
    uint64_t first, first_ordered; /* the first log begins at the former, or the latter; 0: with 1
                                    */
    uint64_t topic;
    uint64_t epoch;
    bool closed; /* the second log, exactly at its last */
    bool peer;
    bool spoilt; /* there was damage to salvage; nothing is promised of the second log */
};

struct script {
    struct store_world world;
    struct store_world_log logs[SCRIPT_LOGS];
    struct disk *disk;
    struct script_promise promises[SCRIPT_PROMISES];
    size_t promise_count;
};

void script_init(struct script *s);
void script_fini(struct script *s);
/* Lives: makes a store, writes, seals, prunes one, cuts back and closes another, checkpoints into
 * the middle of it, goes round the write-ahead log, ends well and begins again. Recorded. */
void script_live(struct script *s);
/* Behind that life: the second log's row is damaged, and the next start, which salvages, is
 * recorded. */
void script_salvage(struct script *s);
/* After a power cut: opens what is left, holds it against the promise and
 * against SQLite's own check, and writes on. Fails by check(). `told`: that the store had to
 * salvage is a failure, too. */
void script_recover(struct script *s, const struct script_promise *promise);

#endif
