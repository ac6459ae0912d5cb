#ifndef IO_TRUST_HOME_H
#define IO_TRUST_HOME_H

#include "io/trust_cert.h"
#include "io/trust_disk.h"

/* The folders of keys (their layout stands in trust.h): finds or makes the network, finds or enrols
 * the device. Private to io/trust*. */

enum { TRUST_HOME_KEY_BYTES = 32 };

struct trust_home_want {
    const char *data;
    const char *device;
    enum role role;
    int64_t now_s; /* wall clock */
};

struct trust_home {
    X509 *root;
    X509 *chain[2]; /* the device's certificate and its issuer's */
    EVP_PKEY *key;
    struct identity self;
    uint8_t discovery[TRUST_HOME_KEY_BYTES];
    char network[17];
    bool made; /* the network, by this call */
};

/* Fills *home, which is to be released with trust_home_fini() also after a failure. Errors as
 * trust_open(). */
MUST_USE enum err trust_home_open(struct trust_home *home, const struct trust_home_want *want,
                                  const struct trust_note *note);
void trust_home_fini(struct trust_home *home); /* wipes */

#endif
