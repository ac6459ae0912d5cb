#define _GNU_SOURCE
#include "io/file.h"
#include "temp_folder.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct temp_folder folder;

static const char *at(const char *name)
{
    static char path[FILE_PATH_MAX];
    assert_int_equal(file_path(path, "%s/%s", folder.path, name), ERR_OK);
    return path;
}

static void assert_holds(const char *name, const char *text)
{
    char *bytes = NULL;
    size_t size = 0;
    assert_int_equal(file_read(at(name), 1000, &bytes, &size), ERR_OK);
    assert_int_equal(size, strlen(text));
    assert_string_equal(bytes, text);
    file_wipe(bytes, size);
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *d = opendir(folder.path);
    for (struct dirent *e; (e = readdir(d));) {
        count += e->d_name[0] != '.';
    }
    closedir(d);
    return count;
}

static void a_written_file_is_replaced_whole_and_leaves_nothing_beside_it(void **state)
{
    (void)state;
    assert_int_equal(file_write(at("f"), SPAN("first, and longer"), FILE_DURABLE), ERR_OK);
    assert_int_equal(file_write(at("f"), SPAN("second"), FILE_LOOSE), ERR_OK);
    assert_holds("f", "second");
    assert_int_equal(count_files(), 1);
}

static void a_write_that_fails_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(file_make_folder(at("f/full")), ERR_OK);
    assert_int_equal(file_write(at("f"), SPAN("text"), FILE_DURABLE), ERR_IO); /* a folder */
    assert_int_equal(errno, EISDIR);
    assert_int_equal(file_write(at("no/f"), SPAN("text"), FILE_DURABLE), ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(count_files(), 1);
}

static void a_file_at_the_bound_is_read_and_one_beyond_is_not(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t size = 0;
    assert_int_equal(file_write(at("f"), SPAN("12345"), FILE_LOOSE), ERR_OK);
    assert_int_equal(file_read(at("f"), 4, &bytes, &size), ERR_SIZE);
    assert_null(bytes);
    assert_int_equal(file_read(at("f"), 5, &bytes, &size), ERR_OK);
    assert_int_equal(size, 5);
    file_wipe(bytes, size);
    assert_int_equal(file_read(at("none"), 5, &bytes, &size), ERR_NOT_FOUND);
}

static void a_pipe_is_read_to_its_end_and_no_further_than_the_bound(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t size = 0;
    int ends[2];
    char path[32];
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_int_equal(write(ends[1], "12345", 5), 5);
    assert_int_equal(file_read(path, 4, &bytes, &size), ERR_SIZE);
    assert_null(bytes);
    assert_int_equal(write(ends[1], "67890", 5), 5);
    close(ends[1]);
    assert_int_equal(file_read(path, 100, &bytes, &size), ERR_OK);
    assert_string_equal(bytes, "67890");
    file_wipe(bytes, size);
    close(ends[0]);
    assert_int_equal(file_read("/dev/zero", 100, &bytes, &size), ERR_SIZE);
    assert_int_equal(file_read(folder.path, 100, &bytes, &size), ERR_IO);
}

static void a_secret_is_read_only_while_it_is_one(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t size = 0;
    assert_int_equal(file_write(at("f"), SPAN("key"), FILE_DURABLE), ERR_OK);
    assert_int_equal(file_read_secret(at("f"), 5, &bytes, &size), ERR_OK);
    file_wipe(bytes, size);
    for (mode_t bit = 1; bit <= 040; bit <<= 1) {
        assert_int_equal(chmod(at("f"), 0600 | bit), 0);
        assert_int_equal(file_read_secret(at("f"), 5, &bytes, &size), ERR_DENIED);
    }
}

static void folders_are_made_with_those_above_them_for_their_owner_only(void **state)
{
    (void)state;
    struct stat status;
    assert_int_equal(file_make_folder(at("a/b/c")), ERR_OK);
    assert_int_equal(file_make_folder(at("a/b/c")), ERR_OK);
    assert_int_equal(stat(at("a"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(stat(at("a/b/c"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(file_write(at("file"), SPAN(""), FILE_LOOSE), ERR_OK);
    assert_int_equal(file_make_folder(at("file")), ERR_IO);
    assert_int_equal(file_make_folder(at("file/below")), ERR_IO);
}

static void a_lock_has_one_holder_until_it_is_given_up(void **state)
{
    (void)state;
    int one = -1, two = -1;
    assert_int_equal(file_lock(at("lock"), 0, &one), ERR_OK);
    assert_int_equal(file_lock(at("lock"), 10, &two), ERR_BUSY);
    assert_int_equal(two, -1);
    file_unlock(one);
    assert_int_equal(file_lock(at("lock"), 0, &two), ERR_OK);
    file_unlock(two);
    file_unlock(-1);
    assert_int_equal(file_lock(at("no/lock"), 0, &one), ERR_IO);
}

static void a_path_at_the_bound_fits_and_one_beyond_does_not(void **state)
{
    (void)state;
    char path[FILE_PATH_MAX];
    assert_int_equal(file_path(path, "%*s", FILE_PATH_MAX - 1, "x"), ERR_OK);
    assert_int_equal(file_path(path, "%*s", FILE_PATH_MAX, "x"), ERR_SIZE);
}

static int make(void **state)
{
    (void)state;
    temp_folder_make(&folder);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    temp_folder_remove(&folder);
    return 0;
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_written_file_is_replaced_whole_and_leaves_nothing_beside_it),
        WITH_FOLDER(a_write_that_fails_leaves_the_old_file_and_nothing_else),
        WITH_FOLDER(a_file_at_the_bound_is_read_and_one_beyond_is_not),
        WITH_FOLDER(a_pipe_is_read_to_its_end_and_no_further_than_the_bound),
        WITH_FOLDER(a_secret_is_read_only_while_it_is_one),
        WITH_FOLDER(folders_are_made_with_those_above_them_for_their_owner_only),
        WITH_FOLDER(a_lock_has_one_holder_until_it_is_given_up),
        cmocka_unit_test(a_path_at_the_bound_fits_and_one_beyond_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
