#ifndef CORE_LOG_MARK_H
#define CORE_LOG_MARK_H

#include "core/log.h"

/* The checkpoints of a log: where it may begin. One is a run of records, part 1 to n, that counts
 * once it is complete. */

/* The log has grown by this part of a checkpoint; `before` is the chain hash before it. */
void log_mark_part(struct log *l, const struct record *part, const struct chain_hash *before,
                   uint64_t wall_ms);
/* What was completed since the last time, to be stored with its records; false: nothing. */
bool log_mark_take(struct log *l, struct event_mark *mark);
/* One that is on disk. */
void log_mark_restore(struct log *l, const struct event_mark *mark);
/* The oldest one behind the log's beginning that is under a seal and on disk, NULL: none; and the
 * newest that came here before at_ms. */
const struct event_mark *log_mark_oldest(const struct log *l);
const struct event_mark *log_mark_before(const struct log *l, uint64_t at_ms);
/* Forgets those behind the log's end, those before its beginning. */
void log_mark_cut(struct log *l);
void log_mark_prune(struct log *l);

#endif
