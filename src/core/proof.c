#include "core/proof.h"

static bool differs(const struct chain_hash *a, const struct chain_hash *b)
{
    return memcmp(a, b, sizeof *a) != 0;
}

bool proof_is_whole(const struct proof *p)
{
    return p->seals[1].seq - p->seals[0].seq == p->count;
}

bool proof_holds(const struct proof *p, const struct span *records, proof_hash_fn *hash)
{
    struct chain_hash head = p->there;
    if (p->seals[0].seq == 0 || p->seals[1].seq < p->seals[0].seq || !proof_is_whole(p))
        return false;
    if (p->count == 0)
        return differs(&p->seals[0].hash, &p->seals[1].hash);
    for (size_t i = 0; i < p->count; i++)
        hash(&head, &head, records[i]);
    return differs(&p->seals[0].hash, &p->there) && !differs(&head, &p->seals[1].hash);
}
