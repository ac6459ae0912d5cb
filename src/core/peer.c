#include "core/peer.h"

#include "core/carry.h"
#include "core/command.h"
#include "core/discovery.h"
#include "core/fork.h"
#include "core/greet.h"
#include "core/hearsay.h"
#include "core/members.h"
#include "core/mesh.h"
#include "core/news.h"
#include "core/seal.h"
#include "core/seen.h"
#include "core/session.h"
#include "core/sync.h"

#include <stdlib.h>

/* The happy path: DIALING -(link up: we greet)-> GREETING -(its hello)-> OPEN -(goodbye)-> gone. A
 * dial that fails, a greeting that does not come in time and a session that falls silent go back to
 * the dialer, which tries again. */

enum peer_input {
    PEER_IN_LINK_UP,
    PEER_IN_LINK_DOWN,
    PEER_IN_HELLO,
    PEER_IN_SYNC,    /* have, state_update, seal, certificate, ack, keep, presence, fork */
    PEER_IN_COMMAND, /* command, outcome */
    PEER_IN_PING,
    PEER_IN_PONG,
    PEER_IN_GOODBYE,
    PEER_IN_ERROR,
    PEER_IN_UNKNOWN,
    PEER_IN_LATE, /* the time of this state is over */
    PEER_INPUT_COUNT,
};

typedef void act_fn(struct node *n, struct session *s, const struct message *m, struct span why);

static act_fn do_greet, do_fail, do_open, do_sync, do_command, do_ping, do_pong, do_left, do_error,
    do_unknown, do_silent, do_cut, do_early, do_again, do_never;

/* Every cell is written out; the action itself moves the state on, because two of them may find
 * that the session has to go. */
static act_fn *const table[PEER_STATE_COUNT][PEER_INPUT_COUNT] = {
    [PEER_DIALING] =
        {
            [PEER_IN_LINK_UP] = do_greet,
            [PEER_IN_LINK_DOWN] = do_fail,
            [PEER_IN_HELLO] = do_never,
            [PEER_IN_SYNC] = do_never,
            [PEER_IN_COMMAND] = do_never,
            [PEER_IN_PING] = do_never,
            [PEER_IN_PONG] = do_never,
            [PEER_IN_GOODBYE] = do_never,
            [PEER_IN_ERROR] = do_never,
            [PEER_IN_UNKNOWN] = do_never,
            [PEER_IN_LATE] = do_never,
        },
    [PEER_GREETING] =
        {
            [PEER_IN_LINK_UP] = do_never,
            [PEER_IN_LINK_DOWN] = do_fail,
            [PEER_IN_HELLO] = do_open,
            [PEER_IN_SYNC] = do_early,
            [PEER_IN_COMMAND] = do_early,
            [PEER_IN_PING] = do_early,
            [PEER_IN_PONG] = do_early,
            [PEER_IN_GOODBYE] = do_fail,
            [PEER_IN_ERROR] = do_error,
            [PEER_IN_UNKNOWN] = do_early,
            [PEER_IN_LATE] = do_early,
        },
    [PEER_OPEN] =
        {
            [PEER_IN_LINK_UP] = do_never,
            [PEER_IN_LINK_DOWN] = do_cut,
            [PEER_IN_HELLO] = do_again,
            [PEER_IN_SYNC] = do_sync,
            [PEER_IN_COMMAND] = do_command,
            [PEER_IN_PING] = do_ping,
            [PEER_IN_PONG] = do_pong,
            [PEER_IN_GOODBYE] = do_left,
            [PEER_IN_ERROR] = do_error,
            [PEER_IN_UNKNOWN] = do_unknown,
            [PEER_IN_LATE] = do_silent,
        },
};

