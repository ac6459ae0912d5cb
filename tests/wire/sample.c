#include "sample.h"

static uint64_t some_count(struct rng *rng)
{
    switch (rng_below(rng, 4)) {
    case 0:
        return 1;
    case 1:
        return NUMBER_INTEGER_MAX;
    default:
        return 1 + rng_below(rng, 1 + rng_below(rng, NUMBER_INTEGER_MAX));
    }
}

static struct span keep(struct sample *s, const char *bytes, size_t size)
{
    const char *place = s->strings.bytes + s->strings.size;
    buf_put(&s->strings, bytes, size);
    return (struct span){place, size};
}

/* Never a reserved word: those have letters only. */
static struct span some_name(struct sample *s, struct rng *rng)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz-_0123456789";
    char name[LIMIT_NAME];
    size_t size = rng_below(rng, 5) == 0 ? LIMIT_NAME : 1 + rng_below(rng, 12);
    for (size_t i = 0; i < size; i++)
        name[i] = letters[rng_below(rng, sizeof letters - 1)];
    name[size - 1] = '7';
    return keep(s, name, size);
}

/* Printable UTF-8 of at most `max` bytes, with what needs escaping among it. */
static struct span some_text(struct sample *s, struct rng *rng, size_t max)
{
    static const char *const pieces[] = {"on", "off", "\"", "\\", "/", "°", "€", "😀", " ", "a"};
    char text[LIMIT_VALUE_TEXT];
    struct buf b;
    buf_init(&b, text, max);
    for (size_t i = rng_below(rng, 200); i > 0; i--) {
        const char *piece = pieces[rng_below(rng, COUNT_OF(pieces))];
        if (b.size + strlen(piece) <= max)
            buf_text(&b, piece);
    }
    return keep(s, text, b.size);
}

static struct value some_value(struct sample *s, struct rng *rng)
{
    switch (rng_below(rng, 4)) {
    case 0:
        return value_bool(rng_below(rng, 2) == 1);
    case 1:
        return value_text(some_text(s, rng, LIMIT_VALUE_TEXT));
    case 2:
        return value_number((double)rng_below(rng, 1000) / 10.0);
    default:
        return value_number(rng_normal(rng) * 1e9);
    }
}

static struct record some_record(struct sample *s, struct rng *rng)
{
    struct record r = {.device = some_name(s, rng), .epoch = some_count(rng)};
    r.seq = some_count(rng);
    r.ts = some_count(rng) - 1;
    r.tick = rng_below(rng, 3) == 0 ? (uint32_t)rng_next(rng) : 0;
    r.source_ts = rng_below(rng, 3) == 0 ? some_count(rng) : 0;
    r.plain = rng_below(rng, 4) == 0;
    r.value = r.plain && rng_below(rng, 2) == 0 ? (struct value){0} : some_value(s, rng);
    if (rng_below(rng, 2) == 0)
        r.unit = keep(s, "beat/min", 8);
    if (rng_below(rng, 3) > 0) {
        r.type = some_name(s, rng);
        return r;
    }
    const char *topic = s->strings.bytes + s->strings.size;
    some_name(s, rng);
    buf_char(&s->strings, '/');
    some_name(s, rng);
    buf_text(&s->strings, "/set");
    r.topic = (struct span){topic, (size_t)(s->strings.bytes + s->strings.size - topic)};
    r.type = SPAN("set");
    return r;
}

static void begin(struct sample *s)
{
    memset(s, 0, sizeof *s);
    buf_init(&s->strings, s->text, sizeof s->text);
}

void sample_record(struct sample *s, struct rng *rng)
{
    begin(s);
    s->records[0] = some_record(s, rng);
    s->line_size = record_encode(&s->records[0], s->line, sizeof s->line);
    check(s->line_size > 0 && !s->strings.overflow);
}

static struct key_id some_key(struct rng *rng)
{
    struct key_id key;
    for (size_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)rng_next(rng);
    return key;
}

/* The obvious log half of the time. */
static struct message_log some_log(struct sample *s, struct rng *rng)
{
    struct message_log log = {.epoch = some_count(rng)};
    if (rng_below(rng, 2) == 0) {
        log.device = some_name(s, rng);
        log.key = some_key(rng);
    }
    return log;
}

static void fill_hello(struct sample *s, struct rng *rng)
{
    struct message *m = &s->message;
    m->hello.version = 1 + (uint32_t)rng_below(rng, 3);
    m->hello.device = some_name(s, rng);
    m->hello.role = (enum role)rng_below(rng, ROLE_COUNT);
    m->hello.epoch = some_count(rng);
    m->hello.time_ms = some_count(rng) - 1;
    for (int i = 0; i < ROLE_COUNT; i++)
        m->hello.wants[i] = rng_below(rng, 2) == 0;
}

