#include "core/doubt.h"

#include "core/fork.h"
#include "core/members.h"
#include "core/news.h"
#include "core/peer.h"
#include "core/session.h"
#include "core/sync.h"

#include <stdlib.h>

/* The happy path of a proof: somebody tells of a log, as far as ours or not so far, with another
 * hash than our chain has there (on disk, when that lies behind us). We ask for its seal. The seal
 * comes, and signs another hash than ours at its place; the records from there to our own next seal
 * come from our disk, and that is the proof.
 *
 * Whoever has the shorter log also asks for the longer one, from the very beginning: it hashes what
 * comes, keeps the other chain's hash where that passes its own seal, and a seal that ends it is
 * verified. That is for two contents too far apart for a proof that can be passed on.
 *
 * Anything else ends the doubt without a word: it was a lie, or the log has grown meanwhile and is
 * told of anew. TIME_LIST_MS from one doubt of a log to the next: a lie must not cost us a
 * signature a line. */

uint64_t doubt_digest(const struct chain_hash *hash)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < sizeof digest; i++)
        digest = digest << 8 | hash->bytes[i];
    return digest;
}

static struct message_log name_of(struct node *n, const struct log_id *id)
{
    return (struct message_log){.device = event_effects_copy(n->fx, span_of(id->device)),
                                .key = id->key,
                                .epoch = id->epoch};
}

static void send_want(struct node *n, struct session *s, const struct log *l, uint64_t last)
{
    struct message_entry *e = event_effects_alloc(n->fx, sizeof *e);
    if (e == NULL)
        return;
    *e = (struct message_entry){
        .log = name_of(n, &l->id),
        .first = l->first,
        .last = last,
        .want = MESSAGE_WANT_RECORDS,
    };
    struct message message = {.kind = MESSAGE_HAVE, .have = {.entries = e, .count = 1}};
    session_send(n, s, &message);
    s->certificates++; /* it names the author first */
}

static struct doubt *doubt_of(const struct session *s, const struct log_id *id)
{
    for (size_t i = 0; s->doubts != NULL && i < LIMIT_DOUBTS; i++)
        if (ident_log_equal(&s->doubts[i].id, id))
            return &s->doubts[i];
    return NULL;
}

static bool is_busy(const struct node *n, const struct doubt *d)
{
    bool waits = d->kind != DOUBT_NONE && n->now_ms - d->at_ms < TIME_CARRY_MS;
    return waits || n->now_ms < d->next_ms;
}

/* The log's own place, or one that nobody is asked about; NULL: it is asked already, or all are. */
static struct doubt *place_for(struct node *n, struct session *s, const struct log_id *id)
{
    if (s->doubts == NULL)
        s->doubts = calloc(LIMIT_DOUBTS, sizeof *s->doubts);
    if (s->doubts == NULL) {
        n->fx->out_of_memory = true;
        return NULL;
    }
    struct doubt *d = doubt_of(s, id);
    for (size_t i = 0; d == NULL && i < LIMIT_DOUBTS; i++)
        if (!is_busy(n, &s->doubts[i]))
            d = &s->doubts[i];
    return d == NULL || is_busy(n, d) ? NULL : d;
}

static void begin(struct node *n, struct session *s, const struct log *l, enum doubt_kind kind,
                  uint64_t last)
{
    if (l->forked || l->seal.seq == 0 || fork_known(n, &l->id.key))
        return;
    struct doubt *d = place_for(n, s, &l->id);
    if (d == NULL)
        return;
    *d = (struct doubt){.id = l->id,
                        .kind = kind,
                        .ours = l->seal.seq,
                        .last = last,
                        .at_ms = n->now_ms,
                        .next_ms = n->now_ms + TIME_LIST_MS};
    send_want(n, s, l, last);
}

/* It sends us the log no further; what we want of it is told anew. */
static void end(struct node *n, struct session *s, struct doubt *d)
{
    const struct member *m = members_find(n, span_of(d->id.device));
    d->kind = DOUBT_NONE;
    d->seal.seq = 0;
    d->ask = 0;
    if (m != NULL)
        news_tell_again(n, s, m);
}

void doubt_settled(struct node *n, const struct key_id *key)
{
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *s = n->sessions[i];
        for (size_t k = 0; s->doubts != NULL && k < LIMIT_DOUBTS; k++)
            if (s->doubts[k].kind != DOUBT_NONE && ident_key_equal(&s->doubts[k].id.key, key))
                end(n, s, &s->doubts[k]);
    }
}

