/* The files of tests/data, one dialect each, and short texts for what a file would be too much. */
#include "io/dataset.h"

#include "io/source.h"
#include "io/timestamp.h"

#include "base/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_BYTES = 32768, FLAGS_MAX = 4 };

struct example {
    const char *file;                        /* in tests/data, or NULL */
    const char *text;                        /* instead of a file */
    struct source_column columns[FLAGS_MAX]; /* --column */
    struct source_filter filters[FLAGS_MAX]; /* --where */
    const char *missing;
    const char *first;  /* the first row */
    const char *notice; /* is in what is said; NULL: nothing is said */
    const char *wrong;  /* is among the wrong rows; NULL: there are none */
    size_t rows;
};

struct outcome {
    enum err err;
    char message[2048];
    char notices[TEXT_BYTES];
    char rows[TEXT_BYTES]; /* one a line */
    char wrong[TEXT_BYTES];
    size_t row_count;
    size_t wrong_count;
};

static void append(char *text, struct span s)
{
    size_t size = strlen(text);
    if (size + s.size + 1 > TEXT_BYTES)
        return;
    memcpy(text + size, s.bytes ? s.bytes : "", s.size);
    text[size + s.size] = '\0';
}

static void append_row(struct outcome *out, const struct dataset_row *row)
{
    char text[TIMESTAMP_TEXT_MAX] = "-";
    if (row->has_time)
        timestamp_format(text, row->ms);
    append(out->rows, span_of(text));
    for (size_t i = 0; i < row->count; i++) {
        const struct reading *r = &row->readings[i];
        char number[NUMBER_TEXT_MAX];
        append(out->rows, SPAN(" "));
        append(out->rows, r->type);
        append(out->rows, SPAN("="));
        if (r->value.kind == VALUE_BOOL)
            append(out->rows, r->value.number > 0 ? SPAN("true") : SPAN("false"));
        else
            append(out->rows, (struct span){number, number_format(number, r->value.number)});
        append(out->rows, r->unit);
        assert_true(r->source_ts_ms == 0 || r->source_ts_ms == (uint64_t)row->ms);
    }
    append(out->rows, SPAN("\n"));
    out->row_count++;
}

static void on_notice(void *context, const char *text)
{
    struct outcome *out = context;
    append(out->notices, span_of(text));
    append(out->notices, SPAN("\n"));
}

/* A window that grows by `step` bytes whenever more is wanted. */
struct feed {
    struct span text;
    size_t at;
    size_t shown;
    size_t step;
};

static struct csv_window window(const struct feed *f)
{
    return (struct csv_window){{f->text.bytes + f->at, f->shown - f->at}, f->shown == f->text.size};
}

static void show_more(struct feed *f)
{
    size_t left = f->text.size - f->shown;
    assert_true(left > 0);
    f->shown += left < f->step ? left : f->step;
}

static void look_through(struct dataset *d, struct span text, size_t step)
{
    struct feed f = {text, dataset_start(d), dataset_start(d), step};
    for (;;) {
        size_t used;
        enum dataset_result result = dataset_look(d, window(&f), &used);
        f.at += used;
        if (result == DATASET_END || result == DATASET_ENOUGH)
            return;
        if (result == DATASET_MORE)
            show_more(&f);
    }
}

static void replay(struct dataset *d, struct span text, size_t step, struct outcome *out)
{
    struct feed f = {text, dataset_start(d), dataset_start(d), step};
    for (;;) {
        size_t used;
        struct dataset_row row;
        enum dataset_result result = dataset_next(d, window(&f), &used, &row);
        if (result == DATASET_END)
            return;
        if (result == DATASET_MORE)
            show_more(&f);
        if (result == DATASET_ROW)
            append_row(out, &row);
        if (result == DATASET_WRONG) {
            append(out->wrong, span_of(row.text));
            append(out->wrong, SPAN("\n"));
            out->wrong_count++;
        }
        f.at += used;
    }
}

static size_t count_columns(const struct example *e)
{
    size_t count = 0;
    while (count < FLAGS_MAX && e->columns[count].name)
        count++;
    return count;
}

static size_t count_filters(const struct example *e)
{
    size_t count = 0;
    while (count < FLAGS_MAX && e->filters[count].column)
        count++;
    return count;
}

