#ifndef APP_CONFIG_DRAFT_H
#define APP_CONFIG_DRAFT_H

#include "app/config_rule.h"
#include "app/config_walk.h"

/* A rule while it is read: its parts that are mappings or lists. Every fault is told with its line
 * and makes the draft wrong. Private to config*. */

enum config_rule_key {
    KEY_NAME,
    KEY_WHEN,
    KEY_THEN,
    KEY_ELSE,
    KEY_HYSTERESIS,
    KEY_OVER,
    KEY_FRESH,
    KEY_FOR,
    KEY_MIN_ON,
    KEY_MIN_OFF,
    KEY_STALE,
    KEY_SCHEDULE,
    KEY_OWNER,
    KEY_BACKUP,
    KEY_COUNT,
};

/* What a condition, and for all of them the rule, may say besides its text. */
struct config_extras {
    double hysteresis;
    uint64_t window_ms, fresh_ms;
    unsigned seen; /* a bit a rule_key */
};

struct config_draft {
    struct rule rule;
    struct config_extras all, each[LIMIT_CONDITIONS];
    char idle[LIMIT_NAME + 1]; /* else: of the rule */
    const yaml_node_t *then, *otherwise;
    unsigned seen; /* a bit a key; misspelt ones count as given, so that they are told once */
    bool wrong;
};

/* Index of the key in a list that ends with NULL; there, when it is none. */
size_t config_draft_find(const char *const *keys, struct span key);
/* Which key it is; false when it is none: told, and the nearest counted as seen. */
bool config_draft_key(struct config *c, struct config_draft *d, const char *const *keys,
                      const yaml_node_t *key, unsigned *seen, size_t *index);
void config_draft_refuse(struct config *c, struct config_draft *d, const yaml_node_t *node,
                         const char *key, const char *why);
bool config_draft_is_text(struct config *c, struct config_draft *d, const yaml_node_t *node,
                          const char *key);
/* hysteresis, over or fresh */
bool config_draft_extra(struct config_extras *x, enum config_rule_key key, struct span text,
                        char why[CONFIG_RULE_WHY]);
/* One condition, a list of them, or {any: [...]} */
void config_draft_when(struct config *c, struct config_draft *d, const yaml_node_t *node);
void config_draft_schedule(struct config *c, struct config_draft *d, const yaml_node_t *node);
/* The owner has place 0, its backups the next. */
void config_draft_owner(struct config *c, struct config_draft *d, const yaml_node_t *node,
                        size_t place, const char *key);
void config_draft_backups(struct config *c, struct config_draft *d, const yaml_node_t *node);
/* Once all keys are read: what the rule says goes to the conditions that say nothing, */
void config_draft_complete(struct config_draft *d);
/* ... and `else` may have stood before `then`. */
void config_draft_actions(struct config *c, struct config_draft *d);

#endif
