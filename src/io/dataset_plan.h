#ifndef IO_DATASET_PLAN_H
#define IO_DATASET_PLAN_H

#include "io/dataset_names.h"
#include "io/dataset_time.h"

/* Decides, from what was seen of a file and what its user said of it, which columns become readings
 * of which property in which unit, which values mean "no value", and where the time stands.
 *
 * Without --column: every column of numbers or of true and false, but not times, row numbers and
 * the identifiers of devices. A file with a column that names the property and one that holds its
 * value ("type", "value", perhaps "unit") becomes one reading a row of the property it names. */

struct dataset_options; /* dataset.h */

struct dataset_pick {
    size_t column;
    enum dataset_cell_point point;
    bool truth;    /* true and false, not numbers */
    bool sentinel; /* the plan's sentinel means no value here */
    char type[LIMIT_NAME + 1];
    char unit[LIMIT_UNIT + 1];
};

struct dataset_plan {
    struct dataset_pick *picks;
    size_t pick_count;
    size_t type_column; /* of the property's name; SIZE_MAX: the picks have fixed types */
    size_t unit_column; /* SIZE_MAX: none */
    struct dataset_time time;
    double sentinel;
    bool has_sentinel;
};

/* Says what a person should know through options->on_notice. On failure `message` says what is
 * wrong and lists the columns there are. Errors: ERR_SYNTAX, ERR_NOT_FOUND, ERR_MEMORY. */
MUST_USE enum err dataset_plan_init(struct dataset_plan *plan, const struct dataset_table *table,
                                    const struct dataset_survey *surveys,
                                    const struct dataset_options *options, struct buf *message);
void dataset_plan_fini(struct dataset_plan *plan);

#endif
