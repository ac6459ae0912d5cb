#include "wire/message_fork.h"

#include "base/hex.h"
#include "wire/message_have.h"

const struct field message_fork_fields[MESSAGE_FORK_FIELDS] = {
    [MESSAGE_FORK_DEVICE] = DEVICE_FIELD,
    [MESSAGE_FORK_KEY] = KEY_FIELD,
    [MESSAGE_FORK_EPOCH] = EPOCH_FIELD,
    [MESSAGE_FORK_SEALS] = FIELD("seals", "a list of two seals"),
    [MESSAGE_FORK_BASE] = FIELD("base", "64 hexadecimal digits"),
    [MESSAGE_FORK_RECORDS] = FIELD("records", "a list of 1 to 1024 records"),
};

enum { SEAL_SEQ, SEAL_SIG, SEAL_HASH, SEAL_COUNT };

static const struct field seal_fields[SEAL_COUNT] = {
    [SEAL_SEQ] = FIELD("seq", "a whole number from 1"),
    [SEAL_SIG] = FIELD("sig", "1 to 80 bytes in base64url"),
    [SEAL_HASH] = FIELD("hash", "64 hexadecimal digits"),
};

static const struct field_set seal_set = {seal_fields, SEAL_COUNT, (1U << SEAL_COUNT) - 1};

struct seal_reader {
    struct log_seal *seal;
    struct buf *strings;
};

enum err message_fork_hash(struct json_reader *r, struct buf *strings, struct chain_hash *hash)
{
    struct span text;
    enum err err = field_text(r, strings, &text);
    if (err != ERR_OK)
        return err;
    return hex_decode(text, hash->bytes, sizeof hash->bytes) == ERR_OK ? ERR_OK : ERR_RANGE;
}

enum err message_fork_signature(struct json_reader *r, struct buf *strings,
                                uint8_t signature[LIMIT_SIGNATURE], size_t *size)
{
    struct span text;
    enum err err = field_text(r, strings, &text);
    if (err != ERR_OK)
        return err;
    err = hex_base64_decode(text, signature, LIMIT_SIGNATURE, size);
    if (err == ERR_SIZE)
        return ERR_SIZE;
    return err == ERR_OK && *size > 0 ? ERR_OK : ERR_RANGE;
}

static enum err read_seal(void *context, struct json_reader *r, size_t which)
{
    struct seal_reader *d = context;
    if (which == SEAL_SEQ)
        return field_u53(r, 1, NUMBER_INTEGER_MAX, &d->seal->seq);
    if (which == SEAL_HASH)
        return message_fork_hash(r, d->strings, &d->seal->hash);
    return message_fork_signature(r, d->strings, d->seal->signature, &d->seal->signature_size);
}

static enum err read_seals(struct message *m, struct json_reader *r, struct buf *strings,
                           const char **cause)
{
    size_t count = 0;
    enum json_token token = json_next(r);
    if (token != JSON_ARRAY)
        return field_mismatch(token);
    while ((token = json_next(r)) == JSON_OBJECT) {
        if (count == COUNT_OF(m->fork.seals))
            return ERR_SIZE;
        struct seal_reader d = {&m->fork.seals[count++], strings};
        enum err err = field_read(r, &seal_set, read_seal, &d, cause);
        if (err != ERR_OK)
            return err;
    }
    return token == JSON_ARRAY_END && count == COUNT_OF(m->fork.seals) ? ERR_OK
                                                                       : field_mismatch(token);
}

enum err message_fork_read(struct message *m, struct json_reader *r, size_t which,
                           struct buf *strings, const char **cause)
{
    struct message_run *run = &m->fork.run;
    switch (which) {
    case MESSAGE_FORK_DEVICE:
        return message_have_name(r, strings, &run->log.device);
    case MESSAGE_FORK_KEY:
        return message_have_key(r, strings, &run->log.key);
    case MESSAGE_FORK_EPOCH:
        return field_u53(r, 1, NUMBER_INTEGER_MAX, &run->log.epoch);
    case MESSAGE_FORK_SEALS:
        return read_seals(m, r, strings, cause);
    default:
        run->based = true;
        return message_fork_hash(r, strings, &run->base);
    }
}

bool message_fork_is_whole(const struct message *m)
{
    const struct message_run *run = &m->fork.run;
    uint64_t first = m->fork.seals[0].seq, second = m->fork.seals[1].seq;
    if (first == second)
        return run->count == 0 && !run->based;
    return first < second && second - first == run->count && run->based &&
           span_equal(run->records[0].device, run->log.device) &&
           run->records[0].epoch == run->log.epoch && run->records[0].seq == first + 1;
}
