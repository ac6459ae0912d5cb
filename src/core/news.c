#include "core/news.h"

#include "core/carry.h"
#include "core/doubt.h"
#include "core/fork.h"
#include "core/members.h"
#include "core/serve.h"
#include "core/session.h"

#include <stdlib.h>

/* The happy path: a session opens and each tells the other all logs that it holds of others; who
 * lacks something asks for it (carry.c). Later a log grows here: everybody who wants news of its
 * device is told. A session with a device opens: all others hear that we want nothing of it any
 * more; it ends: that we want news, and whoever has more says so.
 *
 * Of a device's logs the newest is told one by one; the earlier ones, which hardly change, as one
 * digest. Where digests differ, lists of all that device's logs go to and fro, at a bounded pace:
 * a list is much longer than what makes us send it. */

/* What two peers know of each other about one device. */
struct news {
    bool heard;                 /* the other has named it */
    bool silent;                /* the other promised and did not send */
    bool given;                 /* it was sent logs of it */
    bool list_due;              /* our list is to be sent, but not before list_ms */
    enum message_want mode : 8; /* what the other wants */
    enum message_want told : 8; /* what we said we want */
    uint64_t retell_ms;         /* who wants nothing of its newest log is told of it then again */
    uint64_t epoch, sealed;     /* so much of its newest log the other has, or knows that we have */
    uint64_t older;             /* digest of ours that we told */
    uint64_t older_heard;       /* digest of theirs */
    uint64_t list_ms;
    uint64_t answer_ms; /* a list of theirs is not answered before */
};

bool news_wants_role(const struct node *n, enum role role)
{
    return n->self.role != ROLE_SENSOR || (role != ROLE_SENSOR && role != ROLE_OBSERVER);
}

static bool is_leaf(enum role role)
{
    return role == ROLE_SENSOR;
}

/* NULL: nothing was said of it yet. */
static struct news *known(const struct session *s, const struct member *m)
{
    struct news *page = s->news[m->slot / NEWS_PAGE];
    return page == NULL ? NULL : &page[m->slot % NEWS_PAGE];
}

/* NULL: out of memory. */
static struct news *news_of(struct node *n, struct session *s, const struct member *m)
{
    struct news **page = &s->news[m->slot / NEWS_PAGE];
    if (*page == NULL)
        *page = calloc(NEWS_PAGE, sizeof **page);
    if (*page == NULL)
        n->fx->out_of_memory = true;
    return known(s, m);
}

void news_end(struct session *s)
{
    for (size_t i = 0; i < COUNT_OF(s->news); i++)
        free(s->news[i]);
}

void news_forget(struct node *n, const struct member *m)
{
    n->news_of[m->slot / 64] &= ~((uint64_t)1 << m->slot % 64);
    for (size_t i = 0; i < n->session_count; i++) {
        struct news *news = known(n->sessions[i], m);
        if (news != NULL)
            *news = (struct news){0};
    }
}

void news_changed(struct node *n, struct member *m)
{
    m->older_known = false;
    news_due(n, m);
}

/* Our own logs are told otherwise. */
void news_note(struct node *n, const struct member *m)
{
    if (m != &n->own)
        n->news_of[m->slot / 64] |= (uint64_t)1 << m->slot % 64;
}

void news_due(struct node *n, const struct member *m)
{
    news_note(n, m);
    node_soon(&n->news_at_ms, n->now_ms + TIME_NEWS_MS);
}

void news_give(struct node *n, struct session *s, const struct member *m)
{
    struct news *news = news_of(n, s, m);
    if (news != NULL)
        news->given = true;
}

bool news_gives(const struct session *s, const struct member *m)
{
    const struct news *news = known(s, m);
    return news != NULL && news->given;
}

static bool is_here(const struct member *m, const struct key_id *key)
{
    return m->session != NULL && ident_key_equal(&m->session->identity.key, key);
}

/* So much of it can be given away. */
static uint64_t servable(const struct log *l)
{
    return l->stored_seal.seq < l->stored ? l->stored_seal.seq : l->stored;
}

/* The newest log of which something can be given away; else the newest; NULL: there is none. */
static const struct log *newest(const struct member *m)
{
    for (const struct log *l = m->logs; l != NULL; l = l->next)
        if (servable(l) > 0)
            return l;
    return m->logs;
}

static enum message_want want_of(const struct node *n, const struct session *s,
                                 const struct member *m, const struct log *l,
                                 const struct news *news)
{
    if (!news_wants_role(n, l->role) || is_leaf(s->identity.role) || news->silent ||
        fork_known(n, &l->id.key))
        return MESSAGE_WANT_NOTHING;
    if (carry_link(n, &l->id) == s->link) /* also of an earlier life of one that is here */
        return MESSAGE_WANT_RECORDS;
    return m->session != NULL ? MESSAGE_WANT_NOTHING : MESSAGE_WANT_NEWS;
}

