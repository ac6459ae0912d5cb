#include "app/ask_json.h"

#include <jansson.h>

static json_t *in(const struct ask_json *json)
{
    return (json_t *)json;
}

static json_t *member(const struct ask_json *object, const char *name)
{
    return json_object_get(in(object), name);
}

struct ask_json *ask_json_parse(struct span text)
{
    json_t *json = json_loadb(text.bytes, text.size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json))
        return (struct ask_json *)json;
    json_decref(json);
    return NULL;
}

void ask_json_free(struct ask_json *json)
{
    json_decref(in(json));
}

const struct ask_json *ask_json_get(const struct ask_json *object, const char *name)
{
    return (const struct ask_json *)member(object, name);
}

size_t ask_json_size(const struct ask_json *array)
{
    return json_array_size(in(array));
}

const struct ask_json *ask_json_at(const struct ask_json *array, size_t index)
{
    return (const struct ask_json *)json_array_get(in(array), index);
}

bool ask_json_has(const struct ask_json *object, const char *name)
{
    return member(object, name) != NULL;
}

bool ask_json_text(const struct ask_json *object, const char *name, struct span *text)
{
    const json_t *json = member(object, name);
    *text = json_is_string(json) ? (struct span){json_string_value(json), json_string_length(json)}
                                 : SPAN("");
    return json_is_string(json);
}

bool ask_json_count(const struct ask_json *object, const char *name, uint64_t *count)
{
    const json_t *json = member(object, name);
    bool whole = json_is_integer(json) && json_integer_value(json) >= 0;
    *count = whole ? (uint64_t)json_integer_value(json) : 0;
    return whole;
}

bool ask_json_number(const struct ask_json *object, const char *name, double *number)
{
    const json_t *json = member(object, name);
    *number = json_number_value(json);
    return json_is_number(json);
}

bool ask_json_truth(const struct ask_json *object, const char *name)
{
    return json_is_true(member(object, name));
}

bool ask_json_value(const struct ask_json *object, const char *name, struct value *value)
{
    const json_t *json = member(object, name);
    *value = (struct value){0};
    if (json_is_number(json))
        *value = value_number(json_number_value(json));
    else if (json_is_boolean(json))
        *value = value_bool(json_is_true(json));
    else if (json_is_string(json))
        *value = value_text((struct span){json_string_value(json), json_string_length(json)});
    return json != NULL && !json_is_object(json) && !json_is_array(json);
}
