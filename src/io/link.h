#ifndef IO_LINK_H
#define IO_LINK_H

#include "core/event.h"
#include "io/trust.h"
#include "wire/message.h"

#include <uv.h>

/* Links: TCP with TLS 1.3 on the loop, one text line a message. Numbers, promises and the meaning
 * of events as core/event.h says. OpenSSL works on memory; all messages that one loop turn gathers
 * for a link go out in as few TLS records as fit them, and as one write. */

struct link_set;

struct link_handler {
    void *context;
    /* LINK_UP, LINK_DOWN, MESSAGE, SENT; now_ms and wall_ms are left 0. Called from the loop, never
     * from within link_* calls. */
    void (*on_event)(void *context, const struct event *e);
    /* For --trace: one message, as text without newline, in or out. NULL when not wanted. */
    void (*on_trace)(void *context, uint64_t link, char arrow, struct span text);
    /* Somebody was refused before being known: address, cause; rate-limited by the caller. */
    void (*on_refused)(void *context, struct address address, const char *cause);
};

struct link_options {
    const char *listen; /* "ADDR:PORT", "ADDR" or NULL: 0.0.0.0 and any port */
    bool loopback;      /* listen on and dial 127.0.0.0/8 only */
};

/* Binds and listens. Errors: ERR_SYNTAX (listen), ERR_IO with a message naming the address and what
 * to do; the loop then still has handles of ours to close. */
MUST_USE enum err link_open(struct link_set **set, uv_loop_t *loop, const struct trust *trust,
                            const struct link_options *options, const struct link_handler *handler,
                            char *message, size_t message_bytes);
uint16_t link_port(const struct link_set *set);
/* DIAL, HANG_UP, SEND. */
void link_effect(struct link_set *set, const struct effect *effect);
/* The loop turn's effects are all in: encrypt and write what was gathered. */
void link_flush(struct link_set *set);
/* There was no memory for a new link: the process has to end (docs/decisions/002-out-of-memory.md).
 * A link that is there and gets none is lost, which its owner is told. */
bool link_starved(const struct link_set *set);
/* Sends what is pending (bounded by one second), closes everything; frees when the loop has closed
 * the handles, then calls done. */
void link_close(struct link_set *set, void (*done)(void *context), void *context);

struct link_counts {
    uint64_t bytes_in, bytes_out; /* on the TCP connection: TLS records included */
    uint64_t refused;
    size_t links;
};
void link_count(const struct link_set *set, struct link_counts *counts);

#endif
