/* One line, one message. The first member decides the kind; a table then says which members that
 * kind has and how they are read. A state_update is the hot path: its
 * records are read in the same pass over the line.
 *
 * Failures: the first one ends the reading and is named; what a peer sent is never quoted. A kind
 * of a later version must still be one JSON object. */
#include "wire/message.h"

#include "base/hex.h"
#include "wire/field.h"
#include "wire/message_fork.h"
#include "wire/message_have.h"
#include "wire/message_presence.h"
#include "wire/message_write.h"

struct decoder {
    struct message *m;
    struct message_memory *memory;
    struct buf strings;
    const char **cause;
};

/* What a kind is and does. */
struct kind {
    const char *text;
    struct field_set set;
    field_fn *read;
    enum err (*finish)(struct decoder *d); /* what concerns members together; may be NULL */
};

static enum err refuse(struct decoder *d, enum err err, const char *cause)
{
    *d->cause = cause;
    return err;
}

/* Reading: values that several kinds have */

static enum err read_name(struct decoder *d, struct json_reader *r, struct span *name)
{
    return message_have_name(r, &d->strings, name);
}

static enum err read_key(struct decoder *d, struct json_reader *r, struct key_id *key)
{
    return message_have_key(r, &d->strings, key);
}

/* Epochs and sequences, which begin at 1. */
static enum err read_count(struct json_reader *r, uint64_t *count)
{
    return field_u53(r, 1, NUMBER_INTEGER_MAX, count);
}

#define SEQ_FIELD FIELD("seq", "a whole number from 1")

/* A log that is not the obvious one has a device and a key; half a name is none. */
static enum err finish_log(struct decoder *d, const struct message_log *log)
{
    static const struct key_id none;
    if ((log->device.size == 0) == ident_key_equal(&log->key, &none))
        return ERR_OK;
    return refuse(d, ERR_RANGE, "\"device\" and \"key\" must stand together");
}

/* hello */

enum { HELLO_VERSION, HELLO_DEVICE, HELLO_ROLE, HELLO_EPOCH, HELLO_WANTS, HELLO_TIME };

static const struct field hello_fields[] = {
    [HELLO_VERSION] = FIELD("version", "a whole number from 1"),
    [HELLO_DEVICE] = DEVICE_FIELD,
    [HELLO_ROLE] = FIELD("role", "sensor, actuator, controller or observer"),
    [HELLO_EPOCH] = EPOCH_FIELD,
    [HELLO_WANTS] = FIELD("wants", "a list of at most 4 roles"),
    [HELLO_TIME] = FIELD("time", "a whole number of milliseconds"),
};

static enum err read_wants(struct decoder *d, struct json_reader *r)
{
    enum json_token token = json_next(r);
    if (token != JSON_ARRAY)
        return field_mismatch(token);
    for (size_t count = 0; (token = json_next(r)) == JSON_STRING; count++) {
        struct span text;
        enum role role;
        if (count == LIMIT_WANTS || field_string(r, &d->strings, &text) != ERR_OK)
            return ERR_SIZE;
        if (!access_role_parse(text, &role))
            return ERR_RANGE;
        d->m->hello.wants[role] = true;
    }
    return token == JSON_ARRAY_END ? ERR_OK : field_mismatch(token);
}

static enum err read_hello(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    struct message *m = d->m;
    struct span role;
    uint64_t version = 0;
    enum err err;
    switch (which) {
    case HELLO_VERSION:
        err = field_u53(r, 1, UINT32_MAX, &version);
        m->hello.version = (uint32_t)version;
        return err;
    case HELLO_DEVICE:
        return read_name(d, r, &m->hello.device);
    case HELLO_ROLE:
        err = field_text(r, &d->strings, &role);
        return err == ERR_OK && !access_role_parse(role, &m->hello.role) ? ERR_RANGE : err;
    case HELLO_EPOCH:
        return read_count(r, &m->hello.epoch);
    case HELLO_TIME:
        return field_u53(r, 0, NUMBER_INTEGER_MAX, &m->hello.time_ms);
    default:
        return read_wants(d, r);
    }
}

/* state_update */

enum { UPDATE_DEVICE, UPDATE_KEY, UPDATE_BASE, UPDATE_RECORDS, UPDATE_COUNT };

