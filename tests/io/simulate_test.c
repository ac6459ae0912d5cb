#include "io/simulate.h"

#include "io/simulate_scenarios.h"

#include "base/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEEDS = 10000, WINDOW = 7, READINGS = 40, DAY_MS = 86400000 };

static const char *const scenarios[] = {"home", "environment", "healthcare", "industry"};

static double first_value(const struct simulate *s)
{
    struct reading readings[SIMULATE_PROPERTIES_MAX];
    assert_true(simulate_read(s, readings) >= 1);
    return readings[0].value.number;
}

static struct simulate begin(const char *scenario, uint64_t seed)
{
    struct simulate s;
    assert_int_equal(simulate_init(&s, scenario, seed, 0), ERR_OK);
    return s;
}

/* 30 s hold seven readings that are 5 s apart. */
static void assert_crosses_both_ways(const double *window)
{
    int up = 0;
    int down = 0;
    for (size_t i = 1; i < WINDOW; i++) {
        up += window[i - 1] <= 25 && window[i] > 25;
        down += window[i - 1] > 25 && window[i] <= 25;
    }
    assert_true(up >= 1);
    assert_true(down >= 1);
}

static void the_temperature_crosses_25_both_ways_in_every_30_seconds_of_every_seed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct simulate s = begin(NULL, seed);
        double values[READINGS];
        for (size_t i = 0; i < READINGS; i++) {
            simulate_advance(&s, i ? simulate_every_s(&s) : 0);
            values[i] = first_value(&s);
            if (i + 1 >= WINDOW)
                assert_crosses_both_ways(values + i + 1 - WINDOW);
        }
    }
}

static void readings_further_apart_cross_as_often(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct simulate s = begin(NULL, seed);
        double values[READINGS];
        for (size_t i = 0; i < READINGS; i++) {
            simulate_advance(&s, i ? 60 : 0);
            values[i] = first_value(&s);
            if (i + 1 >= WINDOW)
                assert_crosses_both_ways(values + i + 1 - WINDOW);
        }
    }
}

static void the_temperature_has_one_decimal_and_stays_from_20_to_30(void **state)
{
    (void)state;
    struct simulate s = begin(NULL, 3);
    char text[NUMBER_TEXT_MAX];
    for (size_t i = 0; i < 200000; i++) {
        simulate_advance(&s, 5);
        double value = first_value(&s);
        assert_true(value >= 20.0 && value <= 30.0);
        assert_true(number_format(text, value) <= 4); /* "24.8" */
    }
}

static void the_default_is_a_temperature_in_cel_every_5_seconds(void **state)
{
    (void)state;
    struct simulate s = begin(NULL, 1);
    struct reading readings[SIMULATE_PROPERTIES_MAX];
    assert_int_equal(simulate_read(&s, readings), 1);
    assert_true(span_is(readings[0].type, "temperature"));
    assert_true(span_is(readings[0].unit, "Cel"));
    assert_int_equal(readings[0].value.kind, VALUE_NUMBER);
    assert_true(fabs(simulate_every_s(&s) - 5) < 1e-9);
}

static void the_same_seed_gives_the_same_values(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(scenarios); k++) {
        struct simulate a = begin(scenarios[k], 7);
        struct simulate b = begin(scenarios[k], 7);
        struct simulate c = begin(scenarios[k], 8);
        bool differs = false;
        for (size_t i = 0; i < 1000; i++) {
            struct reading x[SIMULATE_PROPERTIES_MAX];
            struct reading y[SIMULATE_PROPERTIES_MAX];
            struct reading z[SIMULATE_PROPERTIES_MAX];
            simulate_advance(&a, 5);
            simulate_advance(&b, 5);
            simulate_advance(&c, 5);
            size_t count = simulate_read(&a, x);
            simulate_read(&b, y);
            simulate_read(&c, z);
            for (size_t p = 0; p < count; p++) {
                assert_true(value_equal(&x[p].value, &y[p].value));
                differs |= !value_equal(&x[p].value, &z[p].value);
            }
        }
        assert_true(differs);
    }
}

