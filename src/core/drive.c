#include "core/drive.h"

#include "base/number.h"
#include "core/author.h"
#include "core/command.h"
#include "core/fork.h"
#include "core/members.h"
#include "core/why.h"

#include <stdlib.h>

/* The happy path: a rule is evaluated, or a wanted record arrives, or a controller comes or goes;
 * choose() finds who decides now and what; when that differs from what was written last, a record
 * says so, and the action follows once the record is on disk. */

static const char AUTO[] = "auto";

/* What a property should be, and why. */
struct choice {
    enum fact_by by;
    struct drive_value value;
    const struct drive_wish *wish; /* by a controller or a person */
    const struct rule_state *rule; /* by a rule of ours, */
    size_t action;                 /* ... this action of it */
};

static void keep(struct drive_value *v, const struct value *value)
{
    *v = (struct drive_value){.kind = value->kind, .number = value->number};
    if (value->kind != VALUE_TEXT)
        return;
    check(value->text.size <= LIMIT_VALUE_TEXT);
    if (value->text.size > 0)
        memcpy(v->text, value->text.bytes, value->text.size);
}

static struct value value_of(const struct drive_value *v)
{
    struct value value = {.kind = v->kind, .number = v->number, .text = span_of(v->text)};
    return value;
}

static bool same(const struct drive_value *a, const struct drive_value *b)
{
    struct value left = value_of(a), right = value_of(b);
    return value_equal(&left, &right);
}

void drive_fini(struct node *n)
{
    for (size_t i = 0; i < n->drive_count; i++) {
        free(n->drives[i]->automatic.cause);
        free(n->drives[i]->set.cause);
        free(n->drives[i]);
    }
    n->drive_count = 0;
}

struct drive *drive_find(const struct node *n, struct span property)
{
    for (size_t i = 0; i < n->drive_count; i++)
        if (span_is(property, n->drives[i]->property))
            return n->drives[i];
    return NULL;
}

struct drive *drive_of(struct node *n, struct span property)
{
    struct drive *d = drive_find(n, property);
    if (d != NULL || n->drive_count == LIMIT_DRIVES)
        return d;
    d = calloc(1, sizeof *d);
    if (d == NULL) {
        n->fx->out_of_memory = true;
        return NULL;
    }
    ident_name_copy(d->property, property);
    d->set.until_ms = d->automatic.until_ms = NODE_NEVER;
    n->drives[n->drive_count++] = d;
    return d;
}

/* The place of the rule's own action on this property; action_count: there is none. */
static size_t own_action(const struct rule_state *s, const char *property)
{
    size_t i = 0;
    while (i < s->rule.action_count && (s->rule.actions[i].device[0] != '\0' ||
                                        strcmp(s->rule.actions[i].property, property) != 0))
        i++;
    return i;
}

/* Of the rules that drive a property and say something now, the first that is active decides, else
 * the first. NULL: none. */
static const struct rule_state *deciding_rule(const struct node *n, const struct drive *d,
                                              size_t *action)
{
    const struct rule_state *first = NULL;
    for (size_t i = 0; i < n->rule_count; i++) {
        const struct rule_state *s = &n->rules[i];
        size_t at = own_action(s, d->property);
        if (s->used_ms == 0 || at == s->rule.action_count || rule_value(s, at).size == 0)
            continue;
        if (first == NULL || s->active) {
            first = s;
            *action = at;
        }
        if (s->active)
            break;
    }
    return first;
}

/* Its author is there, in the life in which it wrote this. */
static bool author_is_there(const struct node *n, const struct drive_wish *w)
{
    const struct member *m = members_find(n, span_of(w->log.device));
    return m != NULL && m->session != NULL && m->session->epoch == w->log.epoch &&
           ident_key_equal(&m->session->identity.key, &w->log.key) && !fork_known(n, &w->log.key);
}

static bool holds(struct drive_wish *w, uint64_t now_ms)
{
    if (w->until_ms <= now_ms)
        w->holds = false;
    return w->holds;
}

