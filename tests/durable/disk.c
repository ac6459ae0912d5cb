#define _GNU_SOURCE
#include "disk.h"

#include "base/check.h"
#include "base/rng.h"
#include "calls.h"
#include "store_vfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, NAMES = 16, NAME_BYTES = 64, FILES = 64, FD_MAX = 1024, FILE_BYTES = 1 << 22 };

enum kind { CREATE, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, REMOVE, MARK };

struct op {
    enum kind kind;
    size_t file;
    char name[NAME_BYTES], to[NAME_BYTES];
    size_t at, size; /* TRUNCATE: to `at`; MARK: the caller's number */
    char *bytes;
};

struct names {
    struct {
        char name[NAME_BYTES];
        size_t file;
    } list[NAMES];
    size_t count;
};

struct file {
    char *bytes; /* what is synced; FILE_BYTES of room */
    size_t size;
    size_t first_bytes; /* ... when recording began */
    char *first;
};

struct disk {
    char folder[96];
    struct op *ops;
    size_t count, capacity;
    struct file files[FILES];
    size_t file_count;
    struct names first; /* when recording began */
    struct names now;   /* as programs see it: while recording, then while playing */
    struct names synced;
    size_t played, mark;
    size_t folder_synced_at; /* names changed by operations from here on are not on disk */
    size_t synced_at[FILES]; /* the same of what is in a file */
};

/* Who records; a test program has no other state like it. */
static struct disk *recording;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char fd_names[FD_MAX][NAME_BYTES]; /* "": none of ours; "/": the folder */

static size_t find(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static void put(struct names *names, const char *name, size_t file)
{
    size_t i = find(names, name);
    if (i == SIZE_MAX) {
        check(names->count < NAMES);
        i = names->count++;
        snprintf(names->list[i].name, NAME_BYTES, "%s", name);
    }
    names->list[i].file = file;
}

static void drop(struct names *names, const char *name)
{
    size_t i = find(names, name);
    if (i != SIZE_MAX)
        names->list[i] = names->list[--names->count];
}

static void change_names(struct names *names, const struct op *op)
{
    size_t i = find(names, op->name);
    if (op->kind == CREATE)
        put(names, op->name, op->file);
    if (op->kind == REMOVE)
        drop(names, op->name);
    if (op->kind == RENAME && i != SIZE_MAX) {
        size_t file = names->list[i].file;
        drop(names, op->name);
        put(names, op->to, file);
    }
}

struct disk *disk_new(const char *folder)
{
    struct disk *d = calloc(1, sizeof *d);
    check(d);
    snprintf(d->folder, sizeof d->folder, "%s", folder);
    return d;
}

static void forget(struct disk *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->ops[i].bytes);
    for (size_t i = 0; i < d->file_count; i++) {
        free(d->files[i].bytes);
        free(d->files[i].first);
    }
    free(d->ops);
    char folder[sizeof d->folder];
    memcpy(folder, d->folder, sizeof folder);
    *d = (struct disk){0};
    memcpy(d->folder, folder, sizeof folder);
}

void disk_free(struct disk *d)
{
    if (!d)
        return;
    forget(d);
    free(d);
}

/* Recording. */

static size_t new_file(struct disk *d)
{
    check(d->file_count < FILES);
    struct file *f = &d->files[d->file_count];
    f->bytes = calloc(1, FILE_BYTES);
    check(f->bytes);
    return d->file_count++;
}

static void note(struct disk *d, struct op op, const void *bytes)
{
    if (d->count == d->capacity) {
        d->capacity = d->capacity ? 2 * d->capacity : 1024;
        d->ops = realloc(d->ops, d->capacity * sizeof *d->ops);
        check(d->ops);
    }
    if (op.kind == CREATE)
        op.file = new_file(d);
    if (op.kind == WRITE || op.kind == TRUNCATE || op.kind == SYNC) {
        size_t i = find(&d->now, op.name);
        if (i == SIZE_MAX)
            return; /* a file without a name is gone with the power */
        op.file = d->now.list[i].file;
    }
    if (op.kind == WRITE) {
        check(op.at + op.size <= FILE_BYTES);
        op.bytes = malloc(op.size);
        check(op.bytes);
        memcpy(op.bytes, bytes, op.size);
    }
    d->ops[d->count++] = op;
    change_names(&d->now, &op);
}

