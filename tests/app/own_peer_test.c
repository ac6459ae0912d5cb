#define _GNU_SOURCE
#include "app/own_peer.h"

#include "fake_peer.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* What it starts is its own program, so this one plays `kith run` as well: see main(). */

struct world {
    char folder[64];
    struct ask_options options;
    struct ask ask;
    struct own_peer peer;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->folder, sizeof w->folder, "/tmp/kith-own-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    w->options.state_dir = w->folder;
    w->ask.fd = -1;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    ask_close(&w->ask);
    own_peer_stop(&w->peer);
    fake_peer_remove(w->folder);
    free(w);
    return 0;
}

static int start(struct world *w, const char *status, const char *target)
{
    struct ask_json *beside = status == NULL ? NULL : ask_json_parse(span_of(status));
    int result = own_peer_start(&w->peer, &w->ask, &w->options, beside, target);
    ask_json_free(beside);
    return result;
}

static bool was_given(const struct world *w, const char *text)
{
    return fake_peer_kept(w->folder, "arguments", text);
}

static void it_is_a_controller_without_rules_that_answers(void **state)
{
    struct world *w = *state;
    assert_int_equal(start(w, NULL, "actuator1"), RUN_OK);
    assert_true(w->ask.fd >= 0);
    assert_string_equal(w->ask.device, w->peer.device);
    assert_true(was_given(w, " run cli-"));
    assert_true(was_given(w, " --role controller --no-rules --quiet --state-dir /tmp/kith-own-"));
    assert_false(was_given(w, "--peer"));
    assert_false(was_given(w, "--loopback"));
}

static void it_has_one_name_for_ever(void **state)
{
    struct world *w = *state;
    char first[LIMIT_NAME + 1];
    assert_int_equal(start(w, NULL, NULL), RUN_OK);
    snprintf(first, sizeof first, "%s", w->peer.device);
    assert_int_equal(strlen(first), 12);
    assert_memory_equal(first, "cli-", 4);
    ask_close(&w->ask);
    own_peer_stop(&w->peer);
    assert_int_equal(start(w, NULL, NULL), RUN_OK);
    assert_string_equal(w->peer.device, first);
}

static void it_uses_the_network_of_the_peer_beside_it(void **state)
{
    static const char
        status[] = "{\"discovery\":{\"port\":50123,\"loopback\":true,\"session_port\":47123,"
                   "\"interfaces\":[{\"name\":\"eth0\"},{\"name\":\"wlan0\"}]},"
                   "\"peers\":[{\"device\":\"actuator2\",\"address\":\"192.0.2.2:2\"},"
                   "{\"device\":\"actuator1\",\"address\":\"192.0.2.1:1\"}]}";
    struct world *w = *state;
    assert_int_equal(start(w, status, "actuator1"), RUN_OK);
    assert_true(was_given(w, " --port=50123 --loopback --interface eth0 --interface wlan0 "));
    assert_true(was_given(w, " --peer 127.0.0.1:47123 --peer 192.0.2.1:1 "));
    assert_false(was_given(w, "192.0.2.2"));
}

static void what_ends_at_once_is_a_failure(void **state)
{
    struct world *w = *state;
    setenv("KITH_TEST_ENDS", "1", 1);
    int status = start(w, NULL, NULL);
    unsetenv("KITH_TEST_ENDS");
    assert_int_equal(status, RUN_FAILED);
    assert_int_equal(w->peer.pid, 0);
    assert_true(w->ask.fd < 0);
}

static void when_it_is_stopped_it_is_gone(void **state)
{
    struct world *w = *state;
    assert_int_equal(start(w, NULL, NULL), RUN_OK);
    pid_t pid = w->peer.pid;
    assert_int_equal(kill(pid, 0), 0);
    own_peer_stop(&w->peer);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    own_peer_stop(&w->peer); /* once more is harmless */
}

static void without_a_folder_for_its_name_it_says_so(void **state)
{
    struct world *w = *state;
    char path[96];
    snprintf(path, sizeof path, "%s/file", w->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    w->options.state_dir = path;
    assert_int_equal(start(w, NULL, NULL), RUN_FAILED);
    assert_int_equal(w->peer.pid, 0);
}

static const char *no_answer(const char *question)
{
    (void)question;
    return "";
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "run") == 0)
        return getenv("KITH_TEST_ENDS") != NULL ? 1 : fake_peer_run(argc, argv, no_answer);
    const struct CMUnitTest tests[] = {
        TEST(it_is_a_controller_without_rules_that_answers),
        TEST(it_has_one_name_for_ever),
        TEST(it_uses_the_network_of_the_peer_beside_it),
        TEST(what_ends_at_once_is_a_failure),
        TEST(when_it_is_stopped_it_is_gone),
        TEST(without_a_folder_for_its_name_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
