/* Two passes over the rows. The first only counts what the columns hold, until enough was seen;
 * then the plan is made. The second turns each row into readings: the filters of --where look at it
 * first, then the time is read, then the values that the plan picked. A value that cannot be read
 * makes the whole row wrong, and the row is named by file, line and character; a value that is
 * missing is just not there. */
#include "io/dataset.h"

#include "io/source.h"
#include "io/units.h"

#include "base/number.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct filter {
    size_t column;
    struct span value;
    double number;
    bool is_number;
    enum dataset_cell_point point;
};

struct dataset {
    struct dataset_table table;
    struct dataset_survey *surveys; /* of DATASET_TABLE_COLUMNS_MAX; freed when settled */
    struct dataset_plan plan;
    struct filter *filters;
    size_t filter_count;
    char *filter_texts; /* what the filters' values point to */
    char *missing;      /* declared, or NULL */
    double missing_number;
    bool missing_is_number;
    struct reading *readings;
    struct dataset_name dynamic; /* the property that a row names itself */
    char *name;
    size_t looked_rows;
    size_t looked_wrong;
    size_t looked_bytes;
    size_t look_again_bytes; /* when to ask next whether enough was seen */
    char text[DATASET_TEXT_BYTES];
};

static enum err refuse(struct buf *message, enum err err, const char *reason)
{
    static const char *const texts[ERR_COUNT_] = {
        [ERR_NOT_FOUND] = "it holds no rows",
        [ERR_SIZE] = "it has more than 1024 columns",
        [ERR_MEMORY] = "out of memory",
    };
    buf_text(message, reason ? reason : texts[err]);
    return err;
}

enum err dataset_new(struct dataset **dataset, const struct dataset_options *options,
                     struct csv_window head, struct buf *message)
{
    const char *reason = NULL;
    struct dataset *d = calloc(1, sizeof *d);
    enum err err = ERR_MEMORY;
    *dataset = NULL;
    if (!d)
        return refuse(message, err, NULL);
    d->name = strdup(options->name);
    d->surveys = calloc(DATASET_TABLE_COLUMNS_MAX, sizeof *d->surveys);
    if (d->name && d->surveys)
        err = dataset_table_init(&d->table, head, &reason);
    if (err) {
        dataset_free(d);
        return refuse(message, err, reason);
    }
    *dataset = d;
    return ERR_OK;
}

void dataset_free(struct dataset *d)
{
    if (!d)
        return;
    dataset_table_fini(&d->table);
    dataset_plan_fini(&d->plan);
    free(d->surveys);
    free(d->filters);
    free(d->filter_texts);
    free(d->missing);
    free(d->readings);
    free(d->name);
    free(d);
}

size_t dataset_start(const struct dataset *d)
{
    return d->table.start;
}

void dataset_rewind(struct dataset *d)
{
    dataset_table_rewind(&d->table);
    d->plan.time.has_last = false;
    d->plan.time.days_ms = 0;
}

bool dataset_has_time(const struct dataset *d)
{
    return d->plan.time.kind != DATASET_TIME_NONE;
}

static enum dataset_survey_delimiter comma(const struct dataset *d)
{
    bool delimits = d->table.format == DATASET_TABLE_CSV && d->table.dialect.delimiter == ',';
    return delimits ? DATASET_SURVEY_COMMA_DELIMITS : DATASET_SURVEY_COMMA_IS_FREE;
}

/* More is looked at while every date so far could be read in two ways. */
static bool is_enough(struct dataset *d)
{
    struct dataset_time time;
    if (d->looked_bytes < DATASET_LOOK_BYTES)
        return false;
    if (d->looked_bytes >= DATASET_LOOK_DATES_BYTES)
        return true;
    if (d->looked_bytes < d->look_again_bytes) /* choosing costs more than a row */
        return false;
    d->look_again_bytes += DATASET_LOOK_BYTES / 4;
    dataset_time_choose(&time, &d->table, d->surveys, comma(d));
    return !dataset_time_is_open(&time, d->surveys);
}

