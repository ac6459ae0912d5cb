#include "io/csv.h"

#include "io/csv_dialect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CELLS_MAX = 8, TEXT_BYTES = 4096 };

static void append(char *text, struct span s)
{
    size_t size = strlen(text);
    assert_true(size + s.size < TEXT_BYTES);
    memcpy(text + size, s.bytes ? s.bytes : "", s.size);
    text[size + s.size] = '\0';
}

static void append_row(char *out, enum csv_result result, const struct dataset_cell *cells,
                       const struct csv_row *row)
{
    if (result == CSV_WRONG) {
        append(out, SPAN("!"));
        append(out, span_of(row->error));
        append(out, SPAN("\n"));
    } else if (row->cell_count) {
        for (size_t i = 0; i < row->cell_count && i < CELLS_MAX; i++) {
            append(out, i ? SPAN("|") : SPAN(""));
            append(out, cells[i].text);
        }
        append(out, SPAN("\n"));
    }
}

/* The rows as "a|b\n", with the file shown in windows that grow by `step` bytes. Returns the line
 * ends that were counted. */
static size_t split(const char *text, char delimiter, char line_end, size_t step, char *out)
{
    char *scratch = malloc(CSV_ROW_BYTES_MAX);
    struct csv csv = {.delimiter = delimiter, .line_end = line_end, .scratch = scratch};
    size_t size = strlen(text);
    size_t at = 0;
    size_t shown = 0;
    size_t lines = 0;
    *out = '\0';
    for (;;) {
        struct dataset_cell cells[CELLS_MAX];
        struct csv_row row;
        char *exact = malloc(shown - at ? shown - at : 1); /* a sanitizer sees reads past it */
        memcpy(exact, text + at, shown - at);
        enum csv_result result = csv_next(&csv,
                                          (struct csv_window){{exact, shown - at}, shown == size},
                                          cells, CELLS_MAX, &row);
        if (result == CSV_ROW || result == CSV_WRONG)
            append_row(out, result, cells, &row);
        free(exact);
        at += row.size;
        lines += row.lines;
        if (result == CSV_MORE)
            shown += size - shown < step ? size - shown : step;
        if (result == CSV_END)
            break;
    }
    free(scratch);
    return lines;
}

static void assert_splits(const char *text, char delimiter, const char *wanted)
{
    char out[TEXT_BYTES];
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        split(text, delimiter, '\n', step, out);
        assert_string_equal(out, wanted);
    }
}

static void plain_rows_are_split_at_delimiters(void **state)
{
    (void)state;
    assert_splits("a,b,c\n1,2,3\n", ',', "a|b|c\n1|2|3\n");
    assert_splits("a;b\n1,5;2", ';', "a|b\n1,5|2\n");
    assert_splits("a\tb\n\t2\n1\t\n", '\t', "a|b\n|2\n1|\n");
    assert_splits(" a , b \n", ',', "a|b\n");
    assert_splits(",\n", ',', "|\n");
}

static void crlf_and_blank_lines_are_no_content(void **state)
{
    (void)state;
    assert_splits("a,b\r\n\r\n1,2\r\n\n", ',', "a|b\n1|2\n");
}

static void quotes_hide_delimiters_line_ends_and_quotes(void **state)
{
    (void)state;
    assert_splits("\"a,b\",c\n", ',', "a,b|c\n");
    assert_splits("\"a\nb\",c\nd,e\n", ',', "a\nb|c\nd|e\n");
    assert_splits("\"say \"\"hi\"\"\",\"\"\"\"\n", ',', "say \"hi\"|\"\n");
    assert_splits("\"\",x\n", ',', "|x\n");
    assert_splits("x, \"y\" ,z\r\n", ',', "x|y|z\n");
    assert_splits("\"last\"", ',', "last\n");
}

static void a_quote_within_a_cell_is_a_character(void **state)
{
    (void)state;
    assert_splits("5\" pipe,\"x\"\n", ',', "5\" pipe|x\n");
}

static void a_broken_quote_costs_its_line(void **state)
{
    (void)state;
    assert_splits("\"a\"b,c\n1,2\n", ',', "!text behind a closing quote\n1|2\n");
    assert_splits("\"a,b\n1,2\n", ',', "!a quote that is never closed\n1|2\n");
    assert_splits("\"a,b\n1,2\n\"x\",3\n", ',', "!text behind a closing quote\n1|2\nx|3\n");
}

static void line_ends_are_counted_within_quotes_too(void **state)
{
    char out[TEXT_BYTES];
    (void)state;
    assert_int_equal(split("a,b\n\n\"x\ny\nz\",1\n2,3", ',', '\n', 1, out), 5);
}

