#include "core/carry.h"

#include "core/carried.h"
#include "core/doubt.h"
#include "core/fork.h"
#include "core/intake.h"
#include "core/members.h"
#include "core/news.h"
#include "core/peer.h"
#include "core/seal.h"
#include "core/session.h"

#include <stdlib.h>

/* The happy path: ask; the author's certificate comes, then records, then the seal that ends the
 * stretch; VERIFY; the stretch is taken in and stored; when its seal is on disk an acknowledgement
 * goes back, and the next stretch comes. The log goes on being sent as it grows.
 *
 * Failures. A gap, or a chain that is not the signed one: the log may have grown here meanwhile by
 * another way, so it is asked for again from where it stands, a few times. A carrier that says it
 * has more and sends nothing is not asked again in its session; one that sends no whole stretch for
 * long gives way to whoever else offered the log. A signature that does not hold ends the session.
 */

enum { ASKS_MAX = 4 };

void carry_init(struct node *n, uint64_t seed)
{
    table_init(&n->carried, LIMIT_LOGS, seed);
    n->carry_at_ms = NODE_NEVER;
}

void carry_fini(struct node *n)
{
    carried_fini(n);
}

uint64_t carry_link(const struct node *n, const struct log_id *id)
{
    const struct carried *c = carried_find(n, id);
    return c == NULL ? 0 : c->link;
}

static void send_want(struct node *n, struct session *s, const struct carried *c,
                      enum message_want want)
{
    const struct log *l = carried_log(n, c);
    struct message_entry *e = event_effects_alloc(n->fx, sizeof *e);
    if (e == NULL)
        return;
    *e = (struct message_entry){
        .log = {.device = event_effects_copy(n->fx, span_of(c->id.device)),
                .key = c->id.key,
                .epoch = c->id.epoch},
        .first = l == NULL ? 1 : l->first,
        .last = l == NULL ? 0 : l->last,
        .sealed = l == NULL ? 0 : l->seal.seq,
        .want = want,
        .chain = l == NULL || l->seal.seq == 0 ? 0 : doubt_digest(&l->seal.hash),
        .role_known = l != NULL && want == MESSAGE_WANT_NOTHING,
        .role = l == NULL ? c->role : l->role,
    };
    struct message message = {.kind = MESSAGE_HAVE, .have = {.entries = e, .count = 1}};
    session_send(n, s, &message);
}

/* While nothing can be stored the question waits, for carry_again(). */
static void ask(struct node *n, struct session *s, struct carried *c)
{
    if (n->store_failed)
        return;
    c->at_ms = n->now_ms;
    node_soon(&n->carry_at_ms, n->now_ms + TIME_CARRY_MS);
    s->certificates++;
    send_want(n, s, c, MESSAGE_WANT_RECORDS);
}

static bool is_complete(const struct node *n, const struct carried *c)
{
    const struct log *l = carried_log(n, c);
    return l != NULL && l->seal.seq >= c->offered;
}

/* There is more. If nothing was missing, it may have ceased to send a log that seemed to be at its
 * end; else time goes on. */
static void note_more(struct node *n, struct session *s, struct carried *c, uint64_t offered)
{
    bool was_complete = is_complete(n, c);
    c->offered = offered;
    node_soon(&n->carry_at_ms, c->at_ms + TIME_CARRY_MS);
    if (!was_complete)
        return;
    c->since_ms = n->now_ms;
    ask(n, s, c);
}

/* False: nobody else offered it. */
static bool hand_over(struct node *n, struct carried *c)
{
    struct session *s = carried_hand_over(n, c);
    if (s == NULL)
        return false;
    c->since_ms = n->now_ms;
    ask(n, s, c);
    return true;
}

/* Another takes the place of a carrier that stays trusted. */
static void replace(struct node *n, struct carried *c)
{
    struct session *before = session_find(n, c->link);
    const struct member *m = members_find(n, span_of(c->id.device));
    uint64_t offered = c->offered;
    if (before == NULL || !hand_over(n, c))
        return;
    carried_offered(c, before->link, offered);
    if (m != NULL)
        news_tell_again(n, before, m);
}

