#include "core/hearsay.h"

#include "base/buf.h"
#include "core/members.h"
#include "core/mesh.h"
#include "core/seen.h"
#include "core/session.h"

/* The happy path: a session is lost, and every session of ours is told; who is told keeps the word
 * and tells its own sessions, but not whom it has it from; who has it already, from two witnesses,
 * tells nobody. A dead device does not answer; one that lives hears of it, calls and beats, and
 * whoever hears that has a word for it that goes the same way.
 *
 * What orders the words of one life is the moment that each is about, as an age that every hop
 * reckons anew: no two clocks are compared, and a device's next sign of life is later than any
 * accusation. Nothing that anybody says raises the life that we know of a device: a word about a
 * later one is one about the known one, too. */

/* Of m, as it was proven, else called; 0: neither. */
static uint64_t life_met(const struct member *m)
{
    if (m->session != NULL)
        return m->session->epoch;
    return m->epoch > m->hello_epoch ? m->epoch : m->hello_epoch;
}

/* ... else as it was told. */
static uint64_t life_of(const struct member *m)
{
    uint64_t epoch = life_met(m);
    return epoch > 0 ? epoch : m->hearsay.epoch;
}

static bool is_ours(const struct hearsay *h)
{
    return h->count > 0 && h->links[0] == 0;
}

uint64_t hearsay_heard_ms(const struct member *m)
{
    const struct hearsay *h = &m->hearsay;
    return h->is == MESSAGE_ONLINE && h->at_ms > m->heard_ms ? h->at_ms : m->heard_ms;
}

bool hearsay_only(const struct member *m)
{
    return m->heard_ms == 0 && m->hearsay.epoch > 0;
}

/* Whoever is only told of is there until we are told that it is not; when nobody is left who would
 * say so, that begins to age. */
static enum presence_sign sign_of_calls(const struct node *n, const struct member *m,
                                        uint64_t now_ms)
{
    uint64_t heard_ms = hearsay_heard_ms(m);
    if (hearsay_only(m) && node_session_count(n) > 0)
        return PRESENCE_HERE;
    if (hearsay_only(m) && n->told_ms > heard_ms)
        heard_ms = n->told_ms;
    return presence_of_calls(&n->health, heard_ms, now_ms, n->members.count);
}

enum presence_sign hearsay_sign(const struct node *n, const struct member *m, uint64_t now_ms)
{
    const struct hearsay *h = &m->hearsay;
    enum presence_sign calls = sign_of_calls(n, m, now_ms);
    if (h->is == MESSAGE_ONLINE)
        return calls;
    bool agreed = is_ours(h) || h->count > 1 || calls != PRESENCE_HERE;
    return agreed || now_ms - h->came_ms >= TIME_HEARSAY_MS ? PRESENCE_GONE : PRESENCE_DOUBTED;
}

/* Also when so many were there that this is one side of a ring, and calls itself a mesh. */
static bool tells(const struct node *n)
{
    return n->ring || n->members.count >= LIMIT_MESH;
}

void hearsay_due(struct node *n)
{
    node_soon(&n->hearsay_at_ms, n->now_ms + TIME_TELL_MS);
}

/* A leaf passes words on like others: else who lies to leaves is not contradicted. */
static void tell_on(struct node *n, struct hearsay *h)
{
    if (!tells(n))
        h->told = h->count;
    else
        hearsay_due(n);
}

/* Whose word it is, and by which session it came; NULL: ours. */
struct witness {
    struct span by;
    const struct session *s;
};

static void add_witness(struct hearsay *h, const struct witness *w)
{
    ident_name_copy(h->by[h->count], w->by);
    h->links[h->count++] = w->s == NULL ? 0 : w->s->link;
}

static void keep_text(char *out, size_t capacity, struct span text)
{
    size_t size = text.size < capacity ? text.size : capacity - 1;
    if (size > 0)
        memcpy(out, text.bytes, size);
    out[size] = '\0';
}

