#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stddef.h>
#include <stdint.h>

/* What is going to happen, ordered by (time, serial): two things at one time happen in the order in
 * which they were asked for. */

enum moment_kind {
    MOMENT_START,    /* a host's process starts */
    MOMENT_TICK,     /* its node's deadline */
    MOMENT_SOURCE,   /* its sensor measures */
    MOMENT_LATER,    /* an event on its way to it (struct host_later) */
    MOMENT_COMMIT,   /* its disk finished a commit */
    MOMENT_RETRY,    /* its disk finished trying whether it works again */
    MOMENT_DATAGRAM, /* arrives: `datagram` */
    MOMENT_PIPE,     /* the first segment of a connection's pipe arrives: number = 2 * conn + end */
    MOMENT_RESET,    /* a connection's end is reset: number = 2 * conn + end */
    MOMENT_TIMEOUT,  /* a connection's end gives up its handshake: number = 2 * conn + end */
    MOMENT_FAULT,    /* the plan's next fault */
    MOMENT_MEND,     /* a fault ends (struct fault) */
    MOMENT_LIE,      /* a liar says something (struct liar) */
    MOMENT_PERSON,   /* somebody wants something */
    MOMENT_KIND_COUNT,
};

struct datagram;

struct moment {
    uint64_t time_us;
    uint64_t serial;
    enum moment_kind kind;
    uint32_t host;
    uint32_t life; /* of the host, where the moment is void once that life has ended */
    uint64_t number;
    void *data;                /* one flat allocation or NULL; the queue's until popped */
    struct datagram *datagram; /* or NULL; many moments hold one */
};

struct queue {
    struct moment *heap;
    size_t count;
    size_t capacity;
    uint64_t serial;
};

void queue_fini(struct queue *q); /* frees the data of what is left, too */
/* Takes data. Returns the serial it was given. */
uint64_t queue_push(struct queue *q, struct moment m);
/* The next; the caller frees its data. The queue is not empty. */
struct moment queue_pop(struct queue *q);

#endif
