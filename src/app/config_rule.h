#ifndef APP_CONFIG_RULE_H
#define APP_CONFIG_RULE_H

#include "core/rule.h"

/* The small language of a rule's `when` and `then`. Pure. Private to config*. */

enum { CONFIG_RULE_WHY = 256 };

/* "[any|all|mean|min|max] [DEVICE/]TYPE OP NUMBER" into over, device, type, compare and threshold.
 * False, with why not. */
bool config_rule_when(struct rule *rule, struct span text, char why[CONFIG_RULE_WHY]);
/* "PROPERTY" or "PROPERTY = VALUE"; the value is "on" unless said. */
bool config_rule_then(struct rule *rule, struct span text, char why[CONFIG_RULE_WHY]);
/* A value that a property can have: a word of 1 to 63 bytes. */
bool config_rule_value(char out[LIMIT_NAME + 1], struct span text, char why[CONFIG_RULE_WHY]);

#endif
