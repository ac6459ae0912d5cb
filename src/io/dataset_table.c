#include "io/dataset_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What people hand in by mistake, by its first bytes. */
static const struct {
    const char *bytes;
    size_t size;
    const char *reason;
} not_text[] = {
    {"\xff\xfe", 2, "it is UTF-16; convert it: iconv -f UTF-16 -t UTF-8 FILE > NEWFILE"},
    {"\xfe\xff", 2, "it is UTF-16; convert it: iconv -f UTF-16 -t UTF-8 FILE > NEWFILE"},
    {"\x1f\x8b", 2, "it is compressed; unpack it first: gunzip FILE"},
    {"PK\x03\x04", 4, "it is a ZIP archive or a spreadsheet; unpack it, or save the sheet as CSV"},
    {"\xd0\xcf\x11\xe0", 4, "it is a spreadsheet; save the sheet as CSV"},
    {"PAR1", 4, "it is Parquet; export it as CSV"},
    {"SQLite format 3", 15, "it is a SQLite database; export the table as CSV"},
};

static const char *refuse(struct span head)
{
    for (size_t i = 0; i < COUNT_OF(not_text); i++)
        if (head.size >= not_text[i].size &&
            memcmp(head.bytes, not_text[i].bytes, not_text[i].size) == 0)
            return not_text[i].reason;
    size_t looked_at = head.size < 4096 ? head.size : 4096;
    const char *zero = looked_at ? memchr(head.bytes, '\0', looked_at) : NULL;
    if (!zero)
        return NULL;
    bool wide = looked_at >= 4 && (!head.bytes[0] || !head.bytes[1]) &&
                (head.bytes[0] || head.bytes[1]);
    return wide ? "it is UTF-16; convert it: iconv -f UTF-16LE -t UTF-8 FILE > NEWFILE"
                : "it is not text";
}

static bool is_json(struct span head)
{
    size_t at = head.size >= 3 && memcmp(head.bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < head.size && strchr(" \t\r\n", head.bytes[at]))
        at++;
    return at < head.size && (head.bytes[at] == '{' || head.bytes[at] == '[');
}

static enum err add_column(struct dataset_table *t, struct span name)
{
    struct dataset_column *column = &t->columns[t->column_count];
    column->name = malloc(name.size + 1);
    if (!column->name)
        return ERR_MEMORY;
    memcpy(column->name, name.bytes ? name.bytes : "", name.size);
    column->name[name.size] = '\0';
    enum err err = table_put(&t->by_name, span_of(column->name), column);
    if (err && err != ERR_EXISTS) /* of two columns with one name, the first is found by it */
        free(column->name);
    else
        t->column_count++;
    return err == ERR_EXISTS ? ERR_OK : err;
}

static enum err name_by_number(struct dataset_table *t)
{
    char name[32];
    int size = snprintf(name, sizeof name, "column%zu", t->column_count + 1);
    return add_column(t, (struct span){name, (size_t)size});
}

/* A header may begin with the sign of a remark. */
static struct span header_name(const struct dataset_table *t, size_t i)
{
    struct span name = t->cells[i].text;
    while (i == 0 && name.size && (*name.bytes == '#' || *name.bytes == ' ')) {
        name.bytes++;
        name.size--;
    }
    return name;
}

static enum err name_columns(struct dataset_table *t, struct csv_window head)
{
    struct csv_row row = {0};
    size_t at = t->dialect.table_at;
    enum err err = ERR_OK;
    while (t->dialect.has_header && row.cell_count == 0) {
        struct csv_window rest = {{head.bytes.bytes + at, head.bytes.size - at}, head.last};
        enum csv_result result = csv_next(&t->csv, rest, t->cells, DATASET_TABLE_COLUMNS_MAX, &row);
        if (result == CSV_MORE || result == CSV_END)
            return ERR_NOT_FOUND;
        at += row.size;
    }
    if (t->dialect.unnamed_first)
        err = add_column(t, (struct span){0});
    for (size_t i = 0; !err && t->column_count < t->dialect.column_count; i++)
        err = t->dialect.has_header && i < row.cell_count ? add_column(t, header_name(t, i))
                                                          : name_by_number(t);
    return err;
}

static enum err init_csv(struct dataset_table *t, struct csv_window head)
{
    enum err err = csv_dialect_detect(head, t->scratch, &t->dialect);
    if (err)
        return err;
    t->format = DATASET_TABLE_CSV;
    t->csv = (struct csv){
        .delimiter = t->dialect.delimiter,
        .line_end = t->dialect.line_end,
        .scratch = t->scratch,
    };
    t->start = t->dialect.table_at;
    return name_columns(t, head);
}

static enum err init_json(struct dataset_table *t, struct csv_window head)
{
    t->format = DATASET_TABLE_JSON;
    dataset_json_detect(&t->json, head.bytes,
                        head.last ? DATASET_JSON_WHOLE : DATASET_JSON_GOES_ON);
    t->start = t->json.start;
    return ERR_OK;
}

