#include "io/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err open_error(int error, const char **reason)
{
    *reason = "it cannot be read";
    if (error == ENOENT || error == ENOTDIR) {
        *reason = "there is no such file";
        return ERR_NOT_FOUND;
    }
    if (error == EACCES || error == EPERM) {
        *reason = "you may not read it";
        return ERR_DENIED;
    }
    return ERR_IO;
}

static enum err check_kind(int fd, const char **reason)
{
    struct stat status;
    *reason = "it cannot be read";
    if (fstat(fd, &status) != 0)
        return ERR_IO;
    if (S_ISREG(status.st_mode))
        return ERR_OK;
    *reason = S_ISDIR(status.st_mode)
                  ? "it is a folder"
                  : "it is not a file; save it as one, or pipe JSON lines into --stdin";
    return ERR_SYNTAX;
}

enum err source_file_init(struct source_file *f, const char *path, size_t capacity,
                          const char **reason)
{
    *f = (struct source_file){.capacity = capacity};
    /* Without O_NONBLOCK a FIFO would be waited for here; for a regular file it changes nothing. */
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0)
        return open_error(errno, reason);
    enum err err = check_kind(f->fd, reason);
    if (!err) {
        f->bytes = malloc(capacity);
        err = f->bytes ? source_file_fill(f) : ERR_MEMORY;
    }
    if (err)
        source_file_fini(f);
    return err;
}

void source_file_fini(struct source_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->bytes);
    *f = (struct source_file){.fd = -1};
}

struct csv_window source_file_window(const struct source_file *f)
{
    return (struct csv_window){{f->bytes + f->begin, f->end - f->begin}, f->last};
}

void source_file_pass(struct source_file *f, size_t bytes)
{
    check(bytes <= f->end - f->begin);
    f->begin += bytes;
}

enum err source_file_fill(struct source_file *f)
{
    memmove(f->bytes, f->bytes + f->begin, f->end - f->begin);
    f->end -= f->begin;
    f->begin = 0;
    while (!f->last && f->end < f->capacity) {
        ssize_t got = read(f->fd, f->bytes + f->end, f->capacity - f->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        f->last = got == 0;
        f->end += (size_t)got;
    }
    return ERR_OK;
}

enum err source_file_rewind(struct source_file *f, size_t offset)
{
    f->begin = f->end = 0;
    f->last = false;
    if (lseek(f->fd, (off_t)offset, SEEK_SET) < 0)
        return ERR_IO;
    return source_file_fill(f);
}
