#include "wire/field.h"

/* The index of the name just read, looked for behind the one before it: writers keep an order, so
 * the first guess is mostly right. */
static size_t find(const struct json_reader *r, const struct field_set *set, size_t guess)
{
    for (size_t i = 0; i < set->count; i++, guess++) {
        if (guess >= set->count)
            guess = 0;
        struct span name = set->fields[guess].name;
        if (r->escaped ? json_text_is(r, name.bytes) : span_equal(r->text, name))
            return guess;
    }
    return set->count;
}

static enum err read_known(struct json_reader *r, const struct field_set *set, field_fn *read,
                           void *context, size_t which, const char **cause)
{
    enum err err = read(context, r, which);
    if (err != ERR_OK && !*cause)
        *cause = err == ERR_SYNTAX ? json_error(r, &(size_t){0}) : set->fields[which].rule;
    return err;
}

enum err field_read(struct json_reader *r, const struct field_set *set, field_fn *read,
                    void *context, const char **cause)
{
    *cause = NULL;
    uint32_t seen = 0;
    size_t which = SIZE_MAX;
    enum json_token token;
    while ((token = json_next(r)) == JSON_KEY) {
        size_t found = find(r, set, which + 1);
        if (found == set->count) {
            if (!json_skip(r, json_next(r)))
                break;
            continue;
        }
        which = found;
        enum err err = read_known(r, set, read, context, which, cause);
        if (err != ERR_OK)
            return err;
        seen |= UINT32_C(1) << which;
    }
    if (token != JSON_OBJECT_END) {
        *cause = json_error(r, &(size_t){0});
        return ERR_SYNTAX;
    }
    uint32_t missing = set->required & ~seen;
    for (size_t i = 0; missing != 0; i++, missing >>= 1) {
        if (missing & 1) {
            *cause = set->fields[i].rule;
            return ERR_RANGE;
        }
    }
    return ERR_OK;
}

enum err field_mismatch(enum json_token token)
{
    return token == JSON_BAD ? ERR_SYNTAX : ERR_RANGE;
}

enum err field_u53(struct json_reader *r, uint64_t min, uint64_t max, uint64_t *value)
{
    enum json_token token = json_next(r);
    if (token != JSON_NUMBER)
        return field_mismatch(token);
    uint64_t number;
    if (number_parse_u53(r->text, &number) != ERR_OK || number < min || number > max)
        return ERR_RANGE;
    *value = number;
    return ERR_OK;
}

enum err field_bool(struct json_reader *r, bool *value)
{
    enum json_token token = json_next(r);
    if (token != JSON_TRUE && token != JSON_FALSE)
        return field_mismatch(token);
    *value = token == JSON_TRUE;
    return ERR_OK;
}

enum err field_text(struct json_reader *r, struct buf *memory, struct span *text)
{
    enum json_token token = json_next(r);
    if (token != JSON_STRING)
        return field_mismatch(token);
    return field_string(r, memory, text);
}

enum err field_string(struct json_reader *r, struct buf *memory, struct span *text)
{
    *text = r->text;
    if (!r->escaped)
        return ERR_OK;
    char *place = memory->bytes + memory->size;
    size_t size;
    if (json_text_copy(r, place, memory->capacity - memory->size, &size) != ERR_OK)
        return ERR_SIZE;
    memory->size += size;
    *text = (struct span){place, size};
    return ERR_OK;
}

enum err field_value(struct json_reader *r, struct buf *memory, struct value *value)
{
    enum json_token token = json_next(r);
    if (token == JSON_NUMBER) {
        *value = value_number(r->number);
        return ERR_OK;
    }
    if (token == JSON_TRUE || token == JSON_FALSE) {
        *value = value_bool(token == JSON_TRUE);
        return ERR_OK;
    }
    if (token != JSON_STRING)
        return field_mismatch(token);
    struct span text;
    enum err err = field_string(r, memory, &text);
    if (err != ERR_OK || text.size > LIMIT_VALUE_TEXT)
        return ERR_SIZE;
    *value = value_text(text);
    return field_printable(text) ? ERR_OK : ERR_RANGE;
}

enum err field_object(struct json_reader *r, size_t bytes_max, struct span *object)
{
    enum json_token token = json_next(r);
    if (token != JSON_OBJECT)
        return field_mismatch(token);
    const char *first = r->start;
    if (!json_skip(r, token))
        return ERR_SYNTAX;
    *object = (struct span){first, (size_t)(r->at - first)};
    return object->size <= bytes_max ? ERR_OK : ERR_RANGE;
}

void field_write_value(struct buf *b, const struct value *value)
{
    if (value->kind == VALUE_NUMBER)
        json_write_number(b, value->number);
    else if (value->kind == VALUE_TEXT)
        json_write_string(b, value->text);
    else
        buf_text(b, value->number > 0 ? "true" : "false");
}

bool field_printable(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = (uint8_t)text.bytes[i];
        if (c < 0x20 || c == 0x7f)
            return false;
        /* C1 is U+0080 to U+009F: 0xc2 and a continuation byte below 0xa0. */
        if (c == 0xc2 && i + 1 < text.size && (uint8_t)text.bytes[i + 1] < 0xa0)
            return false;
    }
    return true;
}
