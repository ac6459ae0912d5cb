#include "io/trust_disk.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* A key is read as PKCS#8 and nothing else: that costs 30 us, where letting OpenSSL find out what
 * kind of file it is costs 500. */

enum { PEM_BYTES_MAX = 16384 };

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

static EVP_PKEY *parse_key(const char *bytes, size_t size)
{
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    PKCS8_PRIV_KEY_INFO *info = bio ? PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, NULL, NULL)
                                    : NULL;
    EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;
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