static const enum peer_input input_of[MESSAGE_KIND_COUNT] = {
    [MESSAGE_HELLO] = PEER_IN_HELLO,       [MESSAGE_HAVE] = PEER_IN_SYNC,
    [MESSAGE_STATE_UPDATE] = PEER_IN_SYNC, [MESSAGE_SEAL] = PEER_IN_SYNC,
    [MESSAGE_ACK] = PEER_IN_SYNC,          [MESSAGE_PING] = PEER_IN_PING,
    [MESSAGE_PONG] = PEER_IN_PONG,         [MESSAGE_GOODBYE] = PEER_IN_GOODBYE,
    [MESSAGE_ERROR] = PEER_IN_ERROR,       [MESSAGE_UNKNOWN] = PEER_IN_UNKNOWN,
    [MESSAGE_BEAT] = PEER_IN_UNKNOWN,      [MESSAGE_COMMAND] = PEER_IN_COMMAND,
    [MESSAGE_OUTCOME] = PEER_IN_COMMAND,   [MESSAGE_CERTIFICATE] = PEER_IN_SYNC,
    [MESSAGE_KEEP] = PEER_IN_SYNC,         [MESSAGE_FORK] = PEER_IN_SYNC,
    [MESSAGE_PRESENCE] = PEER_IN_SYNC,
};

static const char REPLACED[] = "replaced by another link";
static const char SPARED[] = "neither side needs this session";

static void hang_up(struct node *n, struct session *s, const char *reason)
{
    session_hang_up(n, s->link, reason);
    session_remove(n, s);
}

bool peer_dial(struct node *n, struct dialer *d)
{
    struct session *s = session_add(n, n->next_link, PEER_DIALING);
    if (s == NULL)
        return false;
    n->next_link += 2;
    s->outbound = true;
    s->address = d->address;
    s->dialer = d;
    d->link = s->link;
    struct effect *effect = event_effects_add(n->fx, EFFECT_DIAL);
    effect->dial.link = s->link;
    effect->dial.address = d->address;
    return true;
}

void peer_drop_dial(struct node *n, struct dialer *d)
{
    struct session *s = session_find(n, d->link);
    if (s != NULL && s->state == PEER_DIALING)
        hang_up(n, s, "it is somewhere else");
}

static void step(struct node *n, struct session *s, enum peer_input input, const struct message *m,
                 struct span why)
{
    check(s->state < PEER_STATE_COUNT && input < PEER_INPUT_COUNT);
    table[s->state][input](n, s, m, why);
}

void peer_link_up(struct node *n, uint64_t link, const struct identity *identity,
                  struct address address)
{
    struct session *s = session_find(n, link);
    if (s == NULL)
        s = session_add(n, link, PEER_DIALING);
    if (s == NULL) {
        node_counted(n, NODE_REFUSED);
        session_hang_up(n, link, "too many sessions");
        return;
    }
    s->identity = *identity;
    s->address = address;
    s->up_ms = s->heard_ms = n->now_ms;
    step(n, s, PEER_IN_LINK_UP, NULL, (struct span){0});
}

void peer_link_down(struct node *n, uint64_t link, struct span reason)
{
    struct session *s = session_find(n, link);
    if (s != NULL)
        step(n, s, PEER_IN_LINK_DOWN, NULL, reason);
}

void peer_message(struct node *n, uint64_t link, const struct message *m)
{
    struct session *s = session_heard(n, link);
    if (s == NULL)
        return;
    step(n, s, input_of[m->kind], m, (struct span){0});
}

void peer_sent(struct node *n, uint64_t link, size_t bytes)
{
    struct session *s = session_find(n, link);
    if (s != NULL)
        s->unsent = bytes;
}

static void tell_refused(struct node *n, const struct session *s, const char *cause)
{
    node_counted(n, NODE_REFUSED);
    struct fact *fact = node_fact(n, FACT_REFUSED,
                                  event_effects_copy(n->fx, span_of(s->identity.device)));
    if (fact == NULL)
        return;
    fact->text = span_of(cause);
    fact->address = s->address;
}

/* Back to the dialer, if there is one: it tries again later. */
static void give_back(struct node *n, struct session *s)
{
    struct dialer *d = s->dialer;
    struct member *m = members_find(n, span_of(s->identity.device));
    session_remove(n, s);
    if (d != NULL)
        discovery_dial_failed(n, d);
    if (m != NULL)
        seen_gone(n, m);
}

static void hang_up_and_give_back(struct node *n, struct session *s, const char *reason)
{
    session_hang_up(n, s->link, reason);
    give_back(n, s);
}

