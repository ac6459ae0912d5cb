#ifndef SIM_SEEDS_H
#define SIM_SEEDS_H

#include "trace.h"

#include <stddef.h>

/* Many worlds, each from one seed: some peers, some minutes of faults, a heal, and the verdict. */

struct seeds_options {
    uint64_t from;
    uint64_t count;
    unsigned runs; /* of each seed; with 2 their traces are compared */
};

/* Prints failures, what was exercised and how long healing took; false when anything failed. */
bool seeds_run(const struct seeds_options *options);
/* One seed, its trace to on_line (NULL: none). */
bool seeds_run_one(uint64_t seed, trace_line_fn *on_line, void *context);

#endif
