/* A TCP server for the whole network: 0.0.0.0, port 50010, a thread for each client.
 *
 * Idea: the address that a server binds decides who can reach it; this one, every machine that has
 * a route to ours.
 *
 * usage: tcp_server [ADDRESS]     listens on ADDRESS (0.0.0.0) */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PORT = 50010, PATIENCE_S = 30, DATA_BYTES_MAX = 1024 };

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

static void print_clean(const char *data, size_t size)
{
    char text[DATA_BYTES_MAX + 1];

    for (size_t i = 0; i < size; i++) /* no orders to the terminal from outside */
        text[i] = isprint((unsigned char)data[i]) ? data[i] : '?';
    text[size] = '\0';
    printf("%s\n", text);
}

static void *serve(void *arg)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int client = (int)(intptr_t)arg;
    char reply[5 + DATA_BYTES_MAX] = "ACK: ", *data = reply + 5;
    ssize_t size;

    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while ((size = recv(client, data, DATA_BYTES_MAX, 0)) > 0) {
        print_clean(data, (size_t)size);
        if (send(client, reply, 5 + (size_t)size, MSG_NOSIGNAL) != 5 + size)
            break;
    }
    close(client);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "0.0.0.0";

    setvbuf(stdout, NULL, _IOLBF, 0);
    int door = listen_on(address);
    printf("Server listening on %s:%d\n", address, PORT);
    for (;;) {
        struct sockaddr_in from = {0};
        socklen_t from_size = sizeof from;
        char ip[INET_ADDRSTRLEN];
        pthread_t thread;

        int client = accept(door, (struct sockaddr *)&from, &from_size);
        if (client < 0) {
            sleep(1); /* out of descriptors: some client will leave */
            continue;
        }
        inet_ntop(AF_INET, &from.sin_addr, ip, sizeof ip);
        printf("Connection from ('%s', %d)\n", ip, ntohs(from.sin_port));
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) == 0)
            pthread_detach(thread);
        else
            close(client);
    }
}
