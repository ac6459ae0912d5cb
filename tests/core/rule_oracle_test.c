#include "core/rule.h"

#include "base/rng.h"
#include "core/cm.h"

#include <stdio.h>

/* Random rules over random values. The oracle keeps every value that was ever fed and does by the
 * letter what rule.h says; numbers are quarters, so that its plain sums are exact. Time is short:
 * spans of some ten milliseconds, and a wall clock that is just before an edge of the schedule, so
 * that evaluating at each single millisecond is possible, which is what deadlines are held to. */

enum { WORLDS = 600, STEPS = 250, FEEDS_MAX = 2 * STEPS, BATCH_MAX = 6 };

struct fed {
    size_t device, property;
    double number;
    int word; /* 0: a number; 1 "on", 2 "off", 3 "high" */
    uint64_t at_ms;
};

struct world {
    struct rng rng;
    struct rule rule;
    struct fed fed[FEEDS_MAX];
    size_t count;
    bool held[LIMIT_CONDITIONS]; /* the oracle's */
    bool active;
};

static const char *const devices[] = {"sensor1", "sensor2", "hall", "actuator1"};
static const char *const properties[] = {"temperature", "humidity", "fan"};
static const char *const device_patterns[] = {"*", "sensor*", "*1", "hall"};
static const char *const property_patterns[] = {"temperature", "*", "*n", "hum*"};
static const char *const words[] = {"", "on", "off", "high"};

static uint64_t below(struct world *w, uint64_t bound)
{
    return rng_below(&w->rng, bound);
}

static double quarter(struct world *w)
{
    return (double)below(w, 13) / 4;
}

static void make_condition(struct world *w, struct rule_condition *c)
{
    *c = (struct rule_condition){0};
    strcpy(c->device, device_patterns[below(w, COUNT_OF(device_patterns))]);
    strcpy(c->property, property_patterns[below(w, COUNT_OF(property_patterns))]);
    c->over = (enum rule_over)below(w, RULE_OVER_COUNT);
    c->compare = (enum rule_compare)below(w, RULE_COMPARE_COUNT);
    c->threshold = quarter(w);
    c->hysteresis = below(w, 2) == 0 ? 0 : quarter(w) / 2;
    c->fresh_ms = below(w, 8) == 0 ? UINT64_MAX : 1 + below(w, 60);
    c->window_ms = below(w, 2) * (1 + below(w, 300));
    bool each = c->over == RULE_ANY || c->over == RULE_ALL;
    if (!each || c->compare < RULE_EQUAL || below(w, 2) == 0)
        return;
    size_t word = 1 + below(w, 3);
    c->operand = word == 3 ? RULE_WORD : RULE_TRUTH;
    c->threshold = word == 1;
    c->hysteresis = 0;
    strcpy(c->word, words[word]);
}

static void make_world(struct world *w, uint64_t seed)
{
    *w = (struct world){0};
    rng_init(&w->rng, seed);
    w->rule.condition_count = 1 + below(w, 3);
    w->rule.action_count = 1;
    w->rule.join = (enum rule_join)below(w, 2);
    w->rule.stale = (enum rule_stale)below(w, 3);
    for (size_t i = 0; i < w->rule.condition_count; i++)
        make_condition(w, &w->rule.conditions[i]);
}

static struct fed *make_fed(struct world *w, uint64_t now_ms)
{
    struct fed *f = &w->fed[w->count++];
    uint64_t age_ms = below(w, 4) == 0 ? below(w, 40) : 0;
    *f = (struct fed){.device = below(w, COUNT_OF(devices)),
                      .property = below(w, COUNT_OF(properties)),
                      .number = quarter(w),
                      .word = below(w, 4) == 0 ? 1 + (int)below(w, 3) : 0,
                      .at_ms = now_ms - age_ms};
    return f;
}

static void feed(struct rule_state *s, const struct fed *f)
{
    struct reading r = {.type = span_of(properties[f->property]),
                        .value = f->word > 0 ? value_text(span_of(words[f->word]))
                                             : value_number(f->number)};
    assert_int_equal(rule_feed(s, span_of(devices[f->device]), &r, f->at_ms, RULE_PROVEN), ERR_OK);
}

/* The oracle. */

static bool oracle_takes(const struct rule_condition *c, const struct fed *f)
{
    bool comparable = f->word == 0 || c->operand != RULE_NUMBER || c->over == RULE_COUNT;
    return comparable && rule_matches(c->device, span_of(devices[f->device])) &&
           rule_matches(c->property, span_of(properties[f->property]));
}

