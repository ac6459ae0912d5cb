#ifndef CORE_RULE_SCHEDULE_H
#define CORE_RULE_SCHEDULE_H

#include "core/rule.h"

/* When in the week a rule may be active. Local time is a sum here; what zone it is, and when clocks
 * change, is the caller's knowledge. Private to rule*. */

enum { RULE_SCHEDULE_DAYS = 127, RULE_SCHEDULE_DAY_MIN = 1440 };

bool rule_schedule_open(const struct rule *rule, const struct rule_now *now);
/* When it opens or closes next, on the clock of now_ms, at most TIME_SCHEDULE_MS ahead; UINT64_MAX
 * without a schedule. */
uint64_t rule_schedule_edge(const struct rule *rule, const struct rule_now *now);
/* When it last opened or closed, or did both, since 1970 UTC: the same wherever it is asked; 0
 * without a schedule, or when that was more than a week ago. */
uint64_t rule_schedule_last(const struct rule *rule, const struct rule_now *now);
/* "mon-fri+sun 07:00-22:00" */
void rule_schedule_write(struct buf *b, const struct rule_schedule *schedule);
/* "tue 06:59" */
void rule_schedule_write_now(struct buf *b, const struct rule_now *now);
const char *rule_schedule_day(size_t day); /* "mon" for 0 */

#endif
