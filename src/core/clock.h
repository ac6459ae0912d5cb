#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "core/node_state.h"

/* Wall clocks decide nothing between peers, but schedules, the ages of what is shown and the order
 * of what people want suffer from wrong ones: a peer whose clock is more than TIME_CLOCK_MS away
 * from ours, by its hello, is named once a session. Which of the two is wrong we can't know. */

/* How far its clock is ahead of ours (behind: negative); 0 without a session or a told time. Ours
 * may have been set since. */
int64_t clock_off_ms(const struct node *n, const struct session *s);
/* Whether that is worth a word. */
bool clock_is_wrong(int64_t off_ms);
/* A session may have opened in this step. */
void clock_judge(struct node *n);

#endif
