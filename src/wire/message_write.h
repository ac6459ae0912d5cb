#ifndef WIRE_MESSAGE_WRITE_H
#define WIRE_MESSAGE_WRITE_H

#include "base/buf.h"
#include "core/message.h"

/* The members of a message behind its type, without the brackets around them: the writing half of
 * wire/message.h. What breaks a bound that the reader insists on makes the buffer overflow. */
void message_write_members(struct buf *b, const struct message *m);

#endif
