#ifndef APP_ASK_JSON_H
#define APP_ASK_JSON_H

#include "core/value.h"

/* An answer's JSON as a tree, for programs that ask; a peer itself reads with wire/json.h. Strict:
 * duplicate members are refused. Whatever is read from a node that is NULL or of another type is
 * nothing. */

struct ask_json;

/* NULL: not one JSON object, or out of memory. */
struct ask_json *ask_json_parse(struct span text);
void ask_json_free(struct ask_json *json); /* the one that was parsed; NULL is allowed */

const struct ask_json *ask_json_get(const struct ask_json *object, const char *name);
size_t ask_json_size(const struct ask_json *array);
const struct ask_json *ask_json_at(const struct ask_json *array, size_t index);
bool ask_json_has(const struct ask_json *object, const char *name);
/* Points into the tree. */
bool ask_json_text(const struct ask_json *object, const char *name, struct span *text);
bool ask_json_count(const struct ask_json *object, const char *name, uint64_t *count);
bool ask_json_number(const struct ask_json *object, const char *name, double *number);
bool ask_json_truth(const struct ask_json *object, const char *name);
/* A record's value; null is VALUE_NONE. */
bool ask_json_value(const struct ask_json *object, const char *name, struct value *value);

#endif