static void every_scenario_sends_the_types_it_is_known_for(void **state)
{
    static const char *const types[][SIMULATE_PROPERTIES_MAX] = {
        {"temperature", "humidity", "motion", "power"},
        {"co2", "pm2_5", "temperature", "humidity"},
        {"heart_rate", "spo2", "body_temperature", NULL},
        {"vibration", "motor_speed", "energy", NULL},
    };
    static const char *const units[][SIMULATE_PROPERTIES_MAX] = {
        {"Cel", "%RH", "", "W"},
        {"ppm", "ug/m3", "Cel", "%RH"},
        {"beat/min", "%", "Cel", NULL},
        {"m/s2", "1/min", "kWh", NULL},
    };
    (void)state;
    for (size_t k = 0; k < COUNT_OF(scenarios); k++) {
        struct simulate s = begin(scenarios[k], 1);
        struct reading readings[SIMULATE_PROPERTIES_MAX];
        size_t count = simulate_read(&s, readings);
        for (size_t i = 0; i < SIMULATE_PROPERTIES_MAX; i++) {
            assert_int_equal(i < count, types[k][i] != NULL);
            if (i == count)
                break;
            assert_true(span_is(readings[i].type, types[k][i]));
            assert_true(span_is(readings[i].unit, units[k][i]));
        }
    }
}

/* Steps of a second, of a row, and of an hour, over years. */
static void no_value_ever_leaves_its_range(void **state)
{
    static const double steps_s[] = {1, 60, 3600};
    (void)state;
    for (size_t k = 0; k < COUNT_OF(scenarios); k++) {
        const struct simulate_scenario *scenario = simulate_scenarios_find(scenarios[k]);
        struct simulate s = begin(scenarios[k], 0);
        for (size_t i = 0; i < 150000; i++) {
            if (i % 50000 == 0)
                s = begin(scenarios[k], i);
            simulate_advance(&s, steps_s[i / 50000]);
            struct reading readings[SIMULATE_PROPERTIES_MAX];
            size_t count = simulate_read(&s, readings);
            for (size_t p = 0; p < count; p++) {
                assert_true(readings[p].value.number >= scenario->properties[p].min);
                assert_true(readings[p].value.number <= scenario->properties[p].max);
            }
        }
    }
}

static void values_have_inertia(void **state)
{
    (void)state;
    struct simulate s = begin("home", 5);
    double before = first_value(&s);
    for (size_t i = 0; i < 100000; i++) {
        simulate_advance(&s, 5);
        double value = first_value(&s);
        assert_true(fabs(value - before) < 0.5);
        before = value;
    }
}

static void a_day_at_home_has_quiet_and_episodes(void **state)
{
    (void)state;
    struct simulate s = begin("home", 11);
    size_t moving = 0;
    size_t changes = 0;
    double least = INFINITY;
    double greatest = 0;
    double before = 0;
    for (size_t i = 0; i < 17280; i++) {
        struct reading readings[SIMULATE_PROPERTIES_MAX];
        simulate_advance(&s, 5);
        simulate_read(&s, readings);
        assert_int_equal(readings[2].value.kind, VALUE_BOOL);
        moving += readings[2].value.number > 0;
        changes += fabs(readings[2].value.number - before) > 0;
        before = readings[2].value.number;
        least = fmin(least, readings[3].value.number);
        greatest = fmax(greatest, readings[3].value.number);
    }
    assert_in_range(moving, 500, 12000);
    assert_true(changes > 20);
    assert_true(least < 300);
    assert_true(greatest > 900);
}

static void afternoons_are_warmer_than_nights(void **state)
{
    (void)state;
    struct simulate s = begin("environment", 2);
    double afternoon = 0;
    double night = 0;
    for (size_t i = 1; i <= 100 * 24; i++) {
        struct reading readings[SIMULATE_PROPERTIES_MAX];
        simulate_advance(&s, 3600);
        simulate_read(&s, readings);
        afternoon += i % 24 == 15 ? readings[2].value.number : 0;
        night += i % 24 == 3 ? readings[2].value.number : 0;
    }
    assert_true(afternoon / 100 > night / 100 + 6);
}

