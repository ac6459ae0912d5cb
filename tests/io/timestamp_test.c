#include "io/timestamp.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct example {
    const char *text;
    enum timestamp_kind kind;
    const char *formatted; /* of a date or a moment */
};

static void assert_reads_as(const struct example *e, enum timestamp_order order)
{
    struct timestamp time;
    char text[TIMESTAMP_TEXT_MAX];
    if (!timestamp_parse(span_of(e->text), order, &time))
        fail_msg("\"%s\" is not read", e->text);
    assert_int_equal(time.kind, e->kind);
    timestamp_format(text, time.ms);
    assert_string_equal(text, e->formatted);
}

static void the_ways_to_write_a_moment_are_read(void **state)
{
    static const struct example examples[] = {
        {"2015-02-04 17:51:00", TIMESTAMP_MOMENT, "2015-02-04T17:51:00"},
        {"2025-10-24T10:00:00", TIMESTAMP_MOMENT, "2025-10-24T10:00:00"},
        {"2025-10-24T10:00:00Z", TIMESTAMP_MOMENT, "2025-10-24T10:00:00"},
        {"2025-10-24T10:00:00.25Z", TIMESTAMP_MOMENT, "2025-10-24T10:00:00.250"},
        {"2025-10-24 10:00:00,250", TIMESTAMP_MOMENT, "2025-10-24T10:00:00.250"},
        {"2025-10-24T10:00:00.123456789+02:00", TIMESTAMP_MOMENT, "2025-10-24T08:00:00.123"},
        {"2025-10-24T23:30:00-0130", TIMESTAMP_MOMENT, "2025-10-25T01:00:00"},
        {"2025-10-24T10:00:00+2", TIMESTAMP_MOMENT, "2025-10-24T08:00:00"},
        {"2025-10-24 10:00:00 UTC", TIMESTAMP_MOMENT, "2025-10-24T10:00:00"},
        {"2025-10-24 10:00", TIMESTAMP_MOMENT, "2025-10-24T10:00:00"},
        {"2004/3/1 9:05", TIMESTAMP_MOMENT, "2004-03-01T09:05:00"},
        {"10/03/2004 18.00.00", TIMESTAMP_MOMENT, "2004-03-10T18:00:00"},
        {"10/03/2004 18.00", TIMESTAMP_MOMENT, "2004-03-10T18:00:00"},
        {"10.03.2004 18:00:30", TIMESTAMP_MOMENT, "2004-03-10T18:00:30"},
        {"10-03-2004 18:00", TIMESTAMP_MOMENT, "2004-03-10T18:00:00"},
        {"10/3/04 6:05 PM", TIMESTAMP_MOMENT, "2004-03-10T18:05:00"},
        {"10/03/2004, 12:00:00 am", TIMESTAMP_MOMENT, "2004-03-10T00:00:00"},
        {"16-Mar-2004 12:30 pm", TIMESTAMP_MOMENT, "2004-03-16T12:30:00"},
        {"16 March 2004 18:00", TIMESTAMP_MOMENT, "2004-03-16T18:00:00"},
        {"Mar 16, 2004 18:00", TIMESTAMP_MOMENT, "2004-03-16T18:00:00"},
        {"Wed, 04 Feb 2015 17:51:00 GMT", TIMESTAMP_MOMENT, "2015-02-04T17:51:00"},
        {"Tuesday 16 March 2004 18:00", TIMESTAMP_MOMENT, "2004-03-16T18:00:00"},
        {"20041003T180000Z", TIMESTAMP_MOMENT, "2004-10-03T18:00:00"},
        {"2004-12-31 24:00:00", TIMESTAMP_MOMENT, "2005-01-01T00:00:00"},
        {"2016-12-31 23:59:60", TIMESTAMP_MOMENT, "2017-01-01T00:00:00"},
        {"1969-12-31 23:59:59", TIMESTAMP_MOMENT, "1969-12-31T23:59:59"},
        {"2000-02-29 00:00:00", TIMESTAMP_MOMENT, "2000-02-29T00:00:00"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++)
        assert_reads_as(&examples[i], TIMESTAMP_DAY_FIRST);
}

static void dates_and_clock_times_are_read_alone(void **state)
{
    static const struct example examples[] = {
        {"2004-03-10", TIMESTAMP_DATE, "2004-03-10T00:00:00"},
        {"10/03/2004", TIMESTAMP_DATE, "2004-03-10T00:00:00"},
        {"20040310", TIMESTAMP_DATE, "2004-03-10T00:00:00"},
        {"18.00.00", TIMESTAMP_CLOCK, "1970-01-01T18:00:00"},
        {"18:00:00.5", TIMESTAMP_CLOCK, "1970-01-01T18:00:00.500"},
        {"9:05", TIMESTAMP_CLOCK, "1970-01-01T09:05:00"},
        {"6:05 PM", TIMESTAMP_CLOCK, "1970-01-01T18:05:00"},
        {"10.03.04", TIMESTAMP_CLOCK, "1970-01-01T10:03:04"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++)
        assert_reads_as(&examples[i], TIMESTAMP_DAY_FIRST);
}

static void what_is_no_time_is_not_read(void **state)
{
    static const char *const texts[] = {"",
                                        "abc",
                                        "23.5",
                                        "18.00",
                                        "23.718",
                                        "2015",
                                        "1.5e3",
                                        "2015-13-01",
                                        "2015-02-29",
                                        "2015-02-30 10:00:00",
                                        "1900-02-29",
                                        "2015-00-10",
                                        "2015-01-00",
                                        "1599-12-31",
                                        "2400-01-01",
                                        "32/01/2015",
                                        "13/13/2015",
                                        "2015-02-04 ab",
                                        "2015-02-04Tx",
                                        "2015-02-04 25:00",
                                        "10:60",
                                        "10:00:61",
                                        "24:00:01",
                                        "13:00 PM",
                                        "0:30 am",
                                        "2015-02-04 10:00:00 +15:00",
                                        "2015-02-04 10:00:00 EST",
                                        "2015-02-04 10:00:00x",
                                        "192.168.1.23",
                                        "10.0.0.1",
                                        "180000",
                                        "2015-02-04 10:00:00.",
                                        "2015-02/04",
                                        "-2015-02-04"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct timestamp time;
        if (timestamp_parse(span_of(texts[i]), TIMESTAMP_EITHER, &time))
            fail_msg("\"%s\" is read", texts[i]);
    }
}

static void the_order_of_day_and_month_is_the_callers(void **state)
{
    static const struct example day = {"10/03/2004", TIMESTAMP_DATE, "2004-03-10T00:00:00"};
    static const struct example month = {"10/03/2004", TIMESTAMP_DATE, "2004-10-03T00:00:00"};
    static const struct example american = {"3/25/2004", TIMESTAMP_DATE, "2004-03-25T00:00:00"};
    struct timestamp time;
    (void)state;
    assert_reads_as(&day, TIMESTAMP_DAY_FIRST);
    assert_reads_as(&day, TIMESTAMP_EITHER);
    assert_reads_as(&month, TIMESTAMP_MONTH_FIRST);
    assert_reads_as(&american, TIMESTAMP_EITHER);
    assert_false(timestamp_parse(SPAN("3/25/2004"), TIMESTAMP_DAY_FIRST, &time));
    assert_false(timestamp_parse(SPAN("25/3/2004"), TIMESTAMP_MONTH_FIRST, &time));
}

static void an_open_order_is_handed_back(void **state)
{
    struct timestamp time;
    (void)state;
    assert_true(timestamp_parse(SPAN("10/03/2004"), TIMESTAMP_EITHER, &time));
    assert_int_equal(time.first, 10);
    assert_int_equal(time.second, 3);
    assert_true(timestamp_parse(SPAN("2004-03-10"), TIMESTAMP_EITHER, &time));
    assert_int_equal(time.first, 0);
    assert_true(timestamp_parse(SPAN("10-Mar-2004"), TIMESTAMP_EITHER, &time));
    assert_int_equal(time.first, 0);
}

static void a_time_since_1970_is_told_by_its_magnitude(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } examples[] = {
        {"1520000000", 1520000000000},          {"1520000000.5", 1520000000500},
        {"1520000000.", 1520000000000},         {"1520000000.0625", 1520000000062},
        {"1520000000123", 1520000000123},       {"1520000000123456", 1520000000123},
        {"1434055562000000000", 1434055562000}, {"100000000", 100000000000},
    };
    int64_t ms;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        assert_true(timestamp_parse_epoch(span_of(examples[i].text), &ms));
        assert_int_equal(ms, examples[i].ms);
    }
    assert_false(timestamp_parse_epoch(SPAN("99999999"), &ms));
    assert_false(timestamp_parse_epoch(SPAN("1520000000x"), &ms));
    assert_false(timestamp_parse_epoch(SPAN("1520000000.5.1"), &ms));
    assert_false(timestamp_parse_epoch(SPAN("-1520000000"), &ms));
    assert_false(timestamp_parse_epoch(SPAN("99999999999999999999"), &ms));
    assert_false(timestamp_parse_epoch(SPAN(""), &ms));
    assert_true(timestamp_from_epoch(1.52e9, &ms));
    assert_int_equal(ms, 1520000000000);
}