enum dataset_result dataset_look(struct dataset *d, struct csv_window window, size_t *used)
{
    struct dataset_table_row row;
    enum dataset_table_result result = dataset_table_next(&d->table, window, &row);
    *used = row.size;
    d->looked_bytes += row.size;
    switch (result) {
    case DATASET_TABLE_MORE:
        return DATASET_MORE;
    case DATASET_TABLE_END:
        return DATASET_END;
    case DATASET_TABLE_ROW:
        d->looked_rows++;
        for (size_t i = 0; i < row.cell_count; i++)
            dataset_survey_add(&d->surveys[i], &d->table.cells[i]);
        break;
    case DATASET_TABLE_WRONG:
        d->looked_wrong++;
        break;
    default:
        break;
    }
    return is_enough(d) ? DATASET_ENOUGH : DATASET_SKIP;
}

static enum err refuse_filter(const struct dataset *d, const struct source_filter *filter,
                              struct buf *message)
{
    buf_text(message, "--where ");
    text_escape(message, span_of(filter->column), 60);
    buf_text(message, ": there is no such column; there are: ");
    for (size_t i = 0; i < d->table.column_count && i < 24; i++) {
        struct span name = span_of(d->table.columns[i].name);
        buf_text(message, i ? ", " : "");
        text_escape(message, name.size > 0 ? name : SPAN("(unnamed)"), 60);
    }
    return ERR_SYNTAX;
}

static void parse_filter(const struct dataset *d, struct filter *f, struct span value)
{
    struct dataset_cell cell = {.kind = DATASET_CELL_TEXT, .text = value};
    f->value = value;
    f->point = dataset_survey_point(&d->surveys[f->column], comma(d));
    f->is_number = dataset_cell_number(&cell, DATASET_CELL_DOT, &f->number) ||
                   dataset_cell_number(&cell, f->point, &f->number);
}

static enum err take_filters(struct dataset *d, const struct dataset_options *options,
                             struct buf *message)
{
    size_t bytes = 1;
    for (size_t i = 0; i < options->filter_count; i++)
        bytes += strlen(options->filters[i].value) + 1;
    d->filter_texts = malloc(bytes);
    d->filters = calloc(options->filter_count + 1, sizeof *d->filters);
    if (!d->filter_texts || !d->filters)
        return ERR_MEMORY;
    char *text = d->filter_texts;
    for (size_t i = 0; i < options->filter_count; i++) {
        struct filter *f = &d->filters[d->filter_count];
        struct span value = span_of(options->filters[i].value);
        f->column = dataset_table_find(&d->table, span_of(options->filters[i].column));
        if (f->column == SIZE_MAX)
            return refuse_filter(d, &options->filters[i], message);
        memcpy(text, value.bytes, value.size);
        parse_filter(d, f, (struct span){text, value.size});
        text += value.size;
        d->filter_count++;
    }
    return ERR_OK;
}

static enum err take_missing(struct dataset *d, const char *missing)
{
    if (!missing)
        return ERR_OK;
    d->missing = strdup(missing);
    if (!d->missing)
        return ERR_MEMORY;
    struct dataset_cell cell = {.kind = DATASET_CELL_TEXT, .text = span_of(d->missing)};
    d->missing_is_number = dataset_cell_number(&cell, DATASET_CELL_DOT, &d->missing_number);
    return ERR_OK;
}

enum err dataset_settle(struct dataset *d, const struct dataset_options *options,
                        struct buf *message)
{
    if (d->looked_rows == 0 && d->table.format == DATASET_TABLE_JSON && d->looked_wrong)
        return refuse(message, ERR_SYNTAX, "it holds no JSON object that can be read");
    if (d->looked_rows == 0)
        return refuse(message, ERR_NOT_FOUND,
                      d->table.column_count ? "it holds a header and no rows" : NULL);
    enum err err = dataset_plan_init(&d->plan, &d->table, d->surveys, options, message);
    if (!err)
        err = take_filters(d, options, message);
    if (!err)
        err = take_missing(d, options->missing);
    if (err)
        return err;
    d->readings = calloc(d->plan.pick_count, sizeof *d->readings);
    if (!d->readings)
        return ERR_MEMORY;
    free(d->surveys);
    d->surveys = NULL;
    d->table.mode = DATASET_TABLE_KNOW;
    dataset_rewind(d);
    return ERR_OK;
}

