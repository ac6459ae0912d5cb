/* A peer in four parts: Peer decides, Broadcaster and Listener do, Message translates. Here they
 * are put together, and what was decided is told to the person.
 *
 * usage: peer_class NAME [ADDRESS]     sends to ADDRESS (255.255.255.255; offline: 127.255.255.255)
 */
#define _POSIX_C_SOURCE 200809L
#include "broadcaster.h"
#include "listener.h"
#include "message.h"
#include "peer.h"
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PORT = 50000, EVERY_S = 5 };

/* In the listener's thread. */
static void heard(void *context, const char *bytes, size_t size, struct sockaddr_in from)
{
    struct peer *peer = context;
    struct message message;
    char ip[INET_ADDRSTRLEN];

    if (!message_decode(bytes, size, &message))
        return; /* anyone can send anything to an open port */
    struct peer_outcome outcome = peer_hear(peer, &message);
    inet_ntop(AF_INET, &from.sin_addr, ip, sizeof ip);
    if (outcome.discovered)
        printf("[%s] Discovered new peer: %s @ ('%s', %d)\n", peer->name, message.device, ip,
               ntohs(from.sin_port));
    if (outcome.reading)
        printf("[%s] Received temperature from %s: %.1f°C\n", peer->name, message.device,
               message.celsius);
    if (outcome.fan != PEER_FAN_UNTOUCHED)
        printf("[%s] Action: Fan %s\n", peer->name, outcome.fan == PEER_FAN_ON ? "ON" : "OFF");
}

static void beat(struct peer *peer, const struct broadcaster *broadcaster)
{
    struct message says[PEER_SAYS_MAX];
    size_t count = peer_beat(peer, says);
    char text[MESSAGE_BYTES_MAX];

    for (size_t i = 0; i < count; i++) {
        size_t size = message_encode(&says[i], text, sizeof text);
        if (!broadcaster_send(broadcaster, text, size)) {
            warn("send (offline? then: peer_class NAME 127.255.255.255)");
            return;
        }
    }
    if (count == 1)
        printf("[%s] Broadcast HELLO\n", peer->name);
    else
        printf("[%s] Broadcast HELLO & temp %.1f°C\n", peer->name, says[1].celsius);
}

int main(int argc, char **argv)
{
    struct peer peer;
    struct broadcaster broadcaster;
    struct listener listener;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2 || !peer_init(&peer, argv[1]) ||
        !broadcaster_init(&broadcaster, argc > 2 ? argv[2] : "255.255.255.255", PORT))
        errx(EXIT_FAILURE, "usage: peer_class NAME [ADDRESS]");
    if (!listener_start(&listener, PORT, heard, &peer))
        err(EXIT_FAILURE, "UDP port %d", PORT);
    for (;;) {
        beat(&peer, &broadcaster);
        sleep(EVERY_S);
    }
}
