#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "app/settings.h"

/* A device's configuration: YAML that holds the options of `run` and its rules. All scalars are
 * taken as text (YAML's on and off stay words). Anchors, aliases, tags and second documents are
 * refused, and so are duplicate keys. Every fault is one line "FILE:LINE: what is wrong"; all of a
 * file are told, except behind a place where it is no YAML any more. */

enum {
    CONFIG_BYTES_MAX = 1048576,
    CONFIG_DEPTH_MAX = 8,
    CONFIG_KEYS_MAX = 256, /* of one mapping, or items of one list */
};

/* Adds what the file says, at SETTINGS_FILE. */
void config_read(struct settings *s, const char *path, struct faults *faults);
/* The same for text that is here already; `name` is what faults begin with. */
void config_parse(struct settings *s, const char *name, struct span text, struct faults *faults);

#endif
