#include "host.h"

#include "world.h"

#include <stdlib.h>

/* The chain hash of what is on disk, reckoned from where the log begins there. */

static bool chain_at(const struct disk_log *l, uint64_t seq, struct chain_hash *hash)
{
    if (!l || seq + 1 < l->first || seq > l->last)
        return false;
    *hash = l->base;
    for (uint64_t at = l->first; at <= seq; at++)
        world_hash(hash, hash, l->records[at - l->first]);
    return true;
}

static void put_behind(struct host *h, const struct effect *e, struct event *done, char *memory)
{
    const struct disk_seal *seal = disk_seal(&h->disk, &e->chain.id, e->chain.seq + 1);
    size_t size, count = seal ? disk_fetch(&h->disk, &e->chain.id, e->chain.seq + 1, seal->seq,
                                           LIMIT_BATCH_BYTES, memory, &size)
                              : 0;
    if (count == 0 || e->chain.seq + count != seal->seq)
        return;
    done->chain.count = count;
    done->chain.bytes.size = size;
    done->chain.seal_hash = seal->hash;
    done->chain.signature_size = seal->signature_size;
    memcpy(done->chain.signature, seal->signature, sizeof seal->signature);
}

void host_chain(struct world *w, struct host *h, const struct effect *e)
{
    struct event done = {.kind = EVENT_CHAIN,
                         .chain = {.link = e->chain.link,
                                   .id = e->chain.id,
                                   .seq = e->chain.seq,
                                   .told = e->chain.told}};
    char *memory = malloc(LIMIT_BATCH_BYTES + LIMIT_RECORD);
    check(memory);
    const struct disk_log *l = disk_log(&h->disk, &e->chain.id);
    done.chain.known = chain_at(l, e->chain.seq, &done.chain.hash);
    if (done.chain.known && e->chain.to_seal)
        put_behind(h, e, &done, memory);
    host_later(w, h, world_between(w, 50, 3000), &done,
               (struct span){memory, done.chain.bytes.size});
    free(memory);
}