static bool same(double a, double b)
{
    return a >= b && a <= b;
}

/* As numbers when both are, else as texts; TRUE is true. */
static bool passes(const struct filter *f, const struct dataset_cell *cell)
{
    double number;
    bool truth;
    if (f->is_number && dataset_cell_number(cell, f->point, &number))
        return same(number, f->number);
    if (cell->kind == DATASET_CELL_ABSENT || cell->kind == DATASET_CELL_NULL)
        return f->value.size == 0;
    if (dataset_cell_truth(cell, &truth))
        return dataset_cell_same(cell->text, f->value);
    return span_equal(cell->text, f->value);
}

static bool is_wanted(const struct dataset *d)
{
    for (size_t i = 0; i < d->filter_count; i++)
        if (!passes(&d->filters[i], &d->table.cells[d->filters[i].column]))
            return false;
    return true;
}

static bool is_declared_missing(const struct dataset *d, const struct dataset_cell *cell,
                                double number, const struct dataset_pick *pick)
{
    if (d->missing && span_is(cell->text, d->missing))
        return true;
    if (d->missing_is_number && same(number, d->missing_number))
        return true;
    return pick->sentinel && same(number, d->plan.sentinel);
}

enum cell_result { CELL_READ, CELL_MISSING, CELL_WRONG };

static enum cell_result read_cell(const struct dataset *d, const struct dataset_pick *pick,
                                  struct value *value)
{
    const struct dataset_cell *cell = &d->table.cells[pick->column];
    double number;
    bool truth;
    if (dataset_cell_is_missing(cell))
        return CELL_MISSING;
    if (dataset_cell_number(cell, pick->point, &number)) {
        if (is_declared_missing(d, cell, number, pick))
            return CELL_MISSING;
        *value = pick->truth ? value_bool(!same(number, 0)) : value_number(number);
        return CELL_READ;
    }
    if (d->missing && span_is(cell->text, d->missing))
        return CELL_MISSING;
    if (!dataset_cell_truth(cell, &truth) || (cell->kind == DATASET_CELL_TEXT && !pick->truth))
        return CELL_WRONG;
    *value = value_bool(truth);
    return CELL_READ;
}

/* "FILE:17:3: " */
static struct buf begin_wrong(struct dataset *d, const struct dataset_table_row *row,
                              struct span bytes, size_t at)
{
    struct buf b;
    uint64_t line;
    uint64_t column;
    dataset_table_position(row, bytes, at, &line, &column);
    buf_init(&b, d->text, sizeof d->text - 1);
    text_escape(&b, span_of(d->name), 200);
    buf_char(&b, ':');
    buf_u64(&b, line);
    buf_char(&b, ':');
    buf_u64(&b, column);
    buf_text(&b, ": ");
    return b;
}

static enum dataset_result end_wrong(struct dataset *d, struct buf *b, struct dataset_row *out)
{
    buf_text(b, "; row skipped");
    d->text[b->size] = '\0';
    out->text = d->text;
    return DATASET_WRONG;
}

static enum dataset_result wrong_row(struct dataset *d, const struct dataset_table_row *row,
                                     struct span bytes, struct dataset_row *out)
{
    struct buf b = begin_wrong(d, row, bytes, row->error_at);
    if (row->error) {
        buf_text(&b, row->error);
    } else {
        buf_u64(&b, row->cell_count);
        buf_text(&b, row->cell_count == 1 ? " cell where there are " : " cells where there are ");
        buf_u64(&b, d->table.column_count);
        buf_text(&b, d->table.column_count == 1 ? " column" : " columns");
    }
    return end_wrong(d, &b, out);
}

