#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

/* The bounded writer: bytes go into memory that the caller owns. Nothing is ever written past
 * the end; what does not fit sets `overflow` and is dropped whole, and so is everything after
 * it, so that one check at the end is enough. */
struct buf {
    char *bytes;
    size_t size;
    size_t capacity;
    bool overflow;
};

void buf_init(struct buf *b, char *memory, size_t capacity);
void buf_put(struct buf *b, const void *bytes, size_t size);
void buf_span(struct buf *b, struct span s);
void buf_text(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t value); /* decimal */
void buf_i64(struct buf *b, int64_t value);
void buf_hex(struct buf *b, const uint8_t *bytes, size_t size); /* lower case */
struct span buf_view(const struct buf *b);

#endif