static void read_text(const struct example *e, struct span text, size_t step, struct outcome *out)
{
    struct dataset_options options = {
        .name = "data",
        .columns = e->columns,
        .column_count = count_columns(e),
        .filters = e->filters,
        .filter_count = count_filters(e),
        .missing = e->missing,
        .context = out,
        .on_notice = on_notice,
    };
    struct dataset *d;
    struct buf message;
    *out = (struct outcome){0};
    buf_init(&message, out->message, sizeof out->message - 1);
    bool whole = text.size <= DATASET_TABLE_HEAD_BYTES;
    struct csv_window head = {{text.bytes, whole ? text.size : DATASET_TABLE_HEAD_BYTES}, whole};
    out->err = dataset_new(&d, &options, head, &message);
    if (!out->err) {
        look_through(d, text, step);
        out->err = dataset_settle(d, &options, &message);
    }
    if (!out->err)
        replay(d, text, step, out);
    dataset_free(d);
}

/* The whole file in a block of exactly its size, so that a sanitizer sees a read past it. */
static struct span load(const struct example *e)
{
    char path[128];
    if (!e->file) {
        char *copied = malloc(strlen(e->text) + !*e->text);
        assert_non_null(copied);
        memcpy(copied, e->text, strlen(e->text));
        return (struct span){copied, strlen(e->text)};
    }
    snprintf(path, sizeof path, "tests/data/%s", e->file);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is not there; run from the root of the project", path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(file);
    char *bytes = malloc(size);
    assert_non_null(bytes);
    rewind(file);
    assert_int_equal(fread(bytes, 1, size, file), size);
    fclose(file);
    return (struct span){bytes, size};
}

static const char *label(const struct example *e)
{
    return e->file ? e->file : e->text;
}

static void assert_has(const struct example *e, const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("%s: \"%s\" is not in:\n%s", label(e), wanted, text);
}

static void assert_reads(const struct example *e)
{
    static struct outcome out;
    struct span text = load(e);
    read_text(e, text, text.size, &out);
    if (out.err)
        fail_msg("%s: %s", label(e), out.message);
    if (strncmp(out.rows, e->first, strlen(e->first)) != 0 || out.rows[strlen(e->first)] != '\n')
        fail_msg("%s: the first row is not\n%s\nin\n%s", label(e), e->first, out.rows);
    if (out.row_count != e->rows)
        fail_msg("%s: %zu rows, not %zu:\n%s", label(e), out.row_count, e->rows, out.rows);
    if (e->wrong)
        assert_has(e, out.wrong, e->wrong);
    else
        assert_string_equal(out.wrong, "");
    if (e->notice)
        assert_has(e, out.notices, e->notice);
    else
        assert_string_equal(out.notices, "");
    free((char *)(uintptr_t)text.bytes);
}

#define C(header)        \
    {                    \
        .name = (header) \
    }
#define CT(header, property, unit_name)                           \
    {                                                             \
        .name = (header), .type = (property), .unit = (unit_name) \
    }
#define W(header, wanted)                     \
    {                                         \
        .column = (header), .value = (wanted) \
    }

