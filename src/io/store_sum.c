#include "io/store_sum.h"

uint64_t store_sum_u64(uint64_t sum, uint64_t value)
{
    sum = (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ (sum >> 32);
}

/* Little-endian on every machine: the file may move. */
static uint64_t word(const char *bytes, size_t size)
{
    uint64_t w = 0;
    for (size_t i = 0; i < size; i++)
        w |= (uint64_t)(uint8_t)bytes[i] << (8 * i);
    return w;
}

uint64_t store_sum_bytes(uint64_t sum, struct span bytes)
{
    const char *at = bytes.bytes;
    size_t left = bytes.size;
    sum = store_sum_u64(sum, left);
    for (; left >= 8; left -= 8, at += 8)
        sum = store_sum_u64(sum, word(at, 8));
    return left > 0 ? store_sum_u64(sum, word(at, left)) : sum;
}
