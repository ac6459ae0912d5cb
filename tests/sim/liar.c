#include "liar.h"

#include "base/number.h"
#include "puppet.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAUSE_MS_MAX = 300, FORKED_LIFE = 77 };

/* What it has said of its own log, so that some of it is right. */
struct liar {
    uint64_t epoch, seq;
    struct chain_hash head;
};

static const struct host *victim(struct world *w, const struct host *liar)
{
    const struct host *h = liar;
    while (h == liar)
        h = &w->hosts[rng_below(&w->rng, w->host_count)];
    return h;
}

static uint64_t near(struct world *w, uint64_t truth)
{
    static const uint64_t far[] = {0, 1, UINT32_MAX, NUMBER_INTEGER_MAX};
    switch (rng_below(&w->rng, 4)) {
    case 0:
        return far[rng_below(&w->rng, COUNT_OF(far))];
    case 1:
        return truth + 1;
    case 2:
        return truth > 0 ? truth - 1 : 0;
    default:
        return truth;
    }
}

/* A victim's epoch: its own, another of its lives, or one some lives ahead. */
static uint64_t epoch_of(struct world *w, const struct host *h)
{
    uint64_t lives = rng_below(&w->rng, 5);
    return rng_below(&w->rng, 8) == 0 ? near(w, h->epoch) : h->epoch + (lives << 20) - (1 << 20);
}

static uint64_t last_of(const struct world *w, const struct host *h)
{
    const struct judge_log *l = judge_log(w, span_of(h->self.device), h->epoch);
    return l ? l->count : 0;
}

static void say_have(struct world *w, struct host *liar, uint64_t link, const struct host *to,
                     const struct liar *self)
{
    struct message_entry entries[4];
    struct message m = {.kind = MESSAGE_HAVE, .have = {.entries = entries}};
    m.have.count = (size_t)rng_below(&w->rng, COUNT_OF(entries) + 1);
    for (size_t i = 0; i < m.have.count; i++) {
        const struct host *about = rng_below(&w->rng, 2) ? to : liar;
        entries[i] = (struct message_entry){
            .log = {.device = span_of(about->self.device),
                    .key = about->self.key,
                    .epoch = about == liar ? near(w, self->epoch) : epoch_of(w, about)}};
        entries[i].first = near(w, 1);
        entries[i].last = near(w, about == liar ? self->seq : last_of(w, about));
        entries[i].sealed = near(w, entries[i].last);
        entries[i].closed = rng_below(&w->rng, 2);
    }
    m.have.more = rng_below(&w->rng, 8) == 0;
    puppet_send(w, liar, link, &m);
}

static void say_record(struct world *w, struct host *liar, uint64_t link, const struct host *to,
                       struct liar *self)
{
    char text[512];
    bool own = rng_below(&w->rng, 8) != 0;
    bool wants = rng_below(&w->rng, 4) == 0;
    uint64_t seq = rng_below(&w->rng, 4) == 0 ? near(w, self->seq) : self->seq + 1;
    if (rng_below(&w->rng, 16) == 0) {
        self->epoch += 1 << 20;
        *self = (struct liar){.epoch = self->epoch};
        seq = 1;
    }
    uint64_t ts = near(w, WORLD_WALL_MS), value = rng_below(&w->rng, 50);
    int size = snprintf(text, sizeof text,
                        "{\"type\":\"%s\",\"device\":\"%s\"%s%s%s,\"epoch\":%llu,\"seq\":%llu,"
                        "\"ts\":%llu,\"value\":%llu}",
                        wants ? "set" : "temperature", own ? liar->self.device : to->self.device,
                        wants ? ",\"topic\":\"" : "", wants ? to->self.device : "",
                        wants ? "/fan/set\"" : "", (unsigned long long)self->epoch,
                        (unsigned long long)seq, (unsigned long long)ts, (unsigned long long)value);
    struct message m = {.kind = MESSAGE_STATE_UPDATE};
    m.update.log.epoch = self->epoch;
    m.update.bytes = (struct span){text, (size_t)size};
    m.update.count = 1;
    puppet_send(w, liar, link, &m);
    if (!own || seq != self->seq + 1)
        return;
    world_hash(&self->head, &self->head, m.update.bytes);
    self->seq = seq;
}

