#ifndef IO_DATASET_SURVEY_H
#define IO_DATASET_SURVEY_H

#include "io/dataset_cell.h"

/* What a column holds, counted over the rows that are looked at before a file is replayed. */

/* The least (or greatest) number, how often it came, and the one next to it. */
struct dataset_survey_extreme {
    double value;
    double next;
    uint64_t count;
    bool has_next;
};

enum { DATASET_SURVEY_EXAMPLE_BYTES = 32 };

/* Dates whose order is open, read in one of the two orders: how far neighbours lie apart. */
struct dataset_survey_order {
    int64_t last_ms;
    int64_t jump_ms; /* the greatest */
};

struct dataset_survey {
    uint64_t values; /* cells that are not missing */
    uint64_t numbers;
    uint64_t integers; /* among the numbers */
    uint64_t dots;     /* numbers written with a decimal point */
    uint64_t commas;   /* ... with a decimal comma */
    uint64_t groups;   /* ... of these, that may also be groups of three digits */
    uint64_t epochs;   /* ... that could be a time since 1970 */
    uint64_t truths;
    uint64_t moments; /* date and time */
    uint64_t dates;
    uint64_t clocks;
    uint64_t open_dates;  /* both orders of day and month make a date */
    uint64_t day_first;   /* the first number is over 12 */
    uint64_t month_first; /* the second is */
    uint64_t repeated;    /* dates that are the same day as the one before, whatever the order */
    struct dataset_survey_order orders[2]; /* TIMESTAMP_DAY_FIRST, TIMESTAMP_MONTH_FIRST */
    char open_example[DATASET_SURVEY_EXAMPLE_BYTES];
    char proof_example[DATASET_SURVEY_EXAMPLE_BYTES];
    struct dataset_survey_extreme low;
    struct dataset_survey_extreme high;
    double first;
    double last;
    double step; /* between the first two numbers */
    bool constant_step;
    bool falls; /* some number is less than the one before */
};

void dataset_survey_add(struct dataset_survey *s, const struct dataset_cell *cell);
/* More than half of the values are numbers (or true and false). */
bool dataset_survey_is_numeric(const struct dataset_survey *s);
/* `comma_delimits`: cells are separated by commas, so that 1,234 in quotes is a group of digits. */
enum dataset_survey_delimiter { DATASET_SURVEY_COMMA_DELIMITS, DATASET_SURVEY_COMMA_IS_FREE };
enum dataset_cell_point dataset_survey_point(const struct dataset_survey *s,
                                             enum dataset_survey_delimiter delimiter);
/* Numbers that go up or down by the same whole step from row to row. */
bool dataset_survey_counts_rows(const struct dataset_survey *s);
/* The least and greatest number other than `apart`, a sentinel; false when there is none. */
bool dataset_survey_range(const struct dataset_survey *s, double apart, double *low, double *high);

#endif
