#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include "core/limits.h"
#include "core/value.h"
#include "wire/json.h"

/* Objects with known members: which there are, which must be there, and what to say when one is
 * missing or wrong. Members come in any order; names that are not known are passed over with
 * whatever they hold. */

struct field {
    struct span name;
    const char *rule; /* what holds for it, in words: "\"seq\" must be a whole number from 1" */
};

#define FIELD(literal, words)                                              \
    {                                                                      \
        {(literal), sizeof(literal) - 1}, "\"" literal "\" must be " words \
    }

struct field_set {
    const struct field *fields;
    size_t count;      /* at most 32 */
    uint32_t required; /* a bit for each field, by its index */
};

/* Reads the value of fields[which] and keeps it. Any error ends the reading. */
typedef enum err field_fn(void *context, struct json_reader *r, size_t which);

/* Reads the members of an object up to and with its end; the reader stands behind the opening
 * bracket. *cause is set on failure unless `read` did so: to the JSON reader's words or to the
 * rule of the field. Errors: ERR_SYNTAX: not JSON; ERR_RANGE: a required member is missing; those
 * of `read`. */
MUST_USE enum err field_read(struct json_reader *r, const struct field_set *set, field_fn *read,
                             void *context, const char **cause);

/* The next value, of one type. ERR_SYNTAX: not JSON; ERR_RANGE: another type or out of bounds. */
MUST_USE enum err field_u53(struct json_reader *r, uint64_t min, uint64_t max, uint64_t *value);
MUST_USE enum err field_bool(struct json_reader *r, bool *value);
/* The text lies in the line itself, or unescaped in `memory`; ERR_SIZE when that is full. */
MUST_USE enum err field_text(struct json_reader *r, struct buf *memory, struct span *text);
/* The same behind a JSON_STRING token. */
MUST_USE enum err field_string(struct json_reader *r, struct buf *memory, struct span *text);

/* A number, true, false, or a text without control characters of at most LIMIT_VALUE_TEXT bytes
 * (ERR_SIZE beyond). */
MUST_USE enum err field_value(struct json_reader *r, struct buf *memory, struct value *value);
void field_write_value(struct buf *b, const struct value *value); /* not VALUE_NONE */

/* An object, as its bytes; ERR_RANGE beyond bytes_max. */
MUST_USE enum err field_object(struct json_reader *r, size_t bytes_max, struct span *object);

/* Why the value that begins with this token is not what was wanted. */
enum err field_mismatch(enum json_token token);

/* Whether UTF-8 text is free of control characters: C0, DEL and C1. */
bool field_printable(struct span text);

#endif
