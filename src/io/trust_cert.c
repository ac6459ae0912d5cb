#define _GNU_SOURCE
#include "io/trust_cert.h"

#include "base/hex.h"
#include "io/trust_digest.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

/* Dates. Nobody renews a certificate on a sensor in a cellar, and its clock may say 1970; who no
 * longer belongs is cut off by a revocation, which spreads at once, and not by a date. So the dates
 * are generous, and each lasts longer than what it signs: a device's ten years, after which an
 * issuing key has surely been seen, an issuing one's twenty, the root's forty. The start lies an
 * hour back, for clocks that disagree. */

enum {
    DAY_S = 86400,
    SLACK_S = 3600,
    DEVICE_DAYS = 3653,
    ISSUING_DAYS = 7305,
    ROOT_DAYS = 14610,
    SERIAL_BYTES = 16,
};
#define CLOCK_FLOOR_S 1767225600 /* 2026-01-01: no certificate of this program is older */

struct extension {
    int nid;
    const char *value;
};

enum err trust_cert_key_id(X509 *certificate, struct key_id *id)
{
    unsigned char *der = NULL;
    uint8_t digest[32];
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size <= 0) {
        return ERR_MEMORY;
    }
    trust_digest_pair(digest, (struct span){(const char *)der, (size_t)size}, SPAN(""));
    memcpy(id->bytes, digest, sizeof id->bytes);
    OPENSSL_free(der);
    return ERR_OK;
}

enum err trust_cert_network(X509 *root, char network[17])
{
    struct key_id id;
    enum err err = trust_cert_key_id(root, &id);
    if (!err) {
        hex_encode(network, id.bytes, 8);
        network[16] = '\0';
    }
    return err;
}

/* The one value of this name in the subject; false when there is none or more than one. */
static bool name_of(X509 *certificate, int nid, struct span *value)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, nid, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0) {
        return false;
    }
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    int type = ASN1_STRING_type(text);
    if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING) {
        return false;
    }
    *value = (struct span){(const char *)ASN1_STRING_get0_data(text),
                           (size_t)ASN1_STRING_length(text)};
    return true;
}

enum err trust_cert_identity(X509 *certificate, const char *network, struct identity *identity,
                             const char **cause)
{
    struct span device, role, organisation;
    if (!name_of(certificate, NID_organizationName, &organisation) ||
        !span_is(organisation, network)) {
        *cause = "its certificate is of another network";
        return ERR_DENIED;
    }
    if (!name_of(certificate, NID_commonName, &device) || !access_name_valid(device)) {
        *cause = "its certificate carries a name that is not allowed";
        return ERR_DENIED;
    }
    if (!name_of(certificate, NID_organizationalUnitName, &role) ||
        !access_role_parse(role, &identity->role)) {
        *cause = "its certificate carries a role that is not known";
        return ERR_DENIED;
    }
    ident_name_copy(identity->device, device);
    if (trust_cert_key_id(certificate, &identity->key)) {
        *cause = "out of memory";
        return ERR_DENIED;
    }
    return ERR_OK;
}

static bool add_extension(X509 *certificate, X509 *issuer, const struct extension *extension)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, &context, extension->nid, extension->value);
    bool added = made && X509_add_ext(certificate, made, -1) == 1;
    X509_EXTENSION_free(made);
    return added;
}

static bool add_extensions(X509 *certificate, const struct trust_cert_order *order,
                           const struct key_id *id)
{
    static const struct extension of_kind[][4] = {
        [TRUST_CERT_ROOT] = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:1"},
                             {NID_key_usage, "critical,keyCertSign"}},
        [TRUST_CERT_ISSUING] = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                {NID_key_usage, "critical,keyCertSign"},
                                {NID_authority_key_identifier, "keyid:always"}},
        [TRUST_CERT_DEVICE] = {{NID_basic_constraints, "critical,CA:FALSE"},
                               {NID_key_usage, "critical,digitalSignature"},
                               {NID_ext_key_usage, "serverAuth,clientAuth"},
                               {NID_authority_key_identifier, "keyid:always"}},
    };
    char own[2 * sizeof id->bytes + 1];
    hex_encode(own, id->bytes, sizeof id->bytes);
    own[sizeof own - 1] = '\0';
    X509 *issuer = order->issuer ? order->issuer : certificate;
    struct extension subject = {NID_subject_key_identifier, own};
    if (!add_extension(certificate, issuer, &subject)) {
        return false;
    }
    const struct extension *list = of_kind[order->kind];
    for (size_t i = 0; i < COUNT_OF(of_kind[0]) && list[i].value; i++) {
        if (!add_extension(certificate, issuer, &list[i])) {
            return false;
        }
    }
    return true;
}

