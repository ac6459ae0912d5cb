/* Sources on a real loop: a receiver that writes down what it is told, and may refuse. */
#include "io/source.h"

#include "io/simulate.h"

#include "base/check.h"
#include "base/number.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_BYTES = 65536 };

struct receiver {
    uv_loop_t loop;
    struct source *source;
    char folder[64];
    char path[96];
    char readings[TEXT_BYTES]; /* "temperature=22.5 humidity=40;" a moment */
    char notices[TEXT_BYTES];  /* one a line */
    char end[1024];
    enum err end_err;
    size_t ends;
    size_t moments;
    size_t single; /* readings */
    uint64_t first_ts_ms;
    double times_ms[64];
    size_t stop_after;   /* source_stop() from within on_readings; 0: never */
    size_t refuse_every; /* moments; 0: never */
    size_t refusals;
    bool just_refused;
    bool in_start;
    bool only_counts;
    uv_timer_t resume_timer;
};

static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *text, const char *format, ...)
{
    size_t size = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + size, TEXT_BYTES - size, format, arguments);
    va_end(arguments);
}

static void on_resume(uv_timer_t *timer)
{
    struct receiver *r = timer->data;
    source_resume(r->source);
}

static bool refuses(struct receiver *r)
{
    bool refuse = r->refuse_every && !r->just_refused && (r->moments + 1) % r->refuse_every == 0;
    r->just_refused = refuse;
    r->refusals += refuse;
    if (refuse)
        uv_timer_start(&r->resume_timer, on_resume, 1, 0);
    return refuse;
}

static void stop(struct receiver *r)
{
    source_stop(r->source);
    r->source = NULL;
    uv_close((uv_handle_t *)&r->resume_timer, NULL);
}

static bool on_readings(void *context, const struct reading *readings, size_t count)
{
    struct receiver *r = context;
    assert_false(r->in_start);
    assert_non_null(r->source);
    if (refuses(r))
        return false;
    if (r->moments < COUNT_OF(r->times_ms))
        r->times_ms[r->moments] = (double)uv_hrtime() / 1e6;
    if (r->moments == 0)
        r->first_ts_ms = readings[0].source_ts_ms;
    r->moments++;
    r->single += count;
    for (size_t i = 0; i < count && !r->only_counts; i++) {
        char number[NUMBER_TEXT_MAX + 1];
        number[number_format(number, readings[i].value.number)] = '\0';
        append(r->readings, "%s%.*s=%s%.*s", i ? " " : "", (int)readings[i].type.size,
               readings[i].type.bytes, number, (int)readings[i].unit.size, readings[i].unit.bytes);
    }
    if (!r->only_counts)
        append(r->readings, ";");
    if (r->moments == r->stop_after)
        stop(r);
    return true;
}

static void on_notice(void *context, const char *text)
{
    struct receiver *r = context;
    assert_false(r->in_start);
    append(r->notices, "%s\n", text);
}

static void on_end(void *context, enum err err, const char *text)
{
    struct receiver *r = context;
    assert_false(r->in_start);
    r->ends++;
    r->end_err = err;
    snprintf(r->end, sizeof r->end, "%s", text);
    stop(r);
}

static int set_up(void **state)
{
    struct receiver *r = calloc(1, sizeof *r);
    if (!r || uv_loop_init(&r->loop) != 0)
        return -1;
    snprintf(r->folder, sizeof r->folder, "/tmp/kith-source-XXXXXX");
    if (!mkdtemp(r->folder))
        return -1;
    snprintf(r->path, sizeof r->path, "%s/data", r->folder);
    uv_timer_init(&r->loop, &r->resume_timer);
    r->resume_timer.data = r;
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct receiver *r = *state;
    int result = uv_loop_close(&r->loop); /* fails while a handle is open: nothing may stay */
    unlink(r->path);
    rmdir(r->folder);
    free(r);
    return result;
}

