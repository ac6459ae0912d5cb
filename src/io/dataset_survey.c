#include "io/dataset_survey.h"

#include "io/timestamp.h"

#include <math.h>
#include <string.h>

static bool same(double a, double b)
{
    return a >= b && a <= b;
}

/* `sign` 1 looks for the least, -1 for the greatest. */
static void update(struct dataset_survey_extreme *e, double value, double sign)
{
    if (e->count == 0) {
        *e = (struct dataset_survey_extreme){.value = value, .count = 1};
    } else if (same(value, e->value)) {
        e->count++;
    } else if (value * sign < e->value * sign) {
        *e = (struct dataset_survey_extreme){value, e->value, 1, true};
    } else if (!e->has_next || value * sign < e->next * sign) {
        e->next = value;
        e->has_next = true;
    }
}

static void add_number(struct dataset_survey *s, double value)
{
    int64_t ms;
    bool whole = same(value, floor(value));
    update(&s->low, value, 1);
    update(&s->high, value, -1);
    if (s->numbers == 0)
        s->first = value;
    if (s->numbers == 1) {
        s->step = value - s->last;
        s->constant_step = true;
    } else if (s->numbers > 1 && !same(value - s->last, s->step)) {
        s->constant_step = false;
    }
    s->falls |= s->numbers > 0 && value < s->last;
    s->last = value;
    s->numbers++;
    s->integers += whole;
    s->epochs += timestamp_from_epoch(value, &ms);
}

static bool has(struct span text, char c)
{
    return text.size && memchr(text.bytes, c, text.size);
}

/* A number with either sign before its fraction; counts which. */
static bool try_number(struct dataset_survey *s, const struct dataset_cell *cell)
{
    double dotted;
    double comma;
    bool has_comma = cell->kind == DATASET_CELL_TEXT && has(cell->text, ',');
    if (!has_comma && dataset_cell_number(cell, DATASET_CELL_DOT, &dotted)) {
        s->dots += has(cell->text, '.');
        add_number(s, dotted);
        return true;
    }
    bool as_dotted = has_comma && dataset_cell_number(cell, DATASET_CELL_DOT, &dotted);
    if (dataset_cell_number(cell, DATASET_CELL_COMMA, &comma)) {
        s->commas++;
        s->groups += as_dotted;
        add_number(s, comma);
        return true;
    }
    if (!as_dotted)
        return false;
    s->dots++;
    add_number(s, dotted);
    return true;
}

static void keep_example(char out[DATASET_SURVEY_EXAMPLE_BYTES], struct span text)
{
    if (out[0] || text.size >= DATASET_SURVEY_EXAMPLE_BYTES)
        return;
    memcpy(out, text.bytes, text.size);
    out[text.size] = '\0';
}

/* What neighbours say of the order: rows of one day come together, so the right order does not jump
 * by months from one day to the next. */
static void compare_orders(struct dataset_survey *s, struct span text)
{
    static const int64_t day_ms = 86400000;
    bool same_day = true;
    for (enum timestamp_order order = TIMESTAMP_DAY_FIRST; order <= TIMESTAMP_MONTH_FIRST;
         order++) {
        struct dataset_survey_order *o = &s->orders[order];
        struct timestamp time;
        if (!timestamp_parse(text, order, &time))
            return;
        int64_t ms = time.ms - time.ms % day_ms;
        int64_t jump_ms = ms > o->last_ms ? ms - o->last_ms : o->last_ms - ms;
        same_day &= jump_ms == 0;
        if (s->open_dates > 1 && jump_ms > o->jump_ms)
            o->jump_ms = jump_ms;
        o->last_ms = ms;
    }
    s->repeated += same_day && s->open_dates > 1;
}

static void add_time(struct dataset_survey *s, struct span text)
{
    struct timestamp time;
    int64_t ms;
    s->epochs += timestamp_parse_epoch(text, &ms); /* nanoseconds are too long for a number */
    if (!timestamp_parse(text, TIMESTAMP_EITHER, &time))
        return;
    s->moments += time.kind == TIMESTAMP_MOMENT;
    s->dates += time.kind == TIMESTAMP_DATE;
    s->clocks += time.kind == TIMESTAMP_CLOCK;
    s->day_first += time.first > 12;
    s->month_first += time.second > 12;
    if (time.first > 12 || time.second > 12) {
        keep_example(s->proof_example, text);
    } else if (time.first != time.second) {
        s->open_dates++;
        keep_example(s->open_example, text);
        compare_orders(s, text);
    }
}

void dataset_survey_add(struct dataset_survey *s, const struct dataset_cell *cell)
{
    bool truth;
    if (dataset_cell_is_missing(cell))
        return;
    s->values++;
    if (try_number(s, cell))
        return;
    if (dataset_cell_truth(cell, &truth))
        s->truths++;
    else
        add_time(s, cell->text);
}

bool dataset_survey_is_numeric(const struct dataset_survey *s)
{
    return (s->numbers + s->truths) * 2 > s->values;
}

enum dataset_cell_point dataset_survey_point(const struct dataset_survey *s,
                                             enum dataset_survey_delimiter delimiter)
{
    bool grouped = delimiter == DATASET_SURVEY_COMMA_DELIMITS && s->groups == s->commas;
    if (s->commas == 0 || s->commas < s->dots || grouped)
        return DATASET_CELL_DOT;
    return DATASET_CELL_COMMA;
}

bool dataset_survey_counts_rows(const struct dataset_survey *s)
{
    return s->numbers >= 2 && s->numbers == s->values && s->integers == s->numbers &&
           s->constant_step && fabs(s->step) > 0;
}

bool dataset_survey_range(const struct dataset_survey *s, double apart, double *low, double *high)
{
    *low = same(s->low.value, apart) ? s->low.next : s->low.value;
    *high = same(s->high.value, apart) ? s->high.next : s->high.value;
    if (s->numbers == 0)
        return false;
    return (!same(s->low.value, apart) || s->low.has_next) &&
           (!same(s->high.value, apart) || s->high.has_next);
}
