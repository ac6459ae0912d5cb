#include "core/command.h"

#include "base/number.h"
#include "core/author.h"
#include "core/drive.h"
#include "core/fork.h"
#include "core/members.h"
#include "core/mesh.h"
#include "core/session.h"

#include <stdlib.h>

/* The happy path: asked -> (ping, pong) -> `command` -> "started" on the target's disk -> performed
 * -> "done" in the target's log -> heard by the sender. */

static const char UNREACHABLE[] = "it can't be reached, and a command does not wait";
static const char TOO_LATE[] = "it came too late";
static const char CAUSE[] = "{\"rule\":\"command\",\"by\":\"";

void command_fini(struct node *n)
{
    for (size_t i = 0; i < n->command_sent_count; i++)
        free(n->commands_sent[i].cause);
    for (size_t i = 0; i < n->command_run_count; i++)
        free(n->commands_run[i].cause);
    free(n->commands_sent);
    free(n->commands_run);
    n->commands_sent = NULL;
    n->commands_run = NULL;
    n->command_sent_count = n->command_run_count = 0;
}

/* A text that outlives its step; NULL: none, or no memory for it. */
static char *keep_text(struct node *n, struct span text)
{
    char *kept = text.size == 0 ? NULL : malloc(text.size + 1);
    if (text.size > 0 && kept == NULL)
        n->fx->out_of_memory = true;
    if (kept == NULL)
        return NULL;
    memcpy(kept, text.bytes, text.size);
    kept[text.size] = '\0';
    return kept;
}

/* "rule:" and 40 hexadecimal digits: no device has such a name. */
static bool is_rules(struct span id)
{
    size_t size = sizeof COMMAND_RULE_PREFIX - 1;
    if (id.size != COMMAND_RULE_ID || memcmp(id.bytes, COMMAND_RULE_PREFIX, size) != 0)
        return false;
    for (size_t i = size; i < id.size; i++)
        if (!(id.bytes[i] >= '0' && id.bytes[i] <= '9') &&
            !(id.bytes[i] >= 'a' && id.bytes[i] <= 'f'))
            return false;
    return true;
}

/* The sender's side */

static void tell(struct node *n, const struct command_sent *c, enum fact_outcome outcome,
                 struct span cause)
{
    struct fact *fact = node_fact(n, FACT_COMMANDED, event_effects_copy(n->fx, span_of(c->device)));
    if (fact == NULL)
        return;
    fact->id = c->id;
    fact->outcome = outcome;
    fact->ms = n->now_ms - c->asked_ms;
    fact->text = event_effects_copy(n->fx, span_of(c->topic));
    fact->cause = event_effects_copy(n->fx, cause);
    fact->property = event_effects_copy(n->fx, span_of(c->rule));
}

static void end(struct node *n, size_t at, enum fact_outcome outcome, struct span cause)
{
    tell(n, &n->commands_sent[at], outcome, cause);
    free(n->commands_sent[at].cause);
    n->commands_sent[at] = n->commands_sent[--n->command_sent_count];
    if (at < n->command_sent_count && n->commands_sent[at].value.kind == VALUE_TEXT)
        n->commands_sent[at].value.text.bytes = n->commands_sent[at].text;
}

static struct session *session_with(const struct node *n, const char *device)
{
    const struct member *m = members_find(n, span_of(device));
    return m == NULL ? NULL : m->session;
}

static bool knows_clock(const struct node *n, const struct session *s)
{
    return s->clock_known && n->now_ms - s->clock_at_ms <= TIME_TARGET_CLOCK_MS;
}

static void transmit(struct node *n, struct session *s, struct command_sent *c)
{
    struct message m = {.kind = MESSAGE_COMMAND,
                        .command = {.id = event_effects_copy(n->fx, span_of(c->name)),
                                    .topic = event_effects_copy(n->fx, span_of(c->topic)),
                                    .value = c->value,
                                    .epoch = c->epoch,
                                    .deadline_ms = c->deadline_ms}};
    if (c->cause != NULL)
        m.command.cause = event_effects_copy(n->fx, span_of(c->cause));
    if (c->value.kind == VALUE_TEXT)
        m.command.value.text = event_effects_copy(n->fx, c->value.text);
    session_send(n, s, &m);
    c->link = s->link;
}

