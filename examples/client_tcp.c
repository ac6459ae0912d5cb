/* A TCP client: connects, says one sentence, prints the answer.
 *
 * Idea: connect() makes a two-way stream; the kernel picks our own port.
 *
 * usage: client_tcp [ADDRESS]     connects to ADDRESS (127.0.0.1), port 5000 */
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

enum { PORT = 5000, PATIENCE_S = 10 };

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
        err(EXIT_FAILURE, "connect (is server_tcp running?)");
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
    static const char greeting[] = "Hello, server! I'm the client.";
    char text[1024];

    setvbuf(stdout, NULL, _IOLBF, 0);
    int server = connect_to(argc > 1 ? argv[1] : "127.0.0.1");
    if (send(server, greeting, strlen(greeting), MSG_NOSIGNAL) < 0)
        err(EXIT_FAILURE, "send");
    ssize_t size = recv(server, text, sizeof text - 1, 0);
    if (size < 0)
        err(EXIT_FAILURE, "recv");
    if (size == 0)
        errx(EXIT_FAILURE, "the server hung up without an answer");
    clean(text, (size_t)size);
    printf("Client got: %s\n", text);
    close(server);
    return EXIT_SUCCESS;
}
