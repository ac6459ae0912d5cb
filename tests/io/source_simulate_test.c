#include "source_receiver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_simulated_temperature_comes_at_once_and_then_every_so_often(void **state)
{
    struct source_receiver *r = *state;
    struct source_options options = {.kind = SOURCE_SIMULATE, .every_s = 0.02, .count = 3};
    double began_ms = (double)uv_hrtime() / 1e6;
    source_receiver_run(r, &options);
    assert_int_equal(r->moments, 3);
    assert_true(r->times_ms[0] - began_ms < 1000);
    assert_true(r->times_ms[2] - r->times_ms[0] >= 39);
    assert_memory_equal(r->readings, "temperature=2", 13);
    assert_int_equal(r->end_err, ERR_OK);
}

static void a_seed_repeats_its_values(void **state)
{
    struct source_receiver *r = *state;
    char first[SOURCE_RECEIVER_TEXT_BYTES];
    struct source_options options = {
        .kind = SOURCE_SIMULATE, .scenario = "home", .every_s = 0.001, .count = 40, .seed = 9};
    source_receiver_run(r, &options);
    strcpy(first, r->readings);
    assert_int_equal(r->single, 40);
    source_receiver_tear_down(state);
    assert_int_equal(source_receiver_set_up(state), 0);
    r = *state;
    r->refuse_every = 4;
    source_receiver_run(r, &options);
    assert_string_equal(r->readings, first);
}

static void an_unknown_scenario_names_those_there_are(void **state)
{
    struct source_receiver *r = *state;
    struct source_options options = {.kind = SOURCE_SIMULATE, .scenario = "factory"};
    source_receiver_refuse(
        r, &options, ERR_NOT_FOUND,
        "there is no scenario \"factory\"; there are: home, environment, healthcare, "
        "industry");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(a_simulated_temperature_comes_at_once_and_then_every_so_often),
        on_a_loop(a_seed_repeats_its_values),
        on_a_loop(an_unknown_scenario_names_those_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
