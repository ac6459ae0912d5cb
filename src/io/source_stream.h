#ifndef IO_SOURCE_STREAM_H
#define IO_SOURCE_STREAM_H

#include "io/source_base.h"
#include "io/source_decoder.h"

/* What --exec and --stdin share: bytes that come when they come, the decoder behind them, and a
 * receiver that may have no room. A kind puts `struct source_stream` first in its own struct. */

struct source_stream_class {
    void (*pause)(struct source *s);   /* no more bytes for now */
    void (*go_on)(struct source *s);   /* bytes are wanted again */
    void (*drained)(struct source *s); /* finished, and every reading was taken */
};

struct source_stream {
    struct source base;
    const struct source_stream_class *stream_class;
    uv_idle_t idle;
    struct source_decoder *decoder;
    struct source_decoder_options options; /* copies of what the user gave */
    struct source_column *columns;
    struct source_filter *filters;
    struct source_decoder_row row; /* when held */
    bool held;                     /* a row waits for room */
    bool paused;
    bool draining; /* finish() was called, drained() not yet */
    struct source_rate bad_rate;
    const char *what; /* "the command" */
};

/* Counts the idle handle as opened. On failure call source_stream_fini() and free. ERR_MEMORY. */
MUST_USE enum err source_stream_init(struct source_stream *s,
                                     const struct source_stream_class *stream_class,
                                     const struct source_options *options, const char *what);
void source_stream_open(struct source_stream *s);
void source_stream_close(struct source_stream *s);
void source_stream_fini(struct source_stream *s);
/* Bytes came: offers what is whole. */
void source_stream_put(struct source_stream *s, const char *bytes, size_t size);
/* No more will come; drained() follows, at once or later. */
void source_stream_finish(struct source_stream *s);
/* For source_class.resume. */
void source_stream_resume(struct source *base);

#endif