/* On the target's clock the moment is at least clock_ms and what went by here since its pong came,
 * less an eighth, for its clock may be slower: the deadline is a little early, never late. */
static void send(struct node *n, struct session *s, struct command_sent *c)
{
    uint64_t left_ms = c->until_ms - n->now_ms, gone_ms = n->now_ms - s->clock_at_ms;
    c->epoch = s->epoch;
    c->deadline_ms = s->clock_ms + gone_ms - gone_ms / 8 + left_ms;
    transmit(n, s, c);
}

/* Sends it, or asks for the clock that its deadline is told by. What a broken link may have taken
 * with it is said again in the same life of its target, who knows it by its id. */
static void go_on(struct node *n, struct command_sent *c)
{
    struct session *s = session_with(n, c->device);
    if (s == NULL || c->link == s->link || c->until_ms <= n->now_ms)
        return;
    if (c->link != 0 && c->epoch == s->epoch)
        transmit(n, s, c);
    else if (c->link != 0)
        return;
    else if (knows_clock(n, s))
        send(n, s, c);
    else if (s->pinged_ms != n->now_ms)
        session_ping(n, s);
}

/* Links are replaced, cables are pulled for a moment: a command waits for that, within its time. */
static bool was_there_just_now(const struct node *n, const struct member *m)
{
    return !m->left && m->heard_ms > 0 && n->now_ms - m->heard_ms < TIME_LOST_MS;
}

/* In a ring there is a session for it as soon as it is asked for, and its calls come. */
static bool can_be_met(const struct node *n, const struct member *m)
{
    return n->ring && !m->left && m->heard_ms > m->ended_ms && members_is_there(n, m);
}

/* Why this can't be asked for, or NULL. */
static const char *fault_of(const struct node *n, const struct access_topic *t, uint64_t within_ms)
{
    struct member *m = members_find(n, t->device);
    if (!access_may(n->self.role, ACCESS_WANT))
        return "only a controller may command others";
    if (m == NULL || m->epoch == 0)
        return "no such device is known";
    if (m->role != ROLE_ACTUATOR)
        return "only actuators carry out commands";
    if (within_ms > TIME_COMMAND_MS)
        return "a command is given at most ten minutes";
    if (m->session == NULL && !was_there_just_now(n, m) && !can_be_met(n, m))
        return UNREACHABLE;
    return n->command_sent_count < LIMIT_COMMANDS ? fork_fault(n, m) : "too many commands wait";
}

static void keep_value(struct command_sent *c, const struct value *value)
{
    c->value = *value;
    if (value->kind != VALUE_TEXT)
        return;
    check(value->text.size <= LIMIT_VALUE_TEXT);
    if (value->text.size > 0)
        memcpy(c->text, value->text.bytes, value->text.size);
    c->value.text.bytes = c->text;
}

/* Keeps it and lets it go on, or says why not. */
static void begin(struct node *n, struct command_sent *c, struct span topic,
                  const struct value *value, struct span cause)
{
    struct access_topic t;
    check(access_topic_valid(topic) && access_topic_split(topic, &t) && t.kind == ACCESS_REPORTED);
    memcpy(c->topic, topic.bytes, topic.size);
    ident_name_copy(c->device, t.device);
    const char *fault = fault_of(n, &t, c->until_ms - n->now_ms);
    if (fault == NULL && n->commands_sent == NULL)
        n->commands_sent = calloc(LIMIT_COMMANDS, sizeof *n->commands_sent);
    if (fault == NULL && n->commands_sent == NULL)
        fault = "out of memory";
    if (fault != NULL) {
        tell(n, c, FACT_OUTCOME_REFUSED, span_of(fault));
        return;
    }
    struct command_sent *kept = &n->commands_sent[n->command_sent_count++];
    *kept = *c;
    kept->cause = keep_text(n, cause);
    keep_value(kept, value);
    mesh_asked(n);
    go_on(n, kept);
}

