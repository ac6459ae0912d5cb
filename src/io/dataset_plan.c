#include "io/dataset_plan.h"

#include "io/dataset.h"
#include "io/dataset_sentinel.h"
#include "io/source.h"
#include "io/units.h"

#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_LISTED_MAX = 24, SUFFIX_MAX = 1000 };

struct making {
    struct dataset_plan *plan;
    const struct dataset_table *table;
    const struct dataset_survey *surveys;
    const struct dataset_options *options;
    enum dataset_survey_delimiter delimiter;
    struct buf *message;
};

static void put_escaped(struct buf *b, struct span s)
{
    text_escape(b, s, 60);
}

static void notice(const struct making *m, const char *text)
{
    if (m->options->on_notice)
        m->options->on_notice(m->options->context, text);
}

/* "FILE: " and then what is said of it. */
static void begin(const struct making *m, struct buf *b, char *memory, size_t size)
{
    buf_init(b, memory, size - 1);
    text_escape(b, span_of(m->options->name), 200);
    buf_text(b, ": ");
}

static void say(const struct making *m, struct buf *b)
{
    b->bytes[b->size] = '\0';
    notice(m, b->bytes);
}

static void list_columns(const struct making *m)
{
    struct buf *b = m->message;
    size_t shown = m->table->column_count;
    if (shown > COLUMNS_LISTED_MAX)
        shown = COLUMNS_LISTED_MAX;
    buf_text(b, "; its columns are: ");
    for (size_t i = 0; i < shown; i++) {
        struct span name = span_of(m->table->columns[i].name);
        buf_text(b, i ? ", " : "");
        put_escaped(b, name.size ? name : SPAN("(unnamed)"));
    }
    if (shown < m->table->column_count) {
        buf_text(b, " and ");
        buf_u64(b, m->table->column_count - shown);
        buf_text(b, " more");
    }
}

/* The column most worth trying: one of numbers, else one that is no time, else the first. */
static size_t example(const struct making *m)
{
    for (size_t i = 0; i < m->table->column_count; i++)
        if (m->surveys[i].values && dataset_survey_is_numeric(&m->surveys[i]) &&
            !dataset_time_uses(&m->plan->time, i) && m->table->columns[i].name[0])
            return i;
    for (size_t i = 0; i < m->table->column_count; i++)
        if (!dataset_time_uses(&m->plan->time, i) && m->table->columns[i].name[0])
            return i;
    return 0;
}

static enum err refuse_column(const struct making *m, struct span name, const char *what)
{
    buf_text(m->message, "column \"");
    put_escaped(m->message, name);
    buf_text(m->message, "\" ");
    buf_text(m->message, what);
    list_columns(m);
    if (m->table->column_count) {
        buf_text(m->message, " (for example: --column \"");
        put_escaped(m->message, span_of(m->table->columns[example(m)].name));
        buf_text(m->message, "=temperature\")");
    }
    return ERR_SYNTAX;
}

static enum err refuse_all(const struct making *m)
{
    buf_text(m->message, m->table->column_count ? "no column holds readings" : "it has no columns");
    if (!m->table->column_count)
        return ERR_SYNTAX;
    list_columns(m);
    buf_text(m->message, "; name one that holds numbers, for example: --column \"");
    put_escaped(m->message, span_of(m->table->columns[example(m)].name));
    buf_text(m->message, "=temperature\"");
    return ERR_SYNTAX;
}

static bool has_type(const struct dataset_plan *plan, const char *type)
{
    for (size_t i = 0; i < plan->pick_count; i++)
        if (strcmp(plan->picks[i].type, type) == 0)
            return true;
    return false;
}

/* temperature, temperature_2, temperature_3: a property has one value at a time. */
static void make_unique(const struct dataset_plan *plan, char type[LIMIT_NAME + 1])
{
    char base[LIMIT_NAME + 1];
    snprintf(base, sizeof base, "%.*s", LIMIT_NAME - 5, type);
    for (unsigned n = 2; n < SUFFIX_MAX && has_type(plan, type); n++)
        snprintf(type, LIMIT_NAME + 1, "%.58s_%u", base, n % SUFFIX_MAX);
}

