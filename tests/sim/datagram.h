#ifndef SIM_DATAGRAM_H
#define SIM_DATAGRAM_H

#include "core/event.h"
#include "queue.h"

/* Discovery datagrams between hosts: lost, doubled, late, and sometimes repeated or forged. */

enum { DATAGRAM_HISTORY = 64 };

struct datagram {
    struct address source;
    size_t size;
    char bytes[LIMIT_DATAGRAM];
};

struct world;
struct host;

/* From the host's private socket. to.port 0: to everybody's shared port, the sender's own too. */
void datagram_send(struct world *w, const struct host *from, struct address to, struct span bytes);
/* As somebody else at that host, from that port. */
void datagram_forge(struct world *w, uint32_t from, uint16_t port, struct address to,
                    struct span bytes);
void datagram_on_arrival(struct world *w, const struct moment *m);

#endif