static void say_seal(struct world *w, struct host *liar, uint64_t link, const struct liar *self)
{
    struct message m = {.kind = MESSAGE_SEAL};
    m.seal.log.epoch = self->epoch;
    m.seal.seq = near(w, self->seq);
    m.seal.signature_size = 32;
    struct log_id id = {.key = liar->self.key, .epoch = self->epoch};
    memcpy(id.device, liar->self.device, sizeof id.device);
    world_sign(w, &id, self->seq, &self->head, m.seal.signature);
    if (rng_below(&w->rng, 4) == 0)
        m.seal.signature[0] ^= 1;
    puppet_send(w, liar, link, &m);
}

static void say_ack(struct world *w, struct host *liar, uint64_t link, const struct host *to)
{
    struct log_id id = {.key = to->self.key, .epoch = epoch_of(w, to)};
    memcpy(id.device, to->self.device, sizeof id.device);
    struct message m = {.kind = MESSAGE_ACK};
    m.ack.log.epoch = id.epoch;
    m.ack.seq = near(w, last_of(w, to));
    m.ack.held = m.ack.seq + rng_below(&w->rng, 3);
    if (judge_lie_acked(w, &id, m.ack.seq))
        puppet_send(w, liar, link, &m);
}

/* A life of its own of one record, of which it signs one of two contents to each. */
static void say_fork(struct world *w, struct host *liar, uint64_t link)
{
    char text[256];
    struct log_id id = {.key = liar->self.key, .epoch = FORKED_LIFE};
    memcpy(id.device, liar->self.device, sizeof id.device);
    snprintf(text, sizeof text,
             "{\"type\":\"forked\",\"device\":\"%s\",\"epoch\":%d,\"seq\":1,"
             "\"ts\":1760000000000,\"value\":%d}",
             liar->self.device, FORKED_LIFE, (int)rng_below(&w->rng, 2));
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.log = {.epoch = FORKED_LIFE},
                                   .bytes = span_of(text),
                                   .count = 1}};
    puppet_send(w, liar, link, &m);
    struct message seal = {.kind = MESSAGE_SEAL,
                           .seal = {.log = {.epoch = FORKED_LIFE}, .seq = 1, .signature_size = 32}};
    struct chain_hash hash = {{0}};
    world_hash(&hash, &hash, span_of(text));
    world_sign(w, &id, 1, &hash, seal.seal.signature);
    puppet_send(w, liar, link, &seal);
}

static void say_bytes(struct world *w, struct host *liar, uint64_t link)
{
    static const char *const lines[] = {"\n",
                                        "{}\n",
                                        "{\"type\":\"novelty\",\"x\":null}\n",
                                        "[1]\n",
                                        "{\"type\":\"ping\",\"sent_ms\":-1}\n",
                                        "\xff\n",
                                        "{\"ty"};
    puppet_bytes(w, liar, link, span_of(lines[rng_below(&w->rng, COUNT_OF(lines))]));
}

static void say_small(struct world *w, struct host *liar, uint64_t link)
{
    static const enum message_kind kinds[] = {MESSAGE_PING, MESSAGE_PONG, MESSAGE_GOODBYE,
                                              MESSAGE_ERROR};
    struct message m = {.kind = kinds[rng_below(&w->rng, COUNT_OF(kinds))]};
    if (m.kind == MESSAGE_PING || m.kind == MESSAGE_PONG) {
        m.ping.sent_ms = near(w, w->now_us / WORLD_MS);
        m.ping.clock_ms = near(w, 1);
    } else {
        m.end.reason = SPAN("replaced by another link");
    }
    puppet_send(w, liar, link, &m);
}

static void say_hello(struct world *w, struct host *liar, uint64_t link, const struct liar *self)
{
    struct message m = {.kind = MESSAGE_HELLO};
    m.hello.version = rng_below(&w->rng, 16) == 0 ? 2 : 1;
    m.hello.device = span_of(liar->self.device);
    m.hello.role = liar->self.role;
    m.hello.epoch = rng_below(&w->rng, 4) == 0 ? near(w, self->epoch) : self->epoch;
    m.hello.time_ms = near(w, WORLD_WALL_MS);
    for (int role = 0; role < ROLE_COUNT; role++)
        m.hello.wants[role] = rng_below(&w->rng, 2);
    puppet_send(w, liar, link, &m);
}