static struct choice choose(struct node *n, struct drive *d)
{
    struct choice c = {.by = FACT_BY_NOBODY};
    if (holds(&d->set, n->now_ms)) {
        c = (struct choice){.by = FACT_BY_PERSON, .value = d->set.value, .wish = &d->set};
    } else if (d->automatic.holds && author_is_there(n, &d->automatic)) {
        c = (struct choice){.by = FACT_BY_CONTROLLER,
                            .value = d->automatic.value,
                            .wish = &d->automatic};
    } else if ((c.rule = deciding_rule(n, d, &c.action)) != NULL) {
        struct value value = value_text(rule_value(c.rule, c.action));
        c.by = FACT_BY_RULE;
        keep(&c.value, &value);
    }
    return c;
}

static bool value_is_active(const struct node *n, const struct drive *d,
                            const struct drive_value *v)
{
    if (v->kind != VALUE_TEXT)
        return v->number < 0 || v->number > 0;
    for (size_t i = 0; i < n->rule_count; i++) {
        size_t at = own_action(&n->rules[i], d->property);
        if (at < n->rules[i].rule.action_count)
            return strcmp(v->text, n->rules[i].rule.actions[at].idle) != 0;
    }
    return strcmp(v->text, "off") != 0;
}

static struct fact *tell(struct node *n, enum fact_kind kind, const struct drive *d,
                         const struct drive_value *v)
{
    struct fact *fact = node_fact(n, kind, span_of(n->self.device));
    if (fact == NULL)
        return NULL;
    fact->property = span_of(d->property);
    fact->value = value_of(v);
    fact->value.text = event_effects_copy(n->fx, span_of(v->text));
    fact->active = d->active;
    return fact;
}

static void tell_action(struct node *n, const struct drive *d, const char *rule, bool changed)
{
    struct fact *fact = tell(n, FACT_ACTION, d, &d->acted);
    if (fact == NULL)
        return;
    fact->text = span_of(rule);
    fact->changed = changed;
}

static void act(struct node *n, struct drive *d, const struct drive_value *v, enum err written)
{
    if (same(&d->acted, v))
        return;
    char memory[NUMBER_TEXT_MAX];
    struct span text = span_of(v->text);
    d->acted = *v;
    if (v->kind == VALUE_BOOL)
        text = span_of(v->number > 0 ? "true" : "false");
    else if (v->kind == VALUE_NUMBER)
        text = (struct span){memory, number_format(memory, v->number)};
    if (written == ERR_OK) {
        author_act(n, span_of(d->property), text);
        return;
    }
    author_act_all(n); /* what waits for the disk comes before */
    struct effect *effect = event_effects_add(n->fx, EFFECT_ACT);
    effect->act.property = event_effects_copy(n->fx, span_of(d->property));
    effect->act.value = value_text(event_effects_copy(n->fx, text));
}

static uint64_t remaining_ms(const struct node *n, const struct drive_wish *w)
{
    return w->until_ms == NODE_NEVER ? 0 : w->until_ms - n->now_ms;
}

static void wish_name(const struct drive_wish *w, char out[LIMIT_RECORD_NAME + 1])
{
    ident_record_name(out, span_of(w->log.device), w->log.epoch, w->seq);
}

static struct span cause_of(struct node *n, const struct drive *d, const struct choice *c,
                            struct buf *b)
{
    if (c->rule != NULL)
        why_rule(b, c->rule, (struct span){0});
    else if (c->wish != NULL && c->by == FACT_BY_PERSON)
        why_person(b, d, remaining_ms(n, c->wish));
    else if (c->wish != NULL && c->wish->cause != NULL)
        buf_text(b, c->wish->cause);
    return buf_view(b);
}

/* Writes what the property is now. While nothing can be written a change is still carried out,
 * once: a fan must not wait for a disk. */
static void report(struct node *n, struct drive *d, const struct choice *c)
{
    char memory[DRIVE_CAUSE_MAX], name[LIMIT_RECORD_NAME + 1] = "";
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    if (c->wish != NULL)
        wish_name(c->wish, name);
    struct author_entry entry = {
        .type = span_of(d->property),
        .value = value_of(&c->value),
        .trust = c->rule != NULL && c->rule->plain ? RULE_PLAIN : RULE_PROVEN,
        .for_ms = c->wish == NULL ? 0 : remaining_ms(n, c->wish),
        .answers = span_of(name),
        .cause = cause_of(n, d, c, &b),
    };
    enum err err = author_append(n, &entry, NULL);
    if (err == ERR_MEMORY)
        n->fx->out_of_memory = true;
    d->reported = err == ERR_OK ? c->value : (struct drive_value){0};
    memcpy(d->answers, err == ERR_OK ? name : "", err == ERR_OK ? sizeof name : 1);
    act(n, d, &c->value, err);
}

