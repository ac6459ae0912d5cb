#ifndef IO_TRUST_PEERS_H
#define IO_TRUST_PEERS_H

#include "io/trust_cert.h"
#include "io/trust_disk.h"

/* The certificates of devices that were met, so that seals of absent ones can be verified. One file
 * each in network/peers/, named by key id, with the issuer's certificate behind it; in memory the
 * public keys of those seen or asked for. Private to io/trust*. */

enum {
    TRUST_PEERS_FILES = 4096, /* at the bound the file written longest ago goes */
    TRUST_PEERS_CACHED = 1024,
};

struct trust_peers;

struct trust_peers_one {
    struct identity identity;
    EVP_PKEY *key;
};

struct trust_peers_options {
    const char *folder; /* made when first needed */
    X509 *root;         /* kept by reference count */
    const char *network;
    size_t files_max;
};

struct trust_peers *trust_peers_new(const struct trust_peers_options *options);
void trust_peers_free(struct trust_peers *p);

/* Remembers a verified certificate and its issuer. Not durable at once, and a failure to write is
 * no failure: the device will be met again. */
void trust_peers_keep(struct trust_peers *p, const struct identity *identity, X509 *certificate,
                      X509 *issuer);
/* From memory, else from its file, whose chain is verified up to the root (its dates are not
 * judged: what it sealed while it was valid stays sealed). NULL when never met. Valid until the
 * next call. */
const struct trust_peers_one *trust_peers_find(struct trust_peers *p, const struct key_id *id);

/* The certificate of a device that was met and its issuer's, one behind the other in DER, as others
 * take them. ERR_NOT_FOUND: never met, or its file is gone; ERR_SIZE. */
MUST_USE enum err trust_peers_chain(struct trust_peers *p, const struct key_id *id, uint8_t *out,
                                    size_t capacity, size_t *size);
/* Keeps a device that somebody else met, when the chain of signatures goes up to our root (its
 * dates are not judged) and the certificate is of our network. Where a later one of the same key is
 * kept that one stays, and says who it is: a device that lost a role must not get it back because
 * somebody has its old certificate. ERR_DENIED otherwise. */
MUST_USE enum err trust_peers_accept(struct trust_peers *p, const uint8_t *chain, size_t size,
                                     struct identity *identity);

#endif
