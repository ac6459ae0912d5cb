#include "core/greet.h"

#include "core/session.h"
#include "core/sync.h"

bool greet_is_self(const struct node *n, const struct session *s)
{
    return ident_key_equal(&s->identity.key, &n->self.key);
}

void greet_met_self(struct node *n, uint64_t epoch)
{
    if (epoch <= n->epoch || n->exited)
        return;
    struct fact *fact = node_fact(n, FACT_SUPERSEDED, span_of(n->self.device));
    if (fact != NULL)
        fact->epoch = epoch;
    n->exited = true;
    event_effects_add(n->fx, EFFECT_EXIT)->exit.status = 4;
}

void greet_send(struct node *n, struct session *s)
{
    struct message m = {.kind = MESSAGE_HELLO,
                        .hello = {.version = 1,
                                  .device = span_of(n->self.device),
                                  .role = n->self.role,
                                  .epoch = n->epoch,
                                  .time_ms = n->wall_ms}};
    for (size_t role = 0; role < ROLE_COUNT; role++)
        m.hello.wants[role] = n->self.role != ROLE_SENSOR ||
                              (role != ROLE_SENSOR && role != ROLE_OBSERVER);
    session_send(n, s, &m);
    if (!greet_is_self(n, s))
        sync_send_have(n, s);
}

/* Links of this device that have not said hello yet, beside this one. */
static size_t count_waiting(const struct node *n, const struct session *s)
{
    size_t count = 0;
    for (size_t i = 0; i < n->session_count; i++)
        count += n->sessions[i] != s && n->sessions[i]->state == PEER_GREETING &&
                 ident_key_equal(&n->sessions[i]->identity.key, &s->identity.key);
    return count;
}

/* Why this certificate must not greet us here, or NULL. */
const char *greet_refusal(const struct node *n, const struct session *s, const struct member *m)
{
    if (count_waiting(n, s) >= LIMIT_GREETINGS)
        return "too many links that say nothing";
    if (greet_is_self(n, s))
        return NULL;
    if (strcmp(s->identity.device, n->self.device) == 0)
        return "it has our name and another key";
    if (m != NULL && m->session != NULL &&
        !ident_key_equal(&m->session->identity.key, &s->identity.key))
        return "another key under a name that is in use";
    return NULL;
}

const char *greet_fault(const struct session *s, const struct message *m)
{
    if (m->hello.version != 1)
        return "it speaks another version of the protocol";
    if (!span_is(m->hello.device, s->identity.device))
        return "its hello names another device than its certificate";
    if (m->hello.role != s->identity.role)
        return "its hello names another role than its certificate";
    return NULL;
}

struct session *greet_twin(const struct node *n, const struct session *s)
{
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *other = n->sessions[i];
        if (other == s || other->state != PEER_GREETING)
            continue;
        if (ident_key_equal(&other->identity.key, &s->identity.key))
            return other;
    }
    return NULL;
}

bool greet_crossed(const struct node *n, const struct session *s, const struct session *old)
{
    bool ours_stays = strcmp(n->self.device, s->identity.device) < 0;
    return old->outbound != s->outbound && old->outbound == ours_stays &&
           n->now_ms - old->up_ms < TIME_DIAL_CROSS_MS;
}
