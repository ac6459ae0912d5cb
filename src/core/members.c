#include "core/members.h"

#include "core/discovery.h"
#include "core/hearsay.h"
#include "core/mesh.h"
#include "core/news.h"

#include <stdlib.h>

void members_init(struct node *n, uint64_t seed)
{
    table_init(&n->members, LIMIT_MEMBERS, seed);
}

static void free_logs(struct member *m)
{
    while (m->logs != NULL) {
        struct log *next = m->logs->next;
        log_free(m->logs);
        m->logs = next;
    }
}

void members_fini(struct node *n)
{
    size_t at = 0;
    struct member *m;
    while ((m = table_next(&n->members, &at)) != NULL) {
        free_logs(m);
        free(m);
    }
    table_fini(&n->members);
    free_logs(&n->own);
}

struct member *members_find(const struct node *n, struct span device)
{
    return table_get(&n->members, device);
}

/* A member that nothing depends on. One with a DIAL out stays: its dialer must be there for the
 * answer. */
static struct member *least_missed(const struct node *n)
{
    struct member *oldest = NULL, *m;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL) {
        if (m->session != NULL || m->logs != NULL || m->dialer.link != 0)
            continue;
        if (oldest == NULL || m->heard_ms < oldest->heard_ms)
            oldest = m;
    }
    return oldest;
}

static bool make_room(struct node *n)
{
    if (n->members.count < LIMIT_MEMBERS)
        return true;
    struct member *m = least_missed(n);
    if (m == NULL)
        return false;
    for (size_t i = 0; i < n->configured_count; i++)
        if (n->configured[i]->member == m)
            n->configured[i]->member = NULL;
    table_remove(&n->members, span_of(m->device));
    news_forget(n, m);
    discovery_forget(n, m);
    n->slots[m->slot] = NULL;
    free(m);
    return true;
}

static size_t free_slot(const struct node *n)
{
    size_t slot = 0;
    while (n->slots[slot] != NULL)
        slot++;
    return slot;
}

struct member *members_add(struct node *n, struct span device)
{
    struct member *m = members_find(n, device);
    if (m != NULL)
        return m;
    if (!make_room(n))
        return NULL;
    m = calloc(1, sizeof *m);
    if (m == NULL) {
        n->fx->out_of_memory = true;
        return NULL;
    }
    ident_name_copy(m->device, device);
    m->found_ms = n->now_ms;
    m->dialer = (struct dialer){.member = m, .at_ms = NODE_NEVER};
    if (table_put(&n->members, span_of(m->device), m) != ERR_OK) {
        n->fx->out_of_memory = true;
        free(m);
        return NULL;
    }
    m->place = mesh_place(n, device);
    mesh_grew(n);
    m->slot = free_slot(n);
    n->slots[m->slot] = m;
    return m;
}

bool members_is_there(const struct node *n, const struct member *m)
{
    bool met = m->epoch > 0 || m->hello_epoch > 0; /* else it is a name that somebody told */
    uint64_t heard_ms = met ? hearsay_heard_ms(m) : m->heard_ms;
    return m->session != NULL ||
           (!m->left && heard_ms > 0 &&
            presence_of_calls(&n->health, heard_ms, n->now_ms, n->members.count) != PRESENCE_GONE);
}

bool members_note_address(struct member *m, struct address address)
{
    size_t at = 0;
    while (at < m->address_count && !ident_address_equal(m->addresses[at], address))
        at++;
    if (at == 0 && m->address_count > 0)
        return false;
    if (at == m->address_count && at < LIMIT_ADDRESSES)
        m->address_count++;
    if (at == LIMIT_ADDRESSES)
        at--;
    memmove(&m->addresses[1], &m->addresses[0], at * sizeof m->addresses[0]);
    m->addresses[0] = address;
    return true;
}

void members_note_end(struct member *m, struct span evidence)
{
    size_t size = evidence.size < LIMIT_REASON ? evidence.size : LIMIT_REASON;
    if (size > 0)
        memcpy(m->evidence, evidence.bytes, size);
    m->evidence[size] = '\0';
}

static bool has_topic_room(const struct node *n, const struct member *m, const struct record *r)
{
    size_t foreign_max = LIMIT_TOPICS - LIMIT_TOPICS_OWN;
    bool crowded = n->state.topics.count >= foreign_max ||
                   (m != NULL && m->topic_count >= LIMIT_TOPICS_DEVICE);
    if (m == &n->own || !crowded)
        return true;
    char topic[LIMIT_TOPIC + 1];
    size_t size = state_topic(r, topic);
    return state_get(&n->state, (struct span){topic, size}) != NULL;
}

