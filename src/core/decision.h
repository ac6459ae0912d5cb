#ifndef CORE_DECISION_H
#define CORE_DECISION_H

#include "core/node_state.h"

/* What our rules have become, in our log: a record of type `decision` on topic <self>/<rule>/rule,
 * "active", "idle" or "counting", with what made it (`answers`) and its inputs (`cause`). It is
 * written only where no other record of ours tells the same: for a rule that gives commands; for
 * one whose conditions have held a while (`for`) and are to hold longer; for one that switched
 * while a person's wish holds against it. So a rule goes on after a restart where it stood.
 *
 * A trigger is what last changed whether the rule's conditions and schedule want it active: the
 * record that was fed last ("sensor1/1572864/17"), or "schedule/" and the moment, in milliseconds
 * since 1970, at which it was to open or close. Whoever has the same rule and hears the same
 * records names the same trigger. */

/* The rule was fed what stands in this record; NULL: in a plain datagram. */
void decision_fed(struct rule_state *s, const struct record *r);
/* An evaluation changed its wish. */
void decision_triggered(struct node *n, struct rule_state *s);
/* Behind each evaluation: writes what is to be written. True: the rule switched, and our last
 * record says so. */
bool decision_evaluated(struct node *n, struct rule_state *s, bool switched);

/* Before START: a record of ours came back that says what this rule is, or is older than another
 * that did. */
bool decision_is_newest(struct rule_state *s, const struct record *r);
void decision_restore(struct node *n, const struct record *r);
/* All have come back. */
void decision_start(struct node *n);
/* A new epoch began while running. */
void decision_restate(struct node *n);

#endif
