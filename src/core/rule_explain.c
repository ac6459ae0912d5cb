#include "base/number.h"
#include "base/text.h"
#include "core/rule_input.h"
#include "core/rule_schedule.h"

/* Why a rule decided, for people and their programs. Each object is made whole in memory of its own
 * first, so that what does not fit is left out whole and counted. */

enum { OBJECT_MAX = LIMIT_EXPLANATION - 16 }; /* room for the brackets and {"cut":N} */

/* Inside quotes. What moves a cursor or is no text is replaced: this is for reading. */
static void put_text(struct buf *b, struct span s)
{
    while (s.size > 0) {
        size_t size = text_character_size(s);
        unsigned char c = (unsigned char)s.bytes[0];
        if (size == 0 || c < ' ' || text_hidden((struct span){s.bytes, size}) != 0) {
            buf_text(b, "\xef\xbf\xbd");
        } else {
            if (c == '"' || c == '\\')
                buf_char(b, '\\');
            buf_put(b, s.bytes, size);
        }
        size += size == 0;
        s.bytes += size;
        s.size -= size;
    }
}

static void put_number(struct buf *b, double value)
{
    char text[NUMBER_TEXT_MAX];
    buf_put(b, text, number_format(text, value));
}

static void put_span_of_time(struct buf *b, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } units[] = {{86400000, " d"}, {3600000, " h"}, {60000, " min"}, {1000, " s"}, {1, " ms"}};
    size_t i = 0;
    while (ms == 0 || ms % units[i].ms != 0)
        i++;
    buf_u64(b, ms / units[i].ms);
    buf_text(b, units[i].text);
}

static void put_condition(struct buf *b, const struct rule_condition *c)
{
    buf_text(b, rule_over_text(c->over));
    buf_char(b, ' ');
    put_text(b, span_of(c->device));
    buf_char(b, '/');
    put_text(b, span_of(c->property));
    if (c->window_ms > 0) {
        buf_text(b, " over ");
        put_span_of_time(b, c->window_ms);
    }
    buf_char(b, ' ');
    buf_text(b, rule_compare_text(c->compare));
    buf_char(b, ' ');
    if (c->operand == RULE_NUMBER)
        put_number(b, c->threshold);
    else
        put_text(b, span_of(c->word));
    if (c->unit[0] != '\0' && c->over != RULE_COUNT) {
        buf_char(b, ' ');
        put_text(b, span_of(c->unit));
    }
}

/* Equality has no number that stands for many values. */
static bool is_equality(const struct rule_condition *c)
{
    return (c->over == RULE_ANY || c->over == RULE_ALL) &&
           (c->compare == RULE_EQUAL || c->compare == RULE_NOT_EQUAL);
}

static bool is_decisive(const struct rule_condition *c, const struct rule_outcome *o,
                        const struct rule_sample *v)
{
    if (!is_equality(c))
        return v->number >= o->value && v->number <= o->value;
    bool is_equal = rule_total_equal(c, v, c->compare == RULE_EQUAL ? c->hysteresis : 0);
    return (is_equal == (c->compare == RULE_EQUAL)) == (o->truth == RULE_TRUE);
}

/* The input whose value is shown; NULL when several are behind it. */
static const struct rule_input *witness_of(const struct rule_state *s, size_t condition)
{
    const struct rule_condition *c = &s->rule.conditions[condition];
    const struct rule_outcome *o = &s->outcomes[condition];
    const struct rule_input *witness = NULL;
    if (c->window_ms > 0 || (o->count > 1 && (c->over == RULE_MEAN || c->over == RULE_COUNT)))
        return NULL;
    for (size_t i = 0; i < s->count; i++) {
        const struct rule_input *input = &s->inputs[i];
        bool old = input->at_ms < s->used_ms && s->used_ms - input->at_ms > c->fresh_ms;
        if (!(input->conditions >> condition & 1) || old)
            continue;
        struct rule_sample v = rule_input_sample(input);
        witness = input;
        if (is_decisive(c, o, &v))
            break;
    }
    return witness;
}

