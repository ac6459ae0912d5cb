/* Every column gets marks for what could make it the time of the rows; the best wins, the leftmost
 * among equals. A name that says time (dt, timestamp, Date) weighs more than the shape, so that a
 * time of sunrise does not become the time of the row. */
#include "io/dataset_time.h"

#include "io/dataset_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 86400000, MARK_NAME = 20 };

struct choice {
    enum dataset_time_kind kind;
    int marks;
    size_t column;
};

static bool most(uint64_t count, const struct dataset_survey *s)
{
    return count * 2 > s->values;
}

static bool is_elapsed(const struct dataset_survey *s)
{
    return s->numbers >= 2 && s->numbers == s->values && !s->falls && s->low.value >= 0;
}

/* 20040310 in a column that is called a date */
static bool is_compact_date(const struct dataset_survey *s)
{
    return s->integers == s->values && s->low.value >= 16000101 && s->high.value <= 23991231;
}

/* What has no name that says time must look like this century, and never go back. */
static bool is_recent_epoch(const struct dataset_survey *s)
{
    static const int64_t year_1995_ms = 788918400000;
    static const int64_t year_2100_ms = 4102444800000;
    int64_t low_ms;
    int64_t high_ms;
    return !s->falls && timestamp_from_epoch(s->low.value, &low_ms) &&
           timestamp_from_epoch(s->high.value, &high_ms) && low_ms >= year_1995_ms &&
           high_ms < year_2100_ms;
}

static struct choice judge(const struct dataset_column *column, const struct dataset_survey *s)
{
    bool named = dataset_names_is_time(span_of(column->name));
    struct choice choice = {.kind = DATASET_TIME_NONE};
    if (s->values == 0 || column->in_array)
        return choice;
    if (most(s->moments, s))
        choice = (struct choice){DATASET_TIME_MOMENT, 30, 0};
    else if (most(s->epochs, s) && (named || is_recent_epoch(s)))
        choice = (struct choice){DATASET_TIME_EPOCH, 24, 0};
    else if (most(s->dates, s) || (named && is_compact_date(s)))
        choice = (struct choice){DATASET_TIME_DATE, 12, 0};
    else if (most(s->clocks, s))
        choice = (struct choice){DATASET_TIME_CLOCK, 8, 0};
    else if (named && is_elapsed(s))
        choice = (struct choice){DATASET_TIME_ELAPSED, 4, 0};
    if (choice.kind != DATASET_TIME_NONE && named)
        choice.marks += MARK_NAME;
    return choice;
}

/* year, month and day as whole numbers, and what there is of hour, minute and second. */
static bool find_parts(struct dataset_time *time, const struct dataset_table *table,
                       const struct dataset_survey *surveys)
{
    size_t columns[DATASET_NAMES_PARTS];
    for (size_t i = 0; i < DATASET_NAMES_PARTS; i++)
        columns[i] = SIZE_MAX;
    for (size_t i = 0; i < table->column_count; i++) {
        size_t part = dataset_names_time_part(span_of(table->columns[i].name));
        if (part != DATASET_NAMES_NO_PART && columns[part] == SIZE_MAX && surveys[i].numbers &&
            surveys[i].integers == surveys[i].values)
            columns[part] = i;
    }
    if (columns[0] == SIZE_MAX || columns[1] == SIZE_MAX || columns[2] == SIZE_MAX ||
        surveys[columns[0]].low.value < 1600)
        return false;
    memcpy(time->columns, columns, sizeof columns);
    return true;
}

static size_t find_kind(const struct dataset_table *table, const struct dataset_survey *surveys,
                        enum dataset_time_kind kind)
{
    struct choice best = {.kind = DATASET_TIME_NONE, .column = SIZE_MAX};
    for (size_t i = 0; i < table->column_count; i++) {
        struct choice choice = judge(&table->columns[i], &surveys[i]);
        if (choice.kind == kind && choice.marks > best.marks)
            best = (struct choice){kind, choice.marks, i};
    }
    return best.column;
}

