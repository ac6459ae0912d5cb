#ifndef APP_CONSOLE_JSON_H
#define APP_CONSOLE_JSON_H

#include "app/words.h"

/* A fact as one JSON object and a newline; docs/json-events.md tables the members. Pure. Private to
 * console*. */

enum { CONSOLE_JSON_SCHEMA = 1 };

void console_json_fact(struct buf *b, const struct words *w, const struct fact *fact,
                       uint64_t wall_ms);
/* NULL: no event of this kind. */
const char *console_json_event(enum fact_kind kind);
/* For what is no fact: {"event":EVENT,"time":...,"device":DEVICE; members follow, then _end. */
void console_json_begin(struct buf *b, const char *event, struct span device, uint64_t wall_ms);
void console_json_text(struct buf *b, const char *member, struct span text);
void console_json_count(struct buf *b, const char *member, uint64_t count);
void console_json_address(struct buf *b, struct address address);
void console_json_reading(struct buf *b, struct span type, const struct value *value,
                          struct span unit);
void console_json_end(struct buf *b);

#endif
