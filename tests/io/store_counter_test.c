#include "io/store_counter.h"

#include "temp_folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    struct temp_folder folder;
    char path[96];
};

static struct place make(void)
{
    struct place p;
    temp_folder_make(&p.folder);
    snprintf(p.path, sizeof p.path, "%s/c", p.folder.path);
    return p;
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 4096, (UINT64_C(1) << 33) - 1, UINT64_MAX};
    struct place p = make();
    uint64_t value = 0;
    struct stat status;
    assert_int_equal(store_counter_read(p.path, &value), ERR_NOT_FOUND);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        assert_int_equal(store_counter_write(p.path, values[i]), ERR_OK);
        assert_int_equal(store_counter_read(p.path, &value), ERR_OK);
        assert_true(value == values[i]);
    }
    assert_int_equal(stat(p.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    temp_folder_remove(&p.folder);
}

static void every_damaged_byte_and_every_torn_write_is_found(void **state)
{
    (void)state;
    struct place p = make();
    char line[64];
    assert_int_equal(store_counter_write(p.path, 1234567), ERR_OK);
    int fd = open(p.path, O_RDWR);
    ssize_t size = pread(fd, line, sizeof line, 0);
    assert_true(size > 30);
    uint64_t value = 77;
    for (ssize_t i = 0; i < size; i++) {
        char wrong = (char)(line[i] ^ 1);
        assert_int_equal(pwrite(fd, &wrong, 1, i), 1);
        assert_int_equal(store_counter_read(p.path, &value), ERR_CORRUPT);
        assert_int_equal(pwrite(fd, line + i, 1, i), 1);
        assert_int_equal(store_counter_read(p.path, &value), ERR_OK);
    }
    while (size-- > 0) {
        value = 77;
        assert_int_equal(ftruncate(fd, size), 0);
        assert_int_equal(store_counter_read(p.path, &value), ERR_CORRUPT);
        assert_int_equal(value, 77);
    }
    close(fd);
    temp_folder_remove(&p.folder);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(store_counter_write("/nonexistent/kith/c", 1), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(every_damaged_byte_and_every_torn_write_is_found),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
