#include "io/dataset_names.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void headers_become_properties_and_units(void **state)
{
    static const struct {
        const char *header;
        const char *type;
        const char *unit;
    } examples[] = {
        {"Temperature", "temperature", ""},
        {"temp", "temperature", ""},
        {"T", "temperature", ""},
        {"Temp (°C)", "temperature", "Cel"},
        {"T [degC]", "temperature", "Cel"},
        {"Temperature °C", "temperature", "Cel"},
        {"temperature_celsius", "temperature", "Cel"},
        {"temp_c", "temperature", "Cel"},
        {"temp_deg_c", "temperature", "Cel"},
        {"temp_f", "temperature", "°F"},
        {"°C", "temperature", "Cel"},
        {"Température (°C)", "temperature", "Cel"},
        {"main.temp", "temperature", ""},
        {"main.feels_like", "main_feels_like", ""},
        {"wind.speed", "wind_speed", ""},
        {"Humidity", "humidity", ""},
        {"RH", "humidity", ""},
        {"Humidity (%)", "humidity", "%RH"},
        {"humidity_pct", "humidity", "%RH"},
        {"relativeHumidity", "humidity", ""},
        {"HumidityRatio", "humidity_ratio", ""},
        {"Light", "light", ""},
        {"lux", "light", ""},
        {"CO2", "co2", ""},
        {"CO2 (ppm)", "co2", "ppm"},
        {"co2_ppm", "co2", "ppm"},
        {"CO(GT)", "co", ""},
        {"PT08.S1(CO)", "pt08_s1_co", ""},
        {"NOx(GT)", "nox", ""},
        {"PM2.5", "pm2_5", ""},
        {"pm25", "pm2_5", ""},
        {"PM2.5 (µg/m³)", "pm2_5", "ug/m3"},
        {"pH", "ph", ""},
        {"heartRate", "heart_rate", ""},
        {"Heart Rate (bpm)", "heart_rate", "beat/min"},
        {"SpO2", "spo2", ""},
        {"Pressure (hPa)", "pressure", "hPa"},
        {"Occupancy", "occupancy", ""},
        {"# temp", "temperature", ""},
        {"Power [kW]", "power", "kW"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        struct dataset_name name;
        assert_true(dataset_names_property(span_of(examples[i].header), &name));
        assert_string_equal(name.type, examples[i].type);
        assert_string_equal(name.unit, examples[i].unit);
        assert_true(dataset_names_is_type(span_of(name.type)));
    }
}

static void a_header_without_a_letter_or_digit_names_nothing(void **state)
{
    struct dataset_name name;
    (void)state;
    assert_false(dataset_names_property(SPAN(""), &name));
    assert_false(dataset_names_property(SPAN("()"), &name));
    assert_false(dataset_names_property(SPAN("温度"), &name));
}

static void a_long_header_is_cut_to_63(void **state)
{
    struct dataset_name name;
    char header[200];
    (void)state;
    memset(header, 'a', sizeof header);
    assert_true(dataset_names_property((struct span){header, sizeof header}, &name));
    assert_in_range(strlen(name.type), 1, 63);
}

static void a_type_has_1_to_63_characters_of_a_z_0_9(void **state)
{
    char text[64];
    (void)state;
    memset(text, 'z', sizeof text);
    assert_true(dataset_names_is_type((struct span){text, 63}));
    assert_false(dataset_names_is_type((struct span){text, 64}));
    assert_false(dataset_names_is_type((struct span){text, 0}));
    assert_true(dataset_names_is_type(SPAN("a_b-9")));
    assert_false(dataset_names_is_type(SPAN("A")));
    assert_false(dataset_names_is_type(SPAN("a b")));
}

static void identifiers_and_times_are_known_by_name(void **state)
{
    static const char *const identifiers[] = {"",       "id",        "No.",     "Unnamed: 0",
                                              "index",  "sensor_id", "row",     "city.id",
                                              "moteid", "deviceId",  "entry_id"};
    static const char *const times[] = {"date",   "Time",       "timestamp",   "dt",
                                        "ts",     "created_at", "Date Time",   "_time",
                                        "sys.ts", "start_time", "measured_at", "dt_txt"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(identifiers); i++)
        assert_true(dataset_names_is_identifier(span_of(identifiers[i])));
    for (size_t i = 0; i < COUNT_OF(times); i++)
        assert_true(dataset_names_is_time(span_of(times[i])));
    assert_false(dataset_names_is_identifier(SPAN("temperature")));
    assert_false(dataset_names_is_identifier(SPAN("humidity")));
    assert_false(dataset_names_is_time(SPAN("T")));
    assert_int_equal(dataset_names_time_part(SPAN("Month")), 1);
    assert_int_equal(dataset_names_time_part(SPAN("temp")), DATASET_NAMES_NO_PART);
}

static void a_declared_unit_is_kept_unless_it_spells_a_known_one(void **state)
{
    (void)state;
    assert_true(span_is(dataset_names_unit(SPAN("temperature"), SPAN("K")), "K"));
    assert_true(span_is(dataset_names_unit(SPAN("temperature"), SPAN("celsius")), "Cel"));
    assert_true(span_is(dataset_names_unit(SPAN("humidity"), SPAN("%")), "%RH"));
    assert_true(span_is(dataset_names_unit(SPAN("spo2"), SPAN("%")), "%"));
    assert_true(span_is(dataset_names_unit(SPAN("speed"), SPAN("furlong/h")), "furlong/h"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_become_properties_and_units),
        cmocka_unit_test(a_header_without_a_letter_or_digit_names_nothing),
        cmocka_unit_test(a_long_header_is_cut_to_63),
        cmocka_unit_test(a_type_has_1_to_63_characters_of_a_z_0_9),
        cmocka_unit_test(identifiers_and_times_are_known_by_name),
        cmocka_unit_test(a_declared_unit_is_kept_unless_it_spells_a_known_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