/* clang-format off */
static const struct example files[] = {
    {.file = "row_numbers.csv", .rows = 30,
     .first = "2025-02-02T14:19:00 temperature=22Cel humidity=26%RH light=580lx co2=749ppm "
              "humidity_ratio=0.0047 occupancy=1"},
    {.file = "two_columns_semicolon.csv", .rows = 40,
     .first = "2004-03-10T18:00:00 co=2 pt08_s1_co=1300 c6h6=11 nox=166 temperature=13Cel "
              "humidity=48.9%RH absolute_humidity=0.7578",
     .notice = "data: dates are ambiguous: 10/03/2004 is read day first, as 2004-03-10; month "
               "first, days would be months apart\n"
               "data: -200 is taken as \"no value\": it lies far outside the other values of 3 "
               "columns and is repeated\n"},
    {.file = "month_first.csv", .rows = 2, .first = "2004-03-25T18:05:00 temperature=70.1Cel"},
    {.file = "bom_quotes_crlf.csv", .rows = 2, .first = "2020-01-01T00:00:00 temperature=21.5Cel"},
    {.file = "no_header.csv", .rows = 3, .first = "2020-01-01T00:00:00 column2=21.5 column3=45",
     .notice = "data: no header: the columns are called column1 to column3"},
    {.file = "no_header.csv", .rows = 3, .columns = {CT("column2", "temperature", NULL)},
     .first = "2020-01-01T00:00:00 temperature=21.5Cel", .notice = "no header"},
    {.file = "epoch_ms.tsv", .rows = 2, .first = "2018-03-02T14:13:20.123 temperature=21.5Cel"},
    {.file = "epoch_s.csv", .rows = 3,
     .first = "2018-03-02T14:13:20 temperature=21.5Cel humidity=45%RH"},
    {.file = "missing.csv", .rows = 5, .first = "2020-01-01T00:00:00 humidity=45%RH"},
    {.file = "true_false.csv", .rows = 3,
     .first = "2020-01-01T00:00:00 motion=true temperature=15Cel"},
    {.file = "array.json", .rows = 2,
     .first = "2025-10-24T10:00:00 temperature=22.5Cel humidity=55.2%RH"},
    {.file = "pretty.json", .rows = 2, .first = "2025-10-24T10:00:00 temperature=22.5Cel"},
    {.file = "nested.json", .rows = 2, .columns = {CT("main.temp", "temperature", "K")},
     .first = "2017-01-30T18:00:00 temperature=261.45K"},
    {.file = "nested.json", .rows = 2,
     .first = "2017-01-30T18:00:00 temperature=261.45 humidity=79%RH pressure=1023.48 clouds_all=8",
     .notice = "data: column \"main.temp\" says no unit and is too high for °C: sent without one "
               "(kelvin? --column main.temp=temperature:K)\n"},
    {.file = "nested.json", .rows = 2, .columns = {CT("weather.0.id", "weather", NULL)},
     .first = "2017-01-30T18:00:00 weather=800"},
    {.file = "broken_lines.jsonl", .rows = 3, .columns = {C("temperature")},
     .first = "- temperature=22.5Cel",
     .wrong = "data:2:16: a value was expected; row skipped\n"
              "data:3:16: \"x\" in column \"temperature\" is no number; row skipped\n"
              "data:6:20: the text ends too early; row skipped\n"},
    {.file = "wrong_rows.csv", .rows = 10, .first = "2020-01-01T00:00:00 temperature=21Cel",
     .wrong = "data:3:24: 3 cells where there are 2 columns; row skipped\n"
              "data:4:1: 1 cell where there are 2 columns; row skipped\n"
              "data:5:21: \"abc\" in column \"temp\" is no number; row skipped\n"
              "data:6:1: \"notime\" in column \"time\" is no time; row skipped\n"
              "data:7:1: text behind a closing quote; row skipped\n"
              "data:9:13: text behind a closing quote; row skipped\n"},
    {.file = "several_devices.csv", .rows = 2, .filters = {W("moteid", "2")},
     .first = "2020-01-01T00:00:00 temperature=30Cel"},
    {.file = "several_devices.csv", .rows = 1, .filters = {W("moteid", "2.0"), W("temp", "31")},
     .first = "2020-01-01T00:00:01 temperature=31Cel"},
    {.file = "long_form.csv", .rows = 2, .first = "2020-01-01T00:00:00 temperature=20Cel"},
    {.file = "time_in_parts.csv", .rows = 3,
     .first = "2010-01-01T00:00:00 dewp=-21 temperature=-11Cel pres=1021"},
    {.file = "remarks.csv", .rows = 3,
     .first = "2020-01-01T00:00:00 temperature=21.5Cel humidity=40%RH",
     .notice = "data: the table begins in line 3"},
    {.file = "iso8859_1.csv", .rows = 2,
     .first = "2020-02-01T10:00:00 temperature=21.5Cel humidity=40%RH",
     .notice = "data: dates are read day first: 13.02.2020 10:00 can be nothing else\n"},
    {.file = "nines.csv", .rows = 25, .first = "2020-01-01T00:00:01 temperature=20.1Cel",
     .notice = "data: -999 is taken as \"no value\""},
    {.file = "cold.csv", .rows = 30, .first = "2020-01-01T00:00:00 temperature=-200Cel"},
    {.file = "cold.csv", .rows = 25, .missing = "-200",
     .first = "2020-01-01T00:00:01 temperature=-189.9Cel"},
    {.file = "clock_only.csv", .rows = 3, .first = "1970-01-01T23:59:58 temperature=5Cel"},
};

