#include "trace.h"

#include "world.h"

#include <stdarg.h>
#include <stdio.h>

void trace_mix(struct trace *t, uint64_t word)
{
    t->hash = (t->hash ^ word) * 0x9e3779b97f4a7c15;
    t->hash ^= t->hash >> 29;
}

void trace_mix_bytes(struct trace *t, struct span bytes)
{
    size_t at = 0;
    for (; bytes.size - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, bytes.bytes + at, 8);
        trace_mix(t, word);
    }
    uint64_t rest = bytes.size;
    for (; at < bytes.size; at++)
        rest = rest << 8 | (unsigned char)bytes.bytes[at];
    trace_mix(t, rest);
}

static void mix_log(struct trace *t, const struct log_id *id, uint64_t a, uint64_t b)
{
    trace_mix(t, id->epoch);
    trace_mix(t, a);
    trace_mix(t, b);
}

static void mix_value(struct trace *t, const struct value *v)
{
    uint64_t bits;
    memcpy(&bits, &v->number, sizeof bits);
    trace_mix(t, (uint64_t)v->kind);
    trace_mix(t, bits);
    trace_mix_bytes(t, v->text);
}

static void mix_event(struct trace *t, const struct event *e)
{
    switch (e->kind) {
    case EVENT_RESTORE_LOG:
        mix_log(t, &e->restore_log.id, e->restore_log.last, e->restore_log.sealed);
        break;
    case EVENT_RESTORE_TAIL:
    case EVENT_RESTORE_TOPIC:
        trace_mix_bytes(t, e->restore_record.record->bytes);
        break;
    case EVENT_START:
    case EVENT_EPOCH:
        trace_mix(t, e->epoch.epoch);
        break;
    case EVENT_READING:
        for (size_t i = 0; i < e->reading.count; i++)
            mix_value(t, &e->reading.readings[i].value);
        break;
    case EVENT_HELLO:
        trace_mix(t, e->hello.hello->counter);
        break;
    case EVENT_LINK_UP:
        trace_mix(t, e->link_up.link);
        break;
    case EVENT_LINK_DOWN:
        trace_mix(t, e->link_down.link);
        break;
    case EVENT_MESSAGE:
        trace_mix(t, e->message.link);
        break;
    case EVENT_HEARD:
        trace_mix(t, e->heard.link);
        break;
    case EVENT_SENT:
        trace_mix(t, e->sent.bytes);
        break;
    case EVENT_STORED:
        trace_mix(t, e->stored.ticket);
        break;
    case EVENT_FETCHED:
        trace_mix_bytes(t, e->fetched.bytes);
        break;
    case EVENT_CHAIN:
        mix_log(t, &e->chain.id, e->chain.seq, e->chain.count);
        break;
    case EVENT_SIGNED:
        mix_log(t, &e->seal_signed.id, e->seal_signed.seq, 0);
        break;
    case EVENT_VERIFIED:
        mix_log(t, &e->verified.id, e->verified.seq, e->verified.valid);
        break;
    default:
        break;
    }
}

static void mix_fact(struct trace *t, const struct fact *f)
{
    trace_mix(t, (uint64_t)f->kind << 8 | (uint64_t)f->changed << 1 | (uint64_t)f->active);
    trace_mix_bytes(t, f->device);
    trace_mix_bytes(t, f->text);
    trace_mix(t, f->ms ^ f->seq ^ f->count);
    if (f->record)
        trace_mix_bytes(t, f->record->bytes);
    if (f->kind == FACT_ACTION)
        mix_value(t, &f->value);
}

static void mix_effect(struct trace *t, const struct effect *e)
{
    trace_mix(t, e->ticket);
    switch (e->kind) {
    case EFFECT_STORE:
        trace_mix_bytes(t, e->store.bytes);
        break;
    case EFFECT_STORE_SEAL:
        mix_log(t, &e->store_seal.id, e->store_seal.seq, 0);
        break;
    case EFFECT_STORE_TOPIC:
        trace_mix_bytes(t, e->store_topic.bytes);
        break;
    case EFFECT_STORE_LOG:
        mix_log(t, &e->store_log.id, e->store_log.last, e->store_log.closed);
        break;
    case EFFECT_FETCH:
        mix_log(t, &e->fetch.id, e->fetch.first, e->fetch.link);
        break;
    case EFFECT_STORE_FORK:
        mix_log(t, &e->store_fork.id, e->store_fork.seals[0].seq, e->store_fork.seals[1].seq);
        break;
    case EFFECT_CHAIN:
        mix_log(t, &e->chain.id, e->chain.seq, e->chain.told);
        break;
    case EFFECT_SIGN:
    case EFFECT_VERIFY:
        mix_log(t, &e->seal.id, e->seal.seq, e->seal.link);
        break;
    case EFFECT_DIAL:
        mix_log(t, &(struct log_id){0}, e->dial.link, e->dial.address.port);
        break;
    case EFFECT_HANG_UP:
        trace_mix(t, e->hang_up.link);
        break;
    case EFFECT_SEND:
        trace_mix(t, e->send.link);
        break; /* its bytes when they are encoded */
    case EFFECT_HELLO:
        trace_mix(t, e->hello.hello.counter);
        break;
    case EFFECT_ACT:
        mix_value(t, &e->act.value);
        break;
    case EFFECT_PUBLISH:
        mix_fact(t, &e->fact);
        break;
    default:
        break;
    }
}

static void say(struct world *w, const struct host *h, char direction, struct buf *text)
{
    char line[TRACE_LINE_MAX + 80];
    snprintf(line, sizeof line, "%s %c %.*s", h->label, direction, (int)text->size, text->bytes);
    w->trace.on_line(w->trace.context, w->now_us, line);
}

void trace_event(struct world *w, const struct host *h, const struct event *e)
{
    trace_mix(&w->trace, w->now_us);
    trace_mix(&w->trace, (uint64_t)h->index << 8 | (uint64_t)e->kind);
    mix_event(&w->trace, e);
    if (!w->trace.on_line)
        return;
    char memory[TRACE_LINE_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    trace_text_event(&b, e);
    say(w, h, '<', &b);
}

void trace_effect(struct world *w, const struct host *h, const struct effect *e)
{
    trace_mix(&w->trace, (uint64_t)h->index << 8 | (uint64_t)e->kind);
    mix_effect(&w->trace, e);
    if (!w->trace.on_line)
        return;
    char memory[TRACE_LINE_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    trace_text_effect(&b, e);
    say(w, h, e->kind == EFFECT_PUBLISH ? ':' : '>', &b);
}

void trace_note(struct world *w, const char *format, ...)
{
    char line[TRACE_LINE_MAX];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    trace_mix_bytes(&w->trace, (struct span){line, (size_t)size < sizeof line ? (size_t)size : 0});
    if (w->trace.on_line)
        w->trace.on_line(w->trace.context, w->now_us, line);
}
