#include "base/buf.h"

#include "base/hex.h"

void buf_init(struct buf *b, char *memory, size_t capacity)
{
    *b = (struct buf){.bytes = memory, .capacity = capacity};
}

/* Where `size` bytes may be written, or NULL: once something was dropped, nothing follows it. */
static char *claim(struct buf *b, size_t size)
{
    if (b->overflow || size > b->capacity - b->size) {
        b->overflow = true;
        return NULL;
    }
    char *place = b->bytes + b->size;
    b->size += size;
    return place;
}

void buf_put(struct buf *b, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    char *place = claim(b, size);
    if (place)
        memcpy(place, bytes, size);
}

void buf_span(struct buf *b, struct span s)
{
    buf_put(b, s.bytes, s.size);
}

void buf_text(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
    char *place = claim(b, 1);
    if (place)
        *place = c;
}

/* Decimal digits are made from the last to the first, with room for the sign of buf_i64(). */
enum { DECIMAL_MAX = 21 };

static char *decimal(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

void buf_u64(struct buf *b, uint64_t value)
{
    char digits[DECIMAL_MAX];
    char *end = digits + sizeof digits;
    char *first = decimal(end, value);
    buf_put(b, first, (size_t)(end - first));
}

void buf_i64(struct buf *b, int64_t value)
{
    char digits[DECIMAL_MAX];
    char *end = digits + sizeof digits;
    char *first = decimal(end, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    if (value < 0)
        *--first = '-';
    buf_put(b, first, (size_t)(end - first));
}

void buf_hex(struct buf *b, const uint8_t *bytes, size_t size)
{
    if (size > SIZE_MAX / 2) {
        b->overflow = true;
        return;
    }
    char *place = claim(b, 2 * size);
    if (place)
        hex_encode(place, bytes, size);
}

struct span buf_view(const struct buf *b)
{
    return (struct span){b->bytes, b->size};
}