/* Who decides is told when a controller is or was concerned: that a rule of ours does is usual. */
static void note_decider(struct node *n, struct drive *d, const struct choice *c)
{
    const char *decider = c->wish == NULL ? n->self.device : c->wish->log.device;
    if (c->by == d->by && (c->wish == NULL || strcmp(d->decider, decider) == 0))
        return;
    bool told = c->by != FACT_BY_NOBODY && (c->by != FACT_BY_RULE || d->by != FACT_BY_NOBODY);
    struct fact *fact = told ? tell(n, FACT_DECIDES, d, &c->value) : NULL;
    if (fact != NULL) {
        fact->device = event_effects_copy(n->fx, span_of(decider));
        fact->by = c->by;
        fact->text = c->rule == NULL ? (struct span){0} : span_of(c->rule->rule.name);
        fact->cause = event_effects_copy(n->fx, span_of(d->decider));
        fact->ms = c->wish == NULL ? 0 : remaining_ms(n, c->wish);
    }
    d->by = c->by;
    d->held_told = false;
    ident_name_copy(d->decider, span_of(decider));
}

static bool is_answered(const struct drive *d, const struct choice *c)
{
    char name[LIMIT_RECORD_NAME + 1];
    if (c->wish == NULL || c->by != FACT_BY_PERSON)
        return true;
    wish_name(c->wish, name);
    return strcmp(name, d->answers) == 0;
}

/* True when the action was told. */
static bool settle(struct node *n, struct drive *d, struct choice *c)
{
    *c = choose(n, d);
    note_decider(n, d, c);
    if (c->by == FACT_BY_NOBODY)
        return false;
    bool is_new = !same(&d->acted, &c->value), was_active = d->active;
    if (!is_new && same(&d->reported, &c->value) && is_answered(d, c))
        return false;
    d->active = value_is_active(n, d, &c->value);
    report(n, d, c);
    const char *rule = c->rule == NULL ? "" : c->rule->rule.name;
    if (d->active != was_active) {
        struct fact *fact = tell(n, FACT_STATE, d, &c->value);
        if (fact != NULL)
            fact->text = span_of(rule);
    }
    if (is_new)
        tell_action(n, d, rule, true);
    return is_new;
}

void drive_settle(struct node *n)
{
    struct choice c;
    for (size_t i = 0; i < n->drive_count; i++)
        (void)settle(n, n->drives[i], &c);
}

/* The rule wants something else than the person: said once for each thing it wants. */
static void note_held(struct node *n, struct drive *d)
{
    size_t action;
    const struct rule_state *s = deciding_rule(n, d, &action);
    if (s == NULL)
        return;
    struct value wanted = value_text(rule_value(s, action));
    struct drive_value v;
    keep(&v, &wanted);
    if (same(&v, &d->acted) || (d->held_told && same(&v, &d->held)))
        return;
    d->held = v;
    d->held_told = true;
    struct fact *fact = tell(n, FACT_HELD, d, &v);
    if (fact == NULL)
        return;
    fact->device = event_effects_copy(n->fx, span_of(d->decider));
    fact->text = span_of(s->rule.name);
    fact->ms = remaining_ms(n, &d->set);
}

static void evaluated(struct node *n, struct drive *d)
{
    struct choice c;
    bool told = settle(n, d, &c);
    if (c.by == FACT_BY_PERSON)
        note_held(n, d);
    if (c.rule != NULL && c.by == FACT_BY_RULE && !told)
        tell_action(n, d, c.rule->rule.name, false);
}

void drive_evaluated(struct node *n, const struct rule_state *s)
{
    for (size_t i = 0; i < s->rule.action_count; i++) {
        const struct rule_action *a = &s->rule.actions[i];
        struct drive *d = a->device[0] != '\0' ? NULL : drive_of(n, span_of(a->property));
        if (d != NULL)
            evaluated(n, d);
    }
}

