#ifndef CORE_FORK_H
#define CORE_FORK_H

#include "core/node_state.h"

/* An author that signs two contents for one place of its log. Whoever tells of a log tells the
 * beginning of its chain hash, too; where that is not ours, the seal is asked for, and where the
 * other's log is longer and signed and does not continue ours, all of it, of which only hashes are
 * kept. A fork is believed when the author's own signature proves it, never before. Then nothing
 * more of that log is taken, and both seals stay in memory: log->seal and log->against. */

/* The first 64 bits of a chain hash, as a `have` tells them. */
uint64_t fork_digest(const struct chain_hash *hash);
/* What this session tells of a log that is here. */
void fork_told(struct node *n, struct session *s, const struct log *l,
               const struct message_entry *e);
/* It has a signed log that is not the continuation of ours: it is to show how it came there. */
void fork_doubt(struct node *n, struct session *s, const struct log *l);
/* What comes for that; false: it is not about it. */
bool fork_update(struct node *n, struct session *s, const struct message *m);
bool fork_seal(struct node *n, struct session *s, const struct message *m);
bool fork_verified(struct node *n, const struct event *e);
/* It is proven: this seal holds as well as the log's own. */
void fork_note(struct node *n, struct log *l, const struct log_seal *against);

#endif
