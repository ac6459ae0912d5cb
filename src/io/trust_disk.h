#ifndef IO_TRUST_DISK_H
#define IO_TRUST_DISK_H

#include "io/file.h"

#include <openssl/x509.h>

/* Keys and certificates as PEM files. Private to io/trust*. What fails says so in the note, with
 * the file and what to do. */

struct trust_note {
    char *text;
    size_t size;
};

/* Writes the note and hands `err` back. */
__attribute__((format(printf, 3, 4))) enum err trust_disk_note(const struct trust_note *note,
                                                               enum err err, const char *format,
                                                               ...);
/* For ERR_IO, ERR_DENIED (with the chmod that helps), ERR_SIZE, ERR_BUSY, ERR_MEMORY: what could
 * not be done with which file, from errno. */
enum err trust_disk_failed(const struct trust_note *note, enum err err, const char *what,
                           const char *path);

bool trust_disk_there(const char *path);

/* A key that nobody else may read. ERR_NOT_FOUND leaves the note alone. */
MUST_USE enum err trust_disk_load_key(const char *path, EVP_PKEY **key,
                                      const struct trust_note *note);
MUST_USE enum err trust_disk_save_key(const char *path, EVP_PKEY *key,
                                      const struct trust_note *note);

/* Reads exactly `count` certificates. ERR_NOT_FOUND leaves the note alone. */
MUST_USE enum err trust_disk_load_certs(const char *path, X509 **list, size_t count,
                                        const struct trust_note *note);
MUST_USE enum err trust_disk_save_certs(const char *path, X509 *const *list, size_t count,
                                        enum file_durability durability,
                                        const struct trust_note *note);
/* Whether the file is there and holds these and nothing else. */
bool trust_disk_holds_certs(const char *path, X509 *const *list, size_t count);

#endif
