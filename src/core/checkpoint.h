#ifndef CORE_CHECKPOINT_H
#define CORE_CHECKPOINT_H

#include "core/node_state.h"

/* Checkpoints of our own log: the record that counts of each topic of ours, as it was written, once
 * more. Whoever has a log from one on lacks nothing of the state, so what lies before may go. With
 * retention they are written at the beginning of each epoch, and whenever the log has grown or aged
 * by a part of what is retained; without, whenever it has grown much or for a day, because others
 * may have less room. */

/* At the end of a step: writes one if it is due. */
void checkpoint_pump(struct node *n);
uint64_t checkpoint_deadline(const struct node *n);
/* A new log of ours begins. */
void checkpoint_begin(struct node *n);

#endif
