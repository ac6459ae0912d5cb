#define _GNU_SOURCE
#include "app/ask_do.h"

#include "fake_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Peers that answer as a test wants; the command line's own controller is this program again. */

struct world {
    char folder[64];
    struct ask_options options;
    struct request request;
    pid_t peer;
};

static unsigned taken; /* lines that came, since the test began */

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->folder, sizeof w->folder, "/tmp/kith-do-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    w->options = (struct ask_options){.state_dir = w->folder,
                                      .word = "actuator1/fan",
                                      .value = "on"};
    taken = 0;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    if (w->peer > 0)
        fake_peer_stop(w->peer);
    fake_peer_remove(w->folder);
    free(w);
    return 0;
}

static bool make_request(struct world *w)
{
    struct faults faults = {0};
    bool good = ask_do_request(&w->request, REQUEST_SET, &w->options, &faults);
    assert_int_equal(good, faults.count == 0);
    faults_fini(&faults);
    return good;
}

/* Until the line that has an outcome. */
static int take(const struct ask *a, const struct ask_options *o, struct span line,
                const struct ask_json *json)
{
    (void)a, (void)o, (void)line;
    taken++;
    return ask_json_has(json, "outcome") ? RUN_OK : ASK_DO_MORE;
}

static int do_it(struct world *w)
{
    assert_true(make_request(w));
    return ask_do(&w->options, &w->request, take);
}

static bool was_asked(const struct world *w, const char *device, const char *text)
{
    char name[96];
    snprintf(name, sizeof name, "%s.asked", device);
    return fake_peer_kept(w->folder, name, text);
}

static const char *as_it_goes(const char *question)
{
    if (strstr(question, "\"set\"") == NULL)
        return "{\"presence\":\"online\"}\n";
    return "{\"stage\":\"sent\",\"ms\":0}\n{\"stage\":\"acknowledged\",\"ms\":9}\n"
           "{\"outcome\":\"confirmed\"}\n";
}

static const char *no_controller(const char *question)
{
    return strstr(question, "status") != NULL
               ? "{\"discovery\":{\"port\":50123,\"session_port\":47123,\"interfaces\":[]}}\n"
               : "{\"error\":\"role\",\"text\":\"no controller\"}\n";
}

static const char *busy(const char *question)
{
    (void)question;
    return "{\"error\":\"busy\",\"text\":\"later\"}\n";
}

static const char *gone(const char *question)
{
    (void)question;
    return NULL;
}

static void values_are_numbers_truths_or_words(void **state)
{
    static const struct {
        const char *text;
        enum value_kind kind;
    } cases[] = {{"21.5", VALUE_NUMBER}, {"-3", VALUE_NUMBER}, {"true", VALUE_BOOL},
                 {"false", VALUE_BOOL},  {"on", VALUE_TEXT},   {"1e", VALUE_TEXT}};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        w->options.value = cases[i].text;
        assert_true(make_request(w));
        assert_int_equal(w->request.value.kind, cases[i].kind);
    }
    w->options.value = NULL;
    assert_true(make_request(w));
    assert_int_equal(w->request.value.kind, VALUE_NONE);
}

static void times_are_taken_in_milliseconds(void **state)
{
    struct world *w = *state;
    assert_true(make_request(w));
    assert_int_equal(w->request.wait_ms, REQUEST_WAIT_MS);
    assert_int_equal(w->request.for_ms, 0);
    w->options.timed = true;
    w->options.timeout_s = 1.5;
    w->options.for_s = 600;
    assert_true(make_request(w));
    assert_int_equal(w->request.wait_ms, 1500);
    assert_int_equal(w->request.for_ms, 600000);
}

static void what_is_no_topic_or_too_long_is_a_fault(void **state)
{
    static const char *const words[] = {"actuator1", "actuator1/fan/set", "Actuator1/fan", "/fan"};
    struct world *w = *state;
    char value[LIMIT_VALUE_TEXT + 2];
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        w->options.word = words[i];
        assert_false(make_request(w));
    }
    w->options.word = "actuator1/fan";
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    w->options.value = value;
    assert_false(make_request(w));
    w->options.value = value + 1;
    assert_true(make_request(w));
}

