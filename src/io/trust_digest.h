#ifndef IO_TRUST_DIGEST_H
#define IO_TRUST_DIGEST_H

#include "base/span.h"

/* SHA-256 over two pieces, without allocating. Private to io/trust*. */
void trust_digest_pair(uint8_t out[32], struct span first, struct span second);

#endif
