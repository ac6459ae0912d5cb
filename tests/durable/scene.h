#ifndef TESTS_DURABLE_SCENE_H
#define TESTS_DURABLE_SCENE_H

#include "base/rng.h"
#include "store_world.h"

/* A store with a past: its files as they lay at four moments of one history, so that a later one
 * can be damaged or mixed with an earlier one. After commit k each log has 10 k records. The last
 * log has checkpoints and was pruned twice, after the first moment and before the last. */

enum {
    SCENE_LOGS = 3,
    SCENE_PRUNED = 2, /* this one */
    SCENE_STEPS = 60,
    SCENE_LAST = SCENE_STEPS * 10,
    SCENE_SEALED_EVERY = 70, /* records; the last seal lies before the end */
    SCENE_FILES = 3,
    SCENE_FILE_BYTES = 1 << 21
};

enum scene_moment {
    SCENE_EARLY,  /* closed, long ago */
    SCENE_MIDDLE, /* killed: the write-ahead log is long */
    SCENE_CLOSED, /* closed, later */
    SCENE_LATE,   /* killed, at the end */
    SCENE_MOMENT_COUNT
};

enum scene_file { SCENE_DATABASE, SCENE_WAL, SCENE_EPOCH };

struct scene_files {
    char *bytes[SCENE_FILES];
    size_t sizes[SCENE_FILES]; /* 0: it is not there */
    uint64_t last;             /* of each log */
    uint64_t epoch;            /* the highest handed out so far */
};

struct scene {
    struct store_world world;
    struct store_world_log logs[SCENE_LOGS];
    struct chain_hash heads[SCENE_LOGS][SCENE_LAST + 1]; /* after each record */
    struct scene_files moments[SCENE_MOMENT_COUNT];
    struct scene_files now; /* to be damaged */
};

struct scene *scene_new(void);
void scene_free(struct scene *s);
/* The files as they were then. */
void scene_take(struct scene *s, enum scene_moment moment);
/* Puts the (damaged) files into the folder, which holds nothing else then. */
void scene_put(struct scene *s);
/* A seal over that record was once given out. */
bool scene_is_sealed(uint64_t seq);
/* A log once began there. */
bool scene_is_first(int log, uint64_t seq);

#endif
