#ifndef APP_SETTINGS_SET_H
#define APP_SETTINGS_SET_H

#include "app/options.h"

/* The options of `run`, each with what it means; a target is a struct settings. Private to
 * settings*. */
const struct options_table *settings_set_table(void);
/* Whether the option chooses a kind of source. */
bool settings_set_is_source(const struct options_entry *entry);

#endif
