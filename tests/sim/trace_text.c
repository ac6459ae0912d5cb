/* Events, effects and facts in words, for a person who follows one seed and for stories. A text
 * that is too long for its buffer is cut. */
#include "base/number.h"
#include "core/node.h"
#include "trace.h"
#include "wire/message.h"

#include <stdarg.h>
#include <stdio.h>

static void put(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct buf *b, const char *format, ...)
{
    size_t room = b->capacity - b->size;
    va_list args;
    va_start(args, format);
    int size = vsnprintf(b->bytes + b->size, room, format, args);
    va_end(args);
    b->size += (size_t)size < room ? (size_t)size : room - (room > 0);
}

static void put_span(struct buf *b, struct span s)
{
    put(b, "%.*s", (int)s.size, s.bytes ? s.bytes : "");
}

static void put_address(struct buf *b, struct address a)
{
    put(b, "%u.%u:%u", (a.ipv4 >> 8) & 255, a.ipv4 & 255, a.port);
}

static unsigned long long ull(uint64_t x)
{
    return x;
}

static void put_log(struct buf *b, const struct log_id *id)
{
    put(b, "%s/%llu.%llu", id->device, ull(id->epoch >> 20), ull(id->epoch & 0xfffff));
}

void trace_text_value(struct buf *b, const struct value *v)
{
    char text[NUMBER_TEXT_MAX];
    switch (v->kind) {
    case VALUE_NONE:
        put(b, "none");
        break;
    case VALUE_NUMBER:
        put(b, "%.*s", (int)number_format(text, v->number), text);
        break;
    case VALUE_BOOL:
        put(b, v->number > 0 ? "true" : "false");
        break;
    case VALUE_TEXT:
        put_span(b, v->text);
        break;
    }
}

static void put_record(struct buf *b, const struct record *r)
{
    if (r->topic.size > 0)
        put_span(b, r->topic);
    else
        put(b, "%.*s/%.*s", (int)r->device.size, r->device.bytes, (int)r->type.size, r->type.bytes);
    put(b, " #%llu ", ull(r->seq));
    trace_text_value(b, &r->value);
}

static const char *const fact_names[FACT_KIND_COUNT] = {
    [FACT_STARTED] = "started",
    [FACT_RESTORED] = "restored",
    [FACT_RESTORED_TOPIC] = "restored topic",
    [FACT_DISCOVERED] = "discovered",
    [FACT_CONNECTED] = "connected",
    [FACT_RECONNECTED] = "reconnected",
    [FACT_SENT] = "sent",
    [FACT_APPENDED] = "appended",
    [FACT_READING] = "reading",
    [FACT_UPDATE] = "update",
    [FACT_STATE] = "state",
    [FACT_ACTION] = "action",
    [FACT_SUMMARY] = "summary",
    [FACT_UNUSED] = "unused",
    [FACT_LOST] = "lost",
    [FACT_LEFT] = "left",
    [FACT_REFUSED] = "refused",
    [FACT_FOREIGN] = "foreign",
    [FACT_NOBODY] = "nobody",
    [FACT_ACKED] = "acked",
    [FACT_STORE_FAILED] = "store failed",
    [FACT_STORE_WORKS] = "store works",
    [FACT_EPOCH] = "epoch",
    [FACT_SUPERSEDED] = "superseded",
    [FACT_FORKED] = "forked",
    [FACT_CLOCK] = "clock",
    [FACT_PLAIN_HELLO] = "plain hello",
    [FACT_PLAIN_READING] = "plain reading",
    [FACT_WANTED] = "wanted",
    [FACT_DECIDES] = "decides",
    [FACT_HELD] = "held",
    [FACT_COMMAND] = "command",
    [FACT_COMMANDED] = "commanded",
    [FACT_PONG] = "pong",
    [FACT_STOPPED] = "stopped",
};

static const char *const stages[FACT_WANT_STAGE_COUNT] = {
    [FACT_WANT_SENT] = "sent",
    [FACT_WANT_ACKNOWLEDGED] = "acknowledged",
    [FACT_WANT_CONFIRMED] = "confirmed",
    [FACT_WANT_EXPIRED] = "expired",
    [FACT_WANT_UNREACHABLE] = "unreachable",
    [FACT_WANT_REFUSED] = "refused",
};

static const char *const deciders[] = {"nobody", "a rule", "a controller", "a person"};

