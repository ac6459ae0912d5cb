#ifndef SIM_DISK_RESTORE_H
#define SIM_DISK_RESTORE_H

struct world;
struct host;

/* Steps the host's node with everything that there is, in the order of core/event.h. */
void disk_restore(struct world *w, struct host *h);

#endif
