/* A TCP server with a thread for each client.
 *
 * Idea: recv() blocks its thread, so each client gets one of its own and none waits for another.
 *
 * usage: server_threaded [ADDRESS]     listens on ADDRESS (127.0.0.1), port 5001 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PORT = 5001, PATIENCE_S = 30 };

/* All that one thread works with. Nothing is shared, so nothing needs a lock. */
struct client {
    int sock;
    char name[32]; /* ('127.0.0.1', 56318) */
};

static int listen_on(const char *address)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int yes = 1, door = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (inet_pton(AF_INET, address, &here.sin_addr) != 1)
        errx(EXIT_FAILURE, "'%s' is not an IPv4 address", address);
    if (bind(door, (struct sockaddr *)&here, sizeof here) < 0 || listen(door, 8) < 0)
        err(EXIT_FAILURE, "cannot listen at %s", address);
    return door;
}

static void *serve(void *arg)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct client *client = arg;
    char text[1024];
    ssize_t size;

    setsockopt(client->sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(client->sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while ((size = recv(client->sock, text, sizeof text - 1, 0)) > 0) {
        for (ssize_t i = 0; i < size; i++) /* no orders to the terminal from outside */
            if (!isprint((unsigned char)text[i]))
                text[i] = '?';
        text[size] = '\0';
        printf("Received from %s: %s\n", client->name, text);
        if (send(client->sock, "ACK", 3, MSG_NOSIGNAL) < 0)
            break;
    }
    close(client->sock);
    free(client);
    return NULL;
}

/* Takes the connection: the thread closes it, or we do when there can be no thread. */
static void start_thread(int sock, const struct sockaddr_in *from)
{
    struct client *client = calloc(1, sizeof *client);
    char ip[INET_ADDRSTRLEN];
    pthread_t thread;

    if (client != NULL) {
        inet_ntop(AF_INET, &from->sin_addr, ip, sizeof ip);
        client->sock = sock;
        snprintf(client->name, sizeof client->name, "('%s', %d)", ip, ntohs(from->sin_port));
        printf("Connected: %s\n", client->name);
        if (pthread_create(&thread, NULL, serve, client) == 0) {
            pthread_detach(thread);
            return;
        }
    }
    warnx("no room for another client");
    free(client);
    close(sock);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    int door = listen_on(argc > 1 ? argv[1] : "127.0.0.1");
    printf("Server listening on port %d...\n", PORT);
    for (;;) {
        struct sockaddr_in from = {0};
        socklen_t from_size = sizeof from;
        int sock = accept(door, (struct sockaddr *)&from, &from_size);

        if (sock >= 0)
            start_thread(sock, &from);
        else
            sleep(1); /* out of descriptors: some client will leave */
    }
}
