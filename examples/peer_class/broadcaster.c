/* A private socket: its port, unlike the one that all peers share, is ours alone. */
#define _POSIX_C_SOURCE 200809L
#include "broadcaster.h"

#include <arpa/inet.h>
#include <sys/socket.h>

bool broadcaster_init(struct broadcaster *broadcaster, const char *address, int port)
{
    int yes = 1;

    broadcaster->everyone = (struct sockaddr_in){.sin_family = AF_INET,
                                                 .sin_port = htons((in_port_t)port)};
    broadcaster->sock = socket(AF_INET, SOCK_DGRAM, 0);
    return inet_pton(AF_INET, address, &broadcaster->everyone.sin_addr) == 1 &&
           setsockopt(broadcaster->sock, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) == 0;
}

bool broadcaster_send(const struct broadcaster *broadcaster, const char *bytes, size_t size)
{
    return sendto(broadcaster->sock, bytes, size, 0,
                  (const struct sockaddr *)&broadcaster->everyone,
                  sizeof broadcaster->everyone) >= 0;
}