static const struct example texts[] = {
    {.text = "21.5\n21.6\n", .rows = 2, .first = "- column1=21.5", .notice = "no header"},
    {.text = "value\n1\n2\n3\n4\n", .rows = 4, .first = "- value=1"},
    {.text = "sample,load\n1,7\n2,7\n3,8\n", .rows = 3, .first = "- load=7"},
    {.text = "time,temp\r2020-01-01,5\r2020-01-02,6\r", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=5Cel"},
    {.text = "time,\"temp\"\n2020-01-01,\"21,5\"\n2020-01-02,\"21,75\"\n", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=21.5Cel"},
    {.text = "time,pressure\n2020-01-01,\"1,013.5\"\n2020-01-02,\"998.2\"\n", .rows = 2,
     .first = "2020-01-01T00:00:00 pressure=1013.5"},
    {.text = "time;pressure\n2020-01-01;1.013,5\n2020-01-02;998,2\n", .rows = 2,
     .first = "2020-01-01T00:00:00 pressure=1013.5"},
    {.text = "time,people\n2020-01-01,\"1,200\"\n2020-01-02,\"2,100\"\n", .rows = 2,
     .first = "2020-01-01T00:00:00 people=1200"},
    {.text = ",time,temp\n0,2020-01-01,1\n1,2020-01-02,2\n2,2020-01-03,5\n", .rows = 3,
     .first = "2020-01-01T00:00:00 temperature=1Cel"},
    {.text = "time,temp,temp,Temperature\n2020-01-01,1,2,3\n2020-01-02,1,2,3.5\n", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=1Cel temperature_2=2Cel temperature_3=3Cel"},
    {.text = "time,temp,hum\n2020-01-01,1,2\n2020-01-02,1,", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=1Cel humidity=2%RH"},
    {.text = "_time,_value,_field\n1434055562000000000,5.1,temp\n1434055563000000000,6,temp\n",
     .rows = 2, .first = "2015-06-11T20:46:02 temperature=5.1Cel"},
    {.text = "\"p (mbar)\",\"T (degC)\",\"wv (m/s)\",\"Temp (°F)\"\n996.5,-8.02,1.03,40\n997,-8,1,41\n",
     .rows = 2, .first = "- p=996.5hPa temperature=-8.02Cel wv=1.03m/s temperature_2=40°F",
     .notice = NULL},
    {.text = "time,temp\n0.0,5.1\n0.5,6\n1.0,7\n", .rows = 3,
     .first = "1970-01-01T00:00:00 temperature=5.1Cel"},
    {.text = "date,temp\n20040310,5.1\n20040311,6\n", .rows = 2,
     .first = "2004-03-10T00:00:00 temperature=5.1Cel"},
    {.text = "Date,1,2\n2020-01-01,5.5,6.5\n2020-01-02,5,6\n", .rows = 2,
     .first = "2020-01-01T00:00:00 1=5.5 2=6.5"},
    {.text = "a;b;c;;\n1,5;2;x;;\n;;;;\n\n2,5;3;y;;\n;;;;\n", .rows = 2, .first = "- a=1.5 b=2"},
    {.text = "time,t\n2020-01-01,1e1\n2020-01-02,-2.5E+1\n2020-01-03,+.5\n2020-01-04,5.\n",
     .rows = 4, .first = "2020-01-01T00:00:00 temperature=10Cel"},
    {.text = "time|t\n2020-01-01|1,5\n2020-01-02|2,5\n", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=1.5Cel"},
    {.text = "a\tb\n1\t\n\t2\n", .rows = 2, .first = "- a=1"},
    {.text = "  [ {\"t\":1} , {\"t\":2} ]  ", .rows = 2, .first = "- temperature=1Cel"},
    {.text = "{\"t\":1}{\"t\":2}", .rows = 2, .first = "- temperature=1Cel"},
    {.text = "{\"t\":1,\"h\":2}\n{\"rh\":3}\n{\"h\":4,\"t\":5}\n", .rows = 3,
     .first = "- temperature=1Cel h=2"},
    {.text = "{\"a\":{\"rows\":[{\"t\":1},{\"t\":2},{\"t\":3}]},\"b\":[{\"x\":1}]}", .rows = 3,
     .first = "- temperature=1Cel"},
    {.text = "{\n \"t\": 1\n}\n{\n \"t\": 2\n}\n", .rows = 2, .first = "- temperature=1Cel"},
    {.text = "[{\"t\":1},\n{\"t\":2,\"t\":3},\n{\"t\":4\n,{\"t\":5}]", .rows = 2,
     .first = "- temperature=1Cel", .wrong = "data:2:8: a member name appears twice; row skipped"},
    {.text = "{\"ts\":\"2020-01-01T00:00:00+02:00\",\"temp\":\"21.5\"}\n", .rows = 1,
     .first = "2019-12-31T22:00:00 temperature=21.5Cel"},
    {.text = "{\"type\":\"temperature\",\"value\":24.5}\n{\"type\":\"motion\",\"value\":true}\n",
     .rows = 2, .first = "- temperature=24.5Cel"},
    {.text = "{\"dt\":1485799200,\"sys\":{\"sunrise\":1485720272},\"on\":true,\"n\\u0061me\":null}\n",
     .rows = 1, .first = "2017-01-30T18:00:00 on=true"},
    {.text = "[{\"t\": NaN, \"h\": 1.5, \"NaN\": 2},\n{\"t\": 2, \"h\": NaN},{\"t\":NaN}]", .rows = 2,
     .first = "- h=1.5 nan=2"},
    {.text = "t,motion\n1,TRUE\n2,FALSE\n3,TRUE\n", .rows = 2, .filters = {W("motion", "true")},
     .first = "- temperature=1Cel motion=true"},
    {.text = "CO;T\n2,5;13,5\n-200;13,1\n1,5;-0,5\n-200;12\n2,6;11\n", .rows = 5,
     .first = "- co=2.5 temperature=13.5Cel",
     .notice = "-200 is taken as \"no value\": it lies far outside the other values of 1 column and "
               "is repeated"},
    {.text = "balance\n-200\n-50\n30\n-200\n10\n", .rows = 5, .first = "- balance=-200"},
    {.text = "Date,t\n3/10/2004 11:00 PM,1.5\n3/10/2004 11:30 PM,2\n3/11/2004 0:00,3\n3/11/2004 0:30,3\n",
     .rows = 4, .first = "2004-03-10T23:00:00 temperature=1.5Cel",
     .notice = "data: dates are ambiguous: 3/10/2004 11:00 PM is read month first, as 2004-03-10; "
               "day first, days would be months apart\n"},
    {.text = "Date,t\n1/2/2004,1.5\n1/3/2004,2\n1/4/2004,3\n", .rows = 3,
     .first = "2004-02-01T00:00:00 temperature=1.5Cel",
     .notice = "data: dates are ambiguous: 1/2/2004 is read day first, as 2004-02-01; no date of "
               "the file decides it\n"},
    {.text = ",t,h\n1,2020-01-01,5\n2,2020-01-02,6\n", .rows = 2, .columns = {C("h")},
     .first = "2020-01-01T00:00:00 h=5"},
    {.text = "time\tt\n2020-01-01\t5,5\n2020-01-02\t6,5\n\t\t\t\n\t\t\t\n\t\t\t\n", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=5.5Cel"},
    {.text = "Temp (°C),Note\n1.5,x\n2.5,y\n", .rows = 2, .columns = {C("temperature")},
     .first = "- temperature=1.5Cel"},
    {.text = "\"a\"\"b\",t\n\"x\"\"y\",1\n\"z\",2\n", .rows = 1, .filters = {W("a\"b", "x\"y")},
     .first = "- temperature=1Cel"},
    {.text = "x,t\n1,1\n,2\n", .rows = 1, .filters = {W("x", "")}, .first = "- temperature=2Cel",
     .columns = {C("t")}},
    {.text = "x,t\n1,1\n2,none\n3,n/a\n4,5\n", .rows = 2, .columns = {C("T")},
     .first = "- temperature=1Cel"},
    {.text = "x,t\n1,1\n2,off\n3,9\n", .rows = 2, .columns = {C("t")}, .missing = "off",
     .first = "- temperature=1Cel"},
};

static const struct example refused[] = {
    {.text = "", .notice = "it holds no rows"},
    {.text = "time,temp\n", .notice = "it holds a header and no rows"},
    {.text = "\n\n\n", .notice = "it holds no rows"},
    {.text = "[]", .notice = "it holds no rows"},
    {.text = "[1,2,3]", .notice = "it holds no JSON object that can be read"},
    {.text = "{\"t\":tru}\n{\"t\"}\n", .notice = "it holds no JSON object that can be read"},
    {.text = "{}", .notice = "it has no columns"},
    {.text = "\x1f\x8b\x08", .notice = "it is compressed"},
    {.file = "utf16.csv", .notice = "it is UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {.file = "no_readings.csv",
     .notice = "no column holds readings; its columns are: date, city, note; name one that holds "
               "numbers, for example: --column \"city=temperature\""},
    {.file = "several_devices.csv", .columns = {C("tmp")},
     .notice = "column \"tmp\" is not there; its columns are: moteid, time, temp (for example: "
               "--column \"moteid=temperature\")"},
    {.file = "several_devices.csv", .filters = {W("mote", "1")},
     .notice = "--where mote: there is no such column; there are: moteid, time, temp"},
    {.file = "several_devices.csv", .columns = {CT("temp", "Room Temp", NULL)},
     .notice = "--column temp=Room Temp: a property is written with 1 to 63 of a-z 0-9 _ -"},
    {.file = "several_devices.csv", .columns = {CT("temp", "temperature", "0123456789abcdef")},
     .notice = "a unit of over 15 bytes"},
    {.file = "several_devices.csv", .columns = {C("temp"), C("temp")},
     .notice = "is the second of one property"},
    {.file = "no_readings.csv", .columns = {C("city")}, .notice = "holds text, not numbers"},
};
/* clang-format on */

static void every_dialect_is_told_apart_without_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_reads(&files[i]);
}

static void odd_texts_are_read_as_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_reads(&texts[i]);
}

static void what_cannot_be_read_is_refused_in_words(void **state)
{
    static struct outcome out;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct span text = load(&refused[i]);
        read_text(&refused[i], text, text.size, &out);
        if (!out.err)
            fail_msg("%s is read", label(&refused[i]));
        assert_has(&refused[i], out.message, refused[i].notice);
        free((char *)(uintptr_t)text.bytes);
    }
}

static void assert_same_however_cut(const struct example *e)
{
    static const size_t steps[] = {1, 2, 3, 5, 16, 61};
    static struct outcome whole;
    static struct outcome cut;
    struct span text = load(e);
    read_text(e, text, text.size, &whole);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        read_text(e, text, steps[i], &cut);
        assert_string_equal(cut.rows, whole.rows);
        assert_string_equal(cut.wrong, whole.wrong);
        assert_string_equal(cut.notices, whole.notices);
    }
    free((char *)(uintptr_t)text.bytes);
}

static void the_rows_are_the_same_however_the_bytes_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_same_however_cut(&files[i]);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_same_however_cut(&texts[i]);
}

static char *repeat(const char *begin, const char *row, size_t count, const char *end)
{
    char *text = malloc(strlen(begin) + count * strlen(row) + strlen(end) + 1);
    assert_non_null(text);
    char *at = stpcpy(text, begin);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, row);
    strcpy(at, end);
    return text;
}

