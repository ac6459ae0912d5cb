#ifndef APP_ANSWER_H
#define APP_ANSWER_H

#include "core/node.h"
#include "io/store.h"
#include "io/trust.h"
#include "io/udp.h"

/* What a running peer answers over its control socket (app/request.h): how it stands, what it
 * holds, what comes in, what was. Every answer is a line of JSON; those that may be many end with
 * {"end":COUNT,"damaged":LOGS}, a refusal is {"error":KIND,"text":...}, and KIND is "request",
 * "not_found", "offline", "role" or "busy". */

struct answer;

struct answer_parts {
    uv_loop_t *loop;
    const char *device;
    enum role role;
    const struct trust *trust;
    struct node *node;
    struct store *store;
    const struct udp *udp;
    const struct udp_options *discovery;
    uint16_t session_port;
    uint64_t facts; /* what the console wants of the node's facts */
    /* Steps the node: EVENT_PING, EVENT_WANT. */
    void *context;
    void (*on_event)(void *context, struct event *e);
    uint64_t *last_id; /* of the wishes; answer.c's own */
};

/* Listens at `path`; from now on the node makes the facts that are wanted here as well. The parts
 * live longer. Errors as control_open() has them. */
MUST_USE enum err answer_open(struct answer **answer, const struct answer_parts *parts,
                              const char *path, char *message, size_t message_bytes);
/* Frees once the loop has closed its handles. NULL is allowed, here and below. */
void answer_close(struct answer *a);

/* A fact of the node, of whatever kind; now_ms is since 1970. */
void answer_fact(struct answer *a, const struct fact *fact, uint64_t now_ms);
/* Somebody was refused before it was known who it is. */
void answer_refused(struct answer *a, const char *cause);
/* `text` as store_handler has it; NULL: it works again. */
void answer_store_failure(struct answer *a, const char *text);

#endif
