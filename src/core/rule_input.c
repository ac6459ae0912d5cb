#include "core/rule_input.h"

#include "core/ident.h"

#include <stdlib.h>

static int compare_names(struct span a, const char *text)
{
    struct span b = span_of(text);
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(a.bytes, b.bytes, size);
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

static int compare_topics(struct span device, struct span property, const struct rule_input *input)
{
    int order = compare_names(device, input->device);
    return order != 0 ? order : compare_names(property, input->property);
}

/* Where the topic is, or belongs. */
static size_t place_of(const struct rule_state *s, struct span device, struct span property,
                       bool *found)
{
    size_t low = 0, high = s->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_topics(device, property, &s->inputs[middle]);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static enum err make_room(struct rule_state *s)
{
    if (s->count < s->capacity)
        return ERR_OK;
    size_t capacity = s->capacity == 0 ? 4 : s->capacity * 2;
    struct rule_input *inputs = realloc(s->inputs, capacity * sizeof *inputs);
    if (inputs == NULL)
        return ERR_MEMORY;
    s->inputs = inputs;
    s->capacity = capacity;
    return ERR_OK;
}

static void drop_oldest(struct rule_state *s, size_t first, size_t end)
{
    size_t oldest = first;
    for (size_t i = first + 1; i < end; i++)
        if (s->inputs[i].at_ms < s->inputs[oldest].at_ms)
            oldest = i;
    memmove(&s->inputs[oldest], &s->inputs[oldest + 1],
            (s->count - oldest - 1) * sizeof *s->inputs);
    s->count--;
}

static void keep_bounds(struct rule_state *s, struct span device)
{
    size_t first = 0, end;
    while (first < s->count && compare_names(device, s->inputs[first].device) > 0)
        first++;
    for (end = first; end < s->count && span_is(device, s->inputs[end].device);)
        end++;
    if (end - first == LIMIT_INPUTS_DEVICE)
        drop_oldest(s, first, end);
    else if (s->count == LIMIT_INPUTS)
        drop_oldest(s, 0, s->count);
}

struct rule_input *rule_input_of(struct rule_state *s, struct span device, struct span property)
{
    bool found;
    size_t at = place_of(s, device, property, &found);
    if (found)
        return &s->inputs[at];
    keep_bounds(s, device);
    if (make_room(s) != ERR_OK)
        return NULL;
    at = place_of(s, device, property, &found);
    struct rule_input *input = &s->inputs[at];
    memmove(input + 1, input, (s->count - at) * sizeof *input);
    s->count++;
    *input = (struct rule_input){0};
    ident_name_copy(input->device, device);
    ident_name_copy(input->property, property);
    return input;
}

bool rule_input_forget(struct rule_state *s, struct span device)
{
    size_t kept = 0, count = s->count;
    for (size_t i = 0; i < count; i++)
        if (!span_is(device, s->inputs[i].device))
            s->inputs[kept++] = s->inputs[i];
    s->count = kept;
    return kept < count;
}

void rule_input_set(struct rule_input *input, const struct value *value, uint64_t at_ms)
{
    struct span text = value->kind == VALUE_TEXT ? value->text : (struct span){0};
    size_t kept = text.size < LIMIT_NAME ? text.size : LIMIT_NAME;
    check(text.size <= UINT16_MAX);
    input->at_ms = at_ms;
    input->kind = value->kind;
    input->number = value->kind == VALUE_TEXT ? 0 : value->number;
    input->text_size = (uint16_t)text.size;
    ident_name_copy(input->text, (struct span){text.bytes, kept});
}

struct rule_sample rule_input_sample(const struct rule_input *input)
{
    size_t kept = input->text_size < LIMIT_NAME ? input->text_size : LIMIT_NAME;
    return (struct rule_sample){
        .kind = input->kind,
        .number = input->number,
        .text = {input->text, kept},
        .text_size = input->text_size,
        .plain = input->plain,
    };
}

struct rule_sample rule_input_sample_of(const struct value *value, enum rule_trust trust)
{
    struct rule_sample v = {.kind = value->kind, .plain = trust == RULE_PLAIN};
    if (value->kind == VALUE_TEXT)
        v.text = value->text;
    else
        v.number = value->number;
    v.text_size = v.text.size;
    return v;
}
