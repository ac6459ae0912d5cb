#include "core/view.h"

#include "core/clock.h"
#include "core/fork.h"
#include "core/hearsay.h"
#include "core/members.h"
#include "core/mesh.h"
#include "core/node_state.h"
#include "core/seen.h"

static const char *const presence_texts[VIEW_PRESENCE_COUNT] = {"online", "suspect", "offline",
                                                                "left"};
static const char *const known_texts[VIEW_KNOWN_COUNT] = {"proven", "called", "told"};
static const char *const how_texts[] = {"broadcast", "answer", "address", "memory", "them"};

static bool calls_come(const struct node *n, const struct member *m, uint64_t now_ms)
{
    return presence_of_calls(&n->health, m->heard_ms, now_ms, n->members.count) == PRESENCE_HERE;
}

static enum view_presence presence_of(const struct node *n, const struct member *m, uint64_t now_ms)
{
    static const enum view_presence of_calls[] = {[PRESENCE_HERE] = VIEW_ONLINE,
                                                  [PRESENCE_DOUBTED] = VIEW_SUSPECT,
                                                  [PRESENCE_GONE] = VIEW_OFFLINE};
    const struct session *s = m->session;
    if (s != NULL)
        return presence_of_session(&n->health, s->heard_ms, now_ms) == PRESENCE_HERE ? VIEW_ONLINE
                                                                                     : VIEW_SUSPECT;
    if (m->left)
        return VIEW_LEFT;
    if (!seen_by_calls(n, m) && m->hearsay.is == MESSAGE_ONLINE)
        return VIEW_OFFLINE;
    return of_calls[hearsay_sign(n, m, now_ms)];
}

/* "its calls come; no session is needed; controller7 called it gone" */
static const char *calls_text(const struct node *n, const struct member *m, uint64_t now_ms,
                              char out[LIMIT_REASON + 1])
{
    const struct hearsay *h = &m->hearsay;
    struct buf b;
    buf_init(&b, out, LIMIT_REASON);
    if (hearsay_only(m)) {
        buf_text(&b, "its calls do not come; it is there, says ");
        buf_text(&b, h->by[0]);
    } else {
        buf_text(&b, mesh_needs(n, m) && !m->useless ? "its calls come"
                                                     : "its calls come; no session is needed");
    }
    if (h->refuted > 0 && now_ms - h->refuted_ms <= TIME_REFUTED_MS) {
        buf_text(&b, "; called gone by ");
        buf_text(&b, h->accuser);
    }
    out[b.size] = '\0';
    return out;
}

static void put_evidence(const struct node *n, const struct member *m, uint64_t now_ms,
                         struct view_peer *out)
{
    char text[LIMIT_REASON + 1];
    const char *evidence = m->evidence, *also = "";
    bool by_calls = seen_by_calls(n, m);
    if (by_calls && out->presence == VIEW_ONLINE)
        evidence = calls_text(n, m, now_ms, text);
    else if (m->session == NULL && m->hearsay.is != MESSAGE_ONLINE)
        evidence = m->evidence;
    else if (by_calls || out->presence == VIEW_SUSPECT)
        evidence = presence_silence_text(text, out->last_heard_ms);
    else if (out->presence == VIEW_OFFLINE && m->evidence[0] == '\0')
        evidence = m->heard_ms == 0 ? "not met since this peer started"
                                    : "no session has come about";
    if (out->presence == VIEW_OFFLINE && m->hearsay.is == MESSAGE_ONLINE &&
        m->heard_ms > m->ended_ms && calls_come(n, m, now_ms))
        also = "; its calls come";
    size_t room = LIMIT_REASON - strlen(also), size = strlen(evidence);
    if (size > room)
        size = room;
    memcpy(out->evidence, evidence, size);
    memcpy(out->evidence + size, also, strlen(also) + 1);
}

/* In this life of ours, or by its note of an earlier one; a wall clock that was set back tells
 * nothing of that. */
static void put_heard(const struct node *n, const struct member *m, uint64_t now_ms,
                      struct view_peer *out)
{
    uint64_t wall_ms = n->wall_ms + (now_ms - n->now_ms);
    out->heard = m->heard_ms > 0 || (m->seen_wall_ms > 0 && m->seen_wall_ms <= wall_ms);
    if (m->heard_ms > 0)
        out->last_heard_ms = now_ms - m->heard_ms;
    else if (out->heard)
        out->last_heard_ms = wall_ms - m->seen_wall_ms;
}

static enum view_known known_of(const struct member *m)
{
    if (m->epoch > 0)
        return VIEW_PROVEN;
    return m->hello_epoch > 0 ? VIEW_CALLED : VIEW_TOLD;
}

static void fill_peer(const struct node *n, const struct member *m, uint64_t now_ms,
                      struct view_peer *out)
{
    const struct session *s = m->session;
    *out = (struct view_peer){
        .device = m->device,
        .known = known_of(m),
        .role_known = m->epoch > 0,
        .role = mesh_role(m),
        .presence = presence_of(n, m, now_ms),
        .session = s != NULL,
        .address = m->address_count > 0 ? m->addresses[0] : m->dialer.told,
        .how = m->how,
        .epoch = m->epoch,
        .forked = fork_is_of(n, m),
    };
    put_heard(n, m, now_ms, out);
    put_evidence(n, m, now_ms, out);
    if (s == NULL)
        return;
    out->address = s->address;
    out->rtt_known = s->rtt_known;
    out->rtt_ms = s->rtt_ms;
    out->clock_known = s->author_time_ms > 0;
    out->clock_off_ms = clock_off_ms(n, s);
    out->clock_wrong = clock_is_wrong(out->clock_off_ms);
}