static void a_cause_is_shown_escaped(void **state)
{
    char memory[512];
    (void)state;
    struct ask_json *json = ask_json_parse(SPAN("{\"cause\":\"too \\u001b[31mlate\"}"));
    const char *text = ask_do_cause(json, memory);
    assert_memory_equal(text, ": too ", 6);
    assert_null(strchr(text, '\x1b'));
    ask_json_free(json);
    json = ask_json_parse(SPAN("{\"cause\":\"\"}"));
    assert_string_equal(ask_do_cause(json, memory), "");
    ask_json_free(json);
}

static void a_controller_that_runs_is_asked_and_followed_to_the_outcome(void **state)
{
    struct world *w = *state;
    w->peer = fake_peer_start(w->folder, "controller1", as_it_goes);
    assert_int_equal(do_it(w), RUN_OK);
    assert_int_equal(taken, 3);
    assert_true(was_asked(w, "controller1", "\"topic\":\"actuator1/fan\",\"value\":\"on\""));
    assert_false(fake_peer_kept(w->folder, "arguments", "run"));
}

static void where_nobody_runs_the_person_is_a_controller(void **state)
{
    struct world *w = *state;
    assert_int_equal(do_it(w), RUN_OK);
    assert_int_equal(taken, 3);
    assert_true(fake_peer_kept(w->folder, "arguments", " run cli-"));
}

static void beside_others_its_network_is_theirs(void **state)
{
    struct world *w = *state;
    w->peer = fake_peer_start(w->folder, "sensor1", no_controller);
    assert_int_equal(do_it(w), RUN_OK);
    assert_int_equal(taken, 3);
    assert_true(fake_peer_kept(w->folder, "arguments", " --port=50123 "));
}

static void who_is_named_and_no_controller_refuses(void **state)
{
    struct world *w = *state;
    w->options.device = "sensor1";
    w->peer = fake_peer_start(w->folder, "sensor1", no_controller);
    assert_int_not_equal(do_it(w), RUN_OK);
    assert_int_equal(taken, 0);
    assert_false(fake_peer_kept(w->folder, "arguments", "run"));
}

static void a_refusal_ends_it(void **state)
{
    struct world *w = *state;
    w->peer = fake_peer_start(w->folder, "controller1", busy);
    assert_int_not_equal(do_it(w), RUN_OK);
    assert_int_equal(taken, 0);
}

static void who_goes_away_before_the_outcome_is_a_failure(void **state)
{
    struct world *w = *state;
    w->peer = fake_peer_start(w->folder, "controller1", gone);
    assert_int_equal(do_it(w), RUN_FAILED);
}

static void who_is_named_and_does_not_run_is_not_replaced(void **state)
{
    struct world *w = *state;
    w->options.device = "controller7";
    assert_int_equal(do_it(w), RUN_NOBODY);
    assert_false(fake_peer_kept(w->folder, "arguments", "run"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "run") == 0)
        return fake_peer_run(argc, argv, as_it_goes);
    const struct CMUnitTest tests[] = {
        TEST(values_are_numbers_truths_or_words),
        TEST(times_are_taken_in_milliseconds),
        TEST(what_is_no_topic_or_too_long_is_a_fault),
        TEST(a_cause_is_shown_escaped),
        TEST(a_controller_that_runs_is_asked_and_followed_to_the_outcome),
        TEST(where_nobody_runs_the_person_is_a_controller),
        TEST(beside_others_its_network_is_theirs),
        TEST(who_is_named_and_no_controller_refuses),
        TEST(a_refusal_ends_it),
        TEST(who_goes_away_before_the_outcome_is_a_failure),
        TEST(who_is_named_and_does_not_run_is_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