/* About third parties: what they have, who they are, what they wrote, each true now and then. */

static struct message_log log_of(const struct host *about, uint64_t epoch)
{
    return (struct message_log){span_of(about->self.device), about->self.key, epoch};
}

static void say_others(struct world *w, struct host *liar, uint64_t link)
{
    struct message_entry entries[4];
    struct message m = {.kind = MESSAGE_HAVE, .have = {.entries = entries}};
    m.have.count = (size_t)rng_below(&w->rng, COUNT_OF(entries) + 1);
    for (size_t i = 0; i < m.have.count; i++) {
        const struct host *about = victim(w, liar);
        struct message_entry *e = &entries[i];
        *e = (struct message_entry){.log = log_of(about, epoch_of(w, about)), .first = 1};
        e->last = near(w, last_of(w, about));
        e->sealed = near(w, e->last);
        e->closed = rng_below(&w->rng, 4) == 0;
        e->role_known = rng_below(&w->rng, 4) != 0;
        e->role = rng_below(&w->rng, 4) == 0 ? (enum role)rng_below(&w->rng, ROLE_COUNT)
                                             : about->self.role;
        e->want = (enum message_want)rng_below(&w->rng, MESSAGE_WANT_COUNT);
        e->older = rng_below(&w->rng, 2) ? rng_next(&w->rng) : 0;
        e->chain = rng_below(&w->rng, 2) ? rng_next(&w->rng) : 0;
        if (!e->role_known)
            e->role = ROLE_SENSOR;
    }
    if (rng_below(&w->rng, 4) == 0)
        m.have.of = span_of(victim(w, liar)->self.device);
    puppet_send(w, liar, link, &m);
}

static void say_certificate(struct world *w, struct host *liar, uint64_t link,
                            const struct host *about)
{
    char chain[WORLD_CHAIN_BYTES];
    world_certify(w, &about->self, chain);
    if (rng_below(&w->rng, 4) == 0)
        chain[rng_below(&w->rng, sizeof chain)] ^= 1;
    struct message m = {.kind = MESSAGE_CERTIFICATE,
                        .certificate = {.chain = {chain, sizeof chain}}};
    puppet_send(w, liar, link, &m);
}

/* A run of what the device wrote, with one byte changed now and then. */
static void say_run(struct world *w, struct host *liar, uint64_t link, const struct judge_log *l)
{
    char text[1024];
    struct buf b;
    buf_init(&b, text, sizeof text);
    size_t from = (size_t)rng_below(&w->rng, l->count), count = 0;
    if (rng_below(&w->rng, 2) == 0)
        from = 0;
    for (; from + count < l->count && count < 4; count++) {
        if (count > 0)
            buf_char(&b, ',');
        buf_span(&b, l->records[from + count].bytes);
    }
    if (b.overflow || b.size == 0)
        return;
    if (rng_below(&w->rng, 4) == 0)
        text[rng_below(&w->rng, b.size)] = '1';
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.log = {span_of(l->id.device), l->id.key, l->id.epoch},
                                   .bytes = buf_view(&b),
                                   .count = count}};
    puppet_send(w, liar, link, &m);
}

/* Signed by the device itself only where it says the truth: nobody else can. */
static void say_others_seal(struct world *w, struct host *liar, uint64_t link,
                            const struct judge_log *l)
{
    size_t at = (size_t)rng_below(&w->rng, l->count);
    struct message m = {.kind = MESSAGE_SEAL,
                        .seal = {.log = {span_of(l->id.device), l->id.key, l->id.epoch},
                                 .seq = at + 1,
                                 .signature_size = 32,
                                 .hashed = true,
                                 .hash = l->records[at].hash}};
    world_sign(w, &l->id, at + 1, &m.seal.hash, m.seal.signature);
    switch (rng_below(&w->rng, 4)) {
    case 0:
        m.seal.signature[0] ^= 1;
        break;
    case 1:
        m.seal.hash.bytes[0] ^= 1;
        break;
    default:
        break;
    }
    puppet_send(w, liar, link, &m);
}

