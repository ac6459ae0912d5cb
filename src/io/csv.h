#ifndef IO_CSV_H
#define IO_CSV_H

#include "io/dataset_cell.h"

/* Splits delimited text into rows of cells (RFC 4180, and what is found in the wild): any
 * delimiter, cells in quotes with doubled quotes and line ends inside, blanks around cells, LF,
 * CRLF or a lone CR at line ends.
 *
 * A pure function of the bytes: the caller shows a window of the file that begins at a row, and
 * moves it by row.size each time. However the windows are cut, the rows are the same. */

enum {
    CSV_ROW_BYTES_MAX = 65536, /* its line end included; a longer row is wrong */
};

enum csv_result {
    CSV_ROW,   /* cells; none for a blank line */
    CSV_WRONG, /* row.error says why; row.size passes over its first line only, so that a quote
                * that is never closed costs one row and not the file */
    CSV_MORE,  /* the window ends within a row; show CSV_ROW_BYTES_MAX bytes or the end of the
                * file and no row can be too long to be seen */
    CSV_END,
};

struct csv {
    char delimiter;
    char line_end; /* '\n' (a CR before it is dropped) or '\r' */
    bool skipping; /* within a line that was too long */
    char *scratch; /* CSV_ROW_BYTES_MAX bytes of the caller's, for cells with doubled quotes */
};

struct csv_window {
    struct span bytes;
    bool last; /* nothing follows */
};

struct csv_row {
    size_t size;       /* bytes to pass over, line end included */
    size_t lines;      /* line ends among them */
    size_t cell_count; /* may exceed the capacity; cells beyond it are not kept */
    const char *error;
    size_t error_at; /* bytes behind the first of the row */
};

/* The cells' texts point into the window or the scratch memory and live until the next call. */
enum csv_result csv_next(struct csv *csv, struct csv_window window, struct dataset_cell *cells,
                         size_t capacity, struct csv_row *row);

#endif