void dataset_time_choose(struct dataset_time *time, const struct dataset_table *table,
                         const struct dataset_survey *surveys,
                         enum dataset_survey_delimiter delimiter)
{
    struct choice best = {.kind = DATASET_TIME_NONE};
    *time = (struct dataset_time){.order = TIMESTAMP_DAY_FIRST};
    for (size_t i = 0; i < COUNT_OF(time->columns); i++)
        time->columns[i] = SIZE_MAX;
    for (size_t i = 0; i < table->column_count; i++) {
        struct choice choice = judge(&table->columns[i], &surveys[i]);
        if (choice.marks > best.marks)
            best = (struct choice){choice.kind, choice.marks, i};
    }
    bool weak = best.kind == DATASET_TIME_NONE || best.kind == DATASET_TIME_CLOCK ||
                best.kind == DATASET_TIME_ELAPSED;
    if (weak && find_parts(time, table, surveys)) {
        time->kind = DATASET_TIME_PARTS;
        return;
    }
    time->kind = best.kind;
    if (best.kind == DATASET_TIME_NONE)
        return;
    time->columns[0] = best.column;
    time->point = dataset_survey_point(&surveys[best.column], delimiter);
    if (best.kind != DATASET_TIME_DATE && best.kind != DATASET_TIME_CLOCK)
        return;
    size_t date = find_kind(table, surveys, DATASET_TIME_DATE);
    size_t clock = find_kind(table, surveys, DATASET_TIME_CLOCK);
    if (date == SIZE_MAX || clock == SIZE_MAX)
        return;
    time->kind = DATASET_TIME_DATE_CLOCK;
    time->columns[0] = date;
    time->columns[1] = clock;
}

bool dataset_time_uses(const struct dataset_time *time, size_t column)
{
    for (size_t i = 0; i < COUNT_OF(time->columns); i++)
        if (time->columns[i] == column)
            return true;
    return false;
}

bool dataset_time_is_absolute(const struct dataset_time *time)
{
    return time->kind != DATASET_TIME_NONE && time->kind != DATASET_TIME_CLOCK &&
           time->kind != DATASET_TIME_ELAPSED;
}

static bool has_order(const struct dataset_time *time)
{
    return time->kind == DATASET_TIME_MOMENT || time->kind == DATASET_TIME_DATE ||
           time->kind == DATASET_TIME_DATE_CLOCK;
}

/* With several rows a day, in the right order the next day follows, and in the wrong one the next
 * month. */
static bool jumps_less(const struct dataset_survey *s, enum timestamp_order right,
                       enum timestamp_order wrong)
{
    return s->repeated * 2 >= s->open_dates && s->orders[right].jump_ms > 0 &&
           s->orders[right].jump_ms <= 2 * (int64_t)DAY_MS &&
           s->orders[wrong].jump_ms >= 27 * (int64_t)DAY_MS;
}

bool dataset_time_is_open(const struct dataset_time *time, const struct dataset_survey *surveys)
{
    if (!has_order(time))
        return false;
    const struct dataset_survey *s = &surveys[time->columns[0]];
    return s->open_dates > 0 && !s->day_first && !s->month_first &&
           !jumps_less(s, TIMESTAMP_DAY_FIRST, TIMESTAMP_MONTH_FIRST) &&
           !jumps_less(s, TIMESTAMP_MONTH_FIRST, TIMESTAMP_DAY_FIRST);
}

static const char *day_text(const char *date, enum timestamp_order order, char out[16])
{
    char text[TIMESTAMP_TEXT_MAX];
    struct timestamp time;
    if (!timestamp_parse(span_of(date), order, &time))
        return "?";
    timestamp_format(text, time.ms);
    memcpy(out, text, 10);
    out[10] = '\0';
    return out;
}

/* No date by itself decides the order. */
static void settle_open(struct dataset_time *time, const struct dataset_survey *s, char *text,
                        size_t size)
{
    char day[16];
    const char *reason = "no date of the file decides it";
    if (jumps_less(s, TIMESTAMP_MONTH_FIRST, TIMESTAMP_DAY_FIRST)) {
        time->order = TIMESTAMP_MONTH_FIRST;
        reason = "day first, days would be months apart";
    } else if (jumps_less(s, TIMESTAMP_DAY_FIRST, TIMESTAMP_MONTH_FIRST)) {
        reason = "month first, days would be months apart";
    }
    snprintf(text, size, "dates are ambiguous: %s is read %s first, as %s; %s", s->open_example,
             time->order == TIMESTAMP_DAY_FIRST ? "day" : "month",
             day_text(s->open_example, time->order, day), reason);
}

void dataset_time_settle(struct dataset_time *time, const struct dataset_survey *surveys,
                         struct buf *notice)
{
    char text[240] = "";
    if (!has_order(time))
        return;
    const struct dataset_survey *s = &surveys[time->columns[0]];
    if (s->month_first > s->day_first)
        time->order = TIMESTAMP_MONTH_FIRST;
    const char *reading = time->order == TIMESTAMP_DAY_FIRST ? "day first" : "month first";
    if (s->day_first && s->month_first)
        snprintf(text, sizeof text,
                 "dates are written in both orders; they are read %s, as most are", reading);
    else if (s->open_dates && (s->day_first || s->month_first))
        snprintf(text, sizeof text, "dates are read %s: %s can be nothing else", reading,
                 s->proof_example);
    else if (s->open_dates)
        settle_open(time, s, text, sizeof text);
    buf_text(notice, text);
}

