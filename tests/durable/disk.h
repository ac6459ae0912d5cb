#ifndef TESTS_DURABLE_DISK_H
#define TESTS_DURABLE_DISK_H

#include <stddef.h>
#include <stdint.h>

/* The disk under a folder, as it is when the power goes. While it records, every operation that
 * changes something in that folder is written down before it happens: SQLite's through its VFS,
 * ours through the linker (--wrap). Afterwards the record is played again, and after any operation
 * the folder can be given the content that a power cut at that moment may leave.
 *
 * What was synced is there. What was not may be there, or not, or in part: each write by itself, in
 * sectors of 512 bytes, a later one without an earlier one. Names (files made, renamed, removed)
 * are on disk when their folder was synced; behind that some first part of their changes is, as
 * every file system with a journal keeps their order. Syncing costs nothing here: it is only noted.
 */

struct disk;

struct disk *disk_new(const char *folder);
void disk_free(struct disk *d);

/* One disk at a time; all files in the folder are closed at both ends. What is there counts as
 * synced. */
void disk_record(struct disk *d);
void disk_record_end(struct disk *d);
/* Notes that something was promised between two operations: a number of the caller's. */
void disk_mark(struct disk *d, size_t mark);

size_t disk_count(const struct disk *d);
/* Plays on up to n operations (0: from the start); returns the last mark before them, or SIZE_MAX.
 */
size_t disk_play(struct disk *d, size_t n);
/* How an operation reads, for a failure's message. */
void disk_describe(const struct disk *d, size_t n, char *out, size_t out_bytes);

enum disk_damage {
    DISK_LOST,  /* nothing that was not synced is there */
    DISK_KEPT,  /* all of it is */
    DISK_MIXED, /* each write by itself */
    DISK_TORN,  /* each sector by itself */
    DISK_CUT,   /* the first ones are, the next in part */
    DISK_JUNK,  /* as torn, and what a file grew by without being written holds anything */
    DISK_DAMAGE_COUNT
};

/* Gives the folder what a power cut now may leave. */
void disk_crash(struct disk *d, enum disk_damage damage, uint64_t seed);

/* Our own calls, before they are made (calls.c). */
void disk_on_open(const char *path, int flags);
void disk_on_opened(const char *path, int fd);
void disk_on_close(int fd);
void disk_on_sync(int fd);
void disk_on_write(int fd, const void *bytes, size_t size, size_t at);
void disk_on_rename(const char *from, const char *to);
void disk_on_unlink(const char *path);

#endif
