#include "io/source_base.h"

void source_base_init(struct source *s, const struct source_class *class, uv_loop_t *loop,
                      const struct source_options *options, const struct source_handler *handler)
{
    s->class = class;
    s->loop = loop;
    s->handler = *handler;
    s->count = options->count;
}

void source_base_opened(struct source *s, uv_handle_t *handle)
{
    handle->data = s;
    s->handles++;
}

static void on_closed(uv_handle_t *handle)
{
    struct source *s = handle->data;
    s->handles--;
    if (s->handles == 0)
        s->class->release(s);
}

void source_base_close(struct source *s, uv_handle_t *handle)
{
    check(handle->data == s);
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

enum source_base_offer source_base_offer(struct source *s, const struct reading *readings,
                                         size_t count)
{
    if (s->stopped || s->ended)
        return SOURCE_BASE_OVER;
    bool taken = s->handler.on_readings(s->handler.context, readings, count);
    if (s->stopped)
        return SOURCE_BASE_OVER;
    s->waiting = !taken;
    return taken ? SOURCE_BASE_TAKEN : SOURCE_BASE_REFUSED;
}

void source_base_notice(struct source *s, const char *text)
{
    if (!s->stopped && s->handler.on_notice)
        s->handler.on_notice(s->handler.context, text);
}

void source_base_end(struct source *s, enum err err, const char *text)
{
    if (s->stopped || s->ended)
        return;
    s->ended = true;
    s->handler.on_end(s->handler.context, err, text);
}

bool source_base_may_say(struct source_rate *rate, uint64_t now_ms, uint64_t *left_out)
{
    uint64_t second = now_ms / 1000 + 1; /* never 0, so that the first call begins one */
    *left_out = 0;
    if (second != rate->second) {
        *left_out = rate->left_out;
        *rate = (struct source_rate){.second = second};
    }
    if (rate->said == SOURCE_BASE_RATE) {
        rate->left_out++;
        return false;
    }
    rate->said++;
    return true;
}
