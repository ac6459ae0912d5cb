#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include "core/record.h"
#include "wire/json.h"

/* The record envelope:
 *
 *   {"type":"temperature","device":"sensor1","epoch":2345678,"seq":17,"ts":1763800000123,
 *    "value":24.8,"unit":"Cel"}
 *
 * Further members, written only when they say something: "topic" (behind device; "type" is then
 * "set"), "tick" and "source_ts" (behind ts), "plain" (last). Any order is read; unknown members
 * are kept (in the bytes) and ignored.
 *
 * A checkpoint, a record of type "checkpoint", has "part", "of" and "records" (1 or more, the exact
 * texts of earlier records of the same author) in place of a value. What these say is the core's
 * to judge. */

/* Is a record_encode_fn. Strings are escaped as needed. Returns 0 when it does not fit into
 * capacity or LIMIT_RECORD, and for a record that record_decode() would refuse. */
size_t record_encode(const struct record *r, char *out, size_t capacity);

/* Takes one record apart. `text` must be exactly one JSON object of at most LIMIT_RECORD bytes;
 * device, type (and topic, if any) with names as access.h has them, epoch and seq from 1, ts are
 * required; value as well unless plain is true: a finite number, true, false, or a text of at most
 * LIMIT_VALUE_TEXT bytes without control characters. unit: at most LIMIT_UNIT bytes, without
 * control characters, quotes and backslashes.
 *
 * Strings with escapes are unescaped into `memory` (LIMIT_VALUE_TEXT bytes) and the spans point
 * there; more than that in one record is ERR_SIZE. ERR_SYNTAX: not JSON; ERR_RANGE: a member is
 * missing or wrong; ERR_SIZE: too long. *cause then says which. */
MUST_USE enum err record_decode(struct span text, struct record *r, char *memory,
                                const char **cause);

/* The same from a reader that stands just behind the JSON_OBJECT token of a record (the hot path:
 * a state_update's records in one pass over the line). r->bytes is the object's exact text. What
 * is unescaped is appended to `memory`. */
MUST_USE enum err record_read(struct json_reader *reader, struct record *r, struct buf *memory,
                              const char **cause);

/* Splits records joined by commas (a stored run, EVENT_FETCHED): record_decode() for one after
 * another. *at is the offset, 0 at first. False at the end (*cause is NULL then) or when something
 * is malformed. */
bool record_next(struct span run, size_t *at, struct record *r, char *memory, const char **cause);

#endif
