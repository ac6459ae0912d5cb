#include "io/dataset.h"

#include "dataset_examples.h"

#include "io/timestamp.h"

#include "base/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_BYTES = 32768 };

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