void command_ask(struct node *n, const struct event *e)
{
    struct command_sent c = {.id = e->command.id,
                             .asked_ms = n->now_ms,
                             .until_ms = n->now_ms + e->command.within_ms};
    ident_record_name(c.name, span_of(n->self.device), n->epoch, ++n->command_serial);
    begin(n, &c, e->command.topic, &e->command.value, (struct span){0});
}

void command_give(struct node *n, const struct command_order *order)
{
    struct command_sent c = {.asked_ms = n->now_ms, .until_ms = order->until_ms};
    memcpy(c.name, order->id.bytes, order->id.size);
    ident_name_copy(c.rule, span_of(order->rule));
    begin(n, &c, order->topic, &order->value, order->cause);
}

void command_settle(struct node *n)
{
    for (size_t i = 0; i < n->command_sent_count; i++)
        go_on(n, &n->commands_sent[i]);
}

void command_clock(struct node *n, struct session *s)
{
    for (size_t i = 0; i < n->command_sent_count; i++) {
        struct command_sent *c = &n->commands_sent[i];
        if (c->link == 0 && s->member != NULL && strcmp(c->device, s->member->device) == 0)
            send(n, s, c);
    }
}

static void take_outcome(struct node *n, struct span device, struct span name,
                         enum fact_outcome outcome, struct span cause)
{
    for (size_t i = 0; i < n->command_sent_count; i++) {
        const struct command_sent *c = &n->commands_sent[i];
        if (!span_is(device, c->device) || !span_is(name, c->name))
            continue;
        if (outcome == FACT_OUTCOME_STARTED)
            tell(n, c, outcome, cause);
        else
            end(n, i, outcome, cause);
        return;
    }
}

void command_heard(struct node *n, const struct record *r)
{
    enum fact_outcome outcome;
    if (r->value.kind == VALUE_TEXT && fact_outcome_parse(r->value.text, &outcome))
        take_outcome(n, r->device, r->answers, outcome, (struct span){0});
}

void command_outcome(struct node *n, struct session *s, const struct message *m)
{
    take_outcome(n, span_of(s->identity.device), m->outcome.id, m->outcome.outcome,
                 m->outcome.reason);
}

/* The target's side */

static void answer(struct node *n, struct session *s, struct span id, enum fact_outcome outcome,
                   const char *reason)
{
    struct message m = {.kind = MESSAGE_OUTCOME,
                        .outcome = {.id = event_effects_copy(n->fx, id),
                                    .outcome = outcome,
                                    .reason = span_of(reason)}};
    session_send(n, s, &m);
}

static enum err report(struct node *n, const struct command_run *c, enum fact_outcome outcome)
{
    char memory[sizeof CAUSE + LIMIT_NAME + 32];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, CAUSE);
    buf_text(&b, c->by);
    buf_text(&b, "\",\"conditions\":[]}");
    struct author_entry entry = {.type = span_of(c->property),
                                 .value = value_text(span_of(fact_outcome_text(outcome))),
                                 .trust = RULE_PROVEN,
                                 .answers = span_of(c->name),
                                 .cause = c->cause == NULL ? buf_view(&b) : span_of(c->cause)};
    return author_append(n, &entry, NULL);
}

static struct command_run *find_run(struct node *n, struct span id)
{
    for (size_t i = 0; i < n->command_run_count; i++)
        if (span_is(id, n->commands_run[i].name))
            return &n->commands_run[i];
    return NULL;
}

static void forget(struct node *n, struct command_run *c)
{
    free(c->cause);
    *c = n->commands_run[--n->command_run_count];
}

/* Somebody else could still give a rule's command: it may have switched a little later. */
static bool may_come_again(const struct node *n, const struct command_run *c)
{
    uint64_t more_ms = is_rules(span_of(c->name)) ? TIME_RULE_COMMAND_MS : 0;
    return c->deadline_ms + more_ms >= n->now_ms;
}

