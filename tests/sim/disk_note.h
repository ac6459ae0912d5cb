#ifndef SIM_DISK_NOTE_H
#define SIM_DISK_NOTE_H

#include "disk.h"

/* What a disk knows of devices besides their records: when they were seen, and whose key forked. */

void disk_note_take_seen(struct disk_seen *to, const struct event_seen *seen);
void disk_note_take_fork(struct disk_fork *to, const struct proof *proof);
void disk_note_apply_seen(struct disk *d, const struct disk_seen *seen);
/* Takes its bytes. */
void disk_note_apply_fork(struct disk *d, struct disk_fork *fork);
void disk_note_copy_forks(struct disk *to, const struct disk *from);
void disk_note_free(struct disk *d);
void disk_note_restore(struct world *w, struct host *h);

#endif
