#include "core/session.h"

#include "core/carry.h"
#include "core/command.h"
#include "core/discovery.h"
#include "core/fork.h"
#include "core/hearsay.h"
#include "core/mesh.h"
#include "core/news.h"

#include <stdlib.h>

struct session *session_find(const struct node *n, uint64_t link)
{
    for (size_t i = 0; i < n->session_count; i++)
        if (n->sessions[i]->link == link)
            return n->sessions[i];
    return NULL;
}

struct session *session_heard(struct node *n, uint64_t link)
{
    struct session *s = session_find(n, link);
    if (s == NULL)
        return NULL;
    s->heard_ms = n->now_ms;
    s->suspect = false;
    if (s->member != NULL) {
        s->member->heard_ms = n->now_ms;
        hearsay_alive(n, s->member);
    }
    return s;
}

struct session *session_add(struct node *n, uint64_t link, enum peer_state state)
{
    if (n->session_count == LIMIT_SESSIONS)
        return NULL;
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->link = link;
    s->state = state;
    s->up_ms = s->heard_ms = s->sent_ms = n->now_ms;
    n->sessions[n->session_count++] = s;
    return s;
}

void session_remove(struct node *n, struct session *s)
{
    if (s->member != NULL && s->member->session == s) {
        s->member->session = NULL;
        n->unsettled = true;
        if (!s->member->useless)
            n->told_ms = n->now_ms;
        discovery_alone(n, s->member);
        news_due(n, s->member);
        mesh_due(n);
    }
    if (s->dialer != NULL && s->dialer->link == s->link) {
        s->dialer->link = 0;
        node_soon(&n->dial_at_ms, s->dialer->at_ms);
    }
    size_t at = 0;
    while (n->sessions[at] != s)
        at++;
    n->sessions[at] = n->sessions[--n->session_count];
    if (n->serve_one == s)
        n->serve_one = NULL;
    carry_session_gone(n, s);
    free(s->cursors);
    news_end(s);
    free(s->doubts);
    fork_session_gone(s);
    free(s);
}

void session_hang_up(struct node *n, uint64_t link, const char *reason)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_HANG_UP);
    effect->hang_up.link = link;
    effect->hang_up.reason = span_of(reason);
}

/* What a message takes besides its records, about: enough to know when to pause. */
enum { MESSAGE_BYTES = 64, ENTRY_BYTES = 240, WORD_BYTES = 120 };

static size_t bytes_about(const struct message *m)
{
    if (m->kind == MESSAGE_HAVE)
        return MESSAGE_BYTES + m->have.count * ENTRY_BYTES;
    if (m->kind == MESSAGE_PRESENCE)
        return MESSAGE_BYTES + m->presence.count * WORD_BYTES;
    if (m->kind == MESSAGE_FORK)
        return MESSAGE_BYTES + m->fork.run.bytes.size;
    return MESSAGE_BYTES + (m->kind == MESSAGE_STATE_UPDATE ? m->update.bytes.size : 0);
}

void session_send(struct node *n, struct session *s, const struct message *m)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_SEND);
    effect->send.link = s->link;
    effect->send.message = *m;
    s->sent_ms = n->now_ms;
    s->unsent += bytes_about(m);
}

void session_beat(struct node *n, struct session *s)
{
    struct message beat = {.kind = MESSAGE_BEAT};
    session_send(n, s, &beat);
}

void session_ping(struct node *n, struct session *s)
{
    s->pinged_ms = n->now_ms;
    struct message ping = {.kind = MESSAGE_PING, .ping = {.sent_ms = n->now_ms}};
    session_send(n, s, &ping);
}

void session_pong(struct node *n, struct session *s, uint64_t sent_ms, uint64_t clock_ms)
{
    if (sent_ms > n->now_ms || sent_ms < s->up_ms)
        return;
    s->clock_known = s->rtt_known = true;
    s->clock_ms = clock_ms;
    s->clock_at_ms = n->now_ms;
    command_clock(n, s);
    s->rtt_ms = n->now_ms - sent_ms;
    if (!s->ping_asked)
        return;
    s->ping_asked = false;
    struct fact *fact = node_fact(n, FACT_PONG, span_of(s->member->device));
    if (fact != NULL)
        fact->ms = s->rtt_ms;
}

void session_send_end(struct node *n, struct session *s, enum message_kind kind, const char *reason)
{
    struct message end = {.kind = kind, .end = {.reason = span_of(reason)}};
    session_send(n, s, &end);
}