static void a_lone_cr_may_end_lines(void **state)
{
    char out[TEXT_BYTES];
    (void)state;
    split("a,b\r1,2\r", ',', '\r', 3, out);
    assert_string_equal(out, "a|b\n1|2\n");
}

static void cells_beyond_the_capacity_are_counted(void **state)
{
    struct csv csv = {.delimiter = ',', .line_end = '\n'};
    struct dataset_cell cells[2];
    struct csv_row row;
    struct csv_window window = {SPAN("1,2,3,4\n"), true};
    (void)state;
    assert_int_equal(csv_next(&csv, window, cells, 2, &row), CSV_ROW);
    assert_int_equal(row.cell_count, 4);
    assert_true(span_is(cells[1].text, "2"));
    assert_int_equal(cells[1].at, 2);
}

static struct csv_dialect detect(const char *text)
{
    struct csv_dialect dialect;
    char *scratch = malloc(CSV_ROW_BYTES_MAX);
    struct csv_window head = {span_of(text), true};
    assert_int_equal(csv_dialect_detect(head, scratch, &dialect), ERR_OK);
    free(scratch);
    return dialect;
}

static void the_delimiter_is_what_cuts_all_rows_alike(void **state)
{
    static const struct {
        const char *text;
        char delimiter;
    } examples[] = {
        {"a,b\n1,2\n", ','},         {"a;b\n1,5;2,5\n3,5;4,5\n", ';'},
        {"2,5;3,5\n2,5;4,5\n", ';'}, {"a\tb\n1,5\t2;5\n", '\t'},
        {"a|b\n1,5|2,5\n", '|'},     {"note,t\n\"x; y; z\",1\nx;y,2\n", ','},
        {"just\nwords\n", ','},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++)
        assert_int_equal(detect(examples[i].text).delimiter, examples[i].delimiter);
}

static void a_header_has_words_where_rows_have_values(void **state)
{
    (void)state;
    assert_true(detect("date,t\n2020-01-01,5\n").has_header);
    assert_true(detect("Date,1,2\n2020-01-01,5,6\n").has_header);
    assert_true(detect("t\n5\n").has_header);
    assert_true(detect("a,b\n").has_header);
    assert_true(detect("name,t\nx,\ny,\nz,5\n").has_header);
    assert_true(detect("name,colour\nx,red\ny,blue\n").has_header); /* nothing else to tell */
    assert_false(detect("2020-01-01,5\n2020-01-02,6\n").has_header);
    assert_false(detect("s1,5\ns2,6\n").has_header);
    assert_false(detect("5\n6\n").has_header);
    assert_false(detect("5,6\nx,y\nz,a\n").has_header);
    assert_false(detect("2020-01-01,NA\n2020-01-02,6\n").has_header);
}

static void an_unnamed_first_column_is_told_from_empty_last_ones(void **state)
{
    (void)state;
    struct csv_dialect named = detect("date,t\n1,2020-01-01,5\n2,2020-01-02,6\n");
    assert_int_equal(named.unnamed_first, 1);
    assert_int_equal(named.column_count, 3);
    struct csv_dialect trailing = detect("date,t\n2020-01-01,5,\n2020-01-02,6,\n");
    assert_int_equal(trailing.unnamed_first, 0);
    assert_int_equal(trailing.column_count, 2);
    struct csv_dialect both = detect("date;t;;\n2020-01-01;5;;\n");
    assert_int_equal(both.unnamed_first, 0);
    assert_int_equal(both.column_count, 2);
}

static void remarks_before_the_table_are_passed_over(void **state)
{
    (void)state;
    struct csv_dialect d = detect("\xef\xbb\xbf# made by hand\n\nt,h\n1,2\n3,4\n5,6\n7,8\n9,1\n");
    assert_int_equal(d.remark_lines, 1);
    assert_true(d.has_header);
    assert_int_equal(d.column_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_rows_are_split_at_delimiters),
        cmocka_unit_test(crlf_and_blank_lines_are_no_content),
        cmocka_unit_test(quotes_hide_delimiters_line_ends_and_quotes),
        cmocka_unit_test(a_quote_within_a_cell_is_a_character),
        cmocka_unit_test(a_broken_quote_costs_its_line),
        cmocka_unit_test(line_ends_are_counted_within_quotes_too),
        cmocka_unit_test(a_lone_cr_may_end_lines),
        cmocka_unit_test(cells_beyond_the_capacity_are_counted),
        cmocka_unit_test(the_delimiter_is_what_cuts_all_rows_alike),
        cmocka_unit_test(a_header_has_words_where_rows_have_values),
        cmocka_unit_test(an_unnamed_first_column_is_told_from_empty_last_ones),
        cmocka_unit_test(remarks_before_the_table_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