/* A sum, so that the order in which logs are met does not matter; 0: there are none. */
static uint64_t older_digest(const struct node *n, const struct member *m)
{
    uint64_t sum = 0;
    const struct log *told = newest(m);
    for (const struct log *l = m->logs; l != NULL; l = l->next) {
        char text[EVENT_SEAL_TEXT_MAX];
        const struct chain_hash none = {{0}};
        struct chain_hash one;
        uint64_t part = 0;
        if (l == told || servable(l) == 0)
            continue;
        size_t size = event_seal_text(text, (struct span){0}, &l->id, l->stored_seal.seq,
                                      &l->stored_seal.hash);
        n->hash(&one, &none, (struct span){text, size});
        for (size_t i = 0; i < sizeof part; i++)
            part = part << 8 | one.bytes[i];
        sum += part;
    }
    return sum;
}

static uint64_t older_of(const struct node *n, struct member *m)
{
    if (!m->older_known)
        m->older = older_digest(n, m);
    m->older_known = true;
    return m->older;
}

static struct message_entry entry_of(struct node *n, const struct log *l)
{
    return (struct message_entry){
        .log = {.device = event_effects_copy(n->fx, span_of(l->id.device)),
                .key = l->id.key,
                .epoch = l->id.epoch},
        .first = l->first,
        .last = l->last,
        .sealed = servable(l),
        .closed = l->closed,
    };
}

static uint64_t chain_of(const struct log *l)
{
    return servable(l) == l->stored_seal.seq ? doubt_digest(&l->stored_seal.hash) : 0;
}

static bool goes_further(uint64_t epoch, uint64_t sealed, const struct news *news)
{
    return epoch > news->epoch || (epoch == news->epoch && sealed > news->sealed);
}

/* Who follows a log hears of a later one only; who wants nothing of it, now and then, for its
 * author may tell the other something else. */
static bool is_news(const struct node *n, const struct log *l, const struct news *news)
{
    if (news->heard && news->mode == MESSAGE_WANT_NOTHING && n->now_ms < news->retell_ms)
        return false;
    if (news->heard && news->mode == MESSAGE_WANT_RECORDS)
        return l->id.epoch > news->epoch;
    return goes_further(l->id.epoch, servable(l), news);
}

/* It was too early. */
static void retell(struct node *n, const struct member *m, const struct news *news)
{
    news_note(n, m);
    node_soon(&n->news_at_ms, news->retell_ms);
}

/* What the other should hear about this device now; false: nothing. */
static bool tell(struct node *n, struct session *s, struct member *m, struct message_entry *entry)
{
    const struct log *l = newest(m);
    struct news *news = l == NULL || m == s->member ? NULL : news_of(n, s, m);
    if (news == NULL)
        return false;
    enum message_want want = want_of(n, s, m, l, news);
    bool gives = !is_leaf(n->self.role) && s->wants[l->role] && servable(l) > 0;
    uint64_t older = gives ? older_of(n, m) : 0;
    bool offers = gives && is_news(n, l, news);
    if (gives && !offers && goes_further(l->id.epoch, servable(l), news) &&
        news->mode == MESSAGE_WANT_NOTHING)
        retell(n, m, news);
    if (!offers && want == news->told && older == news->older)
        return false;
    *entry = entry_of(n, l);
    entry->role_known = true;
    entry->role = l->role;
    entry->want = want;
    entry->older = older;
    entry->chain = chain_of(l);
    news->retell_ms = n->now_ms + TIME_RETELL_MS;
    news->told = want;
    news->older = older;
    if (goes_further(l->id.epoch, servable(l), news)) {
        news->epoch = l->id.epoch;
        news->sealed = servable(l);
    }
    return true;
}

static void send_page(struct node *n, struct session *s, const struct message_entry *entries,
                      size_t count)
{
    struct message message = {.kind = MESSAGE_HAVE, .have = {.entries = entries, .count = count}};
    if (count > 0)
        session_send(n, s, &message);
}

static void send_list(struct node *n, struct session *s, const struct member *m)
{
    struct message_entry *entries = event_effects_alloc(n->fx, LIMIT_LOGS_DEVICE * sizeof *entries);
    if (entries == NULL)
        return;
    size_t count = 0;
    for (const struct log *l = m->logs; l != NULL && count < LIMIT_LOGS_DEVICE; l = l->next)
        if (servable(l) > 0) {
            entries[count] = entry_of(n, l);
            entries[count].chain = count < LIMIT_LIST_CHAINS ? chain_of(l) : 0;
            count++;
        }
    struct message message = {.kind = MESSAGE_HAVE,
                              .have = {.entries = entries,
                                       .count = count,
                                       .of = event_effects_copy(n->fx, span_of(m->device))}};
    session_send(n, s, &message);
}

