#include "core/rule_text.h"

#include "base/number.h"

/* One line for each part. Names and words hold no control character, so that a tab parts them. */

enum { TEXT_MAX = 12288 };

static void put_text(struct buf *b, const char *text)
{
    buf_char(b, '\t');
    buf_text(b, text);
}

static void put_count(struct buf *b, uint64_t number)
{
    buf_char(b, '\t');
    buf_u64(b, number);
}

static void put_number(struct buf *b, double value)
{
    char memory[NUMBER_TEXT_MAX];
    buf_char(b, '\t');
    buf_put(b, memory, number_format(memory, value));
}

static void put_condition(struct buf *b, const struct rule_condition *c)
{
    buf_text(b, "\nwhen");
    put_text(b, c->device);
    put_text(b, c->property);
    put_text(b, rule_over_text(c->over));
    put_text(b, rule_compare_text(c->compare));
    put_count(b, c->operand);
    put_number(b, c->threshold);
    put_text(b, c->word);
    put_text(b, c->unit);
    put_number(b, c->hysteresis);
    put_count(b, c->fresh_ms);
    put_count(b, c->window_ms);
}

static void put_schedule(struct buf *b, const struct rule_schedule *s)
{
    buf_text(b, "\nschedule");
    put_count(b, s->days);
    put_count(b, s->from_min);
    put_count(b, s->to_min);
}

static void put_action(struct buf *b, const struct rule_action *a)
{
    buf_text(b, "\nset");
    put_text(b, a->property);
    put_text(b, a->active);
    put_text(b, a->idle);
}

static void put_command(struct buf *b, const struct rule_command *c)
{
    buf_text(b, c->at == RULE_ACTIVE ? "\ndo" : "\nelse");
    put_text(b, c->property);
    put_text(b, c->value);
}

void rule_text_write(struct buf *b, const struct rule *rule)
{
    buf_text(b, "rule");
    put_text(b, rule->name);
    put_count(b, rule->join);
    put_count(b, rule->stale);
    put_count(b, rule->hold_ms);
    put_count(b, rule->min_on_ms);
    put_count(b, rule->min_off_ms);
    for (size_t i = 0; i < rule->condition_count; i++)
        put_condition(b, &rule->conditions[i]);
    for (size_t i = 0; i < rule->schedule_count; i++)
        put_schedule(b, &rule->schedules[i]);
    for (size_t i = 0; i < rule->action_count; i++)
        put_action(b, &rule->actions[i]);
    for (size_t i = 0; i < rule->command_count; i++)
        put_command(b, &rule->commands[i]);
}

void rule_text_hash(const struct rule *rule, rule_text_hash_fn *hash, struct chain_hash *out)
{
    const struct chain_hash none = {{0}};
    char memory[TEXT_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    rule_text_write(&b, rule);
    check(!b.overflow);
    hash(out, &none, buf_view(&b));
}
