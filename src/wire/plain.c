#include "wire/plain.h"

#include "core/ident.h"
#include "wire/field.h"

enum { TYPE, DEVICE, VALUE, UNIT, MAC };

static const struct field fields[] = {
    [TYPE] = FIELD("type", "hello or a property's name (a-z 0-9 - _)"),
    [DEVICE] = FIELD("device", "a name (A-Z a-z 0-9 - _)"),
    [VALUE] = FIELD("value", "a number, true, false or a short printable text"),
    [UNIT] = FIELD("unit", "a short printable text"),
    [MAC] = FIELD("mac", "there only in datagrams of a network"),
};

static const struct field_set field_set = {fields, COUNT_OF(fields), 1U << TYPE | 1U << DEVICE};

struct decoder {
    struct plain_message *m;
    struct buf strings;
    bool mac;
};

static bool device_valid(struct span device)
{
    if (device.size == 0 || device.size > LIMIT_NAME)
        return false;
    for (size_t i = 0; i < device.size; i++) {
        char c = device.bytes[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

static enum err read_device(struct decoder *d, struct json_reader *r)
{
    struct span text;
    enum err err = field_text(r, &d->strings, &text);
    if (err != ERR_OK)
        return err;
    if (!device_valid(text))
        return ERR_RANGE;
    ident_name_copy(d->m->device, text);
    return ERR_OK;
}

static enum err read_unit(struct decoder *d, struct json_reader *r)
{
    enum json_token token = json_next(r);
    if (token != JSON_STRING)
        return json_skip(r, token) ? ERR_OK : ERR_SYNTAX;
    struct span text;
    if (field_string(r, &d->strings, &text) == ERR_OK && text.size <= LIMIT_UNIT &&
        field_printable(text))
        d->m->reading.unit = text;
    return ERR_OK;
}

static enum err read_member(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    switch (which) {
    case TYPE:
        return field_text(r, &d->strings, &d->m->reading.type);
    case DEVICE:
        return read_device(d, r);
    case VALUE:
        return field_value(r, &d->strings, &d->m->reading.value);
    case UNIT:
        return read_unit(d, r);
    default:
        d->mac = true;
        return json_skip(r, json_next(r)) ? ERR_OK : ERR_SYNTAX;
    }
}

static enum err read_object(struct decoder *d, struct span datagram, const char **cause)
{
    struct json_reader r;
    json_reader_init(&r, datagram);
    enum json_token token = json_next(&r);
    if (token != JSON_OBJECT) {
        *cause = token == JSON_BAD ? json_error(&r, &(size_t){0}) : "not a JSON object";
        return ERR_SYNTAX;
    }
    enum err err = field_read(&r, &field_set, read_member, d, cause);
    if (err != ERR_OK)
        return err;
    if (json_next(&r) != JSON_END) {
        *cause = json_error(&r, &(size_t){0});
        return ERR_SYNTAX;
    }
    return ERR_OK;
}

enum err plain_decode(struct span datagram, struct plain_message *m, const char **cause)
{
    if (datagram.size > LIMIT_DATAGRAM) {
        *cause = "longer than 1024 bytes";
        return ERR_SIZE;
    }
    m->is_hello = false;
    m->reading = (struct reading){0};
    struct decoder d = {.m = m};
    buf_init(&d.strings, m->memory, sizeof m->memory);
    enum err err = read_object(&d, datagram, cause);
    if (err != ERR_OK)
        return err;
    struct span type = m->reading.type;
    m->is_hello = span_is(type, "hello");
    if (d.mac && (m->is_hello || span_is(type, "goodbye"))) {
        *cause = fields[MAC].rule;
        return ERR_NOT_FOUND;
    }
    if (m->is_hello)
        return ERR_OK;
    if (!access_property_valid(type)) {
        *cause = fields[TYPE].rule;
        return ERR_RANGE;
    }
    if (m->reading.value.kind == VALUE_NONE) {
        *cause = fields[VALUE].rule;
        return ERR_RANGE;
    }
    return ERR_OK;
}

size_t plain_encode(struct span device, const struct reading *reading, char *out, size_t capacity)
{
    struct buf b;
    buf_init(&b, out, capacity < LIMIT_DATAGRAM ? capacity : LIMIT_DATAGRAM);
    buf_text(&b, "{\"type\":");
    json_write_string(&b, reading ? reading->type : SPAN("hello"));
    buf_text(&b, ",\"device\":");
    json_write_string(&b, device);
    if (reading) {
        buf_text(&b, ",\"value\":");
        field_write_value(&b, &reading->value);
    }
    if (reading && reading->unit.size > 0) {
        buf_text(&b, ",\"unit\":");
        json_write_string(&b, reading->unit);
    }
    buf_char(&b, '}');
    return b.overflow ? 0 : b.size;
}
