#include "io/units.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void spellings_become_senml_names(void **state)
{
    static const char *const pairs[][2] = {
        {"°C", "Cel"},
        {"degC", "Cel"},
        {"Celsius", "Cel"},
        {"K", "K"},
        {"%RH", "%RH"},
        {"%", "%"},
        {"lux", "lx"},
        {"ppm", "ppm"},
        {"µg/m³", "ug/m3"},
        {"mbar", "hPa"},
        {"kWh", "kWh"},
        {"rpm", "1/min"},
        {"bpm", "beat/min"},
        {"m/s²", "m/s2"},
        {"°F", "°F"},
        {"\xb0"
         "C",
         "Cel"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_true(span_is(units_from_text(span_of(pairs[i][0])), pairs[i][1]));
    assert_int_equal(units_from_text(SPAN("furlong")).size, 0);
    assert_int_equal(units_from_text(SPAN("")).size, 0);
    assert_int_equal(units_from_text(SPAN("KWH")).size, 0);
}

static void known_types_have_units(void **state)
{
    static const char *const pairs[][2] = {
        {"temperature", "Cel"}, {"humidity", "%RH"},   {"light", "lx"},
        {"co2", "ppm"},         {"pm2_5", "ug/m3"},    {"heart_rate", "beat/min"},
        {"power", "W"},         {"vibration", "m/s2"}, {"motor_speed", "1/min"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_true(span_is(units_of_type(span_of(pairs[i][0])), pairs[i][1]));
    assert_int_equal(units_of_type(SPAN("occupancy")).size, 0);
}

static void a_room_in_kelvin_is_told_from_a_room_and_a_flame(void **state)
{
    (void)state;
    assert_true(units_is_kelvin(SPAN("Cel"), 273.15));
    assert_true(units_is_kelvin(SPAN("Cel"), 400));
    assert_false(units_is_kelvin(SPAN("Cel"), 150));
    assert_false(units_is_kelvin(SPAN("Cel"), 401));
    assert_false(units_is_kelvin(SPAN("K"), 295));
    assert_false(units_is_kelvin(SPAN(""), 295));
}

static void people_read_symbols(void **state)
{
    static const char *const pairs[][2] = {
        {"Cel", "°C"},        {"%RH", "%"},      {"%", "%"},      {"lx", " lx"},
        {"ug/m3", " µg/m³"},  {"1/min", " rpm"}, {"", ""},        {"K", " K"},
        {"beat/min", " bpm"}, {"m/s2", " m/s²"}, {"foo", " foo"}, {"ppm", " ppm"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        char memory[32];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        units_write(&b, span_of(pairs[i][0]));
        assert_true(span_is(buf_view(&b), pairs[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_become_senml_names),
        cmocka_unit_test(known_types_have_units),
        cmocka_unit_test(a_room_in_kelvin_is_told_from_a_room_and_a_flame),
        cmocka_unit_test(people_read_symbols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
