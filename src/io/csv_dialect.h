#ifndef IO_CSV_DIALECT_H
#define IO_CSV_DIALECT_H

#include "io/csv.h"

#include "base/err.h"

/* Tells how a file of delimited text is written, from its first bytes: which delimiter, which line
 * end, whether the first row of the table names the columns, whether the rows begin with a number
 * that the header does not name, and what stands before the table. */

struct csv_dialect {
    char delimiter;
    char line_end;
    size_t table_at;      /* bytes before the table: a byte order mark, remarks */
    size_t remark_lines;  /* lines among them */
    bool has_header;      /* the table's first row names the columns */
    size_t unnamed_first; /* 1: each row begins with a cell that the header does not name */
    size_t column_count;  /* named or used; empty ones at the end of the rows do not count */
};

enum {
    CSV_DIALECT_COLUMNS_MAX = 1024,
    CSV_DIALECT_ROWS_MAX = 200, /* looked at */
};

/* `head` is the beginning of the file. `scratch` holds CSV_ROW_BYTES_MAX bytes.
 * Errors: ERR_NOT_FOUND (no row), ERR_SIZE (too many columns), ERR_MEMORY. */
MUST_USE enum err csv_dialect_detect(struct csv_window head, char *scratch,
                                     struct csv_dialect *dialect);

#endif
