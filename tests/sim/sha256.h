#ifndef SIM_SHA256_H
#define SIM_SHA256_H

#include "base/span.h"

/* SHA-256 (FIPS 180-4) and HMAC over it (RFC 2104), so that the simulator hashes what the product
 * hashes and links no library for it. */
struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_put(struct sha256 *s, const void *bytes, size_t size);
void sha256_end(struct sha256 *s, uint8_t out[32]);
void sha256_hmac(uint8_t out[32], const uint8_t key[32], struct span bytes);
/* Whether the published vectors come out. */
bool sha256_works(void);

#endif
