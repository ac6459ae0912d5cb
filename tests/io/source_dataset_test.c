#include "source_receiver.h"

#include "io/simulate.h"

#include "base/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

enum { FILE_BYTES = 4096 };

static void append(char text[FILE_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(char text[FILE_BYTES], const char *format, ...)
{
    size_t size = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + size, FILE_BYTES - size, format, arguments);
    va_end(arguments);
}

static void a_dataset_is_replayed_to_its_end(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(
        r, "time,temp,hum\n2025-10-24T10:00:00Z,22.5,40\n2025-10-24T10:01:00Z,25.8,41\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY};
    source_receiver_run(r, &options);
    assert_string_equal(r->readings,
                        "temperature=22.5Cel humidity=40%RH;temperature=25.8Cel humidity=41%RH;");
    assert_int_equal(r->first_ts_ms, 1761300000000);
    assert_int_equal(r->ends, 1);
    assert_int_equal(r->end_err, ERR_OK);
    source_receiver_says(r->end, "all 2 rows were sent");
    assert_string_equal(r->notices, "");
}

static void the_spacing_of_the_file_is_divided_by_the_speed(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(r, "{\"ts\":1761300000,\"t\":1}\n{\"ts\":1761300060,\"t\":2}\n"
                             "{\"ts\":1761300120,\"t\":3}\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = 1000};
    source_receiver_run(r, &options);
    assert_int_equal(r->moments, 3);
    assert_true(r->times_ms[1] - r->times_ms[0] >= 59);
    assert_true(r->times_ms[2] - r->times_ms[0] >= 119);
    assert_true(r->times_ms[2] - r->times_ms[0] < 2000);
}

static void every_sets_the_spacing(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(r, "{\"t\":1}\n{\"t\":2}\n{\"t\":3}\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .every_s = 0.02};
    source_receiver_run(r, &options);
    assert_true(r->times_ms[2] - r->times_ms[0] >= 39);
    assert_string_equal(r->notices, "");
}

static void rows_far_apart_come_every_two_seconds_and_that_is_said(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(r, "{\"ts\":1761300000,\"t\":1}\n{\"ts\":1761300060,\"t\":2}\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path};
    source_receiver_run(r, &options);
    assert_true(r->times_ms[1] - r->times_ms[0] >= 1999);
    assert_true(r->times_ms[1] - r->times_ms[0] < 4000);
    source_receiver_says(r->notices, "rows are 60 s apart: sent one every 2 s instead");
}

static void a_file_without_time_says_its_spacing(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(r, "temp\n20.5\n21.5\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = 100};
    source_receiver_run(r, &options);
    source_receiver_says(r->notices, "no column holds a time: one row every 0.02 s");
    assert_true(r->times_ms[1] - r->times_ms[0] >= 19);
}

static void time_that_goes_back_is_sent_at_once_and_said_once(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(r, "ts,temp\n1761300003,1\n1761300001,2\n1761300000,3\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path};
    source_receiver_run(r, &options);
    assert_int_equal(r->moments, 3);
    assert_true(r->times_ms[2] - r->times_ms[0] < 1000);
    source_receiver_says(r->notices, "its time goes back by 2 s");
    assert_null(strstr(strstr(r->notices, "goes back") + 1, "goes back"));
}

static void a_loop_begins_again_until_count(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(r, "[{\"t\":1},{\"t\":2}]");
    struct source_options options = {
        .kind = SOURCE_DATASET, .path = r->path, .loop = true, .count = 5, .speed = INFINITY};
    source_receiver_run(r, &options);
    assert_string_equal(r->readings, "temperature=1Cel;temperature=2Cel;temperature=1Cel;"
                                     "temperature=2Cel;temperature=1Cel;");
    source_receiver_says(r->end, "5 rows were sent, as many as --count asked for");
}

static void a_refused_row_is_offered_again_and_none_is_lost(void **state)
{
    struct source_receiver *r = *state;
    char text[FILE_BYTES] = "n,time,temp\n";
    char wanted[FILE_BYTES] = "";
    for (int i = 0; i < 60; i++) {
        append(text, "%d,%d,%d.5\n", i, 1761300000 + i, i % 7);
        append(wanted, "temperature=%d.5Cel;", i % 7);
    }
    source_receiver_write(r, text);
    r->refuse_every = 3;
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY};
    source_receiver_run(r, &options);
    assert_string_equal(r->readings, wanted);
    assert_int_equal(r->refusals, 20);
}

static void wrong_rows_are_named_ten_times_and_summed_up(void **state)
{
    struct source_receiver *r = *state;
    char text[FILE_BYTES] = "time,temp\n1761300000,1\n1761300001,2\n1761300002,3\n";
    char wanted[256];
    for (int i = 0; i < 12; i++)
        append(text, "%d,5\n", 1761300003 + i);
    for (int i = 0; i < 11; i++)
        append(text, "%d,bad\n", 1761300020 + i);
    source_receiver_write(r, text);
    struct source_options options = {
        .kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY, .loop = true, .count = 30};
    source_receiver_run(r, &options);
    snprintf(wanted, sizeof wanted,
             "%s:17:12: \"bad\" in column \"temp\" is no number; row skipped\n", r->path);
    source_receiver_says(r->notices, wanted);
    snprintf(wanted, sizeof wanted, "%s:26:12: ", r->path);
    source_receiver_says(r->notices, wanted);
    snprintf(wanted, sizeof wanted, "%s:27:12: ", r->path);
    assert_null(strstr(r->notices, wanted));
    source_receiver_says(r->notices, "11 wrong rows were skipped, 15 rows were read");
    assert_null(strstr(strstr(r->notices, ":17:12:") + 1, ":17:12:"));
}

static void a_filter_that_matches_nothing_ends_even_in_a_loop(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(r, "time,temp\n1761300000,1\n1761300001,2\n");
    struct source_filter filter = {.column = (char[]){"temp"}, .value = (char[]){"9"}};
    struct source_options options = {.kind = SOURCE_DATASET,
                                     .path = r->path,
                                     .loop = true,
                                     .filters = &filter,
                                     .filter_count = 1};
    source_receiver_run(r, &options);
    assert_int_equal(r->end_err, ERR_NOT_FOUND);
    source_receiver_says(r->end, "no row has a value to send");
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct source_receiver *r = *state;
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path};
    source_receiver_refuse(r, &options, ERR_NOT_FOUND, "/data: there is no such file");
}

static void a_file_without_readings_lists_its_columns(void **state)
{
    struct source_receiver *r = *state;
    source_receiver_write(r, "date,city\n2020-01-01,Oslo\n2020-01-02,Rome\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path};
    source_receiver_refuse(
        r, &options, ERR_SYNTAX,
        "/data: no column holds readings; its columns are: date, city; name one that "
        "holds numbers, for example: --column \"city=temperature\"");
}

static void a_folder_is_no_dataset(void **state)
{
    struct source_receiver *r = *state;
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->folder};
    source_receiver_refuse(r, &options, ERR_SYNTAX, "it is a folder");
}

static void a_long_replay_leaves_the_loop_to_others(void **state)
{
    struct source_receiver *r = *state;
    FILE *file = fopen(r->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 5000; i++)
        fprintf(file, "{\"t\":%d}\n", i % 10);
    fclose(file);
    r->stop_after = 512 + 1;
    char message[1024];
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY};
    assert_int_equal(source_receiver_start(r, &options, message), ERR_OK);
    uv_run(&r->loop, UV_RUN_NOWAIT);
    assert_in_range(r->moments, 1, 512);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(r->moments, 513);
    assert_int_equal(r->ends, 0);
}

static long resident_kib(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

static void memory_stays_flat_however_long_the_file_is(void **state)
{
    enum { ROWS = 300000 };
    struct source_receiver *r = *state;
    FILE *file = fopen(r->path, "w");
    assert_non_null(file);
    fputs("time,temp,note\n", file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "%d,%d.5,\"a note, of some length, in quotes\"\n", 1761300000 + i, i % 30);
    fclose(file);
    r->only_counts = true;
    long before_kib = resident_kib();
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY};
    source_receiver_run(r, &options);
    assert_int_equal(r->moments, ROWS);
    assert_true(resident_kib() - before_kib < 4096); /* the file has 16 MiB */
}

static void what_the_simulator_writes_is_read_without_flags(void **state)
{
    static const char *const scenarios[] = {NULL, "home", "environment", "healthcare", "industry"};
    for (size_t i = 0; i < 2 * COUNT_OF(scenarios); i++) {
        struct source_receiver *r = *state;
        FILE *file = fopen(r->path, "w");
        assert_non_null(file);
        assert_int_equal(simulate_write(file, scenarios[i / 2], 50, 7, 1761300000000,
                                        i % 2 ? SIMULATE_CSV : SIMULATE_JSON),
                         ERR_OK);
        fclose(file);
        struct source_options options = {.kind = SOURCE_DATASET,
                                         .path = r->path,
                                         .speed = INFINITY};
        source_receiver_run(r, &options);
        struct simulate model;
        struct reading readings[SIMULATE_PROPERTIES_MAX];
        assert_int_equal(simulate_init(&model, scenarios[i / 2], 7, 0), ERR_OK);
        assert_int_equal(r->moments, 50);
        assert_int_equal(r->single, 50 * simulate_read(&model, readings));
        assert_int_equal(r->first_ts_ms, 1761300000000);
        assert_string_equal(r->notices, "");
        source_receiver_tear_down(state);
        assert_int_equal(source_receiver_set_up(state), 0);
    }
    struct source_receiver *r = *state;
    source_receiver_idle(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(a_dataset_is_replayed_to_its_end),
        on_a_loop(the_spacing_of_the_file_is_divided_by_the_speed),
        on_a_loop(every_sets_the_spacing),
        on_a_loop(rows_far_apart_come_every_two_seconds_and_that_is_said),
        on_a_loop(a_file_without_time_says_its_spacing),
        on_a_loop(time_that_goes_back_is_sent_at_once_and_said_once),
        on_a_loop(a_loop_begins_again_until_count),
        on_a_loop(a_refused_row_is_offered_again_and_none_is_lost),
        on_a_loop(wrong_rows_are_named_ten_times_and_summed_up),
        on_a_loop(a_filter_that_matches_nothing_ends_even_in_a_loop),
        on_a_loop(a_file_that_is_not_there_is_named),
        on_a_loop(a_file_without_readings_lists_its_columns),
        on_a_loop(a_folder_is_no_dataset),
        on_a_loop(a_long_replay_leaves_the_loop_to_others),
        on_a_loop(memory_stays_flat_however_long_the_file_is),
        on_a_loop(what_the_simulator_writes_is_read_without_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
