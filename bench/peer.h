#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "app/console.h"
#include "app/shell.h"

#include <time.h>

/* A measured peer: the shipped program, but that facts become counts and times instead of words
 * (peer_console.c) and readings come as a measurement wants them (peer_source.c). Both stand in for
 * the program's own by giving the linker their functions first. Results are lines of
 * "word name=number ..." on standard output. */

/* In place of the program's console: what a receiver saw, and who else wants to know. */
struct console {
    struct source *source; /* told of facts; NULL: a receiver */
    bool each;             /* --json: say when each device's first reading came */
    bool fresh;            /* readings came since the last flush */
    uint64_t first_ns, last_ns;
    uint64_t next_seq, count, doubled;
};

/* What peer_source.c hears: somebody is connected; a state that another device reported; everything
 * of ours up to seq is acknowledged. */
void peer_source_connected(struct source *s);
void peer_source_update(struct source *s, const struct record *record);
void peer_source_acked(struct source *s, uint64_t seq);

/* Reads a device's store back: how many records each log holds, and whether its sequences have
 * neither gap nor double. Returns the exit status. */
int peer_verify(const char *data, const char *device);

static inline uint64_t peer_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

#endif
