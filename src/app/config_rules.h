#ifndef APP_CONFIG_RULES_H
#define APP_CONFIG_RULES_H

#include "app/config_walk.h"

/* The list below `rules:`. Private to config*. */

void config_rules_add(struct config *c, const yaml_node_t *node);

#endif
