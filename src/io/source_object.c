#include "io/source_object.h"

#include "io/source.h"
#include "io/timestamp.h"
#include "io/units.h"

#include <stdio.h>
#include <string.h>

static bool goes_through_array(struct span path)
{
    size_t step = 0;
    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && path.bytes[i] != '.')
            continue;
        size_t digits = 0;
        while (step + digits < i && path.bytes[step + digits] >= '0' &&
               path.bytes[step + digits] <= '9')
            digits++;
        if (digits && step + digits == i)
            return true;
        step = i + 1;
    }
    return false;
}

static void on_value(void *context, struct span path, const struct dataset_cell *cell)
{
    struct source_object *o = context;
    if (o->value_count == SOURCE_DECODER_VALUES_MAX)
        return;
    struct source_object_value *value = &o->values[o->value_count++];
    memcpy(value->path, path.bytes, path.size);
    value->path[path.size] = '\0';
    value->in_array = goes_through_array(path);
    value->cell = *cell;
}

static const struct source_object_value *find(const struct source_object *o, const char *path)
{
    for (size_t i = 0; i < o->value_count; i++)
        if (strcmp(o->values[i].path, path) == 0)
            return &o->values[i];
    return NULL;
}

static bool is_reading(const struct dataset_cell *cell)
{
    return cell->kind == DATASET_CELL_NUMBER || cell->kind == DATASET_CELL_TRUE ||
           cell->kind == DATASET_CELL_FALSE;
}

static struct value value_of(const struct dataset_cell *cell)
{
    if (cell->kind == DATASET_CELL_NUMBER)
        return value_number(cell->number);
    return value_bool(cell->kind == DATASET_CELL_TRUE);
}

/* A member that says when; 0 when none does. */
static uint64_t time_of(const struct source_object *o)
{
    for (size_t i = 0; i < o->value_count; i++) {
        const struct dataset_cell *cell = &o->values[i].cell;
        struct timestamp time;
        int64_t ms = 0;
        if (o->values[i].in_array || !dataset_names_is_time(span_of(o->values[i].path)))
            continue;
        if (cell->kind == DATASET_CELL_NUMBER && timestamp_from_epoch(cell->number, &ms))
            return (uint64_t)ms;
        if (cell->kind == DATASET_CELL_TEXT &&
            timestamp_parse(cell->text, TIMESTAMP_DAY_FIRST, &time) &&
            time.kind == TIMESTAMP_MOMENT && time.ms > 0)
            return (uint64_t)time.ms;
    }
    return 0;
}

static void add(struct source_object *o, struct span type, struct value value, struct span unit,
                uint64_t ts_ms)
{
    if (unit.size == 0 && value.kind == VALUE_NUMBER)
        unit = units_of_type(type);
    o->readings[o->reading_count++] = (struct reading){
        .type = type,
        .value = value,
        .unit = unit.size <= LIMIT_UNIT ? unit : (struct span){0},
        .source_ts_ms = ts_ms,
    };
}

static const char *add_named(struct source_object *o, const struct source_object_value *type,
                             const struct source_object_value *value, uint64_t ts_ms)
{
    const struct source_object_value *unit = find(o, "unit");
    struct dataset_name *name = &o->names[0];
    if (!is_reading(&value->cell))
        return value->cell.kind == DATASET_CELL_TEXT
                   ? "\"value\" is a text; print a number without quotes"
                   : "\"value\" is no number";
    if (dataset_names_is_type(type->cell.text))
        snprintf(name->type, sizeof name->type, "%.*s", (int)type->cell.text.size,
                 type->cell.text.bytes);
    else if (!dataset_names_property(type->cell.text, name))
        return "\"type\" is no name for a property (a-z 0-9 _ -)";
    struct span said = {0};
    if (unit && unit->cell.kind == DATASET_CELL_TEXT)
        said = dataset_names_unit(span_of(name->type), unit->cell.text);
    add(o, span_of(name->type), value_of(&value->cell), said, ts_ms);
    return NULL;
}