/* A topic's later value that some condition without a window takes replaces the earlier one. */
static bool oracle_replaced(const struct world *w, size_t i)
{
    const struct fed *f = &w->fed[i];
    for (size_t j = 0; j < w->count; j++) {
        const struct fed *g = &w->fed[j];
        bool later = g->at_ms > f->at_ms || (g->at_ms == f->at_ms && j > i);
        if (!later || g->device != f->device || g->property != f->property)
            continue;
        for (size_t k = 0; k < w->rule.condition_count; k++)
            if (w->rule.conditions[k].window_ms == 0 && oracle_takes(&w->rule.conditions[k], g))
                return true;
    }
    return false;
}

static bool oracle_counts(const struct world *w, const struct rule_condition *c, size_t i,
                          uint64_t now_ms)
{
    const struct fed *f = &w->fed[i];
    if (!oracle_takes(c, f))
        return false;
    if (c->window_ms == 0)
        return now_ms - f->at_ms <= c->fresh_ms && !oracle_replaced(w, i);
    uint64_t step_ms = (c->window_ms + LIMIT_WINDOW_STEPS - 1) / LIMIT_WINDOW_STEPS;
    return now_ms / step_ms - f->at_ms / step_ms < LIMIT_WINDOW_STEPS;
}

static bool oracle_compares(const struct rule_condition *c, double v, double slack)
{
    double t = c->threshold;
    const bool results[RULE_COMPARE_COUNT] = {v > t - slack,
                                              v >= t - slack,
                                              v < t + slack,
                                              v <= t + slack,
                                              v - t <= slack && t - v <= slack,
                                              v < t || v > t};
    return results[c->compare];
}

static bool oracle_one(const struct rule_condition *c, const struct fed *f, double slack)
{
    bool equal = f->word > 0 && strcmp(words[f->word], c->word) == 0;
    if (c->operand == RULE_NUMBER || (c->operand == RULE_TRUTH && f->word == 0))
        return oracle_compares(c, f->word > 0 ? 0 : f->number, slack);
    return equal == (c->compare == RULE_EQUAL);
}

static enum rule_truth oracle_condition(struct world *w, size_t which, uint64_t now_ms)
{
    const struct rule_condition *c = &w->rule.conditions[which];
    double slack = w->held[which] ? c->hysteresis : 0, sum = 0, low = 1e9, high = -1e9;
    size_t count = 0, holding = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (!oracle_counts(w, c, i, now_ms))
            continue;
        double v = w->fed[i].word > 0 ? 0 : w->fed[i].number;
        count++;
        holding += oracle_one(c, &w->fed[i], slack);
        sum += v;
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    if (count == 0 && c->over != RULE_COUNT)
        return RULE_UNKNOWN;
    const double values[RULE_OVER_COUNT] = {[RULE_MEAN] = sum / (double)(count > 0 ? count : 1),
                                            [RULE_MIN] = low,
                                            [RULE_MAX] = high,
                                            [RULE_COUNT] = (double)count};
    bool holds = oracle_compares(c, values[c->over], slack);
    if (c->over == RULE_ANY || c->over == RULE_ALL)
        holds = c->over == RULE_ANY ? holding > 0 : holding == count;
    w->held[which] = holds;
    return holds ? RULE_TRUE : RULE_FALSE;
}

static bool oracle_evaluate(struct world *w, uint64_t now_ms)
{
    size_t counts[3] = {0};
    for (size_t i = 0; i < w->rule.condition_count; i++)
        counts[oracle_condition(w, i, now_ms)]++;
    bool any = w->rule.join == RULE_JOIN_ANY;
    if (any ? counts[RULE_TRUE] > 0 : counts[RULE_FALSE] > 0)
        w->active = any;
    else if (counts[RULE_UNKNOWN] == 0)
        w->active = !any;
    else if (w->rule.stale != RULE_STALE_KEEP)
        w->active = w->rule.stale == RULE_STALE_ON;
    return w->active;
}

/* Several values of one time in another order: those of one topic keep theirs. */
static void feed_backwards(struct rule_state *s, const struct fed *batch, size_t count)
{
    bool done[BATCH_MAX] = {false};
    for (size_t last = count; last-- > 0;)
        for (size_t i = 0; i <= last; i++)
            if (!done[i] && batch[i].device == batch[last].device &&
                batch[i].property == batch[last].property) {
                feed(s, &batch[i]);
                done[i] = true;
            }
}

