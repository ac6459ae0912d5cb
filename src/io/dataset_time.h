#ifndef IO_DATASET_TIME_H
#define IO_DATASET_TIME_H

#include "io/dataset_survey.h"
#include "io/dataset_table.h"
#include "io/timestamp.h"

#include "base/buf.h"

/* Which columns of a file hold the time of its rows, and what time a row has. */

enum dataset_time_kind {
    DATASET_TIME_NONE,
    DATASET_TIME_MOMENT,     /* date and time in one column */
    DATASET_TIME_DATE_CLOCK, /* in two */
    DATASET_TIME_EPOCH,      /* seconds, milliseconds, ... since 1970 */
    DATASET_TIME_PARTS,      /* year, month, day, and perhaps hour, minute, second */
    DATASET_TIME_DATE,
    DATASET_TIME_CLOCK,   /* a time of day: spacing, but no date */
    DATASET_TIME_ELAPSED, /* seconds since some start: spacing, but no date */
};

struct dataset_time {
    enum dataset_time_kind kind;
    enum timestamp_order order;
    enum dataset_cell_point point;
    size_t columns[6]; /* SIZE_MAX where there is none */
    int64_t last_ms;   /* CLOCK: of the row before, to notice midnight */
    int64_t days_ms;
    bool has_last;
};

void dataset_time_choose(struct dataset_time *time, const struct dataset_table *table,
                         const struct dataset_survey *surveys,
                         enum dataset_survey_delimiter delimiter);
bool dataset_time_uses(const struct dataset_time *time, size_t column);
/* Whether the order of day and month matters and the rows so far leave it open. */
bool dataset_time_is_open(const struct dataset_time *time, const struct dataset_survey *surveys);
/* Takes an order and writes what a person should know of it; nothing when there is nothing. */
void dataset_time_settle(struct dataset_time *time, const struct dataset_survey *surveys,
                         struct buf *notice);

enum dataset_time_result {
    DATASET_TIME_READ,
    DATASET_TIME_MISSING, /* no time column, or no value in it */
    DATASET_TIME_WRONG,   /* *column has a value that is no time */
};
/* *ms since 1970 UTC where the kind has a date, else since some start. */
enum dataset_time_result dataset_time_of(struct dataset_time *time,
                                         const struct dataset_cell *cells, int64_t *ms,
                                         size_t *column);
/* Whether the kind has a date. */
bool dataset_time_is_absolute(const struct dataset_time *time);

#endif
