#include "io/trust.h"

#include "base/hex.h"
#include "io/memory.h"
#include "io/trust_digest.h"
#include "io/trust_peers.h"
#include "io/trust_tls.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

/* What the parts are for: trust_home finds or makes the files, trust_cert reads and writes
 * certificates, trust_tls makes the context, trust_peers keeps the certificates of others,
 * trust_digest hashes. Here they become one object.
 *
 * Opening what is there takes 1.7 ms, nearly all of it OpenSSL looking up its own algorithms for
 * the first time. The TLS context takes another and is made when it is first asked for: by then the
 * first hello is on its way. */

struct trust {
    struct trust_home home;
    struct trust_tls *tls;
    struct hello_key hello;
    EVP_MAC_CTX *mac;
    struct trust_peers *peers;
    char network_short[8];
};

/* A keyed context takes a message, and the next one after being started anew without a key. */
static void hello_mac(void *context, struct span bytes, struct hello_mac *out)
{
    size_t size = 0;
    memory_must(EVP_MAC_init(context, NULL, 0, NULL));
    memory_must(EVP_MAC_update(context, (const unsigned char *)bytes.bytes, bytes.size));
    memory_must(EVP_MAC_final(context, out->bytes, &size, sizeof out->bytes));
}

static bool set_hello_key(struct trust *t)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    t->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    bool keyed = t->mac &&
                 EVP_MAC_init(t->mac, t->home.discovery, sizeof t->home.discovery, parameters);
    OPENSSL_cleanse(t->home.discovery, sizeof t->home.discovery);
    if (!keyed) {
        return false;
    }
    memcpy(t->hello.id, t->home.network, sizeof t->hello.id); /* the first key has the network's id
                                                               */
    t->hello.mac = hello_mac;
    t->hello.context = t->mac;
    return true;
}

static bool set_peers(struct trust *t, const char *data)
{
    char folder[FILE_PATH_MAX];
    struct trust_peers_options options = {.folder = folder,
                                          .root = t->home.root,
                                          .network = t->home.network,
                                          .files_max = TRUST_PEERS_FILES};
    if (file_path(folder, "%s/network/peers", data)) {
        return false;
    }
    t->peers = trust_peers_new(&options);
    return t->peers != NULL;
}

static enum err open_parts(struct trust *t, const struct trust_home_want *want,
                           const struct trust_note *note)
{
    enum err err = trust_home_open(&t->home, want, note);
    if (err) {
        return err;
    }
    t->tls = trust_tls_new(&t->home);
    if (!t->tls || !set_hello_key(t) || !set_peers(t, want->data)) {
        return trust_disk_note(note, ERR_MEMORY, "out of memory");
    }
    memcpy(t->network_short, t->home.network, 4);
    t->network_short[4] = '-';
    memcpy(t->network_short + 5, t->home.network + 4, 2);
    return ERR_OK;
}

enum err trust_open(struct trust **trust, const struct trust_paths *paths, const char *device,
                    enum role role, bool *made, char *message, size_t message_bytes)
{
    struct trust_note note = {message, message_bytes};
    *trust = NULL;
    *made = false;
    if (!access_name_valid(span_of(device))) {
        return trust_disk_note(&note, ERR_RANGE,
                               "a device name is 1 to 63 of a-z, 0-9, '-' and '_'");
    }
    /* Nothing here wants openssl.cnf, which takes half a millisecond to read and could change what
     * is spoken; nor OpenSSL's words for its errors, which take as long: ours are in trust_tls. */
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                         OPENSSL_INIT_NO_LOAD_SSL_STRINGS,
                     NULL);
    struct trust *t = calloc(1, sizeof *t);
    if (!t) {
        return trust_disk_note(&note, ERR_MEMORY, "out of memory");
    }
    struct trust_home_want want = {.data = paths->data,
                                   .device = device,
                                   .role = role,
                                   .now_s = (int64_t)time(NULL)};
    enum err err = open_parts(t, &want, &note);
    if (err) {
        trust_close(t);
        return err;
    }
    *made = t->home.made;
    *trust = t;
    return ERR_OK;
}