static void read_chain(struct node *n, const struct session *s, const struct log_id *id,
                       uint64_t seq, uint64_t told)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_CHAIN);
    effect->chain.link = s->link;
    effect->chain.id = *id;
    effect->chain.seq = seq;
    effect->chain.told = told;
    effect->chain.to_seal = told == 0;
}

static void compare(struct node *n, struct session *s, const struct log *l, uint64_t seq,
                    uint64_t told, const struct chain_hash *ours)
{
    if (told != doubt_digest(ours))
        begin(n, s, l, DOUBT_SEAL, seq);
}

static bool is_within(const struct log *l, uint64_t seq)
{
    return seq > 0 && seq <= l->seal.seq && seq + 1 >= l->first;
}

/* A look may read and hash half a megabyte, and costs who tells of a log one line. */
static bool may_look(const struct node *n, struct session *s, struct log *l)
{
    if (l->look_ms > n->now_ms)
        return false;
    if (n->now_ms >= s->looks_ms) {
        s->looks = 0;
        s->looks_ms = n->now_ms + TIME_LIST_MS;
    }
    if (s->looks == LIMIT_LOOKS)
        return false;
    s->looks++;
    l->look_ms = n->now_ms + TIME_LIST_MS;
    return true;
}

/* What goes further than ours is compared there, when we tell of ours. */
void doubt_told(struct node *n, struct session *s, struct log *l, const struct message_entry *e)
{
    struct chain_hash ours;
    if (e->chain == 0 || !is_within(l, e->sealed) || s->identity.role == ROLE_SENSOR ||
        fork_known(n, &l->id.key))
        return;
    if (log_hash_at(l, e->sealed, &ours))
        compare(n, s, l, e->sealed, e->chain, &ours);
    else if (e->sealed <= l->stored && may_look(n, s, l))
        read_chain(n, s, &l->id, e->sealed, e->chain);
}

void doubt_longer(struct node *n, struct session *s, const struct log *l)
{
    if (l->first == 1) /* else the beginning is not known here */
        begin(n, s, l, DOUBT_WALK, 0);
}

/* The doubt that a message is about, and its log; NULL: none, or the log is not here any more. */
static struct doubt *doubted(struct node *n, struct session *s, const struct message_log *log,
                             struct log **l)
{
    *l = s->doubts == NULL ? NULL : sync_log_of(n, s, log);
    struct doubt *d = *l == NULL ? NULL : doubt_of(s, &(*l)->id);
    return d == NULL || d->kind == DOUBT_NONE ? NULL : d;
}

bool doubt_update(struct node *n, struct session *s, const struct message *m)
{
    struct log *l;
    struct doubt *d = doubted(n, s, &m->update.log, &l);
    if (d == NULL)
        return false;
    d->at_ms = s->carried_ms = n->now_ms;
    for (size_t i = 0; d->kind == DOUBT_WALK && i < m->update.count; i++) {
        const struct record *r = &m->update.records[i];
        if (r->seq != d->last + 1) {
            end(n, s, d);
            break;
        }
        n->hash(&d->head, &d->head, r->bytes);
        d->last = r->seq;
        if (d->last == d->ours)
            d->there = d->head;
    }
    return true;
}

/* Its seal does not sign what our chain is there; `e` brings what follows on our disk, NULL: our
 * own seal lies there. */
static void prove(struct node *n, struct session *s, struct doubt *d, const struct log *l,
                  const struct event *e)
{
    struct proof p = {.id = l->id, .seals = {d->seal, l->seal}};
    if (e != NULL)
        p.there = e->chain.hash;
    if (e != NULL && e->chain.signature_size > 0 && e->chain.count > 0) {
        p.count = e->chain.count;
        p.bytes = e->chain.bytes;
        p.seals[1] = (struct log_seal){.seq = e->chain.seq + p.count,
                                       .hash = e->chain.seal_hash,
                                       .signature_size = e->chain.signature_size};
        memcpy(p.seals[1].signature, e->chain.signature, e->chain.signature_size);
    }
    end(n, s, d);
    fork_judge(n, s, &p, FORK_FIRST_SEAL);
}

