#ifndef IO_SOURCE_FILE_H
#define IO_SOURCE_FILE_H

#include "io/csv.h"

#include "base/err.h"

/* A regular file, seen through a window that moves forwards. Reading blocks for as long as the disk
 * takes, one window at a time; the file may have any size, the memory stays the same. */

struct source_file {
    int fd;
    char *bytes;
    size_t capacity;
    size_t begin;
    size_t end;
    bool last; /* the window reaches to the end of the file */
};

/* Opens and fills the window. On failure `*reason` says why, in words.
 * Errors: ERR_NOT_FOUND, ERR_DENIED, ERR_IO, ERR_SYNTAX (not a regular file), ERR_MEMORY. */
MUST_USE enum err source_file_init(struct source_file *f, const char *path, size_t capacity,
                                   const char **reason);
void source_file_fini(struct source_file *f);
struct csv_window source_file_window(const struct source_file *f);
void source_file_pass(struct source_file *f, size_t bytes);
/* Moves what is left to the front and reads behind it. ERR_IO; harmless at the end of the file. */
MUST_USE enum err source_file_fill(struct source_file *f);
/* The window begins `offset` bytes into the file again, and is filled. */
MUST_USE enum err source_file_rewind(struct source_file *f, size_t offset);

#endif