void carry_ask(struct node *n, struct session *s, const struct message_log *log, uint64_t offered)
{
    struct log_id id = carried_id(log);
    struct carried *c = carried_find(n, &id);
    if (c == NULL) {
        c = carried_add(n, s, &id);
        if (c == NULL)
            return; /* at the bound: the next news is another chance */
        c->offered = offered;
        c->since_ms = n->now_ms;
        ask(n, s, c);
    } else if (c->link != s->link) {
        carried_offered(c, s->link, offered);
        node_soon(&n->carry_at_ms, c->since_ms + TIME_CARRY_OTHER_MS);
        if (is_complete(n, c)) /* all that its carrier had is here */
            replace(n, c);
    } else if (offered > c->offered) {
        note_more(n, s, c, offered);
    }
}

/* Who carried it does not any more. */
static void find_another(struct node *n, struct carried *c)
{
    struct member *m = members_find(n, span_of(c->id.device));
    if (hand_over(n, c))
        return;
    carried_forget(n, c);
    if (m != NULL)
        news_ask_again(n, m);
}

/* This carrier does not deliver: others are asked. */
static void give_up(struct node *n, struct carried *c)
{
    struct member *m = members_find(n, span_of(c->id.device));
    struct session *s = session_find(n, c->link);
    if (s != NULL && m != NULL)
        news_distrust(n, s, m);
    if (s != NULL)
        send_want(n, s, c, MESSAGE_WANT_NOTHING);
    find_another(n, c);
}

static void ask_again(struct node *n, struct session *s, struct carried *c)
{
    carried_drop_stretch(n, c);
    if (++c->asks < ASKS_MAX)
        ask(n, s, c);
    else
        give_up(n, c);
}

/* Who is who. */

void carry_certificate(struct node *n, struct session *s, const struct message *m)
{
    if (s->certificates == 0) { /* checking one costs us more than sending it */
        node_counted(n, NODE_MESSAGES_UNKNOWN);
        return;
    }
    s->certificates--;
    s->introduced.device[0] = '\0';
    struct effect *effect = event_effects_add(n->fx, EFFECT_CERTIFY);
    effect->certify.link = s->link;
    effect->certify.chain = m->certificate.chain;
}

void carry_certified(struct node *n, const struct event *e)
{
    struct session *s = session_find(n, e->certified.link);
    if (s == NULL || s->state != PEER_OPEN)
        return;
    if (!e->certified.valid) {
        peer_refuse(n, s, "it introduces a device of another network");
        return;
    }
    s->introduced = e->certified.identity;
}

/* The author of what is carried; false: not known. */
static bool introduce(const struct node *n, const struct session *s, struct carried *c)
{
    const struct log *l = carried_log(n, c);
    const struct identity *who = &s->introduced;
    if (c->introduced)
        return true;
    if (l != NULL)
        c->role = l->role;
    else if (strcmp(who->device, c->id.device) == 0 && ident_key_equal(&who->key, &c->id.key))
        c->role = who->role;
    else
        return false;
    c->introduced = news_wants_role(n, c->role);
    return c->introduced;
}

/* A stretch. */

/* Behind what is here; or, where the log was pruned meanwhile, with a checkpoint. */
static void begin_stretch(struct carried *c, const struct log *l, const struct message *m,
                          const struct record *first)
{
    const struct chain_hash none = {{0}};
    uint64_t next = l == NULL ? 1 : l->last + 1;
    c->based = m->update.based && first == m->update.records && first->part == 1 &&
               first->seq > next;
    c->base = m->update.base;
    c->first = c->based ? first->seq : next;
    c->last = c->first - 1;
    c->head = c->based ? c->base : l == NULL ? none : l->head;
}

void carry_emptied(struct node *n, const struct session *s, const struct message_log *log)
{
    struct carried *c = carried_of(n, s, log);
    if (c != NULL)
        find_another(n, c);
}

static void note_sign(const struct node *n, struct session *s, struct carried *c)
{
    c->at_ms = s->carried_ms = n->now_ms;
}

