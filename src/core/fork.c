#include "core/fork.h"

#include "core/carry.h"
#include "core/decide.h"
#include "core/doubt.h"
#include "core/intake.h"
#include "core/members.h"
#include "core/news.h"
#include "core/peer.h"
#include "core/session.h"

#include <stdlib.h>

/* The happy path: a proof is made here (doubt.c, carry.c) or comes with its author's certificate
 * before it; its chain is computed, its seals are verified one behind the other; the key is added
 * to those that are known, the proof is stored and shown to all sessions.
 *
 * A proof whose certificate did not come, or of a key that is known, is passed over; one that does
 * not hold ends the session. A proof that is too large to be shown is kept until somebody brings
 * one that is not. What is restored is not verified again: a sum guards it against damage, and a
 * certificate that was lost meanwhile must not bring trust back. */

static const char THEIRS[] = "it has signed two different records under one number; its key is not "
                             "trusted any more";
static const char OURS[] = "this device's key has signed two different records under one number; "
                           "others do not trust it any more";

struct fork_judged {
    struct proof proof;
    uint64_t ask;
    enum fork_check check;
    size_t at; /* which seal is being verified */
    char bytes[];
};

void fork_fini(struct node *n)
{
    for (size_t i = 0; i < n->fork_count; i++) {
        free(n->forks[i]->bytes);
        free(n->forks[i]);
    }
    n->fork_count = 0;
}

static struct fork *find(const struct node *n, const struct key_id *key)
{
    for (size_t i = 0; i < n->fork_count; i++)
        if (ident_key_equal(&n->forks[i]->proof.id.key, key))
            return n->forks[i];
    return NULL;
}

bool fork_known(const struct node *n, const struct key_id *key)
{
    return n->fork_count > 0 && find(n, key) != NULL;
}

bool fork_is_of(const struct node *n, const struct member *m)
{
    static const struct key_id unknown;
    const struct key_id *key = m->session != NULL ? &m->session->identity.key : &m->key;
    if (!ident_key_equal(key, &unknown))
        return fork_known(n, key);
    for (const struct log *l = m->logs; l != NULL; l = l->next)
        if (!fork_known(n, &l->id.key)) /* it has another key by now */
            return false;
    for (size_t i = 0; i < n->fork_count; i++)
        if (strcmp(n->forks[i]->proof.id.device, m->device) == 0)
            return true;
    return false;
}

const char *fork_fault(const struct node *n, const struct member *m)
{
    if (n->fork_count == 0)
        return NULL;
    if (fork_known(n, &n->self.key))
        return OURS;
    return fork_is_of(n, m) ? THEIRS : NULL;
}

bool fork_refuses(struct node *n, struct session *s, const struct message *command)
{
    if (!fork_known(n, &s->identity.key))
        return false;
    struct message m = {.kind = MESSAGE_OUTCOME,
                        .outcome = {.id = event_effects_copy(n->fx, command->command.id),
                                    .outcome = FACT_OUTCOME_REFUSED,
                                    .reason = span_of(THEIRS)}};
    session_send(n, s, &m);
    return true;
}

static void store(struct node *n, const struct fork *f)
{
    struct effect *effect = node_store_effect(n, EFFECT_STORE_FORK, NULL, 0);
    if (effect != NULL)
        effect->store_fork = f->proof;
}

void fork_store_again(struct node *n)
{
    for (size_t i = 0; i < n->fork_count; i++)
        store(n, n->forks[i]);
}

static void tell(struct node *n, const struct proof *p)
{
    struct fact *fact = node_fact(n, FACT_FORKED, event_effects_copy(n->fx, span_of(p->id.device)));
    if (fact == NULL)
        return;
    fact->epoch = p->id.epoch;
    fact->seq = p->seals[0].seq;
}

void fork_start(struct node *n)
{
    for (size_t i = 0; i < n->fork_count; i++)
        tell(n, &n->forks[i]->proof);
}

/* False: out of memory, nothing is changed. */
static bool keep(struct node *n, struct fork *f, const struct proof *p)
{
    char *bytes = malloc(p->bytes.size + 1);
    if (bytes == NULL) {
        n->fx->out_of_memory = true;
        return false;
    }
    if (p->bytes.size > 0)
        memcpy(bytes, p->bytes.bytes, p->bytes.size);
    free(f->bytes);
    f->bytes = bytes;
    f->proof = *p;
    f->proof.bytes.bytes = bytes;
    return true;
}

