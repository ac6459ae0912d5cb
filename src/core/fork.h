#ifndef CORE_FORK_H
#define CORE_FORK_H

#include "core/node_state.h"

/* An author that signs two contents for one place of its log. A fork is believed when the author's
 * own two signatures prove it, never before. Then the key is not trusted any more: of none of its
 * logs anything more is taken, its commands are refused, rules forget its values; what was accepted
 * before stays. The proof is kept on disk, and shown once in each session: whoever gets it checks
 * the signatures itself, and shows it on. docs/decisions/011-forks.md */

void fork_fini(struct node *n);

/* Whether it was proven of this key. */
bool fork_known(const struct node *n, const struct key_id *key);
/* ... of the key that this device has now; as long as that is not known, of any it had. */
bool fork_is_of(const struct node *n, const struct member *m);
/* Why nothing may be wanted of this device, or of anybody by us; NULL: it may. */
const char *fork_fault(const struct node *n, const struct member *m);
/* A command of somebody whose key has forked is refused: true. */
bool fork_refuses(struct node *n, struct session *s, const struct message *command);

/* Both signatures hold. Copies. */
void fork_prove(struct node *n, const struct proof *p);
/* It is proven if the first seal's signature, or both, hold: this session sent them. Copies. */
enum fork_check { FORK_FIRST_SEAL, FORK_BOTH_SEALS };
void fork_judge(struct node *n, struct session *s, const struct proof *p, enum fork_check check);
/* A proof comes. */
void fork_received(struct node *n, struct session *s, const struct message *m);
void fork_verified(struct node *n, const struct event *e);
/* Nobody waits any more for what is being checked for this session. */
void fork_session_gone(struct session *s);

/* Shows every session what it was not shown yet. */
void fork_pump(struct node *n);
void fork_restore(struct node *n, const struct event *e);
/* Time begins: people are told what came back. */
void fork_start(struct node *n);
/* The store works again. */
void fork_store_again(struct node *n);

#endif