static void write_file(const struct receiver *r, const char *text)
{
    FILE *file = fopen(r->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static enum err try_start(struct receiver *r, const struct source_options *options,
                          char message[1024])
{
    const struct source_handler handler = {r, on_readings, on_notice, on_end};
    r->in_start = true;
    enum err err = source_start(&r->source, &r->loop, options, &handler, message, 1024);
    r->in_start = false;
    return err;
}

static void run(struct receiver *r, const struct source_options *options)
{
    char message[1024];
    if (try_start(r, options, message) != ERR_OK)
        fail_msg("%s", message);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_null(r->source);
}

static void assert_says(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("\"%s\" is not in:\n%s", wanted, text);
}

static void refuse_start(struct receiver *r, const struct source_options *options, enum err err,
                         const char *wanted)
{
    char message[1024];
    assert_int_equal(try_start(r, options, message), err);
    assert_says(message, wanted);
    uv_close((uv_handle_t *)&r->resume_timer, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
}

static void a_dataset_is_replayed_to_its_end(void **state)
{
    struct receiver *r = *state;
    write_file(r, "time,temp,hum\n2025-10-24T10:00:00Z,22.5,40\n2025-10-24T10:01:00Z,25.8,41\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY};
    run(r, &options);
    assert_string_equal(r->readings,
                        "temperature=22.5Cel humidity=40%RH;temperature=25.8Cel humidity=41%RH;");
    assert_int_equal(r->first_ts_ms, 1761300000000);
    assert_int_equal(r->ends, 1);
    assert_int_equal(r->end_err, ERR_OK);
    assert_says(r->end, "all 2 rows were sent");
    assert_string_equal(r->notices, "");
}

static void the_spacing_of_the_file_is_divided_by_the_speed(void **state)
{
    struct receiver *r = *state;
    write_file(r, "{\"ts\":1761300000,\"t\":1}\n{\"ts\":1761300060,\"t\":2}\n"
                  "{\"ts\":1761300120,\"t\":3}\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = 1000};
    run(r, &options);
    assert_int_equal(r->moments, 3);
    assert_true(r->times_ms[1] - r->times_ms[0] >= 59);
    assert_true(r->times_ms[2] - r->times_ms[0] >= 119);
    assert_true(r->times_ms[2] - r->times_ms[0] < 2000);
}

static void every_sets_the_spacing(void **state)
{
    struct receiver *r = *state;
    write_file(r, "{\"t\":1}\n{\"t\":2}\n{\"t\":3}\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .every_s = 0.02};
    run(r, &options);
    assert_true(r->times_ms[2] - r->times_ms[0] >= 39);
    assert_string_equal(r->notices, "");
}

static void rows_far_apart_come_every_two_seconds_and_that_is_said(void **state)
{
    struct receiver *r = *state;
    write_file(r, "{\"ts\":1761300000,\"t\":1}\n{\"ts\":1761300060,\"t\":2}\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path};
    run(r, &options);
    assert_true(r->times_ms[1] - r->times_ms[0] >= 1999);
    assert_true(r->times_ms[1] - r->times_ms[0] < 4000);
    assert_says(r->notices, "rows are 60 s apart: sent one every 2 s instead");
}

static void a_file_without_time_says_its_spacing(void **state)
{
    struct receiver *r = *state;
    write_file(r, "temp\n20.5\n21.5\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = 100};
    run(r, &options);
    assert_says(r->notices, "no column holds a time: one row every 0.02 s");
    assert_true(r->times_ms[1] - r->times_ms[0] >= 19);
}

static void time_that_goes_back_is_sent_at_once_and_said_once(void **state)
{
    struct receiver *r = *state;
    write_file(r, "ts,temp\n1761300003,1\n1761300001,2\n1761300000,3\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path};
    run(r, &options);
    assert_int_equal(r->moments, 3);
    assert_true(r->times_ms[2] - r->times_ms[0] < 1000);
    assert_says(r->notices, "its time goes back by 2 s");
    assert_null(strstr(strstr(r->notices, "goes back") + 1, "goes back"));
}

static void a_loop_begins_again_until_count(void **state)
{
    struct receiver *r = *state;
    write_file(r, "[{\"t\":1},{\"t\":2}]");
    struct source_options options = {
        .kind = SOURCE_DATASET, .path = r->path, .loop = true, .count = 5, .speed = INFINITY};
    run(r, &options);
    assert_string_equal(r->readings, "temperature=1Cel;temperature=2Cel;temperature=1Cel;"
                                     "temperature=2Cel;temperature=1Cel;");
    assert_says(r->end, "5 rows were sent, as many as --count asked for");
}

static void a_refused_row_is_offered_again_and_none_is_lost(void **state)
{
    struct receiver *r = *state;
    char text[4096] = "n,time,temp\n";
    char wanted[4096] = "";
    for (int i = 0; i < 60; i++) {
        append(text, "%d,%d,%d.5\n", i, 1761300000 + i, i % 7);
        append(wanted, "temperature=%d.5Cel;", i % 7);
    }
    write_file(r, text);
    r->refuse_every = 3;
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY};
    run(r, &options);
    assert_string_equal(r->readings, wanted);
    assert_int_equal(r->refusals, 20);
}

static void wrong_rows_are_named_ten_times_and_summed_up(void **state)
{
    struct receiver *r = *state;
    char text[4096] = "time,temp\n1761300000,1\n1761300001,2\n1761300002,3\n";
    char wanted[256];
    for (int i = 0; i < 12; i++)
        append(text, "%d,5\n", 1761300003 + i);
    for (int i = 0; i < 11; i++)
        append(text, "%d,bad\n", 1761300020 + i);
    write_file(r, text);
    struct source_options options = {
        .kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY, .loop = true, .count = 30};
    run(r, &options);
    snprintf(wanted, sizeof wanted,
             "%s:17:12: \"bad\" in column \"temp\" is no number; row skipped\n", r->path);
    assert_says(r->notices, wanted);
    snprintf(wanted, sizeof wanted, "%s:26:12: ", r->path);
    assert_says(r->notices, wanted);
    snprintf(wanted, sizeof wanted, "%s:27:12: ", r->path);
    assert_null(strstr(r->notices, wanted));
    assert_says(r->notices, "11 wrong rows were skipped, 15 rows were read");
    assert_null(strstr(strstr(r->notices, ":17:12:") + 1, ":17:12:"));
}

static void a_filter_that_matches_nothing_ends_even_in_a_loop(void **state)
{
    struct receiver *r = *state;
    write_file(r, "time,temp\n1761300000,1\n1761300001,2\n");
    struct source_filter filter = {.column = (char[]){"temp"}, .value = (char[]){"9"}};
    struct source_options options = {.kind = SOURCE_DATASET,
                                     .path = r->path,
                                     .loop = true,
                                     .filters = &filter,
                                     .filter_count = 1};
    run(r, &options);
    assert_int_equal(r->end_err, ERR_NOT_FOUND);
    assert_says(r->end, "no row has a value to send");
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct receiver *r = *state;
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path};
    refuse_start(r, &options, ERR_NOT_FOUND, "/data: there is no such file");
}

static void a_file_without_readings_lists_its_columns(void **state)
{
    struct receiver *r = *state;
    write_file(r, "date,city\n2020-01-01,Oslo\n2020-01-02,Rome\n");
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path};
    refuse_start(r, &options, ERR_SYNTAX,
                 "/data: no column holds readings; its columns are: date, city; name one that "
                 "holds numbers, for example: --column \"city=temperature\"");
}

static void a_folder_is_no_dataset(void **state)
{
    struct receiver *r = *state;
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->folder};
    refuse_start(r, &options, ERR_SYNTAX, "it is a folder");
}

static void a_long_replay_leaves_the_loop_to_others(void **state)
{
    struct receiver *r = *state;
    FILE *file = fopen(r->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 5000; i++)
        fprintf(file, "{\"t\":%d}\n", i % 10);
    fclose(file);
    r->stop_after = 512 + 1;
    char message[1024];
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY};
    assert_int_equal(try_start(r, &options, message), ERR_OK);
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
    struct receiver *r = *state;
    FILE *file = fopen(r->path, "w");
    assert_non_null(file);
    fputs("time,temp,note\n", file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "%d,%d.5,\"a note, of some length, in quotes\"\n", 1761300000 + i, i % 30);
    fclose(file);
    r->only_counts = true;
    long before_kib = resident_kib();
    struct source_options options = {.kind = SOURCE_DATASET, .path = r->path, .speed = INFINITY};
    run(r, &options);
    assert_int_equal(r->moments, ROWS);
    assert_true(resident_kib() - before_kib < 4096); /* the file has 16 MiB */
}

static void what_the_simulator_writes_is_read_without_flags(void **state)
{
    static const char *const scenarios[] = {NULL, "home", "environment", "healthcare", "industry"};
    for (size_t i = 0; i < 2 * COUNT_OF(scenarios); i++) {
        struct receiver *r = *state;
        FILE *file = fopen(r->path, "w");
        assert_non_null(file);
        assert_int_equal(simulate_write(file, scenarios[i / 2], 50, 7, 1761300000000,
                                        i % 2 ? SIMULATE_CSV : SIMULATE_JSON),
                         ERR_OK);
        fclose(file);
        struct source_options options = {.kind = SOURCE_DATASET,
                                         .path = r->path,
                                         .speed = INFINITY};
        run(r, &options);
        struct simulate model;
        struct reading readings[SIMULATE_PROPERTIES_MAX];
        assert_int_equal(simulate_init(&model, scenarios[i / 2], 7, 0), ERR_OK);
        assert_int_equal(r->moments, 50);
        assert_int_equal(r->single, 50 * simulate_read(&model, readings));
        assert_int_equal(r->first_ts_ms, 1761300000000);
        assert_string_equal(r->notices, "");
        tear_down(state);
        assert_int_equal(set_up(state), 0);
    }
    struct receiver *r = *state;
    uv_close((uv_handle_t *)&r->resume_timer, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
}

static void a_simulated_temperature_comes_at_once_and_then_every_so_often(void **state)
{
    struct receiver *r = *state;
    struct source_options options = {.kind = SOURCE_SIMULATE, .every_s = 0.02, .count = 3};
    double began_ms = (double)uv_hrtime() / 1e6;
    run(r, &options);
    assert_int_equal(r->moments, 3);
    assert_true(r->times_ms[0] - began_ms < 1000);
    assert_true(r->times_ms[2] - r->times_ms[0] >= 39);
    assert_memory_equal(r->readings, "temperature=2", 13);
    assert_int_equal(r->end_err, ERR_OK);
}

static void a_seed_repeats_its_values(void **state)
{
    struct receiver *r = *state;
    char first[TEXT_BYTES];
    struct source_options options = {
        .kind = SOURCE_SIMULATE, .scenario = "home", .every_s = 0.001, .count = 40, .seed = 9};
    run(r, &options);
    strcpy(first, r->readings);
    assert_int_equal(r->single, 40);
    tear_down(state);
    assert_int_equal(set_up(state), 0);
    r = *state;
    r->refuse_every = 4;
    run(r, &options);
    assert_string_equal(r->readings, first);
}

static void an_unknown_scenario_names_those_there_are(void **state)
{
    struct receiver *r = *state;
    struct source_options options = {.kind = SOURCE_SIMULATE, .scenario = "factory"};
    refuse_start(r, &options, ERR_NOT_FOUND,
                 "there is no scenario \"factory\"; there are: home, environment, healthcare, "
                 "industry");
}

static void a_command_prints_readings(void **state)
{
    struct receiver *r = *state;
    struct source_options options = {
        .kind = SOURCE_EXEC,
        .command = "echo '{\"type\":\"temperature\",\"value\":24.5}'; echo oops; echo "
                   "'{\"temperature\":25,\"humidity\":40}'; exit 3"};
    run(r, &options);
    assert_string_equal(r->readings, "temperature=24.5Cel;temperature=25Cel humidity=40%RH;");
    assert_string_equal(r->notices, "the command: skipped: this is not a JSON object: oops\n");
    assert_int_equal(r->end_err, ERR_CLOSED);
    assert_says(r->end, "the command ended with status 3 after 3 readings");
    assert_says(r->end, "--every SECONDS");
}

static void a_whole_document_is_read_and_the_command_run_again(void **state)
{
    struct receiver *r = *state;
    struct source_options options = {
        .kind = SOURCE_EXEC,
        .command = "printf '[\\n  {\\n    \"temperature\": 24.5\\n  },\\n  {\\n"
                   "    \"temperature\": 25\\n  }\\n]\\n'",
        .every_s = 0.01,
        .count = 5};
    run(r, &options);
    assert_string_equal(r->readings, "temperature=24.5Cel;temperature=25Cel;temperature=24.5Cel;"
                                     "temperature=25Cel;temperature=24.5Cel;");
    assert_int_equal(r->end_err, ERR_OK);
}

static void what_a_command_complains_of_is_escaped(void **state)
{
    struct receiver *r = *state;
    struct source_options options = {.kind = SOURCE_EXEC,
                                     .command = "printf 'bad \\033[31mred\\n' >&2"};
    run(r, &options);
    assert_string_equal(r->notices, "the command says: bad \\x1b[31mred\n");
}

static void a_refusal_holds_a_command_back_and_loses_nothing(void **state)
{
    struct receiver *r = *state;
    r->refuse_every = 7;
    struct source_options options = {
        .kind = SOURCE_EXEC,
        .command = "i=0; while [ $i -lt 2000 ]; do echo '{\"t\":'$i'}'; i=$((i+1)); done"};
    run(r, &options);
    assert_int_equal(r->moments, 2000);
    assert_int_equal(r->refusals, 2000 / 7);
}

static void a_command_that_runs_on_is_ended_with_the_source(void **state)
{
    struct receiver *r = *state;
    char command[256];
    snprintf(command, sizeof command,
             "trap '' TERM; echo $$ > %s; echo '{\"t\":1}'; while :; do sleep 0.05; done", r->path);
    r->stop_after = 1;
    struct source_options options = {.kind = SOURCE_EXEC, .command = command};
    run(r, &options);
    assert_int_equal(r->moments, 1);
    assert_int_equal(r->ends, 0);
    int pid = 0;
    FILE *file = fopen(r->path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    assert_int_equal(kill((pid_t)pid, 0), -1);
}

static void count_ends_a_command_that_runs_on(void **state)
{
    struct receiver *r = *state;
    struct source_options options = {.kind = SOURCE_EXEC,
                                     .command = "while :; do echo '{\"t\":1}'; done",
                                     .count = 3};
    run(r, &options);
    assert_int_equal(r->moments, 3);
    assert_int_equal(r->end_err, ERR_OK);
}

/* Runs the source with this as its standard input. */
static void run_with_input(struct receiver *r, int fd, const struct source_options *options)
{
    int kept = dup(0);
    assert_true(kept > 0);
    assert_int_equal(dup2(fd, 0), 0);
    close(fd);
    run(r, options);
    assert_int_equal(dup2(kept, 0), 0);
    close(kept);
}

static void standard_input_may_be_a_pipe(void **state)
{
    struct receiver *r = *state;
    int fds[2];
    static const char text[] = "{\"t\":1}\n{\"t\":2}";
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], text, sizeof text - 1), sizeof text - 1);
    close(fds[1]);
    struct source_options options = {.kind = SOURCE_STDIN};
    run_with_input(r, fds[0], &options);
    assert_string_equal(r->readings, "temperature=1Cel;temperature=2Cel;");
    assert_int_equal(r->end_err, ERR_OK);
    assert_says(r->end, "standard input has ended after 2 readings");
}

static void standard_input_may_be_a_file(void **state)
{
    struct receiver *r = *state;
    FILE *file = fopen(r->path, "w+");
    assert_non_null(file);
    for (int i = 0; i < 20000; i++)
        fprintf(file, "{\"humidity\":%d}\n", i % 100);
    fflush(file);
    rewind(file);
    r->refuse_every = 1000;
    struct source_options options = {.kind = SOURCE_STDIN};
    run_with_input(r, dup(fileno(file)), &options);
    fclose(file);
    assert_int_equal(r->moments, 20000);
}

#define on_a_loop(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
        on_a_loop(a_simulated_temperature_comes_at_once_and_then_every_so_often),
        on_a_loop(a_seed_repeats_its_values),
        on_a_loop(an_unknown_scenario_names_those_there_are),
        on_a_loop(a_command_prints_readings),
        on_a_loop(a_whole_document_is_read_and_the_command_run_again),
        on_a_loop(what_a_command_complains_of_is_escaped),
        on_a_loop(a_refusal_holds_a_command_back_and_loses_nothing),
        on_a_loop(a_command_that_runs_on_is_ended_with_the_source),
        on_a_loop(count_ends_a_command_that_runs_on),
        on_a_loop(standard_input_may_be_a_pipe),
        on_a_loop(standard_input_may_be_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
