#include "app/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void durations_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {{"500ms", 0.5},  {"10s", 10},       {"2m", 120},      {"2min", 120},
                 {"1h", 3600},    {"1d", 86400},     {"0.002", 0.002}, {"10 s", 10},
                 {"0", 0},        {"100d", 8640000}, {"1h30m", 5400},  {"1m30s", 90},
                 {"2d1h", 176400}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double seconds = -1;
        assert_int_equal(duration_parse(span_of(cases[i].text), &seconds), ERR_OK);
        assert_float_equal(seconds, cases[i].seconds, 1e-12);
    }
}

static void what_is_no_duration_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"",     "s",     "10x",  "10ss", "ten", "10s ", " 10s",
                                        "1e",   "1 0s",  ".5",   "+1",   "1,5", "10S",  "0x10",
                                        "1h30", "30m1h", "1h1h", "1hm",  "nan", "inf",  "10\n"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double seconds;
        assert_int_equal(duration_parse(span_of(cases[i]), &seconds), ERR_SYNTAX);
    }
    double seconds;
    assert_int_equal(duration_parse(SPAN("-1s"), &seconds), ERR_RANGE);
    assert_int_equal(duration_parse(SPAN("101d"), &seconds), ERR_RANGE);
    assert_int_equal(duration_parse(SPAN("1e400"), &seconds), ERR_RANGE);
}

static void durations_are_written_with_two_figures_of_interest(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *text;
    } cases[] = {
        {0, "0 ms"},      {41, "41 ms"},          {999, "999 ms"},   {1000, "1.0 s"},
        {2199, "2.1 s"},  {59999, "59.9 s"},      {60000, "1 min"},  {200000, "3 min 20 s"},
        {3600000, "1 h"}, {7500000, "2 h 5 min"}, {86400000, "1 d"}, {273600000, "3 d 4 h"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char memory[64];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        duration_write(&b, cases[i].ms);
        assert_int_equal(b.size, strlen(cases[i].text));
        assert_memory_equal(b.bytes, cases[i].text, b.size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_as_people_write_them),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(durations_are_written_with_two_figures_of_interest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
