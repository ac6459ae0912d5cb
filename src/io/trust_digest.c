/* OpenSSL 3 calls these functions old and offers EVP in their place, which allocates a context and
 * looks up an algorithm for every record: 420 ns against 145 for 150 bytes (docs/decisions/004).
 * They are kept in this one file. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "io/trust_digest.h"

#include <openssl/sha.h>

void trust_digest_pair(uint8_t out[32], struct span first, struct span second)
{
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, first.bytes, first.size);
    SHA256_Update(&context, second.bytes, second.size);
    SHA256_Final(out, &context);
}
