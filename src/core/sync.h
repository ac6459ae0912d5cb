#ifndef CORE_SYNC_H
#define CORE_SYNC_H

#include "core/node_state.h"

/* What do you have? Two peers swap what they hold; each keeps, for every log the other wants from
 * it, a cursor, and sends from there: from the window when it follows live, from the store when it
 * lags. Late joining, offline buffering, restart and healing are this one path. */

/* Our list of logs, for this session: all of ours, and what we hold of its. */
void sync_send_have(struct node *n, struct session *s);
/* Our new log: sessions that stand go on with it. */
void sync_follow(struct node *n);
void sync_have(struct node *n, struct session *s, const struct message *m);
void sync_update(struct node *n, struct session *s, const struct message *m);
void sync_ack(struct node *n, struct session *s, const struct message *m);
void sync_fetched(struct node *n, const struct event *e);
/* l moved: acknowledge to its author, if it is there. */
void sync_acknowledge(struct node *n, struct log *l);
/* Sends to every session what it lacks and has room for. */
void sync_pump(struct node *n);
/* Everything of ours was sent, seals as well, to everybody who wants it. */
bool sync_drained(const struct node *n);
/* The log that a message means; NULL: not known. */
struct log *sync_log_of(struct node *n, const struct session *s, const struct message_log *log);

#endif