static void begin(struct node *n, struct member *m, enum message_presence is, uint64_t epoch,
                  uint64_t at_ms, const struct witness *w)
{
    struct hearsay *h = &m->hearsay;
    h->is = is;
    h->epoch = epoch;
    h->at_ms = at_ms;
    h->came_ms = n->now_ms;
    h->count = h->told = 0;
    h->why[0] = '\0';
    h->quiet = false;
    add_witness(h, w);
    tell_on(n, h);
}

static const struct witness us = {{"", 0}, NULL};

void hearsay_lost(struct node *n, struct member *m, uint64_t epoch)
{
    begin(n, m, MESSAGE_OFFLINE, epoch, n->now_ms, &us);
    keep_text(m->hearsay.why, sizeof m->hearsay.why, span_of(m->evidence));
}

void hearsay_left(struct node *n, struct member *m)
{
    begin(n, m, MESSAGE_LEFT, life_of(m), n->now_ms, &us);
}

/* Counts how often others' words against it were wrong. */
static void refuted(struct node *n, struct member *m)
{
    struct hearsay *h = &m->hearsay;
    if (h->refuted == 0 || n->now_ms - h->refuted_ms > TIME_REFUTED_MS) {
        h->refuted = 0;
        h->refuted_ms = n->now_ms;
    }
    h->refuted++;
    memcpy(h->accuser, h->by[0], sizeof h->accuser);
    seen_said(n, m, (struct span){0});
}

/* A sign of life, later than whatever was said against it. */
static void is_back(struct node *n, struct member *m, uint64_t epoch, uint64_t at_ms,
                    const struct witness *w)
{
    bool accused = m->hearsay.is != MESSAGE_ONLINE && !is_ours(&m->hearsay);
    mesh_due(n);
    m->left = false;
    m->goodbye_epoch = 0; /* else its end would be taken for the goodbye that was none */
    if (accused)
        refuted(n, m);
    begin(n, m, MESSAGE_ONLINE, epoch, at_ms, w);
    m->needed_ms = m->needed_ms > 0 ? n->now_ms : 0;
}

/* Its calls tell all who hear them; whether they are heard is seen later. Who had ceased to call is
 * back. */
void hearsay_met(struct node *n, struct member *m, uint64_t epoch)
{
    struct hearsay *h = &m->hearsay;
    uint64_t heard_ms = h->call_ms > h->at_ms ? h->call_ms : h->at_ms;
    bool silent = h->epoch > 0 && presence_of_calls(&n->health, heard_ms, n->now_ms,
                                                    n->members.count) == PRESENCE_GONE;
    bool untold = h->told < h->count && !h->quiet;
    bool known = h->is == MESSAGE_ONLINE && !m->left && !silent && !untold;
    is_back(n, m, epoch, n->now_ms, &us);
    h->quiet = known;
}

void hearsay_alive(struct node *n, struct member *m)
{
    if (m->hearsay.is != MESSAGE_ONLINE)
        is_back(n, m, life_of(m), n->now_ms, &us);
}

/* A call in a life that said goodbye is older than that: unless that was said by others, and some
 * time ago, or a datagram said it, whose counter is below this one. */
static bool returns(const struct node *n, const struct member *m, const struct hello *h)
{
    const struct hearsay *word = &m->hearsay;
    if (h->epoch > m->goodbye_epoch && h->epoch > m->epoch)
        return true;
    if (h->counter != m->hello_counter || (word->is == MESSAGE_LEFT && is_ours(word)))
        return false;
    return word->is != MESSAGE_LEFT || n->now_ms - word->at_ms >= TIME_REFUTE_MS;
}

void hearsay_called(struct node *n, struct member *m, const struct hello *h)
{
    m->hearsay.call_ms = n->now_ms;
    bool heard_say = n->ring || !is_ours(&m->hearsay); /* else its goodbye was heard here */
    bool back = m->left ? heard_say && returns(n, m, h) : m->hearsay.is == MESSAGE_OFFLINE;
    if (back && m->session == NULL)
        is_back(n, m, h->epoch, n->now_ms, &us);
}

void hearsay_opened(struct node *n, struct session *s)
{
    s->words_due = true;
    hearsay_due(n);
}

