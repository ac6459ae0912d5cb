#ifndef CORE_WHY_H
#define CORE_WHY_H

#include "core/drive.h"

/* Why something is so. What changed something stands as the `cause` of its record: one JSON object,
 * {"rule":NAME,"by":DEVICE,"conditions":[{"text":...,"value":...,"holds":...}]}; `by` is left out
 * for a rule of the record's own author. What changed nothing is kept in a bounded ring, at most
 * once a second a rule. */

/* Nothing when the rule rests on plain readings, whose values are not to be spread. */
void why_rule(struct buf *b, const struct rule_state *s, struct span by);
/* A person's wish, for remaining_ms more; 0: until it is taken back. */
void why_person(struct buf *b, const struct drive *d, uint64_t remaining_ms);

/* A rule was evaluated and nothing changed. */
void why_unchanged(struct node *n, struct rule_state *s);

#endif
