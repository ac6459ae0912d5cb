#ifndef CORE_HEARSAY_H
#define CORE_HEARSAY_H

#include "core/node_state.h"

/* In a ring most have no session with each other: who loses a neighbour, or hears its goodbye,
 * tells it, and it goes round, once (docs/decisions/013-hearsay.md).
 *
 * A word is of one life of a device and of a moment. Against a device it counts only as long as
 * nothing was heard of it since that moment; any later sign of life, here or elsewhere, refutes it
 * and goes round as well. One witness makes suspect; a second one, missing calls, or
 * TIME_HEARSAY_MS without a sign of life make offline. Whoever is called gone and is not says so at
 * once. */

/* Our session with it was lost, in that life of its; or it said goodbye in it. */
void hearsay_lost(struct node *n, struct member *m, uint64_t epoch);
void hearsay_left(struct node *n, struct member *m);
/* A session with it has opened. */
void hearsay_met(struct node *n, struct member *m, uint64_t epoch);
/* It gave a sign of life in its session. */
void hearsay_alive(struct node *n, struct member *m);
/* It called, which was fresh. */
void hearsay_called(struct node *n, struct member *m, const struct hello *h);
/* A session is there to be told all that is known of who is gone. */
void hearsay_opened(struct node *n, struct session *s);
/* What somebody says of others. */
void hearsay_told(struct node *n, struct session *s, const struct message *m);

/* When it last gave a sign of life, here or by what others say. */
uint64_t hearsay_heard_ms(const struct member *m);
/* Without a session, and not left: what words and calls together say of it. */
enum presence_sign hearsay_sign(const struct node *n, const struct member *m, uint64_t now_ms);
/* Nothing but others' words tells of it. */
bool hearsay_only(const struct member *m);

void hearsay_due(struct node *n);
void hearsay_tick(struct node *n);
uint64_t hearsay_deadline(const struct node *n);

#endif
