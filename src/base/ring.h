#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* A first-in first-out queue of equal-sized elements that grows by doubling up to a bound.
 * Element 0 is the oldest. Pointers to elements are valid until the next push or pop. */
struct ring {
    uint8_t *slots;
    size_t element_bytes;
    size_t capacity; /* a power of two, or 0 before the first push */
    size_t capacity_max;
    size_t head;
    size_t count;
};

/* `count_max` (not 0) is the greatest number of elements, rounded up to a power of two.
 * Allocates nothing. */
void ring_init(struct ring *r, size_t element_bytes, size_t count_max);
void ring_fini(struct ring *r);
/* Copies the element in. ERR_FULL at the bound, ERR_MEMORY; the ring is unchanged after either. */
MUST_USE enum err ring_push(struct ring *r, const void *element);
void *ring_at(const struct ring *r, size_t index); /* index < count, else a failed check */
void ring_pop(struct ring *r, size_t count);       /* drops the oldest; count <= r->count */
void ring_pop_back(struct ring *r, size_t count);  /* drops the newest */
void ring_clear(struct ring *r);                   /* and gives the memory back */

#endif
