#ifndef SIM_DISK_PRUNE_H
#define SIM_DISK_PRUNE_H

#include "disk.h"

/* What a disk keeps of logs that begin later than with their first record, and the judgement over
 * it: nothing goes but what lies before a checkpoint, and all of a log only when it is closed. */

/* A checkpoint is on disk with its records. */
void disk_prune_mark(struct disk_log *l, const struct event_mark *mark);
/* The log begins at `first` from now on. */
void disk_prune_begin(struct world *w, struct host *h, struct disk_log *l, uint64_t first,
                      const struct chain_hash *base);
/* The log ends earlier. */
void disk_prune_cut(struct disk_log *l);
uint64_t disk_prune_used(const struct disk *d); /* bytes of all records */

#endif
