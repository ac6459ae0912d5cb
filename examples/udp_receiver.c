/* A UDP receiver: prints every datagram that reaches port 6000.
 *
 * Idea: no connection. One socket hears everyone, and every datagram brings its sender's address.
 *
 * usage: udp_receiver [ADDRESS]     listens on ADDRESS (0.0.0.0, all of this machine's) */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { PORT = 6000 };

static int hear_on(const char *address)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};

    if (inet_pton(AF_INET, address, &here.sin_addr) != 1)
        errx(EXIT_FAILURE, "'%s' is not an IPv4 address", address);
    int ear = socket(AF_INET, SOCK_DGRAM, 0);
    if (ear < 0)
        err(EXIT_FAILURE, "socket");
    if (bind(ear, (struct sockaddr *)&here, sizeof here) < 0)
        err(EXIT_FAILURE, "bind");
    return ear;
}

/* Bytes from outside may hold orders to the terminal: only printable characters pass. */
static void clean(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isprint((unsigned char)text[i]))
            text[i] = '?';
    text[size] = '\0';
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    int ear = hear_on(argc > 1 ? argv[1] : "0.0.0.0");
    printf("Listening for UDP messages...\n");
    for (;;) {
        char text[2048], ip[INET_ADDRSTRLEN];
        struct sockaddr_in from = {0};
        socklen_t from_size = sizeof from;

        ssize_t size = recvfrom(ear, text, sizeof text - 1, 0, (struct sockaddr *)&from,
                                &from_size);
        if (size < 0)
            continue; /* a lost datagram is nobody's end of the world */
        clean(text, (size_t)size);
        inet_ntop(AF_INET, &from.sin_addr, ip, sizeof ip);
        printf("Received: %s from ('%s', %d)\n", text, ip, ntohs(from.sin_port));
    }
}
