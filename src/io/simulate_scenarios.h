#ifndef IO_SIMULATE_SCENARIOS_H
#define IO_SIMULATE_SCENARIOS_H

#include "io/simulate.h"

/* The numbers behind the scenarios, as tables. */

enum simulate_kind {
    SIMULATE_VALUE,   /* follows its target with inertia */
    SIMULATE_MOTION,  /* true in turns while the scenario is busy */
    SIMULATE_COUNTER, /* adds up, and begins again behind its last figure */
};

struct simulate_property {
    const char *type;
    const char *unit; /* SenML */
    enum simulate_kind kind;
    double min;
    double max;
    double step;  /* values are multiples of it */
    double base;  /* quiet, averaged over the day */
    double daily; /* amplitude of the daily cycle, greatest at peak_h */
    double peak_h;
    double episode; /* added while busy, at full strength; COUNTER: added an hour */
    double rise_s;  /* inertia while going up, and down */
    double fall_s;
    double noise; /* standard deviation, and how long it takes to forget */
    double noise_s;
};

struct simulate_scenario {
    const char *name; /* NULL: the default temperature */
    double every_s;
    double row_s;      /* in datasets */
    double step_max_s; /* longer steps advance the model by no more than this; 0: no bound */
    double quiet_s[2]; /* least and greatest length of a quiet time */
    double busy_s[2];
    double period_s[2]; /* of motion and of a machine's strokes */
    size_t count;
    struct simulate_property properties[SIMULATE_PROPERTIES_MAX];
};

/* NULL when there is none of this name; the name NULL is the default. */
const struct simulate_scenario *simulate_scenarios_find(const char *name);

#endif
