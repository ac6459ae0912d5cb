#include "core/seen.h"

#include "core/hearsay.h"
#include "core/members.h"
#include "core/mesh.h"

static uint64_t wall_of(const struct node *n, uint64_t at_ms)
{
    uint64_t ago_ms = n->now_ms - at_ms;
    return n->wall_ms > ago_ms ? n->wall_ms - ago_ms : 0;
}

/* Whoever has proven nothing yet has no row. */
static void note(struct node *n, const struct member *m)
{
    if (m->epoch == 0)
        return;
    struct effect *effect = node_store_effect(n, EFFECT_STORE_SEEN, NULL, 0);
    if (effect == NULL)
        return;
    effect->store_seen = (struct event_seen){
        .device = span_of(m->device),
        .role = m->role,
        .epoch = m->epoch,
        .heard_ms = m->heard_ms > 0 ? wall_of(n, m->heard_ms) : m->seen_wall_ms,
        .left = m->left,
        .evidence = event_effects_copy(n->fx, span_of(m->evidence)),
    };
}

static void changed(struct node *n, struct member *m, struct span evidence)
{
    members_note_end(m, evidence);
    note(n, m);
    if (n->seen_at_ms == NODE_NEVER)
        n->seen_at_ms = n->now_ms + TIME_SEEN_MS;
}

void seen_met(struct node *n, struct member *m, uint64_t epoch)
{
    if (m->alarm_ms > 0 && m->alarm_epoch == epoch && presence_false_alarm(m->alarm_ms, n->now_ms))
        node_counted(n, NODE_FALSE_ALARMS);
    m->alarm_ms = 0;
    hearsay_met(n, m, epoch);
    m->left = false;
    m->here = !m->useless;
    changed(n, m, (struct span){0});
}

static void left(struct node *n, struct member *m)
{
    m->left = true;
    m->here = false;
    m->lost_ms = 0;
    changed(n, m, SPAN("it said goodbye"));
}

void seen_left(struct node *n, struct member *m)
{
    node_fact(n, FACT_LEFT, span_of(m->device));
    left(n, m);
    hearsay_left(n, m);
}

void seen_goodbye(struct node *n, struct member *m, uint64_t epoch)
{
    m->goodbye_epoch = epoch;
    if (m->session == NULL && !m->left && epoch >= m->epoch)
        left(n, m);
}

void seen_said(struct node *n, struct member *m, struct span evidence)
{
    changed(n, m, evidence);
}

void seen_ended(struct node *n, struct member *m, struct span evidence)
{
    m->left = m->here = false;
    m->ended_ms = n->now_ms;
    changed(n, m, evidence);
}

static void tell_lost(struct node *n, const struct member *m, uint64_t heard_ms,
                      struct span evidence)
{
    node_counted(n, NODE_SESSIONS_LOST);
    struct fact *fact = node_fact(n, FACT_LOST, span_of(m->device));
    if (fact == NULL)
        return;
    fact->ms = n->now_ms - heard_ms;
    fact->text = event_effects_copy(n->fx, evidence);
}

static bool is_greeting(const struct node *n, const struct member *m)
{
    for (size_t i = 0; i < n->session_count; i++)
        if (n->sessions[i]->state == PEER_GREETING &&
            ident_key_equal(&n->sessions[i]->identity.key, &m->key))
            return true;
    return false;
}

void seen_gone(struct node *n, struct member *m)
{
    if (!m->here || m->session != NULL || is_greeting(n, m))
        return;
    tell_lost(n, m, m->heard_ms, SPAN("its links ended"));
    m->lost_ms = m->heard_ms;
    seen_ended(n, m, SPAN("its links ended"));
}

void seen_lost(struct node *n, struct session *s, struct span evidence)
{
    char text[PRESENCE_TEXT_MAX];
    struct member *m = s->member;
    if (m->goodbye_epoch == s->epoch || m->hearsay.is == MESSAGE_LEFT) {
        seen_left(n, m);
        return;
    }
    tell_lost(n, m, s->heard_ms, evidence);
    m->lost_ms = s->heard_ms;
    if (s->given_up) {
        node_counted(n, NODE_SESSIONS_SILENT);
        m->alarm_ms = n->now_ms;
        m->alarm_epoch = s->epoch;
        evidence = span_of(presence_silence_text(text, n->now_ms - s->heard_ms));
    }
    seen_ended(n, m, evidence);
    if (!s->refused_us) /* who says why it hangs up lives */
        hearsay_lost(n, m, s->epoch);
}

bool seen_by_calls(const struct node *n, const struct member *m)
{
    bool meeting = n->ring && m->needed_ms > 0 && n->now_ms - m->needed_ms < TIME_MEET_MS;
    return m->session == NULL && !m->left && (m->useless || meeting || !mesh_needs(n, m));
}

/* Whoever is not here has its note from when it went. */
static bool is_here(const struct node *n, const struct member *m)
{
    if (m->session != NULL)
        return true;
    return seen_by_calls(n, m) && hearsay_sign(n, m, n->now_ms) == PRESENCE_HERE;
}

void seen_note_all(struct node *n)
{
    const struct member *m;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL)
        if (is_here(n, m))
            note(n, m);
}

void seen_restore(struct node *n, const struct event *e)
{
    const struct event_seen *seen = &e->restore_seen;
    if (span_is(seen->device, n->self.device))
        return;
    struct member *m = members_add(n, seen->device);
    if (m == NULL)
        return;
    if (m->epoch < seen->epoch) {
        m->epoch = seen->epoch;
        m->role = seen->role;
    }
    m->seen_wall_ms = seen->heard_ms;
    m->left = seen->left;
    members_note_end(m, seen->evidence);
}

void seen_tick(struct node *n)
{
    if (n->seen_at_ms > n->now_ms)
        return;
    n->seen_at_ms = n->now_ms + TIME_SEEN_MS;
    seen_note_all(n);
}