static void put_value(struct buf *b, const struct rule_condition *c, const struct rule_outcome *o,
                      const struct rule_input *witness)
{
    bool one = witness != NULL && c->over != RULE_MEAN && c->over != RULE_COUNT;
    if (o->truth == RULE_UNKNOWN || (!one && is_equality(c))) {
        buf_text(b, "null");
    } else if (one && witness->kind == VALUE_TEXT) {
        buf_char(b, '"');
        put_text(b, rule_input_sample(witness).text);
        buf_char(b, '"');
    } else if (one && witness->kind == VALUE_BOOL) {
        buf_text(b, witness->number > 0 ? "true" : "false");
    } else {
        put_number(b, one ? witness->number : o->value);
    }
}

static void put_outcome(struct buf *b, const struct rule_state *s, size_t condition)
{
    const struct rule_condition *c = &s->rule.conditions[condition];
    const struct rule_outcome *o = &s->outcomes[condition];
    const struct rule_input *witness = witness_of(s, condition);
    buf_text(b, "{\"text\":\"");
    put_condition(b, c);
    buf_text(b, "\",\"value\":");
    put_value(b, c, o, witness);
    buf_text(b, o->truth == RULE_TRUE ? ",\"holds\":true" : ",\"holds\":false");
    if (witness != NULL) {
        buf_text(b, ",\"from\":\"");
        put_text(b, span_of(witness->device));
        buf_char(b, '/');
        put_text(b, span_of(witness->property));
        buf_char(b, '"');
    } else if (o->count > 0) {
        buf_text(b, ",\"of\":");
        buf_u64(b, o->count);
    }
    buf_char(b, '}');
}

static void put_schedule(struct buf *b, const struct rule_state *s)
{
    for (size_t i = 0; i < s->rule.schedule_count; i++) {
        buf_text(b, i == 0 ? "schedule " : ", ");
        rule_schedule_write(b, &s->rule.schedules[i]);
    }
    buf_text(b, "\",\"value\":\"");
    rule_schedule_write_now(b, &s->now);
    buf_char(b, '"');
}

/* `value`: the seconds that have passed. */
static void put_wait(struct buf *b, const char *what, uint64_t ms, uint64_t passed_ms)
{
    buf_text(b, what);
    put_span_of_time(b, ms);
    buf_text(b, "\",\"value\":");
    put_number(b, (double)passed_ms / 1000);
}

static void put_cause(struct buf *b, const struct rule_state *s)
{
    static const char *const stale_texts[] = {"stale: keep", "stale: on", "stale: off"};
    const struct rule *r = &s->rule;
    uint64_t switched_ms = s->switched_ms < s->used_ms ? s->used_ms - s->switched_ms : 0;
    buf_text(b, "{\"text\":\"");
    if (s->cause == RULE_BY_SCHEDULE)
        put_schedule(b, s);
    else if (s->cause == RULE_BY_HOLD)
        put_wait(b, "for ", r->hold_ms, rule_counted_ms(s, s->used_ms));
    else if (s->cause == RULE_BY_MIN && s->active)
        put_wait(b, "min_on ", r->min_on_ms, switched_ms);
    else if (s->cause == RULE_BY_MIN)
        put_wait(b, "min_off ", r->min_off_ms, switched_ms);
    else {
        buf_text(b, stale_texts[r->stale]);
        buf_text(b, "\",\"value\":null");
    }
    bool stays = s->cause == RULE_BY_STALE && s->active;
    buf_text(b, stays ? ",\"holds\":true}" : ",\"holds\":false}");
}

void rule_explain(const struct rule_state *s, struct buf *out)
{
    size_t count = s->rule.condition_count + (s->cause != RULE_BY_CONDITIONS);
    size_t total = 0, cut = 0;
    buf_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        char memory[OBJECT_MAX];
        struct buf object;
        buf_init(&object, memory, sizeof memory);
        if (i > cut)
            buf_char(&object, ',');
        if (i < s->rule.condition_count)
            put_outcome(&object, s, i);
        else
            put_cause(&object, s);
        check(!object.overflow);
        if (total + object.size > OBJECT_MAX) {
            cut++;
            continue;
        }
        total += object.size;
        buf_span(out, buf_view(&object));
    }
    if (cut > 0) {
        buf_text(out, ",{\"cut\":");
        buf_u64(out, cut);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}