static void fill_have(struct sample *s, struct rng *rng)
{
    struct message *m = &s->message;
    m->have.entries = s->entries;
    m->have.count = rng_below(rng, SAMPLE_RECORDS);
    m->have.more = rng_below(rng, 2) == 0;
    for (size_t i = 0; i < m->have.count; i++) {
        struct message_entry *e = &s->entries[i];
        e->log = (struct message_log){some_name(s, rng), some_key(rng), some_count(rng)};
        e->last = some_count(rng) - 1;
        e->first = 1 + rng_below(rng, e->last + 1);
        e->sealed = rng_below(rng, e->last + 1);
        e->closed = rng_below(rng, 2) == 0;
        e->role_known = rng_below(rng, 2) == 0;
        e->role = e->role_known ? (enum role)rng_below(rng, ROLE_COUNT) : ROLE_SENSOR;
        e->want = (enum message_want)rng_below(rng, MESSAGE_WANT_COUNT);
        e->older = rng_below(rng, 2) == 0 ? rng_next(rng) : 0;
        e->chain = rng_below(rng, 2) == 0 ? rng_next(rng) : 0;
    }
    if (rng_below(rng, 3) == 0)
        m->have.of = some_name(s, rng);
}

static void fill_presence(struct sample *s, struct rng *rng)
{
    struct message *m = &s->message;
    m->presence.words = s->words;
    m->presence.count = rng_below(rng, SAMPLE_RECORDS);
    for (size_t i = 0; i < m->presence.count; i++) {
        struct message_word *w = &s->words[i];
        w->device = some_name(s, rng);
        w->epoch = some_count(rng);
        w->is = (enum message_presence)rng_below(rng, MESSAGE_PRESENCE_COUNT);
        w->ago_ms = some_count(rng) - 1;
        w->by = rng_below(rng, 2) == 0 ? some_name(s, rng) : (struct span){0};
        w->why = rng_below(rng, 2) == 0 ? some_text(s, rng, LIMIT_REASON) : (struct span){0};
    }
}

static void fill_update(struct sample *s, struct rng *rng)
{
    struct message *m = &s->message;
    m->update.log = some_log(s, rng);
    m->update.count = 1 + rng_below(rng, SAMPLE_RECORDS);
    m->update.records = s->records;
    struct span device = m->update.log.device.size ? m->update.log.device : some_name(s, rng);
    uint64_t seq = 1 + rng_below(rng, 1000000);
    size_t from = s->strings.size + SAMPLE_TEXT / 2;
    size_t at = from;
    for (size_t i = 0; i < m->update.count; i++) {
        s->records[i] = some_record(s, rng);
        s->records[i].device = device;
        s->records[i].epoch = m->update.log.epoch;
        s->records[i].seq = seq + i;
        if (i > 0)
            s->text[at++] = ',';
        at += record_encode(&s->records[i], s->text + at, sizeof s->text - at);
    }
    m->update.bytes = (struct span){s->text + from, at - from};
    m->update.based = rng_below(rng, 4) == 0;
    for (size_t i = 0; i < sizeof m->update.base.bytes && m->update.based; i++)
        m->update.base.bytes[i] = (uint8_t)rng_next(rng);
}

static void fill_seal(struct sample *s, struct rng *rng)
{
    struct message *m = &s->message;
    m->seal.log = some_log(s, rng);
    m->seal.seq = some_count(rng);
    m->seal.signature_size = 1 + rng_below(rng, LIMIT_SIGNATURE);
    for (size_t i = 0; i < m->seal.signature_size; i++)
        m->seal.signature[i] = (uint8_t)rng_next(rng);
    m->seal.hashed = m->seal.log.device.size > 0 || rng_below(rng, 4) == 0;
    for (size_t i = 0; m->seal.hashed && i < sizeof m->seal.hash.bytes; i++)
        m->seal.hash.bytes[i] = (uint8_t)rng_next(rng);
}

