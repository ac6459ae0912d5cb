#define _GNU_SOURCE
#include "faults.h"

#include "base/check.h"
#include "calls.h"
#include "store_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

/* A test program has no other state like it. */
static struct {
    atomic_bool on;
    enum faults_way way;
    uint64_t from;
    bool for_ever;
    _Atomic uint64_t count, hit;
    atomic_bool half_done; /* SHORT: the rest is not */
} faults;

static const bool can_fail[FAULTS_WAY_COUNT][FAULTS_CALL_COUNT] = {
    [FAULTS_EIO] = {true, true, true, true, true, true, true, false},
    [FAULTS_ENOSPC] = {[FAULTS_MAKE] = true, [FAULTS_WRITE] = true, [FAULTS_SYNC] = true},
    [FAULTS_EROFS] = {[FAULTS_MAKE] = true, [FAULTS_WRITE] = true, [FAULTS_CHANGE] = true},
    [FAULTS_EMFILE] = {[FAULTS_OPEN] = true, [FAULTS_MAKE] = true},
    [FAULTS_SHORT] = {[FAULTS_READ] = true, [FAULTS_WRITE] = true},
    [FAULTS_MEMORY] = {[FAULTS_ALLOC] = true},
};

void faults_begin(enum faults_way way, uint64_t from, bool for_ever)
{
    faults.way = way;
    faults.from = from;
    faults.for_ever = for_ever;
    faults.count = faults.hit = 0;
    faults.half_done = false;
    faults.on = true;
}

uint64_t faults_end(void)
{
    faults.on = false;
    return faults.count;
}

bool faults_hit_any(void)
{
    return faults.hit > 0;
}

int faults_of(enum faults_call call, uint64_t *size)
{
    static const int numbers[FAULTS_WAY_COUNT] = {EIO, ENOSPC, EROFS, EMFILE, ENOSPC, ENOMEM};
    if (!faults.on || !can_fail[faults.way][call])
        return 0;
    uint64_t n = ++faults.count;
    if (faults.way == FAULTS_SHORT && faults.half_done && call == FAULTS_WRITE) {
        faults.half_done = faults.for_ever;
        return ENOSPC;
    }
    if (faults.from == 0 || n < faults.from || (n > faults.from && !faults.for_ever))
        return 0;
    faults.hit++;
    if (faults.way != FAULTS_SHORT)
        return numbers[faults.way];
    faults.half_done = call == FAULTS_WRITE;
    if (size)
        *size = (*size + 1) / 2; /* nobody is told of an end that is none */
    return 0;
}

static bool fails(enum faults_call call)
{
    int number = faults_of(call, NULL);
    if (number != 0)
        errno = number;
    return number != 0;
}

/* SQLite's memory. */

static sqlite3_mem_methods memory;

static void *sql_malloc(int size)
{
    return fails(FAULTS_ALLOC) ? NULL : memory.xMalloc(size);
}

static void *sql_realloc(void *old, int size)
{
    return fails(FAULTS_ALLOC) ? NULL : memory.xRealloc(old, size);
}

void faults_init(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
    sqlite3_mem_methods failing = memory;
    failing.xMalloc = sql_malloc;
    failing.xRealloc = sql_realloc;
    int code = sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    check(code == SQLITE_OK);
}

/* SQLite's calls. Those that were there are found in the table of the VFS. */

static int sql_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = va_arg(arguments, int);
    va_end(arguments);
    return fails(flags & O_CREAT ? FAULTS_MAKE : FAULTS_OPEN) ? -1 : __real_open(path, flags, mode);
}

static ssize_t sql_read(int fd, void *bytes, size_t size)
{
    uint64_t part = size;
    errno = faults_of(FAULTS_READ, &part);
    return errno ? -1 : __real_read(fd, bytes, part);
}

static ssize_t sql_write(int fd, const void *bytes, size_t size)
{
    uint64_t part = size;
    errno = faults_of(FAULTS_WRITE, &part);
    return errno ? -1 : __real_write(fd, bytes, part);
}

static ssize_t sql_pread(int fd, void *bytes, size_t size, off_t at)
{
    uint64_t part = size;
    errno = faults_of(FAULTS_READ, &part);
    return errno ? -1 : __real_pread(fd, bytes, part, at);
}

static ssize_t sql_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    uint64_t part = size;
    errno = faults_of(FAULTS_WRITE, &part);
    return errno ? -1 : __real_pwrite(fd, bytes, part, at);
}

static int sql_truncate(int fd, off_t size)
{
    return fails(FAULTS_CHANGE) ? -1 : __real_ftruncate(fd, size);
}

static int sql_unlink(const char *path)
{
    return fails(FAULTS_CHANGE) ? -1 : __real_unlink(path);
}

static const struct {
    const char *name;
    sqlite3_syscall_ptr call;
} calls[] = {
    {"open", (sqlite3_syscall_ptr)sql_open},       {"read", (sqlite3_syscall_ptr)sql_read},
    {"write", (sqlite3_syscall_ptr)sql_write},     {"pread64", (sqlite3_syscall_ptr)sql_pread},
    {"pwrite64", (sqlite3_syscall_ptr)sql_pwrite}, {"ftruncate", (sqlite3_syscall_ptr)sql_truncate},
    {"unlink", (sqlite3_syscall_ptr)sql_unlink},
};

static int before(void *context, const struct store_vfs_op *op)
{
    (void)context;
    if (op->kind != STORE_VFS_SYNC)
        return SQLITE_OK;
    return fails(FAULTS_SYNC) ? SQLITE_IOERR_FSYNC : STORE_VFS_SKIP;
}

void faults_install(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int code = vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call);
        check(code == SQLITE_OK);
    }
    store_vfs_install(before, NULL);
}

void faults_remove(void)
{
    store_vfs_remove();
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
    vfs->xSetSystemCall(vfs, NULL, NULL);
}
