#ifndef CORE_PROOF_H
#define CORE_PROOF_H

#include "core/ident.h"

/* That an author signed two contents for one place of its log: whoever has its public key can tell
 * from this alone, whatever they hold of that log. */

/* A seal: the author's signature over the chain hash at seq. seq 0: none. */
struct log_seal {
    uint64_t seq;
    struct chain_hash hash;
    uint8_t signature[LIMIT_SIGNATURE];
    size_t signature_size;
};

/* The second seal lies at the first one's place and signs another hash; or behind it, and then the
 * records between lead to it from another hash (`there`) at the first one's place. */
struct proof {
    struct log_id id;
    struct log_seal seals[2];
    struct chain_hash there;
    struct span bytes; /* those records, joined by commas; empty with two seals of unlike places:
                          there were too many, and only we know */
    size_t count;
};

typedef void proof_hash_fn(struct chain_hash *out, const struct chain_hash *before,
                           struct span bytes);

/* Whoever gets it can check it. */
bool proof_is_whole(const struct proof *p);
/* But for the two signatures: the second seal does not follow from the first. `records`: the texts
 * in p->bytes, p->count of them. */
bool proof_holds(const struct proof *p, const struct span *records, proof_hash_fn *hash);

#endif
