#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"
#include "base/err.h"

/* Text that came from outside, made safe for whoever reads it. */

enum { TEXT_DISTANCE_BYTES_MAX = 64 };

/* How many bytes (1-4) the first UTF-8 character of `s` takes; 0 when `s` is empty or does not
 * begin with one (RFC 3629: no surrogates, no overlong forms, nothing beyond U+10FFFF). */
size_t text_character_size(struct span s);
/* Whether the bytes are UTF-8 throughout. */
bool text_is_utf8(struct span s);
/* The code point of the character that s is, when it is one that text_escape() would not show as it
 * is because it changes what is around it unseen; 0 otherwise. s is one character of UTF-8. */
uint32_t text_hidden(struct span s);
/* Writes the text for a terminal or a log: printable characters as they are; a backslash
 * doubled; control characters (C0, 0x7f, C1), bidirectional controls (U+202A-202E, U+2066-2069,
 * U+200E/F, U+061C), line and paragraph separators, invisible characters and bytes that are not
 * UTF-8 as \n, \r, \t, \xNN or \u{NNNN}. At most `size_max` bytes of output; what does not fit
 * ends, at a whole character, in "..." (which counts). */
void text_escape(struct buf *out, struct span s, size_t size_max);
/* Edit distance in bytes (insert, delete, replace, swap neighbours) up to `limit`, for "did you
 * mean"; limit + 1 when farther, or when the texts differ and one is longer than
 * TEXT_DISTANCE_BYTES_MAX. */
size_t text_distance(struct span a, struct span b, size_t limit);
/* A span of time as a person types one: "10m", "1h30m", "1.5s", "500ms". */
void text_duration(struct buf *out, uint64_t ms);

#endif
