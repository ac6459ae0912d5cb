#ifndef IO_DATASET_SENTINEL_H
#define IO_DATASET_SENTINEL_H

#include "io/dataset_survey.h"

/* Finds the number by which a file says "no value here", such as -200 or 9999, when the file shows
 * it beyond doubt: it is the least or the greatest of a column, lies farther from the others than
 * twice their whole spread, and that in two columns or more. In a single column it must come again,
 * and be made of nines (-999) and lie five spreads away, or be negative hundreds (-200), ten
 * spreads away, where nothing else is negative. */

/* `columns` are indices into `surveys`. False when there is none; *where is how many columns show
 * it. */
bool dataset_sentinel_find(const struct dataset_survey *surveys, const size_t *columns,
                           size_t count, double *sentinel, size_t *where);
/* Whether the sentinel lies outside the other values of this column, so that it cannot be meant. */
bool dataset_sentinel_applies(const struct dataset_survey *survey, double sentinel);

#endif
