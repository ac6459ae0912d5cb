#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include "base/rng.h"
#include "host.h"
#include "trace.h"

/* A power-on of everybody at once. Up to LIMIT_MESH peers are there when each has its sessions;
 * beyond, when what was written in the first ten seconds is sealed with everybody who wants it. */

struct crowd_options {
    size_t peers;
    uint64_t seed;
};

/* Who is there: seven sensors, two actuators and a controller of ten; all start within a second.
 * The caller frees it. */
struct host_options *crowd_hosts(size_t count, uint32_t reading_ms, struct rng *r);
bool crowd_run(const struct crowd_options *options, trace_line_fn *on_line);

#endif
