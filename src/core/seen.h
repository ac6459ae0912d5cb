#ifndef CORE_SEEN_H
#define CORE_SEEN_H

#include "core/node_state.h"

/* When the others were last heard and why not since, kept on disk: a note at each change, and one
 * of whoever is there every TIME_SEEN_MS and when we leave. After our own restart nobody is there
 * before a session says so. */

/* A session with it has opened, in this life of its. */
void seen_met(struct node *n, struct member *m, uint64_t epoch);
void seen_left(struct node *n, struct member *m); /* it said goodbye in its session */
/* A datagram says goodbye in the name of that life of its: believed as soon as no session of that
 * life stands. */
void seen_goodbye(struct node *n, struct member *m, uint64_t epoch);
/* An open session has ended, for this reason; s->given_up when for silence. A goodbye on its way in
 * it went with it: when one came by datagram, m->left says so. */
/* One of its links ended and nobody was told: if it was the last, and people think it is here, they
 * are. (Of two links each side may give up another one.) */
void seen_gone(struct node *n, struct member *m);
void seen_lost(struct node *n, struct session *s, struct span evidence);
/* Others say so of it; empty: nothing any more. */
void seen_said(struct node *n, struct member *m, struct span evidence);
void seen_ended(struct node *n, struct member *m, struct span evidence); /* by us */

/* No session with it is wanted as long as it lives this life, or one is being made: its calls tell
 * of it, and what others say. */
bool seen_by_calls(const struct node *n, const struct member *m);

void seen_note_all(struct node *n);
void seen_restore(struct node *n, const struct event *e);
/* The next note is due at n->seen_at_ms. */
void seen_tick(struct node *n);

#endif
