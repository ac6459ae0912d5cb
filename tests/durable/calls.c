/* What the linker puts in the place of the system's calls in our own code (--wrap): first they may
 * fail (faults.h), then the recording disk sees them (disk.h), then they are done. */
#define _GNU_SOURCE
#include "calls.h"

#include "disk.h"
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int __real_mkostemp(char *name, int flags);
int __real_mkdir(const char *path, mode_t mode);
int __real_access(const char *path, int mode);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at);
int __wrap_mkostemp(char *name, int flags);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_access(const char *path, int mode);
int __wrap_ftruncate(int fd, off_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);

static bool fails(enum faults_call call, uint64_t *size)
{
    int number = faults_of(call, size);
    if (number != 0)
        errno = number;
    return number != 0;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (fails(flags & O_CREAT ? FAULTS_MAKE : FAULTS_OPEN, NULL))
        return -1;
    disk_on_open(path, flags);
    int fd = __real_open(path, flags, mode);
    disk_on_opened(path, fd);
    return fd;
}

int __wrap_close(int fd)
{
    disk_on_close(fd);
    return __real_close(fd);
}

/* Only noted: no real power fails here. */
int __wrap_fsync(int fd)
{
    if (fails(FAULTS_SYNC, NULL))
        return -1;
    disk_on_sync(fd);
    return 0;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    uint64_t part = size;
    if (fails(FAULTS_WRITE, &part))
        return -1;
    disk_on_write(fd, bytes, part, (size_t)at);
    return __real_pwrite(fd, bytes, part, at);
}

int __wrap_rename(const char *from, const char *to)
{
    if (fails(FAULTS_CHANGE, NULL))
        return -1;
    disk_on_rename(from, to);
    return __real_rename(from, to);
}

int __wrap_unlink(const char *path)
{
    if (fails(FAULTS_CHANGE, NULL))
        return -1;
    disk_on_unlink(path);
    return __real_unlink(path);
}

int __wrap_mkostemp(char *name, int flags)
{
    return fails(FAULTS_MAKE, NULL) ? -1 : __real_mkostemp(name, flags);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return fails(FAULTS_MAKE, NULL) ? -1 : __real_mkdir(path, mode);
}

int __wrap_access(const char *path, int mode)
{
    return fails(FAULTS_LOOK, NULL) ? -1 : __real_access(path, mode);
}

int __wrap_ftruncate(int fd, off_t size)
{
    return fails(FAULTS_CHANGE, NULL) ? -1 : __real_ftruncate(fd, size);
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    uint64_t part = size;
    return fails(FAULTS_READ, &part) ? -1 : __real_read(fd, bytes, part);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    uint64_t part = size;
    return fails(FAULTS_WRITE, &part) ? -1 : __real_write(fd, bytes, part);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
    uint64_t part = size;
    return fails(FAULTS_READ, &part) ? -1 : __real_pread(fd, bytes, part, at);
}
