#include "app/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const variables[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
                                        "XDG_RUNTIME_DIR"};

static int a_home(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(variables); i++)
        unsetenv(variables[i]);
    return setenv("HOME", "/home/ada", 1);
}

static void without_xdg_variables_the_folders_are_in_the_home(void **state)
{
    (void)state;
    struct paths p;
    assert_int_equal(paths_init(&p, NULL), ERR_OK);
    assert_string_equal(p.config, "/home/ada/.config/kith");
    assert_string_equal(p.data, "/home/ada/.local/share/kith");
    assert_string_equal(p.state, "/home/ada/.local/state/kith");
    assert_string_equal(p.runtime, "/home/ada/.local/state/kith/run");
}

static void xdg_variables_count_when_they_are_absolute(void **state)
{
    (void)state;
    struct paths p;
    setenv("XDG_CONFIG_HOME", "/c", 1);
    setenv("XDG_DATA_HOME", "relative", 1);
    setenv("XDG_STATE_HOME", "", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    assert_int_equal(paths_init(&p, NULL), ERR_OK);
    assert_string_equal(p.config, "/c/kith");
    assert_string_equal(p.data, "/home/ada/.local/share/kith");
    assert_string_equal(p.state, "/home/ada/.local/state/kith");
    assert_string_equal(p.runtime, "/run/user/7/kith");
}

static void a_state_folder_holds_everything(void **state)
{
    (void)state;
    struct paths p;
    char path[FILE_PATH_MAX];
    setenv("XDG_DATA_HOME", "/d", 1);
    assert_int_equal(paths_init(&p, "here"), ERR_OK);
    assert_string_equal(p.data, "here");
    assert_string_equal(p.state, "here");
    assert_string_equal(p.runtime, "here/run");
    assert_int_equal(paths_device_config(&p, "fan", path), ERR_OK);
    assert_string_equal(path, "here/config/fan.yaml");
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct paths p;
    char longest[FILE_PATH_MAX + 1];
    memset(longest, 'a', sizeof longest);
    longest[FILE_PATH_MAX - sizeof "/config"] = '\0';
    assert_int_equal(paths_init(&p, longest), ERR_OK);
    memset(longest, 'a', sizeof longest);
    longest[FILE_PATH_MAX - sizeof "/config" + 1] = '\0';
    assert_int_equal(paths_init(&p, longest), ERR_SIZE);
}

static void without_a_home_the_user_table_knows_one(void **state)
{
    (void)state;
    unsetenv("HOME");
    const char *home = paths_home();
    assert_true(home == NULL || home[0] == '/');
    setenv("HOME", "not/absolute", 1);
    home = paths_home();
    assert_true(home == NULL || home[0] == '/');
}

static void assert_written(const char *home, const char *path, const char *expected)
{
    char memory[128];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    paths_write(&b, home, path);
    assert_int_equal(b.size, strlen(expected));
    assert_memory_equal(b.bytes, expected, b.size);
}

static void the_home_is_written_as_a_tilde(void **state)
{
    (void)state;
    assert_written("/home/ada", "/home/ada/.config", "~/.config");
    assert_written("/home/ada", "/home/ada", "~");
    assert_written("/home/ada", "/home/adam/x", "/home/adam/x");
    assert_written("/", "/etc", "/etc");
    assert_written("", "/etc", "/etc");
    assert_written(NULL, "/etc", "/etc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_xdg_variables_the_folders_are_in_the_home, a_home),
        cmocka_unit_test_setup(xdg_variables_count_when_they_are_absolute, a_home),
        cmocka_unit_test_setup(a_state_folder_holds_everything, a_home),
        cmocka_unit_test_setup(a_path_that_is_too_long_is_refused, a_home),
        cmocka_unit_test_setup(without_a_home_the_user_table_knows_one, a_home),
        cmocka_unit_test_setup(the_home_is_written_as_a_tilde, a_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