/* The name in the folder; NULL: elsewhere. "" is the folder itself. */
static const char *inside(const struct disk *d, const char *path)
{
    size_t size = d ? strlen(d->folder) : 0;
    if (!d || !path || strncmp(path, d->folder, size) != 0)
        return NULL;
    return path[size] == '/' ? path + size + 1 : path[size] == '\0' ? path + size : NULL;
}

static void note_named(enum kind kind, const char *path, const char *to, size_t at,
                       const void *bytes, size_t size)
{
    pthread_mutex_lock(&mutex);
    const char *name = inside(recording, path);
    if (name && strcmp(name + (strlen(name) > 4 ? strlen(name) - 4 : 0), "-shm") != 0) {
        struct op op = {.kind = kind, .at = at, .size = size};
        snprintf(op.name, sizeof op.name, "%s", name);
        if (to)
            snprintf(op.to, sizeof op.to, "%s", inside(recording, to));
        bool there = find(&recording->now, name) != SIZE_MAX;
        if (kind == CREATE ? !there : (there || kind == SYNC_FOLDER))
            note(recording, op, bytes);
    }
    pthread_mutex_unlock(&mutex);
}

static bool ends(const char *text, const char *with)
{
    size_t a = strlen(text), b = strlen(with);
    return a >= b && strcmp(text + a - b, with) == 0;
}

/* SQLite syncs the folder with the first sync of a journal or write-ahead log that it made. */
static int before(void *context, const struct store_vfs_op *op)
{
    struct disk *d = context;
    size_t at = (size_t)op->offset, size = (size_t)op->size;
    switch (op->kind) {
    case STORE_VFS_CREATE:
        note_named(CREATE, op->path, NULL, 0, NULL, 0);
        break;
    case STORE_VFS_WRITE:
        note_named(WRITE, op->path, NULL, at, op->bytes, size);
        break;
    case STORE_VFS_TRUNCATE:
        note_named(TRUNCATE, op->path, NULL, at, NULL, 0);
        break;
    case STORE_VFS_DELETE:
        note_named(REMOVE, op->path, NULL, 0, NULL, 0);
        break;
    default:
        note_named(SYNC, op->path, NULL, 0, NULL, 0);
        if (op->path && (ends(op->path, "-wal") || ends(op->path, "-journal")))
            note_named(SYNC_FOLDER, d->folder, NULL, 0, NULL, 0);
        return STORE_VFS_SKIP;
    }
    return SQLITE_OK;
}

void disk_on_open(const char *path, int flags)
{
    if (flags & O_CREAT)
        note_named(CREATE, path, NULL, 0, NULL, 0);
    if (flags & O_TRUNC)
        note_named(TRUNCATE, path, NULL, 0, NULL, 0);
}

void disk_on_opened(const char *path, int fd)
{
    const char *name = inside(recording, path);
    if (fd >= 0 && fd < FD_MAX)
        snprintf(fd_names[fd], NAME_BYTES, "%s", !name ? "" : name[0] ? name : "/");
}

static void path_of(int fd, char path[160])
{
    path[0] = '\0';
    if (recording && fd >= 0 && fd < FD_MAX && fd_names[fd][0])
        snprintf(path, 160, "%s/%s", recording->folder, fd_names[fd]);
}

void disk_on_close(int fd)
{
    if (fd >= 0 && fd < FD_MAX)
        fd_names[fd][0] = '\0';
}

void disk_on_sync(int fd)
{
    char path[160];
    path_of(fd, path);
    if (path[0])
        note_named(fd_names[fd][0] == '/' ? SYNC_FOLDER : SYNC, path, NULL, 0, NULL, 0);
}

