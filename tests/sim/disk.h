#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "core/event.h"
#include "disk_index.h"
#include "queue.h"

/* A disk under one host: a model of io/store.h that keeps the promises of core/event.h and not one
 * more. Orders are gathered, committed in order, some at a time, after a while. Of what was not yet
 * reported at a crash, some first part is there afterwards and the rest is not: the seed says
 * which. A full disk fails the commit and everything behind it. A backup may be put back.
 *
 * Records are the judge's bytes (judge.h), which live as long as the world; so a copy is cheap. */

struct disk_seal {
    uint64_t seq;
    struct chain_hash hash;
    uint8_t signature[LIMIT_SIGNATURE];
    size_t signature_size;
};

struct disk_log {
    struct log_id id;
    enum role role;
    bool durable; /* else only ordered */
    bool closed;
    uint64_t first;
    uint64_t last;           /* durable */
    uint64_t queued;         /* last, with what is ordered */
    struct disk_seal *seals; /* all that came, oldest first */
    size_t seal_count;
    struct span *records; /* [seq - first] */
    size_t capacity;
    struct chain_hash base;   /* before `first` */
    struct event_mark *marks; /* its checkpoints */
    size_t mark_count;
    uint64_t restored; /* last, when the process began */
    uint64_t acked;    /* up to here this host has told others: acknowledged */
};

struct disk_topic {
    char topic[LIMIT_TOPIC + 1];
    struct log_id id;
    uint64_t seq;
    struct span bytes;
};

struct disk_peer {
    char device[LIMIT_NAME + 1];
    struct address address;
};

struct disk_seen {
    char device[LIMIT_NAME + 1];
    char evidence[LIMIT_REASON + 1];
    struct event_seen row; /* without its spans */
};

struct disk_fork {
    struct proof proof; /* its bytes are in `bytes` */
    char *bytes;
};

struct disk_order;

struct disk {
    struct disk_log *logs;
    size_t log_count;
    struct disk_index logs_by; /* their devices and epochs */
    struct disk_topic *topics;
    size_t topic_count;
    struct disk_index topics_by; /* their names */
    struct disk_peer *peers;
    size_t peer_count;
    struct disk_seen *seen;
    size_t seen_count;
    struct disk_fork *forks;
    size_t fork_count;
    struct disk_index seen_by; /* their devices */
    uint64_t epoch_counter;

    struct disk_order *orders; /* not yet durable, oldest first */
    size_t order_count;
    size_t order_capacity;
    size_t committing; /* how many of them the commit under way takes; 0: none is */
    uint64_t ticket;   /* of the last order */
    bool failed;       /* reported so; orders are dropped until a retry works */
    bool full;         /* no commit works */
    uint32_t latency_min_us;
    uint32_t latency_max_us;
};

struct world;
struct host;

void disk_fini(struct disk *d);
/* What is durable on `from`, over what is on `to`. */
void disk_copy(struct disk *to, const struct disk *from);

/* STORE_* orders, and the end of a step, when a commit may begin. */
void disk_effect(struct world *w, struct host *h, const struct effect *e);
void disk_flush(struct world *w, struct host *h);
void disk_on_commit(struct world *w, const struct moment *m);
void disk_on_retry(struct world *w, const struct moment *m);
/* The process dies: some of what was ordered is there, the rest is not. */
void disk_crash(struct world *w, struct host *h);
/* The process ends and waits for its disk. */
void disk_close(struct world *w, struct host *h);
/* A new epoch by the rule of io/store.h. */
uint64_t disk_epoch(struct world *w, struct disk *d, uint64_t above);
/* Joins what there is from `first` on, up to and with `last`, into memory of at least bytes_max +
 * LIMIT_RECORD bytes; returns how many. */
size_t disk_fetch(const struct disk *d, const struct log_id *id, uint64_t first, uint64_t last,
                  size_t bytes_max, char *out, size_t *size);
/* The first seal at or behind `first`; NULL: there is none. */
const struct disk_seal *disk_seal(const struct disk *d, const struct log_id *id, uint64_t first);
uint64_t disk_sealed(const struct disk_log *l); /* the newest one's sequence; 0: none */

struct disk_log *disk_log(const struct disk *d, const struct log_id *id); /* NULL: none that is
                                                                             durable */
struct span disk_record(const struct disk *d, const struct log_id *id, uint64_t seq); /* durable
                                                                                         ones */

#endif