void carry_update(struct node *n, struct session *s, const struct message *m)
{
    struct carried *c = carried_of(n, s, &m->update.log);
    if (c == NULL || n->store_failed || c->seal.seq > 0 || !introduce(n, s, c)) {
        node_counted(n, NODE_MESSAGES_UNKNOWN);
        return;
    }
    const struct log *l = carried_log(n, c);
    const struct record *r = m->update.records;
    uint64_t last = c->first > 0 ? c->last : l == NULL ? 0 : l->last;
    size_t known = 0;
    note_sign(n, s, c);
    while (known < m->update.count && r[known].seq <= last)
        known++;
    n->counters[NODE_RECORDS_DOUBLE] += known;
    if (known < m->update.count && c->first == 0)
        begin_stretch(c, l, m, &r[known]);
    for (size_t i = known; i < m->update.count; i++) {
        const char *fault = intake_fault(n, &c->id, c->role, &r[i]);
        if (fault != NULL) {
            node_counted(n, NODE_RECORDS_DENIED);
            peer_refuse(n, s, fault);
            return;
        }
        if (r[i].seq > c->last + 1) {
            ask_again(n, s, c);
            return;
        }
        if (!carried_gather(n, s, c, &r[i])) {
            give_up(n, c);
            return;
        }
    }
}

/* The chain here at the seal's place; false: it is not known here. */
static bool chain_at(const struct carried *c, const struct log *l, uint64_t seq,
                     struct chain_hash *hash)
{
    if (c->first > 0 && seq == c->last) {
        *hash = c->head;
        return true;
    }
    return c->first == 0 && l != NULL && seq <= l->last && log_hash_at(l, seq, hash);
}

void carry_seal(struct node *n, struct session *s, const struct message *m)
{
    struct carried *c = carried_of(n, s, &m->seal.log);
    struct chain_hash ours;
    if (c == NULL || n->store_failed || c->seal.seq > 0 || m->seal.signature_size == 0)
        return;
    const struct log *l = carried_log(n, c);
    note_sign(n, s, c);
    if (l != NULL && m->seal.seq <= l->seal.seq) { /* it does not know how far we are */
        carry_stored(n, l);
        return;
    }
    if (!chain_at(c, l, m->seal.seq, &ours)) {
        ask_again(n, s, c);
        return;
    }
    c->seal = (struct log_seal){.seq = m->seal.seq,
                                .hash = m->seal.hash,
                                .signature_size = m->seal.signature_size};
    memcpy(c->seal.signature, m->seal.signature, m->seal.signature_size);
    c->differs = memcmp(&ours, &m->seal.hash, sizeof ours) != 0;
    struct effect *effect = event_effects_add(n->fx, EFFECT_VERIFY);
    effect->seal.id = c->id;
    effect->seal.seq = c->seal.seq;
    effect->seal.link = s->link;
    effect->seal.hash = c->seal.hash;
    effect->seal.signature_size = c->seal.signature_size;
    memcpy(effect->seal.signature, c->seal.signature, c->seal.signature_size);
}

/* Takes what can be taken apart, which is all but for want of memory; false then. */
static bool take_stretch(struct node *n, struct member *m, struct log *l, const struct carried *c)
{
    struct span bytes = event_effects_copy(n->fx, (struct span){c->bytes, c->size});
    size_t count = (size_t)(c->last - c->first + 1), at = 0, end = 0, taken = 0;
    struct record *records = event_effects_alloc(n->fx, count * sizeof *records);
    while (bytes.size > 0 && records != NULL && taken < count) {
        const char *cause;
        char *memory = event_effects_alloc(n->fx, LIMIT_VALUE_TEXT);
        struct record *r = &records[taken];
        if (memory == NULL || !n->next(bytes, &at, r, memory, &cause) ||
            !intake_record(n, m, l, r, intake_age_ms(n, r)))
            break;
        end = (size_t)(r->bytes.bytes + r->bytes.size - bytes.bytes);
        taken++;
    }
    n->counters[NODE_RECORDS_CARRIED] += taken;
    if (taken > 0)
        intake_store(n, l, (struct span){bytes.bytes, end}, taken);
    return taken == count;
}

