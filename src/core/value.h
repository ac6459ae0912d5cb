#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include "base/span.h"

/* What a record says of its topic: a number, true or false, or a short text ("on"). */
enum value_kind { VALUE_NONE, VALUE_NUMBER, VALUE_BOOL, VALUE_TEXT };

struct value {
    enum value_kind kind;
    double number;    /* VALUE_NUMBER: finite; VALUE_BOOL: 0 or 1 */
    struct span text; /* VALUE_TEXT: UTF-8 without control characters, at most LIMIT_VALUE_TEXT
                         bytes; raw, not escaped */
};

static inline struct value value_number(double number)
{
    return (struct value){.kind = VALUE_NUMBER, .number = number};
}

static inline struct value value_bool(int truth)
{
    return (struct value){.kind = VALUE_BOOL, .number = truth != 0};
}

static inline struct value value_text(struct span text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

static inline bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == VALUE_TEXT)
        return span_equal(a->text, b->text);
    return a->number >= b->number && a->number <= b->number;
}

#endif
