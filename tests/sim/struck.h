#ifndef SIM_STRUCK_H
#define SIM_STRUCK_H

#include "trace.h"

#include <stdint.h>

/* Two peers that know each other's address start at once and dial each other; one of them dies at a
 * moment of it. Played for each moment in turn, either of them, killed or without power, and for
 * some seeds: however far the two greetings are, whoever was told to be there is told to be gone.
 *
 * Seen to fail (506 of 55,528 deaths): with the newer of two links that crossed in the place of the
 * older, so that each side gave up another one, and nobody told when both were gone. */

struct struck_options {
    uint64_t seed, count;
};

/* Prints how many deaths there were; false when one was not told. */
bool struck_run(const struct struck_options *options);

#endif
