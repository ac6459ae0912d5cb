#ifndef CORE_IDENT_H
#define CORE_IDENT_H

#include "base/span.h"
#include "core/access.h"
#include "core/limits.h"

/* Names of things: keys, devices, logs, addresses. */

/* The first 160 bits of SHA-256 over the SubjectPublicKeyInfo (as RFC 7093 section 2, method 4,
 * makes key identifiers, with the length of its method 1). */
struct key_id {
    uint8_t bytes[20];
};

/* Who a certificate says somebody is. */
struct identity {
    char device[LIMIT_NAME + 1];
    enum role role;
    struct key_id key;
};

struct log_id {
    char device[LIMIT_NAME + 1];
    struct key_id key;
    uint64_t epoch;
};

struct chain_hash {
    uint8_t bytes[32]; /* SHA-256 */
};

/* IPv4, both in host order. Port 0: no address. */
struct address {
    uint32_t ipv4;
    uint16_t port;
};

static inline bool ident_key_equal(const struct key_id *a, const struct key_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline bool ident_log_equal(const struct log_id *a, const struct log_id *b)
{
    return a->epoch == b->epoch && ident_key_equal(&a->key, &b->key) &&
           strcmp(a->device, b->device) == 0;
}

static inline bool ident_address_equal(struct address a, struct address b)
{
    return a.ipv4 == b.ipv4 && a.port == b.port;
}

/* "controller1/1572864/17": a record's name within its network. */
void ident_record_name(char out[LIMIT_RECORD_NAME + 1], struct span device, uint64_t epoch,
                       uint64_t seq);
/* Copies a name of at most LIMIT_NAME bytes and terminates it. */
void ident_name_copy(char out[LIMIT_NAME + 1], struct span name);

#endif