static const struct field update_fields[] = {
    [UPDATE_DEVICE] = DEVICE_FIELD,
    [UPDATE_KEY] = KEY_FIELD,
    [UPDATE_BASE] = FIELD("base", "64 hexadecimal digits"),
    [UPDATE_RECORDS] = FIELD("records", "a list of 1 to 1024 records"),
};

/* One run of one log: the device that is named, if any, one epoch, no gap. */
static bool follows(const struct message_run *run, const struct record *records, size_t i)
{
    struct span device = run->log.device.size > 0 ? run->log.device : records[0].device;
    return span_equal(records[i].device, device) &&
           (i == 0 ||
            (records[i].epoch == records[0].epoch && records[i].seq == records[i - 1].seq + 1));
}

static enum err read_records(struct decoder *d, struct json_reader *r, struct message_run *run)
{
    struct record *records = d->memory->records;
    enum json_token token = json_next(r);
    if (token != JSON_ARRAY)
        return field_mismatch(token);
    while ((token = json_next(r)) == JSON_OBJECT) {
        size_t i = run->count;
        if (i == LIMIT_LINE_RECORDS)
            return ERR_SIZE;
        enum err err = record_read(r, &records[i], &d->strings, d->cause);
        if (err != ERR_OK)
            return err;
        if (!follows(run, records, i))
            return refuse(d, ERR_RANGE, "records must be consecutive, of one device and epoch");
        run->count++;
    }
    if (token != JSON_ARRAY_END || run->count == 0)
        return field_mismatch(token);
    run->records = records;
    return ERR_OK;
}

static enum err read_update(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    struct message *m = d->m;
    if (which == UPDATE_RECORDS)
        return read_records(d, r, &m->update);
    if (which == UPDATE_BASE) {
        m->update.based = true;
        return message_fork_hash(r, &d->strings, &m->update.base);
    }
    if (m->update.count > 0)
        return refuse(d, ERR_RANGE, "\"device\" and \"key\" must stand before \"records\"");
    return which == UPDATE_DEVICE ? read_name(d, r, &m->update.log.device)
                                  : read_key(d, r, &m->update.log.key);
}

static enum err finish_update(struct decoder *d)
{
    d->m->update.log.epoch = d->m->update.records[0].epoch;
    return finish_log(d, &d->m->update.log);
}

/* have */

static enum err read_have(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    return message_have_read(d->m, d->memory->entries, r, which, &d->strings, d->cause);
}

/* presence */

static enum err read_presence(void *context, struct json_reader *r, size_t which)
{
    (void)which;
    struct decoder *d = context;
    return message_presence_read(d->m, d->memory->words, r, &d->strings, d->cause);
}

/* certificate */

static const struct field certificate_fields[] = {
    FIELD("chain", "1 to 4096 bytes in base64url"),
};

static enum err read_certificate(void *context, struct json_reader *r, size_t which)
{
    (void)which;
    struct decoder *d = context;
    struct span text;
    size_t size;
    enum err err = field_text(r, &d->strings, &text);
    if (err != ERR_OK)
        return err;
    err = hex_base64_decode(text, d->memory->chain, sizeof d->memory->chain, &size);
    if (err == ERR_SIZE)
        return ERR_SIZE;
    d->m->certificate.chain = (struct span){(const char *)d->memory->chain, size};
    return err == ERR_OK && size > 0 ? ERR_OK : ERR_RANGE;
}

/* seal, ack */

enum { SEAL_DEVICE, SEAL_KEY, SEAL_EPOCH, SEAL_SEQ, SEAL_SIG, SEAL_HASH };

static const struct field seal_fields[] = {
    [SEAL_DEVICE] = DEVICE_FIELD,
    [SEAL_KEY] = KEY_FIELD,
    [SEAL_EPOCH] = EPOCH_FIELD,
    [SEAL_SEQ] = SEQ_FIELD,
    [SEAL_SIG] = FIELD("sig", "1 to 80 bytes in base64url"),
    [SEAL_HASH] = FIELD("hash", "64 hexadecimal digits"),
};

