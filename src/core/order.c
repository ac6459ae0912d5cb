#include "core/order.h"

#include "core/author.h"
#include "core/fork.h"
#include "core/members.h"
#include "core/why.h"

#include <stdlib.h>

/* The happy path: a rule is evaluated; for each actuator that is there and that its target names,
 * the outcome is compared with what we wrote last, and written when it differs. */

void order_fini(struct node *n)
{
    free(n->orders);
    n->orders = NULL;
    n->order_count = 0;
}

static struct order *order_of(struct node *n, const char *device, struct span property)
{
    for (size_t i = 0; i < n->order_count; i++)
        if (strcmp(n->orders[i].device, device) == 0 && span_is(property, n->orders[i].property))
            return &n->orders[i];
    if (n->order_count == LIMIT_ORDERS)
        return NULL;
    if (n->orders == NULL)
        n->orders = calloc(LIMIT_ORDERS, sizeof *n->orders);
    if (n->orders == NULL) {
        n->fx->out_of_memory = true;
        return NULL;
    }
    struct order *o = &n->orders[n->order_count++];
    *o = (struct order){0};
    ident_name_copy(o->device, span_of(device));
    ident_name_copy(o->property, property);
    return o;
}

/* We have no session with it, but others have: what it writes still comes. */
static bool writes(struct node *n, const struct member *m)
{
    if (m->session != NULL || m->wrote_ms == 0 || n->now_ms - m->wrote_ms >= TIME_FRESH_MS)
        return false;
    node_soon(&n->order_at_ms, m->wrote_ms + TIME_FRESH_MS);
    return true;
}

/* A controller that is there, in the life in which it wrote this. */
static bool is_there(struct node *n, const struct log_id *id)
{
    const struct member *m = members_find(n, span_of(id->device));
    if (m == NULL || fork_known(n, &id->key))
        return false;
    if (m->session == NULL)
        return m->epoch == id->epoch && writes(n, m);
    return m->session->epoch == id->epoch && ident_key_equal(&m->session->identity.key, &id->key);
}

/* A rule with owners: whether one before us is there, or we are none of them. */
bool order_is_decided_by_another(struct node *n, const struct rule *rule)
{
    for (size_t i = 0; i < rule->owner_count; i++) {
        if (strcmp(rule->owners[i], n->self.device) == 0)
            return false;
        const struct member *m = members_find(n, span_of(rule->owners[i]));
        if (m != NULL && !fork_is_of(n, m) && (m->session != NULL || writes(n, m)))
            return true;
    }
    return rule->owner_count > 0;
}

/* Whether somebody goes before us: an owner, or else the one whose record counts now. */
static bool stands_back(struct node *n, const struct rule *rule, const struct state_entry *e)
{
    if (rule->owner_count > 0)
        return order_is_decided_by_another(n, rule);
    return e != NULL && strcmp(e->log.device, n->self.device) < 0 && is_there(n, &e->log);
}

static void write_order(struct node *n, struct order *o, const struct rule_state *s, size_t action,
                        struct span topic)
{
    char memory[LIMIT_CAUSE];
    struct buf b;
    struct record r;
    buf_init(&b, memory, sizeof memory);
    why_rule(&b, s, span_of(n->self.device));
    struct author_entry entry = {.type = SPAN("set"),
                                 .topic = topic,
                                 .value = value_text(rule_value(s, action)),
                                 .trust = RULE_PROVEN,
                                 .cause = buf_view(&b)};
    enum err err = author_append(n, &entry, &r);
    if (err == ERR_MEMORY)
        n->fx->out_of_memory = true;
    if (err != ERR_OK)
        return;
    ident_name_copy(o->value, rule_value(s, action));
    o->seq = r.seq;
    o->at_ms = n->now_ms;
}

static void order_to(struct node *n, const struct rule_state *s, size_t action, const char *device)
{
    struct span property = span_of(s->rule.actions[action].property);
    struct span value = rule_value(s, action);
    char memory[LIMIT_TOPIC + 1];
    struct buf b;
    struct order *o = order_of(n, device, property);
    if (o == NULL)
        return;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, device);
    buf_char(&b, '/');
    buf_span(&b, property);
    buf_text(&b, "/auto");
    const struct state_entry *e = state_get(&n->state, buf_view(&b));
    bool ours = e != NULL && e->seq == o->seq && e->log.epoch == n->epoch &&
                strcmp(e->log.device, n->self.device) == 0;
    bool same = o->value[0] != '\0' && span_is(value, o->value);
    if (stands_back(n, &s->rule, e) || (same && ours))
        return;
    /* Whoever goes behind us steps back when it hears this; until then once is enough. */
    if (same && n->now_ms - o->at_ms < TIME_ORDER_MS) {
        node_soon(&n->order_at_ms, o->at_ms + TIME_ORDER_MS);
        return;
    }
    write_order(n, o, s, action, buf_view(&b));
}

static void order_action(struct node *n, const struct rule_state *s, size_t action)
{
    const char *device = s->rule.actions[action].device;
    const struct member *m;
    size_t at = 0;
    if (device[0] == '\0' || rule_value(s, action).size == 0)
        return;
    while ((m = table_next(&n->members, &at)) != NULL)
        if (m->session != NULL && m->role == ROLE_ACTUATOR &&
            rule_matches(device, span_of(m->device)))
            order_to(n, s, action, m->device);
}

void order_evaluated(struct node *n, const struct rule_state *s)
{
    if (s->used_ms == 0 || s->plain)
        return;
    for (size_t i = 0; i < s->rule.action_count; i++)
        order_action(n, s, i);
}

void order_settle(struct node *n)
{
    n->order_at_ms = NODE_NEVER;
    for (size_t i = 0; i < n->rule_count; i++)
        order_evaluated(n, &n->rules[i]);
}

void order_restate(struct node *n)
{
    for (size_t i = 0; i < n->order_count; i++)
        n->orders[i].value[0] = '\0';
    n->unsettled = true;
}