/* The place that the first row stands at; a byte order mark is no column of it. */
static void count_head(struct dataset_table *t, struct span head)
{
    t->dialect.remark_lines = 0;
    char line_end = t->format == DATASET_TABLE_CSV ? t->dialect.line_end : '\n';
    size_t mark = t->start >= 3 && memcmp(head.bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (size_t i = mark; i < t->start; i++) {
        bool ends = head.bytes[i] == line_end;
        t->dialect.remark_lines += ends;
        t->start_line_bytes = ends ? 0 : t->start_line_bytes + 1;
    }
}

enum err dataset_table_init(struct dataset_table *t, struct csv_window head, const char **reason)
{
    *t = (struct dataset_table){.mode = DATASET_TABLE_LEARN};
    *reason = refuse(head.bytes);
    if (*reason)
        return ERR_SYNTAX;
    if (head.bytes.size == 0)
        return ERR_NOT_FOUND;
    table_init(&t->by_name, DATASET_TABLE_COLUMNS_MAX, 0);
    t->columns = calloc(DATASET_TABLE_COLUMNS_MAX, sizeof *t->columns);
    t->cells = calloc(DATASET_TABLE_COLUMNS_MAX, sizeof *t->cells);
    t->scratch = malloc(DATASET_TABLE_WINDOW_BYTES);
    enum err err = ERR_MEMORY;
    if (t->columns && t->cells && t->scratch)
        err = is_json(head.bytes) ? init_json(t, head) : init_csv(t, head);
    if (err) {
        dataset_table_fini(t);
        return err;
    }
    count_head(t, head.bytes);
    dataset_table_rewind(t);
    return ERR_OK;
}

void dataset_table_fini(struct dataset_table *t)
{
    for (size_t i = 0; t->columns && i < t->column_count; i++)
        free(t->columns[i].name);
    free(t->columns);
    free(t->cells);
    free(t->scratch);
    free(t->patched);
    table_fini(&t->by_name);
    *t = (struct dataset_table){0};
}

void dataset_table_rewind(struct dataset_table *t)
{
    t->csv.skipping = false;
    t->header_due = t->format == DATASET_TABLE_CSV && t->dialect.has_header;
    t->line = t->dialect.remark_lines + 1;
    t->line_bytes = t->start_line_bytes;
    t->expected = 0;
    dataset_json_rewind(&t->json);
}

size_t dataset_table_find(const struct dataset_table *t, struct span name)
{
    const struct dataset_column *column = table_get(&t->by_name, name);
    if (column)
        return (size_t)(column - t->columns);
    for (size_t i = 0; i < t->column_count; i++)
        if (dataset_cell_same(span_of(t->columns[i].name), name))
            return i;
    return SIZE_MAX;
}

/* Empty cells at the end of a row may be more or fewer than the header's. */
static bool fits(struct dataset_table *t, size_t count)
{
    size_t kept = count < DATASET_TABLE_COLUMNS_MAX ? count : DATASET_TABLE_COLUMNS_MAX;
    for (size_t i = t->column_count; i < kept; i++)
        if (t->cells[i].text.size)
            return false;
    return count >= t->column_count && kept == count;
}

static bool is_empty_row(const struct dataset_table *t, size_t count)
{
    size_t kept = count < DATASET_TABLE_COLUMNS_MAX ? count : DATASET_TABLE_COLUMNS_MAX;
    for (size_t i = 0; i < kept; i++)
        if (t->cells[i].text.size)
            return false;
    return true;
}

static enum dataset_table_result next_csv(struct dataset_table *t, struct csv_window window,
                                          struct dataset_table_row *row, size_t *lines)
{
    struct csv_row found;
    enum csv_result result = csv_next(&t->csv, window, t->cells, DATASET_TABLE_COLUMNS_MAX, &found);
    if (result == CSV_MORE)
        return DATASET_TABLE_MORE;
    if (result == CSV_END)
        return DATASET_TABLE_END;
    row->size = found.size;
    row->cell_count = found.cell_count;
    *lines = found.lines;
    if (result == CSV_WRONG) {
        row->error = found.error;
        row->error_at = found.error_at;
        return DATASET_TABLE_WRONG;
    }
    if (is_empty_row(t, found.cell_count))
        return DATASET_TABLE_SPACE;
    if (t->header_due) {
        t->header_due = false;
        return DATASET_TABLE_SPACE;
    }
    if (!fits(t, found.cell_count)) {
        size_t last = found.cell_count < t->column_count ? found.cell_count - 1 : t->column_count;
        row->error_at = t->cells[last < DATASET_TABLE_COLUMNS_MAX ? last : 0].at;
        return DATASET_TABLE_WRONG;
    }
    row->cell_count = t->column_count;
    return DATASET_TABLE_ROW;
}

static bool goes_through_array(struct span path)
{
    for (size_t i = 0; i < path.size; i++) {
        bool first = i == 0 || path.bytes[i - 1] == '.';
        size_t end = i;
        while (first && end < path.size && path.bytes[end] >= '0' && path.bytes[end] <= '9')
            end++;
        if (end > i && (end == path.size || path.bytes[end] == '.'))
            return true;
    }
    return false;
}

static void on_value(void *context, struct span path, const struct dataset_cell *cell)
{
    struct dataset_table *t = context;
    size_t i = t->expected;
    if (i >= t->column_count || !span_is(path, t->columns[i].name)) {
        const struct dataset_column *column = table_get(&t->by_name, path);
        if (!column && t->mode == DATASET_TABLE_LEARN) {
            t->full |= t->column_count == DATASET_TABLE_COLUMNS_MAX;
            if (t->full || add_column(t, path) != ERR_OK)
                return;
            column = &t->columns[t->column_count - 1];
            t->columns[t->column_count - 1].in_array = goes_through_array(path);
        }
        if (!column)
            return;
        i = (size_t)(column - t->columns);
    }
    t->cells[i] = *cell;
    t->expected = i + 1;
}

static bool visit(struct dataset_table *t, struct span text, struct dataset_table_row *row)
{
    for (size_t i = 0; i < t->column_count; i++)
        t->cells[i].kind = DATASET_CELL_ABSENT;
    t->expected = 0;
    struct dataset_json_visitor visitor = {t, on_value, t->scratch};
    return dataset_json_visit(text, &visitor, &row->error, &row->error_at);
}

/* An element that is no JSON because of a bare NaN is tried once more without it. */
static bool visit_element(struct dataset_table *t, struct span text, struct dataset_table_row *row)
{
    if (visit(t, text, row))
        return true;
    if (text.size - row->error_at < 3 || memcmp(text.bytes + row->error_at, "NaN", 3) != 0)
        return false;
    if (!t->patched)
        t->patched = malloc(DATASET_JSON_ELEMENT_BYTES_MAX / 3 * 4 + 4);
    size_t size = t->patched ? dataset_json_replace_nan(text, t->patched) : 0;
    return size && visit(t, (struct span){t->patched, size}, row);
}

static enum dataset_table_result next_json(struct dataset_table *t, struct csv_window window,
                                           struct dataset_table_row *row)
{
    struct dataset_json_element element;
    enum dataset_json_result result = dataset_json_next(&t->json, window.bytes,
                                                        window.last ? DATASET_JSON_WHOLE
                                                                    : DATASET_JSON_GOES_ON,
                                                        &element);
    row->size = element.size;
    row->error = element.error;
    switch (result) {
    case DATASET_JSON_MORE:
        return DATASET_TABLE_MORE;
    case DATASET_JSON_END:
        return DATASET_TABLE_END;
    case DATASET_JSON_SPACE:
        return DATASET_TABLE_SPACE;
    case DATASET_JSON_WRONG:
        return DATASET_TABLE_WRONG;
    default:
        break;
    }
    if (!visit_element(t, element.text, row))
        return DATASET_TABLE_WRONG;
    row->cell_count = t->column_count;
    return DATASET_TABLE_ROW;
}

/* Moves the position behind the row's bytes. */
static void pass(struct dataset_table *t, struct span bytes, size_t lines)
{
    char line_end = t->format == DATASET_TABLE_CSV ? t->dialect.line_end : '\n';
    if (t->format == DATASET_TABLE_JSON)
        for (size_t i = 0; i < bytes.size; i++)
            lines += bytes.bytes[i] == line_end;
    t->line += lines;
    t->line_bytes = lines ? 0 : t->line_bytes + bytes.size;
    if (!lines || t->format == DATASET_TABLE_CSV)
        return; /* a row of CSV ends with its line */
    for (size_t i = bytes.size; bytes.bytes[i - 1] != line_end; i--)
        t->line_bytes++;
}

enum dataset_table_result dataset_table_next(struct dataset_table *t, struct csv_window window,
                                             struct dataset_table_row *row)
{
    size_t lines = 0;
    *row = (struct dataset_table_row){.line = t->line, .line_bytes = t->line_bytes};
    enum dataset_table_result result = t->format == DATASET_TABLE_CSV
                                           ? next_csv(t, window, row, &lines)
                                           : next_json(t, window, row);
    if (result != DATASET_TABLE_MORE)
        pass(t, (struct span){window.bytes.bytes, row->size}, lines);
    return result;
}

void dataset_table_position(const struct dataset_table_row *row, struct span row_bytes, size_t at,
                            uint64_t *line, uint64_t *column)
{
    *line = row->line;
    *column = row->line_bytes + 1;
    if (at > row_bytes.size)
        at = row_bytes.size;
    for (size_t i = 0; i < at; i++) {
        unsigned char c = (unsigned char)row_bytes.bytes[i];
        if (c == '\n') {
            ++*line;
            *column = 1;
        } else if ((c & 0xc0) != 0x80) {
            ++*column;
        }
    }
}