static enum err read_log_member(struct decoder *d, struct json_reader *r, size_t which,
                                struct message_log *log)
{
    switch (which) {
    case SEAL_DEVICE:
        return read_name(d, r, &log->device);
    case SEAL_KEY:
        return read_key(d, r, &log->key);
    default:
        return read_count(r, &log->epoch);
    }
}

static enum err read_seal(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    if (which == SEAL_HASH) {
        d->m->seal.hashed = true;
        return message_fork_hash(r, &d->strings, &d->m->seal.hash);
    }
    if (which == SEAL_SEQ)
        return read_count(r, &d->m->seal.seq);
    if (which == SEAL_SIG)
        return message_fork_signature(r, &d->strings, d->m->seal.signature,
                                      &d->m->seal.signature_size);
    return read_log_member(d, r, which, &d->m->seal.log);
}

static enum err finish_seal(struct decoder *d)
{
    if (d->m->seal.log.device.size > 0 && !d->m->seal.hashed)
        return refuse(d, ERR_RANGE, "\"hash\" must stand beside \"device\"");
    return finish_log(d, &d->m->seal.log);
}

/* fork */

static enum err read_fork(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    if (which == MESSAGE_FORK_RECORDS)
        return read_records(d, r, &d->m->fork.run);
    return message_fork_read(d->m, r, which, &d->strings, d->cause);
}

static enum err finish_fork(struct decoder *d)
{
    if (message_fork_is_whole(d->m))
        return ERR_OK;
    return refuse(d, ERR_RANGE, "the records must lead from one seal to the other");
}

enum { ACK_HELD = SEAL_SIG };

static const struct field ack_fields[] = {
    [SEAL_DEVICE] = DEVICE_FIELD,
    [SEAL_KEY] = KEY_FIELD,
    [SEAL_EPOCH] = EPOCH_FIELD,
    [SEAL_SEQ] = FIELD("seq", "a whole number"),
    [ACK_HELD] = FIELD("held", "a whole number greater than seq"),
};

static enum err read_ack(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    if (which == SEAL_SEQ)
        return field_u53(r, 0, NUMBER_INTEGER_MAX, &d->m->ack.seq);
    if (which == ACK_HELD)
        return read_count(r, &d->m->ack.held);
    return read_log_member(d, r, which, &d->m->ack.log);
}

static enum err finish_ack(struct decoder *d)
{
    if (d->m->ack.held == 0)
        d->m->ack.held = d->m->ack.seq;
    else if (d->m->ack.held <= d->m->ack.seq)
        return refuse(d, ERR_RANGE, ack_fields[ACK_HELD].rule);
    return finish_log(d, &d->m->ack.log);
}

/* keep */

static const struct field keep_fields[] = {
    FIELD("keep", "true or false"),
};

static enum err read_keep(void *context, struct json_reader *r, size_t which)
{
    (void)which;
    struct decoder *d = context;
    return field_bool(r, &d->m->keep.keep);
}

/* ping, pong */

static const struct field ping_fields[] = {
    FIELD("t", "a whole number from 0"), FIELD("clock", "a whole number from 0"), /* pong only */
};

static enum err read_ping(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    return field_u53(r, 0, NUMBER_INTEGER_MAX,
                     which == 0 ? &d->m->ping.sent_ms : &d->m->ping.clock_ms);
}

/* command, outcome */

enum { COMMAND_ID, COMMAND_TOPIC, COMMAND_VALUE, COMMAND_EPOCH, COMMAND_DEADLINE, COMMAND_CAUSE };

static const struct field command_fields[] = {
    [COMMAND_ID] = FIELD("id", "a printable text of 1 to 97 bytes"),
    [COMMAND_TOPIC] = FIELD("topic", "device/property"),
    [COMMAND_VALUE] = FIELD("value", "a number, true, false or a short printable text"),
    [COMMAND_EPOCH] = EPOCH_FIELD,
    [COMMAND_DEADLINE] = FIELD("deadline", "a whole number from 0"),
    [COMMAND_CAUSE] = FIELD("cause", "an object of at most 1536 bytes"),
};

static enum err read_id(struct decoder *d, struct json_reader *r, struct span *id)
{
    enum err err = field_text(r, &d->strings, id);
    if (err != ERR_OK)
        return err;
    return id->size > 0 && id->size <= LIMIT_RECORD_NAME && field_printable(*id) ? ERR_OK
                                                                                 : ERR_RANGE;
}

