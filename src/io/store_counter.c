#include "io/store_counter.h"

#include "io/store_file.h"
#include "io/store_sum.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = sizeof "18446744073709551615 0123456789abcdef\n" };

static int line_print(char line[LINE_BYTES], uint64_t counter)
{
    uint64_t sum = store_sum_u64(STORE_SUM_START, counter);
    return snprintf(line, LINE_BYTES, "%020" PRIu64 " %016" PRIx64 "\n", counter, sum);
}

enum err store_counter_read(const char *path, uint64_t *counter)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    char found[LINE_BYTES] = "";
    ssize_t size = pread(fd, found, sizeof found - 1, 0);
    close(fd);
    if (size < 0)
        return ERR_IO;
    char expected[LINE_BYTES];
    uint64_t value = strtoull(found, NULL, 10);
    line_print(expected, value);
    if (strcmp(found, expected) != 0)
        return ERR_CORRUPT;
    *counter = value;
    return ERR_OK;
}

enum err store_counter_write(const char *path, uint64_t counter)
{
    int created = access(path, F_OK);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == ENOSPC ? ERR_FULL : ERR_IO;
    char line[LINE_BYTES];
    int size = line_print(line, counter);
    errno = 0;
    int result = pwrite(fd, line, (size_t)size, 0) == size ? fsync(fd) : -1;
    enum err err = errno == ENOSPC ? ERR_FULL : ERR_IO;
    close(fd);
    if (result != 0)
        return err;
    return created == 0 ? ERR_OK : store_file_sync_folder(path);
}
