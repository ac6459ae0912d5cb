#ifndef CORE_CARRY_H
#define CORE_CARRY_H

#include "core/node_state.h"

/* Records by way of others. When a device is out of reach, or there is no session with it, whoever
 * holds its log may send it: a log's author signs it (seals), so that nobody needs to trust who
 * carries it. We ask one peer at a time for a log; what it sends is kept aside until the seal that
 * ends the stretch is verified, and only then enters the chain, the state and the disk.
 *
 * What is not believed: that a device exists, or its role, before its certificate came along; a
 * stretch without its seal; a seal over another chain than ours. */

void carry_init(struct node *n, uint64_t seed);
void carry_fini(struct node *n);

/* Asks this session for a log, unless somebody was asked already. `offered`: how far it says it
 * goes. */
void carry_ask(struct node *n, struct session *s, const struct message_log *log, uint64_t offered);
/* Who was asked for it; 0: nobody. */
uint64_t carry_link(const struct node *n, const struct log_id *id);

/* Whoever was asked for it has pruned all of it. */
void carry_emptied(struct node *n, const struct session *s, const struct message_log *log);

/* What comes. An update or a seal that nobody asked for is passed over. */
void carry_certificate(struct node *n, struct session *s, const struct message *m);
void carry_certified(struct node *n, const struct event *e);
void carry_update(struct node *n, struct session *s, const struct message *m);
void carry_seal(struct node *n, struct session *s, const struct message *m);
/* False: it is not about something carried. */
bool carry_verified(struct node *n, const struct event *e);

/* A seal of it is on disk: whoever carries the log hears so, and sends more. */
void carry_stored(struct node *n, const struct log *l);
/* The author itself is there now: nobody else is asked for what it writes. */
void carry_author_here(struct node *n, const struct member *m);
/* Nothing more of this key's logs is taken. */
void carry_distrust(struct node *n, const struct key_id *key);
/* Nothing is expected of this session any more. */
void carry_session_gone(struct node *n, const struct session *s);
/* The store works again: everything is asked for anew. */
void carry_again(struct node *n);
void carry_tick(struct node *n);
uint64_t carry_deadline(const struct node *n);

#endif
