#ifndef APP_OWN_PEER_H
#define APP_OWN_PEER_H

#include "app/ask.h"

#include <sys/types.h>

/* The controller that a person is at the command line: a peer of its own name and key, enrolled
 * like all others of this user, that runs as long as a verb needs it. What it writes is signed and
 * handed to everybody who is there, so it counts when it is gone. */

struct own_peer {
    pid_t pid; /* 0: not started */
    char device[LIMIT_NAME + 1];
};

/* Starts it, connected to whom it asks. `beside` is the status of a running peer whose interfaces,
 * port and addresses it shall use; NULL: the usual ones. RUN_OK, or an exit status, having said
 * why. Stop it in any case. */
int own_peer_start(struct own_peer *p, struct ask *a, const struct ask_options *o,
                   const struct ask_json *beside, const char *target);
/* Lets it leave and waits for that. */
void own_peer_stop(struct own_peer *p);

#endif