/* We are called gone. */
static void accused(struct node *n, uint64_t epoch)
{
    if (epoch < n->epoch || n->leaving)
        return;
    uint64_t next_ms = n->refuted_ms > 0 ? n->refuted_ms + TIME_REFUTE_MS : 0;
    n->refutes = LIMIT_REFUTES;
    n->refute_at_ms = next_ms > n->now_ms ? next_ms : n->now_ms;
}

static void refute(struct node *n)
{
    n->refutes--;
    n->refuted_ms = n->now_ms;
    n->refute_at_ms = n->refutes > 0 ? n->now_ms + TIME_REFUTE_MS : NODE_NEVER;
    if (n->leaving)
        return;
    node_soon(&n->hello_at_ms, n->now_ms);
    for (size_t i = 0; i < n->session_count; i++)
        if (n->sessions[i]->state == PEER_OPEN)
            session_beat(n, n->sessions[i]);
}

/* "connection reset, says controller7" */
static void note_evidence(struct node *n, struct member *m, struct span why)
{
    static const char says[] = ", says ";
    char text[LIMIT_REASON + 1];
    struct buf b;
    if (why.size == 0)
        why = SPAN("gone");
    size_t room = LIMIT_REASON - (sizeof says - 1) - strlen(m->hearsay.by[0]);
    buf_init(&b, text, sizeof text);
    buf_span(&b, (struct span){why.bytes, why.size < room ? why.size : room});
    buf_text(&b, says);
    buf_text(&b, m->hearsay.by[0]);
    seen_said(n, m, buf_view(&b));
}

static bool is_worn_out(const struct node *n, const struct hearsay *h)
{
    return h->refuted >= LIMIT_REFUTED && n->now_ms - h->refuted_ms <= TIME_REFUTED_MS;
}

/* The same again says nothing; who repeats what another told may have made up its witness, so the
 * second one must come another way. */
static void second_witness(struct node *n, struct hearsay *h, const struct witness *w)
{
    if (h->count == LIMIT_WITNESSES || span_is(w->by, h->by[0]) || h->links[0] == w->s->link)
        return;
    add_witness(h, w);
    tell_on(n, h);
}

static void against(struct node *n, struct member *m, const struct message_word *word,
                    uint64_t at_ms, const struct witness *w)
{
    struct hearsay *h = &m->hearsay;
    if (m->left || h->is == MESSAGE_LEFT || is_worn_out(n, h))
        return;
    if (h->is == MESSAGE_OFFLINE && word->is == MESSAGE_OFFLINE) {
        second_witness(n, h, w);
        return;
    }
    begin(n, m, word->is, word->epoch, at_ms, w);
    keep_text(h->why, sizeof h->why, word->why);
    if (m->session != NULL) /* its next sign of life refutes this, or we lose it */
        return;
    m->left = word->is == MESSAGE_LEFT;
    if (m->left) {
        m->goodbye_epoch = life_of(m);
        mesh_due(n);
    }
    note_evidence(n, m, m->left ? SPAN("it said goodbye") : word->why);
}

/* New to us, or offline for us, and heard since. */
static bool is_news(const struct node *n, const struct member *m, uint64_t at_ms)
{
    const struct hearsay *h = &m->hearsay;
    if (m->session != NULL || at_ms <= m->heard_ms || (h->epoch > 0 && at_ms <= h->at_ms))
        return false;
    if (m->left && h->is == MESSAGE_LEFT && is_ours(h))
        return false;
    bool unknown = m->heard_ms == 0 && h->epoch == 0;
    return unknown || m->left || h->is != MESSAGE_ONLINE ||
           sign_of_calls(n, m, n->now_ms) != PRESENCE_HERE;
}

/* Words that answer those of one message. */
struct answer {
    struct message_word *words;
    size_t count;
};

static void send_words(struct node *n, struct session *s, const struct message_word *words,
                       size_t count)
{
    struct message m = {.kind = MESSAGE_PRESENCE, .presence = {.words = words, .count = count}};
    if (count > 0)
        session_send(n, s, &m);
}

static void vouch(struct node *n, const struct member *m, struct answer *answer)
{
    if (m->left || hearsay_sign(n, m, n->now_ms) != PRESENCE_HERE || answer->words == NULL)
        return;
    answer->words[answer->count++] = (struct message_word){
        .device = event_effects_copy(n->fx, span_of(m->device)),
        .epoch = life_of(m),
        .is = MESSAGE_ONLINE,
        .ago_ms = n->now_ms - hearsay_heard_ms(m),
    };
}

