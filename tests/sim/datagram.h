#ifndef SIM_DATAGRAM_H
#define SIM_DATAGRAM_H

#include "core/event.h"
#include "queue.h"
#include "wire/hello.h"

/* Discovery datagrams between hosts: lost, doubled, late, and sometimes repeated or forged. */

enum { DATAGRAM_HISTORY = 64 };

/* One, on its way to everybody it is for. What it says is decoded once: that depends on nothing but
 * its bytes. */
struct datagram {
    size_t holders;
    struct address source;
    bool decoded;
    enum err err;
    struct hello hello;
    struct hello_foreign foreign;
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
void datagram_drop(struct datagram *d); /* by one of its holders; NULL is allowed */
void datagram_on_arrival(struct world *w, const struct moment *m);

#endif