/* Lists wait while the socket owes much, too. */
static void tell_list(struct node *n, struct session *s, struct member *m)
{
    struct news *news = known(s, m);
    if (news == NULL || !news->list_due)
        return;
    if (n->now_ms < news->list_ms || s->unsent >= LIMIT_UNSENT) {
        news_note(n, m);
        node_soon(&n->news_at_ms,
                  n->now_ms < news->list_ms ? news->list_ms : n->now_ms + TIME_NEWS_MS);
        return;
    }
    news->list_due = false;
    news->list_ms = n->now_ms + TIME_LIST_MS;
    if (news->older_heard == 0 || news->older_heard != older_of(n, m))
        send_list(n, s, m);
}

static void tell_session(struct node *n, struct session *s, struct member **members, size_t count)
{
    struct message_entry *page = NULL;
    size_t entries = 0;
    for (size_t i = 0; i < count; i++) {
        if (page == NULL)
            page = event_effects_alloc(n->fx, LIMIT_NEWS_ENTRIES * sizeof *page);
        if (page == NULL)
            return;
        entries += tell(n, s, members[i], &page[entries]);
        tell_list(n, s, members[i]);
        if (entries < LIMIT_NEWS_ENTRIES)
            continue;
        send_page(n, s, page, entries);
        page = NULL;
        entries = 0;
    }
    send_page(n, s, page, entries);
}

/* Those of whom something may be new, from here on nobody. */
static size_t take_noted(struct node *n, struct member *members[LIMIT_MEMBERS])
{
    size_t count = 0;
    for (size_t word = 0; word < COUNT_OF(n->news_of); word++) {
        uint64_t bits = n->news_of[word];
        n->news_of[word] = 0;
        for (size_t slot = 64 * word; bits != 0; slot++, bits >>= 1)
            if ((bits & 1) != 0)
                members[count++] = n->slots[slot];
    }
    return count;
}

static size_t take_all(const struct node *n, struct member *members[LIMIT_MEMBERS])
{
    size_t count = 0;
    for (size_t slot = 0; slot < LIMIT_MEMBERS; slot++)
        if (n->slots[slot] != NULL)
            members[count++] = n->slots[slot];
    return count;
}

void news_begin(struct node *n, struct session *s)
{
    struct member *all[LIMIT_MEMBERS];
    s->news_all = s->state != PEER_OPEN;
    if (s->news_all)
        node_soon(&n->news_at_ms, n->now_ms + TIME_NEWS_MS);
    else
        tell_session(n, s, all, take_all(n, all));
}

void news_tick(struct node *n)
{
    struct member *noted[LIMIT_MEMBERS], *all[LIMIT_MEMBERS];
    if (n->news_at_ms > n->now_ms)
        return;
    n->news_at_ms = NODE_NEVER;
    size_t count = take_noted(n, noted);
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *s = n->sessions[i];
        if (s->state != PEER_OPEN || !s->have_done)
            continue;
        if (s->news_all)
            tell_session(n, s, all, take_all(n, all));
        else
            tell_session(n, s, noted, count);
        s->news_all = false;
    }
}

/* By its certificate, or as long as nobody has seen that, by what the other says. */
static bool wants_author(const struct node *n, const struct member *m,
                         const struct message_entry *e)
{
    if (m != NULL && m->epoch > 0)
        return news_wants_role(n, m->role);
    return e->role_known && news_wants_role(n, e->role);
}

/* Whether we want to hear more of this log from somebody else than its author. */
static bool is_of_use(const struct node *n, const struct session *s, const struct member *m,
                      const struct message_entry *e)
{
    if (e->sealed < e->first || is_leaf(s->identity.role) || !wants_author(n, m, e))
        return false;
    if (fork_known(n, &e->log.key))
        return false;
    if (m == NULL)
        return true;
    if (m->session != NULL && (!is_here(m, &e->log.key) || e->log.epoch >= m->session->epoch))
        return false;
    const struct log *l = members_log(m, &e->log.key, e->log.epoch);
    if (l == NULL)
        return e->log.epoch > m->forgotten && !news_distrusted(s, m);
    return !l->forked && e->sealed > l->seal.seq && !news_distrusted(s, m);
}

/* Entries of a list, and of what is asked for, tell no role and are of one log each; others speak
 * of the device. */
static void note_entry(struct node *n, struct session *s, struct member *m,
                       const struct message_entry *e)
{
    const struct log *l = newest(m);
    bool is_newest = l == NULL || e->log.epoch >= l->id.epoch;
    struct news *news = news_of(n, s, m);
    if (news == NULL || (!e->role_known && (e->want == MESSAGE_WANT_NOTHING || !is_newest)))
        return;
    news->heard = true;
    news->mode = e->want;
    news->epoch = e->log.epoch;
    news->sealed = e->sealed;
    if (e->want == MESSAGE_WANT_NEWS)
        news_due(n, m);
    else
        news_note(n, m);
    if (e->older == 0 || e->older == news->older_heard || e->older == older_of(n, m) ||
        !wants_author(n, m, e))
        return;
    news->older_heard = e->older;
    news_list_due(n, s, m);
}

