#include "io/trust_disk.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A key is read as PKCS#8 and nothing else: letting OpenSSL find out what kind of file it is costs
 * 500 us. Even so its decoder takes a millisecond, the first time, to look up all that a key could
 * be; so the one form that we write ourselves is taken apart here, and OpenSSL sees the others. */

enum { PEM_BYTES_MAX = 16384, SCALAR_BYTES = 32, POINT_BYTES = 65 };

/* ECPrivateKey (RFC 5915 section 3) for P-256 as OpenSSL writes it into PKCS#8: version 1, the
 * scalar, no parameters, the uncompressed point. */
static const uint8_t before_scalar[] = {0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, SCALAR_BYTES};
static const uint8_t before_point[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
enum {
    SCALAR_AT = sizeof before_scalar,
    BEFORE_POINT_AT = SCALAR_AT + SCALAR_BYTES,
    POINT_AT = BEFORE_POINT_AT + sizeof before_point,
    OUR_FORM_BYTES = POINT_AT + POINT_BYTES
};

enum err trust_disk_note(const struct trust_note *note, enum err err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note->text, note->size, format, arguments);
    va_end(arguments);
    return err;
}

enum err trust_disk_failed(const struct trust_note *note, enum err err, const char *what,
                           const char *path)
{
    switch (err) {
    case ERR_DENIED:
        return trust_disk_note(note, err, "%s can be read by others; run: chmod 600 '%s'", path,
                               path);
    case ERR_IO:
        return trust_disk_note(note, err, "cannot %s %s: %s", what, path, strerror(errno));
    default:
        return trust_disk_note(note, err, "cannot %s %s: %s", what, path, err_text(err));
    }
}

static enum err damaged(const struct trust_note *note, const char *path, const char *what)
{
    ERR_clear_error();
    return trust_disk_note(note, ERR_CORRUPT,
                           "%s does not hold %s; put back a copy of it, or move the file away and "
                           "start again",
                           path, what);
}

bool trust_disk_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool is_p256(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *kind = NULL;
    const void *curve = NULL;
    int type = V_ASN1_UNDEF;
    X509_ALGOR_get0(&kind, &type, &curve, algorithm);
    return OBJ_obj2nid(kind) == NID_X9_62_id_ecPublicKey && type == V_ASN1_OBJECT &&
           OBJ_obj2nid(curve) == NID_X9_62_prime256v1;
}

/* What a PKCS#8 file holds, if it has our form; else NULL. */
static const uint8_t *our_form(const PKCS8_PRIV_KEY_INFO *info)
{
    const uint8_t *at = NULL;
    const X509_ALGOR *algorithm = NULL;
    int size = 0;
    bool ours = PKCS8_pkey_get0(NULL, &at, &size, &algorithm, info) && size == OUR_FORM_BYTES &&
                is_p256(algorithm) && memcmp(at, before_scalar, sizeof before_scalar) == 0 &&
                memcmp(at + BEFORE_POINT_AT, before_point, sizeof before_point) == 0;
    return ours ? at : NULL;
}

static EVP_PKEY *key_of_our_form(const uint8_t *form)
{
    uint8_t scalar[SCALAR_BYTES], point[POINT_BYTES];
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    BIGNUM *number = BN_bin2bn(form + SCALAR_AT, SCALAR_BYTES, NULL);
    memcpy(point, form + POINT_AT, sizeof point);
    OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-256", 0),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, sizeof scalar),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    if (!context || !number || BN_bn2nativepad(number, scalar, sizeof scalar) < 0 ||
        EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parts) != 1) {
        key = NULL;
    }
    OPENSSL_cleanse(scalar, sizeof scalar);
    BN_clear_free(number);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *parse_key(const char *bytes, size_t size)
{
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    PKCS8_PRIV_KEY_INFO *info = bio ? PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, NULL, NULL)
                                    : NULL;
    const uint8_t *form = info ? our_form(info) : NULL;
    EVP_PKEY *key = form ? key_of_our_form(form) : NULL;
    if (info && !form) {
        key = EVP_PKCS82PKEY(info);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    BIO_free(bio);
    return key;
}

