#ifndef CORE_RETAIN_H
#define CORE_RETAIN_H

#include "core/node_state.h"

/* Retention: which logs, ours and others', begin later from now on, so that what is too old or too
 * much may go from the disk. A log is shortened to one of its checkpoints that is sealed and
 * stored; a closed one goes whole once the state needs none of its records, or finds them in a
 * later checkpoint of the same device: it is then known, and empty. */

/* How full the disk is. */
void retain_stored(struct node *n, const struct event *e);
/* At the end of a step. */
void retain_pump(struct node *n);
uint64_t retain_deadline(const struct node *n);

#endif
