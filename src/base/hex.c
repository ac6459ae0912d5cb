#include "base/hex.h"

static const char hex_digits[] = "0123456789abcdef";
static const char
    base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a digit; 0xff for what is none, so that two digits or-ed together show a bad one. */
enum { NO_DIGIT = 0xff };

static unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return NO_DIGIT;
}

static unsigned base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : NO_DIGIT;
}

void hex_encode(char *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        *out++ = hex_digits[bytes[i] >> 4];
        *out++ = hex_digits[bytes[i] & 15];
    }
}

enum err hex_decode(struct span text, uint8_t *out, size_t size)
{
    if (text.size / 2 != size || text.size % 2 != 0)
        return ERR_SYNTAX;
    for (size_t i = 0; i < size; i++) {
        unsigned high = hex_value(text.bytes[2 * i]);
        unsigned low = hex_value(text.bytes[2 * i + 1]);
        if ((high | low) == NO_DIGIT)
            return ERR_SYNTAX;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return ERR_OK;
}

size_t hex_base64_size(size_t size)
{
    return size / 3 * 4 + (size % 3 * 4 + 2) / 3;
}

void hex_base64_encode(char *out, const uint8_t *bytes, size_t size)
{
    uint32_t bits = 0;
    unsigned waiting = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (waiting += 8; waiting >= 6; waiting -= 6)
            *out++ = base64_digits[bits >> (waiting - 6) & 63];
    }
    if (waiting > 0)
        *out = base64_digits[bits << (6 - waiting) & 63];
}

enum err hex_base64_decode(struct span text, uint8_t *out, size_t capacity, size_t *size)
{
    if (text.size % 4 == 1)
        return ERR_SYNTAX;
    if (text.size / 4 * 3 + text.size % 4 * 3 / 4 > capacity)
        return ERR_SIZE;
    uint32_t bits = 0;
    unsigned waiting = 0;
    size_t written = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = base64_value(text.bytes[i]);
        if (digit == NO_DIGIT)
            return ERR_SYNTAX;
        bits = bits << 6 | digit;
        waiting += 6;
        if (waiting >= 8) {
            waiting -= 8;
            out[written++] = (uint8_t)(bits >> waiting & 0xff);
        }
    }
    if ((bits & ((1U << waiting) - 1)) != 0)
        return ERR_SYNTAX;
    *size = written;
    return ERR_OK;
}