void disk_on_write(int fd, const void *bytes, size_t size, size_t at)
{
    char path[160];
    path_of(fd, path);
    note_named(WRITE, path, NULL, at, bytes, size);
}

void disk_on_rename(const char *from, const char *to)
{
    note_named(RENAME, from, to, 0, NULL, 0);
}

void disk_on_unlink(const char *path)
{
    note_named(REMOVE, path, NULL, 0, NULL, 0);
}

static void take_folder(struct disk *d)
{
    DIR *folder = opendir(d->folder);
    check(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[sizeof d->folder + sizeof entry->d_name + 1];
        if (entry->d_name[0] == '.' || ends(entry->d_name, "-shm"))
            continue;
        snprintf(path, sizeof path, "%s/%s", d->folder, entry->d_name);
        size_t i = new_file(d);
        struct file *f = &d->files[i];
        int fd = __real_open(path, O_RDONLY | O_CLOEXEC);
        ssize_t size = read(fd, f->bytes, FILE_BYTES);
        check(size >= 0 && size < FILE_BYTES);
        __real_close(fd);
        f->first_bytes = f->size = (size_t)size;
        f->first = malloc(f->size + 1);
        check(f->first);
        memcpy(f->first, f->bytes, f->size);
        put(&d->first, entry->d_name, i);
    }
    closedir(folder);
}

void disk_record(struct disk *d)
{
    check(!recording);
    forget(d);
    take_folder(d);
    d->now = d->first;
    store_vfs_install(before, d);
    recording = d;
}

void disk_record_end(struct disk *d)
{
    check(recording == d);
    recording = NULL;
    store_vfs_remove();
    disk_play(d, 0);
}

void disk_mark(struct disk *d, size_t mark)
{
    pthread_mutex_lock(&mutex);
    note(d, (struct op){.kind = MARK, .at = mark}, NULL);
    pthread_mutex_unlock(&mutex);
}

/* Playing. */

size_t disk_count(const struct disk *d)
{
    return d->count;
}

static void grow(char *bytes, size_t *size, size_t to)
{
    if (to > *size)
        memset(bytes + *size, 0, to - *size);
    *size = to;
}

static void apply(const struct op *op, char *bytes, size_t *size)
{
    if (op->kind == TRUNCATE)
        grow(bytes, size, op->at);
    if (op->kind != WRITE)
        return;
    if (op->at + op->size > *size)
        grow(bytes, size, op->at + op->size);
    memcpy(bytes + op->at, op->bytes, op->size);
}

static void sync_file(struct disk *d, size_t file, size_t until)
{
    for (size_t i = d->synced_at[file]; i < until; i++)
        if (d->ops[i].file == file && (d->ops[i].kind == WRITE || d->ops[i].kind == TRUNCATE))
            apply(&d->ops[i], d->files[file].bytes, &d->files[file].size);
    d->synced_at[file] = until;
}

static void rewind_all(struct disk *d)
{
    d->played = d->folder_synced_at = 0;
    d->mark = SIZE_MAX;
    d->synced = d->now = d->first;
    for (size_t i = 0; i < d->file_count; i++) {
        struct file *f = &d->files[i];
        d->synced_at[i] = 0;
        f->size = f->first_bytes;
        if (f->first)
            memcpy(f->bytes, f->first, f->size);
    }
}

size_t disk_play(struct disk *d, size_t n)
{
    if (n < d->played || n == 0)
        rewind_all(d);
    for (; d->played < n; d->played++) {
        const struct op *op = &d->ops[d->played];
        change_names(&d->now, op);
        if (op->kind == MARK)
            d->mark = op->at;
        if (op->kind == SYNC)
            sync_file(d, op->file, d->played);
        if (op->kind == SYNC_FOLDER) {
            d->synced = d->now;
            d->folder_synced_at = d->played;
        }
    }
    return d->mark;
}

