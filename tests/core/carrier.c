#include "core/carrier.h"

#include <stdio.h>

struct message_entry carrier_entry(const char *device, uint64_t epoch, uint64_t sealed)
{
    struct log_id id = rig_log(device, epoch);
    return (struct message_entry){
        .log = {.device = span_of(device), .key = id.key, .epoch = epoch},
        .first = 1,
        .last = sealed,
        .sealed = sealed,
        .role_known = true,
        .role = ROLE_SENSOR,
    };
}

void carrier_tells(struct rig *r, uint64_t link, const struct message_entry *e)
{
    struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = e, .count = 1}};
    rig_message(r, link, &have);
}

void carrier_offers(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                    uint64_t sealed)
{
    struct message_entry e = carrier_entry(device, epoch, sealed);
    carrier_tells(r, link, &e);
}

void carrier_introduces(struct rig *r, uint64_t link, const char *device, enum role role)
{
    struct message m = {.kind = MESSAGE_CERTIFICATE, .certificate = {.chain = SPAN("paper")}};
    rig_message(r, link, &m);
    struct event e = {.kind = EVENT_CERTIFIED,
                      .certified = {.link = link,
                                    .valid = true,
                                    .identity = {.role = role, .key = rig_log(device, 1).key}}};
    ident_name_copy(e.certified.identity.device, span_of(device));
    rig_step(r, &e);
}

static struct span text_of(char *out, size_t capacity, const struct log_id *id, uint64_t seq,
                           uint64_t ts)
{
    int size = snprintf(out, capacity, "{%s %llu %llu %llu}", id->device,
                        (unsigned long long)id->epoch, (unsigned long long)seq,
                        (unsigned long long)ts);
    return (struct span){out, (size_t)size};
}

void carrier_sends_stamped(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                           uint64_t first, uint64_t last, uint64_t ts)
{
    struct log_id id = rig_log(device, epoch);
    for (size_t i = 0; i <= last - first; i++)
        r->records[i] = (struct record){
            .bytes = text_of(r->text[i], sizeof r->text[i], &id, first + i, ts),
            .device = span_of(device),
            .type = SPAN("temperature"),
            .epoch = epoch,
            .seq = first + i,
            .ts = ts,
            .value = value_number(26),
        };
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.log = {span_of(device), id.key, epoch},
                                   .records = r->records,
                                   .count = (size_t)(last - first + 1)}};
    rig_message(r, link, &m);
}

void carrier_sends(struct rig *r, uint64_t link, const char *device, uint64_t epoch, uint64_t first,
                   uint64_t last)
{
    carrier_sends_stamped(r, link, device, epoch, first, last, CARRIER_MS);
}

struct chain_hash carrier_chain(struct rig *r, const char *device, uint64_t epoch, uint64_t last,
                                uint64_t ts)
{
    struct log_id id = rig_log(device, epoch);
    struct chain_hash hash = {{0}};
    char text[128];
    for (uint64_t seq = 1; seq <= last; seq++)
        r->n->hash(&hash, &hash, text_of(text, sizeof text, &id, seq, ts));
    return hash;
}

void carrier_seals_hash(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                        uint64_t seq, const struct chain_hash *hash)
{
    struct message m = {.kind = MESSAGE_SEAL,
                        .seal = {.log = {span_of(device), rig_log(device, epoch).key, epoch},
                                 .seq = seq,
                                 .signature_size = 8,
                                 .hashed = true,
                                 .hash = *hash}};
    rig_message(r, link, &m);
}

void carrier_seals(struct rig *r, uint64_t link, const char *device, uint64_t epoch, uint64_t seq)
{
    struct chain_hash hash = carrier_chain(r, device, epoch, seq, CARRIER_MS);
    carrier_seals_hash(r, link, device, epoch, seq, &hash);
}

void carrier_verified(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                      uint64_t seq, bool valid)
{
    struct event e = {.kind = EVENT_VERIFIED,
                      .verified = {rig_log(device, epoch), seq, link, valid, 0}};
    for (size_t i = 0; i < r->fx.count; i++)
        if (r->fx.list[i].kind == EFFECT_VERIFY && r->fx.list[i].seal.seq == seq)
            e.verified.ask = r->fx.list[i].seal.ask;
    rig_step(r, &e);
}

void carrier_delivers(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                      uint64_t sealed)
{
    carrier_offers(r, link, device, epoch, sealed);
    carrier_introduces(r, link, device, ROLE_SENSOR);
    carrier_sends(r, link, device, epoch, 1, sealed);
    carrier_seals(r, link, device, epoch, sealed);
    carrier_verified(r, link, device, epoch, sealed, true);
    rig_stored(r);
}

static const struct message *have_at(const struct rig *r, size_t i, uint64_t link)
{
    const struct effect *e = &r->fx.list[i];
    bool is_it = e->kind == EFFECT_SEND && e->send.link == link &&
                 e->send.message.kind == MESSAGE_HAVE;
    return is_it ? &e->send.message : NULL;
}

const struct message_entry *carrier_told(const struct rig *r, uint64_t link, const char *device)
{
    const struct message_entry *told = NULL;
    for (size_t i = 0; i < r->fx.count; i++) {
        const struct message *m = have_at(r, i, link);
        for (size_t k = 0; m != NULL && k < m->have.count; k++)
            if (span_is(m->have.entries[k].log.device, device))
                told = &m->have.entries[k];
    }
    return told;
}

size_t carrier_asked(const struct rig *r, uint64_t link, const char *device, uint64_t epoch)
{
    size_t count = 0;
    for (size_t i = 0; i < r->fx.count; i++) {
        const struct message *m = have_at(r, i, link);
        for (size_t k = 0; m != NULL && k < m->have.count; k++) {
            const struct message_entry *e = &m->have.entries[k];
            count += e->want == MESSAGE_WANT_RECORDS && !e->role_known && e->log.epoch == epoch &&
                     span_is(e->log.device, device);
        }
    }
    return count;
}
