#ifndef WIRE_MESSAGE_HAVE_H
#define WIRE_MESSAGE_HAVE_H

#include "core/message.h"
#include "wire/field.h"

/* The members of a `have`, and what other kinds of message share with its entries. Private to
 * message*. */

#define DEVICE_FIELD FIELD("device", "a device's name")
#define KEY_FIELD    FIELD("key", "40 hexadecimal digits")
#define EPOCH_FIELD  FIELD("epoch", "a whole number from 1")

enum { MESSAGE_HAVE_FIELDS = 3 };
extern const struct field message_have_fields[MESSAGE_HAVE_FIELDS];

/* Reads one member; entries go to `entries` (LIMIT_LINE_ENTRIES of them). */
MUST_USE enum err message_have_read(struct message *m, struct message_entry *entries,
                                    struct json_reader *r, size_t which, struct buf *strings,
                                    const char **cause);
MUST_USE enum err message_have_name(struct json_reader *r, struct buf *strings, struct span *name);
MUST_USE enum err message_have_key(struct json_reader *r, struct buf *strings, struct key_id *key);

const char *message_have_want_text(enum message_want want); /* "news"; "" for nothing */

#endif
