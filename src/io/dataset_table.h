#ifndef IO_DATASET_TABLE_H
#define IO_DATASET_TABLE_H

#include "io/csv_dialect.h"
#include "io/dataset_json.h"

#include "base/table.h"

/* A file of readings as a table, whatever it is written in: columns with names, and rows of cells
 * in the order of the columns. The form is told from the head of the file.
 *
 * The columns of CSV stand in its header; those of JSON are the paths found while
 * DATASET_TABLE_LEARN, and paths that turn up later are passed over. A row shorter than the header
 * by empty cells, or longer by them, is a row; any other count of cells is wrong. */

enum {
    DATASET_TABLE_COLUMNS_MAX = CSV_DIALECT_COLUMNS_MAX,
    DATASET_TABLE_HEAD_BYTES = 262144,  /* what is looked at to tell the form */
    DATASET_TABLE_WINDOW_BYTES = 65536, /* a window of this size always holds a whole row */
};

struct dataset_column {
    char *name;
    bool in_array; /* a JSON path through an array: only taken when it is asked for */
};

struct dataset_table {
    enum { DATASET_TABLE_CSV, DATASET_TABLE_JSON } format;
    enum { DATASET_TABLE_LEARN, DATASET_TABLE_KNOW } mode;
    struct csv_dialect dialect;
    struct csv csv;
    struct dataset_json json;
    struct dataset_column *columns;
    size_t column_count;
    struct table by_name;
    struct dataset_cell *cells;
    char *scratch;
    char *patched;           /* JSON: the last element that held a NaN, without it; or NULL */
    size_t start;            /* bytes of the file before the first row or header */
    size_t start_line_bytes; /* of its line before that */
    uint64_t line;           /* of the next row, from 1 */
    size_t line_bytes;       /* of that line before the next row */
    size_t expected;         /* JSON: the column of the next value, when rows are alike */
    bool header_due;         /* CSV: the next row is the header */
    bool full;               /* JSON has more paths than columns fit */
};

struct dataset_table_row {
    size_t size;       /* bytes to pass over */
    uint64_t line;     /* where it begins, from 1 */
    size_t line_bytes; /* of its first line before it */
    const char *error; /* of a wrong row */
    size_t error_at;   /* bytes behind its first */
    size_t cell_count; /* in a wrong row of CSV: how many it has; else that of the columns */
};

enum dataset_table_result {
    DATASET_TABLE_ROW,   /* table->cells; they live until the next call */
    DATASET_TABLE_SPACE, /* nothing but bytes to pass over */
    DATASET_TABLE_WRONG,
    DATASET_TABLE_MORE,
    DATASET_TABLE_END,
};

/* Tells the form from the head: the first DATASET_TABLE_HEAD_BYTES of the file or all of it.
 * Errors: ERR_NOT_FOUND (nothing in it), ERR_SYNTAX (not text that can be read; *reason says what
 * it is), ERR_SIZE (more columns than DATASET_TABLE_COLUMNS_MAX), ERR_MEMORY. */
MUST_USE enum err dataset_table_init(struct dataset_table *t, struct csv_window head,
                                     const char **reason);
void dataset_table_fini(struct dataset_table *t);
/* Back to the first row; the next window begins at t->start. */
void dataset_table_rewind(struct dataset_table *t);
enum dataset_table_result dataset_table_next(struct dataset_table *t, struct csv_window window,
                                             struct dataset_table_row *row);
/* The column of this name, exactly, or else in any case; SIZE_MAX when there is none. */
size_t dataset_table_find(const struct dataset_table *t, struct span name);

/* Where a byte of a row stands in the file: line and character, both from 1. `row_bytes` are the
 * row's bytes, `at` counts from the first of them. */
void dataset_table_position(const struct dataset_table_row *row, struct span row_bytes, size_t at,
                            uint64_t *line, uint64_t *column);

#endif
