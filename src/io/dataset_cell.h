#ifndef IO_DATASET_CELL_H
#define IO_DATASET_CELL_H

#include "base/span.h"

/* One value of one row, as the file writes it, and what it can be read as. */

enum dataset_cell_kind {
    DATASET_CELL_ABSENT, /* the row does not have this column */
    DATASET_CELL_TEXT,   /* a cell of CSV, a string of JSON */
    DATASET_CELL_NUMBER, /* JSON */
    DATASET_CELL_TRUE,   /* JSON */
    DATASET_CELL_FALSE,  /* JSON */
    DATASET_CELL_NULL,   /* JSON */
};

struct dataset_cell {
    enum dataset_cell_kind kind;
    struct span text; /* trimmed, unquoted, unescaped; a JSON number as it is written */
    size_t at;        /* where it begins, in bytes behind the first of its row */
    double number;    /* DATASET_CELL_NUMBER */
};

/* What stands between a number's whole part and its fraction. */
enum dataset_cell_point {
    DATASET_CELL_DOT,   /* 1013.25, also 1,013.25 */
    DATASET_CELL_COMMA, /* 1013,25, also 1.013,25 */
};

/* No value: absent, null, empty, or a word that says so (NA, N/A, NaN, null, none, nil, missing, a
 * lone - or ?), in any case. */
bool dataset_cell_is_missing(const struct dataset_cell *cell);
/* A finite number: sign, leading or trailing point and exponent are taken, groups of three digits
 * only when written with the other sign. */
bool dataset_cell_number(const struct dataset_cell *cell, enum dataset_cell_point point,
                         double *number);
/* true, false, yes, no, on, off in any case. */
bool dataset_cell_truth(const struct dataset_cell *cell, bool *truth);
/* Whether the two texts are the same in any ASCII case. */
bool dataset_cell_same(struct span a, struct span b);

#endif
