#include "io/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void want_of_memory_is_said_and_ends_the_process_with_1(void **state)
{
    (void)state;
    int ends[2], status = 0;
    char said[128] = "";
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        memory_must(state == NULL);
        _exit(0);
    }
    close(ends[1]);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_string_equal(said, "kith: out of memory; start again with more of it\n");
}

static void what_is_there_ends_nothing(void **state)
{
    memory_must(state != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(want_of_memory_is_said_and_ends_the_process_with_1),
        cmocka_unit_test(what_is_there_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