/* Two seals at one place, or with records between. */
static void fill_fork(struct sample *s, struct rng *rng)
{
    struct message *m = &s->message;
    if (rng_below(rng, 2) == 0) {
        fill_update(s, rng);
        struct message_run run = m->update;
        m->fork.run = run;
        m->fork.run.based = true;
        m->fork.seals[0].seq = run.records[0].seq - 1;
    }
    struct message_run *run = &m->fork.run;
    if (m->fork.seals[0].seq == 0)
        *run = (struct message_run){0};
    if (run->log.device.size == 0)
        run->log.device = run->count > 0 ? run->records[0].device : some_name(s, rng);
    run->log.key = some_key(rng);
    if (run->log.epoch == 0)
        run->log.epoch = some_count(rng);
    if (m->fork.seals[0].seq == 0)
        m->fork.seals[0].seq = some_count(rng);
    m->fork.seals[1].seq = m->fork.seals[0].seq + run->count;
    for (size_t i = 0; i < COUNT_OF(m->fork.seals); i++) {
        struct log_seal *seal = &m->fork.seals[i];
        seal->signature_size = 1 + rng_below(rng, LIMIT_SIGNATURE);
        for (size_t k = 0; k < seal->signature_size; k++)
            seal->signature[k] = (uint8_t)rng_next(rng);
        for (size_t k = 0; k < sizeof seal->hash.bytes; k++)
            seal->hash.bytes[k] = (uint8_t)rng_next(rng);
    }
}

static void fill_certificate(struct sample *s, struct rng *rng)
{
    char chain[1000];
    size_t size = 1 + rng_below(rng, sizeof chain);
    for (size_t i = 0; i < size; i++)
        chain[i] = (char)rng_next(rng);
    s->message.certificate.chain = keep(s, chain, size);
}

static void fill_command(struct sample *s, struct rng *rng)
{
    struct message *m = &s->message;
    m->command.id = some_name(s, rng);
    m->command.topic = SPAN("actuator1/beep");
    if (rng_below(rng, 2) == 0)
        m->command.value = value_number((double)rng_below(rng, 1000));
    m->command.epoch = some_count(rng);
    m->command.deadline_ms = some_count(rng) - 1;
    if (rng_below(rng, 2) == 0)
        m->command.cause = SPAN("{\"rule\":\"vent\",\"conditions\":[]}");
}

void sample_message(struct sample *s, struct rng *rng)
{
    begin(s);
    struct message *m = &s->message;
    m->kind = (enum message_kind)rng_below(rng, MESSAGE_UNKNOWN);
    switch (m->kind) {
    case MESSAGE_HELLO:
        fill_hello(s, rng);
        break;
    case MESSAGE_HAVE:
        fill_have(s, rng);
        break;
    case MESSAGE_STATE_UPDATE:
        fill_update(s, rng);
        break;
    case MESSAGE_SEAL:
        fill_seal(s, rng);
        break;
    case MESSAGE_CERTIFICATE:
        fill_certificate(s, rng);
        break;
    case MESSAGE_FORK:
        fill_fork(s, rng);
        break;
    case MESSAGE_ACK:
        m->ack.log = some_log(s, rng);
        m->ack.held = some_count(rng);
        m->ack.seq = rng_below(rng, m->ack.held + 1);
        break;
    case MESSAGE_KEEP:
        m->keep.keep = rng_below(rng, 2) == 0;
        break;
    case MESSAGE_PRESENCE:
        fill_presence(s, rng);
        break;
    case MESSAGE_PING:
        m->ping.sent_ms = some_count(rng) - 1;
        break;
    case MESSAGE_PONG:
        m->ping.sent_ms = some_count(rng) - 1;
        m->ping.clock_ms = some_count(rng) - 1;
        break;
    case MESSAGE_COMMAND:
        fill_command(s, rng);
        break;
    case MESSAGE_OUTCOME:
        m->outcome.id = some_name(s, rng);
        m->outcome.outcome = (enum fact_outcome)rng_below(rng, FACT_OUTCOME_COUNT);
        m->outcome.reason = some_text(s, rng, LIMIT_REASON);
        break;
    default:
        m->end.reason = some_text(s, rng, LIMIT_REASON);
    }
    s->line_size = message_encode(m, s->line, sizeof s->line);
    check(s->line_size > 0 && !s->strings.overflow);
}

bool sample_records_equal(const struct record *a, const struct record *b)
{
    return span_equal(a->device, b->device) && span_equal(a->type, b->type) &&
           span_equal(a->topic, b->topic) && a->epoch == b->epoch && a->seq == b->seq &&
           a->ts == b->ts && a->tick == b->tick && a->source_ts == b->source_ts &&
           value_equal(&a->value, &b->value) && span_equal(a->unit, b->unit) &&
           a->plain == b->plain;
}

static bool logs_equal(const struct message_log *a, const struct message_log *b)
{
    return span_equal(a->device, b->device) && ident_key_equal(&a->key, &b->key) &&
           a->epoch == b->epoch;
}

