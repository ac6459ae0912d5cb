#ifndef APP_CONFIG_YAML_H
#define APP_CONFIG_YAML_H

#include "app/faults.h"

#include <yaml.h>

/* Text to a tree of YAML nodes that holds nothing but mappings, lists and text, no deeper than
 * CONFIG_DEPTH_MAX. Private to config*. */

struct config_yaml {
    yaml_document_t document;
    const char *name; /* of the file */
    struct faults *faults;
};

/* False when it is no such text: then there is a fault, and nothing to release. */
bool config_yaml_load(struct config_yaml *y, const char *name, struct span text,
                      struct faults *faults);
void config_yaml_fini(struct config_yaml *y);

/* NULL when the file says nothing. */
const yaml_node_t *config_yaml_root(struct config_yaml *y);
const yaml_node_t *config_yaml_node(struct config_yaml *y, int index);
struct span config_yaml_text(const yaml_node_t *scalar);
size_t config_yaml_line(const yaml_node_t *node);
/* "FILE:LINE: " and what is wrong with this node. */
__attribute__((format(printf, 3, 4))) void config_yaml_fault(struct config_yaml *y,
                                                             const yaml_node_t *node,
                                                             const char *format, ...);

#endif