static bool add_name(X509_NAME *name, const char *field, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1;
}

/* CAs are told apart by their key: a network may have several issuing ones. */
static bool set_subject(X509 *certificate, const struct trust_cert_order *order,
                        const struct key_id *id)
{
    char key[17] = {0}, made[32];
    hex_encode(key, id->bytes, 8);
    snprintf(made, sizeof made, "kith %s %.8s", order->kind == TRUST_CERT_ROOT ? "root" : "issuing",
             key);
    X509_NAME *name = X509_get_subject_name(certificate);
    return add_name(name, "O", order->network ? order->network : key) &&
           (!order->role || add_name(name, "OU", order->role)) &&
           add_name(name, "CN", order->name ? order->name : made);
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        return false;
    }
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and always of one length */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return done;
}

/* Nothing begins before its issuer, even if that was made by a clock that ran ahead. */
static time_t begin(const struct trust_cert_order *order)
{
    time_t now = order->now_s > CLOCK_FLOOR_S ? (time_t)order->now_s : (time_t)CLOCK_FLOOR_S;
    struct tm start;
    if (order->issuer && ASN1_TIME_to_tm(X509_get0_notBefore(order->issuer), &start)) {
        time_t issuer = timegm(&start) + SLACK_S;
        return issuer > now ? issuer : now;
    }
    return now;
}

static bool set_dates(X509 *certificate, const struct trust_cert_order *order)
{
    static const int days[] = {[TRUST_CERT_ROOT] = ROOT_DAYS,
                               [TRUST_CERT_ISSUING] = ISSUING_DAYS,
                               [TRUST_CERT_DEVICE] = DEVICE_DAYS};
    time_t now = begin(order);
    return X509_time_adj_ex(X509_getm_notBefore(certificate), 0, -SLACK_S, &now) &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), days[order->kind], 0, &now);
}

X509 *trust_cert_new(const struct trust_cert_order *order)
{
    X509 *certificate = X509_new();
    struct key_id id;
    if (!certificate || !X509_set_version(certificate, X509_VERSION_3) ||
        !X509_set_pubkey(certificate, order->key) || trust_cert_key_id(certificate, &id) ||
        !set_serial(certificate) || !set_dates(certificate, order) ||
        !set_subject(certificate, order, &id) ||
        !X509_set_issuer_name(certificate,
                              X509_get_subject_name(order->issuer ? order->issuer : certificate)) ||
        !add_extensions(certificate, order, &id) ||
        !X509_sign(certificate, order->issuer_key, EVP_sha256())) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

enum err trust_cert_encode(X509 *const chain[2], uint8_t *out, size_t capacity, size_t *size)
{
    *size = 0;
    for (size_t i = 0; i < 2; i++) {
        int bytes = i2d_X509(chain[i], NULL);
        if (bytes <= 0 || (size_t)bytes > capacity - *size) {
            return ERR_SIZE;
        }
        uint8_t *at = out + *size;
        check(i2d_X509(chain[i], &at) == bytes);
        *size += (size_t)bytes;
    }
    return ERR_OK;
}

enum err trust_cert_decode(const uint8_t *bytes, size_t size, X509 *chain[2])
{
    const uint8_t *at = bytes, *end = bytes + size;
    chain[0] = d2i_X509(NULL, &at, (long)size);
    chain[1] = chain[0] ? d2i_X509(NULL, &at, (long)(end - at)) : NULL;
    ERR_clear_error();
    if (chain[1] && at == end) {
        return ERR_OK;
    }
    X509_free(chain[0]);
    X509_free(chain[1]);
    return ERR_SYNTAX;
}
