#ifndef CORE_DISCOVERY_H
#define CORE_DISCOVERY_H

#include "core/node_state.h"

/* Finding each other: when we call, whom we answer, whom we dial and when again.
 *
 * Of two that hear each other the one with the smaller name dials at once, the other only after
 * TIME_DIAL_POLITE_MS, so that two dials rarely cross. A hello never changes a session: identity is
 * what a certificate proves. */

/* At the start, and again when the network changed: calls at once, and tries all who are missed. */
void discovery_start(struct node *n);
void discovery_hello(struct node *n, const struct hello *h, struct address source);
void discovery_foreign(struct node *n, struct span network, struct span device,
                       struct address source);
/* An address from --peer, or one remembered from an earlier life. */
void discovery_add_address(struct node *n, struct span device, struct address address);
/* A DIAL failed, or what it made ended before it was a session. */
void discovery_dial_failed(struct node *n, struct dialer *d);
/* ... because one side must not greet the other: behind the above. */
void discovery_dial_refused(struct node *n, struct dialer *d);
/* An open session with m ended without its goodbye. */
void discovery_lost(struct node *n, struct member *m);
/* m has an open session: remembers where it can be reached again, which is what we dialled, or what
 * its datagrams named, if they came from where its session comes from. */
void discovery_reached(struct node *n, const struct session *s, struct member *m);
/* The same after one side found fault with the other: it will hardly be better at once. */
void discovery_refused(struct node *n, struct member *m);
/* m has an open session now: nothing of it is dialled. */
void discovery_met(struct node *n, struct member *m);
/* We want a session with m, which was heard of. */
void discovery_wanted(struct node *n, struct member *m);
/* m has no session any more, or will have none: a sign may have to be asked of it. */
void discovery_alone(struct node *n, const struct member *m);
/* m's place is given to another. */
void discovery_forget(struct node *n, const struct member *m);
void discovery_tick(struct node *n);
void discovery_goodbye(struct node *n);
/* At the end of a step: when the next sign is asked for is reckoned anew if it may have changed. */
void discovery_settle(struct node *n);
uint64_t discovery_deadline(const struct node *n);

#endif
