#ifndef CORE_RULE_TOTAL_H
#define CORE_RULE_TOTAL_H

#include "core/rule.h"

/* What is kept of many values, so that every aggregate and comparison of one condition can be told.
 * Windows are rings of them: their memory does not grow with the rate of values, as a ring of
 * values would, or it would forget values at its bound and tell a wrong mean. Private to rule*. */

struct rule_total {
    uint64_t count;
    uint64_t equal[2]; /* == and != only: how many are equal, and how many within the hysteresis */
    double low, high;
    double sum, rest; /* scaled, so that no sum overflows; rest: what rounding took from it */
    bool plain;       /* of one of them */
};

/* A value as conditions see it. */
struct rule_sample {
    enum value_kind kind;
    double number;    /* of words 0 */
    struct span text; /* VALUE_TEXT, cut to what can be equal to a word: */
    size_t text_size; /* ... its whole size */
    bool plain;
};

struct rule_window {
    uint64_t steps[LIMIT_WINDOW_STEPS]; /* which step of time a total is of */
    struct rule_total totals[LIMIT_WINDOW_STEPS];
};

void rule_total_add(struct rule_total *t, const struct rule_condition *c,
                    const struct rule_sample *v);
/* Whether a value is equal to what the condition compares with, or as near as slack. */
bool rule_total_equal(const struct rule_condition *c, const struct rule_sample *v, double slack);
/* The aggregate and whether the condition holds with it; `held`: whether it did before. */
void rule_total_judge(const struct rule_total *t, const struct rule_condition *c,
                      struct rule_outcome *outcome);
/* A value of a window; one from before it is dropped. */
void rule_total_record(struct rule_window *w, const struct rule_condition *c, uint64_t at_ms,
                       const struct rule_sample *v);
/* Everything in the window that ends now. */
void rule_total_gather(struct rule_total *t, const struct rule_window *w,
                       const struct rule_condition *c, uint64_t now_ms);
/* When the first of it leaves; UINT64_MAX: there is nothing in it. */
uint64_t rule_total_leaves(const struct rule_window *w, const struct rule_condition *c,
                           uint64_t now_ms);

#endif