static struct dataset_pick *add_pick(const struct making *m, size_t column)
{
    const struct dataset_survey *s = &m->surveys[column];
    struct dataset_pick *pick = &m->plan->picks[m->plan->pick_count];
    *pick = (struct dataset_pick){
        .column = column,
        .point = dataset_survey_point(s, m->delimiter),
        .truth = s->truths > s->numbers,
    };
    return pick;
}

/* Where the file names no unit: all of the column's values can only be in kelvin. */
static bool is_kelvin(const struct making *m, const struct dataset_pick *pick)
{
    const struct dataset_survey *s = &m->surveys[pick->column];
    struct span unit = span_of(pick->unit);
    return s->numbers && units_is_kelvin(unit, s->low.value) &&
           units_is_kelvin(unit, s->high.value);
}

static void say_kelvin(const struct making *m, const struct dataset_pick *pick)
{
    char memory[DATASET_TEXT_BYTES];
    struct buf b;
    struct span name = span_of(m->table->columns[pick->column].name);
    begin(m, &b, memory, sizeof memory);
    buf_text(&b, "column \"");
    put_escaped(&b, name);
    buf_text(&b, "\" says no unit and is too high for °C: taken as kelvin (else: --column ");
    put_escaped(&b, name);
    buf_text(&b, "=temperature:Cel)");
    say(m, &b);
}

/* What the column's own name says, and what is known of the property. */
static void name_pick(const struct making *m, struct dataset_pick *pick)
{
    struct dataset_name name;
    if (dataset_names_property(span_of(m->table->columns[pick->column].name), &name))
        memcpy(pick->type, name.type, sizeof pick->type);
    else
        snprintf(pick->type, sizeof pick->type, "column%zu", pick->column + 1);
    memcpy(pick->unit, name.unit, sizeof pick->unit);
}

static void unit_from_type(const struct making *m, struct dataset_pick *pick)
{
    struct span unit = units_of_type(span_of(pick->type));
    if (pick->unit[0] || pick->truth || !unit.size)
        return;
    memcpy(pick->unit, unit.bytes, unit.size);
    pick->unit[unit.size] = '\0';
    if (!is_kelvin(m, pick))
        return;
    memcpy(pick->unit, "K", sizeof "K");
    say_kelvin(m, pick);
}

/* By its name, or by the property that its name means: temperature for "Temp (°C)". */
static size_t find_asked(const struct making *m, struct span asked)
{
    size_t column = dataset_table_find(m->table, asked);
    for (size_t i = 0; i < m->table->column_count && column == SIZE_MAX; i++) {
        struct dataset_name name;
        if (dataset_names_property(span_of(m->table->columns[i].name), &name) &&
            span_is(asked, name.type))
            column = i;
    }
    return column;
}

static enum err refuse_type(const struct making *m, const struct source_column *asked)
{
    buf_text(m->message, "--column ");
    put_escaped(m->message, span_of(asked->name));
    buf_char(m->message, '=');
    put_escaped(m->message, span_of(asked->type));
    buf_text(m->message, ": a property is written with 1 to 63 of a-z 0-9 _ - (temperature)");
    return ERR_SYNTAX;
}