static void put_fact_rest(struct buf *b, const struct fact *f)
{
    switch (f->kind) {
    case FACT_STATE:
        put(b, f->active ? " active" : " idle");
        break;
    case FACT_ACTION:
        put(b, " %.*s ", (int)f->property.size, f->property.bytes);
        trace_text_value(b, &f->value);
        put(b, f->changed ? "" : " unchanged");
        break;
    case FACT_WANTED:
        put(b, " %s", stages[f->stage]);
        break;
    case FACT_COMMANDED:
        put(b, " %s", fact_outcome_text(f->outcome));
        break;
    case FACT_DECIDES:
        put(b, " %.*s by %s", (int)f->property.size, f->property.bytes, deciders[f->by]);
        break;
    case FACT_HELD:
    case FACT_COMMAND:
        put(b, " %.*s ", (int)f->property.size, f->property.bytes);
        trace_text_value(b, &f->value);
        break;
    case FACT_SUMMARY:
        put(b, " %.*s %llu", (int)f->property.size, f->property.bytes, ull(f->count));
        break;
    case FACT_ACKED:
        put(b, " %llu", ull(f->seq));
        break;
    case FACT_RESTORED:
    case FACT_STORE_FAILED:
        put(b, " %llu", ull(f->count));
        break;
    default:
        break;
    }
}

void trace_text_fact(struct buf *b, const struct fact *f)
{
    const char *name = f->kind < FACT_KIND_COUNT ? fact_names[f->kind] : NULL;
    put(b, "%s", name ? name : "?");
    if (f->device.size > 0)
        put(b, " %.*s", (int)f->device.size, f->device.bytes);
    if (f->record) {
        put(b, " ");
        put_record(b, f->record);
    }
    put_fact_rest(b, f);
    if (f->text.size > 0)
        put(b, " (%.*s)", (int)f->text.size, f->text.bytes);
}

static void put_message_log(struct buf *b, const struct message_log *l)
{
    put(b, " %.*s/%llu.%llu", (int)l->device.size, l->device.bytes, ull(l->epoch >> 20),
        ull(l->epoch & 0xfffff));
}

static void put_have(struct buf *b, const struct message *m)
{
    for (size_t i = 0; i < m->have.count; i++) {
        const struct message_entry *e = &m->have.entries[i];
        put_message_log(b, &e->log);
        put(b, " %llu-%llu%s", ull(e->first), ull(e->last), e->closed ? " closed" : "");
        if (e->want != MESSAGE_WANT_NOTHING)
            put(b, e->want == MESSAGE_WANT_NEWS ? " wants news" : " wants records");
    }
    if (m->have.of.size > 0)
        put(b, ", all of %.*s", (int)m->have.of.size, m->have.of.bytes);
}

static void put_words(struct buf *b, const struct message *m)
{
    static const char *const is[] = {"online", "offline", "left"};
    for (size_t i = 0; i < m->presence.count; i++) {
        const struct message_word *word = &m->presence.words[i];
        put(b, i > 0 ? ", " : " ");
        put_span(b, word->device);
        put(b, " %s %llu ms ago by ", is[word->is], ull(word->ago_ms));
        put_span(b, word->by);
    }
}

static void put_message(struct buf *b, const struct message *m)
{
    put(b, "%s", message_kind_text(m->kind));
    switch (m->kind) {
    case MESSAGE_HELLO:
        put(b, " %.*s", (int)m->hello.device.size, m->hello.device.bytes);
        break;
    case MESSAGE_HAVE:
        put_have(b, m);
        break;
    case MESSAGE_PRESENCE:
        put_words(b, m);
        break;
    case MESSAGE_STATE_UPDATE:
        put_message_log(b, &m->update.log);
        put(b, " %zu records", m->update.count);
        if (m->update.records && m->update.count > 0)
            put(b, " from %llu", ull(m->update.records[0].seq));
        break;
    case MESSAGE_SEAL:
        put_message_log(b, &m->seal.log);
        put(b, " up to %llu", ull(m->seal.seq));
        break;
    case MESSAGE_FORK:
        put_message_log(b, &m->fork.run.log);
        put(b, " at %llu", ull(m->fork.seals[0].seq));
        break;
    case MESSAGE_ACK:
        put_message_log(b, &m->ack.log);
        put(b, " up to %llu", ull(m->ack.seq));
        break;
    case MESSAGE_COMMAND:
        put(b, " ");
        put_span(b, m->command.id);
        break;
    case MESSAGE_OUTCOME:
        put(b, " ");
        put_span(b, m->outcome.id);
        put(b, " %s", fact_outcome_text(m->outcome.outcome));
        break;
    case MESSAGE_GOODBYE:
    case MESSAGE_ERROR:
        put(b, " (%.*s)", (int)m->end.reason.size, m->end.reason.bytes);
        break;
    default:
        break;
    }
}

static void put_link_up(struct buf *b, const struct event *e)
{
    put(b, "LINK_UP %llu %s ", ull(e->link_up.link), e->link_up.identity->device);
    put_address(b, e->link_up.address);
}

