#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "core/node_state.h"

/* The list of sessions, and what is sent on one. Who decides about a session's life is peer.c. */

/* NULL when the link is gone. */
struct session *session_find(const struct node *n, uint64_t link);
/* NULL at LIMIT_SESSIONS or out of memory. */
struct session *session_add(struct node *n, uint64_t link, enum peer_state state);
/* The same, with a sign of life. */
struct session *session_heard(struct node *n, uint64_t link);
/* The session's memory goes; whoever pointed at it does not any more. */
void session_remove(struct node *n, struct session *s);
/* HANG_UP, without removing. */
void session_hang_up(struct node *n, uint64_t link, const char *reason);
void session_send(struct node *n, struct session *s, const struct message *m);
/* A sign of life, and one that is answered. */
void session_beat(struct node *n, struct session *s);
void session_ping(struct node *n, struct session *s);
/* The answer to a ping that was sent then. */
void session_pong(struct node *n, struct session *s, uint64_t sent_ms, uint64_t clock_ms);
/* A goodbye or an error, with its reason. */
void session_send_end(struct node *n, struct session *s, enum message_kind kind,
                      const char *reason);

#endif
