/* What a peer decides: what to say, and what a message means to it. No sockets, no threads, no
 * clock, no printing; so a test can run it, and a day of it takes a microsecond. */
#ifndef PEER_H
#define PEER_H

#include "message.h"

enum { PEER_KNOWN_MAX = 32, PEER_SAYS_MAX = 2 };

struct peer {
    char name[MESSAGE_NAME_BYTES_MAX + 1];
    bool is_sensor, is_actuator; /* a word in the name */
    size_t beats;
    char known[PEER_KNOWN_MAX][MESSAGE_NAME_BYTES_MAX + 1];
    size_t known_count;
};

enum peer_fan { PEER_FAN_UNTOUCHED, PEER_FAN_OFF, PEER_FAN_ON };

/* What a message that was heard leads to. */
struct peer_outcome {
    bool discovered; /* by its hello, for the first time */
    bool reading;
    enum peer_fan fan;
};

/* False when the name is none. */
bool peer_init(struct peer *peer, const char *name);

/* What to say now: a hello, and from a sensor its next reading. Returns how many, at most
 * PEER_SAYS_MAX. Touches only `beats`, and peer_hear() never does: each may have its thread. */
size_t peer_beat(struct peer *peer, struct message says[PEER_SAYS_MAX]);

/* A peer that knows PEER_KNOWN_MAX others hears more of them, and discovers none. */
struct peer_outcome peer_hear(struct peer *peer, const struct message *message);

#endif
