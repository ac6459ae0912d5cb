#ifndef IO_SOURCE_BASE_H
#define IO_SOURCE_BASE_H

#include "io/source.h"

#include "base/buf.h"

/* What the kinds of sources share: the handler, --count, and an orderly end. A kind puts `struct
 * source` first in its own struct. Its libuv handles are counted; when the last of them has closed,
 * release() frees it. */

enum {
    SOURCE_BASE_TURN_ROWS = 512, /* offered in one turn of the loop; then others have theirs */
    SOURCE_BASE_TEXT_BYTES = 1024,
};

struct source_class {
    void (*resume)(struct source *s);
    void (*stop)(struct source *s); /* closes every handle */
    void (*release)(struct source *s);
};

struct source {
    const struct source_class *class;
    uv_loop_t *loop;
    struct source_handler handler;
    uint64_t sent;    /* readings, or rows of a dataset */
    uint64_t count;   /* 0: no end */
    unsigned handles; /* not yet closed */
    bool waiting;     /* for source_resume() */
    bool ended;       /* on_end was called */
    bool stopped;     /* source_stop() was called: no callback from here on */
};

void source_base_init(struct source *s, const struct source_class *class, uv_loop_t *loop,
                      const struct source_options *options, const struct source_handler *handler);
/* A handle was opened; it is closed by source_base_close(). */
void source_base_opened(struct source *s, uv_handle_t *handle);
void source_base_close(struct source *s, uv_handle_t *handle);

enum source_base_offer {
    SOURCE_BASE_TAKEN,
    SOURCE_BASE_REFUSED, /* offer the same again after resume() */
    SOURCE_BASE_OVER,    /* the source was stopped meanwhile, or ended */
};
/* Offers the readings of one moment. The caller counts `sent`. */
enum source_base_offer source_base_offer(struct source *s, const struct reading *readings,
                                         size_t count);
void source_base_notice(struct source *s, const char *text);
/* Calls on_end, once. */
void source_base_end(struct source *s, enum err err, const char *text);

/* No more than `SOURCE_BASE_RATE` messages of one kind a second; the others are counted. */
enum { SOURCE_BASE_RATE = 10 };
struct source_rate {
    uint64_t second;
    uint64_t said;
    uint64_t left_out;
};
/* Whether one more may be said. *left_out is how many were not, when that is to be said first. */
bool source_base_may_say(struct source_rate *rate, uint64_t now_ms, uint64_t *left_out);

/* The kinds. Errors as source_start(). */
MUST_USE enum err source_simulate_start(struct source **source, uv_loop_t *loop,
                                        const struct source_options *options,
                                        const struct source_handler *handler, struct buf *message);
MUST_USE enum err source_dataset_start(struct source **source, uv_loop_t *loop,
                                       const struct source_options *options,
                                       const struct source_handler *handler, struct buf *message);
MUST_USE enum err source_exec_start(struct source **source, uv_loop_t *loop,
                                    const struct source_options *options,
                                    const struct source_handler *handler, struct buf *message);
MUST_USE enum err source_stdin_start(struct source **source, uv_loop_t *loop,
                                     const struct source_options *options,
                                     const struct source_handler *handler, struct buf *message);

#endif
