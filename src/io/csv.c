/* One row at a time. The common row holds no quote: memchr finds its end and whether it has any,
 * then its cells lie between delimiters. A row with a quote is walked cell by cell, because a line
 * end inside quotes does not end it.
 *
 * A row that cannot be read (text behind a closing quote, a quote never closed, too long) is given
 * up at the end of its first line: the lines that a stray quote would have swallowed are rows
 * again. */
#include "io/csv.h"

#include <string.h>

static const char never_closed[] = "a quote that is never closed";

struct walk {
    const struct csv *csv;
    const char *begin;
    const char *at;
    const char *end;
    struct dataset_cell *cells;
    size_t capacity;
    struct csv_row *row;
    size_t scratch_used;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void keep(struct walk *w, const char *first, const char *last, const char *at)
{
    if (w->row->cell_count < w->capacity) {
        struct dataset_cell *cell = &w->cells[w->row->cell_count];
        cell->kind = DATASET_CELL_TEXT;
        cell->text = (struct span){first, (size_t)(last - first)};
        cell->at = (size_t)(at - w->begin);
    }
    w->row->cell_count++;
}

static void keep_plain(struct walk *w, const char *first, const char *last)
{
    while (first < last && is_blank(*first))
        first++;
    while (first < last && is_blank(last[-1]))
        last--;
    keep(w, first, last, first);
}

static const char *find(const char *from, const char *to, char wanted)
{
    return from < to ? memchr(from, wanted, (size_t)(to - from)) : NULL;
}

static void split_plain(struct walk *w, const char *line_end)
{
    const char *first = w->begin;
    for (const char *at = first; at < line_end; at++) {
        if (*at == w->csv->delimiter) {
            keep_plain(w, first, at);
            first = at + 1;
        }
    }
    keep_plain(w, first, line_end);
    if (w->row->cell_count == 1 && w->cells[0].text.size == 0)
        w->row->cell_count = 0;
}

static enum csv_result wrong(struct walk *w, const char *error, const char *at)
{
    w->row->error = error;
    w->row->error_at = (size_t)(at - w->begin);
    return CSV_WRONG;
}

/* The content between the quotes; doubled ones become one, in the scratch memory. */
static void keep_quoted(struct walk *w, const char *first, const char *last)
{
    if (!find(first, last, '"')) {
        keep(w, first, last, first - 1);
        return;
    }
    char *copy = w->csv->scratch + w->scratch_used;
    size_t size = 0;
    for (const char *at = first; at < last; at++) {
        copy[size++] = *at;
        if (*at == '"')
            at++;
    }
    w->scratch_used += size;
    keep(w, copy, copy + size, first - 1);
}

/* At an opening quote; leaves the cursor at what ends the cell. False: *result says what it is. */
static bool quoted_cell(struct walk *w, enum csv_result *result)
{
    const char *first = w->at + 1;
    const char *close = find(first, w->end, '"');
    while (close && close + 1 < w->end && close[1] == '"')
        close = find(close + 2, w->end, '"');
    if (!close) {
        *result = wrong(w, never_closed, w->at);
        return false;
    }
    const char *at = close + 1;
    while (at < w->end && is_blank(*at) && *at != w->csv->delimiter && *at != w->csv->line_end)
        at++;
    if (at < w->end && *at != w->csv->delimiter && *at != w->csv->line_end) {
        *result = wrong(w, "text behind a closing quote", at);
        return false;
    }
    keep_quoted(w, first, close);
    w->at = at;
    return true;
}

static void plain_cell(struct walk *w)
{
    const char *first = w->at;
    while (w->at < w->end && *w->at != w->csv->delimiter && *w->at != w->csv->line_end)
        w->at++;
    keep_plain(w, first, w->at);
}

/* Cell by cell to the end of the row. With the cursor at the end of the window, the row may go on
 * behind it; that is the caller's to judge. */
static enum csv_result split_quoted(struct walk *w)
{
    enum csv_result result = CSV_ROW;
    for (;;) {
        const char *at = w->at;
        while (at < w->end && is_blank(*at) && *at != w->csv->delimiter && *at != w->csv->line_end)
            at++;
        if (at < w->end && *at == '"') {
            w->at = at;
            if (!quoted_cell(w, &result))
                return result;
        } else {
            plain_cell(w);
        }
        if (w->at == w->end || *w->at == w->csv->line_end)
            return CSV_ROW;
        w->at++;
    }
}

static size_t count_lines(const char *from, const char *to, char line_end)
{
    size_t count = 0;
    while ((from = find(from, to, line_end))) {
        from++;
        count++;
    }
    return count;
}

/* Gives the row's first line up; `line_end` is NULL when it ends behind what is seen. */
static enum csv_result give_up(struct csv *csv, struct walk *w, const char *line_end)
{
    w->row->size = (size_t)((line_end ? line_end + 1 : w->end) - w->begin);
    w->row->lines = line_end ? 1 : 0;
    w->row->cell_count = 0;
    csv->skipping = !line_end;
    if (w->row->error_at >= w->row->size) /* seen behind what is given up: name where it began */
        w->row->error_at = (size_t)(w->at - w->begin) < w->row->size ? (size_t)(w->at - w->begin)
                                                                     : 0;
    return CSV_WRONG;
}

static enum csv_result skip(struct csv *csv, struct walk *w, const char *line_end)
{
    give_up(csv, w, line_end);
    return CSV_ROW;
}

enum csv_result csv_next(struct csv *csv, struct csv_window window, struct dataset_cell *cells,
                         size_t capacity, struct csv_row *row)
{
    bool clipped = window.bytes.size > CSV_ROW_BYTES_MAX;
    size_t size = clipped ? CSV_ROW_BYTES_MAX : window.bytes.size;
    bool last = window.last && !clipped;
    bool full = size == CSV_ROW_BYTES_MAX && !last;
    *row = (struct csv_row){0};
    if (size == 0)
        return window.last ? CSV_END : CSV_MORE;
    const char *begin = window.bytes.bytes;
    struct walk w = {csv, begin, begin, begin + size, cells, capacity, row, 0};
    const char *line_end = find(begin, w.end, csv->line_end);
    if (csv->skipping)
        return skip(csv, &w, line_end);

    const char *plain_end = line_end ? line_end : w.end;
    bool plain = !find(begin, plain_end, '"');
    if (plain) {
        if (line_end || last) {
            split_plain(&w, plain_end);
            w.at = plain_end;
        } else {
            w.at = w.end;
        }
    } else if (split_quoted(&w) == CSV_WRONG) {
        /* A quote may yet be closed behind the window; other mistakes stand. */
        if (row->error == never_closed && !last && !full)
            return CSV_MORE;
        return give_up(csv, &w, line_end);
    }
    if (w.at == w.end && !last) {
        if (!full)
            return CSV_MORE;
        wrong(&w, "a row of more than 65536 bytes", begin);
        return give_up(csv, &w, line_end);
    }
    row->size = (size_t)(w.at - begin) + (w.at < w.end);
    row->lines = plain ? w.at < w.end : count_lines(begin, begin + row->size, csv->line_end);
    return CSV_ROW;
}