static bool same(const struct chain_hash *a, const struct chain_hash *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void weigh(struct node *n, struct session *s, struct doubt *d, const struct log *l)
{
    if (!is_within(l, d->seal.seq) || d->seal.signature_size == 0) {
        end(n, s, d);
    } else if (d->seal.seq < l->seal.seq) {
        read_chain(n, s, &l->id, d->seal.seq, 0);
    } else if (same(&d->seal.hash, &l->seal.hash)) {
        end(n, s, d);
    } else {
        prove(n, s, d, l, NULL);
    }
}

void doubt_chain(struct node *n, const struct event *e)
{
    struct session *s = session_find(n, e->chain.link);
    const struct member *m = members_find(n, span_of(e->chain.id.device));
    struct log *l = m == NULL ? NULL : members_log(m, &e->chain.id.key, e->chain.id.epoch);
    if (s == NULL || s->state != PEER_OPEN || l == NULL || !e->chain.known)
        return;
    l->looked_seq = e->chain.seq;
    l->looked = e->chain.hash;
    struct doubt *d = doubt_of(s, &l->id);
    if (e->chain.told != 0)
        compare(n, s, l, e->chain.seq, e->chain.told, &e->chain.hash);
    else if (d == NULL || d->kind != DOUBT_SEAL || d->seal.seq != e->chain.seq)
        return;
    else if (same(&d->seal.hash, &e->chain.hash))
        end(n, s, d);
    else
        prove(n, s, d, l, e);
}

static void verify(struct node *n, const struct session *s, struct doubt *d)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_VERIFY);
    effect->seal.id = d->id;
    effect->seal.seq = d->seal.seq;
    effect->seal.link = s->link;
    effect->seal.ask = d->ask = ++n->asks;
    effect->seal.hash = d->seal.hash;
    effect->seal.signature_size = d->seal.signature_size;
    memcpy(effect->seal.signature, d->seal.signature, d->seal.signature_size);
}

bool doubt_seal(struct node *n, struct session *s, const struct message *m)
{
    struct log *l;
    struct doubt *d = doubted(n, s, &m->seal.log, &l);
    if (d == NULL || d->seal.seq > 0)
        return d != NULL;
    d->seal = (struct log_seal){.seq = m->seal.seq,
                                .hash = m->seal.hash,
                                .signature_size = m->seal.signature_size};
    memcpy(d->seal.signature, m->seal.signature, m->seal.signature_size);
    bool follows = m->seal.seq == d->last && same(&m->seal.hash, &d->head);
    if (d->kind == DOUBT_SEAL)
        weigh(n, s, d, l);
    else if (m->seal.signature_size > 0 && follows)
        verify(n, s, d);
    else
        end(n, s, d);
    return true;
}

static void go_on(struct node *n, struct session *s, struct doubt *d)
{
    struct message ack = {.kind = MESSAGE_ACK,
                          .ack = {.log = name_of(n, &d->id), .seq = d->last, .held = d->last}};
    d->seal.seq = 0;
    session_send(n, s, &ack);
}

/* The walk has passed our seal. */
static void arrived(struct node *n, struct session *s, struct doubt *d)
{
    const struct member *m = members_find(n, span_of(d->id.device));
    const struct log *l = m == NULL ? NULL : members_log(m, &d->id.key, d->id.epoch);
    bool differs = l != NULL && l->seal.seq == d->ours && !same(&l->seal.hash, &d->there);
    struct proof p = {.id = d->id, .there = d->there};
    if (differs) {
        p.seals[0] = l->seal;
        p.seals[1] = d->seal;
    }
    end(n, s, d);
    if (differs)
        fork_prove(n, &p);
}

bool doubt_verified(struct node *n, const struct event *e)
{
    struct session *s = session_find(n, e->verified.link);
    for (size_t i = 0; s != NULL && s->doubts != NULL && i < LIMIT_DOUBTS; i++) {
        struct doubt *d = &s->doubts[i];
        if (d->ask != e->verified.ask)
            continue;
        if (!e->verified.valid) {
            node_counted(n, NODE_SEALS_BAD);
            peer_refuse(n, s, "a seal that does not hold");
        } else if (d->seal.seq < d->ours) {
            go_on(n, s, d);
        } else {
            arrived(n, s, d);
        }
        return true;
    }
    return false;
}
