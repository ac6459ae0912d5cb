#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The other systems' message, 105 bytes as a Kith record's are 115, with a sequence number that the
 * receiver checks; their clock; their percentiles. */

#define MEASURE_MESSAGE                                                     \
    "{\"type\":\"temperature\",\"device\":\"sensor-0001\",\"seq\":%" PRIu32 \
    ",\"ts\":1763800000123,\"value\":24.83,\"unit\":\"C\"}"

enum { MEASURE_MESSAGE_BYTES = 105, MEASURE_SEQ_FIRST = 100000000 };

static inline uint64_t measure_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline int measure_by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts the times and prints them as peer_source.c does. */
static inline void measure_print_trips(uint64_t *ns, size_t count)
{
    qsort(ns, count, sizeof *ns, measure_by_size);
    printf("trips count=%zu p50_us=%.1f p99_us=%.1f max_us=%.1f\n", count,
           (double)ns[count / 2] / 1e3, (double)ns[count * 99 / 100] / 1e3,
           (double)ns[count - 1] / 1e3);
}

#endif
