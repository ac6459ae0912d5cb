#include "core/view.h"

#include "core/clock.h"
#include "core/members.h"
#include "core/node_state.h"

static const char *const presence_texts[VIEW_PRESENCE_COUNT] = {"online", "suspect", "offline",
                                                                "left"};
static const char *const how_texts[] = {"broadcast", "answer", "address", "memory", "them"};

static enum view_presence presence_of(const struct member *m, uint64_t now_ms)
{
    if (m->session != NULL)
        return now_ms - m->session->heard_ms <= 2 * (uint64_t)TIME_BEAT_MS ? VIEW_ONLINE
                                                                           : VIEW_SUSPECT;
    return m->left ? VIEW_LEFT : VIEW_OFFLINE;
}

static void fill_peer(const struct node *n, const struct member *m, uint64_t now_ms,
                      struct view_peer *out)
{
    const struct session *s = m->session;
    *out = (struct view_peer){
        .device = m->device,
        .role_known = m->epoch > 0,
        .role = m->role,
        .presence = presence_of(m, now_ms),
        .heard = m->heard_ms > 0,
        .last_heard_ms = now_ms - m->heard_ms,
        .evidence = s != NULL ? "" : m->evidence,
        .address = m->address_count > 0 ? m->addresses[0] : (struct address){0},
        .how = m->how,
        .epoch = m->epoch,
    };
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
        if (m->epoch == 0)
            continue;
        fill_peer(n, m, now_ms, out);
        return true;
    }
    return false;
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

bool view_log_next(const struct node *n, struct view_log_cursor *cursor, struct view_log *out)
{
    const struct member *m;
    if (!cursor->began)
        cursor->next = n->own.logs;
    cursor->began = true;
    while (cursor->next == NULL && (m = table_next(&n->members, &cursor->at)) != NULL)
        cursor->next = m->logs;
    const struct log *l = cursor->next;
    if (l == NULL)
        return false;
    *out = (struct view_log){&l->id, l->role, l->first, l->last, l->seal.seq};
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
            if (l->seal.seq > 0)
                add_log(n, l, &sum);
    for (const struct log *l = n->own.logs; l != NULL; l = l->next)
        if (l->seal.seq > 0)
            add_log(n, l, &sum);
    n->hash(hash, &sum, (struct span){0});
}

const char *view_presence_text(enum view_presence presence)
{
    check(presence < VIEW_PRESENCE_COUNT);
    return presence_texts[presence];
}

const char *view_how_text(enum fact_how how)
{
    check(how < COUNT_OF(how_texts));
    return how_texts[how];
}
