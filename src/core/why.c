#include "core/why.h"

#include "base/number.h"
#include "base/text.h"

#include <stdlib.h>

static void put_escaped(struct buf *b, struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == '"' || text.bytes[i] == '\\')
            buf_char(b, '\\');
        buf_char(b, text.bytes[i]);
    }
}

static void put_member(struct buf *b, const char *before, struct span text)
{
    buf_text(b, before);
    put_escaped(b, text);
    buf_char(b, '"');
}

void why_rule(struct buf *b, const struct rule_state *s, struct span by)
{
    if (s->plain)
        return;
    put_member(b, "{\"rule\":\"", span_of(s->rule.name));
    if (by.size > 0)
        put_member(b, ",\"by\":\"", by);
    buf_text(b, ",\"conditions\":");
    rule_explain(s, b);
    buf_char(b, '}');
}

static void put_value(struct buf *b, const struct drive_value *v)
{
    char memory[NUMBER_TEXT_MAX];
    if (v->kind == VALUE_TEXT)
        put_member(b, "\"", span_of(v->text));
    else if (v->kind == VALUE_BOOL)
        buf_text(b, v->number > 0 ? "true" : "false");
    else
        buf_put(b, memory, number_format(memory, v->number));
}

void why_person(struct buf *b, const struct drive *d, uint64_t remaining_ms)
{
    struct span by = span_of(d->set.log.device);
    put_member(b, "{\"rule\":\"set\",\"by\":\"", by);
    put_member(b, ",\"conditions\":[{\"text\":\"", span_of(d->property));
    b->size--; /* the text goes on */
    put_member(b, " set by ", by);
    b->size--;
    buf_text(b, remaining_ms == 0 ? ", until auto\"" : ", for ");
    if (remaining_ms > 0) {
        text_duration(b, (remaining_ms + 999) / 1000 * 1000);
        buf_char(b, '"');
    }
    buf_text(b, ",\"value\":");
    put_value(b, &d->set.value);
    buf_text(b, ",\"holds\":true}]}");
}

void why_unchanged(struct node *n, struct rule_state *s)
{
    if (s->plain || (s->unchanged_ms > 0 && n->now_ms - s->unchanged_ms < TIME_WHY_MS))
        return;
    struct why_entry *e = &n->whys[n->why_count % NODE_WHYS];
    struct buf b;
    buf_init(&b, e->cause, sizeof e->cause - 1);
    why_rule(&b, s, (struct span){0});
    if (b.overflow)
        return;
    e->cause[b.size] = '\0';
    e->wall_ms = n->wall_ms;
    e->active = s->active;
    s->unchanged_ms = n->now_ms;
    n->why_count++;
}