static struct fork *add(struct node *n, const struct proof *p)
{
    struct fork *f = calloc(1, sizeof *f);
    if (f == NULL || !keep(n, f, p)) {
        n->fx->out_of_memory = true;
        free(f);
        return NULL;
    }
    n->forks[n->fork_count++] = f;
    return f;
}

/* What was accepted stays; of what goes on nothing is. */
static void distrust(struct node *n, const struct proof *p)
{
    doubt_settled(n, &p->id.key);
    carry_distrust(n, &p->id.key);
    const struct member *m = members_find(n, span_of(p->id.device));
    if (m == NULL || fork_is_of(n, m))
        decide_distrust(n, span_of(p->id.device));
    if (m != NULL)
        news_due(n, m);
}

/* LIMIT_FORKS are known: it is told, and this log is not taken any more. */
static void only_tell(struct node *n, const struct proof *p)
{
    const struct member *m = members_find(n, span_of(p->id.device));
    struct log *l = m == NULL ? NULL : members_log(m, &p->id.key, p->id.epoch);
    if (l == NULL || l->forked)
        return;
    l->forked = true;
    node_counted(n, NODE_FORKS);
    tell(n, p);
}

/* One that can be shown takes the place of one that can't. */
static void improve(struct node *n, struct fork *f, const struct proof *p)
{
    if (!proof_is_whole(&f->proof) && proof_is_whole(p) && keep(n, f, p))
        store(n, f);
}

void fork_prove(struct node *n, const struct proof *p)
{
    struct fork *known = find(n, &p->id.key);
    if (known != NULL) {
        improve(n, known, p);
        return;
    }
    if (n->fork_count == LIMIT_FORKS) {
        only_tell(n, p);
        return;
    }
    const struct fork *f = add(n, p);
    if (f == NULL)
        return;
    node_counted(n, NODE_FORKS);
    tell(n, p);
    store(n, f);
    distrust(n, p);
}

void fork_restore(struct node *n, const struct event *e)
{
    const struct proof *p = e->restore_fork;
    if (n->fork_count < LIMIT_FORKS && find(n, &p->id.key) == NULL)
        (void)add(n, p);
}

/* Checking what comes. */

static void verify(struct node *n, const struct session *s, struct fork_judged *j)
{
    const struct log_seal *seal = &j->proof.seals[j->at];
    struct effect *effect = event_effects_add(n->fx, EFFECT_VERIFY);
    effect->seal.id = j->proof.id;
    effect->seal.seq = seal->seq;
    effect->seal.link = s->link;
    effect->seal.ask = j->ask = ++n->asks;
    effect->seal.hash = seal->hash;
    effect->seal.signature_size = seal->signature_size;
    memcpy(effect->seal.signature, seal->signature, seal->signature_size);
}

void fork_judge(struct node *n, struct session *s, const struct proof *p, enum fork_check check)
{
    if (s->judged_count == LIMIT_JUDGED)
        return;
    struct fork_judged *j = malloc(sizeof *j + p->bytes.size);
    if (j == NULL) {
        n->fx->out_of_memory = true;
        return;
    }
    *j = (struct fork_judged){.proof = *p, .check = check};
    if (p->bytes.size > 0)
        memcpy(j->bytes, p->bytes.bytes, p->bytes.size);
    j->proof.bytes.bytes = j->bytes;
    s->judged[s->judged_count++] = j;
    verify(n, s, j);
}

void fork_session_gone(struct session *s)
{
    for (size_t i = 0; i < s->judged_count; i++)
        free(s->judged[i]);
    s->judged_count = 0;
}

static struct proof proof_of(struct node *n, const struct message *m)
{
    const struct message_run *run = &m->fork.run;
    struct proof p = {.id = {.key = run->log.key, .epoch = run->log.epoch},
                      .seals = {m->fork.seals[0], m->fork.seals[1]},
                      .there = run->base,
                      .count = run->count};
    ident_name_copy(p.id.device, run->log.device);
    if (run->count > 0)
        p.bytes = intake_join(n, run->records, run->count);
    return p;
}

