#ifndef CORE_WANT_H
#define CORE_WANT_H

#include "core/node_state.h"

/* What a person wants of a property of another device: <device>/<property>/set, written into our
 * log and sealed at once; and how it fares: sent, acknowledged (on the target's disk under our
 * seal), confirmed (a report of the target names it, and it is acknowledged or the time is over),
 * or why not within the time given. A record once written stays wanted, also when nobody waits for
 * it any more. */

struct node_want {
    uint64_t id;
    char topic[LIMIT_TOPIC + 1]; /* with "/set" */
    char device[LIMIT_NAME + 1];
    uint64_t epoch, seq;
    bool takes_back; /* "auto": done when it is acknowledged, for there may be nothing to report */
    bool acknowledged;
    bool answered; /* a report names it: confirmed once it is acknowledged, too */
    uint64_t asked_ms, until_ms;
};

void want_fini(struct node *n);
/* EVENT_WANT */
void want_ask(struct node *n, const struct event *e);
/* The outcome of one of this device is awaited. */
bool want_waits_for(const struct node *n, const char *device);
/* A device acknowledged this log of ours up to seq. */
void want_acknowledged(struct node *n, const char *device, const struct log *l, uint64_t seq);
/* A record of another was taken in: it may confirm what is wanted, or want something else. */
void want_heard(struct node *n, const struct record *r);
void want_tick(struct node *n);
uint64_t want_deadline(const struct node *n);

#endif