/* --column NAME[=TYPE[:UNIT]] */
static enum err pick_asked(const struct making *m, const struct source_column *asked)
{
    size_t i = find_asked(m, span_of(asked->name));
    if (i == SIZE_MAX)
        return refuse_column(m, span_of(asked->name), "is not there");
    if (m->surveys[i].values && !dataset_survey_is_numeric(&m->surveys[i]))
        return refuse_column(m, span_of(asked->name), "holds text, not numbers");
    struct dataset_pick *pick = add_pick(m, i);
    name_pick(m, pick);
    if (asked->type) {
        if (!dataset_names_is_type(span_of(asked->type)))
            return refuse_type(m, asked);
        snprintf(pick->type, sizeof pick->type, "%s", asked->type);
    }
    if (asked->unit) {
        if (strlen(asked->unit) > LIMIT_UNIT)
            return refuse_column(m, span_of(asked->name), "is given a unit of over 15 bytes");
        struct span unit = dataset_names_unit(span_of(pick->type), span_of(asked->unit));
        snprintf(pick->unit, sizeof pick->unit, "%.*s", (int)unit.size, unit.bytes);
    }
    unit_from_type(m, pick);
    if (has_type(m->plan, pick->type))
        return refuse_column(m, span_of(asked->name), "is the second of one property");
    m->plan->pick_count++;
    return ERR_OK;
}

/* Whole numbers that only count: up or down by the same step from row to row, in the first column
 * or from 0 or 1 on, and no property that is known. */
static bool only_counts(const struct making *m, size_t i)
{
    const struct dataset_survey *s = &m->surveys[i];
    struct dataset_name name;
    bool known = dataset_names_property(span_of(m->table->columns[i].name), &name) &&
                 units_of_type(span_of(name.type)).size > 0;
    bool from_start = s->first >= 0 && s->first <= 1 && s->step > 0;
    if (known || !dataset_survey_counts_rows(s))
        return false;
    if (i == 0)
        return from_start || s->numbers >= 3;
    return from_start && s->numbers >= 3;
}

static bool only_names(const struct making *m, size_t i)
{
    const struct dataset_survey *s = &m->surveys[i];
    struct span name = span_of(m->table->columns[i].name);
    if (s->integers != s->values)
        return false;
    return dataset_names_is_identifier(name) ||
           dataset_names_time_part(name) != DATASET_NAMES_NO_PART;
}

static bool is_reading(const struct making *m, size_t i)
{
    const struct dataset_survey *s = &m->surveys[i];
    if (s->values == 0 || !dataset_survey_is_numeric(s) || m->table->columns[i].in_array)
        return false;
    if (dataset_time_uses(&m->plan->time, i) || s->epochs * 2 > s->values)
        return false;
    return !only_names(m, i);
}

enum counting { COUNTING_LEFT_OUT, COUNTING_TAKEN };

static void pick_all(const struct making *m, enum counting counting)
{
    for (size_t i = 0; i < m->table->column_count; i++) {
        if (!is_reading(m, i) || (counting == COUNTING_LEFT_OUT && only_counts(m, i)))
            continue;
        struct dataset_pick *pick = add_pick(m, i);
        name_pick(m, pick);
        unit_from_type(m, pick);
        make_unique(m->plan, pick->type);
        m->plan->pick_count++;
    }
}

static size_t find_named(const struct making *m, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t column = dataset_table_find(m->table, span_of(names[i]));
        if (column != SIZE_MAX)
            return column;
    }
    return SIZE_MAX;
}

/* One column names the property, another holds its value. */
static bool pick_long(const struct making *m)
{
    static const char *const types[] = {"type", "property", "_field", "field", "quantity"};
    static const char *const values[] = {"value", "_value", "reading"};
    static const char *const units[] = {"unit", "units", "uom"};
    size_t type = find_named(m, types, COUNT_OF(types));
    size_t value = find_named(m, values, COUNT_OF(values));
    if (type == SIZE_MAX || value == SIZE_MAX || dataset_survey_is_numeric(&m->surveys[type]) ||
        !dataset_survey_is_numeric(&m->surveys[value]) || !m->surveys[type].values)
        return false;
    add_pick(m, value);
    m->plan->pick_count = 1;
    m->plan->type_column = type;
    m->plan->unit_column = find_named(m, units, COUNT_OF(units));
    return true;
}

static enum err pick_columns(const struct making *m)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < m->options->column_count && !err; i++)
        err = pick_asked(m, &m->options->columns[i]);
    if (err || m->options->column_count || pick_long(m))
        return err;
    pick_all(m, COUNTING_LEFT_OUT);
    if (m->plan->pick_count == 0)
        pick_all(m, COUNTING_TAKEN);
    return m->plan->pick_count ? ERR_OK : refuse_all(m);
}