static enum err read_command_topic(struct decoder *d, struct json_reader *r, struct span *topic)
{
    struct access_topic t;
    enum err err = field_text(r, &d->strings, topic);
    if (err != ERR_OK)
        return err;
    return access_topic_valid(*topic) && access_topic_split(*topic, &t) && t.kind == ACCESS_REPORTED
               ? ERR_OK
               : ERR_RANGE;
}

static enum err read_command(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    struct message *m = d->m;
    switch (which) {
    case COMMAND_ID:
        return read_id(d, r, &m->command.id);
    case COMMAND_TOPIC:
        return read_command_topic(d, r, &m->command.topic);
    case COMMAND_VALUE:
        return field_value(r, &d->strings, &m->command.value);
    case COMMAND_EPOCH:
        return read_count(r, &m->command.epoch);
    case COMMAND_CAUSE:
        return field_object(r, LIMIT_CAUSE, &m->command.cause);
    default:
        return field_u53(r, 0, NUMBER_INTEGER_MAX, &m->command.deadline_ms);
    }
}

enum { OUTCOME_ID, OUTCOME_OUTCOME, OUTCOME_REASON };

static const struct field outcome_fields[] = {
    [OUTCOME_ID] = FIELD("id", "a printable text of 1 to 97 bytes"),
    [OUTCOME_OUTCOME] = FIELD("outcome", "started, done, refused, expired or unknown"),
    [OUTCOME_REASON] = FIELD("reason", "a printable text of at most 127 bytes"),
};

static enum err read_reason(struct decoder *d, struct json_reader *r, struct span *reason)
{
    enum err err = field_text(r, &d->strings, reason);
    if (err != ERR_OK)
        return err;
    if (reason->size > LIMIT_REASON)
        return ERR_SIZE;
    return field_printable(*reason) ? ERR_OK : ERR_RANGE;
}

static enum err read_outcome(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    struct span text;
    if (which == OUTCOME_ID)
        return read_id(d, r, &d->m->outcome.id);
    if (which == OUTCOME_REASON)
        return read_reason(d, r, &d->m->outcome.reason);
    enum err err = field_text(r, &d->strings, &text);
    if (err != ERR_OK)
        return err;
    return fact_outcome_parse(text, &d->m->outcome.outcome) ? ERR_OK : ERR_RANGE;
}

/* goodbye, error */

static const struct field end_fields[] = {
    FIELD("reason", "a printable text of at most 127 bytes"),
};

static enum err read_end(void *context, struct json_reader *r, size_t which)
{
    (void)which;
    struct decoder *d = context;
    return read_reason(d, r, &d->m->end.reason);
}

/* All kinds */

static enum err read_nothing(void *context, struct json_reader *r, size_t which)
{
    (void)context;
    (void)r;
    (void)which;
    return ERR_OK;
}