/* Room for one more: of those that are over and could not pass any more the first that came is
 * forgotten. */
static void forget_oldest(struct node *n)
{
    struct command_run *oldest = NULL;
    for (size_t i = 0; i < n->command_run_count; i++) {
        struct command_run *c = &n->commands_run[i];
        bool gone = c->state == COMMAND_OVER && !may_come_again(n, c);
        if (gone && (oldest == NULL || c->serial < oldest->serial))
            oldest = c;
    }
    if (n->command_run_count == LIMIT_COMMANDS && oldest != NULL)
        forget(n, oldest);
}

/* Why nothing of the kind can begin now, or NULL. */
static const char *busy_fault(struct node *n, struct span property)
{
    if (drive_find(n, property) != NULL)
        return "it is a state; kith set is for that";
    forget_oldest(n);
    for (size_t i = 0; i < n->command_run_count; i++)
        if (n->commands_run[i].state != COMMAND_OVER &&
            span_is(property, n->commands_run[i].property))
            return "it is still busy with another";
    return n->command_run_count == LIMIT_COMMANDS ? "too many commands at once" : NULL;
}

/* Why this command is not even looked at, or NULL. */
static const char *command_fault(struct node *n, const struct session *s, const struct message *m,
                                 const struct access_topic *t)
{
    size_t size = strlen(s->identity.device);
    struct span id = m->command.id;
    bool senders = id.size > size && memcmp(id.bytes, s->identity.device, size) == 0 &&
                   id.bytes[size] == '/';
    if (!senders && !is_rules(id))
        return "its id is not its sender's";
    if (n->self.role != ROLE_ACTUATOR || !span_is(t->device, n->self.device))
        return "it is not for this device";
    if (m->command.deadline_ms > n->now_ms + TIME_COMMAND_MS)
        return "its deadline is too far away";
    return busy_fault(n, t->property);
}

static void put_value(char out[LIMIT_VALUE_TEXT + 1], const struct value *v)
{
    char memory[NUMBER_TEXT_MAX];
    struct span text = v->text;
    if (v->kind == VALUE_NUMBER)
        text = (struct span){memory, number_format(memory, v->number)};
    else if (v->kind == VALUE_BOOL)
        text = span_of(v->number > 0 ? "true" : "false");
    else if (v->kind == VALUE_NONE)
        text = (struct span){0};
    if (text.size > 0)
        memcpy(out, text.bytes, text.size);
    out[text.size] = '\0';
}

/* The place for one more; NULL: out of memory. */
static struct command_run *run_of(struct node *n, struct span id, struct span property,
                                  uint64_t deadline_ms)
{
    if (n->commands_run == NULL)
        n->commands_run = calloc(LIMIT_COMMANDS, sizeof *n->commands_run);
    if (n->commands_run == NULL) {
        n->fx->out_of_memory = true;
        return NULL;
    }
    check(id.size <= LIMIT_RECORD_NAME);
    struct command_run *c = &n->commands_run[n->command_run_count];
    *c = (struct command_run){.serial = ++n->command_serial, .deadline_ms = deadline_ms};
    memcpy(c->name, id.bytes, id.size);
    ident_name_copy(c->property, property);
    return c;
}

/* Its start is written; false: it could not be. */
static bool written(struct node *n, struct command_run *c, enum fact_outcome outcome)
{
    if (report(n, c, outcome) != ERR_OK) {
        free(c->cause);
        return false;
    }
    n->command_run_count++;
    c->epoch = n->epoch;
    c->seq = n->log->last;
    return true;
}

static void start(struct node *n, struct session *s, const struct message *m,
                  const struct access_topic *t)
{
    struct command_run *c = run_of(n, m->command.id, t->property, m->command.deadline_ms);
    if (c == NULL)
        return;
    ident_name_copy(c->by, span_of(s->identity.device));
    c->cause = keep_text(n, is_rules(m->command.id) ? m->command.cause : (struct span){0});
    put_value(c->text, &m->command.value);
    bool late = m->command.deadline_ms < n->now_ms;
    enum fact_outcome outcome = late ? FACT_OUTCOME_EXPIRED : FACT_OUTCOME_STARTED;
    if (!written(n, c, outcome)) {
        answer(n, s, m->command.id, FACT_OUTCOME_REFUSED, "nothing can be written at the moment");
        return;
    }
    if (!late)
        return;
    c->state = COMMAND_OVER;
    c->outcome = outcome;
    answer(n, s, m->command.id, outcome, TOO_LATE);
}

