#include "io/simulate_scenarios.h"

#include "base/check.h"

#include <string.h>

/* Units are SenML's: RFC 8428 section 12.1, and of the secondary units of RFC 8798 ppm, ug/m3 and
 * kWh. Where the ranges come from:
 *
 * temperature (home)     16-30 °C: WHO, Housing and Health Guidelines 2018, asks for 18 °C at
 *                        least; above 26 °C sleep suffers; two and four degrees of margin.
 * humidity (home)        20-80 %RH: EN 16798-1 designs for 20-70; 80 is where mould grows (WHO).
 * power                  20-3680 W: one 16 A circuit at 230 V; 20 W is what stands by.
 * co2                    400-5000 ppm: outdoor air (NOAA, about 420) to the eight-hour limit at
 *                        work (EU directive 2006/15/EC, OSHA PEL).
 * pm2_5                  0-500 ug/m3: the breakpoints of the US EPA air quality index.
 * temperature, humidity  -40-85 °C, 0-100 %RH: what a Bosch BME280 measures (datasheet).
 * heart_rate             40-180 beat/min: athletes at rest to the greatest of a person of 40
 *                        (American Heart Association: 220 less the age).
 * spo2                   85-100 %: WHO pulse oximetry manual, normal from 95, emergency under 90.
 * body_temperature       35-41 °C: hypothermia begins below, life is in danger above (NHS).
 * vibration              0-14.2 m/s2: velocity severity up to 45 mm/s RMS (ISO 10816-1, the end of
 *                        its scale) at 50 Hz is 2 pi 50 0.045 m/s2.
 * motor_speed            0-1500 1/min: the synchronous speed of four poles at 50 Hz (IEC 60034).
 * energy                 0-99999.99 kWh: a register of five figures and two decimals.
 */
/* clang-format off */
static const struct simulate_scenario scenarios[] = {
    /* Busy: the heater is on. Quiet: it is off and a window is open. One of each takes at most
     * 26 s, so that seven readings over 30 s see both changes. */
    {.name = NULL, .every_s = 5, .row_s = 5, .step_max_s = 5,
     .quiet_s = {8, 13}, .busy_s = {8, 13}, .period_s = {1, 1}, .count = 1, .properties = {
         {.type = "temperature", .unit = "Cel", .min = 20, .max = 30, .step = 0.1, .base = 21.2,
          .episode = 7.8, .rise_s = 4, .fall_s = 4, .noise = 0.15, .noise_s = 10}}},
    /* Busy: somebody is at home and moves, cooks, switches things on. */
    {.name = "home", .every_s = 5, .row_s = 60,
     .quiet_s = {900, 7200}, .busy_s = {900, 5400}, .period_s = {60, 300}, .count = 4, .properties = {
         {.type = "temperature", .unit = "Cel", .min = 16, .max = 30, .step = 0.1, .base = 20.5,
          .daily = 1.6, .peak_h = 16, .episode = 4, .rise_s = 1500, .fall_s = 3600, .noise = 0.12,
          .noise_s = 300},
         {.type = "humidity", .unit = "%RH", .min = 20, .max = 80, .step = 0.1, .base = 45,
          .daily = 4, .peak_h = 6, .episode = 14, .rise_s = 900, .fall_s = 2700, .noise = 0.8,
          .noise_s = 300},
         {.type = "motion", .unit = "", .kind = SIMULATE_MOTION, .max = 1, .step = 1},
         {.type = "power", .unit = "W", .min = 20, .max = 3680, .step = 1, .base = 180,
          .daily = 90, .peak_h = 19, .episode = 1900, .rise_s = 20, .fall_s = 20, .noise = 45,
          .noise_s = 60}}},
    /* Busy: rush hour, still air. */
    {.name = "environment", .every_s = 5, .row_s = 60,
     .quiet_s = {3600, 14400}, .busy_s = {1800, 7200}, .period_s = {1, 1}, .count = 4, .properties = {
         {.type = "co2", .unit = "ppm", .min = 400, .max = 5000, .step = 1, .base = 520,
          .daily = 60, .peak_h = 8, .episode = 900, .rise_s = 1800, .fall_s = 2700, .noise = 12,
          .noise_s = 120},
         {.type = "pm2_5", .unit = "ug/m3", .min = 0, .max = 500, .step = 0.1, .base = 9,
          .daily = 3, .peak_h = 20, .episode = 45, .rise_s = 900, .fall_s = 3600, .noise = 1.2,
          .noise_s = 120},
         {.type = "temperature", .unit = "Cel", .min = -40, .max = 85, .step = 0.1, .base = 14,
          .daily = 6, .peak_h = 15, .episode = 1.5, .rise_s = 1800, .fall_s = 3600, .noise = 0.25,
          .noise_s = 600},
         {.type = "humidity", .unit = "%RH", .min = 0, .max = 100, .step = 0.1, .base = 66,
          .daily = 16, .peak_h = 4, .episode = -4, .rise_s = 1800, .fall_s = 3600, .noise = 1.5,
          .noise_s = 600}}},
    /* Busy: exertion. */
    {.name = "healthcare", .every_s = 5, .row_s = 60,
     .quiet_s = {1200, 7200}, .busy_s = {300, 2400}, .period_s = {1, 1}, .count = 3, .properties = {
         {.type = "heart_rate", .unit = "beat/min", .min = 40, .max = 180, .step = 1, .base = 66,
          .daily = 6, .peak_h = 15, .episode = 75, .rise_s = 60, .fall_s = 150, .noise = 2.2,
          .noise_s = 20},
         {.type = "spo2", .unit = "%", .min = 85, .max = 100, .step = 0.1, .base = 97.6,
          .daily = 0.3, .peak_h = 15, .episode = -3, .rise_s = 120, .fall_s = 120, .noise = 0.35,
          .noise_s = 30},
         {.type = "body_temperature", .unit = "Cel", .min = 35, .max = 41, .step = 0.01,
          .base = 36.7, .daily = 0.35, .peak_h = 18, .episode = 1.1, .rise_s = 1200,
          .fall_s = 1800, .noise = 0.03, .noise_s = 300}}},
    /* Busy: the machine works under load. */
    {.name = "industry", .every_s = 5, .row_s = 60,
     .quiet_s = {120, 900}, .busy_s = {600, 5400}, .period_s = {20, 60}, .count = 3, .properties = {
         {.type = "vibration", .unit = "m/s2", .min = 0, .max = 14.2, .step = 0.01, .base = 0.35,
          .episode = 4.5, .rise_s = 15, .fall_s = 10, .noise = 0.12, .noise_s = 8},
         {.type = "motor_speed", .unit = "1/min", .min = 0, .max = 1500, .step = 1, .base = 0,
          .episode = 1480, .rise_s = 12, .fall_s = 25, .noise = 6, .noise_s = 10},
         {.type = "energy", .unit = "kWh", .kind = SIMULATE_COUNTER, .max = 99999.99,
          .step = 0.01, .base = 0.4, .episode = 22}}},
};
/* clang-format on */

const struct simulate_scenario *simulate_scenarios_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        bool unnamed = !name || !scenarios[i].name;
        if (unnamed ? name == scenarios[i].name : strcmp(name, scenarios[i].name) == 0)
            return &scenarios[i];
    }
    return NULL;
}
