#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include "core/node_state.h"

/* Seals: an author's signature over its log's head. Ours are made for what is on disk: soon while
 * we write fast, else after TIME_SEAL_QUIET_MS, or when nothing was written for TIME_SEAL_IDLE_MS,
 * at once for a log that is closed and when we leave. Others' are verified against the chain we
 * computed ourselves. */

void seal_pump(struct node *n);
/* Orders the newest seal to be stored, one at a time, and not before its records. */
void seal_store(struct node *n, struct log *l);
void seal_closed_log(struct node *n, struct log *l);
void seal_signed(struct node *n, const struct event *e);
void seal_received(struct node *n, struct session *s, const struct message *m);
void seal_verified(struct node *n, const struct event *e);
uint64_t seal_deadline(const struct node *n);

#endif
