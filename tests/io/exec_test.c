#include "io/exec.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_BYTES = 65536 };

struct watcher {
    uv_loop_t loop;
    struct exec *exec;
    char output[TEXT_BYTES];
    char talk[TEXT_BYTES];
    size_t output_size;
    size_t ends;
    struct exec_end end;
    bool free_at_output;
};

static void on_output(void *context, const char *bytes, size_t size)
{
    struct watcher *w = context;
    if (w->output_size + size < TEXT_BYTES) {
        memcpy(w->output + w->output_size, bytes, size);
        w->output_size += size;
    }
    if (!w->free_at_output)
        return;
    exec_free(w->exec);
    w->exec = NULL;
}

static void on_talk(void *context, struct span line)
{
    struct watcher *w = context;
    size_t size = strlen(w->talk);
    snprintf(w->talk + size, TEXT_BYTES - size, "[%.*s]", (int)line.size, line.bytes);
}

static void on_end(void *context, const struct exec_end *end)
{
    struct watcher *w = context;
    w->ends++;
    w->end = *end;
    exec_free(w->exec);
    w->exec = NULL;
}

static int set_up(void **state)
{
    struct watcher *w = calloc(1, sizeof *w);
    *state = w;
    return w ? uv_loop_init(&w->loop) : -1;
}

static int tear_down(void **state)
{
    struct watcher *w = *state;
    int result = uv_loop_close(&w->loop); /* fails while a handle is open */
    free(w);
    return result;
}

static void run(struct watcher *w, const struct exec_options *options)
{
    const struct exec_handler handler = {w, on_output, on_talk, on_end};
    const char *reason;
    assert_int_equal(exec_new(&w->exec, &w->loop, options, &handler, &reason), ERR_OK);
    uv_run(&w->loop, UV_RUN_DEFAULT);
}

static void output_talk_and_status_arrive(void **state)
{
    struct watcher *w = *state;
    struct exec_options options = {.command = "echo out; echo one >&2; printf two >&2; exit 3"};
    run(w, &options);
    assert_string_equal(w->output, "out\n");
    assert_string_equal(w->talk, "[one][two]");
    assert_int_equal(w->ends, 1);
    assert_int_equal(w->end.status, 3);
    assert_int_equal(w->end.signal, 0);
    assert_false(w->end.timed_out);
}

static void python_is_told_not_to_buffer(void **state)
{
    struct watcher *w = *state;
    unsetenv("PYTHONUNBUFFERED");
    struct exec_options options = {.command = "printf %s \"$PYTHONUNBUFFERED\""};
    run(w, &options);
    assert_string_equal(w->output, "1");
}

static void variables_are_added_and_replace_ours(void **state)
{
    struct watcher *w = *state;
    static const char *const variables[] = {"KITH_TEST_A=new", "KITH_TEST_B=b=c"};
    setenv("KITH_TEST_A", "old", 1);
    setenv("KITH_TEST_AB", "kept", 1);
    setenv("PYTHONUNBUFFERED", "0", 1);
    struct exec_options options = {
        .command = "echo $KITH_TEST_A $KITH_TEST_AB $KITH_TEST_B $PYTHONUNBUFFERED; env | grep -c "
                   "KITH_TEST_A=",
        .variables = variables,
        .variable_count = 2};
    run(w, &options);
    unsetenv("KITH_TEST_A");
    unsetenv("KITH_TEST_AB");
    unsetenv("PYTHONUNBUFFERED");
    assert_string_equal(w->output, "new kept b=c 1\n1\n");
}

static void it_has_a_group_of_its_own_and_no_input(void **state)
{
    struct watcher *w = *state;
    struct exec_options options = {
        .command = "[ $(ps -o pgid= -p $$) = $$ ] && echo leader; cat; echo end"};
    run(w, &options);
    assert_string_equal(w->output, "leader\nend\n");
}

static void a_command_that_is_not_there_ends_with_127(void **state)
{
    struct watcher *w = *state;
    struct exec_options options = {.command = "no-such-command-here"};
    run(w, &options);
    assert_int_equal(w->end.status, 127);
    assert_non_null(strstr(w->talk, "no-such-command-here"));
}

static void its_time_is_bounded(void **state)
{
    struct watcher *w = *state;
    struct exec_options options = {.command = "exec cat /dev/zero >/dev/null", .time_max_ms = 30};
    run(w, &options);
    assert_true(w->end.timed_out);
    assert_int_equal(w->end.signal, SIGTERM);
}

