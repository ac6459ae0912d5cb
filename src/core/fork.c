#include "core/fork.h"

#include "core/members.h"
#include "core/news.h"
#include "core/peer.h"
#include "core/session.h"
#include "core/sync.h"

#include <stdlib.h>

/* The happy path of a proof: ask from where both must agree (our own seal's place, or the very
 * beginning); hash what comes; where it passes our seal keep the other chain's hash; a seal that
 * ends it is verified; the two hashes differ. Anything else ends the doubt without a word: it was a
 * lie, or the log has grown meanwhile and is told of anew. One doubt a session, TIME_LIST_MS from
 * one to the next: a lie must not cost us a signature a line. */

uint64_t fork_digest(const struct chain_hash *hash)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < sizeof digest; i++)
        digest = digest << 8 | hash->bytes[i];
    return digest;
}

static void send_want(struct node *n, struct session *s, const struct log *l, uint64_t last)
{
    struct message_entry *e = event_effects_alloc(n->fx, sizeof *e);
    if (e == NULL)
        return;
    *e = (struct message_entry){
        .log = {.device = event_effects_copy(n->fx, span_of(l->id.device)),
                .key = l->id.key,
                .epoch = l->id.epoch},
        .first = l->first,
        .last = last,
        .want = MESSAGE_WANT_RECORDS,
    };
    struct message message = {.kind = MESSAGE_HAVE, .have = {.entries = e, .count = 1}};
    session_send(n, s, &message);
}

static void begin(struct node *n, struct session *s, const struct log *l, uint64_t last)
{
    bool busy = s->doubt.ours > 0 && n->now_ms - s->doubt.at_ms < TIME_CARRY_MS;
    if (l->forked || l->seal.seq == 0 || busy || n->now_ms < s->doubt.next_ms)
        return;
    s->doubt = (struct doubt){.ours = l->seal.seq,
                              .last = last,
                              .at_ms = n->now_ms,
                              .next_ms = n->now_ms + TIME_LIST_MS};
    memcpy(&s->doubt.id, &l->id, sizeof l->id);
    send_want(n, s, l, last);
}

/* It sends us the log no further; what we want of it is told anew. */
static void end(struct node *n, struct session *s)
{
    const struct member *m = members_find(n, span_of(s->doubt.id.device));
    s->doubt.ours = 0;
    if (m != NULL)
        news_tell_again(n, s, m);
}

void fork_told(struct node *n, struct session *s, const struct log *l,
               const struct message_entry *e)
{
    bool differs = e->chain != 0 && e->sealed == l->seal.seq &&
                   e->chain != fork_digest(&l->seal.hash);
    if (differs && s->identity.role != ROLE_SENSOR)
        begin(n, s, l, l->seal.seq);
}

void fork_doubt(struct node *n, struct session *s, const struct log *l)
{
    if (l->first == 1) /* else the beginning is not known here */
        begin(n, s, l, 0);
}

/* The log in doubt, if that is what the message is about and it still stands where it stood. */
static struct log *doubted(struct node *n, struct session *s, const struct message_log *log)
{
    struct log *l = s->doubt.ours == 0 ? NULL : sync_log_of(n, s, log);
    bool is_it = l != NULL && l->id.epoch == s->doubt.id.epoch &&
                 ident_key_equal(&l->id.key, &s->doubt.id.key) &&
                 strcmp(l->id.device, s->doubt.id.device) == 0;
    return is_it ? l : NULL;
}

bool fork_update(struct node *n, struct session *s, const struct message *m)
{
    struct doubt *d = &s->doubt;
    if (doubted(n, s, &m->update.log) == NULL)
        return false;
    d->at_ms = s->carried_ms = n->now_ms;
    for (size_t i = 0; i < m->update.count; i++) {
        const struct record *r = &m->update.records[i];
        if (r->seq != d->last + 1) {
            end(n, s);
            break;
        }
        n->hash(&d->head, &d->head, r->bytes);
        d->last = r->seq;
        if (d->last == d->ours)
            d->there = d->head;
    }
    return true;
}

static void verify(struct node *n, struct session *s, const struct message *m)
{
    struct doubt *d = &s->doubt;
    d->seal = (struct log_seal){.seq = m->seal.seq,
                                .hash = m->seal.hash,
                                .signature_size = m->seal.signature_size};
    memcpy(d->seal.signature, m->seal.signature, m->seal.signature_size);
    struct effect *effect = event_effects_add(n->fx, EFFECT_VERIFY);
    effect->seal.id = d->id;
    effect->seal.seq = d->seal.seq;
    effect->seal.link = s->link;
    effect->seal.hash = d->seal.hash;
    effect->seal.signature_size = d->seal.signature_size;
    memcpy(effect->seal.signature, d->seal.signature, d->seal.signature_size);
}

bool fork_seal(struct node *n, struct session *s, const struct message *m)
{
    struct doubt *d = &s->doubt;
    const struct log *l = doubted(n, s, &m->seal.log);
    if (l == NULL || d->seal.seq > 0)
        return false;
    bool same_place = m->seal.seq == d->ours &&
                      memcmp(&m->seal.hash, &l->seal.hash, sizeof l->seal.hash) != 0;
    bool follows = m->seal.seq == d->last && memcmp(&m->seal.hash, &d->head, sizeof d->head) == 0;
    if (same_place)
        d->there = m->seal.hash;
    if (m->seal.signature_size > 0 && (same_place || follows))
        verify(n, s, m);
    else
        end(n, s);
    return true;
}

static void go_on(struct node *n, struct session *s)
{
    const struct doubt *d = &s->doubt;
    struct message ack = {.kind = MESSAGE_ACK,
                          .ack = {.log = {.device = event_effects_copy(n->fx,
                                                                       span_of(d->id.device)),
                                          .key = d->id.key,
                                          .epoch = d->id.epoch},
                                  .seq = d->last,
                                  .held = d->last}};
    session_send(n, s, &ack);
}

bool fork_verified(struct node *n, const struct event *e)
{
    struct session *s = session_find(n, e->verified.link);
    if (s == NULL || s->doubt.ours == 0 || s->doubt.seal.seq != e->verified.seq ||
        s->doubt.id.epoch != e->verified.id.epoch ||
        strcmp(s->doubt.id.device, e->verified.id.device) != 0)
        return false;
    const struct log_seal against = s->doubt.seal;
    const struct member *m = members_find(n, span_of(e->verified.id.device));
    struct log *l = m == NULL ? NULL : members_log(m, &s->doubt.id.key, s->doubt.id.epoch);
    s->doubt.seal.seq = 0;
    if (!e->verified.valid) {
        node_counted(n, NODE_SEALS_BAD);
        peer_refuse(n, s, "a seal that does not hold");
        return true;
    }
    if (against.seq < s->doubt.ours) {
        go_on(n, s);
        return true;
    }
    if (l != NULL && l->seal.seq == s->doubt.ours &&
        memcmp(&l->seal.hash, &s->doubt.there, sizeof l->seal.hash) != 0)
        fork_note(n, l, &against);
    end(n, s);
    return true;
}

void fork_note(struct node *n, struct log *l, const struct log_seal *against)
{
    if (l->forked)
        return;
    l->forked = true;
    l->against = malloc(sizeof *l->against);
    if (l->against != NULL)
        *l->against = *against;
    node_counted(n, NODE_FORKS);
    struct fact *fact = node_fact(n, FACT_FORKED, event_effects_copy(n->fx, span_of(l->id.device)));
    if (fact != NULL) {
        fact->epoch = l->id.epoch;
        fact->seq = l->seal.seq < against->seq ? l->seal.seq : against->seq;
    }
}
