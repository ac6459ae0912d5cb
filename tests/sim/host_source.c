#include "host.h"

#include "world.h"

/* The source of readings. */

void host_measure(struct world *w, struct host *h, struct span type, struct value value)
{
    struct reading reading = {.type = type, .value = value};
    struct event e = {.kind = EVENT_READING, .reading = {&reading, 1}};
    host_step(w, h, &e);
}

static struct reading measurement(struct world *w, struct host *h)
{
    h->level += rng_normal(&w->rng) / 2;
    if (h->level < 20)
        h->level = 20;
    if (h->level > 30)
        h->level = 30;
    switch (rng_below(&w->rng, 12)) {
    case 0:
        return (struct reading){.type = SPAN("humidity"),
                                .value = value_number((double)rng_below(&w->rng, 1000) / 10),
                                .unit = SPAN("%RH")};
    case 1:
        return (struct reading){.type = SPAN("motion"),
                                .value = value_bool((int)rng_below(&w->rng, 2))};
    case 2:
        return (struct reading){.type = SPAN("door"), .value = value_text(SPAN("open \"wide\""))};
    default:
        return (struct reading){.type = SPAN("temperature"),
                                .value = value_number((double)(int)(h->level * 10) / 10),
                                .unit = SPAN("Cel"),
                                .source_ts_ms = rng_below(&w->rng, 2) ? host_wall_ms(w, h) : 0};
    }
}

void host_on_source(struct world *w, const struct moment *m)
{
    struct host *h = &w->hosts[m->host];
    if (m->life != h->life || !h->running || h->source_stopped)
        return;
    struct reading readings[64];
    size_t count = (size_t)world_between(w, 1, h->options.batch_max ? h->options.batch_max : 1);
    if (count > COUNT_OF(readings))
        count = COUNT_OF(readings);
    for (size_t i = 0; i < count; i++)
        readings[i] = measurement(w, h);
    size_t room = h->node ? node_room(h->node) : 0;
    if (count > room)
        count = room;
    struct event e = {.kind = EVENT_READING, .reading = {readings, count}};
    if (count > 0)
        host_step(w, h, &e);
    world_push(w, world_between(w, 500, 1500) * h->options.reading_ms,
               (struct moment){.kind = MOMENT_SOURCE, .host = h->index, .life = h->life});
}

void host_source_begin(struct world *w, const struct host *h)
{
    if (h->options.reading_ms > 0)
        world_push(w, world_between(w, 0, h->options.reading_ms * WORLD_MS),
                   (struct moment){.kind = MOMENT_SOURCE, .host = h->index, .life = h->life});
}