static const struct kind kinds[MESSAGE_KIND_COUNT] = {
    [MESSAGE_HELLO] = {"hello", {hello_fields, 6, 0x1f}, read_hello, NULL},
    [MESSAGE_HAVE] = {"have", {message_have_fields, MESSAGE_HAVE_FIELDS, 1}, read_have, NULL},
    [MESSAGE_CERTIFICATE] = {"certificate", {certificate_fields, 1, 1}, read_certificate, NULL},
    [MESSAGE_STATE_UPDATE] = {"state_update",
                              {update_fields, UPDATE_COUNT, 1U << UPDATE_RECORDS},
                              read_update,
                              finish_update},
    [MESSAGE_SEAL] = {"seal",
                      {seal_fields, 6, 1U << SEAL_EPOCH | 1U << SEAL_SEQ | 1U << SEAL_SIG},
                      read_seal,
                      finish_seal},
    [MESSAGE_ACK] = {"ack",
                     {ack_fields, 5, 1U << SEAL_EPOCH | 1U << SEAL_SEQ},
                     read_ack,
                     finish_ack},
    [MESSAGE_FORK] = {"fork",
                      {message_fork_fields, MESSAGE_FORK_FIELDS, MESSAGE_FORK_REQUIRED},
                      read_fork,
                      finish_fork},
    [MESSAGE_KEEP] = {"keep", {keep_fields, 1, 1}, read_keep, NULL},
    [MESSAGE_PRESENCE] = {"presence", {message_presence_fields, 1, 1}, read_presence, NULL},
    [MESSAGE_PING] = {"ping", {ping_fields, 1, 1}, read_ping, NULL},
    [MESSAGE_PONG] = {"pong", {ping_fields, 2, 3}, read_ping, NULL},
    [MESSAGE_COMMAND] = {"command",
                         {command_fields, 6,
                          1U << COMMAND_ID | 1U << COMMAND_TOPIC | 1U << COMMAND_EPOCH |
                              1U << COMMAND_DEADLINE},
                         read_command,
                         NULL},
    [MESSAGE_OUTCOME] = {"outcome",
                         {outcome_fields, 3, 1U << OUTCOME_ID | 1U << OUTCOME_OUTCOME},
                         read_outcome,
                         NULL},
    [MESSAGE_GOODBYE] = {"goodbye", {end_fields, 1, 1}, read_end, NULL},
    [MESSAGE_ERROR] = {"error", {end_fields, 1, 1}, read_end, NULL},
    [MESSAGE_UNKNOWN] = {"unknown", {NULL, 0, 0}, read_nothing, NULL},
    [MESSAGE_BEAT] = {"beat", {NULL, 0, 0}, read_nothing, NULL},
};

const char *message_kind_text(enum message_kind kind)
{
    return kinds[kind].text;
}

const char *message_member_text(enum message_kind kind, size_t index)
{
    const struct field_set *set = &kinds[kind].set;
    return index < set->count ? set->fields[index].name.bytes : NULL;
}

size_t message_encode(const struct message *m, char *out, size_t capacity)
{
    if (m->kind == MESSAGE_UNKNOWN)
        return 0;
    struct buf b;
    buf_init(&b, out, capacity < LIMIT_LINE ? capacity : LIMIT_LINE);
    if (m->kind == MESSAGE_BEAT) {
        buf_char(&b, '\n');
        return b.overflow ? 0 : b.size;
    }
    buf_text(&b, "{\"type\":\"");
    buf_text(&b, kinds[m->kind].text);
    buf_text(&b, "\",");
    message_write_members(&b, m);
    buf_text(&b, "}\n");
    return b.overflow ? 0 : b.size;
}

/* Up to and with the first member, which says what the others are. */
static enum err read_kind(struct decoder *d, struct json_reader *r)
{
    enum json_token token = json_next(r);
    if (token != JSON_OBJECT)
        return refuse(d, ERR_SYNTAX,
                      token == JSON_BAD ? json_error(r, &(size_t){0}) : "a message is an object");
    token = json_next(r);
    if (token == JSON_KEY && json_text_is(r, "type"))
        token = json_next(r);
    else if (token != JSON_BAD)
        token = JSON_NULL;
    if (token == JSON_BAD)
        return refuse(d, ERR_SYNTAX, json_error(r, &(size_t){0}));
    if (token != JSON_STRING)
        return refuse(d, ERR_RANGE, "the first member must be \"type\", a text");
    for (d->m->kind = 0; d->m->kind < MESSAGE_UNKNOWN; d->m->kind++)
        if (json_text_is(r, kinds[d->m->kind].text))
            break;
    return ERR_OK;
}

enum err message_decode(struct span line, struct message *m, struct message_memory *memory,
                        const char **cause)
{
    *m = (struct message){0};
    *cause = NULL;
    struct decoder d = {.m = m, .memory = memory, .cause = cause};
    buf_init(&d.strings, memory->text, sizeof memory->text);
    struct json_reader r;
    json_reader_init(&r, line);
    enum err err = read_kind(&d, &r);
    if (err != ERR_OK)
        return err;
    const struct kind *kind = &kinds[m->kind];
    err = field_read(&r, &kind->set, kind->read, &d, cause);
    if (err != ERR_OK)
        return err;
    if (json_next(&r) != JSON_END)
        return refuse(&d, ERR_SYNTAX, json_error(&r, &(size_t){0}));
    return kind->finish ? kind->finish(&d) : ERR_OK;
}
