/* A peer without a server: listens in a thread, broadcasts a temperature every 3 s. Port 6001.
 *
 * Idea: receiving blocks and sending waits for the clock, so each has a thread; all peers are
 * equal.
 *
 * usage: peer_udp_threaded [ADDRESS]     sends to ADDRESS (255.255.255.255; offline:
 * 127.255.255.255) */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <err.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 6001, EVERY_S = 3 };

/* Written before the thread starts and only read after: two threads may share it without a lock. */
struct peer {
    int ear, mouth;
    char name[32]; /* tells our own broadcasts, which we hear too, from the others' */
};

static void open_sockets(struct peer *peer)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int yes = 1;

    peer->ear = socket(AF_INET, SOCK_DGRAM, 0);
    peer->mouth = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(peer->ear, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes); /* several share the port */
    setsockopt(peer->mouth, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    if (bind(peer->ear, (struct sockaddr *)&here, sizeof here) < 0)
        err(EXIT_FAILURE, "bind");
}

/* Prints a JSON object that another peer sent; what else arrives on an open port, and that is
 * anything, is dropped. Printed is what we understood, as ASCII: no orders to the terminal. */
static void hear(const struct peer *peer, const char *bytes, size_t size, struct sockaddr_in from)
{
    json_t *message = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
    const char *device = json_string_value(json_object_get(message, "device"));
    char *text = json_dumps(message, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
    char ip[INET_ADDRSTRLEN];

    inet_ntop(AF_INET, &from.sin_addr, ip, sizeof ip);
    if (json_is_object(message) && text && (!device || strcmp(device, peer->name) != 0))
        printf("[RECEIVED from ('%s', %d)] %s\n", ip, ntohs(from.sin_port), text);
    free(text);
    json_decref(message);
}

static void *listen_for_peers(void *arg)
{
    const struct peer *peer = arg;

    for (;;) {
        char bytes[2048];
        struct sockaddr_in from = {0};
        socklen_t from_size = sizeof from;

        ssize_t size = recvfrom(peer->ear, bytes, sizeof bytes, 0, (struct sockaddr *)&from,
                                &from_size);
        if (size > 0)
            hear(peer, bytes, (size_t)size, from);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static const double morning[] = {24.5, 24.8, 25.3, 26.1, 25.6, 24.9};
    struct sockaddr_in everyone = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    struct peer peer;
    pthread_t listener;
    char text[128];

    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(peer.name, sizeof peer.name, "peer-%ld", (long)getpid());
    open_sockets(&peer);
    if (inet_pton(AF_INET, argc > 1 ? argv[1] : "255.255.255.255", &everyone.sin_addr) != 1 ||
        pthread_create(&listener, NULL, listen_for_peers, &peer) != 0)
        errx(EXIT_FAILURE, "usage: peer_udp_threaded [ADDRESS]");
    printf("Listening for peers...\n");
    for (size_t i = 0;; i++, sleep(EVERY_S)) {
        snprintf(text, sizeof text, "{\"type\":\"temperature\",\"device\":\"%s\",\"value\":%.1f}",
                 peer.name, morning[i % (sizeof morning / sizeof *morning)]);
        if (sendto(peer.mouth, text, strlen(text), 0, (struct sockaddr *)&everyone,
                   sizeof everyone) < 0)
            warn("sendto (offline? then: peer_udp_threaded 127.255.255.255)");
        else
            printf("[SENT] %s\n", text);
    }
}
