#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "queue.h"

#include <stdbool.h>

/* What goes wrong in a world, when and for how long, drawn from its seed. Faults overlap. When the
 * plan ends everything is mended at once: ways open, disks work, every host that is down starts. */

enum fault_kind {
    FAULT_KILL,      /* and later a restart */
    FAULT_POWER,     /* the same with the machine */
    FAULT_LEAVE,     /* gracefully, and back later */
    FAULT_PARTITION, /* two groups */
    FAULT_ISOLATE,   /* one from all */
    FAULT_ONE_WAY,   /* one hears another no more, but is heard */
    FAULT_RESET,     /* a connection */
    FAULT_WEATHER,   /* loss, doubles, delay for all */
    FAULT_ATTACK,    /* datagrams replayed and forged */
    FAULT_MOVE,      /* to another address */
    FAULT_FREEZE,    /* it stands still, and goes on */
    FAULT_CLOCK,     /* a wall clock steps */
    FAULT_DISK_FULL,
    FAULT_DISK_SLOW,
    FAULT_BACKUP, /* of a disk is taken now and put back later, under a killed process */
    FAULT_CLONE,  /* a copy of a machine is switched on, where the world has a spare one for it */
    FAULT_KIND_COUNT,
};

struct world;

/* Faults begin now, about every `mean_ms`, until the plan is ended. */
void fault_begin(struct world *w, uint32_t mean_ms);
/* Mends everything. */
void fault_end(struct world *w);

void fault_on_begin(struct world *w, const struct moment *m);
void fault_on_end(struct world *w, const struct moment *m);

#endif
