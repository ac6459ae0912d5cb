#include "store_vfs.h"

#include "base/check.h"

#include <stddef.h>
#include <string.h>

struct vfs {
    sqlite3_vfs base;
    sqlite3_vfs *real;
    store_vfs_fn *before;
    void *context;
};

/* One at a time; a test program has no other state like it. */
static struct vfs installed;

struct file {
    sqlite3_file base;
    const char *path;                 /* lives until xClose */
    _Alignas(8) unsigned char real[]; /* SQLite aligns to 8 */
};

static sqlite3_file *real_of(sqlite3_file *f)
{
    return (sqlite3_file *)((struct file *)f)->real;
}

static int before(sqlite3_file *f, struct store_vfs_op op)
{
    op.path = ((struct file *)f)->path;
    return installed.before(installed.context, &op);
}

static int told(int code)
{
    return code == STORE_VFS_SKIP ? SQLITE_OK : code;
}

static int file_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int file_read(sqlite3_file *f, void *bytes, int size, sqlite3_int64 offset)
{
    return real_of(f)->pMethods->xRead(real_of(f), bytes, size, offset);
}

static int file_write(sqlite3_file *f, const void *bytes, int size, sqlite3_int64 offset)
{
    struct store_vfs_op op = {STORE_VFS_WRITE, NULL, offset, bytes, size};
    int code = before(f, op);
    return code ? told(code) : real_of(f)->pMethods->xWrite(real_of(f), bytes, size, offset);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct store_vfs_op op = {STORE_VFS_TRUNCATE, NULL, size, NULL, 0};
    int code = before(f, op);
    return code ? told(code) : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int file_sync(sqlite3_file *f, int flags)
{
    struct store_vfs_op op = {.kind = STORE_VFS_SYNC};
    int code = before(f, op);
    return code ? told(code) : real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int file_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int file_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int file_check_lock(sqlite3_file *f, int *held)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), held);
}

static int file_control(sqlite3_file *f, int what, void *argument)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), what, argument);
}

static int file_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_device(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **memory)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, memory);
}

static int shm_lock(sqlite3_file *f, int offset, int count, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, count, flags);
}

static void shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int shm_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

/* Version 2: with shared memory, without mapped pages, so that all reading and writing is seen. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out)
{
    struct file *file = (struct file *)f;
    struct store_vfs_op op = {.kind = STORE_VFS_CREATE, .path = path};
    (void)vfs;
    file->base.pMethods = NULL;
    file->path = path;
    int exists = 0;
    if (path)
        installed.real->xAccess(installed.real, path, SQLITE_ACCESS_EXISTS, &exists);
    int code = exists ? SQLITE_OK : installed.before(installed.context, &op);
    if (code == SQLITE_OK)
        code = installed.real->xOpen(installed.real, path, real_of(f), flags, out);
    if (code == SQLITE_OK)
        file->base.pMethods = &methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    struct store_vfs_op op = {.kind = STORE_VFS_DELETE, .path = path};
    (void)vfs;
    int code = installed.before(installed.context, &op);
    return code ? told(code) : installed.real->xDelete(installed.real, path, sync_folder);
}

void store_vfs_install(store_vfs_fn *fn, void *context)
{
    check(!installed.real);
    installed.real = sqlite3_vfs_find(NULL);
    installed.base = *installed.real;
    installed.base.zName = "kith-test";
    installed.base.szOsFile = (int)offsetof(struct file, real) + installed.real->szOsFile;
    installed.base.xOpen = vfs_open;
    installed.base.xDelete = vfs_delete;
    installed.before = fn;
    installed.context = context;
    int code = sqlite3_vfs_register(&installed.base, 1);
    check(code == SQLITE_OK);
}

void store_vfs_remove(void)
{
    sqlite3_vfs_unregister(&installed.base);
    sqlite3_vfs_register(installed.real, 1);
    memset(&installed, 0, sizeof installed);
}
