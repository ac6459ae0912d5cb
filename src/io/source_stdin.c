/* Standard input as a source: a pipe or a terminal by libuv's streams, a file (which no poll can
 * wait for) read piece by piece in an idle handle. */
#include "io/source_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STDIN_FD = 0, READ_BYTES = 65536 };

struct source_stdin {
    struct source_stream stream;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tty_t tty;
        uv_idle_t file;
    } input;
    bool is_file;
    bool has_handle; /* one that must be closed */
    char bytes[READ_BYTES];
};

static void drained(struct source *base)
{
    char text[SOURCE_BASE_TEXT_BYTES];
    snprintf(text, sizeof text, "standard input has ended after %llu readings",
             (unsigned long long)base->sent);
    source_base_end(base, ERR_OK, text);
}

static void on_file(uv_idle_t *idle)
{
    struct source_stdin *s = idle->data;
    ssize_t size = read(STDIN_FD, s->bytes, sizeof s->bytes);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (size > 0) {
        source_stream_put(&s->stream, s->bytes, (size_t)size);
        return;
    }
    uv_idle_stop(idle);
    if (size < 0)
        source_base_end(&s->stream.base, ERR_IO, "reading standard input failed");
    else
        source_stream_finish(&s->stream);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct source_stdin *s = handle->data;
    (void)suggested;
    *room = uv_buf_init(s->bytes, sizeof s->bytes);
}

static void on_bytes(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes)
{
    struct source_stdin *s = stream->data;
    if (size > 0)
        source_stream_put(&s->stream, bytes->base, (size_t)size);
    if (size >= 0)
        return;
    uv_read_stop(stream);
    if (size == UV_EOF)
        source_stream_finish(&s->stream);
    else
        source_base_end(&s->stream.base, ERR_IO, "reading standard input failed");
}

static void pause_input(struct source *base)
{
    struct source_stdin *s = (struct source_stdin *)base;
    if (s->is_file)
        uv_idle_stop(&s->input.file);
    else
        uv_read_stop(&s->input.stream);
}

static void go_on(struct source *base)
{
    struct source_stdin *s = (struct source_stdin *)base;
    int result = s->is_file ? uv_idle_start(&s->input.file, on_file)
                            : uv_read_start(&s->input.stream, on_room, on_bytes);
    if (result != 0)
        source_base_end(base, ERR_IO, "standard input cannot be read");
}

static void stop(struct source *base)
{
    struct source_stdin *s = (struct source_stdin *)base;
    source_stream_close(&s->stream);
    source_base_close(base, &s->input.handle);
}

static void release(struct source *base)
{
    struct source_stdin *s = (struct source_stdin *)base;
    source_stream_fini(&s->stream);
    free(s);
}

static const struct source_class class = {source_stream_resume, stop, release};
static const struct source_stream_class stream_class = {pause_input, go_on, drained};

/* Opens the handle that fits what standard input is; 0 or uv's error. */
static int open_input(struct source_stdin *s, uv_loop_t *loop)
{
    int result;
    switch (uv_guess_handle(STDIN_FD)) {
    case UV_FILE:
        s->is_file = s->has_handle = true;
        return uv_idle_init(loop, &s->input.file);
    case UV_TTY:
        result = uv_tty_init(loop, &s->input.tty, STDIN_FD, 0);
        s->has_handle = result == 0;
        return result;
    case UV_NAMED_PIPE:
        result = uv_pipe_init(loop, &s->input.pipe, 0);
        check(result == 0);
        s->has_handle = true;
        return uv_pipe_open(&s->input.pipe, STDIN_FD);
    default:
        return UV_EINVAL;
    }
}

enum err source_stdin_start(struct source **source, uv_loop_t *loop,
                            const struct source_options *options,
                            const struct source_handler *handler, struct buf *message)
{
    struct source_stdin *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    source_base_init(&s->stream.base, &class, loop, options, handler);
    enum err err = source_stream_init(&s->stream, &stream_class, options, "standard input");
    if (!err && open_input(s, loop) != 0) {
        buf_text(message, "standard input is closed or cannot be read; pipe JSON lines into it");
        err = ERR_IO;
    }
    if (s->has_handle)
        source_base_opened(&s->stream.base, &s->input.handle);
    if (err) {
        if (s->has_handle) /* closing it releases the source */
            source_base_close(&s->stream.base, &s->input.handle);
        else
            release(&s->stream.base);
        return err;
    }
    source_stream_open(&s->stream);
    go_on(&s->stream.base);
    *source = &s->stream.base;
    return ERR_OK;
}
