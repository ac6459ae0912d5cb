#ifndef IO_UDP_PORT_H
#define IO_UDP_PORT_H

#include <stddef.h>
#include <stdint.h>

/* Who holds a UDP port of this machine, for the sentence that says why we could not have it:
 * "python3 (pid 812)", or "another program" when it belongs to somebody else or is gone. */
void udp_port_holder(uint16_t port, char *out, size_t capacity);

#endif
