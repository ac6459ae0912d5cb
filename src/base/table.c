/* A power of two of slots, searched linearly from the hash on. At most three quarters are used, so
 * a search ends soon at an empty slot (one without a value). Removal leaves no marks: what follows
 * the gap moves back into it as long as that brings it nearer to where its hash wants it. */
#include "base/table.h"

#include <stdlib.h>

enum { CAPACITY_MIN = 16 };

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] = rotate_left(v[2], 32);
}

/* Up to eight bytes, the first the least significant. */
static uint64_t load(const char *bytes, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    return word;
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* SipHash-1-3: one round a word, three at the end. */
static uint64_t sip_hash(const uint64_t seed[2], struct span key)
{
    uint64_t v[4] = {
        seed[0] ^ 0x736f6d6570736575,
        seed[1] ^ 0x646f72616e646f6d,
        seed[0] ^ 0x6c7967656e657261,
        seed[1] ^ 0x7465646279746573,
    };
    const char *at = key.bytes;
    size_t left = key.size;
    for (; left >= 8; at += 8, left -= 8)
        sip_word(v, load(at, 8));
    sip_word(v, load(at, left) | (uint64_t)key.size << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void table_init(struct table *t, size_t count_max, uint64_t seed)
{
    check(count_max > 0 && count_max <= SIZE_MAX / 8 / sizeof(struct table_slot));
    *t = (struct table){.count_max = count_max, .seed = {seed, ~seed}};
}

void table_fini(struct table *t)
{
    free(t->slots);
    t->slots = NULL;
    t->capacity = t->count = 0;
}

/* The slot that holds the key, or the empty one where it belongs. The capacity is not 0. */
static size_t find(const struct table *t, uint64_t hash, struct span key)
{
    size_t mask = t->capacity - 1;
    size_t i = hash & mask;
    while (t->slots[i].value && !(t->slots[i].hash == hash && span_equal(t->slots[i].key, key)))
        i = (i + 1) & mask;
    return i;
}

static enum err grow(struct table *t)
{
    struct table old = *t;
    size_t capacity = old.capacity ? 2 * old.capacity : CAPACITY_MIN;
    struct table_slot *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return ERR_MEMORY;
    t->slots = slots;
    t->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].value)
            slots[find(t, old.slots[i].hash, old.slots[i].key)] = old.slots[i];
    free(old.slots);
    return ERR_OK;
}

enum err table_put(struct table *t, struct span key, void *value)
{
    check(value);
    uint64_t hash = sip_hash(t->seed, key);
    if (t->count > 0 && t->slots[find(t, hash, key)].value)
        return ERR_EXISTS;
    if (t->count == t->count_max)
        return ERR_FULL;
    if (t->count >= t->capacity / 4 * 3) {
        enum err err = grow(t);
        if (err)
            return err;
    }
    t->slots[find(t, hash, key)] = (struct table_slot){hash, key, value};
    t->count++;
    return ERR_OK;
}

void *table_get(const struct table *t, struct span key)
{
    if (t->count == 0)
        return NULL;
    return t->slots[find(t, sip_hash(t->seed, key), key)].value;
}

size_t table_place(const struct table *t, struct span key)
{
    return t->count == 0 ? 0 : find(t, sip_hash(t->seed, key), key);
}

/* Empties slot `gap` and moves back what follows it. A slot stays when its hash wants a place
 * behind the gap. */
static void close_gap(struct table *t, size_t gap)
{
    size_t mask = t->capacity - 1;
    for (size_t i = (gap + 1) & mask; t->slots[i].value; i = (i + 1) & mask) {
        size_t wanted = t->slots[i].hash & mask;
        if (((i - wanted) & mask) >= ((i - gap) & mask)) {
            t->slots[gap] = t->slots[i];
            gap = i;
        }
    }
    t->slots[gap] = (struct table_slot){0};
}

void *table_remove(struct table *t, struct span key)
{
    if (t->count == 0)
        return NULL;
    size_t i = find(t, sip_hash(t->seed, key), key);
    void *value = t->slots[i].value;
    if (value) {
        close_gap(t, i);
        t->count--;
    }
    return value;
}

void *table_next(const struct table *t, size_t *at)
{
    while (*at < t->capacity) {
        void *value = t->slots[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}
