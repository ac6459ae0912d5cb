#include "io/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *store_file_beside(const char *path, const char *suffix)
{
    size_t size = strlen(path) + strlen(suffix) + 1;
    char *name = malloc(size);
    if (name)
        snprintf(name, size, "%s%s", path, suffix);
    return name;
}

enum err store_file_sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) + 1 : 0;
    char *folder = size > 0 ? strndup(path, size) : strdup(".");
    if (!folder)
        return ERR_MEMORY;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err err = fd >= 0 && fsync(fd) == 0 ? ERR_OK : ERR_IO;
    if (fd >= 0)
        close(fd);
    free(folder);
    return err;
}

static enum err move_one(const char *from, const char *to, const char *suffix)
{
    char *old_name = store_file_beside(from, suffix);
    char *new_name = store_file_beside(to, suffix);
    enum err err = old_name && new_name ? ERR_OK : ERR_MEMORY;
    if (err == ERR_OK && rename(old_name, new_name) != 0 && errno != ENOENT)
        err = ERR_IO;
    free(old_name);
    free(new_name);
    return err;
}

enum err store_file_move(const char *from, const char *to)
{
    enum err err = move_one(from, to, "");
    return err == ERR_OK ? move_one(from, to, "-wal") : err;
}

void store_file_remove(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        char *name = store_file_beside(path, suffixes[i]);
        if (name)
            unlink(name);
        free(name);
    }
}
