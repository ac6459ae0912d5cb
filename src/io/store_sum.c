#include "io/store_sum.h"

uint64_t store_sum_u64(uint64_t sum, uint64_t value)
{
    sum = (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ (sum >> 32);
}

static uint64_t byte_at(const char *bytes, size_t i)
{
    return (uint64_t)(uint8_t)bytes[i] << (8 * i);
}

/* Little-endian on every machine: the file may move. Written out, both compilers make one load of
 * it; of the loop below they make eight turns, a tenth of what a sender does. */
static uint64_t word(const char *b)
{
    return byte_at(b, 0) | byte_at(b, 1) | byte_at(b, 2) | byte_at(b, 3) | byte_at(b, 4) |
           byte_at(b, 5) | byte_at(b, 6) | byte_at(b, 7);
}

static uint64_t part_of_word(const char *bytes, size_t size)
{
    uint64_t w = 0;
    for (size_t i = 0; i < size; i++)
        w |= byte_at(bytes, i);
    return w;
}

uint64_t store_sum_bytes(uint64_t sum, struct span bytes)
{
    const char *at = bytes.bytes;
    size_t left = bytes.size;
    sum = store_sum_u64(sum, left);
    for (; left >= 8; left -= 8, at += 8)
        sum = store_sum_u64(sum, word(at));
    return left > 0 ? store_sum_u64(sum, part_of_word(at, left)) : sum;
}
