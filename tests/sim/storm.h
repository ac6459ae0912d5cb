#ifndef SIM_STORM_H
#define SIM_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Very many peers that are powered on together, in a network that loses packets; then some are
 * killed and start again, and the others part in two. When that is over, all that was written is
 * sealed everywhere within one bound, and once the sensors rest all hold one state within another.
 */

struct storm_options {
    size_t peers;
    uint64_t from, count; /* seeds */
    uint64_t runs;        /* of each, whose traces must be one */
};

bool storm_run(const struct storm_options *options);

#endif