void peer_refuse(struct node *n, struct session *s, const char *cause)
{
    tell_refused(n, s, cause);
    session_send_end(n, s, MESSAGE_ERROR, cause);
    struct member *m = s->member;
    if (m != NULL)
        m->here = false; /* people are told the cause */
    hang_up_and_give_back(n, s, cause);
    if (m == NULL || m->session != NULL)
        return;
    m->lost_ms = n->now_ms;
    seen_ended(n, m, span_of(cause));
    discovery_refused(n, m);
}

static void do_greet(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)m, (void)why;
    struct member *member = members_find(n, span_of(s->identity.device));
    const char *cause = greet_refusal(n, s, member);
    s->state = PEER_GREETING;
    if (cause != NULL) {
        tell_refused(n, s, cause);
        struct dialer *d = s->dialer;
        hang_up_and_give_back(n, s, cause);
        if (d != NULL)
            discovery_dial_refused(n, d);
        return;
    }
    bool held = member != NULL && member->session != NULL &&
                member->session->epoch >= member->hello_epoch;
    if (s->outbound && held) {
        if (s->dialer != NULL && s->dialer->member == NULL)
            s->dialer->member = member;
        hang_up_and_give_back(n, s, REPLACED);
        return;
    }
    greet_send(n, s);
}

static void do_fail(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)why;
    if (m != NULL)
        hang_up_and_give_back(n, s, "it said goodbye");
    else
        give_back(n, s);
}

static void do_early(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)why;
    if (m == NULL)
        hang_up_and_give_back(n, s, "no hello in time");
    else
        peer_refuse(n, s, "a message before its hello");
}

static void do_again(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)m, (void)why;
    peer_refuse(n, s, "a second hello");
}

static void do_never(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)n, (void)s, (void)m, (void)why;
    check_failed("the shell keeps the order of a link's events", __FILE__, __LINE__);
}

static void meet_self(struct node *n, struct session *s, uint64_t epoch)
{
    if (s->dialer != NULL)
        s->dialer->until_ms = 0;
    hang_up_and_give_back(n, s, "it is us");
    greet_met_self(n, epoch);
}

static void drop_duplicate(struct node *n, struct session *s)
{
    session_send_end(n, s, MESSAGE_ERROR, REPLACED);
    hang_up_and_give_back(n, s, REPLACED);
}

/* Decides between two links to one device; false: s is the one that went. */
static bool settle(struct node *n, struct session *s, struct member *member, uint64_t epoch)
{
    struct session *twin = greet_twin(n, s);
    if (twin != NULL && twin->outbound != s->outbound) {
        bool ours_stays = strcmp(n->self.device, s->identity.device) < 0;
        struct session *goes = s->outbound == ours_stays ? twin : s;
        drop_duplicate(n, goes);
        if (goes == s)
            return false;
    }
    struct session *old = member->session;
    if (old == NULL)
        return true;
    if (epoch < old->epoch) {
        peer_refuse(n, s, "a later life of this device is connected");
        return false;
    }
    if (epoch == old->epoch && greet_crossed(n, s, old)) {
        drop_duplicate(n, s);
        return false;
    }
    if (epoch > old->epoch)
        member->lost_ms = old->heard_ms;
    session_send_end(n, old, MESSAGE_ERROR, REPLACED);
    hang_up(n, old, REPLACED);
    return true;
}

static void tell_open(struct node *n, const struct session *s, struct member *m)
{
    struct span device = span_of(m->device);
    struct fact *fact;
    if (!m->discovered && (fact = node_fact(n, FACT_DISCOVERED, device)) != NULL) {
        fact->role = m->role;
        fact->address = s->address;
        fact->how = m->how;
        fact->ms = n->now_ms - n->started_ms;
    }
    m->discovered = true;
    if (m->useless)
        return;
    fact = node_fact(n, m->lost_ms > 0 ? FACT_RECONNECTED : FACT_CONNECTED, device);
    if (fact == NULL)
        return;
    fact->role = m->role;
    fact->address = s->address;
    fact->ms = m->lost_ms > 0 ? n->now_ms - m->lost_ms : 0;
}