static enum dataset_result wrong_cell(struct dataset *d, const struct dataset_table_row *row,
                                      struct span bytes, size_t column, const char *what,
                                      struct dataset_row *out)
{
    const struct dataset_cell *cell = &d->table.cells[column];
    struct buf b = begin_wrong(d, row, bytes, cell->at);
    buf_char(&b, '"');
    text_escape(&b, cell->text, 40);
    buf_text(&b, "\" in column \"");
    text_escape(&b, span_of(d->table.columns[column].name), 60);
    buf_text(&b, "\" is no ");
    buf_text(&b, what);
    return end_wrong(d, &b, out);
}

static struct span text_of(const struct dataset *d, size_t column)
{
    const struct dataset_cell *cell = &d->table.cells[column];
    return cell->kind == DATASET_CELL_TEXT ? cell->text : (struct span){0};
}

/* The property that this row names, and its unit; false when it names none. */
static bool name_reading(struct dataset *d, struct reading *reading)
{
    if (!dataset_names_property(text_of(d, d->plan.type_column), &d->dynamic))
        return false;
    reading->type = span_of(d->dynamic.type);
    reading->unit = (struct span){0};
    if (d->plan.unit_column != SIZE_MAX)
        reading->unit = text_of(d, d->plan.unit_column);
    if (reading->unit.size == 0 || reading->unit.size > LIMIT_UNIT)
        reading->unit = units_of_type(reading->type);
    else
        reading->unit = dataset_names_unit(reading->type, reading->unit);
    return true;
}

static void add_reading(struct dataset *d, const struct dataset_pick *pick, struct value value,
                        struct dataset_row *out)
{
    struct reading *reading = &d->readings[out->count];
    *reading = (struct reading){
        .type = span_of(pick->type),
        .value = value,
        .unit = span_of(pick->unit),
    };
    if (out->has_time && dataset_time_is_absolute(&d->plan.time) && out->ms > 0)
        reading->source_ts_ms = (uint64_t)out->ms;
    if (d->plan.type_column == SIZE_MAX || name_reading(d, reading))
        out->count++;
}

static enum dataset_result read_row(struct dataset *d, const struct dataset_table_row *row,
                                    struct span bytes, struct dataset_row *out)
{
    size_t column = 0;
    if (!is_wanted(d))
        return DATASET_SKIP;
    switch (dataset_time_of(&d->plan.time, d->table.cells, &out->ms, &column)) {
    case DATASET_TIME_WRONG:
        return wrong_cell(d, row, bytes, column, "time", out);
    case DATASET_TIME_READ:
        out->has_time = true;
        break;
    case DATASET_TIME_MISSING:
        break;
    }
    for (size_t i = 0; i < d->plan.pick_count; i++) {
        const struct dataset_pick *pick = &d->plan.picks[i];
        struct value value;
        enum cell_result result = read_cell(d, pick, &value);
        if (result == CELL_WRONG)
            return wrong_cell(d, row, bytes, pick->column, "number", out);
        if (result == CELL_READ)
            add_reading(d, pick, value, out);
    }
    out->readings = d->readings;
    return out->count ? DATASET_ROW : DATASET_SKIP;
}

enum dataset_result dataset_next(struct dataset *d, struct csv_window window, size_t *used,
                                 struct dataset_row *out)
{
    struct dataset_table_row row;
    enum dataset_table_result result = dataset_table_next(&d->table, window, &row);
    struct span bytes = {window.bytes.bytes, row.size};
    *used = row.size;
    *out = (struct dataset_row){0};
    switch (result) {
    case DATASET_TABLE_MORE:
        return DATASET_MORE;
    case DATASET_TABLE_END:
        return DATASET_END;
    case DATASET_TABLE_WRONG:
        return wrong_row(d, &row, bytes, out);
    case DATASET_TABLE_ROW:
        return read_row(d, &row, bytes, out);
    default:
        return DATASET_SKIP;
    }
}
