#include "core/decision.h"

#include "core/author.h"
#include "core/drive.h"
#include "core/why.h"

/* The happy path: a rule is evaluated; what it is differs from what was last written of it, and no
 * property of ours tells; a record does. After a restart the newest record of ours that tells
 * anything of a rule counts, and what it was counting goes on, unless we were away for too long to
 * know whether its conditions held meanwhile. */

static const char *const noted_texts[] = {
    [RULE_NOTED_NOTHING] = "",
    [RULE_NOTED_IDLE] = "idle",
    [RULE_NOTED_COUNTING] = "counting",
    [RULE_NOTED_ACTIVE] = "active",
};

void decision_fed(struct rule_state *s, const struct record *r)
{
    s->told.turns = 0;
    s->told.fed[0] = '\0';
    if (r != NULL)
        ident_record_name(s->told.fed, r->device, r->epoch, r->seq);
}

void decision_triggered(struct node *n, struct rule_state *s)
{
    struct buf b;
    s->told.turns++;
    if (s->edge) {
        buf_init(&b, s->told.trigger, LIMIT_RECORD_NAME);
        buf_text(&b, "schedule/");
        buf_u64(&b, rule_edge_ms(s));
        s->told.trigger[b.size] = '\0';
    } else if (s->told.fed[0] != '\0') {
        memcpy(s->told.trigger, s->told.fed, sizeof s->told.trigger);
    } else { /* that nothing came was enough */
        ident_record_name(s->told.trigger, span_of(n->self.device), n->epoch, 0);
    }
}

/* A count is told once it is long enough; until then we look again in time. */
static enum rule_noted phase_of(struct node *n, const struct rule_state *s)
{
    uint64_t held_ms = rule_counted_ms(s, n->now_ms);
    if (s->active)
        return RULE_NOTED_ACTIVE;
    if (!s->counting || s->rule.hold_ms <= TIME_COUNT_MS)
        return RULE_NOTED_IDLE;
    if (held_ms >= TIME_COUNT_MS)
        return RULE_NOTED_COUNTING;
    node_soon(&n->rules_at_ms, n->now_ms + (TIME_COUNT_MS - held_ms));
    return RULE_NOTED_IDLE;
}

/* A person's wish holds, so that no record of its property says what the rule is. */
static bool is_held(const struct node *n, const struct rule_state *s)
{
    for (size_t i = 0; i < s->rule.action_count; i++) {
        const struct rule_action *a = &s->rule.actions[i];
        const struct drive *d = a->device[0] != '\0' ? NULL : drive_find(n, span_of(a->property));
        if (d != NULL && d->by == FACT_BY_PERSON)
            return true;
    }
    return false;
}

static bool write_decision(struct node *n, struct rule_state *s, enum rule_noted phase,
                           uint64_t for_ms)
{
    char memory[LIMIT_CAUSE], topic[LIMIT_TOPIC + 1];
    struct buf b, t;
    buf_init(&b, memory, sizeof memory);
    buf_init(&t, topic, sizeof topic);
    why_rule(&b, s, (struct span){0});
    buf_text(&t, n->self.device);
    buf_char(&t, '/');
    buf_text(&t, s->rule.name);
    buf_text(&t, "/rule");
    struct author_entry entry = {.type = SPAN("decision"),
                                 .topic = buf_view(&t),
                                 .value = value_text(span_of(noted_texts[phase])),
                                 .trust = RULE_PROVEN,
                                 .for_ms = for_ms,
                                 .answers = span_of(s->told.trigger),
                                 .cause = buf_view(&b)};
    enum err err = author_append(n, &entry, NULL);
    if (err == ERR_MEMORY)
        n->fx->out_of_memory = true;
    s->told.noted = err == ERR_OK ? phase : RULE_NOTED_NOTHING;
    return err == ERR_OK;
}