/* The same for a value whose object only names it: a temperature that is none in °C is taken as
 * one in kelvin, as from a dataset, so that no rule mistakes it for a fire. */
static void add_member(struct source_object *o, struct span type, struct value value,
                       struct span unit, uint64_t ts_ms)
{
    bool open = unit.size == 0 && value.kind == VALUE_NUMBER;
    add(o, type, value, unit, ts_ms);
    struct reading *r = &o->readings[o->reading_count - 1];
    if (open && units_is_kelvin(r->unit, value.number))
        r->unit = SPAN("K");
}

static const char *add_columns(struct source_object *o,
                               const struct source_decoder_options *options, uint64_t ts_ms)
{
    for (size_t i = 0; i < options->column_count && i < SOURCE_DECODER_VALUES_MAX; i++) {
        const struct source_column *column = &options->columns[i];
        const struct source_object_value *value = find(o, column->name);
        struct dataset_name *name = &o->names[i];
        if (!value || !is_reading(&value->cell) ||
            !dataset_names_property(span_of(column->name), name))
            continue;
        struct span type = column->type ? span_of(column->type) : span_of(name->type);
        struct span unit = column->unit ? dataset_names_unit(type, span_of(column->unit))
                                        : span_of(name->unit);
        add_member(o, type, value_of(&value->cell), unit, ts_ms);
    }
    return o->reading_count ? NULL : "none of the columns of --column is in it as a number";
}

static const char *add_members(struct source_object *o, uint64_t ts_ms)
{
    for (size_t i = 0; i < o->value_count; i++) {
        const struct source_object_value *value = &o->values[i];
        struct span path = span_of(value->path);
        struct dataset_name *name = &o->names[i];
        if (!is_reading(&value->cell) || value->in_array || dataset_names_is_time(path) ||
            dataset_names_is_identifier(path) || !dataset_names_property(path, name))
            continue;
        add_member(o, span_of(name->type), value_of(&value->cell), span_of(name->unit), ts_ms);
    }
    return o->reading_count ? NULL
                            : "it holds no number; print {\"type\":\"temperature\",\"value\":24.5}";
}

static bool passes(const struct source_object *o, const struct source_filter *filter)
{
    const struct source_object_value *value = find(o, filter->column);
    struct dataset_cell wanted = {.kind = DATASET_CELL_TEXT, .text = span_of(filter->value)};
    double a;
    double b;
    if (!value)
        return wanted.text.size == 0;
    if (dataset_cell_number(&value->cell, DATASET_CELL_DOT, &a) &&
        dataset_cell_number(&wanted, DATASET_CELL_DOT, &b))
        return a >= b && a <= b;
    return span_equal(value->cell.text, wanted.text);
}

enum source_object_result source_object_read(struct source_object *o, struct span text,
                                             char *scratch,
                                             const struct source_decoder_options *options,
                                             const char **reason)
{
    struct dataset_json_visitor visitor = {o, on_value, scratch};
    size_t error_at;
    o->value_count = o->reading_count = 0;
    if (!dataset_json_visit(text, &visitor, reason, &error_at))
        return SOURCE_OBJECT_BAD;
    for (size_t i = 0; i < options->filter_count; i++)
        if (!passes(o, &options->filters[i]))
            return SOURCE_OBJECT_LEFT_OUT;
    const struct source_object_value *type = find(o, "type");
    const struct source_object_value *value = find(o, "value");
    uint64_t ts_ms = time_of(o);
    if (options->column_count)
        *reason = add_columns(o, options, ts_ms);
    else if (type && type->cell.kind == DATASET_CELL_TEXT && value)
        *reason = add_named(o, type, value, ts_ms);
    else
        *reason = add_members(o, ts_ms);
    return *reason ? SOURCE_OBJECT_BAD : SOURCE_OBJECT_READ;
}
