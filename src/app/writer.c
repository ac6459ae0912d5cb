#include "app/writer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_CHUNK = 4096, TERMINAL_CHUNK = 256, FIRST_CAPACITY = 16384 };

void writer_init(struct writer *w, int fd)
{
    struct stat status;
    *w = (struct writer){.fd = fd, .chunk_bytes = PIPE_CHUNK};
    if (isatty(fd))
        w->chunk_bytes = TERMINAL_CHUNK;
    else if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        w->chunk_bytes = WRITER_BYTES_MAX;
}

static bool writable(const struct writer *w, int wait_ms)
{
    struct pollfd p = {.fd = w->fd, .events = POLLOUT};
    return poll(&p, 1, wait_ms) == 1;
}

/* False when there is no use in trying again now. */
static bool write_failed(struct writer *w, int error)
{
    if (error == EPIPE) {
        w->gone = true;
        w->begin = w->size = 0;
    } else if (error != EINTR && error != EAGAIN) {
        w->error = error;
    }
    return error == EINTR;
}

static bool write_chunk(struct writer *w)
{
    size_t size = w->size - w->begin;
    ssize_t n = write(w->fd, w->bytes + w->begin, size < w->chunk_bytes ? size : w->chunk_bytes);
    if (n < 0)
        return write_failed(w, errno);
    w->begin += (size_t)n;
    w->stuck = false;
    w->error = 0;
    return true;
}

static void write_all(struct writer *w, int wait_ms)
{
    while (w->begin < w->size && writable(w, w->stuck ? 0 : wait_ms))
        if (!write_chunk(w))
            break;
    if (w->begin == w->size)
        w->begin = w->size = 0;
    else if (wait_ms > 0)
        w->stuck = true;
}

bool writer_flush(struct writer *w)
{
    if (w->size > 0)
        write_all(w, w->size - w->begin > WRITER_PATIENT_BYTES ? WRITER_WAIT_MS : 0);
    return !w->gone;
}

static bool make_room(struct writer *w, size_t more)
{
    if (w->size + more <= w->capacity)
        return true;
    if (w->begin > 0) {
        memmove(w->bytes, w->bytes + w->begin, w->size - w->begin);
        w->size -= w->begin;
        w->begin = 0;
    }
    size_t capacity = w->capacity == 0 ? FIRST_CAPACITY : w->capacity;
    while (capacity < w->size + more)
        capacity *= 2;
    if (capacity > WRITER_BYTES_MAX)
        return false;
    char *bytes = capacity == w->capacity ? w->bytes : realloc(w->bytes, capacity);
    if (bytes == NULL)
        return false;
    w->bytes = bytes;
    w->capacity = capacity;
    return true;
}

/* Without memory to gather it in: that memory is out must still be said. */
static bool write_at_once(const struct writer *w, struct span line)
{
    if (w->size > w->begin || line.size > w->chunk_bytes || !writable(w, 0))
        return false;
    return write(w->fd, line.bytes, line.size) == (ssize_t)line.size;
}

void writer_put(struct writer *w, struct span line)
{
    if (w->gone || line.size == 0)
        return;
    if (!make_room(w, line.size)) {
        writer_flush(w);
        if (w->gone)
            return;
        if (!make_room(w, line.size)) {
            w->dropped += !write_at_once(w, line);
            return;
        }
    }
    memcpy(w->bytes + w->size, line.bytes, line.size);
    w->size += line.size;
}

void writer_fini(struct writer *w, int wait_ms)
{
    if (w->size > 0)
        write_all(w, wait_ms);
    free(w->bytes);
    *w = (struct writer){.fd = -1, .gone = true};
}
