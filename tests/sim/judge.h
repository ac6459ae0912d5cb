#ifndef SIM_JUDGE_H
#define SIM_JUDGE_H

#include "base/table.h"
#include "core/event.h"

/* Holds every step against what must always be true; verdict.h holds the end of a run. Knows
 * everything that was ever written, so it can say of every byte that is read or stored anywhere
 * whether its author wrote it. */

struct judge_record {
    struct span bytes; /* the world's */
    struct chain_hash hash;
};

struct judge_reader {
    uint32_t life;
    uint64_t last; /* published in that life */
};

struct judge_log {
    char name[LIMIT_NAME + 24]; /* device and epoch */
    struct log_id id;
    uint32_t host, life;          /* the only ones that may write it */
    struct judge_record *records; /* [seq - 1] */
    size_t count, capacity;
    uint64_t acked; /* by anybody */
    uint64_t goal;  /* at the heal: durable at its author, to be sealed by everybody who wants it */
    struct judge_reader *readers; /* by host */
};

struct judge {
    struct table table;
    struct judge_log **logs;
    size_t log_count;
    uint8_t *sessions;   /* [a * hosts + b] */
    uint64_t *since_us;  /* how long they have had one */
    uint64_t written_us; /* the newest record */
    bool healed;         /* faults have stopped, */
    uint64_t healed_us;  /* ... then */
    bool synced;         /* everything written until then is sealed everywhere, */
    uint64_t synced_us;  /* ... since then */
    char **kept;         /* what puppets said and others stored */
    size_t kept_count;
    uint64_t *dials_us;  /* [(a * hosts + b) * 3]: the last three times that a dialled b */
    uint32_t dials_most; /* of one host in one second of the clock */
    bool calm;           /* from here on nobody may be called lost */
    bool twins;          /* two processes may have one key: they contradict each other about where
                            a log ended, and what was dropped may be read again */
    bool rolled_back;    /* a backup was put back: old logs may be with some and not with others */
};

struct world;
struct host;
struct record;

void judge_init(struct world *w);
void judge_fini(struct world *w);

/* A run of records that the host wants stored; gives back one span a record (the judge's bytes).
 * Returns false after a violation. */
bool judge_store(struct world *w, struct host *h, const struct effect *e, struct span *records);
/* NULL: nobody wrote in that epoch. */
struct judge_log *judge_log(const struct world *w, struct span device, uint64_t epoch);
/* The judge's copy of the record that is to be stored for a topic; empty: its author wrote another,
 * or none. */
struct span judge_topic(struct world *w, const struct log_id *id, uint64_t seq, struct span bytes);
/* A puppet is to say that it holds this: its author may believe it. False: nothing is written there
 * yet, and when that arrives there may be. */
bool judge_lie_acked(struct world *w, const struct log_id *id, uint64_t seq);
/* Any effect, before it is performed. */
void judge_effect(struct world *w, struct host *h, const struct effect *e);
/* After the step. */
void judge_step(struct world *w, struct host *h);
void judge_started(struct world *w, struct host *h);
/* What was not durable is gone. */
void judge_forget_states(struct host *h, bool all);

void judge_session(struct world *w, uint32_t a, uint32_t b, int change);
bool judge_wanted(const struct world *w, uint32_t a, uint32_t b); /* a session between them */

#endif
