#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "base/buf.h"
#include "core/event.h"

/* Everything that goes in and out of every core, in order, as one number (two runs of one seed must
 * agree in it) and, where somebody listens, as lines. */

enum { TRACE_LINE_MAX = 512 };

/* `line` without the time: "sensor1 connected actuator1". */
typedef void trace_line_fn(void *context, uint64_t time_us, const char *line);

struct trace {
    uint64_t hash;
    trace_line_fn *on_line;
    void *context;
};

struct world;
struct host;

void trace_mix(struct trace *t, uint64_t word);
void trace_mix_bytes(struct trace *t, struct span bytes);
void trace_event(struct world *w, const struct host *h, const struct event *e);
void trace_effect(struct world *w, const struct host *h, const struct effect *e);
/* What the world itself does: "host1 is killed". */
void trace_note(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One fact in words, without the device that states it. */
void trace_text_fact(struct buf *b, const struct fact *f);
void trace_text_event(struct buf *b, const struct event *e);
void trace_text_effect(struct buf *b, const struct effect *e);
void trace_text_value(struct buf *b, const struct value *v);

#endif
