#define _GNU_SOURCE
#include "io/trust_tls.h"

#include "io/memory.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

/* Both sides show a certificate and both verify the other's up to our root, in one callback that
 * also sets the time to judge dates at and reads the names: whoever fails any of it gets an alert
 * and no byte of ours. What is left out is left out on purpose: earlier versions, tickets,
 * resumption, pre-shared keys and early data (each a second way in), renegotiation, compression.
 *
 * Why each choice was made, and what it was measured against: docs/decisions/004. */

enum { CHAIN_BYTES_MAX = 8192 }; /* two certificates take 1.1 KiB */

static const unsigned char alpn[] = {6, 'k', 'i', 't', 'h', '/', '1'};

struct trust_tls {
    const struct trust_home *home;
    SSL_CTX *context;
    int64_t earliest_s; /* it is later than this, whatever the clock says */
    int64_t latest_s;   /* the end of our own certificate */
};

struct trust_tls *trust_tls_new(const struct trust_home *home)
{
    struct tm start, end;
    struct trust_tls *tls = calloc(1, sizeof *tls);
    if (!tls || !ASN1_TIME_to_tm(X509_get0_notBefore(home->chain[0]), &start) ||
        !ASN1_TIME_to_tm(X509_get0_notAfter(home->chain[0]), &end)) {
        free(tls);
        return NULL;
    }
    tls->home = home;
    tls->earliest_s = (int64_t)timegm(&start);
    tls->latest_s = (int64_t)timegm(&end);
    return tls;
}

void trust_tls_free(struct trust_tls *tls)
{
    if (tls) {
        SSL_CTX_free(tls->context);
        free(tls);
    }
}

void trust_tls_note_time(struct trust_tls *tls, uint64_t wall_ms)
{
    int64_t wall_s = (int64_t)(wall_ms / 1000);
    if (wall_s > tls->earliest_s && wall_s <= tls->latest_s) {
        tls->earliest_s = wall_s;
    }
}

int64_t trust_tls_now_s(const struct trust_tls *tls)
{
    int64_t now_s = (int64_t)time(NULL);
    return now_s > tls->earliest_s ? now_s : tls->earliest_s;
}

static int verify(X509_STORE_CTX *context, void *argument)
{
    const struct trust_tls *tls = argument;
    struct identity identity;
    const char *cause = NULL;
    X509_STORE_CTX_set_time(context, 0, (time_t)trust_tls_now_s(tls));
    if (X509_verify_cert(context) != 1) {
        return 0;
    }
    X509 *certificate = X509_STORE_CTX_get0_cert(context);
    if (trust_cert_identity(certificate, tls->home->network, &identity, &cause)) {
        X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    return 1;
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *size,
                       const unsigned char *offered, unsigned int offered_size, void *argument)
{
    (void)ssl;
    (void)argument;
    unsigned char *chosen = NULL;
    int found = SSL_select_next_proto(&chosen, size, alpn, sizeof alpn, offered, offered_size);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool set_protocol(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, CHAIN_BYTES_MAX);
    SSL_CTX_set_alpn_select_cb(context, select_alpn, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) &&
           SSL_CTX_set_ciphersuites(context,
                                    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256") &&
           SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256") &&
           SSL_CTX_set_num_tickets(context, 0) && SSL_CTX_set_max_early_data(context, 0) &&
           SSL_CTX_set_recv_max_early_data(context, 0) &&
           SSL_CTX_set_alpn_protos(context, alpn, sizeof alpn) == 0;
}

static bool set_identity(SSL_CTX *context, struct trust_tls *tls)
{
    const struct trust_home *home = tls->home;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(context, 1); /* issuing certificates between the device's and the root
                                           */
    SSL_CTX_set_cert_verify_callback(context, verify, tls);
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), home->root) &&
           SSL_CTX_use_certificate(context, home->chain[0]) &&
           SSL_CTX_add1_chain_cert(context, home->chain[1]) &&
           SSL_CTX_use_PrivateKey(context, home->key);
}

SSL_CTX *trust_tls_context(struct trust_tls *tls)
{
    if (!tls->context) {
        tls->context = SSL_CTX_new(TLS_method());
        memory_must(tls->context && set_protocol(tls->context) && set_identity(tls->context, tls));
    }
    return tls->context;
}

struct reason {
    long code;
    const char *text;
};

static const char *find_reason(const struct reason *list, size_t count, long code)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].code == code) {
            return list[i].text;
        }
    }
    return NULL;
}

/* We refused them. */
static const char *verify_text(long result)
{
    static const struct reason reasons[] = {
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "its certificate is of another network"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "its certificate is of another network"},
        {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "its certificate is of another network"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "its certificate is of another network"},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "its certificate is of another network"},
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, "the signature of its certificate is wrong"},
        {X509_V_ERR_CERT_HAS_EXPIRED, "its certificate has expired"},
        {X509_V_ERR_CERT_NOT_YET_VALID,
         "its certificate is not valid yet; is a clock wrong, here or where it was made?"},
        {X509_V_ERR_INVALID_PURPOSE, "its certificate is not one for a device"},
        {X509_V_ERR_CERT_CHAIN_TOO_LONG, "its chain of certificates is too long"},
        {X509_V_ERR_APPLICATION_VERIFICATION,
         "its certificate carries a name, role or network that is not allowed"},
    };
    const char *text = find_reason(reasons, COUNT_OF(reasons), result);
    return text ? text : "its certificate could not be verified";
}

/* They refused us, or the handshake broke. */
static const char *error_text(unsigned long error)
{
    static const struct reason reasons[] = {
        {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "it refused our certificate: it belongs to another network"},
        {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
         "it refused our certificate: expired, or not valid yet by its clock"},
        {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "it refused our certificate: revoked"},
        {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "it refused our certificate"},
        {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "it refused our certificate"},
        {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "it refused our certificate"},
        {SSL_R_TLSV1_ALERT_DECRYPT_ERROR, "it refused our certificate: a signature is wrong"},
        {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "it wants a certificate"},
        {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
         "it refused our certificate or has no way of encryption in common"},
        {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "it does not speak TLS 1.3"},
        {SSL_R_UNSUPPORTED_PROTOCOL, "it does not speak TLS 1.3"},
        {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "it does not speak kith/1"},
        {SSL_R_NO_APPLICATION_PROTOCOL, "it does not speak kith/1"},
        {SSL_R_WRONG_VERSION_NUMBER, "it does not speak TLS"},
        {SSL_R_HTTP_REQUEST, "it speaks HTTP, not TLS"},
        {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "it showed no certificate"},
        {SSL_R_NO_SHARED_CIPHER, "it has no way of encryption in common"},
        {SSL_R_NO_SUITABLE_KEY_SHARE, "it has no way of encryption in common"},
        {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "it has no way of signing in common"},
        {SSL_R_TOO_MUCH_EARLY_DATA, "it sent data before the handshake was done"},
        {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "what it sent was damaged on the way"},
        {SSL_R_SSLV3_ALERT_BAD_RECORD_MAC, "what we sent was damaged on the way"},
        {SSL_R_UNEXPECTED_EOF_WHILE_READING,
         "it closed the connection in the middle of the handshake"},
    };
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) {
        return "TLS broke";
    }
    const char *text = find_reason(reasons, COUNT_OF(reasons), ERR_GET_REASON(error));
    return text ? text : "TLS broke";
}

const char *trust_tls_failure(long verify_result, unsigned long openssl_error)
{
    ERR_clear_error();
    return verify_result == X509_V_OK ? error_text(openssl_error) : verify_text(verify_result);
}
