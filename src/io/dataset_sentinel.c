#include "io/dataset_sentinel.h"

#include <math.h>

enum { LEAST_MAGNITUDE = 50 };

/* How often it must stand in a column, and how many spreads away from the others. In two columns at
 * once, once in each is enough: no two instruments fail to the same whole number. */
struct demand {
    uint64_t repeats;
    double spreads;
};

static const struct demand in_two_columns = {1, 2}, of_nines = {2, 5}, of_hundreds = {2, 10};

static bool same(double a, double b)
{
    return a >= b && a <= b;
}

static bool is_nines(double value)
{
    double v = fabs(value);
    for (double nines = 99; nines < 1e7; nines = nines * 10 + 9)
        if (same(v, nines) || same(v, nines + 0.9) || same(v, nines + 0.99))
            return true;
    return false;
}

/* What nobody measures by accident: a whole negative number, or nines. */
static bool is_sentinel_like(double value)
{
    return is_nines(value) || (value <= -LEAST_MAGNITUDE && same(value, floor(value)));
}

static bool stands_apart(const struct dataset_survey *s, double value, uint64_t count,
                         const struct demand *demand)
{
    double low;
    double high;
    if (count < demand->repeats || !dataset_survey_range(s, value, &low, &high))
        return false;
    double gap = value < low ? low - value : value - high;
    return gap > demand->spreads * (high - low) && gap > LEAST_MAGNITUDE;
}

static bool shows(const struct dataset_survey *s, double value, const struct demand *demand)
{
    return (same(s->low.value, value) && stands_apart(s, value, s->low.count, demand)) ||
           (same(s->high.value, value) && stands_apart(s, value, s->high.count, demand));
}

static size_t count_showing(const struct dataset_survey *surveys, const size_t *columns,
                            size_t count, double value)
{
    size_t showing = 0;
    for (size_t i = 0; i < count; i++)
        showing += shows(&surveys[columns[i]], value, &in_two_columns);
    return showing;
}

/* -100, -200, -1000 in a column that is never negative otherwise */
static bool is_alone_below(const struct dataset_survey *s, double value)
{
    double low;
    double high;
    return same(s->low.value, value) && value <= -100 && same(fmod(value, 100), 0) &&
           dataset_survey_range(s, value, &low, &high) && low >= 0 && shows(s, value, &of_hundreds);
}

static bool is_sentinel_alone(const struct dataset_survey *s, double value)
{
    return (is_nines(value) && shows(s, value, &of_nines)) || is_alone_below(s, value);
}

static bool is_sentinel(const struct dataset_survey *surveys, const size_t *columns, size_t count,
                        size_t i, double value, size_t *where)
{
    if (!is_sentinel_like(value))
        return false;
    *where = count_showing(surveys, columns, count, value);
    if (*where >= 2)
        return true;
    *where = 1;
    return is_sentinel_alone(&surveys[columns[i]], value);
}

bool dataset_sentinel_find(const struct dataset_survey *surveys, const size_t *columns,
                           size_t count, double *sentinel, size_t *where)
{
    for (size_t i = 0; i < count; i++) {
        const struct dataset_survey *s = &surveys[columns[i]];
        *sentinel = s->low.value;
        if (s->numbers && is_sentinel(surveys, columns, count, i, *sentinel, where))
            return true;
        *sentinel = s->high.value;
        if (s->numbers && is_sentinel(surveys, columns, count, i, *sentinel, where))
            return true;
    }
    return false;
}

bool dataset_sentinel_applies(const struct dataset_survey *survey, double sentinel)
{
    double low;
    double high;
    if (!dataset_survey_range(survey, sentinel, &low, &high))
        return true;
    return sentinel < low || sentinel > high;
}
