#ifndef SIM_CIRCLE_H
#define SIM_CIRCLE_H

#include "trace.h"

/* Who is there, in a network that is too large for a mesh: everybody must come to one answer about
 * everybody after a start, a crash, a power loss, a goodbye that most miss, a return, a lie and a
 * partition, each within its bound. Prints how long each took. */

struct circle_options {
    size_t peers;
    uint64_t seed;
};

bool circle_run(const struct circle_options *options, trace_line_fn *on_line);

#endif
