#ifndef SIM_NET_STALL_H
#define SIM_NET_STALL_H

#include "net.h"

/* Which ways of connections wait because of a cut: twice the connection, and its end. */

/* Kept in the order of connections, so that a world does not depend on what stalled first. */
void net_stall_note(struct net *n, uint64_t number);

#endif
