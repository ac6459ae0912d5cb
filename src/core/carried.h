#ifndef CORE_CARRIED_H
#define CORE_CARRIED_H

#include "core/node_state.h"

/* Who was asked for which log of others, and what came and waits for its seal: the table that
 * carry.c decides over. Private to it. */

enum { CARRIED_OTHERS = 4 }; /* remembered who offer the same log: more are told of by their news */

struct carried_offer {
    uint64_t link; /* 0: none */
    uint64_t sealed;
};

struct carried {
    struct log_id id; /* every byte of it set: it is the key in the table */
    uint64_t link;
    uint64_t at_ms;    /* asked, or something came */
    uint64_t since_ms; /* asked, or a stretch was taken in, or more is there since */
    uint64_t offered;  /* how far it goes there */
    unsigned asks;     /* without a stretch that was taken in */
    enum role role;    /* of its author, proven */
    bool introduced;
    struct carried_offer others[CARRIED_OTHERS]; /* asked in this order when that one fails */

    char *bytes; /* the stretch: records, a comma between two */
    size_t size, capacity;
    uint64_t first, last;
    struct chain_hash head;
    struct chain_hash base; /* before `first`, when the log begins there */
    bool based;
    struct log_seal seal; /* being verified; seq 0: none */
    bool differs;         /* it signs another chain than the one here */
};

struct carried *carried_find(const struct node *n, const struct log_id *id);
/* The one that a message is about, when this session was asked for it; else NULL. */
struct carried *carried_of(const struct node *n, const struct session *s,
                           const struct message_log *log);
/* The key of a log that a message names. */
struct log_id carried_id(const struct message_log *log);
/* The log as far as it is here; NULL: not at all. */
struct log *carried_log(const struct node *n, const struct carried *c);

/* This session is to be asked. At LIMIT_LOGS whoever was asked for most pays, so that nobody's
 * offers crowd out another's. NULL: that is this one; or out of memory. */
struct carried *carried_add(struct node *n, struct session *s, const struct log_id *id);
void carried_forget(struct node *n, struct carried *c);
/* Another session offers it too. At CARRIED_OTHERS the newest is not remembered. */
void carried_offered(struct carried *c, uint64_t link, uint64_t sealed);
/* The first of those that is still there, trusted, and has more than we have: it is asked from now
 * on, and what came of the stretch is forgotten. NULL: there is none, nothing is changed. */
struct session *carried_hand_over(struct node *n, struct carried *c);

/* The next record of the stretch. False: beyond LIMIT_STRETCH in this session, or out of memory. */
bool carried_gather(struct node *n, struct session *s, struct carried *c, const struct record *r);
void carried_drop_stretch(struct node *n, struct carried *c);

typedef bool carried_is_fn(const struct node *n, const struct carried *c, const void *context);
/* Those of which that is true, by name, because the table may change while they are looked at:
 * memory of this step's effects. */
struct log_id *carried_which(const struct node *n, carried_is_fn *is, const void *context,
                             size_t *count);

void carried_fini(struct node *n);

#endif