void trust_close(struct trust *t)
{
    if (!t) {
        return;
    }
    trust_tls_free(t->tls);
    trust_peers_free(t->peers);
    EVP_MAC_CTX_free(t->mac);
    trust_home_fini(&t->home);
    free(t);
}

const struct identity *trust_self(const struct trust *t)
{
    return &t->home.self;
}

const char *trust_network(const struct trust *t)
{
    return t->home.network;
}

const char *trust_network_short(const struct trust *t)
{
    return t->network_short;
}

const struct hello_key *trust_hello_key(const struct trust *t)
{
    return &t->hello;
}

void trust_note_time(const struct trust *t, uint64_t wall_ms)
{
    trust_tls_note_time(t->tls, wall_ms);
}

SSL_CTX *trust_tls(const struct trust *t)
{
    return trust_tls_context(t->tls);
}

enum err trust_identify(const struct trust *t, SSL *ssl, struct identity *identity,
                        const char **cause)
{
    const unsigned char *protocol = NULL;
    unsigned protocol_size = 0;
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    const STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    if (SSL_get_verify_result(ssl) != X509_V_OK || !certificate || sk_X509_num(chain) < 2) {
        *cause = trust_tls_failure(SSL_get_verify_result(ssl), 0);
        return ERR_DENIED;
    }
    SSL_get0_alpn_selected(ssl, &protocol, &protocol_size);
    if (!span_is((struct span){(const char *)protocol, protocol_size}, "kith/1")) {
        *cause = "it does not speak kith/1";
        return ERR_DENIED;
    }
    enum err err = trust_cert_identity(certificate, t->home.network, identity, cause);
    if (!err) {
        trust_peers_keep(t->peers, identity, certificate, sk_X509_value(chain, 1));
    }
    return err;
}

const char *trust_failure_text(long verify_result, unsigned long openssl_error)
{
    return trust_tls_failure(verify_result, openssl_error);
}

enum err trust_sign(const struct trust *t, struct span text, uint8_t *signature, size_t *size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *size = LIMIT_SIGNATURE;
    bool done = context &&
                EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, t->home.key) == 1 &&
                EVP_DigestSign(context, signature, size, (const unsigned char *)text.bytes,
                               text.size) == 1;
    EVP_MD_CTX_free(context);
    return done ? ERR_OK : ERR_MEMORY;
}

static enum err verify(EVP_PKEY *key, struct span text, const uint8_t *signature, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) != 1) {
        EVP_MD_CTX_free(context);
        return ERR_MEMORY;
    }
    int valid = EVP_DigestVerify(context, signature, size, (const unsigned char *)text.bytes,
                                 text.size);
    EVP_MD_CTX_free(context);
    return valid == 1 ? ERR_OK : ERR_DENIED;
}

enum err trust_verify(const struct trust *t, const struct log_id *id, struct span text,
                      const uint8_t *signature, size_t size)
{
    struct trust_peers_one self = {t->home.self, t->home.key};
    bool own = ident_key_equal(&id->key, &self.identity.key);
    const struct trust_peers_one *one = own ? &self : trust_peers_find(t->peers, &id->key);
    if (!one) {
        return ERR_NOT_FOUND;
    }
    if (strcmp(one->identity.device, id->device) != 0) {
        return ERR_DENIED;
    }
    return verify(one->key, text, signature, size);
}

enum err trust_chain(const struct trust *t, const struct key_id *id, uint8_t out[LIMIT_CHAIN],
                     size_t *size)
{
    if (ident_key_equal(id, &t->home.self.key)) {
        return trust_cert_encode(t->home.chain, out, LIMIT_CHAIN, size);
    }
    return trust_peers_chain(t->peers, id, out, LIMIT_CHAIN, size);
}

enum err trust_certify(const struct trust *t, struct span chain, struct identity *identity)
{
    return trust_peers_accept(t->peers, (const uint8_t *)chain.bytes, chain.size, identity);
}

void trust_hash(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    struct span first = {(const char *)before->bytes, sizeof before->bytes};
    trust_digest_pair(out->bytes, first, bytes);
}

uint64_t trust_random(void)
{
    uint64_t value = 0;
    check(getrandom(&value, sizeof value, 0) == (ssize_t)sizeof value);
    return value;
}
