#ifndef IO_SIMULATE_H
#define IO_SIMULATE_H

#include "base/err.h"
#include "base/rng.h"
#include "core/reading.h"

#include <stdio.h>

/* Readings that look like life, from a seed: a pure model of time. The same scenario, seed, start
 * and steps give the same values on every machine.
 *
 * Without a scenario: one room temperature of 20.0 to 30.0 °C that a heater and an open window pull
 * up and down, above 25 and not above 25 within every 30 seconds of readings at most 5 s apart.
 *
 * Scenarios: home (temperature humidity motion power), environment (co2 pm2_5 temperature
 * humidity), healthcare (heart_rate spo2 body_temperature), industry (vibration motor_speed
 * energy). Each value follows a daily cycle and the episodes of its scenario (people at home, rush
 * hour, exertion, a machine under load), with inertia and with noise of its own, and never leaves
 * its range (simulate_scenarios.c says where the ranges come from). */

enum { SIMULATE_PROPERTIES_MAX = 4 };

struct simulate_scenario; /* simulate_scenarios.h */

struct simulate {
    const struct simulate_scenario *scenario;
    struct rng rng;
    double day_s; /* time of day */
    bool busy;
    double until_s;  /* the episode, or the quiet, lasts so much longer */
    double period_s; /* within it, of what is periodic */
    double phase_s;
    double strength;                       /* of the episode, 0.5 to 1 */
    double level[SIMULATE_PROPERTIES_MAX]; /* what inertia has reached */
    double noise[SIMULATE_PROPERTIES_MAX];
};

/* `scenario` NULL is the default temperature; `day_ms` is the time of day at the start, in
 * milliseconds since midnight. ERR_NOT_FOUND: no such scenario. */
MUST_USE enum err simulate_init(struct simulate *s, const char *scenario, uint64_t seed,
                                uint64_t day_ms);
/* "home, environment, healthcare, industry" */
const char *simulate_names(void);
/* How far apart readings are unless somebody says otherwise. */
double simulate_every_s(const struct simulate *s);
/* Time goes on; the first reading is taken before it does. */
void simulate_advance(struct simulate *s, double elapsed_s);
/* The readings of this moment; their texts are constants. Returns how many. */
size_t simulate_read(const struct simulate *s, struct reading readings[SIMULATE_PROPERTIES_MAX]);

enum simulate_format { SIMULATE_JSON, SIMULATE_CSV };
/* Writes a dataset that --dataset reads without any flag: rows a minute apart (the default
 * temperature: 5 s), the first at `start_ms` since 1970 UTC. ERR_NOT_FOUND (no such scenario),
 * ERR_IO (writing failed). */
enum { SIMULATE_ROW_BYTES_MAX = 256 };
MUST_USE enum err simulate_write(FILE *out, const char *scenario, uint64_t rows, uint64_t seed,
                                 int64_t start_ms, enum simulate_format format);

#endif