/* The outcome stands in records of ours; what never began is only told. */
void command_own(struct node *n, const struct command_order *order)
{
    struct access_topic t;
    check(access_topic_split(order->topic, &t));
    if (find_run(n, order->id) != NULL)
        return;
    const char *fault = n->self.role != ROLE_ACTUATOR ? "only actuators carry out commands"
                                                      : busy_fault(n, t.property);
    struct command_run *c = fault != NULL ? NULL
                                          : run_of(n, order->id, t.property, order->until_ms);
    if (c != NULL) {
        ident_name_copy(c->by, span_of(n->self.device));
        c->cause = keep_text(n, order->cause);
        put_value(c->text, &order->value);
        fault = written(n, c, FACT_OUTCOME_STARTED) ? NULL : "nothing can be written at the moment";
    }
    if (fault == NULL)
        return;
    struct command_sent sent = {.asked_ms = n->now_ms};
    memcpy(sent.topic, order->topic.bytes, order->topic.size);
    ident_name_copy(sent.device, span_of(n->self.device));
    ident_name_copy(sent.rule, span_of(order->rule));
    tell(n, &sent, FACT_OUTCOME_REFUSED, span_of(fault));
}

void command_received(struct node *n, struct session *s, const struct message *m)
{
    struct access_topic t;
    bool split = access_topic_split(m->command.topic, &t);
    check(split);
    const struct command_run *known = find_run(n, m->command.id);
    if (known != NULL) {
        if (known->state == COMMAND_OVER)
            answer(n, s, m->command.id, known->outcome, "");
        return;
    }
    const char *fault = command_fault(n, s, m, &t);
    if (fault == NULL && m->command.epoch != n->epoch) /* what became of it stands in that epoch */
        answer(n, s, m->command.id, FACT_OUTCOME_EXPIRED, TOO_LATE);
    else if (fault != NULL)
        answer(n, s, m->command.id, FACT_OUTCOME_REFUSED, fault);
    else
        start(n, s, m, &t);
}

static void finish(struct node *n, struct command_run *c, enum fact_outcome outcome)
{
    c->state = COMMAND_OVER;
    c->outcome = outcome;
    if (report(n, c, outcome) == ERR_MEMORY)
        n->fx->out_of_memory = true;
}

static void perform(struct node *n, struct command_run *c)
{
    if (c->deadline_ms < n->now_ms) {
        finish(n, c, FACT_OUTCOME_EXPIRED);
        return;
    }
    c->state = COMMAND_RUNNING;
    struct effect *effect = event_effects_add(n->fx, EFFECT_COMMAND);
    effect->command.serial = c->serial;
    effect->command.property = event_effects_copy(n->fx, span_of(c->property));
    effect->command.value = event_effects_copy(n->fx, span_of(c->text));
    struct fact *fact = node_fact(n, FACT_COMMAND, span_of(n->self.device));
    if (fact == NULL)
        return;
    fact->property = effect->command.property;
    fact->value = value_text(effect->command.value);
}

/* Of an epoch that storing failed in, nothing is performed: its record may not be there. */
void command_stored(struct node *n)
{
    for (size_t i = 0; i < n->command_run_count; i++) {
        struct command_run *c = &n->commands_run[i];
        if (c->state != COMMAND_WRITTEN)
            continue;
        if (c->epoch != n->epoch)
            finish(n, c, FACT_OUTCOME_EXPIRED);
        else if (c->seq <= n->log->stored)
            perform(n, c);
    }
}

