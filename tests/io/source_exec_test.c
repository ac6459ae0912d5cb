#include "source_receiver.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void a_command_prints_readings(void **state)
{
    struct source_receiver *r = *state;
    struct source_options options = {
        .kind = SOURCE_EXEC,
        .command = "echo '{\"type\":\"temperature\",\"value\":24.5}'; echo oops; echo "
                   "'{\"temperature\":25,\"humidity\":40}'; exit 3"};
    source_receiver_run(r, &options);
    assert_string_equal(r->readings, "temperature=24.5Cel;temperature=25Cel humidity=40%RH;");
    assert_string_equal(r->notices, "the command: skipped: this is not a JSON object: oops\n");
    assert_int_equal(r->end_err, ERR_CLOSED);
    source_receiver_says(r->end, "the command ended with status 3 after 3 readings");
    source_receiver_says(r->end, "--every SECONDS");
}

static void a_whole_document_is_read_and_the_command_run_again(void **state)
{
    struct source_receiver *r = *state;
    struct source_options options = {
        .kind = SOURCE_EXEC,
        .command = "printf '[\\n  {\\n    \"temperature\": 24.5\\n  },\\n  {\\n"
                   "    \"temperature\": 25\\n  }\\n]\\n'",
        .every_s = 0.01,
        .count = 5};
    source_receiver_run(r, &options);
    assert_string_equal(r->readings, "temperature=24.5Cel;temperature=25Cel;temperature=24.5Cel;"
                                     "temperature=25Cel;temperature=24.5Cel;");
    assert_int_equal(r->end_err, ERR_OK);
}

static void what_a_command_complains_of_is_escaped(void **state)
{
    struct source_receiver *r = *state;
    struct source_options options = {.kind = SOURCE_EXEC,
                                     .command = "printf 'bad \\033[31mred\\n' >&2"};
    source_receiver_run(r, &options);
    assert_string_equal(r->notices, "the command says: bad \\x1b[31mred\n");
}

static void a_refusal_holds_a_command_back_and_loses_nothing(void **state)
{
    struct source_receiver *r = *state;
    r->refuse_every = 7;
    struct source_options options = {
        .kind = SOURCE_EXEC,
        .command = "i=0; while [ $i -lt 2000 ]; do echo '{\"t\":'$i'}'; i=$((i+1)); done"};
    source_receiver_run(r, &options);
    assert_int_equal(r->moments, 2000);
    assert_int_equal(r->refusals, 2000 / 7);
}

static void a_command_that_runs_on_is_ended_with_the_source(void **state)
{
    struct source_receiver *r = *state;
    char command[256];
    snprintf(command, sizeof command,
             "trap '' TERM; echo $$ > %s; echo '{\"t\":1}'; while :; do sleep 0.05; done", r->path);
    r->stop_after = 1;
    struct source_options options = {.kind = SOURCE_EXEC, .command = command};
    source_receiver_run(r, &options);
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
    struct source_receiver *r = *state;
    struct source_options options = {.kind = SOURCE_EXEC,
                                     .command = "while :; do echo '{\"t\":1}'; done",
                                     .count = 3};
    source_receiver_run(r, &options);
    assert_int_equal(r->moments, 3);
    assert_int_equal(r->end_err, ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(a_command_prints_readings),
        on_a_loop(a_whole_document_is_read_and_the_command_run_again),
        on_a_loop(what_a_command_complains_of_is_escaped),
        on_a_loop(a_refusal_holds_a_command_back_and_loses_nothing),
        on_a_loop(a_command_that_runs_on_is_ended_with_the_source),
        on_a_loop(count_ends_a_command_that_runs_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
