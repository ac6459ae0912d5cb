#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "core/message.h"
#include "wire/record.h"

/* Session messages as one line of JSON each. docs/protocol.md has every form. */

/* What a decoded message points into. Large (about 300 KiB), one is enough for a process; untouched
 * parts cost no memory. */
struct message_memory {
    struct record records[LIMIT_LINE_RECORDS];
    struct message_entry entries[LIMIT_LINE_ENTRIES];
    struct message_word words[LIMIT_LINE_WORDS];
    char text[LIMIT_LINE]; /* unescaped strings */
    uint8_t chain[LIMIT_CHAIN];
};

/* Writes the line with its newline. update.bytes goes in as it is. Returns the length; 0 when it
 * does not fit, breaks a bound, or is MESSAGE_UNKNOWN. An upper bound for capacity: LIMIT_LINE. */
size_t message_encode(const struct message *m, char *out, size_t capacity);

/* Takes one line (without its newline) apart. Its first member must be "type"; in a state_update
 * "device" and "key" come before "records"; all other members come in any order, and unknown ones
 * are ignored. A type that is not known gives MESSAGE_UNKNOWN and ERR_OK. ERR_SYNTAX: not one JSON
 * object; ERR_RANGE: a member is missing or wrong; ERR_SIZE: a bound. *cause says which, for the
 * error message to the peer and for our log; it never quotes what the peer sent. Spans point into
 * the line or `memory`. */
MUST_USE enum err message_decode(struct span line, struct message *m, struct message_memory *memory,
                                 const char **cause);

const char *message_kind_text(enum message_kind kind); /* "state_update" */
/* The members that a kind may have behind its type, by index from 0; NULL behind the last. */
const char *message_member_text(enum message_kind kind, size_t index);

#endif
