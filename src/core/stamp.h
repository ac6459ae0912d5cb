#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

/* Hybrid logical time (Kulkarni and others, "Logical Physical Clocks", 2014): wall time where that
 * goes forward, else a count beside the greatest seen. Whoever saw a stamp gives a greater one, so
 * that a wrong clock pins nothing. */
struct stamp {
    uint64_t ts; /* ms since 1970 UTC */
    uint32_t tick;
};

static inline bool stamp_less(struct stamp a, struct stamp b)
{
    return a.ts < b.ts || (a.ts == b.ts && a.tick < b.tick);
}

static inline bool stamp_equal(struct stamp a, struct stamp b)
{
    return a.ts == b.ts && a.tick == b.tick;
}

/* Another's stamp was seen. */
static inline void stamp_merge(struct stamp *clock, struct stamp seen)
{
    if (stamp_less(*clock, seen))
        *clock = seen;
}

/* A stamp greater than all that were seen and given. */
static inline struct stamp stamp_next(struct stamp *clock, uint64_t wall_ms)
{
    if (wall_ms > clock->ts)
        *clock = (struct stamp){wall_ms, 0};
    else if (clock->tick < UINT32_MAX)
        clock->tick++;
    else
        *clock = (struct stamp){clock->ts + 1, 0};
    return *clock;
}

#endif