static bool holds(struct node *n, const struct proof *p, const struct message_run *run)
{
    struct span *texts = event_effects_alloc(n->fx, (run->count + 1) * sizeof *texts);
    for (size_t i = 0; texts != NULL && i < run->count; i++)
        texts[i] = run->records[i].bytes;
    return texts != NULL && proof_holds(p, texts, n->hash);
}

static void mark(struct node *n, struct session *s, const struct key_id *key)
{
    for (size_t i = 0; i < n->fork_count; i++)
        if (ident_key_equal(&n->forks[i]->proof.id.key, key))
            s->forks_shown |= UINT64_C(1) << i;
}

static bool is_of_use(const struct node *n, const struct proof *p)
{
    const struct fork *known = find(n, &p->id.key);
    return known == NULL || !proof_is_whole(&known->proof);
}

void fork_received(struct node *n, struct session *s, const struct message *m)
{
    struct proof p = proof_of(n, m);
    const struct identity *who = &s->introduced;
    bool introduced = strcmp(who->device, p.id.device) == 0 &&
                      ident_key_equal(&who->key, &p.id.key);
    mark(n, s, &p.id.key);
    if (++s->forks_heard < LIMIT_FORKS)
        s->certificates++; /* of the next one */
    if (!introduced || s->forks_heard > LIMIT_FORKS || !is_of_use(n, &p)) {
        node_counted(n, NODE_MESSAGES_UNKNOWN);
        return;
    }
    if (!holds(n, &p, &m->fork.run))
        peer_refuse(n, s, "a proof that proves nothing");
    else
        fork_judge(n, s, &p, FORK_BOTH_SEALS);
}

static void forget(struct session *s, size_t at)
{
    free(s->judged[at]);
    s->judged[at] = s->judged[--s->judged_count];
}

void fork_verified(struct node *n, const struct event *e)
{
    struct session *s = session_find(n, e->verified.link);
    size_t at = 0;
    while (s != NULL && at < s->judged_count && s->judged[at]->ask != e->verified.ask)
        at++;
    if (s == NULL || at == s->judged_count)
        return;
    struct fork_judged *j = s->judged[at];
    if (!e->verified.valid) {
        node_counted(n, NODE_SEALS_BAD);
        peer_refuse(n, s, "a seal that does not hold");
        return;
    }
    if (j->check == FORK_BOTH_SEALS && j->at == 0) {
        j->at = 1;
        verify(n, s, j);
        return;
    }
    fork_prove(n, &j->proof);
    if (j->check == FORK_BOTH_SEALS)
        mark(n, s, &j->proof.id.key);
    forget(s, at);
}

/* Showing. */

static void show(struct node *n, struct session *s, const struct fork *f)
{
    const struct proof *p = &f->proof;
    struct effect *effect = event_effects_add(n->fx, EFFECT_INTRODUCE);
    effect->introduce.link = s->link;
    effect->introduce.key = p->id.key;
    struct message m = {
        .kind = MESSAGE_FORK,
        .fork = {.run = {.log = {span_of(p->id.device), p->id.key, p->id.epoch},
                         .bytes = event_effects_copy(n->fx, p->bytes),
                         .count = p->count,
                         .based = p->count > 0,
                         .base = p->there},
                 .seals = {p->seals[0], p->seals[1]}},
    };
    m.fork.run.log.device = event_effects_copy(n->fx, m.fork.run.log.device);
    session_send(n, s, &m);
}

/* One a turn: each may be as long as a line. */
static void show_next(struct node *n, struct session *s)
{
    for (size_t i = 0; i < n->fork_count; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if ((s->forks_shown & bit) != 0 || !proof_is_whole(&n->forks[i]->proof))
            continue;
        if (s->unsent < LIMIT_UNSENT) {
            s->forks_shown |= bit;
            show(n, s, n->forks[i]);
        }
        node_soon(&n->news_at_ms, n->now_ms + TIME_NEWS_MS); /* goes on then */
        return;
    }
}

void fork_pump(struct node *n)
{
    for (size_t i = 0; n->fork_count > 0 && i < n->session_count; i++)
        if (n->sessions[i]->state == PEER_OPEN && n->sessions[i]->have_done)
            show_next(n, n->sessions[i]);
}
