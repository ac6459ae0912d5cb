/* Put before a program with LD_PRELOAD: the SCARCE_AT-th allocation that the program's own code
 * asks for fails, with SCARCE_FOR_EVER=1 all behind it too; with SCARCE_OF=libcrypto the one that
 * this library asks for, and so on. Others get what they ask for. At its end the program says on
 * stderr how many there were. */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static uintptr_t first, last; /* the code whose allocations fail */
static const char *whose;     /* a part of its library's name; NULL: the program itself */
static uint64_t fail_at;
static bool for_ever;
static _Atomic uint64_t count;

/* The program itself comes first. */
static int note_code(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    if (whose && !strstr(info->dlpi_name, whose))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
            first = info->dlpi_addr + part->p_vaddr;
            last = first + part->p_memsz;
        }
    }
    return 1;
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("SCARCE_AT");
    fail_at = at ? strtoull(at, NULL, 10) : 0;
    for_ever = getenv("SCARCE_FOR_EVER") != NULL;
    whose = getenv("SCARCE_OF");
    dl_iterate_phdr(note_code, NULL);
}

__attribute__((destructor)) static void end(void)
{
    fprintf(stderr, "%llu allocations\n", (unsigned long long)count);
}

static bool refused(const void *caller)
{
    uintptr_t from = (uintptr_t)caller;
    if (from < first || from >= last)
        return false;
    uint64_t n = ++count;
    bool refuses = fail_at > 0 && (for_ever ? n >= fail_at : n == fail_at);
    if (refuses)
        errno = ENOMEM;
    return refuses;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
    return refused(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return refused(CALLER) ? NULL : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    return refused(CALLER) ? NULL : __libc_realloc(old, size);
}

static char *copied(const char *text, size_t size)
{
    char *copy = __libc_malloc(size + 1);
    if (copy) {
        memcpy(copy, text, size);
        copy[size] = '\0';
    }
    return copy;
}

char *strdup(const char *text)
{
    return refused(CALLER) ? NULL : copied(text, strlen(text));
}

char *strndup(const char *text, size_t size)
{
    return refused(CALLER) ? NULL : copied(text, strnlen(text, size));
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (refused(CALLER))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}
