#ifndef WIRE_JSON_TEXT_H
#define WIRE_JSON_TEXT_H

#include "wire/json.h"

/* The inside of JSON strings, for the reader and the writer; others use json.h. */

#define JSON_TEXT_ABOVE_ASCII UINT64_C(0x8080808080808080)

/* The first quote, backslash or control character, or the end. *seen & JSON_TEXT_ABOVE_ASCII is
 * not 0 when a byte above 0x7f came before it (and sometimes when one comes shortly after). */
const char *json_text_pass_plain(const char *at, const char *end, uint64_t *seen);
/* Reads the escape at the backslash; returns how long it is, or 0 when it is none. Half a
 * surrogate pair is given as it is. */
size_t json_text_read_escape(const char *at, const char *end, uint32_t *point);
/* A hash of the name's unescaped bytes. */
uint32_t json_text_print(const struct json_member *member);
/* Whether both names are the same once unescaped. */
bool json_text_same(const struct json_member *a, const struct json_member *b);

#endif