/* Its calls do not come here, so ours and those that we hear may not come there. */
static bool is_far(const struct session *s)
{
    return s->member->hearsay.call_ms == 0;
}

static struct member *member_of(struct node *n, struct span device)
{
    struct member *m = members_find(n, device);
    if (m != NULL || n->members.count == LIMIT_MEMBERS) /* nobody goes for one who is told of */
        return m;
    return members_add(n, device);
}

static void take(struct node *n, struct session *s, const struct message_word *word,
                 struct answer *answer)
{
    struct span teller = span_of(s->identity.device);
    const struct witness w = {word->by.size > 0 ? word->by : teller, s};
    uint64_t at_ms = n->now_ms > word->ago_ms ? n->now_ms - word->ago_ms : 1;
    if (span_is(word->device, n->self.device)) {
        if (word->is != MESSAGE_ONLINE)
            accused(n, word->epoch);
        return;
    }
    struct member *m = member_of(n, word->device);
    if (m == NULL || m == s->member || span_is(w.by, n->self.device) || word->epoch < life_met(m))
        return;
    if (word->is == MESSAGE_ONLINE) {
        bool unknown = m->heard_ms == 0 && m->hearsay.epoch == 0;
        if (is_news(n, m, at_ms))
            is_back(n, m, word->epoch, at_ms, &w);
        m->hearsay.quiet |= unknown && !is_far(s);
    } else if (hearsay_heard_ms(m) > at_ms) {
        vouch(n, m, answer);
    } else {
        against(n, m, word, at_ms, &w);
    }
}

void hearsay_told(struct node *n, struct session *s, const struct message *m)
{
    struct answer answer = {
        .words = event_effects_alloc(n->fx, LIMIT_LINE_WORDS * sizeof *answer.words)};
    for (size_t i = 0; i < m->presence.count; i++)
        take(n, s, &m->presence.words[i], &answer);
    send_words(n, s, answer.words, answer.count);
}

/* What is to be told in one turn. */
struct page {
    struct session *s;
    bool roster;                /* everybody is told of */
    struct message_word *words; /* NULL: out of memory, nothing is told */
    size_t count;
};

static void put_word(struct node *n, struct page *p, const struct message_word *word)
{
    if (p->count == LIMIT_LINE_WORDS) {
        send_words(n, p->s, p->words, p->count);
        p->count = 0;
    }
    if (p->count == 0)
        p->words = event_effects_alloc(n->fx, LIMIT_LINE_WORDS * sizeof *p->words);
    if (p->words != NULL)
        p->words[p->count++] = *word;
}

static struct message_word word_of(struct node *n, const struct member *m, size_t witness)
{
    const struct hearsay *h = &m->hearsay;
    return (struct message_word){
        .device = event_effects_copy(n->fx, span_of(m->device)),
        .epoch = h->epoch,
        .is = h->is,
        .ago_ms = n->now_ms - h->at_ms,
        .by = event_effects_copy(n->fx, span_of(h->by[witness])),
        .why = h->is == MESSAGE_OFFLINE ? event_effects_copy(n->fx, span_of(h->why))
                                        : (struct span){0},
    };
}

/* Not to whom it is from; of its presence nobody has to be told itself. */
static void put_witness(struct node *n, struct page *p, const struct member *m, size_t i)
{
    const struct hearsay *h = &m->hearsay;
    if (h->links[i] == p->s->link || (p->s->member == m && h->is == MESSAGE_ONLINE) ||
        (h->quiet && !is_far(p->s)))
        return;
    struct message_word word = word_of(n, m, i);
    put_word(n, p, &word);
}

/* Of whom nothing was said: its calls come, or are missing. */
static void put_own(struct node *n, struct page *p, const struct member *m)
{
    bool silent = m->session == NULL && sign_of_calls(n, m, n->now_ms) != PRESENCE_HERE;
    struct message_word word = {.device = event_effects_copy(n->fx, span_of(m->device)),
                                .epoch = life_of(m),
                                .is = silent ? MESSAGE_OFFLINE : MESSAGE_ONLINE,
                                .ago_ms = n->now_ms - hearsay_heard_ms(m)};
    if (silent)
        word.why = SPAN("its calls are missing");
    if (silent || p->roster)
        put_word(n, p, &word);
}

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a - b < b - a ? a - b : b - a;
}

