#ifndef CORE_DISPATCH_H
#define CORE_DISPATCH_H

#include "core/node_state.h"

/* The commands that our rules give. A rule that switches gives each of its commands for that once
 * its decision is on our disk, to the actuators that are there (command.c), or to ourselves.
 *
 * A command's id is a hash of the rule, what triggered it, whether it began or ended, the target
 * and what it shall do: "rule:" and 40 hexadecimal digits. An owner and its backup that switch on
 * the same record thus give one command, and its target does it once, whoever sends it. A backup
 * keeps what it would have given until its time is over, and gives it when its owner is lost
 * meanwhile. Sides that are cut off from each other both give it. Nothing is given that rests on
 * plain readings, nor while nothing can be written. */

struct dispatch {
    size_t rule, command;
    char trigger[LIMIT_RECORD_NAME + 1];
    uint32_t turns;
    uint64_t epoch, seq; /* of the decision */
    uint64_t until_ms;
    char cause[LIMIT_CAUSE + 1];
};

void dispatch_fini(struct node *n);
/* The rule switched, our last record says so; age_ms: of the record that it switched on. */
void dispatch_switched(struct node *n, const struct rule_state *s, uint64_t age_ms);
/* Our disk moved, or somebody came or went: gives what can be given. */
void dispatch_pump(struct node *n);

#endif
