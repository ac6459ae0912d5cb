#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include "trace.h"

#include <stddef.h>

/* So many peers are switched on within one second: all must be joined within 30 s, and no peer may
 * dial more than three times in any second (the judge looks at that). Prints how long it took. */
bool crowd_run(size_t peers, uint64_t seed, trace_line_fn *on_line);

#endif
