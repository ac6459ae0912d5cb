#include "wire/message_write.h"

#include "base/hex.h"
#include "wire/field.h"
#include "wire/message_have.h"
#include "wire/message_presence.h"

static void put_count(struct buf *b, const char *before, uint64_t count)
{
    buf_text(b, before);
    buf_u64(b, count);
}

static void put_device(struct buf *b, struct span device)
{
    buf_text(b, "\"device\":");
    json_write_string(b, device);
}

static void put_key(struct buf *b, const struct key_id *key)
{
    buf_text(b, ",\"key\":\"");
    buf_hex(b, key->bytes, sizeof key->bytes);
    buf_char(b, '"');
}

/* Before the members that all kinds of this log have; nothing for the obvious log. */
static void put_log(struct buf *b, const struct message_log *log)
{
    if (log->device.size == 0)
        return;
    put_device(b, log->device);
    put_key(b, &log->key);
    buf_char(b, ',');
}

static void write_hello(struct buf *b, const struct message *m)
{
    put_count(b, "\"version\":", m->hello.version);
    buf_char(b, ',');
    put_device(b, m->hello.device);
    buf_text(b, ",\"role\":\"");
    buf_text(b, access_role_text(m->hello.role));
    put_count(b, "\",\"epoch\":", m->hello.epoch);
    buf_text(b, ",\"wants\":[");
    bool first = true;
    for (int role = 0; role < ROLE_COUNT; role++) {
        if (!m->hello.wants[role])
            continue;
        buf_text(b, first ? "\"" : ",\"");
        buf_text(b, access_role_text((enum role)role));
        buf_char(b, '"');
        first = false;
    }
    buf_char(b, ']');
    if (m->hello.time_ms > 0)
        put_count(b, ",\"time\":", m->hello.time_ms);
}

static void put_quoted(struct buf *b, const char *before, const char *word)
{
    buf_text(b, before);
    buf_text(b, word);
    buf_char(b, '"');
}

/* 0: left out. */
static void put_digest(struct buf *b, const char *before, uint64_t digest)
{
    uint8_t bytes[sizeof digest];
    if (digest == 0)
        return;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(digest >> (56 - 8 * i));
    buf_text(b, before);
    buf_hex(b, bytes, sizeof bytes);
    buf_char(b, '"');
}

static void write_entry(struct buf *b, const struct message_entry *e)
{
    buf_char(b, '{');
    put_device(b, e->log.device);
    put_key(b, &e->log.key);
    put_count(b, ",\"epoch\":", e->log.epoch);
    put_count(b, ",\"first\":", e->first);
    put_count(b, ",\"last\":", e->last);
    if (e->sealed > 0)
        put_count(b, ",\"sealed\":", e->sealed);
    if (e->closed)
        buf_text(b, ",\"closed\":true");
    if (e->role_known)
        put_quoted(b, ",\"role\":\"", access_role_text(e->role));
    if (e->want != MESSAGE_WANT_NOTHING)
        put_quoted(b, ",\"want\":\"", message_have_want_text(e->want));
    put_digest(b, ",\"older\":\"", e->older);
    put_digest(b, ",\"chain\":\"", e->chain);
    buf_char(b, '}');
}

static void put_text(struct buf *b, const char *name, struct span text)
{
    buf_text(b, name);
    json_write_string(b, text);
}

static void write_have(struct buf *b, const struct message *m)
{
    b->overflow |= m->have.count > LIMIT_LINE_ENTRIES;
    buf_text(b, "\"logs\":[");
    for (size_t i = 0; i < m->have.count; i++) {
        if (i > 0)
            buf_char(b, ',');
        write_entry(b, &m->have.entries[i]);
    }
    buf_text(b, m->have.more ? "],\"more\":true" : "]");
    if (m->have.of.size > 0)
        put_text(b, ",\"of\":", m->have.of);
}

static void put_signature(struct buf *b, const uint8_t *signature, size_t size)
{
    char text[2 * LIMIT_SIGNATURE];
    if (size == 0 || size > LIMIT_SIGNATURE) {
        b->overflow = true;
        return;
    }
    hex_base64_encode(text, signature, size);
    buf_text(b, ",\"sig\":\"");
    buf_put(b, text, hex_base64_size(size));
    buf_char(b, '"');
}

static void put_hash(struct buf *b, const char *before, const struct chain_hash *hash)
{
    buf_text(b, before);
    buf_hex(b, hash->bytes, sizeof hash->bytes);
    buf_char(b, '"');
}

static void write_update(struct buf *b, const struct message *m)
{
    put_log(b, &m->update.log);
    if (m->update.based) {
        put_hash(b, "\"base\":\"", &m->update.base);
        buf_char(b, ',');
    }
    buf_text(b, "\"records\":[");
    buf_span(b, m->update.bytes);
    buf_char(b, ']');
}

static void write_seal(struct buf *b, const struct message *m)
{
    put_log(b, &m->seal.log);
    put_count(b, "\"epoch\":", m->seal.log.epoch);
    put_count(b, ",\"seq\":", m->seal.seq);
    put_signature(b, m->seal.signature, m->seal.signature_size);
    if (m->seal.hashed)
        put_hash(b, ",\"hash\":\"", &m->seal.hash);
}

