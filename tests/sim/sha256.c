#include "sha256.h"

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate_right(uint32_t x, unsigned bits)
{
    return x >> bits | x << (32 - bits);
}

static void expand(uint32_t w[64], const uint8_t block[64])
{
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (size_t i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        uint32_t s0 = rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3;
        uint32_t s1 = rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

/* FIPS 180-4 section 6.2.2; v[0..7] are its a..h. */
static void compress(uint32_t state[8], const uint8_t block[64])
{
    uint32_t w[64], v[8];
    expand(w, block);
    memcpy(v, state, sizeof v);
    for (size_t i = 0; i < 64; i++) {
        uint32_t s1 = rotate_right(v[4], 6) ^ rotate_right(v[4], 11) ^ rotate_right(v[4], 25);
        uint32_t choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + s1 + choose + constants[i] + w[i];
        uint32_t s0 = rotate_right(v[0], 2) ^ rotate_right(v[0], 13) ^ rotate_right(v[0], 22);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + s0 + majority;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += v[i];
}

void sha256_init(struct sha256 *s)
{
    *s = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                   0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_put(struct sha256 *s, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    while (size > 0) {
        size_t held = s->bytes % sizeof s->block;
        size_t part = sizeof s->block - held < size ? sizeof s->block - held : size;
        memcpy(s->block + held, from, part);
        s->bytes += part;
        from += part;
        size -= part;
        if (s->bytes % sizeof s->block == 0)
            compress(s->state, s->block);
    }
}

void sha256_end(struct sha256 *s, uint8_t out[32])
{
    uint64_t bits = s->bytes * 8;
    uint8_t length[8];
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_put(s, "\x80", 1);
    while (s->bytes % sizeof s->block != 56)
        sha256_put(s, "", 1);
    sha256_put(s, length, sizeof length);
    for (size_t i = 0; i < 32; i++)
        out[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_hmac(uint8_t out[32], const uint8_t key[32], struct span bytes)
{
    uint8_t inner[64], outer[64];
    for (size_t i = 0; i < 64; i++) {
        uint8_t k = i < 32 ? key[i] : 0;
        inner[i] = k ^ 0x36;
        outer[i] = k ^ 0x5c;
    }
    struct sha256 s;
    sha256_init(&s);
    sha256_put(&s, inner, sizeof inner);
    sha256_put(&s, bytes.bytes, bytes.size);
    sha256_end(&s, out);
    sha256_init(&s);
    sha256_put(&s, outer, sizeof outer);
    sha256_put(&s, out, 32);
    sha256_end(&s, out);
}

static bool gives(const char *text, const uint8_t first[4])
{
    struct sha256 s;
    uint8_t out[32];
    sha256_init(&s);
    sha256_put(&s, text, strlen(text));
    sha256_end(&s, out);
    return memcmp(out, first, 4) == 0;
}

/* The examples of FIPS 180-2 appendix B.1 and B.2, and RFC 4231 test case 1 (its key is padded with
 * zeros to the block anyway, so 32 bytes of key with zeros behind are the same key). */
bool sha256_works(void)
{
    uint8_t key[32] = {0}, mac[32];
    memset(key, 0x0b, 20);
    sha256_hmac(mac, key, SPAN("Hi There"));
    return gives("abc", (const uint8_t[]){0xba, 0x78, 0x16, 0xbf}) &&
           gives("", (const uint8_t[]){0xe3, 0xb0, 0xc4, 0x42}) &&
           gives("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                 (const uint8_t[]){0x24, 0x8d, 0x6a, 0x61}) &&
           memcmp(mac, (const uint8_t[]){0xb0, 0x34, 0x4c, 0x61}, 4) == 0;
}
