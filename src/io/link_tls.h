#ifndef IO_LINK_TLS_H
#define IO_LINK_TLS_H

#include "base/err.h"
#include "base/span.h"

#include <openssl/ssl.h>

/* TLS on memory. What came from the socket is pointed at by `in` while a call runs and is taken
 * whole; what is to go to the socket is appended to `out`, which all links of a set share: the
 * caller writes it to this link's socket before it calls for another. Private to io/link*. */

enum {
    LINK_TLS_RECORD = 16384, /* plain bytes in one record, at most (RFC 8446 section 5.1) */
    LINK_TLS_RECORDS = 4,    /* encrypted before they are written */
    LINK_TLS_OVERHEAD = 64,
    LINK_TLS_RESERVE = 16384, /* for handshakes, alerts and key updates */
    LINK_TLS_OUT = LINK_TLS_RECORDS * (LINK_TLS_RECORD + LINK_TLS_OVERHEAD) + LINK_TLS_RESERVE,
};

struct link_tls_out {
    char bytes[LINK_TLS_OUT];
    size_t size;
};

struct link_tls {
    SSL *ssl;
    struct span in;
    struct link_tls_out *out;
    uint32_t records; /* under the present keys, both ways */
    uint32_t records_max;
    uint64_t key_updates;
};

enum link_tls_end { LINK_TLS_CLIENT, LINK_TLS_SERVER };

enum link_tls_result {
    LINK_TLS_DONE,
    LINK_TLS_MORE,   /* needs more input */
    LINK_TLS_CLOSED, /* the other side said close_notify */
    LINK_TLS_FAILED, /* OpenSSL's error queue says why */
};

/* The way between OpenSSL and the memory above; outlives every link_tls that uses it. NULL when out
 * of memory. */
BIO_METHOD *link_tls_method(void);

/* records_max: the keys are updated, both ways, after this many records; RFC 8446 section 5.5
 * allows 2^24.5 for AES-GCM. */
MUST_USE enum err link_tls_init(struct link_tls *t, SSL_CTX *context, BIO_METHOD *method,
                                enum link_tls_end end, uint32_t records_max);
void link_tls_fini(struct link_tls *t);

MUST_USE enum link_tls_result link_tls_handshake(struct link_tls *t);
/* Fills `into` with as much as there is; *size is set with every result. DONE: there may be more.
 */
MUST_USE enum link_tls_result link_tls_read(struct link_tls *t, char *into, size_t capacity,
                                            size_t *size);
/* Encrypts as much as `out` has room for, and says how much; 0 only when it failed or there is no
 * room. */
size_t link_tls_write(struct link_tls *t, struct span bytes);
void link_tls_close(struct link_tls *t); /* says close_notify */

#endif