static void energy_only_adds_up_until_its_register_is_full(void **state)
{
    (void)state;
    struct simulate s = begin("industry", 4);
    double before = 0;
    size_t wraps = 0;
    for (size_t i = 0; i < 200000; i++) {
        struct reading readings[SIMULATE_PROPERTIES_MAX];
        simulate_advance(&s, 3600);
        simulate_read(&s, readings);
        wraps += i > 0 && readings[2].value.number < before;
        before = readings[2].value.number;
    }
    assert_in_range(wraps, 1, 200000 * 23 / 100000 + 1);
}

static void an_unknown_scenario_is_not_found(void **state)
{
    struct simulate s;
    (void)state;
    assert_int_equal(simulate_init(&s, "factory", 1, 0), ERR_NOT_FOUND);
    assert_int_equal(simulate_write(stdout, "factory", 1, 1, 0, SIMULATE_JSON), ERR_NOT_FOUND);
}

static char *written(const char *scenario, uint64_t rows, uint64_t seed,
                     enum simulate_format format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(simulate_write(out, scenario, rows, seed, 1761300000000, format), ERR_OK);
    fclose(out);
    return text;
}

static void a_dataset_is_the_same_for_the_same_seed(void **state)
{
    (void)state;
    char *a = written("home", 100, 7, SIMULATE_JSON);
    char *b = written("home", 100, 7, SIMULATE_JSON);
    char *c = written("home", 100, 8, SIMULATE_JSON);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    free(a);
    free(b);
    free(c);
}

static void a_dataset_begins_at_its_start_and_has_its_rows(void **state)
{
    (void)state;
    char *json = written("home", 3, 7, SIMULATE_JSON);
    char *csv = written("home", 3, 7, SIMULATE_CSV);
    assert_non_null(strstr(json, "[\n {\"timestamp\":\"2025-10-24T10:00:00\",\"temperature\":"));
    assert_non_null(strstr(json, "{\"timestamp\":\"2025-10-24T10:02:00\","));
    assert_null(strstr(json, "10:03:00"));
    assert_string_equal(json + strlen(json) - 4, "}\n]\n");
    assert_memory_equal(csv, "timestamp,temperature,humidity,motion,power\n2025-10-24T10:00:00,",
                        64);
    free(json);
    free(csv);
}

static void a_dataset_of_no_rows_is_an_empty_array(void **state)
{
    (void)state;
    char *json = written("home", 0, 7, SIMULATE_JSON);
    assert_string_equal(json, "[\n]\n");
    free(json);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    FILE *out = fopen("/dev/full", "w");
    assert_non_null(out);
    assert_int_equal(simulate_write(out, NULL, 100000, 1, 0, SIMULATE_CSV), ERR_IO);
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_temperature_crosses_25_both_ways_in_every_30_seconds_of_every_seed),
        cmocka_unit_test(readings_further_apart_cross_as_often),
        cmocka_unit_test(the_temperature_has_one_decimal_and_stays_from_20_to_30),
        cmocka_unit_test(the_default_is_a_temperature_in_cel_every_5_seconds),
        cmocka_unit_test(the_same_seed_gives_the_same_values),
        cmocka_unit_test(every_scenario_sends_the_types_it_is_known_for),
        cmocka_unit_test(no_value_ever_leaves_its_range),
        cmocka_unit_test(values_have_inertia),
        cmocka_unit_test(a_day_at_home_has_quiet_and_episodes),
        cmocka_unit_test(afternoons_are_warmer_than_nights),
        cmocka_unit_test(energy_only_adds_up_until_its_register_is_full),
        cmocka_unit_test(an_unknown_scenario_is_not_found),
        cmocka_unit_test(a_dataset_is_the_same_for_the_same_seed),
        cmocka_unit_test(a_dataset_begins_at_its_start_and_has_its_rows),
        cmocka_unit_test(a_dataset_of_no_rows_is_an_empty_array),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
