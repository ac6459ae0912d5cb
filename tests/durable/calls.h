#ifndef TESTS_DURABLE_CALLS_H
#define TESTS_DURABLE_CALLS_H

#include <stddef.h>
#include <sys/types.h>

/* The calls as they are, for whoever may not be seen. */
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_ftruncate(int fd, off_t size);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);

#endif