/* Whoever has just started is told of everybody by the nearest ones of its ring; it would hear
 * their calls, but those of a large network are rare. */
static bool is_nearest(const struct node *n, const struct member *to)
{
    const struct member *m;
    size_t at = 0, nearer = 0;
    if (n->self.role == ROLE_SENSOR)
        return false;
    while ((m = table_next(&n->members, &at)) != NULL)
        nearer += m != to && mesh_role(m) != ROLE_SENSOR && members_is_there(n, m) &&
                  apart(m->place, to->place) < apart(n->own.place, to->place);
    return nearer < LIMIT_WITNESSES;
}

static void put_all(struct node *n, struct page *p)
{
    const struct member *m;
    size_t at = 0;
    struct hearsay *its = &p->s->member->hearsay;
    p->roster = is_far(p->s) || (its->told_epoch != p->s->epoch && is_nearest(n, p->s->member));
    its->told_epoch = p->s->epoch;
    while ((m = table_next(&n->members, &at)) != NULL) {
        if (m->hearsay.is != MESSAGE_ONLINE)
            put_witness(n, p, m, 0);
        else if (m != p->s->member && !m->left && hearsay_heard_ms(m) > 0 && life_of(m) > 0)
            put_own(n, p, m);
    }
}

/* Whose words are new, from which on. */
struct due {
    const struct member *member;
    size_t from;
};

static void put_due(struct node *n, struct page *p, const struct due *due, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = due[i].from; k < due[i].member->hearsay.count; k++)
            put_witness(n, p, due[i].member, k);
}

/* Whether the other's calls are heard is not known at once. */
static bool is_early(struct node *n, const struct session *s)
{
    if (!is_far(s) || n->now_ms - s->up_ms >= TIME_FAR_MS)
        return false;
    node_soon(&n->hearsay_at_ms, s->up_ms + TIME_FAR_MS);
    return true;
}

/* Everything that the other may not know; of one that is out of hearing the others are told. */
static void tell_all(struct node *n, struct page *p)
{
    struct hearsay *its = &p->s->member->hearsay;
    p->s->words_due = false;
    put_all(n, p);
    if (!is_far(p->s))
        return;
    its->quiet = false;
    its->told = 0;
    hearsay_due(n);
}

/* Who is slow to read is told everything once it has read. */
static void tell_session(struct node *n, struct session *s, const struct due *due, size_t count)
{
    struct page p = {.s = s};
    if (s->state != PEER_OPEN)
        return;
    if (s->unsent >= LIMIT_UNSENT) {
        s->words_due = true;
        node_soon(&n->hearsay_at_ms, n->now_ms + TIME_NEWS_MS);
        return;
    }
    if (s->words_due && !is_early(n, s))
        tell_all(n, &p);
    else
        put_due(n, &p, due, count);
    send_words(n, s, p.words, p.count);
}

static void tell(struct node *n)
{
    struct due due[LIMIT_MEMBERS];
    struct member *m;
    size_t at = 0, count = 0;
    while ((m = table_next(&n->members, &at)) != NULL) {
        if (m->hearsay.told < m->hearsay.count)
            due[count++] = (struct due){m, m->hearsay.told};
        m->hearsay.told = m->hearsay.count;
    }
    for (size_t i = 0; i < n->session_count; i++)
        tell_session(n, n->sessions[i], due, count);
}

void hearsay_tick(struct node *n)
{
    if (n->refute_at_ms <= n->now_ms)
        refute(n);
    if (n->hearsay_at_ms > n->now_ms)
        return;
    n->hearsay_at_ms = NODE_NEVER;
    if (tells(n))
        tell(n);
}

uint64_t hearsay_deadline(const struct node *n)
{
    return n->hearsay_at_ms < n->refute_at_ms ? n->hearsay_at_ms : n->refute_at_ms;
}
