/* A UDP sender: one datagram to everyone on the network, port 6000.
 *
 * Idea: a broadcast needs no receiver's address, no receiver at all, and leave to be sent.
 *
 * usage: udp_sender [ADDRESS]     sends to ADDRESS (255.255.255.255; offline: 127.255.255.255) */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 6000 };

int main(int argc, char **argv)
{
    static const char text[] = "HELLO from UDP sender!";
    const char *address = argc > 1 ? argv[1] : "255.255.255.255";
    struct sockaddr_in everyone = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int yes = 1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (inet_pton(AF_INET, address, &everyone.sin_addr) != 1)
        errx(EXIT_FAILURE, "'%s' is not an IPv4 address", address);
    int mouth = socket(AF_INET, SOCK_DGRAM, 0);
    if (mouth < 0)
        err(EXIT_FAILURE, "socket");
    /* One call that disturbs a whole network has to be asked for. */
    setsockopt(mouth, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    if (sendto(mouth, text, strlen(text), 0, (struct sockaddr *)&everyone, sizeof everyone) < 0)
        err(EXIT_FAILURE, "sendto (offline? then: udp_sender 127.255.255.255)");
    printf("Broadcast sent\n");
    close(mouth);
    return EXIT_SUCCESS;
}