static void every_aggregate_is_what_all_values_say_in_whatever_order_they_come(void **state)
{
    (void)state;
    static struct world w;
    size_t switches = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct rule_state forth, back;
        make_world(&w, seed);
        rule_init(&forth, &w.rule);
        rule_init(&back, &w.rule);
        for (uint64_t now_ms = 1000; w.count + BATCH_MAX < FEEDS_MAX / 4; now_ms += below(&w, 30)) {
            size_t first = w.count, batch = below(&w, BATCH_MAX);
            for (size_t i = 0; i < batch; i++)
                feed(&forth, make_fed(&w, now_ms));
            feed_backwards(&back, &w.fed[first], batch);
            bool was = w.active, expected = oracle_evaluate(&w, now_ms);
            struct rule_now now = {.now_ms = now_ms};
            if (rule_evaluate(&forth, &now) != expected || rule_evaluate(&back, &now) != expected)
                fail_msg("seed %d, at %d", (int)seed, (int)now_ms);
            switches += was != expected;
        }
        rule_fini(&forth);
        rule_fini(&back);
    }
    assert_true(switches > WORLDS); /* it was not all about nothing */
}

static void make_times(struct world *w)
{
    struct rule *r = &w->rule;
    r->hold_ms = below(w, 2) * below(w, 30);
    r->min_on_ms = below(w, 2) * below(w, 40);
    r->min_off_ms = below(w, 2) * below(w, 40);
    r->schedule_count = below(w, 3) == 0 ? 1 + below(w, 2) : 0;
    for (size_t i = 0; i < r->schedule_count; i++)
        r->schedules[i] = (struct rule_schedule){.days = (uint8_t)(127 - below(w, 64)),
                                                 .from_min = (uint16_t)(below(w, 2) * 1439),
                                                 .to_min = (uint16_t)(1 + below(w, 2) * 1438)};
}

/* Thursday's last 100 milliseconds, or the last 100 of a minute at an edge. */
static struct rule_now time_of(uint64_t now_ms, uint64_t seed)
{
    uint64_t minute = seed % 3 == 0 ? 1440 : seed % 3 == 1 ? 1439 : 1;
    return (struct rule_now){.now_ms = now_ms,
                             .wall_ms = seed % 7 * 86400000 + minute * 60000 - 1100 + now_ms,
                             .zone_s = seed % 2 == 0 ? 0 : -86400};
}

static void evaluating_at_deadlines_is_evaluating_all_the_time(void **state)
{
    (void)state;
    static struct world w;
    size_t switches = 0, deadlines = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct rule_state always, seldom;
        uint64_t due_ms = UINT64_MAX;
        make_world(&w, seed);
        make_times(&w);
        rule_init(&always, &w.rule);
        rule_init(&seldom, &w.rule);
        for (uint64_t now_ms = 1000; now_ms < 1000 + STEPS; now_ms++) {
            struct rule_now now = time_of(now_ms, seed);
            bool fed = now_ms == 1000 || below(&w, 10) == 0;
            if (fed) {
                const struct fed *f = make_fed(&w, now_ms);
                feed(&always, f);
                feed(&seldom, f);
            }
            bool was = always.active;
            rule_evaluate(&always, &now);
            if (fed || now_ms >= due_ms) {
                deadlines += !fed;
                rule_evaluate(&seldom, &now);
                due_ms = rule_deadline(&seldom, &now);
                assert_true(due_ms > now_ms);
            }
            if (always.active != seldom.active)
                fail_msg("seed %d, at %d, due %d", (int)seed, (int)now_ms, (int)due_ms);
            switches += was != always.active;
        }
        rule_fini(&always);
        rule_fini(&seldom);
    }
    assert_true(switches > WORLDS);
    assert_true(deadlines < WORLDS * STEPS / 8); /* seldom indeed */
}

/* Tenths have no exact binary; their mean must not depend on who came first. */
static void a_window_has_one_mean_whatever_the_order(void **state)
{
    (void)state;
    struct rule rule;
    rule_default_mean(&rule);
    rule.conditions[0].window_ms = 1;
    struct rule_now now = {.now_ms = 1};
    for (uint64_t seed = 1; seed <= 200; seed++) {
        double values[40], means[2];
        struct rng rng;
        rng_init(&rng, seed);
        for (size_t i = 0; i < COUNT_OF(values); i++)
            values[i] = (double)rng_below(&rng, 600) / 10 - 10;
        for (size_t pass = 0; pass < 2; pass++) {
            struct rule_state s;
            rule_init(&s, &rule);
            for (size_t i = 0; i < COUNT_OF(values); i++) {
                size_t at = pass == 0 ? i : COUNT_OF(values) - 1 - i;
                struct reading r = {.type = SPAN("temperature"), .value = value_number(values[at])};
                assert_int_equal(rule_feed(&s, SPAN("s"), &r, 1, RULE_PROVEN), ERR_OK);
            }
            rule_evaluate(&s, &now);
            means[pass] = s.outcomes[0].value;
            rule_fini(&s);
        }
        assert_memory_equal(&means[0], &means[1], sizeof means[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_aggregate_is_what_all_values_say_in_whatever_order_they_come),
        cmocka_unit_test(evaluating_at_deadlines_is_evaluating_all_the_time),
        cmocka_unit_test(a_window_has_one_mean_whatever_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