static bool wish_of(struct drive_wish *w, const struct log_id *id, const struct record *r)
{
    char *cause = NULL;
    if (r->cause.size > 0) {
        cause = malloc(r->cause.size + 1);
        if (cause == NULL)
            return false;
        memcpy(cause, r->cause.bytes, r->cause.size);
        cause[r->cause.size] = '\0';
    }
    free(w->cause);
    *w = (struct drive_wish){.log = *id, .seq = r->seq, .for_ms = r->for_ms, .cause = cause};
    w->holds = r->value.kind != VALUE_TEXT || !span_is(r->value.text, AUTO);
    w->until_ms = NODE_NEVER;
    keep(&w->value, &r->value);
    return true;
}

static struct drive_wish *wish_for_us(struct node *n, const struct log_id *id,
                                      const struct record *r)
{
    struct access_topic t;
    if (n->self.role != ROLE_ACTUATOR || !record_is_wanted(r) ||
        !access_topic_split(r->topic, &t) || !span_is(t.device, n->self.device) ||
        r->value.kind == VALUE_NONE)
        return NULL;
    struct drive *d = drive_of(n, t.property);
    if (d == NULL)
        return NULL;
    struct drive_wish *w = t.kind == ACCESS_SET ? &d->set : &d->automatic;
    if (wish_of(w, id, r))
        return w;
    n->fx->out_of_memory = true;
    return NULL;
}

void drive_wanted(struct node *n, const struct log_id *id, const struct record *r, uint64_t age_ms)
{
    struct drive_wish *w = wish_for_us(n, id, r);
    if (w == NULL)
        return;
    n->unsettled = true;
    if (w->for_ms > 0)
        w->until_ms = age_ms < w->for_ms ? n->now_ms + (w->for_ms - age_ms) : 0;
}

void drive_restore(struct node *n, const struct log_id *id, const struct record *r)
{
    if (r->topic.size > 0) {
        (void)wish_for_us(n, id, r);
        return;
    }
    bool acts = n->self.role == ROLE_ACTUATOR && r->value.kind != VALUE_NONE &&
                !command_restore(n, r);
    struct drive *d = acts ? drive_of(n, r->type) : NULL;
    if (d == NULL)
        return;
    keep(&d->reported, &r->value);
    d->acted = d->reported;
    d->active = value_is_active(n, d, &d->reported);
    d->restored_ts = r->ts;
    d->restored_for_ms = r->for_ms;
    memcpy(d->answers, r->answers.size > 0 ? r->answers.bytes : "", r->answers.size);
    d->answers[r->answers.size] = '\0';
}

/* A wish that ends was answered in the step that it came in, so both are on disk or neither; when
 * the last report answers something else, its time was over already. How much is left is told by
 * our own clock. */
void drive_restored(struct node *n)
{
    char name[LIMIT_RECORD_NAME + 1];
    for (size_t i = 0; i < n->drive_count; i++) {
        struct drive *d = n->drives[i];
        if (d->set.for_ms == 0)
            continue;
        wish_name(&d->set, name);
        uint64_t gone_ms = n->wall_ms > d->restored_ts ? n->wall_ms - d->restored_ts : 0;
        d->set.until_ms = 0;
        if (strcmp(name, d->answers) == 0 && gone_ms < d->restored_for_ms)
            d->set.until_ms = n->now_ms + (d->restored_for_ms - gone_ms);
    }
    n->unsettled = true;
}

void drive_restate(struct node *n)
{
    for (size_t i = 0; i < n->drive_count; i++) {
        struct drive *d = n->drives[i];
        size_t action;
        const struct rule_state *rule = deciding_rule(n, d, &action);
        if (d->acted.kind == VALUE_NONE)
            continue;
        struct author_entry entry = {
            .type = span_of(d->property),
            .value = value_of(&d->acted),
            .trust = d->by == FACT_BY_RULE && rule != NULL && rule->plain ? RULE_PLAIN
                                                                          : RULE_PROVEN,
            .answers = span_of(d->answers),
        };
        bool written = author_append(n, &entry, NULL) == ERR_OK;
        d->reported = written ? d->acted : (struct drive_value){0};
    }
}

uint64_t drive_deadline(const struct node *n)
{
    uint64_t deadline = NODE_NEVER;
    for (size_t i = 0; i < n->drive_count; i++)
        if (n->drives[i]->set.holds)
            node_soon(&deadline, n->drives[i]->set.until_ms);
    return deadline;
}
