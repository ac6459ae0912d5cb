#ifndef WIRE_MESSAGE_PRESENCE_H
#define WIRE_MESSAGE_PRESENCE_H

#include "core/message.h"
#include "wire/field.h"

/* The members of a `presence`. Private to message*. */

extern const struct field message_presence_fields[1];

/* Reads its one member; words go to `words` (LIMIT_LINE_WORDS of them). */
MUST_USE enum err message_presence_read(struct message *m, struct message_word *words,
                                        struct json_reader *r, struct buf *strings,
                                        const char **cause);
/* Overflows beyond LIMIT_LINE_WORDS, and on evidence that is too long or not printable. */
void message_presence_write(struct buf *b, const struct message *m);

#endif
