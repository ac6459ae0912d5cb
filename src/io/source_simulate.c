/* One timer. The model advances by the nominal spacing, not by the clock, so that a seed gives the
 * same values whatever the machine was busy with; the clock only says when the next are due. */
#include "io/simulate.h"
#include "io/source_base.h"

#include <math.h>
#include <stdlib.h>

enum { LATE_MAX_MS = 1000 }; /* what is later than this is not caught up with */

struct source_simulate {
    struct source base;
    uv_timer_t timer;
    struct simulate model;
    double every_ms;
    double due_ms; /* of the readings that are held */
    struct reading readings[SIMULATE_PROPERTIES_MAX];
    size_t reading_count; /* 0: none are held */
};

static double now_ms(void)
{
    return (double)uv_hrtime() / 1e6;
}

static void hold(struct source_simulate *s)
{
    s->reading_count = simulate_read(&s->model, s->readings);
    uint64_t left = s->base.count - s->base.sent;
    if (s->base.count && s->reading_count > left)
        s->reading_count = (size_t)left;
}

static void on_timer(uv_timer_t *timer);

static void wait_for_due(struct source_simulate *s)
{
    double wait_ms = ceil(s->due_ms - now_ms());
    uv_update_time(s->base.loop);
    int result = uv_timer_start(&s->timer, on_timer, wait_ms > 1 ? (uint64_t)wait_ms : 1, 0);
    check(result == 0);
}

/* False when there is nothing more to do until resume(), or ever. */
static bool offer(struct source_simulate *s)
{
    if (source_base_offer(&s->base, s->readings, s->reading_count) != SOURCE_BASE_TAKEN)
        return false;
    s->base.sent += s->reading_count;
    if (s->base.count && s->base.sent >= s->base.count) {
        source_base_end(&s->base, ERR_OK, "all readings that --count asked for were sent");
        return false;
    }
    simulate_advance(&s->model, s->every_ms / 1e3);
    hold(s);
    s->due_ms += s->every_ms;
    return true;
}

static void on_timer(uv_timer_t *timer)
{
    struct source_simulate *s = timer->data;
    double now = now_ms();
    if (s->due_ms < now - LATE_MAX_MS)
        s->due_ms = now;
    for (size_t i = 0; i < SOURCE_BASE_TURN_ROWS && s->due_ms <= now; i++)
        if (!offer(s))
            return;
    wait_for_due(s);
}

static void resume(struct source *base)
{
    struct source_simulate *s = (struct source_simulate *)base;
    s->due_ms = now_ms();
    wait_for_due(s);
}

static void stop(struct source *base)
{
    struct source_simulate *s = (struct source_simulate *)base;
    source_base_close(base, (uv_handle_t *)&s->timer);
}

static void release(struct source *base)
{
    free(base);
}

static const struct source_class class = {resume, stop, release};

static enum err refuse_scenario(struct buf *message, const char *scenario)
{
    buf_text(message, "there is no scenario \"");
    buf_text(message, scenario);
    buf_text(message, "\"; there are: ");
    buf_text(message, simulate_names());
    return ERR_NOT_FOUND;
}

enum err source_simulate_start(struct source **source, uv_loop_t *loop,
                               const struct source_options *options,
                               const struct source_handler *handler, struct buf *message)
{
    struct source_simulate *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    source_base_init(&s->base, &class, loop, options, handler);
    uint64_t day_ms = options->seed % 86400000; /* each seed has a time of day of its own */
    if (simulate_init(&s->model, options->scenario, options->seed, day_ms) != ERR_OK) {
        free(s);
        return refuse_scenario(message, options->scenario);
    }
    s->every_ms = (options->every_s > 0 ? options->every_s : simulate_every_s(&s->model)) * 1e3;
    hold(s);
    int result = uv_timer_init(loop, &s->timer);
    check(result == 0);
    source_base_opened(&s->base, (uv_handle_t *)&s->timer);
    s->due_ms = now_ms();
    result = uv_timer_start(&s->timer, on_timer, 0, 0);
    check(result == 0);
    *source = &s->base;
    return ERR_OK;
}
