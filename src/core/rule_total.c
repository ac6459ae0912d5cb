#include "core/rule_total.h"

/* Sums are scaled by a power of two, which costs no precision, and carry along what each addition
 * rounded off (Knuth's two-sum): a mean lies within the values, and in whatever order they came it
 * is the same. */

#define SCALE 0x1p-64

static void add_scaled(struct rule_total *t, double scaled)
{
    double sum = t->sum + scaled;
    double part = sum - t->sum;
    t->rest += (t->sum - (sum - part)) + (scaled - part);
    t->sum = sum;
}

/* -1: a word that is neither. */
static int truth_of(const struct rule_sample *v)
{
    struct span text = {v->text.bytes, v->text_size};
    if (v->text_size != v->text.size)
        return -1;
    if (span_is(text, "on") || span_is(text, "true"))
        return 1;
    return span_is(text, "off") || span_is(text, "false") ? 0 : -1;
}

bool rule_total_equal(const struct rule_condition *c, const struct rule_sample *v, double slack)
{
    if (c->operand == RULE_WORD)
        return v->kind == VALUE_TEXT && v->text_size == v->text.size && span_is(v->text, c->word);
    if (v->kind == VALUE_TEXT)
        return truth_of(v) == (c->threshold > 0);
    return v->number >= c->threshold - slack && v->number <= c->threshold + slack;
}

void rule_total_add(struct rule_total *t, const struct rule_condition *c,
                    const struct rule_sample *v)
{
    if (t->count == 0 || v->number < t->low)
        t->low = v->number;
    if (t->count == 0 || v->number > t->high)
        t->high = v->number;
    t->count++;
    t->plain = t->plain || v->plain;
    add_scaled(t, v->number * SCALE);
    if (c->compare != RULE_EQUAL && c->compare != RULE_NOT_EQUAL)
        return;
    t->equal[0] += rule_total_equal(c, v, 0);
    t->equal[1] += rule_total_equal(c, v, c->hysteresis);
}

static double mean_of(const struct rule_total *t)
{
    double mean = (t->sum + t->rest) / (double)t->count / SCALE;
    if (mean > t->high)
        return t->high;
    return mean < t->low ? t->low : mean;
}

static bool compares(const struct rule_condition *c, double value, double slack)
{
    switch (c->compare) {
    case RULE_ABOVE:
        return value > c->threshold - slack;
    case RULE_AT_LEAST:
        return value >= c->threshold - slack;
    case RULE_BELOW:
        return value < c->threshold + slack;
    case RULE_AT_MOST:
        return value <= c->threshold + slack;
    case RULE_EQUAL:
        return value >= c->threshold - slack && value <= c->threshold + slack;
    case RULE_NOT_EQUAL:
        return value < c->threshold || value > c->threshold;
    case RULE_COMPARE_COUNT:
        break;
    }
    check_failed("a comparison of the table", __FILE__, __LINE__);
}

/* Any of them holds when the one farthest to the holding side does, all when the one farthest to
 * the other side does. */
static double aggregate(const struct rule_total *t, const struct rule_condition *c)
{
    bool upwards = c->compare == RULE_ABOVE || c->compare == RULE_AT_LEAST;
    switch (c->over) {
    case RULE_ANY:
        return upwards ? t->high : t->low;
    case RULE_ALL:
        return upwards ? t->low : t->high;
    case RULE_MEAN:
        return mean_of(t);
    case RULE_MIN:
        return t->low;
    case RULE_MAX:
        return t->high;
    case RULE_COUNT:
        return (double)t->count;
    case RULE_OVER_COUNT:
        break;
    }
    check_failed("an aggregate of the table", __FILE__, __LINE__);
}

static bool holds(const struct rule_total *t, const struct rule_condition *c, double value,
                  bool held)
{
    bool each = c->over == RULE_ANY || c->over == RULE_ALL;
    if (each && c->compare == RULE_EQUAL)
        return c->over == RULE_ANY ? t->equal[held] > 0 : t->equal[held] == t->count;
    if (each && c->compare == RULE_NOT_EQUAL)
        return c->over == RULE_ANY ? t->equal[0] < t->count : t->equal[0] == 0;
    return compares(c, value, held ? c->hysteresis : 0);
}

void rule_total_judge(const struct rule_total *t, const struct rule_condition *c,
                      struct rule_outcome *outcome)
{
    outcome->count = t->count;
    if (t->count == 0 && c->over != RULE_COUNT) {
        outcome->truth = RULE_UNKNOWN;
        return;
    }
    outcome->value = aggregate(t, c);
    outcome->held = holds(t, c, outcome->value, outcome->held);
    outcome->truth = outcome->held ? RULE_TRUE : RULE_FALSE;
}

/* Windows. Steps of time are counted from the clock's origin. */

static uint64_t step_ms(const struct rule_condition *c)
{
    return (c->window_ms - 1) / LIMIT_WINDOW_STEPS + 1;
}

void rule_total_record(struct rule_window *w, const struct rule_condition *c, uint64_t at_ms,
                       const struct rule_sample *v)
{
    uint64_t step = at_ms / step_ms(c);
    size_t i = step % LIMIT_WINDOW_STEPS;
    if (w->totals[i].count > 0 && w->steps[i] > step)
        return;
    if (w->steps[i] < step)
        w->totals[i] = (struct rule_total){0};
    w->steps[i] = step;
    rule_total_add(&w->totals[i], c, v);
}

static bool is_inside(const struct rule_window *w, size_t i, uint64_t now_step)
{
    return w->totals[i].count > 0 && w->steps[i] + LIMIT_WINDOW_STEPS > now_step;
}

static void merge(struct rule_total *t, const struct rule_total *other)
{
    if (t->count == 0 || other->low < t->low)
        t->low = other->low;
    if (t->count == 0 || other->high > t->high)
        t->high = other->high;
    t->count += other->count;
    t->plain = t->plain || other->plain;
    t->equal[0] += other->equal[0];
    t->equal[1] += other->equal[1];
    add_scaled(t, other->sum);
    t->rest += other->rest;
}

void rule_total_gather(struct rule_total *t, const struct rule_window *w,
                       const struct rule_condition *c, uint64_t now_ms)
{
    uint64_t now_step = now_ms / step_ms(c);
    for (size_t i = 0; i < LIMIT_WINDOW_STEPS; i++)
        if (is_inside(w, i, now_step))
            merge(t, &w->totals[i]);
}

uint64_t rule_total_leaves(const struct rule_window *w, const struct rule_condition *c,
                           uint64_t now_ms)
{
    uint64_t now_step = now_ms / step_ms(c);
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < LIMIT_WINDOW_STEPS; i++)
        if (is_inside(w, i, now_step) && w->steps[i] < first)
            first = w->steps[i];
    return first == UINT64_MAX ? first : (first + LIMIT_WINDOW_STEPS) * step_ms(c);
}
