#ifndef TESTS_WIRE_JSON_ORACLE_H
#define TESTS_WIRE_JSON_ORACLE_H

#include "wire/json.h"

/* jansson as the oracle of our reader, for json_test.c and the fuzz target. Both must accept the
 * same texts and see the same values in them, except where wire/json.h is stricter: integers
 * beyond +-(2^53 - 1), depth, and how many members may be open.
 *
 * Both libraries call their values JSON_OBJECT and so on; jansson's get other names here. */
#define JSON_OBJECT ORACLE_OBJECT
#define JSON_ARRAY  ORACLE_ARRAY
#define JSON_STRING ORACLE_STRING
#define JSON_TRUE   ORACLE_TRUE
#define JSON_FALSE  ORACLE_FALSE
#define JSON_NULL   ORACLE_NULL
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL

enum { ORACLE_STRING_MAX = 1 << 17 };

static inline bool oracle_same_value(struct json_reader *r, enum json_token token, json_t *value);

static inline bool oracle_same_text(const struct json_reader *r, const char *text, size_t text_size)
{
    static char copy[ORACLE_STRING_MAX];
    size_t size;
    return json_text_copy(r, copy, sizeof copy, &size) == ERR_OK && size == text_size &&
           memcmp(copy, text, size) == 0;
}

static inline bool oracle_same_object(struct json_reader *r, json_t *value)
{
    void *member = json_object_iter(value);
    enum json_token token;
    while ((token = json_next(r)) == JSON_KEY) {
        if (!member ||
            !oracle_same_text(r, json_object_iter_key(member), json_object_iter_key_len(member)))
            return false;
        if (!oracle_same_value(r, json_next(r), json_object_iter_value(member)))
            return false;
        member = json_object_iter_next(value, member);
    }
    return token == JSON_OBJECT_END && !member;
}

static inline bool oracle_same_array(struct json_reader *r, json_t *value)
{
    size_t i = 0;
    enum json_token token;
    for (; (token = json_next(r)) != JSON_ARRAY_END; i++)
        if (token == JSON_BAD || !oracle_same_value(r, token, json_array_get(value, i)))
            return false;
    return i == json_array_size(value);
}

static inline bool oracle_same_value(struct json_reader *r, enum json_token token, json_t *value)
{
    if (!value)
        return false;
    switch (json_typeof(value)) {
    case ORACLE_OBJECT:
        return token == JSON_OBJECT && oracle_same_object(r, value);
    case ORACLE_ARRAY:
        return token == JSON_ARRAY && oracle_same_array(r, value);
    case ORACLE_STRING:
        return token == JSON_STRING &&
               oracle_same_text(r, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        return token == JSON_NUMBER && r->number == (double)json_integer_value(value);
    case JSON_REAL:
        return token == JSON_NUMBER && r->number == json_real_value(value);
    case ORACLE_TRUE:
        return token == JSON_TRUE;
    case ORACLE_FALSE:
        return token == JSON_FALSE;
    case ORACLE_NULL:
        return token == JSON_NULL;
    }
    return false;
}

/* Whether our reader takes the whole text; if not, r says why. */
static inline bool oracle_accepts(struct json_reader *r, struct span text)
{
    json_reader_init(r, text);
    enum json_token token;
    do {
        token = json_next(r);
    } while (token > JSON_END);
    return token == JSON_END;
}

/* Whether an integer of at least 16 digits stands there: fewer are always exact. */
static inline bool oracle_is_long_integer(const char *at, const char *end)
{
    const char *first = at += at < end && *at == '-';
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at - first >= 16 && (at == end || (*at != '.' && *at != 'e' && *at != 'E'));
}

static inline bool oracle_is_stricter_rule(const struct json_reader *r)
{
    size_t offset;
    const char *error = json_error(r, &offset);
    if (strcmp(error, "a number out of range") == 0)
        return oracle_is_long_integer(r->begin + offset, r->end);
    return strcmp(error, "nested too deeply") == 0 || strcmp(error, "too many members") == 0;
}

/* NULL when both agree, else what they differ in. */
static inline const char *oracle_disagrees(struct span text)
{
    if (text.size == 0)
        text = SPAN("");
    static struct json_reader r;
    bool ours = oracle_accepts(&r, text);
    /* No JSON text holds the byte 0; jansson loses one that follows a number or word at the end. */
    if (memchr(text.bytes, 0, text.size))
        return ours ? "a byte 0 was accepted" : NULL;
    json_error_t ignored;
    json_t *value = json_loadb(text.bytes, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
                               &ignored);
    const char *difference = NULL;
    if (ours && !value) {
        difference = "only we accept it";
    } else if (!ours && value) {
        if (!oracle_is_stricter_rule(&r))
            difference = "only jansson accepts it";
    } else if (ours) {
        json_reader_init(&r, text);
        if (!oracle_same_value(&r, json_next(&r), value) || json_next(&r) != JSON_END)
            difference = "the values differ";
    }
    json_decref(value);
    return difference;
}

#endif
