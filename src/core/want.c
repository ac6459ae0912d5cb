#include "core/want.h"

#include "core/author.h"
#include "core/fork.h"
#include "core/members.h"
#include "core/mesh.h"

#include <stdlib.h>

static const char OVERTAKEN[] = "something else was wanted meanwhile";

void want_fini(struct node *n)
{
    free(n->wants);
    n->wants = NULL;
    n->want_count = 0;
}

static void tell(struct node *n, const struct node_want *w, enum fact_stage stage,
                 const char *cause)
{
    struct fact *fact = node_fact(n, FACT_WANTED, event_effects_copy(n->fx, span_of(w->device)));
    if (fact == NULL)
        return;
    fact->id = w->id;
    fact->stage = stage;
    fact->ms = n->now_ms - w->asked_ms;
    fact->text = event_effects_copy(n->fx, span_of(w->topic));
    fact->cause = event_effects_copy(n->fx, span_of(cause));
}

static void end(struct node *n, size_t at, enum fact_stage stage, const char *cause)
{
    tell(n, &n->wants[at], stage, cause);
    n->wants[at] = n->wants[--n->want_count];
}

/* Why this can't be wanted, or NULL. */
static const char *fault_of(const struct node *n, const struct access_topic *t,
                            const struct value *value)
{
    struct member *m = members_find(n, t->device);
    bool self = span_is(t->device, n->self.device);
    if (!access_may(n->self.role, ACCESS_WANT))
        return "only a controller may want something of others";
    if (!self && (m == NULL || m->epoch == 0))
        return "no such device is known";
    if (self || m->role != ROLE_ACTUATOR)
        return "only actuators carry out what is wanted";
    if (value->kind == VALUE_NONE)
        return "a value is missing";
    return n->want_count < LIMIT_WANTED ? fork_fault(n, m)
                                        : "too many wishes wait for their outcome";
}

static bool reserve(struct node *n)
{
    if (n->wants == NULL)
        n->wants = calloc(LIMIT_WANTED, sizeof *n->wants);
    if (n->wants == NULL)
        n->fx->out_of_memory = true;
    return n->wants != NULL;
}

/* NULL: written. */
static const char *write_want(struct node *n, struct node_want *w, const struct event *e)
{
    struct record r;
    struct author_entry entry = {.type = SPAN("set"),
                                 .topic = span_of(w->topic),
                                 .value = e->want.value,
                                 .trust = RULE_PROVEN,
                                 .for_ms = e->want.for_ms};
    switch (author_append(n, &entry, &r)) {
    case ERR_OK:
        w->epoch = r.epoch;
        w->seq = r.seq;
        return NULL;
    case ERR_MEMORY:
        n->fx->out_of_memory = true;
        return "out of memory";
    case ERR_SIZE:
        return "the value is too long";
    default:
        return "nothing can be written at the moment";
    }
}

static void end_earlier(struct node *n, const char *topic)
{
    for (size_t i = n->want_count; i > 0; i--)
        if (strcmp(n->wants[i - 1].topic, topic) == 0)
            end(n, i - 1, FACT_WANT_REFUSED, OVERTAKEN);
}

void want_ask(struct node *n, const struct event *e)
{
    struct access_topic t;
    struct node_want w = {.id = e->want.id,
                          .asked_ms = n->now_ms,
                          .until_ms = n->now_ms + e->want.wait_ms};
    w.takes_back = e->want.value.kind == VALUE_TEXT && span_is(e->want.value.text, "auto");
    check(access_topic_valid(e->want.topic) && access_topic_split(e->want.topic, &t) &&
          t.kind == ACCESS_REPORTED);
    memcpy(w.topic, e->want.topic.bytes, e->want.topic.size);
    memcpy(w.topic + e->want.topic.size, "/set", sizeof "/set");
    ident_name_copy(w.device, t.device);
    const char *fault = fault_of(n, &t, &e->want.value);
    if (fault == NULL)
        fault = reserve(n) ? write_want(n, &w, e) : "out of memory";
    if (fault != NULL) {
        tell(n, &w, FACT_WANT_REFUSED, fault);
        return;
    }
    end_earlier(n, w.topic);
    n->wants[n->want_count++] = w;
    mesh_asked(n);
    tell(n, &w, FACT_WANT_SENT, "");
}

bool want_waits_for(const struct node *n, const char *device)
{
    for (size_t i = 0; i < n->want_count; i++)
        if (strcmp(n->wants[i].device, device) == 0)
            return true;
    return false;
}

void want_acknowledged(struct node *n, const char *device, const struct log *l, uint64_t seq)
{
    for (size_t i = n->want_count; i > 0; i--) {
        struct node_want *w = &n->wants[i - 1];
        if (w->acknowledged || w->epoch != l->id.epoch || w->seq > seq ||
            strcmp(w->device, device) != 0)
            continue;
        w->acknowledged = true;
        tell(n, w, FACT_WANT_ACKNOWLEDGED, "");
        if (w->takes_back || w->answered)
            end(n, i - 1, FACT_WANT_CONFIRMED, "");
    }
}

static bool is_answer(const struct node *n, const struct node_want *w, const struct record *r)
{
    char name[LIMIT_RECORD_NAME + 1];
    ident_record_name(name, span_of(n->self.device), w->epoch, w->seq);
    return span_is(r->device, w->device) && span_is(r->answers, name);
}

static bool is_other_wish(const struct node *n, const struct node_want *w, const struct record *r)
{
    if (!span_is(r->topic, w->topic))
        return false;
    const struct state_entry *e = state_get(&n->state, r->topic);
    return e != NULL && (e->log.epoch != w->epoch || e->seq != w->seq);
}

void want_heard(struct node *n, const struct record *r)
{
    for (size_t i = n->want_count; i > 0; i--) {
        struct node_want *w = &n->wants[i - 1];
        w->answered = w->answered || (r->answers.size > 0 && is_answer(n, w, r));
        if (w->answered && w->acknowledged)
            end(n, i - 1, FACT_WANT_CONFIRMED, "");
        else if (r->topic.size > 0 && is_other_wish(n, w, r))
            end(n, i - 1, FACT_WANT_REFUSED, OVERTAKEN);
    }
}

void want_tick(struct node *n)
{
    for (size_t i = n->want_count; i > 0; i--) {
        const struct node_want *w = &n->wants[i - 1];
        if (w->until_ms > n->now_ms)
            continue;
        const struct member *m = members_find(n, span_of(w->device));
        bool there = m != NULL && m->session != NULL;
        if (w->answered)
            end(n, i - 1, FACT_WANT_CONFIRMED, "");
        else
            end(n, i - 1, there ? FACT_WANT_EXPIRED : FACT_WANT_UNREACHABLE,
                m == NULL ? "" : m->evidence);
    }
}

uint64_t want_deadline(const struct node *n)
{
    uint64_t deadline = NODE_NEVER;
    for (size_t i = 0; i < n->want_count; i++)
        node_soon(&deadline, n->wants[i].until_ms);
    return deadline;
}
