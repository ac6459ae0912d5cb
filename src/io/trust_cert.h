#ifndef IO_TRUST_CERT_H
#define IO_TRUST_CERT_H

#include "base/err.h"
#include "core/ident.h"

#include <openssl/x509.h>

/* What a certificate says, read strictly, and how one is made. Private to io/trust*.
 *
 * Three kinds: the root (a CA that may have one CA below it), an issuing one (a CA for devices
 * only), a device's (CN = device, OU = role, O = network id; for both ends of TLS). P-256 and
 * SHA-256 throughout; key identifiers are key ids (RFC 7093 section 2). */

/* SHA-256 over the SubjectPublicKeyInfo, cut to a key id. ERR_MEMORY. */
MUST_USE enum err trust_cert_key_id(X509 *certificate, struct key_id *id);

/* Who a device's certificate names: exactly one CN that is a device name, one OU that is a role,
 * one O that is the network's id. ERR_DENIED with a cause for people. Checks no signature and no
 * date. */
MUST_USE enum err trust_cert_identity(X509 *certificate, const char *network,
                                      struct identity *identity, const char **cause);

enum trust_cert_kind { TRUST_CERT_ROOT, TRUST_CERT_ISSUING, TRUST_CERT_DEVICE };

struct trust_cert_order {
    enum trust_cert_kind kind;
    const char *name;    /* CN; NULL: made from the kind */
    const char *role;    /* OU; NULL: none */
    const char *network; /* O; NULL for a root: made from its key */
    EVP_PKEY *key;       /* its public half goes into the certificate */
    X509 *issuer;        /* NULL for a root */
    EVP_PKEY *issuer_key;
    int64_t now_s; /* valid from an hour before; clocks before 2026 count as its first day */
};

/* The certificate, for the caller to free; NULL when out of memory. */
X509 *trust_cert_new(const struct trust_cert_order *order);
/* The root's key id as a network id. */
MUST_USE enum err trust_cert_network(X509 *root, char network[17]);

/* Two certificates, one behind the other, in DER. ERR_SIZE: they do not fit; ERR_SYNTAX: not
 * exactly two. The caller frees them. */
MUST_USE enum err trust_cert_encode(X509 *const chain[2], uint8_t *out, size_t capacity,
                                    size_t *size);
MUST_USE enum err trust_cert_decode(const uint8_t *bytes, size_t size, X509 *chain[2]);

#endif
