#ifndef APP_CONFIG_WALK_H
#define APP_CONFIG_WALK_H

#include "app/config_yaml.h"
#include "app/settings.h"

/* Steps through the tree of a configuration; every fault is told with its line. Private to config*.
 */

struct config {
    struct config_yaml *yaml;
    struct settings *settings;
};

/* Whether it is text that is not empty; otherwise there is a fault that names it. */
bool config_walk_is_text(struct config *c, const yaml_node_t *node, const char *name);

typedef void config_walk_fn(struct config *c, const yaml_node_t *key, const yaml_node_t *value,
                            void *context);
/* Calls on_pair for each pair whose key is text and new. */
void config_walk_pairs(struct config *c, const yaml_node_t *mapping, config_walk_fn *on_pair,
                       void *context);
/* A key that is not known: tells it with the word that was meant, and returns that, NULL when none
 * is near. `words` ends with NULL. */
const char *config_walk_unknown(struct config *c, const yaml_node_t *key, const char *const *words);

#endif