static void note_hello(struct node *n, struct session *s, struct member *member,
                       const struct message *m)
{
    member->role = s->identity.role;
    if (!ident_key_equal(&member->key, &s->identity.key)) /* set up anew, it counts anew */
        member->epoch = member->hello_epoch = 0;
    member->key = s->identity.key;
    if (m->hello.epoch > member->epoch)
        member->epoch = m->hello.epoch;
    if (m->hello.epoch < member->hello_epoch) /* a later one was said in its name, or is to come */
        member->hello_epoch = 0;
    member->heard_ms = n->now_ms;
    s->epoch = m->hello.epoch;
    s->author_time_ms = m->hello.time_ms;
    memcpy(s->wants, m->hello.wants, sizeof s->wants);
    bool we_want = n->self.role != ROLE_SENSOR ||
                   (member->role != ROLE_SENSOR && member->role != ROLE_OBSERVER);
    member->useless = !we_want && !s->wants[n->self.role];
    discovery_alone(n, member);
    if (member->useless) /* nobody tells it of a later life of its that we heard of, so it has none
                          */
        member->epoch = m->hello.epoch;
    if (s->dialer != NULL && s->dialer->member == NULL)
        s->dialer->member = member;
    if (!member->discovered && s->dialer != NULL && s->dialer->configured)
        member->how = FACT_BY_ADDRESS;
    if (!member->discovered && !s->outbound && member->found_ms == n->now_ms)
        member->how = FACT_BY_THEM;
}

static void do_open(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)why;
    const char *fault = greet_fault(s, m);
    if (fault != NULL) {
        peer_refuse(n, s, fault);
        return;
    }
    if (greet_is_self(n, s)) {
        meet_self(n, s, m->hello.epoch);
        return;
    }
    struct member *member = members_add(n, span_of(s->identity.device));
    if (member == NULL) {
        peer_refuse(n, s, "too many devices");
        return;
    }
    if (!settle(n, s, member, m->hello.epoch))
        return;
    note_hello(n, s, member, m);
    s->state = PEER_OPEN;
    n->ever_session = true;
    tell_open(n, s, member);
    seen_met(n, member, m->hello.epoch);
    if (member->useless) {
        hang_up_and_give_back(n, s, "nothing to share");
        return;
    }
    member->session = s;
    n->unsettled = true;
    s->member = member;
    s->certificates++; /* of the first proof that it may show (fork.c) */
    if (s->dialer != NULL)
        s->dialer->link = 0;
    s->dialer = NULL;
    node_counted(n, NODE_SESSIONS);
    discovery_reached(n, s, member);
    member->lost_ms = 0;
    discovery_met(n, member);
    for (struct log *l = member->logs; l != NULL; l = l->next) {
        l->ack_sent = l->held_sent = 0;
        l->author_last = l->last;
    }
    carry_author_here(n, member);
    news_due(n, member);
    mesh_due(n);
    mesh_opened(n, s);
}

static void do_sync(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)why;
    if (m->kind == MESSAGE_STATE_UPDATE)
        sync_update(n, s, m);
    else if (m->kind == MESSAGE_SEAL)
        seal_received(n, s, m);
    else if (m->kind == MESSAGE_ACK)
        sync_ack(n, s, m);
    else if (m->kind == MESSAGE_CERTIFICATE)
        carry_certificate(n, s, m);
    else if (m->kind == MESSAGE_KEEP)
        mesh_told(n, s, m);
    else if (m->kind == MESSAGE_FORK)
        fork_received(n, s, m);
    else if (m->kind == MESSAGE_PRESENCE)
        hearsay_told(n, s, m);
    else
        sync_have(n, s, m);
}

static void do_command(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)why;
    if (m->kind == MESSAGE_OUTCOME)
        command_outcome(n, s, m);
    else if (!access_may(s->identity.role, ACCESS_WANT))
        peer_refuse(n, s, "a command beyond its role");
    else if (!fork_refuses(n, s, m))
        command_received(n, s, m);
}

static void do_ping(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)why;
    session_send(n, s,
                 &(struct message){.kind = MESSAGE_PONG,
                                   .ping = {.sent_ms = m->ping.sent_ms, .clock_ms = n->now_ms}});
}

static void do_pong(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)why;
    session_pong(n, s, m->ping.sent_ms, m->ping.clock_ms);
}

static void do_unknown(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)s, (void)m, (void)why;
    node_counted(n, NODE_MESSAGES_UNKNOWN);
}