static struct log *log_here(struct node *n, const struct carried *c, struct member **member)
{
    struct member *m = *member = members_add(n, span_of(c->id.device));
    struct log *l = m == NULL ? NULL : members_log(m, &c->id.key, c->id.epoch);
    if (l != NULL || m == NULL)
        return l;
    if (m->session != NULL && !ident_key_equal(&m->session->identity.key, &c->id.key))
        return NULL; /* another key under a name that is in use */
    /* An earlier key's lives say nothing of the present one's. */
    if (m->epoch < c->id.epoch && (m->epoch == 0 || ident_key_equal(&m->key, &c->id.key))) {
        m->epoch = c->id.epoch;
        m->role = c->role;
    }
    return members_log_add(n, m, &c->id, c->role);
}

/* Whether the log still stands where the stretch begins: it may have come by another way. */
static bool fits(const struct log *l, const struct carried *c)
{
    struct chain_hash ours;
    if (c->first > 0)
        return l->last + 1 == c->first || (c->based && l->last < c->first);
    return c->seal.seq <= l->last && log_hash_at(l, c->seal.seq, &ours) &&
           memcmp(&ours, &c->seal.hash, sizeof ours) == 0;
}

static void complete(struct node *n, struct session *s, struct carried *c)
{
    struct member *m;
    bool is_new = members_find(n, span_of(c->id.device)) == NULL;
    struct log *l = log_here(n, c, &m);
    if (l == NULL) {
        give_up(n, c);
        return;
    }
    if (c->based && l->last + 1 < c->first)
        intake_begin_later(n, l, c->first, &c->base);
    if (!fits(l, c) || (c->first > 0 && !take_stretch(n, m, l, c))) {
        ask_again(n, s, c);
        return;
    }
    log_accept_seal(l, &c->seal);
    node_counted(n, NODE_SEALS_VERIFIED);
    seal_store(n, l);
    carried_drop_stretch(n, c);
    c->asks = 0;
    c->since_ms = n->now_ms;
    if (is_new)
        news_list_due(n, s, m);
}

/* The author signed both: the chain that the carrier has, and ours up to the same place. */
static bool is_fork(const struct log *l, const struct carried *c)
{
    return l != NULL && l->seal.seq == c->seal.seq &&
           memcmp(&l->seal.hash, &c->seal.hash, sizeof c->seal.hash) != 0;
}

/* Signed, and not the continuation of ours: records that were changed on the way, or a fork. */
static void unfit(struct node *n, struct session *s, struct carried *c)
{
    const struct log *l = carried_log(n, c);
    bool enough = c->asks + 1 >= ASKS_MAX;
    ask_again(n, s, c);
    if (enough && l != NULL)
        doubt_longer(n, s, l);
}

bool carry_verified(struct node *n, const struct event *e)
{
    struct carried *c = carried_find(n, &e->verified.id);
    if (c == NULL || c->link != e->verified.link || c->seal.seq == 0 ||
        c->seal.seq != e->verified.seq)
        return false;
    struct session *s = session_find(n, c->link);
    struct log *l = carried_log(n, c);
    if (s == NULL || n->store_failed)
        return true;
    if (!e->verified.valid) {
        node_counted(n, NODE_SEALS_BAD);
        peer_refuse(n, s, "a seal that does not hold");
    } else if (!c->differs) {
        complete(n, s, c);
    } else if (is_fork(l, c)) {
        struct proof p = {.id = l->id, .seals = {l->seal, c->seal}};
        give_up(n, c);
        fork_prove(n, &p);
    } else {
        unfit(n, s, c);
    }
    return true;
}

void carry_stored(struct node *n, const struct log *l)
{
    const struct carried *c = l->own ? NULL : carried_find(n, &l->id);
    struct session *s = c == NULL ? NULL : session_find(n, c->link);
    uint64_t acked = l->stored < l->stored_seal.seq ? l->stored : l->stored_seal.seq;
    if (s == NULL || acked == 0)
        return;
    struct message ack = {.kind = MESSAGE_ACK,
                          .ack = {.log = {.device = event_effects_copy(n->fx,
                                                                       span_of(l->id.device)),
                                          .key = l->id.key,
                                          .epoch = l->id.epoch},
                                  .seq = acked,
                                  .held = l->stored}};
    session_send(n, s, &ack);
}

/* Ends. */

static bool is_of_link(const struct node *n, const struct carried *c, const void *context)
{
    (void)n;
    return c->link == *(const uint64_t *)context;
}

