#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/err.h"
#include "base/span.h"

/* A hash table from byte keys to pointers, open addressing, grows by doubling up to a bound.
 * Keys are borrowed: the bytes must live as long as the entry (usually inside the value). The
 * hash is seeded (SipHash-1-3, Aumasson and Bernstein), so that nobody outside can choose
 * colliding keys. */
struct table_slot {
    uint64_t hash;
    struct span key;
    void *value;
};

struct table {
    struct table_slot *slots;
    size_t capacity;
    size_t count;
    size_t count_max;
    uint64_t seed[2];
};

void table_init(struct table *t, size_t count_max, uint64_t seed);
void table_fini(struct table *t); /* the values are not touched */
/* ERR_EXISTS when the key is there, ERR_FULL at the bound, ERR_MEMORY; unchanged after each.
 * value is not NULL. */
MUST_USE enum err table_put(struct table *t, struct span key, void *value);
void *table_get(const struct table *t, struct span key); /* NULL when absent */
void *table_remove(struct table *t, struct span key);    /* the value, NULL when absent */
/* Walks in an order fixed by the seed and the history: start with *at = 0; NULL at the end. The
 * table must not change during the walk. */
void *table_next(const struct table *t, size_t *at);
/* Where in that order a key that is there stands. */
size_t table_place(const struct table *t, struct span key);

#endif
