#ifndef IO_TRUST_H
#define IO_TRUST_H

#include "core/ident.h"
#include "wire/hello.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>

/* The network's keys and this device's, as files, and what follows from them: certificates, the TLS
 * contexts, signatures, macs.
 *
 *   DATA/network/      root.key root.crt     the root makes the network and signs issuing keys
 *                      issuing.key issuing.crt   signs device certificates
 *                      discovery.key         32 random bytes in hex: authenticates hellos
 *   DATA/devices/NAME/ device.key device.crt (a chain: device, issuing)
 *
 * All P-256, keys PKCS#8 PEM with mode 0600, folders 0700. The first peer of a user makes the
 * network under a file lock; each device's key is made at its first start and its certificate
 * signed by the issuing key. A machine may hold network/ without root.key, and devices/ without
 * issuing.key. Files are written to a temporary name, fsynced and renamed; a half-made network is
 * finished or made anew. */

/* For one thread, but for trust_hash() and trust_random(). */
struct trust;

struct trust_paths {
    const char *data; /* XDG data folder of kith, or --state-dir */
};

/* Opens (making what is missing) the network and the device's identity. Certificates have CN =
 * device name, OU = role, O = network id. A role other than the one in an existing certificate
 * renews the certificate (same key) when an issuing key is there. *made says whether the network is
 * new. Errors: ERR_IO (which file, why), ERR_DENIED (permissions of a key file too open: it says
 * chmod), ERR_NOT_FOUND (no issuing key and no certificate: says how to copy or join), ERR_CORRUPT,
 * ERR_BUSY. message for people. */
MUST_USE enum err trust_open(struct trust **trust, const struct trust_paths *paths,
                             const char *device, enum role role, bool *made, char *message,
                             size_t message_bytes);
void trust_close(struct trust *t); /* wipes keys; NULL is allowed */

const struct identity *trust_self(const struct trust *t);
const char *trust_network(const struct trust *t);       /* id: 16 hex digits of the root key's id */
const char *trust_network_short(const struct trust *t); /* "3f9a-c2" */
const struct hello_key *trust_hello_key(const struct trust *t);

/* Certificates are judged at max(wall clock, newest time noted, own certificate's start). A device
 * whose clock has no battery begins in 1970: tell the newest time that it stored itself. One behind
 * the end of its own certificate counts for nothing: the clock was wrong then. */
void trust_note_time(const struct trust *t, uint64_t wall_ms);

/* One context serves both ends: TLS 1.3 only, certificates demanded from both sides and verified up
 * to our root, ALPN kith/1, no tickets, no 0-RTT, no compression. Made when first asked for (1 ms);
 * ends the process when memory is out then. */
SSL_CTX *trust_tls(const struct trust *t);
/* The identity in the peer's verified certificate. ERR_DENIED with a cause for people ("its
 * certificate is of another network", "it does not speak kith/1"). */
MUST_USE enum err trust_identify(const struct trust *t, SSL *ssl, struct identity *identity,
                                 const char **cause);
/* A short cause for a failed handshake or connection: from SSL_get_verify_result(), else from
 * ERR_peek_last_error(). Empties OpenSSL's error queue. */
const char *trust_failure_text(long verify_result, unsigned long openssl_error);

/* Seals: ECDSA P-256 over SHA-256 of the text, DER. signature holds LIMIT_SIGNATURE bytes. */
MUST_USE enum err trust_sign(const struct trust *t, struct span text, uint8_t *signature,
                             size_t *size);
/* Whether the key that the log's id names made the signature, and belongs to the device that it
 * names: nobody seals another's log with a key of their own. Public keys come from certificates
 * seen (trust_identify keeps each verified one, also on disk under network/peers/); ERR_NOT_FOUND
 * when the key is not known, ERR_DENIED when the signature is wrong or the key is another device's.
 */
MUST_USE enum err trust_verify(const struct trust *t, const struct log_id *id, struct span text,
                               const uint8_t *signature, size_t size);

/* The certificate of ourselves or of a device seen, with its issuer's behind it, for somebody who
 * has not seen it: at most LIMIT_CHAIN bytes. ERR_NOT_FOUND. */
MUST_USE enum err trust_chain(const struct trust *t, const struct key_id *id,
                              uint8_t out[LIMIT_CHAIN], size_t *size);
/* The other side: keeps it and says who it is. ERR_DENIED: it is not of our network, or nothing at
 * all. */
MUST_USE enum err trust_certify(const struct trust *t, struct span chain,
                                struct identity *identity);

/* SHA-256(before | bytes): a node_hash_fn, reentrant, fast for short input. */
void trust_hash(struct chain_hash *out, const struct chain_hash *before, struct span bytes);
uint64_t trust_random(void); /* 64 bits from the system's generator */

#endif