static void an_open_date_is_decided_by_a_row_far_behind(void **state)
{
    static struct outcome out;
    (void)state;
    char *text = repeat("date,temp\n", "3/4/2004 10:00,1.25\n", 250000, "3/25/2004 10:00,2\n");
    struct example e = {0};
    read_text(&e, span_of(text), 1048576, &out);
    assert_int_equal(out.err, ERR_OK);
    assert_int_equal(out.row_count, 250001);
    assert_int_equal(out.wrong_count, 0);
    assert_non_null(strstr(out.notices, "month first: 3/25/2004 10:00 can be nothing else"));
    assert_memory_equal(out.rows, "2004-03-04T10:00:00", 19);
    free(text);
}

static void a_row_may_have_65536_bytes_and_not_one_more(void **state)
{
    static struct outcome out;
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char *note = repeat("", "x", 65536 - 3 + more, "");
        char *text = malloc(140000);
        sprintf(text, "t,n\n1,%s\n2,%s\n3,z\n", note, "y");
        struct example e = {.columns = {C("t")}};
        read_text(&e, span_of(text), 65536, &out);
        assert_int_equal(out.row_count, 3 - more);
        assert_int_equal(out.wrong_count, more);
        if (more)
            assert_non_null(strstr(out.wrong, "data:2:1: a row of more than 65536 bytes"));
        free(text);
        free(note);
    }
}

