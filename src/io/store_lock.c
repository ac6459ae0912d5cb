#include "io/store_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

static enum err busy(int fd, const char *path, char *message, size_t message_bytes)
{
    char pid[24] = "";
    ssize_t size = pread(fd, pid, sizeof pid - 1, 0);
    pid[size > 0 ? strspn(pid, "0123456789") : 0] = '\0';
    snprintf(message, message_bytes, "already running%s%s (it holds %s)",
             pid[0] ? " as process " : "", pid, path);
    return ERR_BUSY;
}

/* A child of the process before us holds its lock from fork to exec, a moment longer than it lived.
 */
static bool lock_in_time(int fd)
{
    enum { STEP_MS = 5, WAIT_MS = 250 };
    for (int waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_ms += STEP_MS) {
        if (errno != EWOULDBLOCK || waited_ms >= WAIT_MS)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    return true;
}

enum err store_lock_take(int *lock, const char *path, char *message, size_t message_bytes)
{
    *lock = -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && lock_in_time(fd)) {
        char pid[24];
        int size = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
        /* Only a help for people: on a full disk the lock holds without it. */
        if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)size, 0) != size)
            errno = 0;
        *lock = fd;
        return ERR_OK;
    }
    enum err err = ERR_IO;
    if (fd >= 0 && errno == EWOULDBLOCK)
        err = busy(fd, path, message, message_bytes);
    else
        snprintf(message, message_bytes, "cannot lock %s: %s; check the folder's permissions", path,
                 uv_strerror(uv_translate_sys_error(errno)));
    if (fd >= 0)
        close(fd);
    return err;
}

void store_lock_release(int lock)
{
    if (lock >= 0)
        close(lock);
}
