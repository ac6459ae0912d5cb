#include "io/link_set.h"

#include <stdlib.h>

/* A message is encoded at the end of the link's text. At the end of the loop turn the text is
 * encrypted in full records, a few at a time, and offered to the socket; what the socket does not
 * take waits in the loop's queue, and as long as anything waits, text stays text, so that later
 * messages share its records. An idle link has no buffer at all. */

enum {
    GUESS = 512, /* around the records, or a whole short message */
    SPARE_MAX = LIMIT_UNSENT + LIMIT_LINE,
};

struct queued_write {
    uv_write_t request;
    struct link_conn *link;
    size_t size;
    char bytes[];
};

size_t link_output_unsent(const struct link_conn *c)
{
    return c->text.end - c->text.start + c->queued;
}

static void out_of_memory(struct link_conn *c)
{
    c->broken = true;
    if (c->state == LINK_OPEN && !c->failed) {
        c->failed = "out of memory";
        link_soon(c->set);
    }
}

/* Room for `size` bytes at the end, or false and the link ends. */
static bool reserve(struct link_conn *c, size_t size)
{
    struct link_text *text = &c->text;
    if (text->capacity == 0) {
        *text = c->set->spare;
        c->set->spare = (struct link_text){0};
    }
    if (text->capacity - text->end >= size) {
        return true;
    }
    if (text->start > 0) {
        memmove(text->bytes, text->bytes + text->start, text->end - text->start);
        text->end -= text->start;
        text->start = 0;
    }
    size_t capacity = text->capacity ? text->capacity : GUESS;
    while (capacity - text->end < size) {
        capacity *= 2;
    }
    if (capacity > text->capacity) {
        char *bytes = realloc(text->bytes, capacity);
        if (!bytes) {
            out_of_memory(c);
            return false;
        }
        text->bytes = bytes;
        text->capacity = capacity;
    }
    return true;
}

static void give_back(struct link_conn *c)
{
    struct link_text *spare = &c->set->spare;
    c->text.start = c->text.end = 0;
    if (spare->capacity == 0 && c->text.capacity <= SPARE_MAX) {
        *spare = c->text;
    } else {
        free(c->text.bytes);
    }
    c->text = (struct link_text){0};
}

static void trace(struct link_conn *c, struct span line)
{
    const struct link_handler *handler = &c->set->handler;
    if (handler->on_trace && line.size > 0) { /* an empty line is a sign of life, not a message */
        handler->on_trace(handler->context, c->id, '>', line);
    }
}

void link_output_message(struct link_conn *c, const struct message *m)
{
    size_t size = 0;
    size_t room = GUESS + (m->kind == MESSAGE_STATE_UPDATE ? m->update.bytes.size : 0);
    for (; size == 0; room *= 2) {
        check(room < 2 * (size_t)LIMIT_LINE);
        if (!reserve(c, room < LIMIT_LINE ? room : LIMIT_LINE)) {
            return;
        }
        size = message_encode(m, c->text.bytes + c->text.end, c->text.capacity - c->text.end);
    }
    trace(c, (struct span){c->text.bytes + c->text.end, size - 1});
    c->text.end += size;
    c->taken += size;
    if (link_output_unsent(c) > LINK_UNSENT_MAX && c->state == LINK_OPEN && !c->failed) {
        c->failed = "it takes what it is sent too slowly";
        link_soon(c->set);
    }
}

static void written(uv_write_t *request, int status)
{
    struct queued_write *w = request->data;
    struct link_conn *c = w->link;
    c->queued -= w->size;
    free(w);
    c->broken = c->broken || status < 0;
    if (c->state != LINK_CLOSED) {
        link_output_flush(c);
    }
}

static void queue(struct link_conn *c, struct span bytes)
{
    struct queued_write *w = malloc(sizeof *w + bytes.size);
    if (!w) {
        out_of_memory(c);
        return;
    }
    w->request.data = w;
    w->link = c;
    w->size = bytes.size;
    memcpy(w->bytes, bytes.bytes, bytes.size);
    uv_buf_t buffer = uv_buf_init(w->bytes, (unsigned)bytes.size);
    if (uv_write(&w->request, (uv_stream_t *)&c->tcp, &buffer, 1, written) != 0) {
        c->broken = true;
        free(w);
        return;
    }
    c->queued += bytes.size;
}

void link_output_drain(struct link_conn *c)
{
    struct link_tls_out *out = c->set->out;
    struct span rest = {out->bytes, out->size};
    out->size = 0;
    if (rest.size == 0 || c->broken) {
        return;
    }
    c->set->counts.bytes_out += rest.size;
    if (c->queued == 0) {
        uv_buf_t buffer = uv_buf_init((char *)rest.bytes, (unsigned)rest.size);
        int n = uv_try_write((uv_stream_t *)&c->tcp, &buffer, 1);
        if (n < 0 && n != UV_EAGAIN) {
            c->broken = true;
            return;
        }
        rest.bytes += n > 0 ? n : 0;
        rest.size -= n > 0 ? (size_t)n : 0;
    }
    if (rest.size > 0) {
        queue(c, rest);
    }
}

/* The core reckons with what it sends and learns from SENT that it is gone. The kernel holds more
 * than we do, so nothing stands still while that is told. */
static void account(struct link_conn *c)
{
    bool worth_telling = c->reported > 0 || c->taken >= LIMIT_UNSENT / 4;
    if (link_output_unsent(c) == 0 && worth_telling) {
        c->owes_sent = true;
        link_soon(c->set);
    }
}

static void ended(uv_shutdown_t *request, int status)
{
    (void)request;
    (void)status; /* its deadline runs */
}

static void finish(struct link_conn *c)
{
    c->finished = true;
    link_tls_close(&c->tls);
    link_output_drain(c);
    if (c->broken || uv_shutdown(&c->request.shutdown, (uv_stream_t *)&c->tcp, ended) != 0) {
        link_conn_close(c);
    }
}

void link_output_flush(struct link_conn *c)
{
    while (c->text.end > c->text.start && c->queued == 0 && !c->broken) {
        struct span text = {c->text.bytes + c->text.start, c->text.end - c->text.start};
        size_t n = link_tls_write(&c->tls, text);
        if (n == 0) {
            c->broken = true;
        }
        c->text.start += n;
        link_output_drain(c);
    }
    if (c->text.end == c->text.start || c->broken) {
        give_back(c);
    }
    if (c->state == LINK_OPEN) {
        account(c);
    } else if (c->state == LINK_LEAVING && !c->finished && link_output_unsent(c) == 0) {
        finish(c);
    }
}
