#include "peer.h"

#include <inttypes.h>
#include <stdlib.h>

/* Readings as a measurement wants them; which one is the source's `scenario`, how much its `count`:
 *
 *   flood    `count` readings as fast as the peer takes them, from the first connection on; ends
 *            when all are acknowledged
 *   pong     a temperature that crosses the actuator's threshold, the next one when the new state
 *            of its fan is back, `count` times; beside it `speed` humidities a second
 *   steady   one temperature a second for `count` seconds; how many bytes that took
 *
 * The first ones of pong and steady warm up and are not counted. */

enum { WARM_UP_PONGS = 500, WARM_UP_SECONDS = 5, TURN_READINGS = SHELL_GATHER };

struct source {
    const struct source_options *options;
    struct source_handler handler;
    struct shell *shell;
    uv_idle_t idle;
    uv_timer_t timer;
    void (*begin)(struct source *s);
    bool begun, ended;
    uint64_t start_ns; /* of the flood, of the humidities */
    uint64_t sent;
    uint64_t humidities;
    uint64_t ticks; /* steady: half seconds */
    uint64_t bytes_in, bytes_out;
    uint64_t asked_ns;
    uint32_t *pongs_ns;
    uint64_t pong_count;
    bool hot;
};

static bool hand_in(struct source *s, struct span type, struct span unit, double value)
{
    struct reading r = {.type = type, .value = value_number(value), .unit = unit};
    return s->handler.on_readings(s->handler.context, &r, 1);
}

static bool send_temperature(struct source *s, double value)
{
    return hand_in(s, SPAN("temperature"), SPAN("Cel"), value);
}

static void end(struct source *s)
{
    s->ended = true;
    uv_idle_stop(&s->idle);
    uv_timer_stop(&s->timer);
    fflush(stdout);
    s->handler.on_end(s->handler.context, ERR_OK, NULL);
}

static void on_flood(uv_idle_t *idle)
{
    struct source *s = idle->data;
    for (int i = 0; i < TURN_READINGS && s->sent < s->options->count; i++) {
        if (!send_temperature(s, 20 + (double)(s->sent % 100) / 10)) {
            uv_idle_stop(idle); /* until source_resume() */
            return;
        }
        s->sent++;
    }
    if (s->sent == s->options->count)
        uv_idle_stop(idle);
}

static void begin_flood(struct source *s)
{
    s->start_ns = peer_now_ns();
    uv_idle_start(&s->idle, on_flood);
}

static void ask(struct source *s)
{
    s->hot = !s->hot;
    s->asked_ns = peer_now_ns();
    check(send_temperature(s, s->hot ? 30 : 20));
}

static void on_humidities(uv_timer_t *timer)
{
    struct source *s = timer->data;
    double passed_s = (double)(peer_now_ns() - s->start_ns) / 1e9;
    uint64_t due = (uint64_t)(passed_s * s->options->speed);
    for (; s->humidities < due; s->humidities++)
        if (!hand_in(s, SPAN("humidity"), SPAN("%RH"), 40 + (double)(s->humidities % 100) / 10))
            return;
}

