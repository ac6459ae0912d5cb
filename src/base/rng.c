#include "base/rng.h"

#include "base/check.h"

#include <stdbool.h>

/* splitmix64 (Steele, Lea and Flood 2014), which xoshiro's authors recommend for seeding. */
static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

void rng_init(struct rng *r, uint64_t seed)
{
    for (unsigned i = 0; i < COUNT_OF(r->s); i++)
        r->s[i] = splitmix64(&seed);
}

/* xoshiro256++ 1.0 (Blackman and Vigna 2019). */
uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t bound)
{
    check(bound > 0);
    uint64_t surplus = (0 - bound) % bound; /* 2^64 mod bound: the numbers that would favour the
                                               small */
    uint64_t n;
    do {
        n = rng_next(r);
    } while (n < surplus);
    return n % bound;
}

double rng_unit(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* True with probability exp(-t), 0 <= t <= 1 (von Neumann 1951): uniform numbers that fall one
 * below the other, starting below t, are an even number of times that often. */
static bool chance_exp_unit(struct rng *r, double t)
{
    bool even = true;
    for (double u = rng_unit(r); u < t; u = rng_unit(r)) {
        t = u;
        even = !even;
    }
    return even;
}

static bool chance_exp(struct rng *r, double t)
{
    for (; t > 1; t -= 1)
        if (!chance_exp_unit(r, 1))
            return false;
    return chance_exp_unit(r, t);
}

/* Karney, "Sampling exactly from the normal distribution" (2016). No logarithm or root, whose last
 * bit differs between C libraries: the same seed gives the same numbers everywhere. */
double rng_normal(struct rng *r)
{
    for (;;) {
        unsigned whole = 0;
        while (chance_exp(r, 0.5))
            whole++;
        double k = whole;
        double x = rng_unit(r);
        if (chance_exp(r, k * (k - 1) / 2) && chance_exp(r, x * (2 * k + x) / 2))
            return rng_next(r) >> 63 ? k + x : -(k + x);
    }
}
