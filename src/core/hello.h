#ifndef CORE_HELLO_H
#define CORE_HELLO_H

#include "core/ident.h"

/* A discovery datagram, taken apart. Its mac was checked before it got here. */

enum hello_kind {
    HELLO_CALL,    /* to everybody: I am here */
    HELLO_ANSWER,  /* to one, at its private socket: so am I */
    HELLO_GOODBYE, /* to everybody: I leave */
};

struct hello {
    enum hello_kind kind;
    char device[LIMIT_NAME + 1];
    uint16_t session_port; /* where the sender takes sessions; the IP is the datagram's source */
    uint64_t epoch;
    uint64_t counter; /* of this epoch, per datagram, from 1 */
};

#endif