void news_list_due(struct node *n, struct session *s, const struct member *m)
{
    struct news *news = news_of(n, s, m);
    if (news == NULL)
        return;
    news->list_due = true;
    news_due(n, m);
}

/* It has more of a log that we want of nobody but its author: it can't know yet whether ours is the
 * beginning of that. */
static bool must_hear_of_ours(const struct node *n, const struct log *l,
                              const struct message_entry *e)
{
    return !is_leaf(n->self.role) && l != NULL && servable(l) > 0 && e->role_known &&
           e->chain != 0 && e->sealed > servable(l);
}

void news_entry(struct node *n, struct session *s, const struct message_entry *e)
{
    struct member *m = members_find(n, e->log.device);
    struct log *l = m == NULL ? NULL : members_log(m, &e->log.key, e->log.epoch);
    if (m != NULL)
        note_entry(n, s, m, e);
    /* What tells its role says again that it is asked for, and the stretch may be on its way. */
    bool asks = e->want == MESSAGE_WANT_RECORDS && !is_leaf(n->self.role);
    if (l != NULL && asks && (!e->role_known || serve_cursor(s, l) == NULL))
        serve_carried(n, s, l, e);
    else if (l != NULL && !asks && e->role_known)
        serve_end(s, l);
    if (l != NULL)
        doubt_told(n, s, l, e);
    if (e->sealed > 0 && e->first > e->last)
        carry_emptied(n, s, &e->log);
    if (is_of_use(n, s, m, e))
        carry_ask(n, s, &e->log, e->sealed);
    else if (must_hear_of_ours(n, l, e) && !fork_known(n, &l->id.key))
        news_tell_again(n, s, m);
}

static bool listed(const struct message *m, const struct log *l)
{
    for (size_t i = 0; i < m->have.count; i++) {
        const struct message_entry *e = &m->have.entries[i];
        if (e->log.epoch == l->id.epoch && ident_key_equal(&e->log.key, &l->id.key))
            return e->sealed >= servable(l);
    }
    return servable(l) == 0;
}

/* The other waits TIME_LIST_MS between two, but they need not take the same time to come. */
static bool may_answer(struct node *n, struct session *s, const struct member *m)
{
    struct news *news = news_of(n, s, m);
    if (news == NULL || n->now_ms < news->answer_ms || s->unsent >= LIMIT_UNSENT)
        return false;
    news->answer_ms = n->now_ms + TIME_LIST_MS / 2;
    return true;
}

void news_list(struct node *n, struct session *s, const struct message *list)
{
    const struct member *m = members_find(n, list->have.of);
    if (m == NULL || m == s->member || is_leaf(n->self.role) || !may_answer(n, s, m))
        return;
    struct message_entry *entries = event_effects_alloc(n->fx, LIMIT_LOGS_DEVICE * sizeof *entries);
    if (entries == NULL)
        return;
    size_t count = 0;
    for (const struct log *l = m->logs; l != NULL && count < LIMIT_LOGS_DEVICE; l = l->next)
        if (s->wants[l->role] && !listed(list, l)) {
            entries[count] = entry_of(n, l);
            entries[count].chain = count < LIMIT_LIST_CHAINS ? chain_of(l) : 0;
            count++;
        }
    send_page(n, s, entries, count);
}

/* Who had no more than we have tells when it has. Of earlier logs ours is the list that makes it
 * say what we lack. */
void news_ask_again(struct node *n, struct member *m)
{
    const struct log *l = newest(m);
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *s = n->sessions[i];
        struct news *news = known(s, m);
        if (news == NULL || l == NULL)
            continue;
        if (goes_further(news->epoch, news->sealed,
                         &(struct news){.epoch = l->id.epoch, .sealed = servable(l)}))
            news->told = MESSAGE_WANT_COUNT;
        if (news->older_heard != 0)
            news->list_due = true;
    }
    news_due(n, m);
}

void news_tell_again(struct node *n, struct session *s, const struct member *m)
{
    struct news *news = news_of(n, s, m);
    if (news != NULL)
        news->told = MESSAGE_WANT_COUNT;
    news_due(n, m);
}

void news_distrust(struct node *n, struct session *s, const struct member *m)
{
    struct news *news = news_of(n, s, m);
    if (news != NULL)
        news->silent = true;
    news_note(n, m);
}

bool news_distrusted(const struct session *s, const struct member *m)
{
    const struct news *news = known(s, m);
    return news != NULL && news->silent;
}