static void a_json_element_may_have_65536_bytes_and_not_one_more(void **state)
{
    static struct outcome out;
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char *note = repeat("", "x", 65536 - 14 + more, "");
        char *text = malloc(140000);
        sprintf(text, "[{\"t\":1,\"n\":\"%s\"},\n{\"t\":2}]", note);
        assert_int_equal(strlen(text), 65536 + more + 2 + 9);
        struct example e = {.columns = {C("t")}};
        read_text(&e, span_of(text), 65536, &out);
        assert_int_equal(out.row_count, 2 - more);
        assert_int_equal(out.wrong_count, more);
        free(text);
        free(note);
    }
}

static void a_table_may_have_1024_columns_and_not_one_more(void **state)
{
    static struct outcome out;
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char *header = repeat("t", ",x", 1023 + more, "\n");
        char *row = repeat("1", ",x", 1023 + more, "\n");
        char *text = malloc(8192);
        sprintf(text, "%s%s", header, row);
        struct example e = {.columns = {C("t")}};
        read_text(&e, span_of(text), 8192, &out);
        assert_int_equal(out.err, more ? ERR_SIZE : ERR_OK);
        assert_int_equal(out.row_count, 1 - more);
        free(text);
        free(header);
        free(row);
    }
}

static void a_quote_never_closed_costs_one_row(void **state)
{
    static struct outcome out;
    (void)state;
    char *text = repeat("n,t\n1,1\n\"2,2\n", "3,3.5\n", 30000, "");
    struct example e = {.columns = {C("t")}};
    read_text(&e, span_of(text), 65536, &out);
    assert_int_equal(out.row_count, 30001);
    assert_string_equal(out.wrong, "data:3:1: a quote that is never closed; row skipped\n");
    free(text);
}

