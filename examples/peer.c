/* A peer of Kith's plain dialect, UDP 50000; meets `kith --plain`. A word in its name is its role:
 * a sensor broadcasts readings, an actuator switches its fan, everyone says hello.
 * Idea: no server and no list of addresses. Whoever says hello is known.
 * usage: peer NAME [ADDRESS]     sends to ADDRESS (255.255.255.255; offline: 127.255.255.255) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <jansson.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
enum { PORT = 50000, EVERY_S = 5, NAME_BYTES_MAX = 63, KNOWN_MAX = 32 };

struct peer {
    const char *name;
    int sock;
    struct sockaddr_in to; /* everyone */
    json_t *known;         /* set of names; the listening thread's alone, so it needs no lock */
};

static int is_name(const char *text)
{
    size_t length = strspn(text, LETTERS);
    return length >= 1 && length <= NAME_BYTES_MAX && text[length] == '\0';
}

static void hear(struct peer *peer, json_t *message, struct sockaddr_in from)
{
    json_t *value = json_object_get(message, "value");
    const char *type, *device;

    if (json_unpack(message, "{s:s, s:s}", "type", &type, "device", &device) < 0 ||
        !is_name(device) || strcmp(device, peer->name) == 0)
        return; /* not in our dialect, or our own voice */
    if (strcmp(type, "hello") == 0 && json_object_get(peer->known, device) == NULL &&
        json_object_size(peer->known) < KNOWN_MAX) {
        json_object_set_new(peer->known, device, json_true());
        printf("[%s] Discovered new peer: %s @ ('%s', %d)\n", peer->name, device,
               inet_ntoa(from.sin_addr), ntohs(from.sin_port));
    } else if (strcmp(type, "temperature") == 0 && json_is_number(value)) {
        double celsius = json_number_value(value);
        printf("[%s] Received temperature from %s: %.1f°C\n", peer->name, device, celsius);
        if (strcasestr(peer->name, "actuator"))
            printf("[%s] Action: Fan %s\n", peer->name, celsius > 25 ? "ON" : "OFF");
    }
}

static void *listen_for_peers(void *arg)
{
    struct peer *peer = arg;
    for (char bytes[2048];;) {
        struct sockaddr_in from = {0};
        socklen_t from_size = sizeof from;
        ssize_t size = recvfrom(peer->sock, bytes, sizeof bytes, 0, (struct sockaddr *)&from,
                                &from_size);
        json_t *json = json_loadb(bytes, size > 0 ? (size_t)size : 0, JSON_REJECT_DUPLICATES, NULL);
        hear(peer, json, from); /* NULL, for what is no JSON, is no message either */
        json_decref(json);
    }
    return NULL;
}

static ssize_t say(struct peer *peer, const char *text)
{
    return sendto(peer->sock, text, strlen(text), 0, (struct sockaddr *)&peer->to, sizeof peer->to);
}

int main(int argc, char **argv)
{
    static const double morning[] = {24.5, 24.8, 25.3, 26.1, 25.6, 24.9};
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    struct peer peer = {argv[1], socket(AF_INET, SOCK_DGRAM, 0), here, json_object()};
    int yes = 1;
    char hello[128], reading[128];
    pthread_t listener;

    setvbuf(stdout, NULL, _IOLBF, 0);
    setsockopt(peer.sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes); /* peers share the port */
    setsockopt(peer.sock, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    if (argc < 2 || !is_name(peer.name) ||
        inet_aton(argc > 2 ? argv[2] : "255.255.255.255", &peer.to.sin_addr) == 0 ||
        bind(peer.sock, (struct sockaddr *)&here, sizeof here) < 0 ||
        pthread_create(&listener, NULL, listen_for_peers, &peer) != 0)
        errx(EXIT_FAILURE, "usage: peer NAME [ADDRESS], with UDP port %d to be had", PORT);
    snprintf(hello, sizeof hello, "{\"type\":\"hello\",\"device\":\"%s\"}", peer.name);
    for (size_t i = 0;; i++, sleep(EVERY_S)) {
        double celsius = morning[i % 6];
        snprintf(reading, sizeof reading,
                 "{\"type\":\"temperature\",\"device\":\"%s\",\"value\":%.1f}", peer.name, celsius);
        if (say(&peer, hello) < 0)
            warn("sendto (offline? then: peer NAME 127.255.255.255)");
        else if (!strcasestr(peer.name, "sensor"))
            printf("[%s] Broadcasted HELLO\n", peer.name);
        else if (say(&peer, reading) >= 0)
            printf("[%s] Broadcasted HELLO & temp %.1f°C\n", peer.name, celsius);
    }
}
