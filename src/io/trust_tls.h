#ifndef IO_TRUST_TLS_H
#define IO_TRUST_TLS_H

#include "io/trust_home.h"

#include <openssl/ssl.h>

/* TLS 1.3 the way Kith speaks it. Private to io/trust*. */

struct trust_tls;

/* Borrows *home for its life. NULL when out of memory. */
struct trust_tls *trust_tls_new(const struct trust_home *home);
void trust_tls_free(struct trust_tls *tls);

/* Made when first asked for; ends the process when memory is out then. */
SSL_CTX *trust_tls_context(struct trust_tls *tls);

/* Certificates are judged at max(wall clock, newest time noted, own certificate's start): a device
 * whose clock says 1970 knows that much. A time behind the end of its own certificate is that of a
 * clock that was wrong when it was noted, and counts for nothing. */
void trust_tls_note_time(struct trust_tls *tls, uint64_t wall_ms);
int64_t trust_tls_now_s(const struct trust_tls *tls);

/* trust_failure_text() */
const char *trust_tls_failure(long verify_result, unsigned long openssl_error);

#endif
