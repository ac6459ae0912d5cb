#include "core/dispatch.h"

#include "base/number.h"
#include "core/command.h"
#include "core/members.h"
#include "core/order.h"
#include "core/rule_text.h"
#include "core/why.h"

#include <stdlib.h>

/* The happy path: switched -> on disk -> nobody goes before us -> for each target an id, and
 * command.c has it. */

void dispatch_fini(struct node *n)
{
    free(n->dispatches);
    n->dispatches = NULL;
    n->dispatch_count = 0;
}

static void drop(struct node *n, size_t at)
{
    n->dispatch_count--;
    memmove(&n->dispatches[at], &n->dispatches[at + 1],
            (n->dispatch_count - at) * sizeof *n->dispatches);
}

static void drop_expired(struct node *n)
{
    for (size_t i = n->dispatch_count; i > 0; i--)
        if (n->dispatches[i - 1].until_ms <= n->now_ms || n->dispatches[i - 1].epoch != n->epoch)
            drop(n, i - 1);
}

/* Not even kept: people are told why. */
static void tell(struct node *n, const struct rule_state *s, const struct rule_command *c,
                 enum fact_outcome outcome, const char *cause)
{
    char memory[LIMIT_TOPIC + 1];
    struct buf b;
    struct fact *fact = node_fact(n, FACT_COMMANDED, span_of(c->device));
    if (fact == NULL)
        return;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, c->device[0] == '\0' ? n->self.device : c->device);
    buf_char(&b, '/');
    buf_text(&b, c->property);
    fact->property = span_of(s->rule.name);
    fact->outcome = outcome;
    fact->text = event_effects_copy(n->fx, buf_view(&b));
    fact->cause = span_of(cause);
}

static void keep(struct node *n, const struct rule_state *s, size_t command, uint64_t until_ms)
{
    struct dispatch *d = &n->dispatches[n->dispatch_count++];
    struct buf b;
    *d = (struct dispatch){.rule = (size_t)(s - n->rules),
                           .command = command,
                           .turns = s->told.turns,
                           .epoch = n->epoch,
                           .seq = n->log->last,
                           .until_ms = until_ms};
    memcpy(d->trigger, s->told.trigger, sizeof d->trigger);
    buf_init(&b, d->cause, LIMIT_CAUSE);
    why_rule(&b, s, span_of(n->self.device));
    d->cause[b.overflow ? 0 : b.size] = '\0';
}

void dispatch_switched(struct node *n, const struct rule_state *s, uint64_t age_ms)
{
    enum rule_phase phase = s->active ? RULE_ACTIVE : RULE_IDLE;
    drop_expired(n);
    for (size_t i = 0; i < s->rule.command_count; i++) {
        const struct rule_command *c = &s->rule.commands[i];
        if (c->at != phase)
            continue;
        if (n->dispatches == NULL)
            n->dispatches = calloc(LIMIT_DISPATCHES, sizeof *n->dispatches);
        if (n->dispatches == NULL)
            n->fx->out_of_memory = true;
        else if (age_ms >= TIME_RULE_COMMAND_MS)
            tell(n, s, c, FACT_OUTCOME_EXPIRED, "its reason is too old");
        else if (n->dispatch_count == LIMIT_DISPATCHES)
            tell(n, s, c, FACT_OUTCOME_REFUSED, "too many commands wait");
        else
            keep(n, s, i, n->now_ms + TIME_RULE_COMMAND_MS - age_ms);
    }
}

static struct value value_of(const char *text)
{
    double number;
    if (text[0] == '\0')
        return (struct value){.kind = VALUE_NONE};
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return value_bool(text[0] == 't');
    if (number_parse(span_of(text), &number) == ERR_OK)
        return value_number(number);
    return value_text(span_of(text));
}

static void put_id(const struct node *n, const struct dispatch *d, const struct rule_command *c,
                   struct span topic, char id[COMMAND_RULE_ID + 1])
{
    char memory[2 * LIMIT_RECORD_NAME + LIMIT_TOPIC + LIMIT_NAME + 32];
    struct chain_hash hash;
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, d->trigger);
    buf_char(&b, '\n');
    buf_u64(&b, d->turns);
    buf_text(&b, c->at == RULE_ACTIVE ? "\nactive\n" : "\nidle\n");
    buf_span(&b, topic);
    buf_char(&b, '\n');
    buf_text(&b, c->value);
    rule_text_hash(&n->rules[d->rule].rule, n->hash, &hash);
    n->hash(&hash, &hash, buf_view(&b));
    buf_init(&b, id, COMMAND_RULE_ID);
    buf_text(&b, COMMAND_RULE_PREFIX);
    buf_hex(&b, hash.bytes, (COMMAND_RULE_ID - sizeof COMMAND_RULE_PREFIX + 1) / 2);
    id[b.size] = '\0';
}

static void give(struct node *n, const struct dispatch *d, const char *device)
{
    const struct rule *rule = &n->rules[d->rule].rule;
    const struct rule_command *c = &rule->commands[d->command];
    char topic[LIMIT_TOPIC + 1], id[COMMAND_RULE_ID + 1];
    struct buf b;
    buf_init(&b, topic, sizeof topic);
    buf_text(&b, device);
    buf_char(&b, '/');
    buf_text(&b, c->property);
    put_id(n, d, c, buf_view(&b), id);
    struct command_order order = {.id = span_of(id),
                                  .topic = buf_view(&b),
                                  .value = value_of(c->value),
                                  .until_ms = d->until_ms,
                                  .rule = rule->name,
                                  .cause = span_of(d->cause)};
    if (strcmp(device, n->self.device) == 0)
        command_own(n, &order);
    else
        command_give(n, &order);
}

static void give_all(struct node *n, const struct dispatch *d)
{
    const char *device = n->rules[d->rule].rule.commands[d->command].device;
    const struct member *m;
    size_t at = 0;
    if (device[0] == '\0' || strchr(device, '*') == NULL) {
        give(n, d, device[0] == '\0' ? n->self.device : device);
        return;
    }
    while ((m = table_next(&n->members, &at)) != NULL)
        if (m->session != NULL && m->role == ROLE_ACTUATOR &&
            rule_matches(device, span_of(m->device)))
            give(n, d, m->device);
}

void dispatch_pump(struct node *n)
{
    size_t i = 0;
    drop_expired(n);
    while (i < n->dispatch_count) {
        const struct dispatch *d = &n->dispatches[i];
        if (d->seq > n->log->stored || order_is_decided_by_another(n, &n->rules[d->rule].rule)) {
            i++;
            continue;
        }
        give_all(n, d);
        drop(n, i);
    }
}