static void every_day_of_four_centuries_reads_back(void **state)
{
    int64_t ms;
    (void)state;
    assert_true(timestamp_from_day(1800, 1, 1, &ms));
    for (int i = 0; i < 146097; i++, ms += 86400000) {
        struct timestamp time;
        char text[TIMESTAMP_TEXT_MAX];
        size_t size = timestamp_format(text, ms);
        assert_true(timestamp_parse((struct span){text, size}, TIMESTAMP_EITHER, &time));
        assert_int_equal(time.ms, ms);
    }
}

static void a_text_cut_anywhere_is_read_within_its_bounds(void **state)
{
    static const char text[] = "16 March 2004, 06:05:59.123456 PM +02:00";
    (void)state;
    for (size_t size = 0; size <= sizeof text - 1; size++) {
        struct timestamp time;
        char *exact = malloc(size); /* so that a sanitizer sees the first byte read past it */
        if (size)
            memcpy(exact, text, size);
        bool whole = timestamp_parse((struct span){exact, size}, TIMESTAMP_EITHER, &time);
        assert_int_equal(whole && time.kind == TIMESTAMP_MOMENT, size >= 20 && whole);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ways_to_write_a_moment_are_read),
        cmocka_unit_test(dates_and_clock_times_are_read_alone),
        cmocka_unit_test(what_is_no_time_is_not_read),
        cmocka_unit_test(the_order_of_day_and_month_is_the_callers),
        cmocka_unit_test(an_open_order_is_handed_back),
        cmocka_unit_test(a_time_since_1970_is_told_by_its_magnitude),
        cmocka_unit_test(every_day_of_four_centuries_reads_back),
        cmocka_unit_test(a_text_cut_anywhere_is_read_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
