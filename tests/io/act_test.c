#include "io/act.h"

#include "temp_folder.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_BYTES = 8192, COMMAND_BYTES = 256, CHANGES_MAX = 64 };

struct desk {
    uv_loop_t loop;
    uv_timer_t look;
    struct temp_folder folder;
    struct act *act;
    char log[128]; /* what the commands write */
    char failures[TEXT_BYTES];
    char done[TEXT_BYTES];
    long pid;
};

static void on_failed(void *context, const char *text)
{
    struct desk *d = context;
    size_t size = strlen(d->failures);
    snprintf(d->failures + size, TEXT_BYTES - size, "[%s]", text);
}

static void on_done(void *context, uint64_t serial, bool failed)
{
    struct desk *d = context;
    size_t size = strlen(d->done);
    snprintf(d->done + size, TEXT_BYTES - size, "%s%llu ", failed ? "!" : "",
             (unsigned long long)serial);
}

static int set_up(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    *state = d;
    if (d == NULL)
        return -1;
    temp_folder_make(&d->folder);
    snprintf(d->log, sizeof d->log, "%s/log", d->folder.path);
    return uv_loop_init(&d->loop);
}

static int tear_down(void **state)
{
    struct desk *d = *state;
    int result = uv_loop_close(&d->loop); /* fails while a handle is open */
    temp_folder_remove(&d->folder);
    free(d);
    return result;
}

/* The command's %s is the log. */
static void open_act(struct desk *d, const char *command)
{
    char text[COMMAND_BYTES + sizeof d->log];
    const char *place = strstr(command, "%s");
    assert_non_null(place);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(place - command), command, d->log, place + 2);
    assert_int_equal(act_open(&d->act, &d->loop, "actuator1", text,
                              &(struct act_handler){d, on_failed, on_done}),
                     ERR_OK);
}

static void run_and_close(struct desk *d)
{
    uv_run(&d->loop, UV_RUN_DEFAULT);
    act_close(d->act);
    uv_run(&d->loop, UV_RUN_DEFAULT);
}

static void assert_log(const struct desk *d, const char *expected)
{
    char text[TEXT_BYTES];
    FILE *file = fopen(d->log, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static void a_change_runs_the_command_with_what_changed(void **state)
{
    struct desk *d = *state;
    setenv("KITH_VALUE", "somebody else's", 1);
    open_act(d, "echo $KITH_DEVICE $KITH_PROPERTY $KITH_VALUE >>%s");
    act_change(d->act, SPAN("fan"), SPAN("on"));
    run_and_close(d);
    unsetenv("KITH_VALUE");
    assert_log(d, "actuator1 fan on\n");
    assert_string_equal(d->failures, "");
    assert_string_equal(d->done, "");
}

static void of_changes_that_wait_the_last_of_a_property_counts(void **state)
{
    struct desk *d = *state;
    open_act(d, "echo $KITH_PROPERTY $KITH_VALUE >>%s");
    act_change(d->act, SPAN("fan"), SPAN("1")); /* runs */
    act_change(d->act, SPAN("fan"), SPAN("2"));
    act_change(d->act, SPAN("light"), SPAN("on"));
    act_change(d->act, SPAN("fan"), SPAN("3"));
    run_and_close(d);
    assert_log(d, "fan 1\nfan 3\nlight on\n");
}

static void no_one_shot_is_left_out(void **state)
{
    struct desk *d = *state;
    open_act(d, "echo $KITH_VALUE >>%s; [ $KITH_VALUE != 2 ]");
    for (uint64_t i = 1; i <= 3; i++) {
        char value = (char)('0' + i);
        assert_int_equal(act_run(d->act, i, SPAN("beep"), (struct span){&value, 1}), ERR_OK);
    }
    run_and_close(d);
    assert_log(d, "1\n2\n3\n");
    assert_string_equal(d->done, "1 !2 3 ");
    assert_string_equal(d->failures, "[beep = 2: the command ended with status 1]");
}

static void its_failure_is_told(void **state)
{
    struct desk *d = *state;
    open_act(d, "echo >%s; [ $KITH_VALUE = off ] && exit 7; kill -9 $$");
    act_change(d->act, SPAN("fan"), SPAN("off"));
    act_change(d->act, SPAN("light"), SPAN("on"));
    run_and_close(d);
    assert_string_equal(d->failures, "[fan = off: the command ended with status 7]"
                                     "[light = on: the command was ended by signal 9]");
}

/* Gone, or not yet reaped by whoever inherited it. */
static bool has_ended(long pid)
{
    char path[64], name[64] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    bool read = fscanf(file, "%*d %*s %63s", name) == 1;
    fclose(file);
    return !read || strcmp(name, "Z") == 0;
}

static void what_it_leaves_behind_ends_with_it(void **state)
{
    struct desk *d = *state;
    open_act(d, "sleep 600 & echo $! >%s");
    act_change(d->act, SPAN("fan"), SPAN("on"));
    run_and_close(d);
    FILE *file = fopen(d->log, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &d->pid), 1);
    fclose(file);
    while (!has_ended(d->pid)) /* the signal is on its way */
        sched_yield();
}

static void look(uv_timer_t *timer)
{
    struct desk *d = timer->data;
    FILE *file = fopen(d->log, "r");
    if (file == NULL)
        return;
    if (fscanf(file, "%ld", &d->pid) == 1) {
        act_close(d->act);
        uv_close((uv_handle_t *)timer, NULL);
    }
    fclose(file);
}

static void closing_ends_what_runs(void **state)
{
    struct desk *d = *state;
    open_act(d, "echo $$ >%s; exec sleep 600");
    act_change(d->act, SPAN("fan"), SPAN("on"));
    act_change(d->act, SPAN("fan"), SPAN("off")); /* is not begun any more */
    uv_timer_init(&d->loop, &d->look);
    d->look.data = d;
    uv_timer_start(&d->look, look, 1, 1);
    uv_run(&d->loop, UV_RUN_DEFAULT);
    assert_int_equal(kill((pid_t)d->pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_string_equal(d->failures, "");
}

static void what_waits_is_bounded(void **state)
{
    struct desk *d = *state;
    open_act(d, "echo >>%s");
    assert_int_equal(act_run(d->act, 1, SPAN("beep"), SPAN("")), ERR_OK); /* runs */
    for (uint64_t i = 0; i < CHANGES_MAX; i++)
        assert_int_equal(act_run(d->act, 2 + i, SPAN("beep"), SPAN("")), ERR_OK);
    assert_int_equal(act_run(d->act, 99, SPAN("beep"), SPAN("")), ERR_FULL);
    act_change(d->act, SPAN("fan"), SPAN("on"));
    assert_string_equal(d->failures, "[too many changes wait for the command; one is left out]");
    act_close(d->act);
    uv_run(&d->loop, UV_RUN_DEFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_runs_the_command_with_what_changed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(of_changes_that_wait_the_last_of_a_property_counts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_one_shot_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_failure_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_leaves_behind_ends_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_ends_what_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_is_bounded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
