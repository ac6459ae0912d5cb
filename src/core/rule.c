#include "core/rule.h"

#include <stdlib.h>

static const char *const over_texts[RULE_OVER_COUNT] = {"any", "all", "mean", "min", "max"};
static const char *const compare_texts[RULE_COMPARE_COUNT] = {">", ">=", "<", "<=", "==", "!="};

void rule_default_light(struct rule *rule)
{
    *rule = (struct rule){
        .name = "light",
        .type = "motion",
        .over = RULE_ANY,
        .compare = RULE_ABOVE,
        .threshold = 0.5,
        .fresh_ms = TIME_FRESH_MS,
        .property = "light",
        .value_active = "on",
        .value_idle = "off",
    };
}

void rule_default_mean(struct rule *rule)
{
    rule_default_cool(rule);
    rule->over = RULE_MEAN;
    memcpy(rule->property, "*/fan", sizeof "*/fan");
}

void rule_default_cool(struct rule *rule)
{
    *rule = (struct rule){
        .name = "cool",
        .type = "temperature",
        .over = RULE_ANY,
        .compare = RULE_ABOVE,
        .threshold = 25,
        .unit = "Cel",
        .fresh_ms = TIME_FRESH_MS,
        .property = "fan",
        .value_active = "on",
        .value_idle = "off",
    };
}

void rule_init(struct rule_state *s, const struct rule *rule)
{
    *s = (struct rule_state){.rule = *rule};
}

void rule_fini(struct rule_state *s)
{
    free(s->inputs);
    *s = (struct rule_state){0};
}

bool rule_wants(const struct rule_state *s, struct span device, const struct reading *r)
{
    if (r->value.kind != VALUE_NUMBER && r->value.kind != VALUE_BOOL)
        return false;
    if (!span_is(r->type, s->rule.type))
        return false;
    if (s->rule.unit[0] != '\0' && r->unit.size > 0 && !span_is(r->unit, s->rule.unit))
        return false;
    return s->rule.device[0] == '\0' || span_is(device, s->rule.device);
}

static struct rule_input *oldest_input(struct rule_state *s)
{
    struct rule_input *oldest = &s->inputs[0];
    for (size_t i = 1; i < s->count; i++)
        if (s->inputs[i].at_ms < oldest->at_ms)
            oldest = &s->inputs[i];
    return oldest;
}

static struct rule_input *input_of(struct rule_state *s, struct span device)
{
    for (size_t i = 0; i < s->count; i++)
        if (span_is(device, s->inputs[i].device))
            return &s->inputs[i];
    if (s->count == RULE_INPUTS_MAX)
        return oldest_input(s);
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 4 : s->capacity * 2;
        struct rule_input *inputs = realloc(s->inputs, capacity * sizeof *inputs);
        if (inputs == NULL)
            return NULL;
        s->inputs = inputs;
        s->capacity = capacity;
    }
    return &s->inputs[s->count++];
}

enum err rule_feed(struct rule_state *s, struct span device, const struct value *value,
                   uint64_t now_ms, enum rule_trust trust)
{
    struct rule_input *input = input_of(s, device);
    if (input == NULL)
        return ERR_MEMORY;
    check(device.size <= LIMIT_NAME);
    if (device.size > 0)
        memcpy(input->device, device.bytes, device.size);
    input->device[device.size] = '\0';
    input->value = value->number;
    input->at_ms = now_ms;
    input->plain = trust == RULE_PLAIN;
    return ERR_OK;
}

/* With hysteresis, an active rule stays so until the value is past the threshold by that much. */
static bool compares(const struct rule_state *s, double value)
{
    double slack = s->active ? s->rule.hysteresis : 0;
    double threshold = s->rule.threshold;
    switch (s->rule.compare) {
    case RULE_ABOVE:
        return value > threshold - slack;
    case RULE_AT_LEAST:
        return value >= threshold - slack;
    case RULE_BELOW:
        return value < threshold + slack;
    case RULE_AT_MOST:
        return value <= threshold + slack;
    case RULE_EQUAL:
        return value >= threshold - slack && value <= threshold + slack;
    case RULE_NOT_EQUAL:
        return value < threshold || value > threshold;
    case RULE_COMPARE_COUNT:
        break;
    }
    check_failed("a comparison of the table", __FILE__, __LINE__);
}

struct fresh_values {
    size_t count, holding;
    double sum, low, high;
    bool plain;
};

static struct fresh_values gather(const struct rule_state *s, uint64_t now_ms)
{
    struct fresh_values f = {0};
    for (size_t i = 0; i < s->count; i++) {
        const struct rule_input *input = &s->inputs[i];
        if (now_ms - input->at_ms > s->rule.fresh_ms)
            continue;
        if (f.count == 0 || input->value < f.low)
            f.low = input->value;
        if (f.count == 0 || input->value > f.high)
            f.high = input->value;
        f.count++;
        f.sum += input->value;
        f.plain = f.plain || input->plain;
        if (compares(s, input->value))
            f.holding++;
    }
    return f;
}

static bool condition(const struct rule_state *s, const struct fresh_values *f)
{
    switch (s->rule.over) {
    case RULE_ANY:
        return f->holding > 0;
    case RULE_ALL:
        return f->holding == f->count;
    case RULE_MEAN:
        return compares(s, f->sum / (double)f->count);
    case RULE_MIN:
        return compares(s, f->low);
    case RULE_MAX:
        return compares(s, f->high);
    case RULE_OVER_COUNT:
        break;
    }
    check_failed("an aggregate of the table", __FILE__, __LINE__);
}

bool rule_evaluate(struct rule_state *s, uint64_t now_ms)
{
    struct fresh_values f = gather(s, now_ms);
    s->used_ms = now_ms;
    if (f.count == 0)
        return s->active;
    s->plain = f.plain;
    bool holds = condition(s, &f);
    if (!holds || s->active) {
        s->holding = false;
        s->active = holds;
        return s->active;
    }
    if (!s->holding)
        s->since_ms = now_ms;
    s->holding = now_ms - s->since_ms < s->rule.hold_ms;
    s->active = !s->holding;
    return s->active;
}

uint64_t rule_deadline(const struct rule_state *s, uint64_t now_ms)
{
    uint64_t deadline = s->holding ? s->since_ms + s->rule.hold_ms : UINT64_MAX;
    for (size_t i = 0; i < s->count; i++) {
        const struct rule_input *input = &s->inputs[i];
        if (now_ms - input->at_ms > s->rule.fresh_ms)
            continue;
        uint64_t stale_ms = input->at_ms + s->rule.fresh_ms + 1;
        if (stale_ms < deadline)
            deadline = stale_ms;
    }
    return deadline;
}

struct span rule_value(const struct rule_state *s)
{
    return span_of(s->active ? s->rule.value_active : s->rule.value_idle);
}

void rule_explain(const struct rule_state *s, struct buf *out)
{
    (void)s;
    buf_text(out, "[]");
}

const char *rule_over_text(enum rule_over over)
{
    check(over < RULE_OVER_COUNT);
    return over_texts[over];
}

const char *rule_compare_text(enum rule_compare compare)
{
    check(compare < RULE_COMPARE_COUNT);
    return compare_texts[compare];
}
