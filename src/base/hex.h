#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/err.h"
#include "base/span.h"

/* Hexadecimal (RFC 4648 section 8, written in lower case, read in either) and base64url without
 * padding (section 5). Reading insists on exactly the bytes wanted: any other length or
 * character is ERR_SYNTAX. */
void hex_encode(char *out, const uint8_t *bytes, size_t size); /* 2 * size characters, not
                                                                  terminated */
MUST_USE enum err hex_decode(struct span text, uint8_t *out, size_t size);

size_t hex_base64_size(size_t size); /* characters that `size` bytes take */
void hex_base64_encode(char *out, const uint8_t *bytes, size_t size);
/* Decodes into `out` of `capacity`; the byte count goes to *size. Non-canonical trailing bits
 * are ERR_SYNTAX. */
MUST_USE enum err hex_base64_decode(struct span text, uint8_t *out, size_t capacity, size_t *size);

#endif
