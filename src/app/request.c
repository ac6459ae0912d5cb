#include "app/request.h"

#include "core/ident.h"
#include "wire/field.h"

enum { ASK, TOPIC, DEVICE, FROM, TO, VALUE, FOR, WAIT };

static const struct field fields[] = {
    [ASK] = FIELD("ask", "status, get, watch, history, ping, wait, why, set or command"),
    [TOPIC] = FIELD("topic", "a topic (sensor1/temperature), * for any characters"),
    [DEVICE] = FIELD("device", "a device's name (a-z 0-9 - _)"),
    [FROM] = FIELD("from", "milliseconds since 1970"),
    [TO] = FIELD("to", "milliseconds since 1970"),
    [VALUE] = FIELD("value", "a number, true, false or a short printable text"),
    [FOR] = FIELD("for", "milliseconds"),
    [WAIT] = FIELD("wait", "milliseconds"),
};

static const struct field_set field_set = {fields, COUNT_OF(fields), 1U << ASK};

static const struct kind {
    const char *name;
    bool topic, device, value, waits;
} kinds[REQUEST_ASK_COUNT] = {
    [REQUEST_STATUS] = {.name = "status"},
    [REQUEST_GET] = {.name = "get", .topic = true},
    [REQUEST_WATCH] = {.name = "watch", .topic = true},
    [REQUEST_HISTORY] = {.name = "history", .topic = true},
    [REQUEST_PING] = {.name = "ping", .device = true},
    [REQUEST_WAIT] = {.name = "wait", .device = true},
    [REQUEST_WHY] = {.name = "why", .device = true},
    [REQUEST_SET] = {.name = "set", .topic = true, .value = true, .waits = true},
    [REQUEST_COMMAND] = {.name = "command", .topic = true, .waits = true},
};

struct decoder {
    struct request *r;
    struct buf strings;
};

static enum err read_ask(struct request *r, struct span text)
{
    for (size_t i = 0; i < REQUEST_ASK_COUNT; i++) {
        if (!span_is(text, kinds[i].name))
            continue;
        r->ask = (enum request_ask)i;
        return ERR_OK;
    }
    return ERR_RANGE;
}

static enum err read_topic(struct request *r, struct span text)
{
    if (text.size == 0 || text.size > LIMIT_TOPIC || !field_printable(text))
        return ERR_RANGE;
    memcpy(r->topic, text.bytes, text.size);
    return ERR_OK;
}

static enum err read_value(struct decoder *d, struct json_reader *reader)
{
    struct request *r = d->r;
    enum err err = field_value(reader, &d->strings, &r->value);
    if (err != ERR_OK || r->value.kind != VALUE_TEXT)
        return err;
    if (r->value.text.size > 0)
        memcpy(r->text, r->value.text.bytes, r->value.text.size);
    r->value.text.bytes = r->text;
    return ERR_OK;
}

static enum err read_member(void *context, struct json_reader *reader, size_t which)
{
    struct decoder *d = context;
    struct span text;
    if (which == FROM)
        return field_u53(reader, 0, NUMBER_INTEGER_MAX, &d->r->from_ms);
    if (which == TO)
        return field_u53(reader, 0, NUMBER_INTEGER_MAX, &d->r->to_ms);
    if (which == FOR)
        return field_u53(reader, 0, NUMBER_INTEGER_MAX, &d->r->for_ms);
    if (which == WAIT)
        return field_u53(reader, 0, NUMBER_INTEGER_MAX, &d->r->wait_ms);
    if (which == VALUE)
        return read_value(d, reader);
    enum err err = field_text(reader, &d->strings, &text);
    if (err != ERR_OK)
        return err;
    if (which == ASK)
        return read_ask(d->r, text);
    if (which == TOPIC)
        return read_topic(d->r, text);
    if (!access_name_valid(text))
        return ERR_RANGE;
    ident_name_copy(d->r->device, text);
    return ERR_OK;
}

bool request_decode(struct span line, struct request *r, const char **cause)
{
    char memory[REQUEST_BYTES];
    struct json_reader reader;
    struct decoder d = {.r = r};
    *r = (struct request){.to_ms = NUMBER_INTEGER_MAX, .wait_ms = REQUEST_WAIT_MS};
    buf_init(&d.strings, memory, sizeof memory);
    json_reader_init(&reader, line);
    *cause = "a request is one JSON object";
    if (json_next(&reader) != JSON_OBJECT ||
        field_read(&reader, &field_set, read_member, &d, cause) != ERR_OK)
        return false;
    if (json_next(&reader) != JSON_END) {
        *cause = "something follows the request on its line";
        return false;
    }
    if (kinds[r->ask].value && r->value.kind == VALUE_NONE) {
        *cause = fields[VALUE].rule;
        return false;
    }
    *cause = fields[kinds[r->ask].topic ? TOPIC : DEVICE].rule;
    return (!kinds[r->ask].topic || r->topic[0] != '\0') &&
           (!kinds[r->ask].device || r->device[0] != '\0');
}

static void put_time(struct buf *b, const char *name, uint64_t ms)
{
    buf_text(b, name);
    buf_u64(b, ms);
}

void request_encode(const struct request *r, struct buf *b)
{
    const struct kind *kind = &kinds[r->ask];
    buf_text(b, "{\"ask\":\"");
    buf_text(b, kind->name);
    buf_char(b, '"');
    if (kind->topic) {
        buf_text(b, ",\"topic\":");
        json_write_string(b, span_of(r->topic));
    }
    if (kind->device) {
        buf_text(b, ",\"device\":");
        json_write_string(b, span_of(r->device));
    }
    if (r->ask == REQUEST_HISTORY) {
        put_time(b, ",\"from\":", r->from_ms);
        put_time(b, ",\"to\":", r->to_ms);
    }
    if (r->value.kind != VALUE_NONE) {
        buf_text(b, ",\"value\":");
        field_write_value(b, &r->value);
    }
    if (r->for_ms > 0)
        put_time(b, ",\"for\":", r->for_ms);
    if (kind->waits)
        put_time(b, ",\"wait\":", r->wait_ms);
    buf_char(b, '}');
}

bool request_is_pattern(const char *topic)
{
    return strchr(topic, '*') != NULL;
}

/* Goes back to the last star only, so that no pattern takes longer than their product. */
bool request_matches(const char *pattern, struct span topic)
{
    const char *star = NULL;
    size_t at = 0, behind_star = 0;
    while (at < topic.size) {
        if (*pattern == '*') {
            star = pattern++;
            behind_star = at;
        } else if (*pattern == topic.bytes[at]) {
            pattern++;
            at++;
        } else if (star != NULL) {
            pattern = star + 1;
            at = ++behind_star;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
