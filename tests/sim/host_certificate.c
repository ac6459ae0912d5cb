#include "host.h"

#include "world.h"

/* A certificate says who somebody is; those of devices that were met or heard of are kept. */

void host_introduce(struct world *w, struct host *h, const struct effect *e)
{
    const struct host *who = world_host_of(w, &e->introduce.key);
    while (who && !h->met[who->index])
        who = who->twin;
    if (!who)
        return;
    char chain[WORLD_CHAIN_BYTES];
    world_certify(w, &who->self, chain);
    struct message m = {.kind = MESSAGE_CERTIFICATE,
                        .certificate = {.chain = {chain, sizeof chain}}};
    host_send(w, h, e->introduce.link, &m);
}

void host_certify(struct world *w, struct host *h, const struct effect *e)
{
    struct event *done = &h->certified;
    *done = (struct event){.kind = EVENT_CERTIFIED, .certified = {.link = e->certify.link}};
    h->has_certified = true;
    struct key_id key;
    char chain[WORLD_CHAIN_BYTES];
    if (e->certify.chain.size != sizeof chain)
        return;
    memcpy(key.bytes, e->certify.chain.bytes + LIMIT_NAME + 1, sizeof key.bytes); /* world_certify
                                                                                   */
    for (const struct host *who = world_host_of(w, &key); who; who = who->twin) {
        world_certify(w, &who->self, chain);
        if (!span_equal(e->certify.chain, (struct span){chain, sizeof chain}))
            continue;
        h->met[who->index] = done->certified.valid = true;
        done->certified.identity = who->self;
    }
}

void host_note_met(const struct world *w, struct host *h, const struct identity *who)
{
    for (const struct host *met = world_host_of(w, &who->key); met; met = met->twin)
        h->met[met->index] = true;
}
