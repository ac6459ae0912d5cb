#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "core/node_state.h"

/* From readings to decisions: rules and what they drive, a controller's summaries, and the readings
 * that nobody uses. */

MUST_USE enum err decide_init(struct node *n, const struct rule *rules, size_t count);
void decide_fini(struct node *n);
/* A value of another device. */
enum decide_kind { DECIDE_READING, DECIDE_STATE }; /* of a sensor, of anybody else */
struct decide_input {
    struct span device;
    const struct reading *reading;
    const struct record *record; /* that it stands in; NULL: a plain datagram */
    uint64_t age_ms;             /* how long ago it was taken */
    enum rule_trust trust;
    enum decide_kind kind;
};
void decide_reading(struct node *n, const struct decide_input *in);
/* A reading of now that nobody has proven. */
void decide_plain(struct node *n, struct span device, const struct reading *r);
/* What this device said counts no more. */
void decide_distrust(struct node *n, struct span device);
/* All has come back; time begins. */
void decide_start(struct node *n);
/* The state came back from disk: rules and properties begin where they stood. */
void decide_restore(struct node *n, const struct log_id *id, const struct record *r);
/* A new epoch began while running: what our properties are goes into the new log. */
void decide_restate(struct node *n);
/* Who is there, or what is wanted, changed in this step: who decides now may be another. */
void decide_settle(struct node *n);
void decide_tick(struct node *n);
uint64_t decide_deadline(const struct node *n);

#endif
