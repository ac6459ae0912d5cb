#ifndef CORE_WATCH_H
#define CORE_WATCH_H

#include "core/node_state.h"

/* Our own health, by which the silence of others is judged (core/presence.h). */

/* Before an event after a pause, and before each TICK: does it come late? Then how many of our
 * sessions are silent? */
void watch_turn(struct node *n);

#endif