static void say_of_others(struct world *w, struct host *liar, uint64_t link)
{
    const struct host *about = victim(w, liar);
    const struct judge_log *l = judge_log(w, span_of(about->self.device), about->epoch);
    uint64_t what = rng_below(&w->rng, 8);
    if (what < 3 || !l || l->count == 0) {
        say_others(w, liar, link);
        return;
    }
    if (what < 5)
        say_certificate(w, liar, link, about);
    if (what < 7)
        say_run(w, liar, link, l);
    if (what > 4)
        say_others_seal(w, liar, link, l);
}

static void say_presence(struct world *w, struct host *liar, uint64_t link)
{
    struct message_word words[4];
    struct message m = {.kind = MESSAGE_PRESENCE, .presence = {.words = words}};
    m.presence.count = (size_t)rng_below(&w->rng, COUNT_OF(words) + 1);
    for (size_t i = 0; i < m.presence.count; i++) {
        const struct host *about = victim(w, liar),
                          *by = &w->hosts[rng_below(&w->rng, w->host_count)];
        uint64_t epoch = epoch_of(w, about);
        words[i] = (struct message_word){
            .device = span_of(about->self.device),
            .epoch = epoch > 0 && epoch <= NUMBER_INTEGER_MAX ? epoch : 1,
            .is = (enum message_presence)rng_below(&w->rng, MESSAGE_PRESENCE_COUNT),
            .ago_ms = near(w, 100),
            .by = rng_below(&w->rng, 2) ? span_of(by->self.device) : (struct span){0},
            .why = SPAN("connection reset"),
        };
    }
    puppet_send(w, liar, link, &m);
}

static void say_something(struct world *w, struct host *liar, const struct net_end *end,
                          const struct host *to, struct liar *self)
{
    uint64_t link = end->link;
    if (!end->hello_sent && rng_below(&w->rng, 16) != 0) {
        say_hello(w, liar, link, self);
        say_have(w, liar, link, to, self);
        return;
    }
    switch (rng_below(&w->rng, 22)) {
    case 16:
    case 18:
    case 19:
    case 20:
    case 21:
        say_fork(w, liar, link);
        break;
    case 17:
        say_presence(w, liar, link);
        break;
    case 0:
        say_hello(w, liar, link, self);
        break;
    case 1:
    case 2:
    case 3:
        say_have(w, liar, link, to, self);
        break;
    case 4:
    case 5:
        say_seal(w, liar, link, self);
        break;
    case 6:
    case 7:
        say_ack(w, liar, link, to);
        break;
    case 8:
        say_bytes(w, liar, link);
        break;
    case 9:
        say_small(w, liar, link);
        break;
    case 10:
    case 11:
    case 12:
        say_of_others(w, liar, link);
        break;
    default:
        say_record(w, liar, link, to, self);
        break;
    }
}

static void lie_again(struct world *w, const struct host *liar, const struct liar *self)
{
    struct liar *next = malloc(sizeof *next);
    check(next);
    *next = *self;
    world_push(w, world_between(w, 1, PAUSE_MS_MAX) * WORLD_MS,
               (struct moment){.kind = MOMENT_LIE, .host = liar->index, .data = next});
}

void liar_begin(struct world *w, struct host *puppet)
{
    lie_again(w, puppet, &(struct liar){.epoch = world_between(w, 1, 9) << 20});
}

static void lie(struct world *w, struct host *liar, struct liar *self)
{
    w->tally[TALLY_LIES]++;
    if (liar->conn_count == 0 || rng_below(&w->rng, 8) == 0) {
        const struct host *to = victim(w, liar);
        if (to->running)
            (void)puppet_dial(w, liar, to);
        return;
    }
    uint32_t number = liar->conns[rng_below(&w->rng, liar->conn_count)];
    const struct net_conn *c = w->net.conns[number / 2];
    const struct net_end *end = &c->ends[number & 1];
    if (end->state == NET_UP)
        say_something(w, liar, end, &w->hosts[c->ends[!(number & 1)].host], self);
}

void liar_on_lie(struct world *w, const struct moment *m)
{
    struct host *liar = &w->hosts[m->host];
    struct liar *self = m->data;
    if (w->judge.healed)
        return;
    if (liar->running)
        lie(w, liar, self);
    lie_again(w, liar, self);
}