static bool haves_equal(const struct message *a, const struct message *b)
{
    if (a->have.count != b->have.count || a->have.more != b->have.more ||
        !span_equal(a->have.of, b->have.of))
        return false;
    for (size_t i = 0; i < a->have.count; i++) {
        const struct message_entry *x = &a->have.entries[i];
        const struct message_entry *y = &b->have.entries[i];
        if (!logs_equal(&x->log, &y->log) || x->first != y->first || x->last != y->last ||
            x->sealed != y->sealed || x->closed != y->closed || x->want != y->want ||
            x->role_known != y->role_known || x->role != y->role || x->older != y->older ||
            x->chain != y->chain)
            return false;
    }
    return true;
}

static bool words_equal(const struct message *a, const struct message *b)
{
    if (a->presence.count != b->presence.count)
        return false;
    for (size_t i = 0; i < a->presence.count; i++) {
        const struct message_word *x = &a->presence.words[i], *y = &b->presence.words[i];
        if (!span_equal(x->device, y->device) || x->epoch != y->epoch || x->is != y->is ||
            x->ago_ms != y->ago_ms || !span_equal(x->by, y->by) || !span_equal(x->why, y->why))
            return false;
    }
    return true;
}

static bool runs_equal(const struct message_run *a, const struct message_run *b)
{
    if (!logs_equal(&a->log, &b->log) || a->count != b->count || a->based != b->based ||
        (a->based && memcmp(&a->base, &b->base, sizeof a->base) != 0))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!sample_records_equal(&a->records[i], &b->records[i]))
            return false;
    return true;
}

static bool forks_equal(const struct message *a, const struct message *b)
{
    for (size_t i = 0; i < COUNT_OF(a->fork.seals); i++) {
        const struct log_seal *x = &a->fork.seals[i], *y = &b->fork.seals[i];
        if (x->seq != y->seq || x->signature_size != y->signature_size ||
            memcmp(&x->hash, &y->hash, sizeof x->hash) != 0 ||
            memcmp(x->signature, y->signature, x->signature_size) != 0)
            return false;
    }
    return runs_equal(&a->fork.run, &b->fork.run);
}

static bool seals_equal(const struct message *a, const struct message *b)
{
    return logs_equal(&a->seal.log, &b->seal.log) && a->seal.seq == b->seal.seq &&
           a->seal.signature_size == b->seal.signature_size && a->seal.hashed == b->seal.hashed &&
           memcmp(&a->seal.hash, &b->seal.hash, sizeof a->seal.hash) == 0 &&
           memcmp(a->seal.signature, b->seal.signature, a->seal.signature_size) == 0;
}

bool sample_messages_equal(const struct message *a, const struct message *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case MESSAGE_HELLO:
        return a->hello.version == b->hello.version &&
               span_equal(a->hello.device, b->hello.device) && a->hello.role == b->hello.role &&
               a->hello.epoch == b->hello.epoch && a->hello.time_ms == b->hello.time_ms &&
               memcmp(a->hello.wants, b->hello.wants, sizeof a->hello.wants) == 0;
    case MESSAGE_HAVE:
        return haves_equal(a, b);
    case MESSAGE_STATE_UPDATE:
        return runs_equal(&a->update, &b->update);
    case MESSAGE_FORK:
        return forks_equal(a, b);
    case MESSAGE_SEAL:
        return seals_equal(a, b);
    case MESSAGE_CERTIFICATE:
        return span_equal(a->certificate.chain, b->certificate.chain);
    case MESSAGE_ACK:
        return logs_equal(&a->ack.log, &b->ack.log) && a->ack.seq == b->ack.seq &&
               a->ack.held == b->ack.held;
    case MESSAGE_KEEP:
        return a->keep.keep == b->keep.keep;
    case MESSAGE_PRESENCE:
        return words_equal(a, b);
    case MESSAGE_PING:
    case MESSAGE_PONG:
        return a->ping.sent_ms == b->ping.sent_ms && a->ping.clock_ms == b->ping.clock_ms;
    case MESSAGE_COMMAND:
        return span_equal(a->command.id, b->command.id) &&
               span_equal(a->command.topic, b->command.topic) &&
               value_equal(&a->command.value, &b->command.value) &&
               a->command.epoch == b->command.epoch &&
               a->command.deadline_ms == b->command.deadline_ms &&
               span_equal(a->command.cause, b->command.cause);
    case MESSAGE_OUTCOME:
        return span_equal(a->outcome.id, b->outcome.id) &&
               a->outcome.outcome == b->outcome.outcome &&
               span_equal(a->outcome.reason, b->outcome.reason);
    case MESSAGE_GOODBYE:
    case MESSAGE_ERROR:
        return span_equal(a->end.reason, b->end.reason);
    default:
        return true;
    }
}
