#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

/* A small seeded generator (xoshiro256++, seeded by splitmix64): the same seed gives the same
 * numbers on every machine. Never for keys. */
struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t bound); /* uniform in [0, bound); bound > 0 */
double rng_unit(struct rng *r);                    /* uniform in [0, 1) */
double rng_normal(struct rng *r);                  /* mean 0, standard deviation 1 */

#endif