static void write_fork(struct buf *b, const struct message *m)
{
    put_log(b, &m->fork.run.log);
    put_count(b, "\"epoch\":", m->fork.run.log.epoch);
    for (size_t i = 0; i < COUNT_OF(m->fork.seals); i++) {
        const struct log_seal *seal = &m->fork.seals[i];
        put_count(b, i == 0 ? ",\"seals\":[{\"seq\":" : ",{\"seq\":", seal->seq);
        put_signature(b, seal->signature, seal->signature_size);
        put_hash(b, ",\"hash\":\"", &seal->hash);
        buf_char(b, '}');
    }
    buf_char(b, ']');
    if (m->fork.run.count == 0)
        return;
    put_hash(b, ",\"base\":\"", &m->fork.run.base);
    buf_text(b, ",\"records\":[");
    buf_span(b, m->fork.run.bytes);
    buf_char(b, ']');
}

static void write_certificate(struct buf *b, const struct message *m)
{
    char text[LIMIT_CHAIN * 4 / 3 + 4];
    struct span chain = m->certificate.chain;
    b->overflow |= chain.size == 0 || chain.size > LIMIT_CHAIN;
    if (b->overflow)
        return;
    hex_base64_encode(text, (const uint8_t *)chain.bytes, chain.size);
    buf_text(b, "\"chain\":\"");
    buf_put(b, text, hex_base64_size(chain.size));
    buf_char(b, '"');
}

static void write_ack(struct buf *b, const struct message *m)
{
    put_log(b, &m->ack.log);
    put_count(b, "\"epoch\":", m->ack.log.epoch);
    put_count(b, ",\"seq\":", m->ack.seq);
    if (m->ack.held > m->ack.seq)
        put_count(b, ",\"held\":", m->ack.held);
}

static void write_command(struct buf *b, const struct message *m)
{
    put_text(b, "\"id\":", m->command.id);
    put_text(b, ",\"topic\":", m->command.topic);
    if (m->command.value.kind != VALUE_NONE) {
        buf_text(b, ",\"value\":");
        field_write_value(b, &m->command.value);
    }
    put_count(b, ",\"epoch\":", m->command.epoch);
    put_count(b, ",\"deadline\":", m->command.deadline_ms);
    if (m->command.cause.size == 0)
        return;
    b->overflow |= m->command.cause.size > LIMIT_CAUSE;
    buf_text(b, ",\"cause\":");
    buf_span(b, m->command.cause);
}

static void write_outcome(struct buf *b, const struct message *m)
{
    b->overflow |= m->outcome.reason.size > LIMIT_REASON ||
                   m->outcome.outcome >= FACT_OUTCOME_COUNT;
    if (b->overflow)
        return;
    put_text(b, "\"id\":", m->outcome.id);
    put_text(b, ",\"outcome\":", span_of(fact_outcome_text(m->outcome.outcome)));
    if (m->outcome.reason.size > 0)
        put_text(b, ",\"reason\":", m->outcome.reason);
}

static void write_ping(struct buf *b, const struct message *m)
{
    put_count(b, "\"t\":", m->ping.sent_ms);
    if (m->kind == MESSAGE_PONG)
        put_count(b, ",\"clock\":", m->ping.clock_ms);
}

static void write_end(struct buf *b, const struct message *m)
{
    b->overflow |= m->end.reason.size > LIMIT_REASON || !field_printable(m->end.reason);
    buf_text(b, "\"reason\":");
    json_write_string(b, m->end.reason);
}

void message_write_members(struct buf *b, const struct message *m)
{
    switch (m->kind) {
    case MESSAGE_HELLO:
        write_hello(b, m);
        return;
    case MESSAGE_HAVE:
        write_have(b, m);
        return;
    case MESSAGE_STATE_UPDATE:
        write_update(b, m);
        return;
    case MESSAGE_SEAL:
        write_seal(b, m);
        return;
    case MESSAGE_CERTIFICATE:
        write_certificate(b, m);
        return;
    case MESSAGE_ACK:
        write_ack(b, m);
        return;
    case MESSAGE_FORK:
        write_fork(b, m);
        return;
    case MESSAGE_KEEP:
        buf_text(b, m->keep.keep ? "\"keep\":true" : "\"keep\":false");
        return;
    case MESSAGE_PRESENCE:
        message_presence_write(b, m);
        return;
    case MESSAGE_COMMAND:
        write_command(b, m);
        return;
    case MESSAGE_OUTCOME:
        write_outcome(b, m);
        return;
    case MESSAGE_PING:
    case MESSAGE_PONG:
        write_ping(b, m);
        return;
    case MESSAGE_GOODBYE:
    case MESSAGE_ERROR:
        write_end(b, m);
        return;
    case MESSAGE_UNKNOWN:
    case MESSAGE_BEAT:
    case MESSAGE_KIND_COUNT:
        b->overflow = true;
    }
}
