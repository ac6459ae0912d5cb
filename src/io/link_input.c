#include "io/link_set.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes from the socket go through TLS: first the handshake, then text, which is cut into lines,
 * each a message, each an event. The event's owner may hang up on any of them, so the state is
 * looked at after each. Whoever sends more than one buffer full waits for the next turn of the
 * loop, so that one busy link does not silence the others. */

enum { TLS_HANDSHAKE_RECORD = 22, TLS_MAJOR = 3 }; /* RFC 8446 section 5.1 */

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct link_conn *c = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(c->set->input, LINK_INPUT);
}

static void give_message(struct link_conn *c, const struct message *m)
{
    struct event e = {.kind = EVENT_MESSAGE, .message = {.link = c->id, .message = m}};
    c->set->handler.on_event(c->set->handler.context, &e);
}

static void malformed(struct link_conn *c, const char *cause)
{
    char reason[LIMIT_REASON + 1], to_them[LIMIT_REASON + 1];
    snprintf(reason, sizeof reason, "it sent a malformed line: %s", cause);
    snprintf(to_them, sizeof to_them, "malformed line: %s", cause);
    struct message m = {.kind = MESSAGE_ERROR, .end = {.reason = span_of(to_them)}};
    link_output_message(c, &m);
    link_conn_refuse(c, reason);
}

static void take_line(struct link_conn *c, struct span line)
{
    struct link_set *set = c->set;
    struct message m;
    const char *cause = "not a message";
    if (set->handler.on_trace) {
        set->handler.on_trace(set->handler.context, c->id, '<', line);
    }
    if (message_decode(line, &m, set->memory, &cause)) {
        malformed(c, cause);
    } else {
        give_message(c, &m);
    }
}

static void give_heard(struct link_conn *c)
{
    struct event e = {.kind = EVENT_HEARD, .heard = {.link = c->id}};
    c->set->handler.on_event(c->set->handler.context, &e);
}

static void take_text(struct link_conn *c, struct span text)
{
    struct span line;
    enum err err = ERR_OK;
    bool came = text.size > 0, whole = false;
    while (c->state == LINK_OPEN && line_next(&c->lines, &text, &line, &err)) {
        whole = true;
        take_line(c, line);
    }
    if (c->state == LINK_OPEN && came && !whole) {
        give_heard(c);
    }
    if (c->state == LINK_OPEN && err) {
        malformed(c, err == ERR_SIZE ? "longer than 65536 bytes" : err_text(err));
    }
}

static void fail(struct link_conn *c)
{
    long verified = SSL_get_verify_result(c->tls.ssl);
    link_conn_refuse(c, trust_failure_text(verified, ERR_peek_last_error()));
}

static void handshake(struct link_conn *c)
{
    switch (link_tls_handshake(&c->tls)) {
    case LINK_TLS_DONE:
        link_output_drain(c);
        link_conn_up(c);
        break;
    case LINK_TLS_MORE:
        link_output_drain(c);
        break;
    default:
        fail(c);
    }
}

static void take_records(struct link_conn *c)
{
    enum link_tls_result result = LINK_TLS_DONE;
    while (c->state == LINK_OPEN && result == LINK_TLS_DONE) {
        size_t size = 0;
        result = link_tls_read(&c->tls, c->set->plain, LINK_INPUT, &size);
        const char *failure = result == LINK_TLS_FAILED
                                  ? trust_failure_text(X509_V_OK, ERR_peek_last_error())
                                  : NULL;
        link_output_drain(c);
        take_text(c, (struct span){c->set->plain, size});
        if (c->state == LINK_OPEN && failure) {
            link_conn_refuse(c, failure);
        } else if (c->state == LINK_OPEN && result == LINK_TLS_CLOSED) {
            link_conn_down(c, "closed");
        }
    }
}

/* Whoever does not even begin like TLS (a scanner, a browser, noise) is not answered. */
static bool begins_like_tls(struct span bytes)
{
    return bytes.bytes[0] == TLS_HANDSHAKE_RECORD &&
           (bytes.size < 2 || bytes.bytes[1] == TLS_MAJOR);
}

static void take_bytes(struct link_conn *c, struct span bytes)
{
    c->set->counts.bytes_in += bytes.size;
    if (c->state == LINK_HANDSHAKING && c->inbound && !c->greeted && !begins_like_tls(bytes)) {
        link_conn_down(c, "it does not speak TLS");
        return;
    }
    c->greeted = true;
    c->tls.in = bytes;
    if (c->state == LINK_HANDSHAKING) {
        handshake(c);
    }
    take_records(c);
    c->tls.in = (struct span){0};
}

static void received(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct link_conn *c = stream->data;
    if (n == 0) {
        return;
    }
    if (n < 0 && (c->state == LINK_LEAVING || c->state == LINK_CLOSED)) {
        link_conn_close(c);
    } else if (n < 0 && c->state == LINK_HANDSHAKING) {
        link_conn_down(c, "it closed the connection in the middle of the handshake");
    } else if (n < 0) {
        link_conn_reset(c);
    } else if (c->state != LINK_LEAVING) {
        take_bytes(c, (struct span){buffer->base, (size_t)n});
    }
    if (n == LINK_INPUT && c->state == LINK_OPEN) {
        c->paused = true;
        uv_read_stop(stream);
        link_soon(c->set);
    }
}

void link_input_start(struct link_conn *c)
{
    c->paused = false;
    int status = uv_read_start((uv_stream_t *)&c->tcp, allocate, received);
    check(status == 0);
}

void link_input_greet(struct link_conn *c)
{
    handshake(c);
}