static void who_does_not_listen_is_killed(void **state)
{
    struct watcher *w = *state;
    struct exec_options options = {
        .command = "trap '' TERM; cat /dev/zero >/dev/null & cat /dev/zero >/dev/null; wait",
        .time_max_ms = 30};
    uint64_t began_ms = uv_hrtime() / 1000000;
    run(w, &options);
    assert_true(w->end.timed_out);
    assert_int_equal(w->end.signal, SIGKILL);
    assert_in_range(uv_hrtime() / 1000000 - began_ms, EXEC_KILL_MS, EXEC_KILL_MS + 3000);
}

static long first_number(const char *text)
{
    return strtol(text, NULL, 10);
}

static void freeing_it_ends_the_whole_group(void **state)
{
    struct watcher *w = *state;
    w->free_at_output = true;
    struct exec_options options = {.command = "cat /dev/zero >/dev/null & echo $!; wait"};
    run(w, &options);
    assert_int_equal(w->ends, 0);
    pid_t grandchild = (pid_t)first_number(w->output);
    assert_true(grandchild > 1);
    /* It was ended; whoever inherited it may not have reaped it yet. */
    char path[64];
    char stat[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)grandchild);
    FILE *file = fopen(path, "r");
    if (file) {
        assert_non_null(fgets(stat, sizeof stat, file));
        fclose(file);
        assert_non_null(strstr(stat, ") Z"));
    }
}

static void who_is_left_behind_does_not_delay_the_end_for_long(void **state)
{
    struct watcher *w = *state;
    struct exec_options options = {.command = "(cat /dev/zero | tail -c 1) & echo begun"};
    uint64_t began_ms = uv_hrtime() / 1000000;
    run(w, &options);
    assert_int_equal(w->ends, 1);
    assert_string_equal(w->output, "begun\n");
    assert_in_range(uv_hrtime() / 1000000 - began_ms, EXEC_LINGER_MS, EXEC_LINGER_MS + 3000);
}

static void a_long_line_of_talk_comes_in_pieces(void **state)
{
    struct watcher *w = *state;
    struct exec_options options = {
        .command = "head -c 1024 /dev/zero | tr '\\0' a >&2; echo >&2; head -c 1025 /dev/zero | tr "
                   "'\\0' b >&2; echo >&2"};
    run(w, &options);
    assert_int_equal(strlen(w->talk), 1024 + 1025 + 6);
    assert_int_equal(w->talk[1025], ']');
    assert_non_null(strstr(w->talk, "b][b]"));
}

static void on_resume(uv_timer_t *timer)
{
    struct watcher *w = timer->data;
    if (w->output_size == 0)
        return;
    assert_true(w->output_size <= 2 * 16384);
    exec_resume(w->exec);
    uv_close((uv_handle_t *)timer, NULL);
}

static void on_first_output(void *context, const char *bytes, size_t size)
{
    struct watcher *w = context;
    if (w->output_size == 0)
        exec_pause(w->exec);
    (void)bytes;
    w->output_size += size;
}

static void paused_it_waits_and_loses_nothing(void **state)
{
    struct watcher *w = *state;
    const struct exec_handler handler = {w, on_first_output, on_talk, on_end};
    struct exec_options options = {.command = "head -c 1000000 /dev/zero"};
    const char *reason;
    uv_timer_t timer;
    uv_timer_init(&w->loop, &timer);
    timer.data = w;
    uv_timer_start(&timer, on_resume, 50, 50);
    assert_int_equal(exec_new(&w->exec, &w->loop, &options, &handler, &reason), ERR_OK);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(w->output_size, 1000000);
    assert_int_equal(w->ends, 1);
}

#define on_a_loop(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(output_talk_and_status_arrive),
        on_a_loop(python_is_told_not_to_buffer),
        on_a_loop(variables_are_added_and_replace_ours),
        on_a_loop(it_has_a_group_of_its_own_and_no_input),
        on_a_loop(a_command_that_is_not_there_ends_with_127),
        on_a_loop(its_time_is_bounded),
        on_a_loop(who_does_not_listen_is_killed),
        on_a_loop(freeing_it_ends_the_whole_group),
        on_a_loop(who_is_left_behind_does_not_delay_the_end_for_long),
        on_a_loop(a_long_line_of_talk_comes_in_pieces),
        on_a_loop(paused_it_waits_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
