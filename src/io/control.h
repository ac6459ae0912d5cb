#ifndef IO_CONTROL_H
#define IO_CONTROL_H

#include "base/err.h"
#include "base/span.h"

#include <uv.h>

/* The control socket of a running peer: a Unix stream socket, one line a message each way, for
 * programs of the same user and of root. Bytes and clients only; what a line means is the handler's
 * business.
 *
 * Bounds: CONTROL_CLIENTS at once, one more is told so and let go; a line of at most LIMIT_LINE
 * bytes, a longer one ends its client; CONTROL_OUTPUT_MAX bytes that a client has not read yet,
 * more ends it. Reading pauses while a client's answers are not read, so that questions do not pile
 * up.
 */

struct control;
struct control_client;

enum { CONTROL_CLIENTS = 32, CONTROL_OUTPUT_MAX = 1048576, CONTROL_PATH_MAX = 107 };

struct control_handler {
    void *context;
    /* One line without its end; the client's *control_slot() is the handler's own, NULL at first.
     */
    void (*on_line)(void *context, struct control_client *client, struct span line);
    /* All that was put is with the system. */
    void (*on_drained)(void *context, struct control_client *client);
    /* It is gone; the handler forgets it. Once, last, and never from within a control_* call. */
    void (*on_gone)(void *context, struct control_client *client);
};

/* Listens at `path` (0600), in a folder that is made (0700) when it is missing. Whoever holds the
 * device's lock may call it: a socket that is left from a dead peer is replaced, one that answers
 * is not. Errors: ERR_SIZE (longer than CONTROL_PATH_MAX), ERR_BUSY, ERR_DENIED (the folder is
 * somebody else's), ERR_IO, ERR_MEMORY; message says what and what to do. Nothing is left to close
 * then but handles that the loop has still to let go of. */
MUST_USE enum err control_open(struct control **control, uv_loop_t *loop, const char *path,
                               const struct control_handler *handler, char *message,
                               size_t message_bytes);
/* Lets all clients go with what is already on its way, removes the socket; frees when the loop has
 * closed the handles; on_gone is still called. NULL is allowed. */
void control_close(struct control *c);

/* Copies one line (without its end) to the client; nothing once it is on its way out. */
void control_put(struct control_client *client, struct span line);
/* What still fits before the client is ended. */
size_t control_room(const struct control_client *client);
/* Ends the client once it has everything. */
void control_finish(struct control_client *client);
void **control_slot(struct control_client *client);

#endif