static void put_hello(struct buf *b, const struct hello *h)
{
    static const char *const kinds[] = {"call", "answer", "goodbye"};
    put(b, " %s %s/%llu.%llu counter %llu port %u ", kinds[h->kind], h->device, ull(h->epoch >> 20),
        ull(h->epoch & 0xfffff), ull(h->counter), h->session_port);
}

static void put_seen(struct buf *b, const struct event_seen *seen)
{
    put_span(b, seen->device);
    put(b, " last heard at %llu%s ", ull(seen->heard_ms), seen->left ? ", left" : "");
    put_span(b, seen->evidence);
}

static void put_restore(struct buf *b, const struct event *e)
{
    put(b, "RESTORE ");
    if (e->kind == EVENT_RESTORE_LOG) {
        put_log(b, &e->restore_log.id);
        put(b, " %llu-%llu sealed %llu%s", ull(e->restore_log.first), ull(e->restore_log.last),
            ull(e->restore_log.sealed), e->restore_log.closed ? " closed" : "");
    } else if (e->kind == EVENT_RESTORE_PEER) {
        put_span(b, e->restore_peer.device);
        put(b, " ");
        put_address(b, e->restore_peer.address);
    } else if (e->kind == EVENT_RESTORE_FORK) {
        put_log(b, &e->restore_fork->id);
        put(b, " forked");
    } else if (e->kind == EVENT_RESTORE_SEEN) {
        put_seen(b, &e->restore_seen);
    } else {
        put_record(b, e->restore_record.record);
    }
}

static void put_event_storage(struct buf *b, const struct event *e)
{
    switch (e->kind) {
    case EVENT_CERTIFIED:
        put(b, "CERTIFIED %s",
            e->certified.valid ? e->certified.identity.device : "nobody of this network");
        break;
    case EVENT_STORED:
        put(b, "STORED %llu", ull(e->stored.ticket));
        break;
    case EVENT_STORE_FAILED:
        put(b, "STORE_FAILED");
        break;
    case EVENT_STORE_READY:
        put(b, "STORE_READY");
        break;
    case EVENT_FETCHED:
        put(b, "FETCHED ");
        put_log(b, &e->fetched.id);
        put(b, " from %llu: %zu", ull(e->fetched.first), e->fetched.count);
        break;
    case EVENT_SIGNED:
        put(b, "SIGNED ");
        put_log(b, &e->seal_signed.id);
        put(b, " up to %llu", ull(e->seal_signed.seq));
        break;
    case EVENT_CHAIN:
        put(b, "CHAIN ");
        put_log(b, &e->chain.id);
        put(b, " at %llu: %s", ull(e->chain.seq), e->chain.known ? "known" : "not known");
        break;
    case EVENT_VERIFIED:
        put(b, "VERIFIED ");
        put_log(b, &e->verified.id);
        put(b, " up to %llu: %s", ull(e->verified.seq), e->verified.valid ? "valid" : "not valid");
        break;
    default:
        put_restore(b, e);
        break;
    }
}

static void put_asked(struct buf *b, const char *what, struct span topic, const struct value *value)
{
    put(b, "%s", what);
    put_span(b, topic);
    put(b, " ");
    trace_text_value(b, value);
}

static void put_event_rest(struct buf *b, const struct event *e)
{
    switch (e->kind) {
    case EVENT_WANT:
        put_asked(b, "WANT ", e->want.topic, &e->want.value);
        break;
    case EVENT_COMMAND:
        put_asked(b, "COMMAND ", e->command.topic, &e->command.value);
        break;
    case EVENT_COMMANDED:
        put(b, "COMMANDED");
        break;
    default:
        put_event_storage(b, e);
        break;
    }
}

void trace_text_event(struct buf *b, const struct event *e)
{
    switch (e->kind) {
    case EVENT_START:
    case EVENT_EPOCH:
        put(b, "%s epoch %llu.%llu", e->kind == EVENT_START ? "START" : "EPOCH",
            ull(e->epoch.epoch >> 20), ull(e->epoch.epoch & 0xfffff));
        break;
    case EVENT_READING:
        put(b, "READING %zu", e->reading.count);
        break;
    case EVENT_HELLO:
        put(b, "HELLO");
        put_hello(b, e->hello.hello);
        put_address(b, e->hello.source);
        break;
    case EVENT_FOREIGN:
        put(b, "FOREIGN");
        break;
    case EVENT_PLAIN:
        put(b, "PLAIN %.*s", (int)e->plain.device.size, e->plain.device.bytes);
        break;
    case EVENT_LINK_UP:
        put_link_up(b, e);
        break;
    case EVENT_LINK_DOWN:
        put(b, "LINK_DOWN %llu (%.*s)", ull(e->link_down.link), (int)e->link_down.reason.size,
            e->link_down.reason.bytes);
        break;
    case EVENT_MESSAGE:
        put(b, "MESSAGE %llu ", ull(e->message.link));
        put_message(b, e->message.message);
        break;
    case EVENT_HEARD:
        put(b, "HEARD %llu", ull(e->heard.link));
        break;
    case EVENT_SENT:
        put(b, "SENT %llu, %zu left", ull(e->sent.link), e->sent.bytes);
        break;
    case EVENT_PING:
        put(b, "PING %.*s", (int)e->ping.device.size, e->ping.device.bytes);
        break;
    case EVENT_CHANGED:
        put(b, "CHANGED");
        break;
    case EVENT_LEAVE:
        put(b, "LEAVE");
        break;
    case EVENT_TICK:
        put(b, "TICK");
        break;
    default:
        put_event_rest(b, e);
        break;
    }
}

