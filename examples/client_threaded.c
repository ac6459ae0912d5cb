/* A TCP client that says three things, a second apart, on one connection.
 *
 * Idea: a connection stays open, and two clients at once show whether the server can share itself.
 *
 * usage: client_threaded [ADDRESS]     connects to ADDRESS (127.0.0.1), port 5001 */
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

enum { PORT = 5001, MESSAGES = 3, PATIENCE_S = 10 };

static int connect_to(const char *address)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(PORT)};

    if (inet_pton(AF_INET, address, &there.sin_addr) != 1)
        errx(EXIT_FAILURE, "'%s' is not an IPv4 address", address);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0)
        err(EXIT_FAILURE, "socket");
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(server, (struct sockaddr *)&there, sizeof there) < 0)
        err(EXIT_FAILURE, "connect (is server_threaded running?)");
    return server;
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
    char text[1024];

    setvbuf(stdout, NULL, _IOLBF, 0);
    int server = connect_to(argc > 1 ? argv[1] : "127.0.0.1");
    for (int i = 0; i < MESSAGES; i++) {
        if (i > 0)
            sleep(1);
        snprintf(text, sizeof text, "Hello %d", i);
        if (send(server, text, strlen(text), MSG_NOSIGNAL) < 0)
            err(EXIT_FAILURE, "send");
        printf("Sent: %s\n", text);
        ssize_t size = recv(server, text, sizeof text - 1, 0);
        if (size < 0)
            err(EXIT_FAILURE, "recv");
        if (size == 0)
            errx(EXIT_FAILURE, "the server hung up");
        clean(text, (size_t)size);
        printf("Received: %s\n", text);
    }
    close(server);
    return EXIT_SUCCESS;
}
