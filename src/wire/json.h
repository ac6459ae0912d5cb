#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/number.h"

/* A strict pull reader and a writer for JSON (RFC 8259, and I-JSON, RFC 7493, where it is
 * narrower).
 *
 * Refused: text that is not UTF-8, a byte order mark, lone surrogates in escapes, U+0000 in
 * strings, duplicate member names in one object (compared after unescaping), integers beyond
 * +-(2^53 - 1), numbers that overflow a double, depth beyond JSON_DEPTH_MAX, more than
 * JSON_MEMBERS_MAX members open at once, anything but white space after the value. The text is
 * never changed and nothing is allocated: strings come as spans of the text. */

enum { JSON_DEPTH_MAX = 32, JSON_MEMBERS_MAX = 256 };

/* A file that also includes <jansson.h> must rename its JSON_OBJECT and so on. */
enum json_token {
    JSON_BAD, /* and from then on; json_error() says why */
    JSON_END, /* the text held exactly one value */
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,    /* r->text is the name, raw */
    JSON_STRING, /* r->text is the content between the quotes, raw */
    JSON_NUMBER, /* r->number; r->text is how it was written */
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

/* A name open at some depth, kept to find it twice. */
struct json_member {
    struct span name; /* raw */
    uint32_t print;   /* of the unescaped name; equal names have equal prints */
    bool escaped;
};

struct json_reader {
    const char *at;    /* next byte; after a value's token: just behind it */
    const char *start; /* where the current token begins; after JSON_BAD: where it went wrong */
    const char *end;
    const char *begin;
    struct span text;
    double number;
    bool escaped; /* r->text holds backslash escapes */
    const char *error;
    uint32_t depth;
    uint32_t expect;                         /* the reader's own state */
    uint32_t member_count;                   /* names open at all depths */
    uint32_t members_at[JSON_DEPTH_MAX + 1]; /* where each depth's names begin */
    uint64_t in_object;                      /* one bit a depth */
    struct json_member members[JSON_MEMBERS_MAX];
};

void json_reader_init(struct json_reader *r, struct span text);
enum json_token json_next(struct json_reader *r);
/* Passes over the value whose first token was just returned (`token`): to the matching end for
 * objects and arrays, nothing for scalars. False when it is malformed (the reader is then
 * JSON_BAD). */
bool json_skip(struct json_reader *r, enum json_token token);
/* Whether the current key or string, unescaped, is this (ASCII literal). */
bool json_text_is(const struct json_reader *r, const char *literal);
/* The current key or string unescaped into memory; ERR_SIZE when it does not fit. No
 * terminator is written, none is counted. */
MUST_USE enum err json_text_copy(const struct json_reader *r, char *out, size_t capacity,
                                 size_t *size);
/* What was wrong, as a short phrase ("a member name appears twice"), and where: byte offset. NULL
 * while nothing is. */
const char *json_error(const struct json_reader *r, size_t *offset);

/* Writing. The writer adds no white space; the caller keeps the structure. */

/* With quotes and escapes; U+0000 and bytes that are not UTF-8, which no reader of ours would
 * take, become U+FFFD. */
void json_write_string(struct buf *b, struct span s);
void json_write_number(struct buf *b, double value); /* finite */

#endif
