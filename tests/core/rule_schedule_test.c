#include "core/rule_schedule.h"

#include "core/cm.h"

enum { MINUTE = 60000, DAY = 1440 * MINUTE };

/* The first Monday of 1970 was the fifth of January. */
static struct rule_now at(unsigned day, unsigned minute)
{
    return (struct rule_now){.now_ms = 7,
                             .wall_ms = 4 * (uint64_t)DAY + day * (uint64_t)DAY +
                                        minute * (uint64_t)MINUTE};
}

static struct rule rule_of(uint8_t days, uint16_t from_min, uint16_t to_min)
{
    return (struct rule){.schedule_count = 1, .schedules = {{days, from_min, to_min}}};
}

static bool open_at(const struct rule *rule, unsigned day, unsigned minute)
{
    struct rule_now now = at(day, minute);
    return rule_schedule_open(rule, &now);
}

static void without_a_schedule_it_is_always_open(void **state)
{
    (void)state;
    struct rule rule = {0};
    struct rule_now now = at(0, 0);
    assert_true(rule_schedule_open(&rule, &now));
    assert_int_equal(rule_schedule_edge(&rule, &now), UINT64_MAX);
}

static void it_is_open_from_its_begin_to_before_its_end(void **state)
{
    (void)state;
    struct rule rule = rule_of(1, 60, 120);
    assert_false(open_at(&rule, 0, 59));
    assert_true(open_at(&rule, 0, 60));
    assert_true(open_at(&rule, 0, 119));
    assert_false(open_at(&rule, 0, 120));
    assert_false(open_at(&rule, 1, 60));
    assert_true(open_at(&rule, 7, 60));
}

static void a_night_belongs_to_the_day_on_which_it_begins(void **state)
{
    (void)state;
    struct rule rule = rule_of(1 << 6, 1320, 360); /* Sundays 22:00 to 6:00 */
    assert_false(open_at(&rule, 6, 300));
    assert_true(open_at(&rule, 6, 1320));
    assert_true(open_at(&rule, 7, 0));
    assert_true(open_at(&rule, 7, 359));
    assert_false(open_at(&rule, 7, 360));
    assert_false(open_at(&rule, 7, 1320));
}

static void the_last_edge_is_told_wherever_and_whenever_it_is_asked(void **state)
{
    (void)state;
    struct rule rule = rule_of(1, 60, 120);
    struct rule_now begin = at(7, 60), end = at(7, 120), now = at(7, 60);
    assert_int_equal(rule_schedule_last(&rule, &now), begin.wall_ms);
    now = at(7, 119);
    assert_int_equal(rule_schedule_last(&rule, &now), begin.wall_ms);
    now = at(7, 120);
    assert_int_equal(rule_schedule_last(&rule, &now), end.wall_ms);
    now.wall_ms += 999;
    assert_int_equal(rule_schedule_last(&rule, &now), end.wall_ms);
    now = at(13, 0);
    now.zone_s = 3600; /* what is later there was an hour before */
    assert_int_equal(rule_schedule_last(&rule, &now), end.wall_ms - 60 * MINUTE);
    rule.schedule_count = 0;
    assert_int_equal(rule_schedule_last(&rule, &now), 0);
}

static void whole_days_end_at_24_hours(void **state)
{
    (void)state;
    struct rule rule = rule_of(1, 0, 1440);
    assert_true(open_at(&rule, 0, 0));
    assert_true(open_at(&rule, 0, 1439));
    assert_false(open_at(&rule, 1, 0));
}

static void one_of_several_is_enough(void **state)
{
    (void)state;
    struct rule rule = rule_of(1, 60, 120);
    rule.schedules[rule.schedule_count++] = (struct rule_schedule){1, 180, 240};
    assert_true(open_at(&rule, 0, 60));
    assert_false(open_at(&rule, 0, 150));
    assert_true(open_at(&rule, 0, 180));
}

static void time_is_local_also_before_the_first_of_1970(void **state)
{
    (void)state;
    struct rule rule = rule_of(1 << 2, 1380, 1440); /* Wednesdays from 23:00 */
    struct rule_now now = {.wall_ms = 0, .zone_s = -3600};
    assert_true(rule_schedule_open(&rule, &now));
    now.zone_s = -3601;
    assert_false(rule_schedule_open(&rule, &now));
    now.zone_s = 0;
    assert_false(rule_schedule_open(&rule, &now));
}

static void the_next_edge_is_told_but_never_later_than_clocks_are_looked_at(void **state)
{
    (void)state;
    struct rule rule = rule_of(1, 60, 120);
    struct rule_now now = at(0, 60);
    now.wall_ms -= 100;
    assert_int_equal(rule_schedule_edge(&rule, &now), 7 + 100);
    now.wall_ms += 100;
    assert_int_equal(rule_schedule_edge(&rule, &now), 7 + TIME_SCHEDULE_MS);
    now.wall_ms += 3600000 - 1;
    assert_int_equal(rule_schedule_edge(&rule, &now), 7 + 1);
    rule = rule_of(1 << 6, 1320, 360);
    now = at(7, 360);
    now.wall_ms -= 5;
    assert_int_equal(rule_schedule_edge(&rule, &now), 7 + 5);
}

static void it_is_written_as_people_do(void **state)
{
    (void)state;
    static const struct {
        struct rule_schedule schedule;
        const char *text;
    } cases[] = {
        {{127, 0, 1440}, "00:00-24:00"},
        {{31, 420, 1320}, "mon-fri 07:00-22:00"},
        {{1 | 4 | 32 | 64, 1350, 5}, "mon+wed+sat-sun 22:30-00:05"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char memory[64];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        rule_schedule_write(&b, &cases[i].schedule);
        assert_true(span_is(buf_view(&b), cases[i].text));
    }
    char memory[16];
    struct buf b;
    struct rule_now now = at(1, 419);
    buf_init(&b, memory, sizeof memory);
    rule_schedule_write_now(&b, &now);
    assert_true(span_is(buf_view(&b), "tue 06:59"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_schedule_it_is_always_open),
        cmocka_unit_test(it_is_open_from_its_begin_to_before_its_end),
        cmocka_unit_test(a_night_belongs_to_the_day_on_which_it_begins),
        cmocka_unit_test(the_last_edge_is_told_wherever_and_whenever_it_is_asked),
        cmocka_unit_test(whole_days_end_at_24_hours),
        cmocka_unit_test(one_of_several_is_enough),
        cmocka_unit_test(time_is_local_also_before_the_first_of_1970),
        cmocka_unit_test(the_next_edge_is_told_but_never_later_than_clocks_are_looked_at),
        cmocka_unit_test(it_is_written_as_people_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
