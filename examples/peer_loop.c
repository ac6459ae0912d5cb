/* A peer in one event loop: a timer, UDP and TCP, and no threads. Broadcasts a temperature on UDP
 * 50000 in the plain dialect; who connects by TCP is told the last message that was heard.
 * Idea: poll() waits for everything at once; we do one thing at a time, and nothing needs a lock.
 * usage: peer_loop NAME [ADDRESS [TCP_PORT]]     (255.255.255.255, 50020; offline 127.255.255.255)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { UDP_PORT = 50000, TCP_PORT = 50020, EVERY_S = 5, BACKLOG = 8 };

struct peer {
    const char *name;
    int timer, udp, door;
    struct sockaddr_in to; /* everyone */
    char *heard;           /* the last message */
};

static int bind_to(int type, int port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    int yes = 1, sock = socket(AF_INET, type | SOCK_NONBLOCK, 0);

    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(sock, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    if (bind(sock, (struct sockaddr *)&here, sizeof here) < 0)
        err(EXIT_FAILURE, "port %d", port);
    return sock;
}

static void on_timer(struct peer *peer)
{
    uint64_t times;
    char text[192];

    snprintf(text, sizeof text, "{\"type\":\"temperature\",\"device\":\"%.63s\",\"value\":24.5}",
             peer->name);
    if (read(peer->timer, &times, sizeof times) < 0 ||
        sendto(peer->udp, text, strlen(text), 0, (struct sockaddr *)&peer->to, sizeof peer->to) < 0)
        warn("sendto (offline? then: peer_loop NAME 127.255.255.255)");
    else
        printf("[%s] Timer: sent %s\n", peer->name, text);
}

static void on_datagram(struct peer *peer)
{
    char bytes[2048];
    ssize_t size = recv(peer->udp, bytes, sizeof bytes, 0);
    json_t *message = json_loadb(bytes, size > 0 ? (size_t)size : 0, JSON_REJECT_DUPLICATES, NULL);
    const char *device = json_string_value(json_object_get(message, "device"));

    if (device != NULL && strcmp(device, peer->name) != 0) {
        free(peer->heard);
        peer->heard = json_dumps(message, JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
        printf("[%s] UDP: heard %s\n", peer->name, peer->heard);
    }
    json_decref(message);
}

static void on_connection(struct peer *peer)
{
    int guest = accept4(peer->door, NULL, NULL, SOCK_NONBLOCK);

    if (dprintf(guest, "%s\n", peer->heard) > 0)
        printf("[%s] TCP: told a guest\n", peer->name);
    close(guest);
}

int main(int argc, char **argv)
{
    const struct itimerspec at_once_and_then_every = {{.tv_sec = EVERY_S}, {.tv_nsec = 1}};
    struct peer peer = {.name = argc > 1 ? argv[1] : "peer", .heard = strdup("nothing yet")};
    peer.to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(UDP_PORT)};

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* a guest that left must not end us */
    inet_aton(argc > 2 ? argv[2] : "255.255.255.255", &peer.to.sin_addr);
    peer.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    peer.udp = bind_to(SOCK_DGRAM, UDP_PORT);
    peer.door = bind_to(SOCK_STREAM, argc > 3 ? atoi(argv[3]) : TCP_PORT);
    listen(peer.door, BACKLOG);
    timerfd_settime(peer.timer, 0, &at_once_and_then_every, NULL);
    struct pollfd on[] = {{peer.timer, POLLIN, 0}, {peer.udp, POLLIN, 0}, {peer.door, POLLIN, 0}};
    for (;;) {
        poll(on, 3, -1); /* the only line that waits */
        if (on[0].revents)
            on_timer(&peer);
        if (on[1].revents)
            on_datagram(&peer);
        if (on[2].revents)
            on_connection(&peer);
    }
}
