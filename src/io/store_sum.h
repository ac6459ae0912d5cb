#ifndef IO_STORE_SUM_H
#define IO_STORE_SUM_H

#include "base/span.h"

/* The checksum of a stored row, 64 bits. Every step is one-to-one in the word for a given sum and
 * in the sum for a given word, so damage within one group of eight bytes is always found; other
 * damage escapes once in 2^64. It finds accidents, not forgers: seals are against those. */
#define STORE_SUM_START UINT64_C(0x6b697468646f7773) /* anything but a likely value */

uint64_t store_sum_u64(uint64_t sum, uint64_t value);
uint64_t store_sum_bytes(uint64_t sum, struct span bytes); /* the length counts too */

#endif
