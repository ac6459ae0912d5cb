#ifndef CORE_RESTORE_H
#define CORE_RESTORE_H

#include "core/node_state.h"

/* What comes back from disk before the start: logs, the records behind their seals, the state's
 * records, and where others were. */

void restore_log(struct node *n, const struct event *e);
void restore_tail(struct node *n, const struct event *e);
void restore_topic(struct node *n, const struct event *e);
void restore_address(struct node *n, const struct event *e);

#endif
