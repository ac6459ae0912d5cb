#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include "core/node.h"

/* What a node knows, for whoever asks: its peers, its topics, its sealed state. Read-only; pointers
 * are valid until the node's next step. */

enum view_presence {
    VIEW_ONLINE,  /* a session stands and is not silent; or none is needed, and its calls come */
    VIEW_SUSPECT, /* silent for too long, and asked for a sign (core/presence.h); or one witness
                     says that it is gone (core/hearsay.h) */
    VIEW_OFFLINE, /* no session, or no call: it was lost, or not met in this life of ours; or
                     witnesses say so */
    VIEW_LEFT,    /* it said goodbye, here or to others */
    VIEW_PRESENCE_COUNT,
};

/* What stands behind a name. */
enum view_known {
    VIEW_PROVEN, /* a certificate, here or in an earlier life of ours */
    VIEW_CALLED, /* its calls, which every member could make in its name */
    VIEW_TOLD,   /* the word of somebody who is proven */
    VIEW_KNOWN_COUNT,
};

struct view_peer {
    const char *device;
    enum view_known known;
    bool role_known; /* proven; else `role` is what its name says, observer when it says nothing */
    enum role role;
    enum view_presence presence;
    bool session;                    /* one stands */
    bool heard;                      /* of, ever; also in an earlier life of ours */
    uint64_t last_heard_ms;          /* ago */
    char evidence[LIMIT_REASON + 1]; /* "connection reset", "no sign of life for 2.6 s"; "" while a
                                        session stands and is not silent */
    struct address address;          /* port 0: none known */
    enum fact_how how;               /* how it was found */
    bool rtt_known;
    uint64_t rtt_ms;
    bool clock_known;     /* it told its wall clock when its session opened: */
    int64_t clock_off_ms; /* ... so far ahead of ours, */
    bool clock_wrong;     /* ... which is worth a word */
    uint64_t epoch;       /* 0: not proven yet */
    bool forked;          /* its key is not trusted any more (core/fork.h) */
};

struct view_topic {
    struct span topic;
    struct span bytes; /* the record that counts */
    const struct log_id *log;
    uint64_t seq;
    bool sealed;
};

struct view_log {
    const struct log_id *id;
    enum role role; /* of its author */
    uint64_t first, last;
    uint64_t sealed;
    uint64_t begins_ms; /* what came here before this, by our wall clock, was let go; 0: nothing */
};

/* Walks all devices that were heard of, in no particular order; *at is 0 at first. */
bool view_peer_next(const struct node *n, uint64_t now_ms, size_t *at, struct view_peer *out);
/* Walks all logs, our own too, in no particular order; start with an all-zero cursor. */
struct view_log_cursor {
    size_t at;
    const struct log *newest, *next; /* of one device */
    bool began;
};
bool view_log_next(const struct node *n, struct view_log_cursor *cursor, struct view_log *out);
/* Walks what was proven of keys that signed two contents, oldest first; *at is 0 at first. */
bool view_fork_next(const struct node *n, size_t *at, const struct proof **out);
bool view_topic_next(const struct node *n, size_t *at, struct view_topic *out);
bool view_topic(const struct node *n, struct span topic, struct view_topic *out);
/* Walks the evaluations of our own rules that changed nothing and are kept, oldest first; *at is 0
 * at first. */
struct view_why {
    uint64_t wall_ms;
    bool active;
    struct span cause; /* as core/why.h has it */
};
bool view_why_next(const struct node *n, uint64_t *at, struct view_why *out);
/* Over the sealed head of every log: equal on two peers if and only if they hold the same sealed
 * records. */
void view_state_hash(const struct node *n, struct chain_hash *hash);
const char *view_presence_text(enum view_presence presence); /* "online" */
const char *view_known_text(enum view_known known);          /* "proven" */
const char *view_how_text(enum fact_how how);                /* "broadcast" */

#endif