enum err members_apply(struct node *n, struct member *m, const struct log_id *id,
                       const struct record *r)
{
    if (!has_topic_room(n, m, r))
        return ERR_FULL;
    size_t before = n->state.topics.count;
    enum err err = state_apply(&n->state, id, r);
    if (m != NULL)
        m->topic_count += n->state.topics.count - before;
    return err;
}

/* The sliding window of RFC 6479's kind: one bit for each of the 64 counters up to the highest. */
bool members_fresh(struct member *m, uint64_t epoch, uint64_t counter)
{
    if (epoch < m->hello_epoch || epoch < m->epoch)
        return false;
    if (epoch > m->hello_epoch) {
        m->hello_epoch = epoch;
        m->hello_counter = counter;
        m->hello_window = 1;
        return true;
    }
    if (counter > m->hello_counter) {
        uint64_t shift = counter - m->hello_counter;
        m->hello_window = shift < 64 ? m->hello_window << shift | 1 : 1;
        m->hello_counter = counter;
        return true;
    }
    uint64_t behind = m->hello_counter - counter;
    if (behind >= 64 || (m->hello_window >> behind & 1) != 0)
        return false;
    m->hello_window |= (uint64_t)1 << behind;
    return true;
}

struct log *members_log(const struct member *m, const struct key_id *key, uint64_t epoch)
{
    for (struct log *l = m->logs; l != NULL && l->id.epoch >= epoch; l = l->next)
        if (l->id.epoch == epoch && ident_key_equal(&l->id.key, key))
            return l;
    return NULL;
}

static size_t count_logs(const struct member *m)
{
    size_t count = 0;
    for (const struct log *l = m->logs; l != NULL; l = l->next)
        count++;
    return count;
}

static void drop_cursors(const struct node *n, const struct log *l)
{
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *s = n->sessions[i];
        size_t kept = 0;
        for (size_t k = 0; k < s->cursor_count; k++)
            if (s->cursors[k].log != l)
                s->cursors[kept++] = s->cursors[k];
        s->cursor_count = kept;
    }
}

/* What is on its way to the disk arrives there, but nobody waits for it. */
static void forget_oldest(struct node *n, struct member *m)
{
    struct log **at = &m->logs;
    while ((*at)->next != NULL)
        at = &(*at)->next;
    struct log *l = *at;
    *at = NULL;
    m->forgotten = l->id.epoch;
    n->log_count--;
    drop_cursors(n, l);
    for (size_t i = 0; i < n->stores.count; i++) {
        struct node_store *pending = ring_at(&n->stores, i);
        if (pending->log == l)
            pending->log = NULL;
    }
    m->older_known = false;
    news_note(n, m);
    log_free(l);
}

static struct member *with_most_logs(const struct node *n)
{
    struct member *most = NULL, *m;
    size_t at = 0, most_count = 0;
    while ((m = table_next(&n->members, &at)) != NULL) {
        size_t count = count_logs(m);
        if (count <= most_count)
            continue;
        most = m;
        most_count = count;
    }
    return most;
}

static bool is_older_than_all(const struct member *m, uint64_t epoch)
{
    for (const struct log *l = m->logs; l != NULL; l = l->next)
        if (l->id.epoch <= epoch)
            return false;
    return true;
}

/* Whoever has most pays, so that nobody's logs can crowd out another's, and our own always have
 * their share. */
static bool make_log_room(struct node *n, struct member *m, uint64_t epoch)
{
    struct member *payer = count_logs(m) >= LIMIT_LOGS_DEVICE ? m : NULL;
    if (payer == NULL && m != &n->own && n->log_count >= LIMIT_LOGS)
        payer = with_most_logs(n);
    if (payer == m && is_older_than_all(m, epoch)) {
        m->forgotten = epoch;
        return false;
    }
    if (payer != NULL)
        forget_oldest(n, payer);
    return true;
}

struct log *members_log_add(struct node *n, struct member *m, const struct log_id *id,
                            enum role role)
{
    if (id->epoch <= m->forgotten || !make_log_room(n, m, id->epoch))
        return NULL;
    struct log *l = log_new(id, role);
    if (l == NULL) {
        n->fx->out_of_memory = true;
        return NULL;
    }
    struct log **at = &m->logs;
    while (*at != NULL && (*at)->id.epoch > id->epoch)
        at = &(*at)->next;
    l->superseded = at != &m->logs;
    l->next = *at;
    *at = l;
    if (l->next != NULL)
        l->next->superseded = true;
    m->older_known = false;
    news_note(n, m);
    n->log_count++;
    return l;
}
