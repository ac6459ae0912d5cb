#ifndef WIRE_MESSAGE_FORK_H
#define WIRE_MESSAGE_FORK_H

#include "core/message.h"
#include "wire/field.h"

/* The members of a `fork`, and of seals in general. Private to message*. */

enum {
    MESSAGE_FORK_DEVICE,
    MESSAGE_FORK_KEY,
    MESSAGE_FORK_EPOCH,
    MESSAGE_FORK_SEALS,
    MESSAGE_FORK_BASE,
    MESSAGE_FORK_RECORDS,
    MESSAGE_FORK_FIELDS,
    MESSAGE_FORK_REQUIRED = (1 << MESSAGE_FORK_BASE) - 1,
};
extern const struct field message_fork_fields[MESSAGE_FORK_FIELDS];

/* Reads one member, but for the records. */
MUST_USE enum err message_fork_read(struct message *m, struct json_reader *r, size_t which,
                                    struct buf *strings, const char **cause);
/* All members fit together: two seals, at one place and nothing else, or with the records from
 * behind the one to the other. */
bool message_fork_is_whole(const struct message *m);
MUST_USE enum err message_fork_hash(struct json_reader *r, struct buf *strings,
                                    struct chain_hash *hash);
MUST_USE enum err message_fork_signature(struct json_reader *r, struct buf *strings,
                                         uint8_t signature[LIMIT_SIGNATURE], size_t *size);

#endif
