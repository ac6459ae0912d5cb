#ifndef TESTS_IO_STORE_VFS_H
#define TESTS_IO_STORE_VFS_H

#include <sqlite3.h>

/* Stands between SQLite and the disk: sees every operation that changes something before it happens
 * and may have it fail. Installed as the default, so that the store needs to know nothing of it;
 * databases must be closed before it is removed. Operations come from any thread. */

enum store_vfs_kind {
    STORE_VFS_CREATE,
    STORE_VFS_WRITE,
    STORE_VFS_TRUNCATE,
    STORE_VFS_SYNC,
    STORE_VFS_DELETE
};

struct store_vfs_op {
    enum store_vfs_kind kind;
    const char *path;
    sqlite3_int64 offset; /* WRITE; TRUNCATE: the new size */
    const void *bytes;
    int size;
};

/* What the function below may return besides SQLite's codes: not done, but SQLite is told it was.
 */
enum { STORE_VFS_SKIP = -1 };

/* SQLITE_OK: it is done for real; anything else is what SQLite gets to hear instead. */
typedef int store_vfs_fn(void *context, const struct store_vfs_op *op);

void store_vfs_install(store_vfs_fn *before, void *context);
void store_vfs_remove(void);

#endif
