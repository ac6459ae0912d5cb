#ifndef TESTS_DURABLE_FAULTS_H
#define TESTS_DURABLE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/* System calls that fail: the n-th that can fail in the chosen way, or all from it on. Ours come
 * through the linker, SQLite's through the table of calls of its VFS, its syncs through the VFS. */

enum faults_way {
    FAULTS_EIO,    /* every call */
    FAULTS_ENOSPC, /* what makes or writes or syncs */
    FAULTS_EROFS,  /* what makes or changes */
    FAULTS_EMFILE, /* what opens */
    FAULTS_SHORT,  /* what reads or writes does half of it; a second try has no space */
    FAULTS_MEMORY, /* what SQLite allocates */
    FAULTS_WAY_COUNT
};

enum faults_call {
    FAULTS_OPEN,
    FAULTS_MAKE,
    FAULTS_READ,
    FAULTS_WRITE,
    FAULTS_SYNC,
    FAULTS_CHANGE, /* rename, remove, truncate */
    FAULTS_LOOK,   /* access, stat */
    FAULTS_ALLOC,
    FAULTS_CALL_COUNT
};

void faults_begin(enum faults_way way, uint64_t from, bool for_ever);
/* Calls succeed from here on; how many there were that could fail. */
uint64_t faults_end(void);
bool faults_hit_any(void); /* since faults_begin() */

/* For what stands in the place of the calls: 0, or what errno is to be. *size becomes smaller when
 * less is to be done. */
int faults_of(enum faults_call call, uint64_t *size);

/* Before SQLite is used at all: its memory comes through here. */
void faults_init(void);
/* Its calls, while it has no file open. */
void faults_install(void);
void faults_remove(void);

#endif
