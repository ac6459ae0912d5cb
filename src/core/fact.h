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
    FACT_EPOCH,      /* epoch: a new life began while running */
    FACT_SUPERSEDED, /* another process has our key and a higher epoch; exit */
    FACT_FORKED, /* device: two contents for one number (epoch, seq) of its log, at the latest */
    FACT_CLOCK,  /* device, ms, ahead: how far its clock is from ours */
    FACT_PLAIN_HELLO,   /* device, address: a plain peer */
    FACT_PLAIN_READING, /* record: a plain reading that our rules may use */
    FACT_WANTED,        /* id, stage, ms: since it was asked; text: the topic; cause: why not */
    FACT_DECIDES, /* property; device: who decides about it from now on, ourselves or a controller;
                     by; text: the rule, or what ended the one before */
    FACT_HELD,    /* property, value: what a rule wants; device: whose wish holds against it */
    FACT_COMMAND, /* property, value: a command is carried out here */
    FACT_COMMANDED, /* id, outcome, ms: since it was asked; text: the topic; cause: why not;
                       property: the rule that gave it, empty: a person did */
    FACT_PONG,      /* device, ms: how long the answer to EVENT_PING took */
    FACT_STOPPED,
    FACT_KIND_COUNT,
};

enum fact_how { FACT_BY_BROADCAST, FACT_BY_ANSWER, FACT_BY_ADDRESS, FACT_BY_MEMORY, FACT_BY_THEM };

/* How far a person's wish has come; from FACT_CONFIRMED on it is over. */
enum fact_stage {
    FACT_WANT_SENT,         /* written, and on its way as far as its target is there */
    FACT_WANT_ACKNOWLEDGED, /* on the target's disk, under our seal */
    FACT_WANT_CONFIRMED,    /* the target says that it is so */
    FACT_WANT_EXPIRED,      /* time is up: nothing came back */
    FACT_WANT_UNREACHABLE,  /* time is up, and there is no session with the target */
    FACT_WANT_REFUSED,      /* not written, or somebody wanted something else meanwhile */
    FACT_WANT_STAGE_COUNT,
};

/* What came of a command; all but the first end it. */
enum fact_outcome {
    FACT_OUTCOME_STARTED,
    FACT_OUTCOME_DONE,
    FACT_OUTCOME_REFUSED,
    FACT_OUTCOME_EXPIRED, /* it was too late, and not performed */
    FACT_OUTCOME_UNKNOWN, /* it may have been performed or not */
    FACT_OUTCOME_COUNT,
};

/* Who decides what a property of ours is. */
enum fact_by { FACT_BY_NOBODY, FACT_BY_RULE, FACT_BY_CONTROLLER, FACT_BY_PERSON };

struct fact {
    enum fact_kind kind;
    enum fact_stage stage;
    enum fact_by by;
    enum fact_outcome outcome;
    uint64_t id;
    struct span cause;
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
    bool ahead;
    bool active;
};

const char *fact_outcome_text(enum fact_outcome outcome); /* "done" */
bool fact_outcome_parse(struct span text, enum fact_outcome *outcome);

#endif