void disk_describe(const struct disk *d, size_t n, char *out, size_t out_bytes)
{
    static const char *const kinds[] = {"create",      "write",  "truncate", "sync",
                                        "sync folder", "rename", "remove",   "mark"};
    const struct op *op = n > 0 && n <= d->count ? &d->ops[n - 1] : NULL;
    if (op)
        snprintf(out, out_bytes, "%s %s at %zu, %zu bytes", kinds[op->kind], op->name, op->at,
                 op->size);
    else
        snprintf(out, out_bytes, "nothing");
}

/* Crashing. */

struct cut {
    const struct disk *disk;
    enum disk_damage damage;
    struct rng rng;
    size_t until; /* CUT: the first operation that is not whole */
    char *bytes;  /* of the file being put together */
    size_t size;
};

static void write_sectors(struct cut *c, const struct op *op, uint32_t kept_of_256)
{
    size_t end = op->at + op->size;
    if (end > c->size) {
        size_t from = c->size;
        grow(c->bytes, &c->size, end);
        for (size_t i = from; c->damage == DISK_JUNK && i < end; i++)
            c->bytes[i] = (char)rng_next(&c->rng);
    }
    for (size_t at = op->at; at < end;) {
        size_t next = (at / SECTOR + 1) * SECTOR < end ? (at / SECTOR + 1) * SECTOR : end;
        if (rng_below(&c->rng, 256) < kept_of_256)
            memcpy(c->bytes + at, op->bytes + (at - op->at), next - at);
        else if (c->damage == DISK_CUT)
            return;
        at = next;
    }
}

static void apply_perhaps(struct cut *c, const struct op *op, size_t index)
{
    bool whole = c->damage == DISK_KEPT || (c->damage == DISK_CUT && index < c->until) ||
                 (c->damage == DISK_MIXED && rng_below(&c->rng, 2) == 0);
    bool sectors = c->damage == DISK_TORN || c->damage == DISK_JUNK ||
                   (c->damage == DISK_CUT && index == c->until);
    if (op->kind == TRUNCATE)
        whole = whole || (sectors && rng_below(&c->rng, 2) == 0);
    if (whole)
        apply(op, c->bytes, &c->size);
    else if (sectors && op->kind == WRITE)
        write_sectors(c, op, 128 + (uint32_t)rng_below(&c->rng, 120));
}

static struct names names_left(struct cut *c)
{
    const struct disk *d = c->disk;
    struct names names = d->synced;
    bool all = c->damage == DISK_KEPT;
    for (size_t i = d->folder_synced_at; i < d->played && c->damage != DISK_LOST; i++) {
        const struct op *op = &d->ops[i];
        if (op->kind != CREATE && op->kind != RENAME && op->kind != REMOVE)
            continue;
        if (!all && rng_below(&c->rng, 4) == 0)
            break;
        change_names(&names, op);
    }
    return names;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    int fd = __real_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(fd >= 0);
    ssize_t done = __real_pwrite(fd, bytes, size, 0);
    check(done == (ssize_t)size);
    __real_close(fd);
}

static void empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    check(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

void disk_crash(struct disk *d, enum disk_damage damage, uint64_t seed)
{
    struct cut c = {.disk = d, .damage = damage};
    rng_init(&c.rng, seed);
    c.until = d->played - (size_t)rng_below(&c.rng, d->played < 20 ? d->played + 1 : 20);
    c.bytes = malloc(FILE_BYTES);
    check(c.bytes);
    struct names names = names_left(&c);
    empty_folder(d->folder);
    for (size_t k = 0; k < names.count; k++) {
        size_t file = names.list[k].file;
        char path[sizeof d->folder + NAME_BYTES + 1];
        c.size = d->files[file].size;
        memcpy(c.bytes, d->files[file].bytes, c.size);
        for (size_t i = d->synced_at[file]; i < d->played; i++)
            if (d->ops[i].file == file && (d->ops[i].kind == WRITE || d->ops[i].kind == TRUNCATE))
                apply_perhaps(&c, &d->ops[i], i);
        snprintf(path, sizeof path, "%s/%s", d->folder, names.list[k].name);
        write_file(path, c.bytes, c.size);
    }
    free(c.bytes);
}
