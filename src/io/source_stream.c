#include "io/source_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text, bool *complete)
{
    char *copied = text ? strdup(text) : NULL;
    *complete &= copied || !text;
    return copied;
}

static bool copy_options(struct source_stream *s, const struct source_options *options)
{
    bool complete = true;
    s->columns = calloc(options->column_count + 1, sizeof *s->columns);
    s->filters = calloc(options->filter_count + 1, sizeof *s->filters);
    if (!s->columns || !s->filters)
        return false;
    for (size_t i = 0; i < options->column_count; i++, s->options.column_count++)
        s->columns[i] = (struct source_column){
            .name = copy(options->columns[i].name, &complete),
            .type = copy(options->columns[i].type, &complete),
            .unit = copy(options->columns[i].unit, &complete),
        };
    for (size_t i = 0; i < options->filter_count; i++, s->options.filter_count++)
        s->filters[i] = (struct source_filter){
            .column = copy(options->filters[i].column, &complete),
            .value = copy(options->filters[i].value, &complete),
        };
    s->options.columns = s->columns;
    s->options.filters = s->filters;
    return complete;
}

enum err source_stream_init(struct source_stream *s, const struct source_stream_class *stream_class,
                            const struct source_options *options, const char *what)
{
    s->stream_class = stream_class;
    s->what = what;
    if (!copy_options(s, options))
        return ERR_MEMORY;
    return source_decoder_new(&s->decoder, &s->options);
}

void source_stream_fini(struct source_stream *s)
{
    source_decoder_free(s->decoder);
    for (size_t i = 0; i < s->options.column_count; i++) {
        free(s->columns[i].name);
        free(s->columns[i].type);
        free(s->columns[i].unit);
    }
    for (size_t i = 0; i < s->options.filter_count; i++) {
        free(s->filters[i].column);
        free(s->filters[i].value);
    }
    free(s->columns);
    free(s->filters);
}

void source_stream_open(struct source_stream *s)
{
    int result = uv_idle_init(s->base.loop, &s->idle);
    check(result == 0);
    source_base_opened(&s->base, (uv_handle_t *)&s->idle);
}

void source_stream_close(struct source_stream *s)
{
    source_base_close(&s->base, (uv_handle_t *)&s->idle);
}

static void say_bad(struct source_stream *s, const char *text)
{
    char line[SOURCE_BASE_TEXT_BYTES];
    uint64_t left_out;
    if (!source_base_may_say(&s->bad_rate, uv_now(s->base.loop), &left_out))
        return;
    if (left_out) {
        snprintf(line, sizeof line, "%s: %llu more bad lines were not named", s->what,
                 (unsigned long long)left_out);
        source_base_notice(&s->base, line);
    }
    snprintf(line, sizeof line, "%s: skipped: %s", s->what, text);
    source_base_notice(&s->base, line);
}

static void pump(struct source_stream *s);

static void on_idle(uv_idle_t *idle)
{
    pump(idle->data);
}

static void pause_input(struct source_stream *s)
{
    if (!s->paused)
        s->stream_class->pause(&s->base);
    s->paused = true;
}

/* The rest is offered in the next turn of the loop. */
static void go_on_later(struct source_stream *s)
{
    pause_input(s);
    int result = uv_idle_start(&s->idle, on_idle);
    check(result == 0);
}

static void wait_for_bytes(struct source_stream *s)
{
    uv_idle_stop(&s->idle);
    if (s->paused)
        s->stream_class->go_on(&s->base);
    s->paused = false;
}

/* Offers the held row. False when nothing more is to be done now. */
static bool offer(struct source_stream *s)
{
    size_t count = s->row.count;
    uint64_t left = s->base.count - s->base.sent;
    if (s->base.count && count > left)
        count = (size_t)left;
    switch (source_base_offer(&s->base, s->row.readings, count)) {
    case SOURCE_BASE_REFUSED:
        uv_idle_stop(&s->idle);
        pause_input(s);
        return false;
    case SOURCE_BASE_OVER:
        return false;
    case SOURCE_BASE_TAKEN:
        break;
    }
    s->held = false;
    s->base.sent += count;
    if (s->base.count && s->base.sent >= s->base.count) {
        uv_idle_stop(&s->idle);
        source_base_end(&s->base, ERR_OK, "all readings that --count asked for were sent");
        if (!s->base.stopped)
            pause_input(s);
        return false;
    }
    return true;
}

static void drain(struct source_stream *s)
{
    uv_idle_stop(&s->idle);
    if (!s->draining)
        return;
    s->draining = s->paused = false;
    s->stream_class->drained(&s->base);
}

static void pump(struct source_stream *s)
{
    for (size_t i = 0; i < SOURCE_BASE_TURN_ROWS && !s->base.stopped && !s->base.ended; i++) {
        if (s->held && !offer(s))
            return;
        switch (source_decoder_next(s->decoder, &s->row)) {
        case SOURCE_DECODER_ROW:
            s->held = true;
            break;
        case SOURCE_DECODER_BAD:
            say_bad(s, s->row.text);
            break;
        case SOURCE_DECODER_SKIP:
            break;
        case SOURCE_DECODER_MORE:
            wait_for_bytes(s);
            return;
        case SOURCE_DECODER_END:
            drain(s);
            return;
        }
    }
    if (!s->base.stopped && !s->base.ended)
        go_on_later(s);
}

void source_stream_put(struct source_stream *s, const char *bytes, size_t size)
{
    if (s->base.stopped || s->base.ended)
        return;
    if (source_decoder_put(s->decoder, bytes, size) != ERR_OK) {
        source_base_end(&s->base, ERR_MEMORY, "out of memory");
        return;
    }
    pump(s);
}

void source_stream_finish(struct source_stream *s)
{
    source_decoder_finish(s->decoder);
    s->draining = true;
    if (!s->held || !s->base.waiting)
        pump(s);
}

void source_stream_resume(struct source *base)
{
    pump((struct source_stream *)base);
}
