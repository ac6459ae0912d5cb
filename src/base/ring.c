#include "base/ring.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 8 };

void ring_init(struct ring *r, size_t element_bytes, size_t count_max)
{
    check(element_bytes > 0 && count_max > 0 && count_max <= SIZE_MAX / 2 / element_bytes);
    *r = (struct ring){.element_bytes = element_bytes, .capacity_max = 1};
    while (r->capacity_max < count_max)
        r->capacity_max *= 2;
}

void ring_fini(struct ring *r)
{
    ring_clear(r);
}

void ring_clear(struct ring *r)
{
    free(r->slots);
    r->slots = NULL;
    r->capacity = r->head = r->count = 0;
}

static uint8_t *slot(const struct ring *r, size_t index)
{
    return r->slots + ((r->head + index) & (r->capacity - 1)) * r->element_bytes;
}

static enum err grow(struct ring *r)
{
    if (r->capacity == r->capacity_max)
        return ERR_FULL;
    size_t capacity = r->capacity ? 2 * r->capacity : CAPACITY_MIN;
    if (capacity > r->capacity_max)
        capacity = r->capacity_max;
    uint8_t *slots = malloc(capacity * r->element_bytes);
    if (!slots)
        return ERR_MEMORY;
    if (r->count > 0) {
        /* The oldest run from the head to the end of the memory, then what had wrapped round. */
        size_t run = r->capacity - r->head < r->count ? r->capacity - r->head : r->count;
        memcpy(slots, slot(r, 0), run * r->element_bytes);
        memcpy(slots + run * r->element_bytes, r->slots, (r->count - run) * r->element_bytes);
    }
    free(r->slots);
    r->slots = slots;
    r->capacity = capacity;
    r->head = 0;
    return ERR_OK;
}

enum err ring_push(struct ring *r, const void *element)
{
    if (r->count == r->capacity) {
        enum err err = grow(r);
        if (err)
            return err;
    }
    memcpy(slot(r, r->count), element, r->element_bytes);
    r->count++;
    return ERR_OK;
}

void *ring_at(const struct ring *r, size_t index)
{
    check(index < r->count);
    return slot(r, index);
}

void ring_pop(struct ring *r, size_t count)
{
    check(count <= r->count);
    if (count == 0)
        return;
    r->head = (r->head + count) & (r->capacity - 1);
    r->count -= count;
}

void ring_pop_back(struct ring *r, size_t count)
{
    check(count <= r->count);
    r->count -= count;
}
