/* The decisions, and nothing else: a message in, an outcome back. */
#define _GNU_SOURCE /* strcasestr */
#include "peer.h"

#include <string.h>

static const double fan_on_above_celsius = 25.0;

bool peer_init(struct peer *peer, const char *name)
{
    memset(peer, 0, sizeof *peer);
    if (!message_is_name(name))
        return false;
    strcpy(peer->name, name);
    peer->is_sensor = strcasestr(name, "sensor") != NULL;
    peer->is_actuator = strcasestr(name, "actuator") != NULL;
    return true;
}

size_t peer_beat(struct peer *peer, struct message says[PEER_SAYS_MAX])
{
    static const double morning[] = {24.5, 24.8, 25.3, 26.1, 25.6, 24.9};
    size_t turn = peer->beats++ % (sizeof morning / sizeof *morning);

    says[0] = (struct message){.type = MESSAGE_HELLO};
    strcpy(says[0].device, peer->name);
    if (!peer->is_sensor)
        return 1;
    says[1] = says[0];
    says[1].type = MESSAGE_TEMPERATURE;
    says[1].celsius = morning[turn];
    return 2;
}

/* True when it was not yet known and there is room. */
static bool remember(struct peer *peer, const char *device)
{
    for (size_t i = 0; i < peer->known_count; i++)
        if (strcmp(peer->known[i], device) == 0)
            return false;
    if (peer->known_count == PEER_KNOWN_MAX)
        return false;
    strcpy(peer->known[peer->known_count++], device);
    return true;
}

struct peer_outcome peer_hear(struct peer *peer, const struct message *message)
{
    struct peer_outcome outcome = {.fan = PEER_FAN_UNTOUCHED};

    if (strcmp(message->device, peer->name) == 0)
        return outcome; /* our own voice */
    if (message->type == MESSAGE_HELLO)
        outcome.discovered = remember(peer, message->device);
    outcome.reading = message->type == MESSAGE_TEMPERATURE;
    if (outcome.reading && peer->is_actuator)
        outcome.fan = message->celsius > fan_on_above_celsius ? PEER_FAN_ON : PEER_FAN_OFF;
    return outcome;
}
