#ifndef WIRE_PLAIN_H
#define WIRE_PLAIN_H

#include "core/limits.h"
#include "core/reading.h"
#include "wire/json.h"

/* The plain dialect: {"type":"hello","device":"sensor1"} and
 * {"type":"temperature","device":"sensor1","value":24.8} (and "unit") as bare datagrams,
 * unauthenticated. Device names are 1-63 bytes of A-Z a-z 0-9 - _ (capitals allowed here); types
 * are names of properties. */

struct plain_message {
    char device[LIMIT_NAME + 1];
    bool is_hello;          /* else a reading: */
    struct reading reading; /* spans point into the datagram or `memory` */
    char memory[LIMIT_VALUE_TEXT];
};

/* reading NULL: a hello. Returns the length, 0 when it does not fit into capacity or
 * LIMIT_DATAGRAM. */
size_t plain_encode(struct span device, const struct reading *reading, char *out, size_t capacity);

/* ERR_SYNTAX (not JSON), ERR_RANGE (a member is missing or wrong), ERR_SIZE (longer than
 * LIMIT_DATAGRAM, or a text too long) with *cause for a person ("\"device\" must be ..."). Unknown
 * members are ignored, and so is a "unit" that is not a printable text of at most LIMIT_UNIT
 * bytes; a missing value is ERR_RANGE. Types hello and goodbye with a "mac" are Kith's own
 * datagrams: ERR_NOT_FOUND. */
MUST_USE enum err plain_decode(struct span datagram, struct plain_message *m, const char **cause);

#endif