enum err trust_disk_load_key(const char *path, EVP_PKEY **key, const struct trust_note *note)
{
    char *bytes = NULL;
    size_t size = 0;
    enum err err = file_read_secret(path, PEM_BYTES_MAX, &bytes, &size);
    if (err == ERR_NOT_FOUND) {
        return err;
    }
    if (err) {
        return trust_disk_failed(note, err, "read", path);
    }
    *key = parse_key(bytes, size);
    file_wipe(bytes, size);
    if (*key && EVP_PKEY_is_a(*key, "EC") && EVP_PKEY_get_bits(*key) == 256) {
        return ERR_OK;
    }
    EVP_PKEY_free(*key);
    *key = NULL;
    return damaged(note, path, "a P-256 key (PKCS#8, PEM, no password)");
}

/* The text of a memory BIO into a file; wipes and frees the BIO. */
static enum err save(const char *path, BIO *bio, enum file_durability durability,
                     const struct trust_note *note)
{
    char *text = NULL;
    long size = BIO_get_mem_data(bio, &text);
    enum err err = file_write(path, (struct span){text, (size_t)size}, durability);
    if (err) {
        trust_disk_failed(note, err, "write", path);
    }
    BIO_free(bio); /* a secure BIO wipes what it held */
    return err;
}

enum err trust_disk_save_key(const char *path, EVP_PKEY *key, const struct trust_note *note)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    if (!bio || !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
        BIO_free(bio);
        return trust_disk_failed(note, ERR_MEMORY, "write", path);
    }
    return save(path, bio, FILE_DURABLE, note);
}

enum err trust_disk_load_certs(const char *path, X509 **list, size_t count,
                               const struct trust_note *note)
{
    char *bytes = NULL;
    size_t size = 0;
    enum err err = file_read(path, PEM_BYTES_MAX, &bytes, &size);
    if (err == ERR_NOT_FOUND) {
        return err;
    }
    if (err) {
        return trust_disk_failed(note, err, "read", path);
    }
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    bool whole = bio != NULL;
    for (size_t i = 0; i < count; i++) {
        list[i] = whole ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
        whole = list[i] != NULL;
    }
    BIO_free(bio);
    file_wipe(bytes, size);
    if (whole) {
        return ERR_OK;
    }
    for (size_t i = 0; i < count; i++) {
        X509_free(list[i]);
        list[i] = NULL;
    }
    return damaged(note, path, count > 1 ? "a certificate and its issuer's" : "a certificate");
}

static BIO *certs_text(X509 *const *list, size_t count)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool made = bio != NULL;
    for (size_t i = 0; i < count && made; i++) {
        made = PEM_write_bio_X509(bio, list[i]) == 1;
    }
    if (!made) {
        BIO_free(bio);
        return NULL;
    }
    return bio;
}

bool trust_disk_holds_certs(const char *path, X509 *const *list, size_t count)
{
    char *bytes = NULL, *wanted = NULL;
    size_t size = 0;
    BIO *bio = certs_text(list, count);
    bool holds = false;
    if (bio && !file_read(path, PEM_BYTES_MAX, &bytes, &size)) {
        size_t wanted_size = (size_t)BIO_get_mem_data(bio, &wanted);
        holds = span_equal((struct span){bytes, size}, (struct span){wanted, wanted_size});
    }
    file_wipe(bytes, size);
    BIO_free(bio);
    return holds;
}

enum err trust_disk_save_certs(const char *path, X509 *const *list, size_t count,
                               enum file_durability durability, const struct trust_note *note)
{
    BIO *bio = certs_text(list, count);
    return bio ? save(path, bio, durability, note)
               : trust_disk_failed(note, ERR_MEMORY, "write", path);
}
