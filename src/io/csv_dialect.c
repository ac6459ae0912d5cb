/* Each delimiter is tried on the first rows. The right one cuts nearly all of them into the same
 * number of cells; among those that do, the one that prose and numbers use least wins: a tab before
 * `;` before `|` before the comma, which a German number or an English remark holds as well.
 *
 * Then the header. The rows below show what each column holds; a first row is a header when it has
 * words where they have numbers, and is not when it has a time where they have times. */
#include "io/csv_dialect.h"

#include "io/timestamp.h"

#include <stdlib.h>
#include <string.h>

static const char delimiters[] = {'\t', ';', '|', ','};

enum { FIT_PERCENT = 80, REMARK_LINES_MAX = 100 };

enum kind { KIND_MISSING, KIND_TEXT, KIND_NUMBER, KIND_TIME, KIND_COUNT };

/* What the first rows say of one delimiter. */
struct trial {
    char delimiter;
    size_t rows;
    size_t wrong; /* rows that are none with this delimiter */
    size_t width; /* the most frequent number of cells */
    size_t fit;   /* rows of that width */
};

struct survey {
    struct csv_window head;
    char *scratch;
    struct dataset_cell *cells;
    char line_end;
};

/* The cells without the empty ones at the end. */
static size_t used_width(const struct dataset_cell *cells, size_t count)
{
    while (count > 0 && cells[count - 1].text.size == 0)
        count--;
    return count;
}

/* The next row at or behind *at in which anything stands; *at moves behind it. Adds to *wrong what
 * was passed over because it is no row. */
static bool next_row_counting(const struct survey *s, char delimiter, size_t *at,
                              struct csv_row *row, size_t *wrong)
{
    struct csv csv = {.delimiter = delimiter, .line_end = s->line_end, .scratch = s->scratch};
    for (;;) {
        struct csv_window rest = {
            {s->head.bytes.bytes + *at, s->head.bytes.size - *at},
            s->head.last,
        };
        enum csv_result result = csv_next(&csv, rest, s->cells, CSV_DIALECT_COLUMNS_MAX, row);
        if (result == CSV_MORE || result == CSV_END)
            return false;
        *at += row->size;
        *wrong += result == CSV_WRONG;
        size_t kept = row->cell_count < CSV_DIALECT_COLUMNS_MAX ? row->cell_count
                                                                : CSV_DIALECT_COLUMNS_MAX;
        if (result == CSV_ROW && used_width(s->cells, kept) > 0)
            return true;
    }
}

static bool next_row(const struct survey *s, char delimiter, size_t *at, struct csv_row *row)
{
    size_t wrong = 0;
    return next_row_counting(s, delimiter, at, row, &wrong);
}

static struct trial try_delimiter(const struct survey *s, size_t at, char delimiter)
{
    struct trial trial = {.delimiter = delimiter};
    size_t widths[CSV_DIALECT_ROWS_MAX];
    size_t wrong = 0;
    struct csv_row row;
    while (trial.rows < CSV_DIALECT_ROWS_MAX && next_row_counting(s, delimiter, &at, &row, &wrong))
        widths[trial.rows++] = row.cell_count;
    trial.wrong = wrong;
    for (size_t i = 0; i < trial.rows; i++) {
        size_t same = 0;
        for (size_t k = 0; k < trial.rows; k++)
            same += widths[k] == widths[i];
        if (same >= trial.fit) { /* of equals the last: a row rather than a header */
            trial.fit = same;
            trial.width = widths[i];
        }
    }
    return trial;
}

static struct trial choose_delimiter(const struct survey *s, size_t at)
{
    struct trial best = {.delimiter = ','};
    for (size_t i = 0; i < sizeof delimiters; i++) {
        struct trial trial = try_delimiter(s, at, delimiters[i]);
        size_t lines = trial.rows + trial.wrong;
        if (trial.width >= 2 && trial.fit * 100 >= lines * FIT_PERCENT)
            return trial;
        bool better = trial.width >= 2 &&
                      (best.width < 2 || trial.fit * (best.rows + best.wrong) > best.fit * lines);
        if (better)
            best = trial;
    }
    return best.width >= 2 ? best : try_delimiter(s, at, ',');
}

static enum kind kind_of(const struct dataset_cell *cell)
{
    double number;
    bool truth;
    struct timestamp time;
    if (dataset_cell_is_missing(cell))
        return KIND_MISSING;
    if (dataset_cell_number(cell, DATASET_CELL_DOT, &number) ||
        dataset_cell_number(cell, DATASET_CELL_COMMA, &number) || dataset_cell_truth(cell, &truth))
        return KIND_NUMBER;
    return timestamp_parse(cell->text, TIMESTAMP_EITHER, &time) ? KIND_TIME : KIND_TEXT;
}

/* How often the rows of the usual width, behind *at, hold what in each column; returns how many of
 * their columns are in use. */
static size_t count_kinds(const struct survey *s, const struct trial *trial, size_t at,
                          size_t (*counts)[KIND_COUNT])
{
    size_t used = 0;
    struct csv_row row;
    memset(counts, 0, CSV_DIALECT_COLUMNS_MAX * sizeof *counts);
    for (size_t i = 0; i < CSV_DIALECT_ROWS_MAX && next_row(s, trial->delimiter, &at, &row); i++) {
        if (row.cell_count != trial->width)
            continue;
        for (size_t k = 0; k < row.cell_count; k++)
            counts[k][kind_of(&s->cells[k])]++;
        size_t width = used_width(s->cells, row.cell_count);
        used = width > used ? width : used;
    }
    return used;
}

