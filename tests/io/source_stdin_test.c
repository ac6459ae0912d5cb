#include "source_receiver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static void run_with_input(struct source_receiver *r, int fd, const struct source_options *options)
{
    int kept = dup(0);
    assert_true(kept > 0);
    assert_int_equal(dup2(fd, 0), 0);
    close(fd);
    source_receiver_run(r, options);
    assert_int_equal(dup2(kept, 0), 0);
    close(kept);
}

static void standard_input_may_be_a_pipe(void **state)
{
    struct source_receiver *r = *state;
    int fds[2];
    static const char text[] = "{\"t\":1}\n{\"t\":2}";
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], text, sizeof text - 1), sizeof text - 1);
    close(fds[1]);
    struct source_options options = {.kind = SOURCE_STDIN};
    run_with_input(r, fds[0], &options);
    assert_string_equal(r->readings, "temperature=1Cel;temperature=2Cel;");
    assert_int_equal(r->end_err, ERR_OK);
    source_receiver_says(r->end, "standard input has ended after 2 readings");
}

static void standard_input_may_be_a_file(void **state)
{
    struct source_receiver *r = *state;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(standard_input_may_be_a_pipe),
        on_a_loop(standard_input_may_be_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