static void a_rewound_dataset_gives_the_same_rows(void **state)
{
    static struct outcome first;
    static struct outcome again;
    struct span text = load(&files[0]);
    struct dataset_options options = {.name = "data"};
    struct dataset *d;
    struct buf message;
    (void)state;
    buf_init(&message, first.message, sizeof first.message);
    assert_int_equal(dataset_new(&d, &options, (struct csv_window){text, true}, &message), ERR_OK);
    look_through(d, text, 64);
    assert_int_equal(dataset_settle(d, &options, &message), ERR_OK);
    replay(d, text, 64, &first);
    dataset_rewind(d);
    replay(d, text, 64, &again);
    assert_string_equal(first.rows, again.rows);
    assert_true(dataset_has_time(d));
    dataset_free(d);
    free((char *)(uintptr_t)text.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect_is_told_apart_without_flags),
        cmocka_unit_test(odd_texts_are_read_as_meant),
        cmocka_unit_test(what_cannot_be_read_is_refused_in_words),
        cmocka_unit_test(the_rows_are_the_same_however_the_bytes_are_cut),
        cmocka_unit_test(an_open_date_is_decided_by_a_row_far_behind),
        cmocka_unit_test(a_row_may_have_65536_bytes_and_not_one_more),
        cmocka_unit_test(a_json_element_may_have_65536_bytes_and_not_one_more),
        cmocka_unit_test(a_table_may_have_1024_columns_and_not_one_more),
        cmocka_unit_test(a_quote_never_closed_costs_one_row),
        cmocka_unit_test(a_rewound_dataset_gives_the_same_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