static enum kind usual_kind(const size_t counts[KIND_COUNT])
{
    enum kind usual = KIND_TEXT;
    for (enum kind kind = KIND_NUMBER; kind < KIND_COUNT; kind++)
        if (counts[kind] > counts[usual])
            usual = kind;
    return counts[usual] ? usual : KIND_MISSING;
}

/* Whether these cells name the columns: `counts` tells what the rows below hold. */
static bool is_header(const struct dataset_cell *cells, size_t count, size_t (*counts)[KIND_COUNT])
{
    size_t words = 0;
    size_t values = 0;
    size_t below = 0;
    size_t words_below = 0;
    for (size_t i = 0; i < count; i++) {
        enum kind kind = kind_of(&cells[i]);
        enum kind usual = usual_kind(counts[i]);
        if (kind == KIND_TIME)
            return false;
        if (usual == KIND_TIME && kind == KIND_TEXT)
            return true;
        below += usual != KIND_MISSING;
        words_below += usual == KIND_TEXT;
        words += kind == KIND_TEXT && (usual == KIND_NUMBER || usual == KIND_MISSING);
        values += kind == KIND_NUMBER;
    }
    if (words_below == below) /* no readings either way: whoever is told so knows the names */
        return values == 0;
    return words > values;
}

/* Whether the next row names all columns of the table. */
static bool full_header_follows(const struct survey *s, const struct trial *trial, size_t at,
                                size_t (*counts)[KIND_COUNT])
{
    struct csv_row row;
    size_t behind = at;
    if (!next_row(s, trial->delimiter, &behind, &row) || row.cell_count != trial->width)
        return false;
    count_kinds(s, trial, behind, counts);
    return next_row(s, trial->delimiter, &at, &row) && is_header(s->cells, row.cell_count, counts);
}

/* The table's first row: the first whose width is that of the others, or that names all columns
 * but an unnamed first one, or all but empty last ones. What stands before it are remarks. */
static bool find_table(const struct survey *s, const struct trial *trial, struct csv_dialect *d,
                       size_t (*counts)[KIND_COUNT])
{
    size_t at = d->table_at;
    struct csv_row row;
    for (size_t i = 0; i < REMARK_LINES_MAX; i++) {
        size_t begin = at;
        size_t behind = at;
        if (!next_row(s, trial->delimiter, &behind, &row))
            return false;
        bool one_short = row.cell_count + 1 == trial->width &&
                         !full_header_follows(s, trial, behind, counts);
        size_t used = count_kinds(s, trial, behind, counts);
        if (!next_row(s, trial->delimiter, &at, &row)) /* the cells are this row's again */
            return false;
        size_t names = used_width(s->cells, row.cell_count);
        one_short = one_short && used == trial->width;
        bool fits = row.cell_count == trial->width || (used > 0 && names == used);
        if (!fits && !one_short)
            continue;
        d->table_at = begin;
        d->has_header = is_header(s->cells, names, counts + one_short);
        d->unnamed_first = d->has_header && one_short;
        d->column_count = used > names + one_short ? used : names + one_short;
        return true;
    }
    return false;
}

static void find_line_end(struct survey *s)
{
    const struct span *head = &s->head.bytes;
    bool lone = !memchr(head->bytes, '\n', head->size) && memchr(head->bytes, '\r', head->size);
    s->line_end = lone ? '\r' : '\n';
}

static enum err detect(const struct survey *s, struct csv_dialect *d, size_t (*counts)[KIND_COUNT])
{
    struct trial trial = choose_delimiter(s, d->table_at);
    if (trial.rows == 0)
        return ERR_NOT_FOUND;
    if (trial.width > CSV_DIALECT_COLUMNS_MAX)
        return ERR_SIZE;
    d->delimiter = trial.delimiter;
    d->line_end = s->line_end;
    if (!find_table(s, &trial, d, counts))
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < d->table_at; i++)
        d->remark_lines += s->head.bytes.bytes[i] == s->line_end;
    return ERR_OK;
}

enum err csv_dialect_detect(struct csv_window head, char *scratch, struct csv_dialect *dialect)
{
    *dialect = (struct csv_dialect){0};
    if (head.bytes.size >= 3 && memcmp(head.bytes.bytes, "\xef\xbb\xbf", 3) == 0)
        dialect->table_at = 3;
    if (head.bytes.size == dialect->table_at)
        return ERR_NOT_FOUND;
    struct survey s = {.head = head, .scratch = scratch};
    size_t(*counts)[KIND_COUNT] = calloc(CSV_DIALECT_COLUMNS_MAX, sizeof *counts);
    s.cells = calloc(CSV_DIALECT_COLUMNS_MAX, sizeof *s.cells);
    find_line_end(&s);
    enum err err = counts && s.cells ? detect(&s, dialect, counts) : ERR_MEMORY;
    free(counts);
    free(s.cells);
    return err;
}