void carry_session_gone(struct node *n, const struct session *s)
{
    size_t count;
    const struct log_id *ids = carried_which(n, is_of_link, &s->link, &count);
    for (size_t i = 0; i < count; i++)
        find_another(n, carried_find(n, &ids[i]));
}

static bool is_written_by(const struct node *n, const struct carried *c, const void *context)
{
    (void)n;
    const struct member *m = context;
    return strcmp(c->id.device, m->device) == 0 && c->id.epoch >= m->session->epoch;
}

void carry_author_here(struct node *n, const struct member *m)
{
    size_t count;
    const struct log_id *ids = carried_which(n, is_written_by, m, &count);
    for (size_t i = 0; i < count; i++) {
        struct carried *c = carried_find(n, &ids[i]);
        struct session *s = session_find(n, c->link);
        if (s != NULL) { /* the author may be gone again before the next news */
            send_want(n, s, c, MESSAGE_WANT_NOTHING);
            news_tell_again(n, s, m);
        }
        carried_forget(n, c);
    }
}

static bool is_signed_by(const struct node *n, const struct carried *c, const void *context)
{
    (void)n;
    return ident_key_equal(&c->id.key, context);
}

void carry_distrust(struct node *n, const struct key_id *key)
{
    size_t count;
    const struct log_id *ids = carried_which(n, is_signed_by, key, &count);
    for (size_t i = 0; i < count; i++) {
        struct carried *c = carried_find(n, &ids[i]);
        struct session *s = session_find(n, c->link);
        if (s != NULL)
            send_want(n, s, c, MESSAGE_WANT_NOTHING);
        carried_forget(n, c);
    }
}

void carry_again(struct node *n)
{
    struct carried *c;
    size_t at = 0;
    while ((c = table_next(&n->carried, &at)) != NULL) {
        struct session *s = session_find(n, c->link);
        check(s != NULL); /* else carry_session_gone() */
        carried_drop_stretch(n, c);
        ask(n, s, c);
    }
}

/* Until when something must come of this carrier; NODE_NEVER: nothing is missing. */
static uint64_t silent_ms(const struct node *n, const struct carried *c)
{
    const struct session *s = session_find(n, c->link);
    if (n->store_failed || s == NULL || c->seal.seq > 0 || is_complete(n, c))
        return NODE_NEVER;
    uint64_t busy_ms = c->at_ms + 2 * (uint64_t)TIME_CARRY_MS; /* with other logs, that long */
    if (busy_ms > s->carried_ms)
        busy_ms = s->carried_ms;
    return (c->at_ms > busy_ms ? c->at_ms : busy_ms) + TIME_CARRY_MS;
}

/* Until when a stretch must be taken in, if somebody else offers it. */
static uint64_t slow_ms(const struct node *n, const struct carried *c)
{
    bool alone = true;
    for (size_t i = 0; i < CARRIED_OTHERS; i++)
        alone = alone && c->others[i].link == 0;
    if (alone || n->store_failed || is_complete(n, c))
        return NODE_NEVER;
    return c->since_ms + TIME_CARRY_OTHER_MS;
}

static bool is_due(const struct node *n, const struct carried *c, const void *context)
{
    (void)context;
    return silent_ms(n, c) <= n->now_ms || slow_ms(n, c) <= n->now_ms;
}

/* Silence is no excuse; who is slow may have much to send, and stays trusted. */
static void turn_away(struct node *n, struct carried *c)
{
    if (silent_ms(n, c) <= n->now_ms) {
        give_up(n, c);
        return;
    }
    replace(n, c);
}

void carry_tick(struct node *n)
{
    if (n->carry_at_ms > n->now_ms)
        return;
    struct carried *c;
    size_t at = 0, count;
    const struct log_id *ids = carried_which(n, is_due, NULL, &count);
    for (size_t i = 0; i < count; i++)
        turn_away(n, carried_find(n, &ids[i]));
    n->carry_at_ms = NODE_NEVER;
    while ((c = table_next(&n->carried, &at)) != NULL) {
        node_soon(&n->carry_at_ms, silent_ms(n, c));
        node_soon(&n->carry_at_ms, slow_ms(n, c));
    }
}

uint64_t carry_deadline(const struct node *n)
{
    return n->carry_at_ms;
}
