#ifndef WIRE_HELLO_H
#define WIRE_HELLO_H

#include "base/buf.h"
#include "base/err.h"
#include "core/hello.h"

/* Discovery datagrams:
 *
 *   {"type":"hello","device":"sensor1","network":"<16 hex: id of the discovery key>","port":47120,
 *    "epoch":..,"counter":..,"mac":"<64 hex>"}
 *
 * An answer has "answer":true before the mac, a goodbye has "type":"goodbye". The mac is
 * HMAC-SHA-256 (RFC 2104) over every byte before ,"mac":" in lower-case hex; it is always the last
 * member and ends the datagram, so that it is found and checked before anything is parsed. */

struct hello_mac {
    uint8_t bytes[32];
};

/* HMAC-SHA-256 with the network's discovery key; pure. */
typedef void hello_mac_fn(void *context, struct span bytes, struct hello_mac *out);

struct hello_key {
    char id[16]; /* lower-case hex, not terminated */
    hello_mac_fn *mac;
    void *context;
};

/* Returns the length, at most LIMIT_DATAGRAM; 0 when capacity is too small. */
size_t hello_encode(const struct hello *h, const struct hello_key *key, char *out, size_t capacity);

/* What a hello of another network says of itself, unproven: for one line to a person. */
struct hello_foreign {
    char network[16];
    char device[LIMIT_NAME + 1];
};

/* ERR_OK: authentic and well-formed. ERR_NOT_FOUND: a well-formed hello of another network
 * (*foreign is set). ERR_DENIED: our key's id and a wrong mac. ERR_SYNTAX, ERR_RANGE, ERR_SIZE:
 * not a hello at all (garbage, or the plain dialect). *h and *foreign hold nothing of use unless
 * said so here. The mac is compared in constant time. */
MUST_USE enum err hello_decode(struct span datagram, const struct hello_key *key, struct hello *h,
                               struct hello_foreign *foreign);

#endif