bool decision_evaluated(struct node *n, struct rule_state *s, bool switched)
{
    enum rule_noted phase = phase_of(n, s);
    bool counts = phase == RULE_NOTED_COUNTING || s->told.noted == RULE_NOTED_COUNTING;
    bool tells = switched && (s->rule.command_count > 0 || is_held(n, s));
    if (!counts && !tells) {
        if (switched) /* another record says so */
            s->told.noted = RULE_NOTED_NOTHING;
        return false;
    }
    if (s->plain || phase == s->told.noted)
        return false;
    return write_decision(n, s, phase, rule_counted_ms(s, n->now_ms)) && switched;
}

bool decision_is_newest(struct rule_state *s, const struct record *r)
{
    if (r->epoch < s->told.epoch || (r->epoch == s->told.epoch && r->seq < s->told.seq))
        return false;
    s->told.epoch = r->epoch;
    s->told.seq = r->seq;
    s->told.ts = r->ts;
    return true;
}

static struct rule_state *rule_of(struct node *n, const struct record *r)
{
    struct access_topic t;
    if (!access_topic_split(r->topic, &t) || r->value.kind != VALUE_TEXT)
        return NULL;
    for (size_t i = 0; i < n->rule_count; i++)
        if (span_is(t.property, n->rules[i].rule.name))
            return &n->rules[i];
    return NULL;
}

void decision_restore(struct node *n, const struct record *r)
{
    struct rule_state *s = rule_of(n, r);
    enum rule_noted phase = RULE_NOTED_IDLE;
    while (phase < RULE_NOTED_ACTIVE && !span_is(r->value.text, noted_texts[phase]))
        phase++;
    if (s == NULL || !span_is(r->value.text, noted_texts[phase]) || !decision_is_newest(s, r))
        return;
    uint64_t ago_ms = (n->wall_ms > r->ts ? n->wall_ms - r->ts : 0) + r->for_ms;
    s->told.noted = phase;
    check(r->answers.size <= LIMIT_RECORD_NAME);
    if (r->answers.size > 0)
        memcpy(s->told.trigger, r->answers.bytes, r->answers.size);
    s->told.trigger[r->answers.size] = '\0';
    if (phase == RULE_NOTED_COUNTING)
        rule_count(s, ago_ms, n->now_ms);
    else
        rule_resume(s, phase == RULE_NOTED_ACTIVE ? RULE_ACTIVE : RULE_IDLE,
                    ago_ms < n->now_ms ? n->now_ms - ago_ms : 0);
}

/* When we were there for certain: others were heard, or a record was written. */
static uint64_t last_there_ms(const struct node *n, const struct rule_state *s)
{
    uint64_t wall_ms = s->told.ts;
    const struct member *m;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL)
        if (m->seen_wall_ms > wall_ms)
            wall_ms = m->seen_wall_ms;
    return wall_ms;
}

void decision_start(struct node *n)
{
    for (size_t i = 0; i < n->rule_count; i++) {
        struct rule_state *s = &n->rules[i];
        if (!s->counting)
            continue;
        s->keep_until_ms = n->now_ms + TIME_FRESH_MS;
        if (n->wall_ms > last_there_ms(n, s) + TIME_COUNT_GAP_MS)
            s->counting = s->wish = false;
    }
}

void decision_restate(struct node *n)
{
    for (size_t i = 0; i < n->rule_count; i++) {
        struct rule_state *s = &n->rules[i];
        enum rule_noted phase = phase_of(n, s);
        bool tells = (s->rule.command_count > 0 && s->switched) || is_held(n, s);
        if (s->plain || (phase != RULE_NOTED_COUNTING && !tells))
            continue;
        uint64_t since_ms = s->switched_ms < n->now_ms ? n->now_ms - s->switched_ms : 0;
        (void)write_decision(n, s, phase,
                             phase == RULE_NOTED_COUNTING ? rule_counted_ms(s, n->now_ms)
                                                          : since_ms);
    }
}
