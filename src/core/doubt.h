#ifndef CORE_DOUBT_H
#define CORE_DOUBT_H

#include "core/node_state.h"

/* Whether somebody has another content of a log than we have. Whoever tells of a log tells the
 * beginning of its chain hash, too; where ours is not that, its seal is asked for, and where its
 * log is longer, signed, and does not continue ours, all of it, of which only hashes are kept. What
 * comes of it is a proof, by the author's own signatures (fork.c), or nothing. */

/* The first 64 bits of a chain hash, as a `have` tells them. */
uint64_t doubt_digest(const struct chain_hash *hash);
/* What this session tells of a log that is here. */
void doubt_told(struct node *n, struct session *s, struct log *l, const struct message_entry *e);
/* It has a signed log that is not the continuation of ours: it is to show how it came there. */
void doubt_longer(struct node *n, struct session *s, const struct log *l);
/* What comes for that; false: it is not about it. */
bool doubt_update(struct node *n, struct session *s, const struct message *m);
bool doubt_seal(struct node *n, struct session *s, const struct message *m);
bool doubt_verified(struct node *n, const struct event *e);
void doubt_chain(struct node *n, const struct event *e);
/* There is none any more about this key's logs. */
void doubt_settled(struct node *n, const struct key_id *key);

#endif
