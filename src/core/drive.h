#ifndef CORE_DRIVE_H
#define CORE_DRIVE_H

#include "core/node_state.h"

/* What our properties are, and who decides it. For each property, the first that there is of: what
 * a person wants (<self>/<property>/set, until it is taken back or its time is over); what the rule
 * of a controller wants that is there (.../auto); our own rules, the first that is active. A change
 * is written as a record with its cause, and carried out when that is on disk. */

enum { DRIVE_CAUSE_MAX = LIMIT_CAUSE };

/* A value that outlives its step. */
struct drive_value {
    enum value_kind kind; /* VALUE_NONE: none yet */
    double number;
    char text[LIMIT_VALUE_TEXT + 1];
};

/* The wanted record that counts. */
struct drive_wish {
    struct log_id log;
    uint64_t seq;
    bool holds; /* not "auto", not over */
    struct drive_value value;
    uint64_t for_ms;
    uint64_t until_ms; /* NODE_NEVER: until it is taken back */
    char *cause;       /* its rule's conditions; NULL: a person's */
};

struct drive {
    char property[LIMIT_NAME + 1];
    struct drive_wish set, automatic;
    enum fact_by by;
    char decider[LIMIT_NAME + 1]; /* FACT_BY_CONTROLLER, FACT_BY_PERSON: whose record */
    bool active;
    bool held_told;
    struct drive_value held;     /* what the rule wants meanwhile */
    struct drive_value reported; /* what the property is was written, and by whom it is so */
    char answers[LIMIT_RECORD_NAME + 1]; /* which wanted record the last report carries out */
    struct drive_value acted;            /* was carried out, or will be once it is written */
    uint64_t restored_ts, restored_for_ms;
};

void drive_fini(struct node *n);
/* NULL: nobody drives this property. */
struct drive *drive_find(const struct node *n, struct span property);
/* The drive of a property; made when it is new. NULL beyond LIMIT_DRIVES, or out of memory. */
struct drive *drive_of(struct node *n, struct span property);

/* A record that the state took in wants something of a property of ours; age_ms: of the record. */
void drive_wanted(struct node *n, const struct log_id *id, const struct record *r, uint64_t age_ms);
/* Before START: a record of ours or a wanted one came back from disk. */
void drive_restore(struct node *n, const struct log_id *id, const struct record *r);
/* All have come back. */
void drive_restored(struct node *n);
/* Rule `s` was evaluated: looks at the properties of ours that it drives. */
void drive_evaluated(struct node *n, const struct rule_state *s);
/* Whoever decides may have changed: looks again at every property. */
void drive_settle(struct node *n);
/* A new epoch began while running: what our properties are goes into the new log. */
void drive_restate(struct node *n);
uint64_t drive_deadline(const struct node *n);

#endif
