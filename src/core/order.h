#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include "core/node_state.h"

/* What our rules want of the properties of others: <device>/<property>/auto, written into our log
 * when it changes and when it must be claimed.
 *
 * One controller decides about a property at a time. A rule that names its owners is decided by the
 * first of them that is there; otherwise by the controller with the smallest name among those that
 * claim the property. The others evaluate as well and write nothing; when the one that decides is
 * gone, the next one writes. Two that cannot see each other both write, and the greatest stamp wins
 * at whoever hears both. */

struct order {
    char device[LIMIT_NAME + 1], property[LIMIT_NAME + 1];
    char value[LIMIT_NAME + 1]; /* as last written in this epoch; "": not yet */
    uint64_t seq;
    uint64_t at_ms;
};

/* Whether this rule is decided by somebody else now: another of its owners is there before us. */
bool order_is_decided_by_another(struct node *n, const struct rule *rule);
void order_fini(struct node *n);
/* Rule `s` was evaluated, with another outcome than before: looks at what it drives of others. */
void order_evaluated(struct node *n, const struct rule_state *s);
/* Somebody came or went, or a wanted record arrived: looks at every rule again. */
void order_settle(struct node *n);
/* A new epoch began while running: nothing is written in it yet. */
void order_restate(struct node *n);

#endif