static void put_store(struct buf *b, const struct effect *e)
{
    put(b, "#%llu ", ull(e->ticket));
    switch (e->kind) {
    case EFFECT_STORE:
        put(b, "STORE ");
        put_log(b, &e->store.id);
        put(b, " %llu-%llu", ull(e->store.first), ull(e->store.first + e->store.count - 1));
        break;
    case EFFECT_STORE_SEAL:
        put(b, "STORE_SEAL ");
        put_log(b, &e->store_seal.id);
        put(b, " up to %llu", ull(e->store_seal.seq));
        break;
    case EFFECT_STORE_TOPIC:
        put(b, "STORE_TOPIC "), put_span(b, e->store_topic.topic);
        break;
    case EFFECT_STORE_LOG:
        put(b, "STORE_LOG ");
        put_log(b, &e->store_log.id);
        put(b, " last %llu%s", ull(e->store_log.last), e->store_log.closed ? " closed" : "");
        break;
    case EFFECT_STORE_PEER:
        put(b, "STORE_PEER %.*s ", (int)e->store_peer.device.size, e->store_peer.device.bytes);
        put_address(b, e->store_peer.address);
        break;
    case EFFECT_STORE_SEEN:
        put(b, "STORE_SEEN ");
        put_seen(b, &e->store_seen);
        break;
    case EFFECT_CHAIN:
        put(b, "CHAIN ");
        put_log(b, &e->chain.id);
        put(b, " at %llu", ull(e->chain.seq));
        break;
    case EFFECT_STORE_FORK:
        put(b, "STORE_FORK ");
        put_log(b, &e->store_fork.id);
        break;
    default:
        put(b, "STORE_RETRY");
        break;
    }
}

void trace_text_effect(struct buf *b, const struct effect *e)
{
    switch (e->kind) {
    case EFFECT_EPOCH:
        put(b, "EPOCH above %llu", ull(e->epoch.above >> 20));
        break;
    case EFFECT_FETCH:
        put(b, "FETCH ");
        put_log(b, &e->fetch.id);
        put(b, " from %llu", ull(e->fetch.first));
        break;
    case EFFECT_SIGN:
    case EFFECT_VERIFY:
        put(b, e->kind == EFFECT_SIGN ? "SIGN " : "VERIFY ");
        put_log(b, &e->seal.id);
        put(b, " up to %llu", ull(e->seal.seq));
        break;
    case EFFECT_CERTIFY:
    case EFFECT_INTRODUCE:
        put(b, e->kind == EFFECT_CERTIFY ? "CERTIFY" : "INTRODUCE");
        break;
    case EFFECT_DIAL:
        put(b, "DIAL %llu ", ull(e->dial.link));
        put_address(b, e->dial.address);
        break;
    case EFFECT_HANG_UP:
        put(b, "HANG_UP %llu (%.*s)", ull(e->hang_up.link), (int)e->hang_up.reason.size,
            e->hang_up.reason.bytes);
        break;
    case EFFECT_SEND:
        put(b, "SEND %llu ", ull(e->send.link));
        put_message(b, &e->send.message);
        break;
    case EFFECT_HELLO:
        put(b, "HELLO");
        put_hello(b, &e->hello.hello);
        put_address(b, e->hello.to);
        break;
    case EFFECT_PLAIN:
        put(b, "PLAIN");
        break;
    case EFFECT_ACT:
        put(b, "ACT %.*s ", (int)e->act.property.size, e->act.property.bytes);
        trace_text_value(b, &e->act.value);
        break;
    case EFFECT_COMMAND:
        put(b, "COMMAND %.*s ", (int)e->command.property.size, e->command.property.bytes);
        put_span(b, e->command.value);
        break;
    case EFFECT_PUBLISH:
        trace_text_fact(b, &e->fact);
        break;
    case EFFECT_EXIT:
        put(b, "EXIT %d", e->exit.status);
        break;
    default:
        put_store(b, e);
        break;
    }
}
