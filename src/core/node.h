#ifndef CORE_NODE_H
#define CORE_NODE_H

#include "core/event.h"
#include "core/rule.h"

/* One peer, whole: everything it decides. A function of (state, event); no I/O, no clock, no
 * randomness but the seed.
 *
 * Life: node_new(); RESTORE_* events in the order log, its tail, ..., topics, peers, seen, forks;
 * START; then anything; LEAVE; EFFECT_EXIT. */

typedef void node_hash_fn(struct chain_hash *out, const struct chain_hash *before,
                          struct span bytes); /* SHA-256(before | bytes) */

struct node_config {
    struct identity self;
    uint64_t seed;
    uint16_t session_port;    /* told in hellos */
    const struct rule *rules; /* copied */
    size_t rule_count;
    node_hash_fn *hash;
    record_encode_fn *encode;
    record_next_fn *next;
    bool plain;            /* speak and hear the plain dialect */
    uint64_t retain_ms;    /* what is older may go; 0: nothing is too old */
    uint64_t retain_bytes; /* more than this must not be on disk; 0: no matter how much */
    uint64_t facts;        /* one bit per fact_kind that is wanted; the others are not made */
};

#define NODE_FACTS_ALL UINT64_MAX

struct node;

/* Takes copies. Returns NULL when out of memory. */
struct node *node_new(const struct node_config *config);
void node_free(struct node *n);
void node_step(struct node *n, const struct event *e, struct effects *fx);
/* When it next wants a TICK, on the scale of now_ms; UINT64_MAX: not until something happens. */
uint64_t node_deadline(const struct node *n);

/* Which facts are wanted from now on, in place of node_config.facts. Not within a step. */
void node_facts(struct node *n, uint64_t facts);

/* How many more readings it takes now; 0: the source should wait until this changes (asked again
 * after each step). */
size_t node_room(const struct node *n);
/* Everything of our own is acknowledged by somebody who wants it (true also when we wrote nothing).
 */
bool node_acknowledged(const struct node *n);

/* Read-only looks, for the CLI, the tests and the simulator. */
size_t node_session_count(const struct node *n);                         /* open sessions */
uint64_t node_log_last(const struct node *n, const struct log_id *id);   /* last received; 0 unknown
                                                                          */
uint64_t node_log_stored(const struct node *n, const struct log_id *id); /* last on disk */
uint64_t node_log_sealed(const struct node *n, const struct log_id *id); /* last under a verified
                                                                            seal */
uint64_t node_log_acked(const struct node *n, const struct log_id *id);  /* own logs: highest
                                                                            acknowledgement from
                                                                            anybody */
bool node_log_hash(const struct node *n, const struct log_id *id, uint64_t seq,
                   struct chain_hash *hash); /* sealed one only */
uint64_t node_epoch(const struct node *n);
/* The record that the state holds for a topic, as its author's bytes; empty when there is none. */
struct span node_topic(const struct node *n, struct span topic);
/* Hash over all (topic, winning record) of the state: equal on peers that hold the same records. */
void node_state_hash(const struct node *n, struct chain_hash *hash);

/* Counters since the start, for status and for "a run that exercised nothing fails". */
enum node_counter {
    NODE_HELLOS_HEARD,
    NODE_HELLOS_STALE,
    NODE_DIALS,
    NODE_SESSIONS,
    NODE_SESSIONS_LOST,
    NODE_SESSIONS_SILENT, /* of them, for silence */
    NODE_FALSE_ALARMS,    /* of those, it was back in the same life within TIME_FALSE_MS */
    NODE_LATE_TURNS,      /* of our own loop, by TIME_LATE_MS or more */
    NODE_REFUSED,
    NODE_RECORDS_OWN,
    NODE_RECORDS_HEARD,
    NODE_RECORDS_DOUBLE,  /* offered again and dropped */
    NODE_RECORDS_DENIED,  /* beyond their writer's role */
    NODE_RECORDS_DROPPED, /* pending past a close */
    NODE_SEALS_MADE,
    NODE_SEALS_VERIFIED,
    NODE_SEALS_BAD,
    NODE_FETCHES,
    NODE_RECORDS_CARRIED, /* taken from another than their author */
    NODE_LOGS_PRUNED,     /* shortened to a checkpoint, or emptied */
    NODE_FORKS,           /* keys that were proven to have signed two contents */
    NODE_MESSAGES_UNKNOWN,
    NODE_COUNTER_COUNT,
};
uint64_t node_count(const struct node *n, enum node_counter counter);
const char *node_counter_text(enum node_counter counter);

#endif