bool view_peer_next(const struct node *n, uint64_t now_ms, size_t *at, struct view_peer *out)
{
    const struct member *m;
    while ((m = table_next(&n->members, at)) != NULL) {
        if (m->epoch == 0 && m->hello_epoch == 0 && m->hearsay.epoch == 0)
            continue; /* an address in its name, or logs that nobody has proven */
        fill_peer(n, m, now_ms, out);
        return true;
    }
    return false;
}

bool view_fork_next(const struct node *n, size_t *at, const struct proof **out)
{
    if (*at >= n->fork_count)
        return false;
    *out = &n->forks[(*at)++]->proof;
    return true;
}

static const struct log *log_of(const struct node *n, const struct log_id *id)
{
    bool own = ident_key_equal(&id->key, &n->self.key) && strcmp(id->device, n->self.device) == 0;
    const struct member *m = own ? &n->own : members_find(n, span_of(id->device));
    return m == NULL ? NULL : members_log(m, &id->key, id->epoch);
}

static void fill_topic(const struct node *n, const struct state_entry *e, struct view_topic *out)
{
    const struct log *l = log_of(n, &e->log);
    *out = (struct view_topic){
        .topic = {e->topic, e->topic_size},
        .bytes = {e->bytes, e->size},
        .log = &e->log,
        .seq = e->seq,
        .sealed = l != NULL && l->seal.seq >= e->seq,
    };
}

bool view_topic_next(const struct node *n, size_t *at, struct view_topic *out)
{
    const struct state_entry *e = table_next(&n->state.topics, at);
    if (e == NULL)
        return false;
    fill_topic(n, e, out);
    return true;
}

bool view_topic(const struct node *n, struct span topic, struct view_topic *out)
{
    const struct state_entry *e = state_get(&n->state, topic);
    if (e == NULL)
        return false;
    fill_topic(n, e, out);
    return true;
}

/* Of an emptied log the first checkpoint behind it tells. */
static uint64_t begins_ms(const struct log *newest, const struct log *l)
{
    const struct event_mark *mark = NULL;
    if (l->first == 1)
        return 0;
    for (; newest != NULL && newest != l; newest = newest->next)
        if (newest->marks.count > 0)
            mark = ring_at(&newest->marks, 0);
    if (l->first <= l->last && l->marks.count > 0)
        mark = ring_at(&l->marks, 0);
    return mark == NULL ? 0 : mark->at_ms;
}

bool view_log_next(const struct node *n, struct view_log_cursor *cursor, struct view_log *out)
{
    const struct member *m;
    if (!cursor->began)
        cursor->newest = cursor->next = n->own.logs;
    cursor->began = true;
    while (cursor->next == NULL && (m = table_next(&n->members, &cursor->at)) != NULL)
        cursor->newest = cursor->next = m->logs;
    const struct log *l = cursor->next;
    if (l == NULL)
        return false;
    *out = (struct view_log){&l->id,  l->role,     l->first,
                             l->last, l->seal.seq, begins_ms(cursor->newest, l)};
    cursor->next = l->next;
    return true;
}

bool view_why_next(const struct node *n, uint64_t *at, struct view_why *out)
{
    if (n->why_count > NODE_WHYS && *at < n->why_count - NODE_WHYS)
        *at = n->why_count - NODE_WHYS;
    if (*at >= n->why_count)
        return false;
    const struct why_entry *e = &n->whys[(*at)++ % NODE_WHYS];
    *out = (struct view_why){e->wall_ms, e->active, span_of(e->cause)};
    return true;
}

/* A sum, so that the order in which logs are met does not matter. */
static void add_log(const struct node *n, const struct log *l, struct chain_hash *sum)
{
    char text[EVENT_SEAL_TEXT_MAX];
    const struct chain_hash none = {{0}};
    struct chain_hash one;
    size_t size = event_seal_text(text, (struct span){0}, &l->id, l->seal.seq, &l->seal.hash);
    n->hash(&one, &none, (struct span){text, size});
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof sum->bytes; i++) {
        carry += (unsigned)sum->bytes[i] + one.bytes[i];
        sum->bytes[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

void view_state_hash(const struct node *n, struct chain_hash *hash)
{
    struct chain_hash sum = {{0}};
    const struct member *m;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL)
        for (const struct log *l = m->logs; l != NULL; l = l->next)
            if (l->seal.seq >= l->first)
                add_log(n, l, &sum);
    for (const struct log *l = n->own.logs; l != NULL; l = l->next)
        if (l->seal.seq >= l->first)
            add_log(n, l, &sum);
    n->hash(hash, &sum, (struct span){0});
}

const char *view_presence_text(enum view_presence presence)
{
    check(presence < VIEW_PRESENCE_COUNT);
    return presence_texts[presence];
}

const char *view_known_text(enum view_known known)
{
    check(known < VIEW_KNOWN_COUNT);
    return known_texts[known];
}

const char *view_how_text(enum fact_how how)
{
    check(how < COUNT_OF(how_texts));
    return how_texts[how];
}
