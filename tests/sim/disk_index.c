#include "disk_index.h"

#include "base/check.h"

#include <stdlib.h>

void disk_index_fini(struct disk_index *x)
{
    free(x->slots);
    *x = (struct disk_index){0};
}

uint64_t disk_index_hash(struct span name, uint64_t number)
{
    uint64_t hash = (number + 1) * 0x9e3779b97f4a7c15;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (unsigned char)name.bytes[i]) * 0x100000001b3;
    hash *= 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

static void put(struct disk_index *x, struct disk_index_slot slot)
{
    size_t i = slot.hash & (x->capacity - 1);
    while (x->slots[i].at > 0)
        i = (i + 1) & (x->capacity - 1);
    x->slots[i] = slot;
}

void disk_index_add(struct disk_index *x, uint64_t hash, size_t at)
{
    if (2 * x->count >= x->capacity) {
        struct disk_index old = *x;
        x->capacity = old.capacity > 0 ? 2 * old.capacity : 16;
        x->slots = calloc(x->capacity, sizeof *x->slots);
        check(x->slots);
        for (size_t i = 0; i < old.capacity; i++)
            if (old.slots[i].at > 0)
                put(x, old.slots[i]);
        free(old.slots);
    }
    x->count++;
    put(x, (struct disk_index_slot){hash, at + 1});
}

bool disk_index_next(const struct disk_index *x, uint64_t hash, size_t *probe, size_t *at)
{
    while (*probe < x->capacity) {
        const struct disk_index_slot *s = &x->slots[(hash + (*probe)++) & (x->capacity - 1)];
        if (s->at == 0)
            return false;
        if (s->hash != hash)
            continue;
        *at = s->at - 1;
        return true;
    }
    return false;
}
