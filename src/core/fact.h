#ifndef CORE_FACT_H
#define CORE_FACT_H

#include "core/ident.h"
#include "core/record.h"

/* What a person or a script may want to know: the core states facts, the shell words them. One
 * fact, one line. */

enum fact_kind {
    FACT_STARTED,  /* epoch */
    FACT_RESTORED, /* count: records on disk; then one FACT_RESTORED_TOPIC for each own state */
    FACT_RESTORED_TOPIC, /* record */
    FACT_DISCOVERED,     /* device, address, ms since start; how */
    FACT_CONNECTED,      /* device, role, address */
    FACT_RECONNECTED,    /* device, ms: how long it was away */
    FACT_SENT,           /* record of our own, handed to sessions */
    FACT_APPENDED,       /* record of our own, a reading or not */
    FACT_READING,        /* record received from a sensor */
    FACT_UPDATE,  /* record received that is not a sensor's reading: a reported or wanted state */
    FACT_STATE,   /* rule, active: idle -> active and back */
    FACT_ACTION,  /* property, value: the outcome of an evaluation; changed or not */
    FACT_SUMMARY, /* property, unit, count, mean, low, high over the last interval */
    FACT_UNUSED,  /* record that no rule used for TIME_UNUSED_MS */
    FACT_LOST,    /* device, ms: since the last sign of life; text: evidence */
    FACT_LEFT,    /* device */
    FACT_REFUSED, /* device, text: cause */
    FACT_FOREIGN, /* text: the other network's id */
    FACT_NOBODY,  /* ten seconds and nobody */
    FACT_ACKED,   /* seq: everything of our own up to here is acknowledged by somebody */
    FACT_STORE_FAILED, /* count: records of our own that were given up */
    FACT_STORE_WORKS,
    FACT_EPOCH,         /* epoch: a new life began while running */
    FACT_SUPERSEDED,    /* another process has our key and a higher epoch; exit */
    FACT_FORKED,        /* device: two contents for one sequence number */
    FACT_CLOCK,         /* device, ms: its clock is off by so much */
    FACT_PLAIN_HELLO,   /* device, address: a plain peer */
    FACT_PLAIN_READING, /* record: a plain reading that our rules may use */
    FACT_PONG,          /* device, ms: how long the answer to EVENT_PING took */
    FACT_STOPPED,
    FACT_KIND_COUNT,
};

enum fact_how { FACT_BY_BROADCAST, FACT_BY_ANSWER, FACT_BY_ADDRESS, FACT_BY_MEMORY, FACT_BY_THEM };

struct fact {
    enum fact_kind kind;
    struct span device;
    enum role role;
    struct address address;
    enum fact_how how;
    const struct record *record; /* borrowed, like all spans here, for the step's effects */
    struct span text;
    struct span property;
    struct span unit;
    struct value value;
    uint64_t ms;
    uint64_t epoch;
    uint64_t seq;
    uint64_t count;
    double mean, low, high;
    bool changed;
    bool active;
};

#endif