static enum dataset_time_result read_parts(const struct dataset_time *time,
                                           const struct dataset_cell *cells, int64_t *ms,
                                           size_t *column)
{
    static const int64_t unit_ms[] = {0, 0, 0, 3600000, 60000, 1000};
    double parts[COUNT_OF(unit_ms)] = {0};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        *column = time->columns[i];
        if (*column == SIZE_MAX)
            continue;
        if (dataset_cell_is_missing(&cells[*column]))
            return DATASET_TIME_MISSING;
        if (!dataset_cell_number(&cells[*column], DATASET_CELL_DOT, &parts[i]) || parts[i] < 0 ||
            parts[i] > 9999)
            return DATASET_TIME_WRONG;
    }
    *column = time->columns[2];
    if (!timestamp_from_day((int)parts[0], (int)parts[1], (int)parts[2], ms))
        return DATASET_TIME_WRONG;
    for (size_t i = 3; i < COUNT_OF(parts); i++)
        *ms += (int64_t)(parts[i] * (double)unit_ms[i]);
    return DATASET_TIME_READ;
}

static bool read_number(const struct dataset_time *time, const struct dataset_cell *cell,
                        int64_t *ms)
{
    double value;
    if (time->kind == DATASET_TIME_EPOCH && timestamp_parse_epoch(cell->text, ms))
        return true;
    if (!dataset_cell_number(cell, time->point, &value))
        return false;
    if (time->kind == DATASET_TIME_EPOCH)
        return timestamp_from_epoch(value, ms);
    if (!(value >= 0 && value < 1e12))
        return false;
    *ms = (int64_t)(value * 1e3 + 0.5);
    return true;
}

/* A time of day earlier than the row before belongs to the next day, when it is much earlier. */
static void unwrap(struct dataset_time *time, int64_t *ms)
{
    if (time->has_last && *ms + DAY_MS / 2 < time->last_ms)
        time->days_ms += DAY_MS;
    time->last_ms = *ms;
    time->has_last = true;
    *ms += time->days_ms;
}

static bool read_text(struct dataset_time *time, const struct dataset_cell *cells, size_t i,
                      enum timestamp_kind kind, int64_t *ms)
{
    struct timestamp found;
    const struct dataset_cell *cell = &cells[time->columns[i]];
    if (!timestamp_parse(cell->text, time->order, &found))
        return false;
    /* In a column of moments midnight may be written as a date alone. */
    if (found.kind != kind && !(kind == TIMESTAMP_MOMENT && found.kind == TIMESTAMP_DATE))
        return false;
    *ms = found.ms;
    return true;
}

enum dataset_time_result dataset_time_of(struct dataset_time *time,
                                         const struct dataset_cell *cells, int64_t *ms,
                                         size_t *column)
{
    bool read = false;
    int64_t clock_ms = 0;
    if (time->kind == DATASET_TIME_NONE)
        return DATASET_TIME_MISSING;
    if (time->kind == DATASET_TIME_PARTS)
        return read_parts(time, cells, ms, column);
    *column = time->columns[0];
    if (dataset_cell_is_missing(&cells[*column]))
        return DATASET_TIME_MISSING;
    switch (time->kind) {
    case DATASET_TIME_MOMENT:
        read = read_text(time, cells, 0, TIMESTAMP_MOMENT, ms);
        break;
    case DATASET_TIME_DATE:
        read = read_text(time, cells, 0, TIMESTAMP_DATE, ms);
        break;
    case DATASET_TIME_DATE_CLOCK:
        read = read_text(time, cells, 0, TIMESTAMP_DATE, ms);
        if (!read)
            break;
        *column = time->columns[1];
        if (dataset_cell_is_missing(&cells[*column]))
            return DATASET_TIME_MISSING;
        read = read_text(time, cells, 1, TIMESTAMP_CLOCK, &clock_ms);
        *ms += clock_ms;
        break;
    case DATASET_TIME_CLOCK:
        read = read_text(time, cells, 0, TIMESTAMP_CLOCK, ms);
        if (read)
            unwrap(time, ms);
        break;
    default:
        read = read_number(time, &cells[*column], ms);
        break;
    }
    return read ? DATASET_TIME_READ : DATASET_TIME_WRONG;
}
