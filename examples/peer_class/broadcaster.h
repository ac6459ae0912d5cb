/* Sends datagrams to everyone on the network. Knows addresses, not messages. */
#ifndef BROADCASTER_H
#define BROADCASTER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct broadcaster {
    int sock;
    struct sockaddr_in everyone;
};

/* False when the address is none, or there is no socket to be had. */
bool broadcaster_init(struct broadcaster *broadcaster, const char *address, int port);

/* False when there is no route to everyone; errno says more. */
bool broadcaster_send(const struct broadcaster *broadcaster, const char *bytes, size_t size);

#endif
