/* A datagram is lost, doubled, delayed, or arrives; an attacker who has heard it may say it again,
 * or something like it, from wherever they are. */
#include "datagram.h"

#include "wire/plain.h"
#include "world.h"

#include <stdlib.h>

static struct datagram *datagram_of(struct address source, struct span bytes)
{
    struct datagram *d = malloc(sizeof *d);
    check(d && bytes.size <= sizeof d->bytes);
    d->holders = 1;
    d->source = source;
    d->decoded = false;
    d->size = bytes.size;
    memcpy(d->bytes, bytes.bytes, bytes.size);
    return d;
}

void datagram_drop(struct datagram *d)
{
    if (d && --d->holders == 0)
        free(d);
}

static void send_one(struct world *w, uint32_t from, uint32_t to, uint64_t port, struct datagram *d)
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
        d->holders++;
        world_push(
            w, net_delay_us(w),
            (struct moment){.kind = MOMENT_DATAGRAM, .host = to, .number = port, .datagram = d});
    }
}

static void send_all(struct world *w, uint32_t from, struct address source, struct address to,
                     struct span bytes)
{
    struct datagram *d = datagram_of(source, bytes);
    struct host *h = to.port == 0 ? NULL : net_host(w, to.ipv4);
    for (uint32_t i = 0; i < w->host_count && to.port == 0; i++)
        send_one(w, from, i, 0, d);
    if (h)
        send_one(w, from, h->index, to.port, d);
    datagram_drop(d);
}

static void send_to(struct world *w, uint32_t from, struct address source, uint32_t to,
                    struct span bytes)
{
    struct datagram *d = datagram_of(source, bytes);
    send_one(w, from, to, 0, d);
    datagram_drop(d);
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
        send_to(w, from, source, victim->index, (struct span){said.bytes, said.size});
    }
    if (world_chance(w, w->net.now.forge_permille)) {
        w->tally[TALLY_DATAGRAMS_FORGED]++;
        said.bytes[rng_below(&w->rng, said.size)] = (char)rng_below(&w->rng, 256);
        send_to(w, from, source, victim->index, (struct span){said.bytes, said.size});
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
    struct datagram *d = m->datagram;
    if (!h->running || (m->number != 0 && m->number != host_private_address(h).port))
        return;
    if (!d->decoded)
        d->err = hello_decode((struct span){d->bytes, d->size}, &w->hello_key, &d->hello,
                              &d->foreign);
    d->decoded = true;
    struct event e = {.kind = EVENT_HELLO};
    switch (d->err) {
    case ERR_OK:
        e.hello.hello = &d->hello;
        e.hello.source = d->source;
        host_step(w, h, &e);
        break;
    case ERR_NOT_FOUND:
        e.kind = EVENT_FOREIGN;
        e.foreign.network = (struct span){d->foreign.network, sizeof d->foreign.network};
        e.foreign.device = span_of(d->foreign.device);
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
