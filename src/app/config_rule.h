#ifndef APP_CONFIG_RULE_H
#define APP_CONFIG_RULE_H

#include "core/rule.h"

/* The small language inside a rule: conditions, actions, days and times. Pure. Private to config*.
 * All are false with why not. */

enum { CONFIG_RULE_WHY = 256 };

/* "[any|all|mean|min|max|count] [DEVICE/]PROPERTY [over SPAN] OP VALUE" into a condition; DEVICE
 * and PROPERTY may hold `*`; avg is mean. VALUE is a number, true, false, or, behind == and !=, a
 * word such as on. What is compared with a word is a state, and so never stale unless it is said.
 */
bool config_rule_when(struct rule_condition *c, struct span text, char why[CONFIG_RULE_WHY]);
/* "[DEVICE/]PROPERTY": what an action sets; DEVICE may hold `*`. */
bool config_rule_target(struct rule_action *a, struct span text, char why[CONFIG_RULE_WHY]);
/* "[DEVICE/]PROPERTY": what is to be done. */
bool config_rule_do(struct rule_command *command, struct span text, char why[CONFIG_RULE_WHY]);
/* "[DEVICE/]PROPERTY [= VALUE]"; the value is "on" unless said. */
bool config_rule_then(struct rule_action *a, struct span text, char why[CONFIG_RULE_WHY]);
/* A value that a property can have: a word of 1 to 63 bytes. */
bool config_rule_value(char out[LIMIT_NAME + 1], struct span text, char why[CONFIG_RULE_WHY]);
/* "mon-fri, sun" or daily; adds to the days that are there. */
bool config_rule_days(uint8_t *days, struct span text, char why[CONFIG_RULE_WHY]);
/* "7:30", up to 24:00, in minutes of the day. */
bool config_rule_time(uint16_t *minutes, struct span text, char why[CONFIG_RULE_WHY]);
/* "10s", "500ms", 0. */
bool config_rule_span(uint64_t *ms, struct span text, char why[CONFIG_RULE_WHY]);
/* The same, but above zero. */
bool config_rule_window(uint64_t *ms, struct span text, char why[CONFIG_RULE_WHY]);
/* The same, or "forever": UINT64_MAX. */
bool config_rule_fresh(uint64_t *ms, struct span text, char why[CONFIG_RULE_WHY]);

#endif
