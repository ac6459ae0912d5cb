#ifndef CORE_GREET_H
#define CORE_GREET_H

#include "core/node_state.h"

/* What two peers say first, and when it must not be said or taken. */

/* The other end proved our own key: ourselves by a roundabout way, or a process with a copy of it.
 */
bool greet_is_self(const struct node *n, const struct session *s);
/* ... in this life of it: the later one goes on, ours ends. */
void greet_met_self(struct node *n, uint64_t epoch);
/* Our hello, and what we have. */
void greet_send(struct node *n, struct session *s);
/* Why this certificate must not greet us here, or NULL. `m` is the device it names, NULL when
 * unknown. */
const char *greet_refusal(const struct node *n, const struct session *s, const struct member *m);
/* What is wrong with its hello, or NULL. */
const char *greet_fault(const struct session *s, const struct message *m);

/* Another link with the same device that has not said hello yet; NULL: none. */
struct session *greet_twin(const struct node *n, const struct session *s);
/* s and the open `old` are of dials that crossed, and s is the one that the other side drops as
 * well, or has dropped. */
bool greet_crossed(const struct node *n, const struct session *s, const struct session *old);

#endif
