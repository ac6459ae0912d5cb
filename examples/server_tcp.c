/* A TCP server that answers one client at a time.
 *
 * Idea: a listening socket only hands out connections; the talking is done on the socket that
 * accept() returns.
 *
 * usage: server_tcp [ADDRESS]     listens on ADDRESS (127.0.0.1), port 5000 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PORT = 5000, PATIENCE_S = 5 };

static int listen_on(const char *address)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int yes = 1;

    if (inet_pton(AF_INET, address, &here.sin_addr) != 1)
        errx(EXIT_FAILURE, "'%s' is not an IPv4 address", address);
    int door = socket(AF_INET, SOCK_STREAM, 0);
    if (door < 0)
        err(EXIT_FAILURE, "socket");
    /* Without this, a restarted server must wait a minute for its own old connections. */
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(door, (struct sockaddr *)&here, sizeof here) < 0)
        err(EXIT_FAILURE, "bind");
    if (listen(door, 8) < 0)
        err(EXIT_FAILURE, "listen");
    return door;
}

/* Bytes from outside may hold orders to the terminal: only printable characters pass. */
static void clean(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isprint((unsigned char)text[i]))
            text[i] = '?';
    text[size] = '\0';
}

static void serve(int client)
{
    static const char answer[] = "Message received by server";
    char text[1024];

    ssize_t size = recv(client, text, sizeof text - 1, 0);
    if (size <= 0) /* it hung up, or said nothing for PATIENCE_S */
        return;
    clean(text, (size_t)size);
    printf("Server received: %s\n", text);
    /* MSG_NOSIGNAL: a client that left must cost us an error, not our life by SIGPIPE. */
    send(client, answer, strlen(answer), MSG_NOSIGNAL);
}

int main(int argc, char **argv)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};

    setvbuf(stdout, NULL, _IOLBF, 0);
    int door = listen_on(argc > 1 ? argv[1] : "127.0.0.1");
    printf("Server waiting for connection...\n");
    for (;;) {
        struct sockaddr_in from = {0};
        socklen_t from_size = sizeof from;
        char ip[INET_ADDRSTRLEN];

        int client = accept(door, (struct sockaddr *)&from, &from_size);
        if (client < 0)
            continue; /* it left before we opened: wait for the next one */
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        inet_ntop(AF_INET, &from.sin_addr, ip, sizeof ip);
        printf("Connected by ('%s', %d)\n", ip, ntohs(from.sin_port));
        serve(client);
        close(client);
    }
}
