#include "wire/message_have.h"

#include "base/hex.h"

enum { HAVE_LOGS, HAVE_MORE, HAVE_OF };
enum {
    ENTRY_DEVICE,
    ENTRY_KEY,
    ENTRY_EPOCH,
    ENTRY_FIRST,
    ENTRY_LAST,
    ENTRY_CLOSED,
    ENTRY_SEALED,
    ENTRY_ROLE,
    ENTRY_WANT,
    ENTRY_OLDER,
    ENTRY_CHAIN,
    ENTRY_COUNT,
};

const struct field message_have_fields[MESSAGE_HAVE_FIELDS] = {
    [HAVE_LOGS] = FIELD("logs", "a list of at most 256 logs"),
    [HAVE_MORE] = FIELD("more", "true or false"),
    [HAVE_OF] = FIELD("of", "a device's name"),
};

static const struct field entry_fields[ENTRY_COUNT] = {
    [ENTRY_DEVICE] = DEVICE_FIELD,
    [ENTRY_KEY] = KEY_FIELD,
    [ENTRY_EPOCH] = EPOCH_FIELD,
    [ENTRY_FIRST] = FIELD("first", "a whole number from 1"),
    [ENTRY_LAST] = FIELD("last", "a whole number from first - 1"),
    [ENTRY_CLOSED] = FIELD("closed", "true or false"),
    [ENTRY_SEALED] = FIELD("sealed", "a whole number"),
    [ENTRY_ROLE] = FIELD("role", "sensor, actuator, controller or observer"),
    [ENTRY_WANT] = FIELD("want", "news or records"),
    [ENTRY_OLDER] = FIELD("older", "16 hexadecimal digits"),
    [ENTRY_CHAIN] = FIELD("chain", "16 hexadecimal digits"),
};

static const struct field_set entry_set = {entry_fields, ENTRY_COUNT, (1U << ENTRY_CLOSED) - 1};

static const char *const want_texts[MESSAGE_WANT_COUNT] = {"", "news", "records"};

struct entry_reader {
    struct message_entry *e;
    struct buf *strings;
};

const char *message_have_want_text(enum message_want want)
{
    return want_texts[want];
}

enum err message_have_name(struct json_reader *r, struct buf *strings, struct span *name)
{
    enum err err = field_text(r, strings, name);
    return err == ERR_OK && !access_name_valid(*name) ? ERR_RANGE : err;
}

enum err message_have_key(struct json_reader *r, struct buf *strings, struct key_id *key)
{
    struct span text;
    enum err err = field_text(r, strings, &text);
    if (err != ERR_OK)
        return err;
    return hex_decode(text, key->bytes, sizeof key->bytes) == ERR_OK ? ERR_OK : ERR_RANGE;
}

static enum err read_want(struct entry_reader *d, struct json_reader *r)
{
    struct span text;
    enum err err = field_text(r, d->strings, &text);
    if (err != ERR_OK)
        return err;
    for (int want = MESSAGE_WANT_NEWS; want < MESSAGE_WANT_COUNT; want++) {
        if (!span_is(text, want_texts[want]))
            continue;
        d->e->want = (enum message_want)want;
        return ERR_OK;
    }
    return ERR_RANGE;
}

static enum err read_role(struct entry_reader *d, struct json_reader *r)
{
    struct span text;
    enum err err = field_text(r, d->strings, &text);
    d->e->role_known = true;
    return err == ERR_OK && !access_role_parse(text, &d->e->role) ? ERR_RANGE : err;
}

static enum err read_digest(struct entry_reader *d, struct json_reader *r, uint64_t *digest)
{
    struct span text;
    uint8_t bytes[sizeof(uint64_t)];
    enum err err = field_text(r, d->strings, &text);
    if (err != ERR_OK)
        return err;
    if (hex_decode(text, bytes, sizeof bytes) != ERR_OK)
        return ERR_RANGE;
    *digest = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        *digest = *digest << 8 | bytes[i];
    return ERR_OK;
}

static enum err read_entry(void *context, struct json_reader *r, size_t which)
{
    struct entry_reader *d = context;
    struct message_entry *e = d->e;
    switch (which) {
    case ENTRY_DEVICE:
        return message_have_name(r, d->strings, &e->log.device);
    case ENTRY_KEY:
        return message_have_key(r, d->strings, &e->log.key);
    case ENTRY_EPOCH:
        return field_u53(r, 1, NUMBER_INTEGER_MAX, &e->log.epoch);
    case ENTRY_FIRST:
        return field_u53(r, 1, NUMBER_INTEGER_MAX, &e->first);
    case ENTRY_LAST:
        return field_u53(r, 0, NUMBER_INTEGER_MAX, &e->last);
    case ENTRY_SEALED:
        return field_u53(r, 0, NUMBER_INTEGER_MAX, &e->sealed);
    case ENTRY_ROLE:
        return read_role(d, r);
    case ENTRY_WANT:
        return read_want(d, r);
    case ENTRY_OLDER:
        return read_digest(d, r, &e->older);
    case ENTRY_CHAIN:
        return read_digest(d, r, &e->chain);
    default:
        return field_bool(r, &e->closed);
    }
}

static enum err read_entries(struct message *m, struct message_entry *entries,
                             struct json_reader *r, struct buf *strings, const char **cause)
{
    enum json_token token = json_next(r);
    if (token != JSON_ARRAY)
        return field_mismatch(token);
    while ((token = json_next(r)) == JSON_OBJECT) {
        if (m->have.count == LIMIT_LINE_ENTRIES)
            return ERR_SIZE;
        struct entry_reader d = {&entries[m->have.count++], strings};
        *d.e = (struct message_entry){0};
        enum err err = field_read(r, &entry_set, read_entry, &d, cause);
        if (err != ERR_OK)
            return err;
        if (d.e->last >= d.e->first - 1)
            continue;
        *cause = entry_fields[ENTRY_LAST].rule;
        return ERR_RANGE;
    }
    m->have.entries = entries;
    return token == JSON_ARRAY_END ? ERR_OK : field_mismatch(token);
}

enum err message_have_read(struct message *m, struct message_entry *entries, struct json_reader *r,
                           size_t which, struct buf *strings, const char **cause)
{
    switch (which) {
    case HAVE_LOGS:
        return read_entries(m, entries, r, strings, cause);
    case HAVE_MORE:
        return field_bool(r, &m->have.more);
    default:
        return message_have_name(r, strings, &m->have.of);
    }
}
