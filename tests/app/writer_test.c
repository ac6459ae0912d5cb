#include "app/writer.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pipe_ends {
    int in, out;
};

static int a_pipe(void **state)
{
    static struct pipe_ends ends;
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    if (pipe(fds) != 0)
        return -1;
    ends = (struct pipe_ends){fds[0], fds[1]};
    *state = &ends;
    return 0;
}

static int close_pipe(void **state)
{
    struct pipe_ends *ends = *state;
    close(ends->out);
    if (ends->in >= 0)
        close(ends->in);
    return 0;
}

/* Reads what there is without waiting for more. */
static size_t drain(int fd, char *out, size_t capacity)
{
    size_t size = 0;
    fd_set set;
    for (;;) {
        struct timeval none = {0, 0};
        FD_ZERO(&set);
        FD_SET(fd, &set);
        if (select(fd + 1, &set, NULL, NULL, &none) != 1)
            return size;
        ssize_t n = read(fd, out + size, capacity - size);
        assert_true(n > 0);
        size += (size_t)n;
    }
}

static void nothing_is_written_before_the_flush(void **state)
{
    struct pipe_ends *ends = *state;
    struct writer w;
    char text[64];
    writer_init(&w, ends->out);
    writer_put(&w, SPAN("one\n"));
    writer_put(&w, SPAN("two\n"));
    assert_int_equal(drain(ends->in, text, sizeof text), 0);
    assert_true(writer_flush(&w));
    assert_int_equal(drain(ends->in, text, sizeof text), 8);
    assert_memory_equal(text, "one\ntwo\n", 8);
    writer_fini(&w, 0);
}

static void a_reader_that_has_gone_is_told(void **state)
{
    struct pipe_ends *ends = *state;
    struct writer w;
    writer_init(&w, ends->out);
    close(ends->in);
    ends->in = -1;
    writer_put(&w, SPAN("one\n"));
    assert_false(writer_flush(&w));
    writer_put(&w, SPAN("two\n"));
    assert_false(writer_flush(&w));
    assert_int_equal(w.dropped, 0);
    writer_fini(&w, 0);
}

/* A pipe holds 64 KiB, the writer 1 MiB; what is more is dropped whole, and nothing waits long. */
static void a_reader_that_has_stopped_stops_nobody(void **state)
{
    struct pipe_ends *ends = *state;
    struct writer w;
    char line[1024];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    writer_init(&w, ends->out);
    for (int i = 0; i < 4096; i++) {
        writer_put(&w, (struct span){line, sizeof line});
        assert_true(writer_flush(&w));
    }
    assert_true(w.stuck);
    assert_true(w.dropped > 2048 && w.dropped < 4096);
    uint64_t kept = 4096 - w.dropped;
    char *text = malloc(4096 * sizeof line);
    assert_non_null(text);
    size_t size = 0;
    while (w.size > 0) {
        size += drain(ends->in, text + size, 4096 * sizeof line - size);
        assert_true(writer_flush(&w));
    }
    size += drain(ends->in, text + size, 4096 * sizeof line - size);
    assert_int_equal(size, kept * sizeof line);
    for (size_t i = 0; i < kept; i++)
        assert_memory_equal(text + i * sizeof line, line, sizeof line);
    assert_false(w.stuck);
    free(text);
    writer_fini(&w, 0);
}

static void the_end_waits_a_bounded_time(void **state)
{
    struct pipe_ends *ends = *state;
    struct writer w;
    char *block = calloc(1, WRITER_BYTES_MAX / 2);
    assert_non_null(block);
    writer_init(&w, ends->out);
    writer_put(&w, (struct span){block, WRITER_BYTES_MAX / 2});
    writer_fini(&w, 1);
    free(block);
    char text[65536];
    assert_int_equal(drain(ends->in, text, sizeof text), sizeof text);
}

static void a_line_of_the_bound_fits_and_a_longer_one_does_not(void **state)
{
    struct pipe_ends *ends = *state;
    struct writer w;
    char *block = calloc(1, WRITER_BYTES_MAX + 1);
    assert_non_null(block);
    writer_init(&w, ends->out);
    writer_put(&w, (struct span){block, WRITER_BYTES_MAX + 1});
    assert_int_equal(w.dropped, 1);
    writer_put(&w, (struct span){block, WRITER_BYTES_MAX});
    assert_int_equal(w.dropped, 1);
    assert_int_equal(w.size, WRITER_BYTES_MAX);
    free(block);
    writer_fini(&w, 0);
}

static void a_file_takes_all_at_once(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    struct writer w;
    writer_init(&w, fileno(file));
    for (int i = 0; i < 1000; i++)
        writer_put(&w, SPAN("a line of some length\n"));
    assert_true(writer_flush(&w));
    assert_int_equal(w.size, 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 22000);
    writer_fini(&w, 0);
    fclose(file);
}

/* /dev/full says ENOSPC to every write. */
static void a_full_disk_is_no_reader_that_has_gone(void **state)
{
    (void)state;
    struct writer w;
    int full = open("/dev/full", O_WRONLY);
    FILE *file = tmpfile();
    assert_true(full >= 0);
    assert_non_null(file);
    writer_init(&w, full);
    writer_put(&w, SPAN("one\n"));
    assert_true(writer_flush(&w));
    assert_int_equal(w.error, ENOSPC);
    assert_int_equal(w.size, 4);
    assert_int_equal(dup2(fileno(file), full), full); /* there is room again */
    assert_true(writer_flush(&w));
    assert_int_equal(w.error, 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 4);
    writer_fini(&w, 0);
    close(full);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_written_before_the_flush, a_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(a_reader_that_has_gone_is_told, a_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(a_reader_that_has_stopped_stops_nobody, a_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(the_end_waits_a_bounded_time, a_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(a_line_of_the_bound_fits_and_a_longer_one_does_not, a_pipe,
                                        close_pipe),
        cmocka_unit_test(a_file_takes_all_at_once),
        cmocka_unit_test(a_full_disk_is_no_reader_that_has_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
