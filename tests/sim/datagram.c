/* A datagram is lost, doubled, delayed, or arrives; an attacker who has heard it may say it again,
 * or something like it, from wherever they are. */
#include "datagram.h"

#include "wire/plain.h"
#include "world.h"

#include <stdlib.h>

static void send_one(struct world *w, uint32_t from, struct address source, uint32_t to,
                     uint64_t port, struct span bytes)
{
    w->tally[TALLY_DATAGRAMS]++;
    if (!net_open(w, from, to) || world_chance(w, w->net.now.loss_permille)) {
        w->tally[TALLY_DATAGRAMS_LOST]++;
        return;
    }
    int copies = world_chance(w, w->net.now.double_permille) ? 2 : 1;
    if (copies == 2)
        w->tally[TALLY_DATAGRAMS_DOUBLED]++;
    while (copies-- > 0) {
        struct datagram *d = malloc(sizeof *d);
        check(d && bytes.size <= sizeof d->bytes);
        d->source = source;
        d->size = bytes.size;
        memcpy(d->bytes, bytes.bytes, bytes.size);
        world_push(w, net_delay_us(w),
                   (struct moment){.kind = MOMENT_DATAGRAM, .host = to, .number = port, .data = d});
    }
}

static void send_all(struct world *w, uint32_t from, struct address source, struct address to,
                     struct span bytes)
{
    if (to.port == 0) {
        for (uint32_t i = 0; i < w->host_count; i++)
            send_one(w, from, source, i, 0, bytes);
        return;
    }
    struct host *h = net_host(w, to.ipv4);
    if (h)
        send_one(w, from, source, h->index, to.port, bytes);
}

/* Somebody on the network has heard it, and says it or something like it again. */
static void attack(struct world *w, struct host *victim)
{
    struct datagram *old = &w->net.history[rng_below(&w->rng, DATAGRAM_HISTORY)];
    if (old->size == 0)
        return;
    uint32_t from = (uint32_t)rng_below(&w->rng, w->host_count);
    struct address source = {0x0a000001 + from, (uint16_t)world_between(w, 1024, 65535)};
    struct datagram said = *old;
    if (world_chance(w, w->net.now.replay_permille)) {
        w->tally[TALLY_DATAGRAMS_REPLAYED]++;
        send_one(w, from, source, victim->index, 0, (struct span){said.bytes, said.size});
    }
    if (world_chance(w, w->net.now.forge_permille)) {
        w->tally[TALLY_DATAGRAMS_FORGED]++;
        said.bytes[rng_below(&w->rng, said.size)] = (char)rng_below(&w->rng, 256);
        send_one(w, from, source, victim->index, 0, (struct span){said.bytes, said.size});
    }
}

void datagram_send(struct world *w, const struct host *from, struct address to, struct span bytes)
{
    struct datagram *kept = &w->net.history[w->net.heard++ % DATAGRAM_HISTORY];
    kept->size = bytes.size;
    memcpy(kept->bytes, bytes.bytes, bytes.size);
    send_all(w, from->index, host_private_address(from), to, bytes);
    if (w->net.now.replay_permille + w->net.now.forge_permille > 0)
        attack(w, &w->hosts[rng_below(&w->rng, w->host_count)]);
}

void datagram_forge(struct world *w, uint32_t from, uint16_t port, struct address to,
                    struct span bytes)
{
    send_all(w, from, (struct address){0x0a000001 + from, port}, to, bytes);
}

static void hear_plain(struct world *w, struct host *h, const struct datagram *d)
{
    struct plain_message m;
    const char *cause;
    struct span bytes = {d->bytes, d->size};
    if (!h->options.plain || plain_decode(bytes, &m, &cause) != ERR_OK)
        return;
    struct event e = {.kind = EVENT_PLAIN};
    e.plain.device = span_of(m.device);
    e.plain.reading = m.is_hello ? NULL : &m.reading;
    e.plain.source = d->source;
    host_step(w, h, &e);
}

void datagram_on_arrival(struct world *w, const struct moment *m)
{
    struct host *h = &w->hosts[m->host];
    const struct datagram *d = m->data;
    if (!h->running || (m->number != 0 && m->number != host_private_address(h).port))
        return;
    struct hello hello;
    struct hello_foreign foreign;
    struct event e = {.kind = EVENT_HELLO};
    switch (hello_decode((struct span){d->bytes, d->size}, &w->hello_key, &hello, &foreign)) {
    case ERR_OK:
        e.hello.hello = &hello;
        e.hello.source = d->source;
        host_step(w, h, &e);
        break;
    case ERR_NOT_FOUND:
        e.kind = EVENT_FOREIGN;
        e.foreign.network = (struct span){foreign.network, sizeof foreign.network};
        e.foreign.device = span_of(foreign.device);
        e.foreign.source = d->source;
        host_step(w, h, &e);
        break;
    case ERR_DENIED:
        break;
    default:
        hear_plain(w, h, d);
        break;
    }
}
