#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/err.h"
#include "base/span.h"

/* Small files that must not be lost, torn or read by others. errno tells why after ERR_IO. */

enum { FILE_PATH_MAX = 4096 };

/* printf into a path; ERR_SIZE when it is longer than FILE_PATH_MAX - 1. */
MUST_USE __attribute__((format(printf, 2, 3))) enum err file_path(char path[FILE_PATH_MAX],
                                                                  const char *format, ...);

/* Makes a folder and the ones above it (0700 each); one that is there stays as it is. ERR_IO. */
MUST_USE enum err file_make_folder(const char *path);

/* The whole file, terminated, malloc'd for the caller. ERR_NOT_FOUND, ERR_SIZE (longer than
 * size_max), ERR_IO, ERR_MEMORY. */
MUST_USE enum err file_read(const char *path, size_t size_max, char **bytes, size_t *size);
/* The same for a secret: ERR_DENIED when group or others have any right on it. */
MUST_USE enum err file_read_secret(const char *path, size_t size_max, char **bytes, size_t *size);
/* Overwrites and frees what file_read_secret() gave; NULL is allowed. */
void file_wipe(char *bytes, size_t size);

enum file_durability {
    FILE_DURABLE, /* on disk when file_write() returns, with its name */
    FILE_LOOSE,   /* whole or not there after a crash, but perhaps not there */
};

/* Makes or replaces a file (0600) by way of a temporary name in its folder, so that nobody ever
 * sees half of it. ERR_IO, ERR_SIZE (path): the old one is untouched then. */
MUST_USE enum err file_write(const char *path, struct span bytes, enum file_durability durability);

/* Takes an exclusive lock, made when missing, that ends with the process at the latest; waits at
 * most wait_ms. Locks are between open files: two in one process exclude each other as well.
 * ERR_BUSY, ERR_IO. */
MUST_USE enum err file_lock(const char *path, unsigned wait_ms, int *lock);
void file_unlock(int lock); /* -1 is allowed */

#endif
