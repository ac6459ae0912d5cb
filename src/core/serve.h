#ifndef CORE_SERVE_H
#define CORE_SERVE_H

#include "core/node_state.h"

/* Sending logs: for every log that the other side of a session wants from us there is a cursor,
 * which sends from the window when it follows live, from the store when it lags. Our own logs come
 * first. */

struct cursor *serve_cursor(const struct session *s, const struct log *l); /* NULL: none */
/* NULL: out of memory. */
struct cursor *serve_add(struct node *n, struct session *s, struct log *l);
/* Those that have sent all and whose log will not grow. */
void serve_drop_done(struct node *n, struct session *s);
/* Our new log: sessions that stand go on with it. */
void serve_follow(struct node *n);
/* A log of a third party is to be sent to this session, from behind what the entry says on and as
 * it grows; no more. */
void serve_carried(struct node *n, struct session *s, struct log *l, const struct message_entry *e);
void serve_end(struct session *s, const struct log *l);
void serve_fetched(struct node *n, const struct event *e);
/* Something happened that may change what can be sent: to this session, or to whoever is given this
 * member's logs, or to all. What is new in our own log is noticed without that. */
void serve_due(struct node *n, struct session *s);
void serve_due_of(struct node *n, const struct member *m);
void serve_due_all(struct node *n);
/* Sends to every session of which something is due what it lacks and has room for. */
void serve_pump(struct node *n);
/* Everything of ours was sent, seals as well, to everybody who wants it. */
bool serve_drained(const struct node *n);

#endif
