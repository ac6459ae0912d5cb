#define _GNU_SOURCE
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A file is written under a temporary name, synced, renamed over its name, and the folder is
 * synced: in this order a crash leaves the old file or the new one, never a mixture and never an
 * empty one. What a failure leaves behind is at most a temporary file, which nobody reads. */

enum err file_path(char path[FILE_PATH_MAX], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(path, FILE_PATH_MAX, format, arguments);
    va_end(arguments);
    return length >= 0 && length < FILE_PATH_MAX ? ERR_OK : ERR_SIZE;
}

enum err file_make_folder(const char *path)
{
    char part[FILE_PATH_MAX];
    enum err err = file_path(part, "%s", path);
    if (err) {
        return err;
    }
    for (char *at = part + 1; part[0] && *at; at++) {
        if (*at != '/') {
            continue;
        }
        *at = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST && errno != EROFS) {
            return ERR_IO;
        }
        *at = '/';
    }
    if (mkdir(part, 0700) == 0) {
        return ERR_OK;
    }
    struct stat status;
    int why = errno;
    bool there = stat(part, &status) == 0 && S_ISDIR(status.st_mode);
    errno = why;
    return there ? ERR_OK : ERR_IO;
}

static enum err read_whole(int fd, size_t size, char **bytes, size_t *size_read)
{
    char *memory = malloc(size + 1);
    if (!memory) {
        return ERR_MEMORY;
    }
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, memory + done, size - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            file_wipe(memory, done);
            return ERR_IO;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    memory[done] = '\0';
    *bytes = memory;
    *size_read = done;
    return ERR_OK;
}

static enum err read_file(const char *path, mode_t forbidden, size_t size_max, char **bytes,
                          size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    struct stat status;
    enum err err = ERR_IO;
    if (fstat(fd, &status) == 0) {
        /* A pipe does not say how long it is. */
        size_t expected = S_ISREG(status.st_mode) ? (size_t)status.st_size : size_max + 1;
        if (status.st_mode & forbidden) {
            err = ERR_DENIED;
        } else if (S_ISREG(status.st_mode) && expected > size_max) {
            err = ERR_SIZE;
        } else {
            err = read_whole(fd, expected, bytes, size);
        }
    }
    if (err == ERR_OK && *size > size_max) {
        file_wipe(*bytes, *size);
        *bytes = NULL;
        err = ERR_SIZE;
    }
    int why = errno;
    close(fd);
    errno = why;
    return err;
}

enum err file_read(const char *path, size_t size_max, char **bytes, size_t *size)
{
    return read_file(path, 0, size_max, bytes, size);
}

enum err file_read_secret(const char *path, size_t size_max, char **bytes, size_t *size)
{
    return read_file(path, S_IRWXG | S_IRWXO, size_max, bytes, size);
}

void file_wipe(char *bytes, size_t size)
{
    if (bytes) {
        explicit_bzero(bytes, size);
        free(bytes);
    }
}

static bool write_whole(int fd, struct span bytes)
{
    while (bytes.size > 0) {
        ssize_t n = write(fd, bytes.bytes, bytes.size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes.bytes += n;
        bytes.size -= (size_t)n;
    }
    return true;
}

/* A rename is on disk when its folder is. */
static bool sync_folder_of(const char *path)
{
    char folder[FILE_PATH_MAX];
    if (file_path(folder, "%s", path)) {
        return false;
    }
    char *slash = strrchr(folder, '/');
    if (!slash) {
        strcpy(folder, ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool synced = fsync(fd) == 0;
    close(fd);
    return synced;
}

enum err file_write(const char *path, struct span bytes, enum file_durability durability)
{
    char temporary[FILE_PATH_MAX];
    if (file_path(temporary, "%s.XXXXXX", path)) {
        return ERR_SIZE;
    }
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return ERR_IO;
    }
    bool durable = durability == FILE_DURABLE;
    bool written = write_whole(fd, bytes) && (!durable || fsync(fd) == 0);
    written = close(fd) == 0 && written;
    if (!written || rename(temporary, path) != 0) {
        int why = errno;
        unlink(temporary);
        errno = why;
        return ERR_IO;
    }
    return !durable || sync_folder_of(path) ? ERR_OK : ERR_IO;
}

enum err file_lock(const char *path, unsigned wait_ms, int *lock)
{
    enum { STEP_MS = 5 };
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return ERR_IO;
    }
    for (unsigned waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_ms += STEP_MS) {
        if (errno != EWOULDBLOCK || waited_ms >= wait_ms) {
            enum err err = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
            close(fd);
            return err;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    *lock = fd;
    return ERR_OK;
}

void file_unlock(int lock)
{
    if (lock >= 0) {
        close(lock);
    }
}