static enum err find_sentinel(const struct making *m)
{
    struct dataset_plan *plan = m->plan;
    size_t *columns = calloc(plan->pick_count, sizeof *columns);
    size_t where;
    if (!columns)
        return ERR_MEMORY;
    for (size_t i = 0; i < plan->pick_count; i++)
        columns[i] = plan->picks[i].column;
    plan->has_sentinel = dataset_sentinel_find(m->surveys, columns, plan->pick_count,
                                               &plan->sentinel, &where);
    free(columns);
    if (!plan->has_sentinel)
        return ERR_OK;
    for (size_t i = 0; i < plan->pick_count; i++)
        plan->picks[i].sentinel = dataset_sentinel_applies(&m->surveys[plan->picks[i].column],
                                                           plan->sentinel);
    char memory[DATASET_TEXT_BYTES];
    char number[NUMBER_TEXT_MAX + 1];
    struct buf b;
    number[number_format(number, plan->sentinel)] = '\0';
    begin(m, &b, memory, sizeof memory);
    buf_text(&b, number);
    buf_text(&b, " is taken as \"no value\": it lies far outside the other values of ");
    buf_u64(&b, where);
    buf_text(&b, where == 1 ? " column and is repeated" : " columns and is repeated");
    say(m, &b);
    return ERR_OK;
}

static void settle_time(const struct making *m)
{
    char memory[DATASET_TEXT_BYTES];
    struct buf b;
    begin(m, &b, memory, sizeof memory);
    size_t empty = b.size;
    dataset_time_settle(&m->plan->time, m->surveys, &b);
    if (b.size > empty)
        say(m, &b);
}

static void say_dialect(const struct making *m)
{
    const struct csv_dialect *d = &m->table->dialect;
    char memory[DATASET_TEXT_BYTES];
    struct buf b;
    if (m->table->format != DATASET_TABLE_CSV)
        return;
    if (!d->has_header) {
        begin(m, &b, memory, sizeof memory);
        buf_text(&b, "no header: the column");
        buf_text(&b, m->table->column_count > 1 ? "s are called column1 to column"
                                                : " is called column");
        buf_u64(&b, m->table->column_count);
        buf_text(&b, " (--column column1=temperature gives one a name)");
        say(m, &b);
    }
    if (d->remark_lines) {
        begin(m, &b, memory, sizeof memory);
        buf_text(&b, "the table begins in line ");
        buf_u64(&b, d->remark_lines + 1);
        buf_text(&b, "; what stands before it is skipped");
        say(m, &b);
    }
}

enum err dataset_plan_init(struct dataset_plan *plan, const struct dataset_table *table,
                           const struct dataset_survey *surveys,
                           const struct dataset_options *options, struct buf *message)
{
    struct making m = {plan, table, surveys, options, DATASET_SURVEY_COMMA_IS_FREE, message};
    if (table->format == DATASET_TABLE_CSV && table->dialect.delimiter == ',')
        m.delimiter = DATASET_SURVEY_COMMA_DELIMITS;
    *plan = (struct dataset_plan){.type_column = SIZE_MAX, .unit_column = SIZE_MAX};
    plan->picks = calloc(table->column_count + options->column_count + 1, sizeof *plan->picks);
    if (!plan->picks)
        return ERR_MEMORY;
    dataset_time_choose(&plan->time, table, surveys, m.delimiter);
    enum err err = pick_columns(&m);
    if (err) {
        dataset_plan_fini(plan);
        return err;
    }
    say_dialect(&m);
    settle_time(&m);
    return options->missing ? ERR_OK : find_sentinel(&m);
}

void dataset_plan_fini(struct dataset_plan *plan)
{
    free(plan->picks);
    plan->picks = NULL;
    plan->pick_count = 0;
}
