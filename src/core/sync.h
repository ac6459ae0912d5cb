#ifndef CORE_SYNC_H
#define CORE_SYNC_H

#include "core/node_state.h"

/* What do you have? Two peers swap what they hold; each sends what the other lacks (serve.c), then
 * what is new. Late joining, offline buffering, restart and healing are this one path. Of third
 * parties' logs news.c and carry.c decide. */

/* Our list of logs, for this session: all of ours, and what we hold of its. */
void sync_send_have(struct node *n, struct session *s);
void sync_have(struct node *n, struct session *s, const struct message *m);
void sync_update(struct node *n, struct session *s, const struct message *m);
void sync_ack(struct node *n, struct session *s, const struct message *m);
/* l moved: acknowledge to its author, if it is there. */
void sync_acknowledge(struct node *n, struct log *l);
/* The log that a message means; NULL: not known. */
struct log *sync_log_of(struct node *n, const struct session *s, const struct message_log *log);

#endif
