#ifndef IO_UDP_SOCKET_H
#define IO_UDP_SOCKET_H

#include "base/err.h"
#include "base/span.h"
#include "core/ident.h"

/* The two UDP sockets of discovery as the system gives them: where a datagram came in and where it
 * goes out is said for each one (IP_PKTINFO, ip(7)). Non-blocking, closed on exec. */

enum { UDP_SOCKET_BATCH = 16, UDP_SOCKET_BYTES = LIMIT_DATAGRAM + 1 };

/* One datagram that came in; `bytes` is cut at UDP_SOCKET_BYTES, which is too long already. */
struct udp_socket_datagram {
    struct span bytes;
    struct address source;
    uint32_t interface; /* index; 0: not told */
};

struct udp_socket_batch {
    struct udp_socket_datagram list[UDP_SOCKET_BATCH];
    size_t count;
    char bytes[UDP_SOCKET_BATCH][UDP_SOCKET_BYTES];
};

/* Bound to 0.0.0.0:port together with whoever else shares the port (SO_REUSEADDR): each hears every
 * broadcast. The descriptor, or -1 with errno. */
int udp_socket_shared(uint16_t port);
/* Bound to `ipv4` (0: any) and a port of its own, for unicast and for sending broadcasts. */
int udp_socket_private(uint32_t ipv4, uint16_t *port);

/* Fills the batch with what is there; false when nothing was. */
bool udp_socket_receive(int fd, struct udp_socket_batch *batch);

/* Out of which interface and with which source address; all 0: as the routes say. */
struct udp_socket_way {
    uint32_t interface;
    uint32_t source;
};
/* 0, or the error number. */
int udp_socket_send(int fd, struct span bytes, struct address to, struct udp_socket_way way);

#endif