static void do_left(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)m, (void)why;
    struct member *member = s->member;
    hang_up(n, s, "it said goodbye");
    seen_left(n, member);
}

static void lose(struct node *n, struct session *s, struct span evidence)
{
    struct member *member = s->member;
    seen_lost(n, s, evidence);
    session_remove(n, s);
    if (!member->left)
        discovery_lost(n, member);
}

static void do_error(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)why;
    struct member *member = s->member;
    bool replaced = span_is(m->end.reason, REPLACED);
    s->refused_us = true;
    session_hang_up(n, s->link, "it ended the session");
    if (s->state == PEER_OPEN && s->we_spare && span_is(m->end.reason, SPARED)) {
        session_remove(n, s);
        return;
    }
    if (s->state == PEER_OPEN && !replaced) {
        lose(n, s, m->end.reason);
        discovery_refused(n, member);
        return;
    }
    give_back(n, s);
    if (member != NULL && member->session == NULL)
        discovery_lost(n, member);
}

void peer_spare(struct node *n, struct session *s)
{
    session_send_end(n, s, MESSAGE_ERROR, SPARED);
    hang_up(n, s, SPARED);
}

static void do_cut(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)m;
    lose(n, s, why);
}

static void do_silent(struct node *n, struct session *s, const struct message *m, struct span why)
{
    (void)m, (void)why;
    s->given_up = true;
    session_hang_up(n, s->link, "no sign of life");
    lose(n, s, SPAN("no sign of life"));
}

void peer_goodbye_all(struct node *n)
{
    while (n->session_count > 0) {
        struct session *s = n->sessions[n->session_count - 1];
        if (s->state == PEER_OPEN)
            session_send_end(n, s, MESSAGE_GOODBYE, "leaving");
        hang_up(n, s, "leaving");
    }
}

/* The first sign of life of a session is a ping, so that its round trip is known early. */
static bool ping_due(const struct node *n, const struct session *s)
{
    if (s->pinged_ms == 0)
        return n->now_ms - s->sent_ms >= TIME_BEAT_MS;
    return n->now_ms - s->pinged_ms >= TIME_RTT_MS;
}

static void tick_session(struct node *n, struct session *s)
{
    bool late = s->state == PEER_GREETING && n->now_ms - s->up_ms >= TIME_GREET_MS;
    if (s->state != PEER_OPEN && !late)
        return;
    enum presence_sign sign = presence_of_session(&n->health, s->heard_ms, n->now_ms);
    bool doubted = sign == PRESENCE_DOUBTED && !s->suspect;
    s->suspect = s->suspect || doubted;
    if (late || sign == PRESENCE_GONE)
        step(n, s, PEER_IN_LATE, NULL, (struct span){0});
    else if (doubted || ping_due(n, s))
        session_ping(n, s);
    else if (n->now_ms - s->sent_ms >= TIME_BEAT_MS)
        session_beat(n, s);
}

void peer_tick(struct node *n)
{
    if (n->peer_at_ms > n->now_ms)
        return;
    for (size_t i = n->session_count; i > 0; i--)
        if (i <= n->session_count)
            tick_session(n, n->sessions[i - 1]);
    n->peer_at_ms = peer_deadline(n);
}

uint64_t peer_deadline(const struct node *n)
{
    uint64_t deadline = NODE_NEVER;
    for (size_t i = 0; i < n->session_count; i++) {
        const struct session *s = n->sessions[i];
        if (s->state == PEER_GREETING)
            node_soon(&deadline, s->up_ms + TIME_GREET_MS);
        if (s->state != PEER_OPEN)
            continue;
        uint64_t since_ms = presence_since(&n->health, s->heard_ms);
        uint64_t patience_ms = presence_patience_ms(&n->health, n->now_ms);
        node_soon(&deadline, since_ms + (s->suspect ? patience_ms : TIME_SUSPECT_MS));
        if (s->suspect) /* patience may end sooner than it seems now */
            node_soon(&deadline, n->now_ms + TIME_LATE_MS);
        node_soon(&deadline, s->sent_ms + TIME_BEAT_MS);
        if (s->pinged_ms > 0)
            node_soon(&deadline, s->pinged_ms + TIME_RTT_MS);
    }
    return deadline;
}
