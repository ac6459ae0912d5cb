#include "host.h"

#include "world.h"

/* A certificate says who somebody is; those of devices that were met or heard of are kept. */

void host_introduce(struct world *w, struct host *h, const struct effect *e)
{
    for (size_t i = 0; i < w->host_count; i++) {
        const struct identity *who = &w->hosts[i].self;
        if (!h->met[i] || !ident_key_equal(&who->key, &e->introduce.key))
            continue;
        char chain[WORLD_CHAIN_BYTES];
        world_certify(w, who, chain);
        struct message m = {.kind = MESSAGE_CERTIFICATE,
                            .certificate = {.chain = {chain, sizeof chain}}};
        host_send(w, h, e->introduce.link, &m);
        return;
    }
}

void host_certify(struct world *w, struct host *h, const struct effect *e)
{
    struct event *done = &h->certified;
    *done = (struct event){.kind = EVENT_CERTIFIED, .certified = {.link = e->certify.link}};
    h->has_certified = true;
    for (size_t i = 0; i < w->host_count; i++) {
        char chain[WORLD_CHAIN_BYTES];
        size_t size = strlen(w->hosts[i].self.device) + 1;
        if (e->certify.chain.size < size ||
            memcmp(e->certify.chain.bytes, w->hosts[i].self.device, size) != 0)
            continue; /* it begins with the name */
        world_certify(w, &w->hosts[i].self, chain);
        if (!span_equal(e->certify.chain, (struct span){chain, sizeof chain}))
            continue;
        h->met[i] = done->certified.valid = true;
        done->certified.identity = w->hosts[i].self;
    }
}

void host_note_met(const struct world *w, struct host *h, const struct identity *who)
{
    for (size_t i = 0; i < w->host_count; i++)
        h->met[i] = h->met[i] || ident_key_equal(&w->hosts[i].self.key, &who->key);
}
