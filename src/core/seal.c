#include "core/seal.h"

#include "core/author.h"
#include "core/carry.h"
#include "core/doubt.h"
#include "core/fork.h"
#include "core/members.h"
#include "core/peer.h"
#include "core/session.h"
#include "core/sync.h"

void seal_store(struct node *n, struct log *l)
{
    const struct log_seal *seal = &l->seal;
    if (n->store_failed || seal->seq > l->asked)
        return;
    enum err err = log_seal_asked(l);
    if (err == ERR_MEMORY)
        n->fx->out_of_memory = true;
    if (err != ERR_OK)
        return;
    author_store_so_far(n); /* behind a seal no record is looked at again at the start */
    struct effect *effect = node_store_effect(n, EFFECT_STORE_SEAL, l, seal->seq);
    if (effect == NULL)
        return;
    effect->store_seal.id = l->id;
    effect->store_seal.seq = seal->seq;
    effect->store_seal.hash = seal->hash;
    effect->store_seal.signature_size = seal->signature_size;
    memcpy(effect->store_seal.signature, seal->signature, seal->signature_size);
}

static void ask(struct node *n, enum effect_kind kind, const struct log *l, uint64_t link)
{
    struct effect *effect = event_effects_add(n->fx, kind);
    effect->seal.id = l->id;
    effect->seal.seq = l->asking.seq;
    effect->seal.hash = l->asking.hash;
    effect->seal.link = link;
    effect->seal.signature_size = l->asking.signature_size;
    memcpy(effect->seal.signature, l->asking.signature, l->asking.signature_size);
}

/* How many records one seal is for at most: LIMIT_SEAL_BYTES of them, by this log's mean. */
static uint64_t stretch(const struct log *l)
{
    if (l->bytes == 0) /* of an earlier life */
        return LIMIT_SEAL_EVERY;
    uint64_t records = LIMIT_SEAL_BYTES / (l->bytes / l->last);
    return records < LIMIT_SEAL_EVERY ? records : LIMIT_SEAL_EVERY;
}

static void sign(struct node *n, struct log *l)
{
    if (l->asking.seq > 0 || l->stored <= l->seal.seq)
        return;
    struct log_seal asking = {.seq = l->seal.seq + stretch(l)};
    if (asking.seq >= l->stored || !log_hash_at(l, asking.seq, &asking.hash))
        asking = (struct log_seal){.seq = l->stored, .hash = l->stored_hash};
    l->asking = asking;
    ask(n, EFFECT_SIGN, l, 0);
}

static uint64_t due_ms(const struct node *n, const struct log *l)
{
    if (l == NULL || l->asking.seq > 0 || l->stored <= l->seal.seq)
        return NODE_NEVER;
    uint64_t waiting = l->stored - l->seal.seq;
    bool urgent = l->urgent > l->seal.seq && l->urgent <= l->stored;
    if (n->leaving || urgent || waiting >= stretch(l))
        return n->now_ms;
    if (waiting >= LIMIT_SEAL_BUSY)
        return l->unsealed_since_ms + TIME_SEAL_MS;
    uint64_t quiet_ms = l->unsealed_since_ms + TIME_SEAL_QUIET_MS;
    uint64_t idle_ms = l->stored_ms + TIME_SEAL_IDLE_MS;
    return idle_ms < quiet_ms ? idle_ms : quiet_ms;
}

void seal_pump(struct node *n)
{
    if (due_ms(n, n->log) <= n->now_ms)
        sign(n, n->log);
}

uint64_t seal_deadline(const struct node *n)
{
    return due_ms(n, n->log);
}

void seal_closed_log(struct node *n, struct log *l)
{
    sign(n, l);
}

static bool seal_of(struct log_seal *seal, const uint8_t *signature, size_t size)
{
    if (size == 0 || size > LIMIT_SIGNATURE)
        return false;
    memcpy(seal->signature, signature, size);
    seal->signature_size = size;
    return true;
}

void seal_signed(struct node *n, const struct event *e)
{
    struct log *l = members_log(&n->own, &e->seal_signed.id.key, e->seal_signed.id.epoch);
    if (l == NULL || l->asking.seq == 0 || l->asking.seq != e->seal_signed.seq)
        return;
    struct log_seal seal = l->asking;
    l->asking.seq = 0;
    if (!seal_of(&seal, e->seal_signed.signature, e->seal_signed.signature_size))
        return;
    log_accept_seal(l, &seal);
    l->unsealed_since_ms = n->now_ms;
    node_counted(n, NODE_SEALS_MADE);
    seal_store(n, l);
    if (l->closed)
        sign(n, l);
}

static void verify(struct node *n, struct log *l, uint64_t link)
{
    l->asking = l->waiting;
    l->asking_link = link;
    l->waiting.seq = 0;
    ask(n, EFFECT_VERIFY, l, link);
}

void seal_received(struct node *n, struct session *s, const struct message *m)
{
    if (m->seal.log.device.size > 0) {
        if (!doubt_seal(n, s, m))
            carry_seal(n, s, m);
        return;
    }
    struct log *l = sync_log_of(n, s, &m->seal.log);
    if (l == NULL || l->forked || fork_known(n, &l->id.key))
        return;
    if (m->seal.seq <= l->seal.seq || m->seal.seq <= l->asking.seq)
        return;
    struct log_seal seal = {.seq = m->seal.seq};
    if (m->seal.seq > l->last || !log_hash_at(l, m->seal.seq, &seal.hash))
        return;
    if (!seal_of(&seal, m->seal.signature, m->seal.signature_size))
        return;
    l->waiting = seal;
    if (l->asking.seq == 0)
        verify(n, l, s->link);
}

void seal_verified(struct node *n, const struct event *e)
{
    if (e->verified.ask != 0) {
        if (!doubt_verified(n, e))
            fork_verified(n, e);
        return;
    }
    if (carry_verified(n, e))
        return;
    const struct member *m = members_find(n, span_of(e->verified.id.device));
    struct log *l = m == NULL ? NULL : members_log(m, &e->verified.id.key, e->verified.id.epoch);
    /* An answer about what somebody else sent is not one about this. */
    if (l == NULL || l->asking.seq == 0 || l->asking.seq != e->verified.seq ||
        l->asking_link != e->verified.link)
        return;
    struct log_seal seal = l->asking;
    l->asking.seq = 0;
    struct session *s = session_find(n, e->verified.link);
    if (!e->verified.valid) {
        node_counted(n, NODE_SEALS_BAD);
        l->waiting.seq = 0;
        if (s != NULL)
            peer_refuse(n, s, "a seal that does not hold");
        return;
    }
    log_accept_seal(l, &seal);
    node_counted(n, NODE_SEALS_VERIFIED);
    seal_store(n, l);
    if (l->waiting.seq > 0)
        verify(n, l, e->verified.link);
}