static void begin_pong(struct source *s)
{
    s->start_ns = peer_now_ns();
    if (s->options->speed > 0)
        uv_timer_start(&s->timer, on_humidities, 1, 1);
    ask(s);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void end_pong(struct source *s)
{
    double passed_s = (double)(peer_now_ns() - s->start_ns) / 1e9;
    uint32_t *counted = s->pongs_ns + WARM_UP_PONGS;
    size_t count = s->options->count;
    qsort(counted, count, sizeof *counted, by_size);
    printf("trips count=%zu p50_us=%.1f p99_us=%.1f max_us=%.1f beside_per_s=%.0f\n", count,
           counted[count / 2] / 1e3, counted[count * 99 / 100] / 1e3, counted[count - 1] / 1e3,
           (double)s->humidities / passed_s);
    end(s);
}

void peer_source_update(struct source *s, const struct record *record)
{
    bool on = span_equal(record->value.text, SPAN("on"));
    if (s->begin != begin_pong || !s->begun || s->ended || on != s->hot)
        return;
    s->pongs_ns[s->pong_count++] = (uint32_t)(peer_now_ns() - s->asked_ns);
    if (s->pong_count < s->options->count + WARM_UP_PONGS)
        ask(s);
    else
        end_pong(s);
}

static void count_bytes(const struct source *s, uint64_t *in, uint64_t *out)
{
    struct link_counts counts;
    link_count(s->shell->links, &counts);
    *in = counts.bytes_in;
    *out = counts.bytes_out;
}

/* Bytes are read halfway between two readings, so that each is counted with what it causes. */
static void on_half_second(uv_timer_t *timer)
{
    struct source *s = timer->data;
    uint64_t tick = s->ticks++, seconds = tick / 2, in, out;
    if (tick % 2 == 0) {
        check(send_temperature(s, 20 + (double)(seconds % 100) / 10));
        return;
    }
    if (seconds == WARM_UP_SECONDS)
        count_bytes(s, &s->bytes_in, &s->bytes_out);
    if (seconds < WARM_UP_SECONDS + s->options->count)
        return;
    count_bytes(s, &in, &out);
    printf("bytes count=%" PRIu64 " in=%" PRIu64 " out=%" PRIu64 "\n", s->options->count,
           in - s->bytes_in, out - s->bytes_out);
    end(s);
}

static void begin_steady(struct source *s)
{
    uv_timer_start(&s->timer, on_half_second, 500, 500);
}

void peer_source_connected(struct source *s)
{
    if (s->begun)
        return;
    s->begun = true;
    s->begin(s);
}

void peer_source_acked(struct source *s, uint64_t seq)
{
    uint64_t in, out;
    if (s->begin != begin_flood || s->ended || seq < s->options->count)
        return;
    count_bytes(s, &in, &out);
    printf("flooded count=%" PRIu64 " start_ns=%" PRIu64 " acked_ns=%" PRIu64 " in=%" PRIu64
           " out=%" PRIu64 "\n",
           s->options->count, s->start_ns, peer_now_ns(), in, out);
    end(s);
}

static bool choose(struct source *s)
{
    static const struct {
        const char *name;
        void (*begin)(struct source *s);
    } scenarios[] = {{"flood", begin_flood}, {"pong", begin_pong}, {"steady", begin_steady}};
    for (size_t i = 0; i < COUNT_OF(scenarios); i++)
        if (strcmp(scenarios[i].name, s->options->scenario) == 0)
            s->begin = scenarios[i].begin;
    return s->begin != NULL;
}

enum err source_start(struct source **source, uv_loop_t *loop, const struct source_options *options,
                      const struct source_handler *handler, char *message, size_t message_bytes)
{
    struct shell *shell = handler->context;
    struct source *s = calloc(1, sizeof *s);
    snprintf(message, message_bytes, "flood, pong or steady; or out of memory");
    if (!s)
        return ERR_MEMORY;
    /* The caller's options end with its call; the run's stay. */
    *s = (struct source){.options = &shell->options->source, .handler = *handler, .shell = shell};
    s->pongs_ns = calloc(options->count + WARM_UP_PONGS, sizeof *s->pongs_ns);
    if (!s->pongs_ns || !choose(s)) {
        free(s->pongs_ns);
        free(s);
        return ERR_NOT_FOUND;
    }
    uv_idle_init(loop, &s->idle);
    uv_timer_init(loop, &s->timer);
    s->idle.data = s->timer.data = s;
    shell->console->source = s;
    *source = s;
    return ERR_OK;
}

void source_resume(struct source *s)
{
    if (s->begin == begin_flood && !s->ended)
        uv_idle_start(&s->idle, on_flood);
}

static void on_closed(uv_handle_t *handle)
{
    struct source *s = handle->data;
    free(s->pongs_ns);
    free(s);
}

void source_stop(struct source *s)
{
    s->shell->console->source = NULL;
    uv_close((uv_handle_t *)&s->timer, NULL);
    uv_close((uv_handle_t *)&s->idle, on_closed);
}