void command_ended(struct node *n, const struct event *e)
{
    for (size_t i = 0; i < n->command_run_count; i++)
        if (n->commands_run[i].serial == e->commanded.serial &&
            n->commands_run[i].state == COMMAND_RUNNING)
            finish(n, &n->commands_run[i],
                   e->commanded.failed ? FACT_OUTCOME_REFUSED : FACT_OUTCOME_DONE);
}

static bool is_of_command(const struct record *r)
{
    size_t size = sizeof CAUSE - 1;
    return is_rules(r->answers) ||
           (r->cause.size >= size && memcmp(r->cause.bytes, CAUSE, size) == 0);
}

/* By whom: stands in its id, but for a rule's, whose cause is kept. */
static void restore_sender(struct node *n, struct command_run *c, const struct record *r)
{
    const char *slash = memchr(r->answers.bytes, '/', r->answers.size);
    if (is_rules(r->answers))
        c->cause = keep_text(n, r->cause);
    else if (slash != NULL && (size_t)(slash - r->answers.bytes) <= LIMIT_NAME)
        ident_name_copy(c->by, (struct span){r->answers.bytes, (size_t)(slash - r->answers.bytes)});
}

/* What began and did not end is to be told; a rule's may be given again by another sender. */
static void restore_run(struct node *n, const struct record *r)
{
    bool began = span_is(r->value.text, fact_outcome_text(FACT_OUTCOME_STARTED));
    struct command_run *known = find_run(n, r->answers);
    if (known != NULL && !began)
        forget(n, known);
    if ((known != NULL && began) || (!began && !is_rules(r->answers)) ||
        r->answers.size > LIMIT_RECORD_NAME || n->command_run_count == LIMIT_COMMANDS)
        return;
    struct command_run *c = run_of(n, r->answers, r->type, n->now_ms + TIME_RULE_COMMAND_MS);
    if (c == NULL)
        return;
    restore_sender(n, c, r);
    c->state = COMMAND_RUNNING;
    if (!began && fact_outcome_parse(r->value.text, &c->outcome))
        c->state = COMMAND_OVER;
    n->command_run_count++;
}

bool command_restore(struct node *n, const struct record *r)
{
    if (r->value.kind != VALUE_TEXT || r->answers.size == 0 || !is_of_command(r))
        return false;
    restore_run(n, r);
    return true;
}

void command_restored(struct node *n)
{
    for (size_t i = 0; i < n->command_run_count; i++)
        if (n->commands_run[i].state == COMMAND_RUNNING)
            finish(n, &n->commands_run[i], FACT_OUTCOME_UNKNOWN);
}

void command_tick(struct node *n)
{
    for (size_t i = n->command_sent_count; i > 0; i--) {
        const struct command_sent *c = &n->commands_sent[i - 1];
        const struct member *m = members_find(n, span_of(c->device));
        bool gone = m == NULL ||
                    (m->session == NULL && !was_there_just_now(n, m) && !can_be_met(n, m));
        if (c->link == 0 && gone)
            end(n, i - 1, FACT_OUTCOME_REFUSED, span_of(UNREACHABLE));
        else if (c->link == 0 && c->until_ms <= n->now_ms)
            end(n, i - 1, FACT_OUTCOME_EXPIRED, SPAN("it was not sent in time"));
        else if (c->until_ms + TIME_OUTCOME_MS <= n->now_ms)
            end(n, i - 1, FACT_OUTCOME_UNKNOWN, SPAN("nothing came back; kith history tells"));
    }
}

uint64_t command_deadline(const struct node *n)
{
    uint64_t deadline = NODE_NEVER;
    for (size_t i = 0; i < n->command_sent_count; i++) {
        const struct command_sent *c = &n->commands_sent[i];
        const struct member *m = members_find(n, span_of(c->device));
        node_soon(&deadline, c->link != 0 ? c->until_ms + TIME_OUTCOME_MS : c->until_ms);
        if (c->link == 0 && m != NULL && m->session == NULL && was_there_just_now(n, m))
            node_soon(&deadline, m->heard_ms + TIME_LOST_MS);
    }
    return deadline;
}
