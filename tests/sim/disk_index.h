#ifndef SIM_DISK_INDEX_H
#define SIM_DISK_INDEX_H

#include "base/span.h"

/* Where in a disk's lists something stands, by a hash of its name, so that a disk that knows a
 * thousand devices answers as fast as one that knows five. The lists stay the truth: the index says
 * which places to look at, and is made anew when a list is. */

struct disk_index_slot {
    uint64_t hash;
    size_t at; /* + 1; 0: empty */
};

struct disk_index {
    struct disk_index_slot *slots;
    size_t capacity, count;
};

void disk_index_fini(struct disk_index *x); /* empty afterwards, and good for use */
uint64_t disk_index_hash(struct span name, uint64_t number);
void disk_index_add(struct disk_index *x, uint64_t hash, size_t at);
/* The places of that hash, one after the other: *probe begins at 0. False: there are no more. */
bool disk_index_next(const struct disk_index *x, uint64_t hash, size_t *probe, size_t *at);

#endif
