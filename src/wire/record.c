/* The hot path of the wire: every reading passes record_encode() once at its author and
 * record_read() once at each receiver. What is right is decided in one place for both, the
 * functions *_valid() below: whatever we write we would also read.
 *
 * Failures: the first one found is reported, in the order of the text; what concerns members
 * together (a missing one, type and topic) comes last. */
#include "wire/record.h"

#include "base/text.h"
#include "core/access.h"
#include "wire/field.h"

#include <math.h>

enum {
    MEMBER_TYPE,
    MEMBER_DEVICE,
    MEMBER_TOPIC,
    MEMBER_EPOCH,
    MEMBER_SEQ,
    MEMBER_TS,
    MEMBER_TICK,
    MEMBER_SOURCE_TS,
    MEMBER_VALUE,
    MEMBER_UNIT,
    MEMBER_PLAIN,
    MEMBER_FOR,
    MEMBER_ANSWERS,
    MEMBER_CAUSE,
    MEMBER_PART,
    MEMBER_OF,
    MEMBER_RECORDS,
};

/* In the order in which they are written. */
static const struct field members[] = {
    [MEMBER_TYPE] = FIELD("type", "a property's name"),
    [MEMBER_DEVICE] = FIELD("device", "a device's name"),
    [MEMBER_TOPIC] = FIELD("topic",
                           "device/property/set, device/property/auto or device/rule/rule"),
    [MEMBER_EPOCH] = FIELD("epoch", "a whole number from 1"),
    [MEMBER_SEQ] = FIELD("seq", "a whole number from 1"),
    [MEMBER_TS] = FIELD("ts", "a whole number from 0"),
    [MEMBER_TICK] = FIELD("tick", "a whole number below 2^32"),
    [MEMBER_SOURCE_TS] = FIELD("source_ts", "a whole number from 0"),
    [MEMBER_VALUE] = FIELD("value", "a number, true, false or a short printable text"),
    [MEMBER_UNIT] = FIELD("unit", "a short printable text"),
    [MEMBER_PLAIN] = FIELD("plain", "true or false"),
    [MEMBER_FOR] = FIELD("for", "a whole number of milliseconds from 1"),
    [MEMBER_ANSWERS] = FIELD("answers", "a record's name, device/epoch/seq"),
    [MEMBER_CAUSE] = FIELD("cause", "an object of at most 1536 bytes"),
    [MEMBER_PART] = FIELD("part", "a whole number from 1 to of"),
    [MEMBER_OF] = FIELD("of", "a whole number from 1 below 2^32"),
    [MEMBER_RECORDS] = FIELD("records", "a list of records, in a checkpoint only"),
};

static const struct field_set member_set = {members, COUNT_OF(members),
                                            1U << MEMBER_TYPE | 1U << MEMBER_DEVICE |
                                                1U << MEMBER_EPOCH | 1U << MEMBER_SEQ |
                                                1U << MEMBER_TS};

static const char too_long[] = "a record must take at most 4096 bytes";
static const char set_type[] = "set", decision_type[] = "decision";
static const char checkpoint_type[] = "checkpoint";

static bool topic_valid(struct span topic)
{
    struct access_topic t;
    return topic.size <= LIMIT_TOPIC && access_topic_valid(topic) &&
           access_topic_split(topic, &t) && t.kind != ACCESS_REPORTED;
}

static bool answers_valid(struct span name)
{
    return name.size <= LIMIT_RECORD_NAME && field_printable(name) &&
           (name.size == 0 ||
            (!memchr(name.bytes, '"', name.size) && !memchr(name.bytes, '\\', name.size)));
}

/* A reported topic follows from device and type; a wanted one and a rule's is given. */
static bool type_valid(struct span type, struct span topic)
{
    struct access_topic t;
    if (topic.size == 0)
        return access_property_valid(type);
    bool decision = access_topic_split(topic, &t) && t.kind == ACCESS_RULE;
    return span_is(type, decision ? decision_type : set_type);
}

/* A checkpoint says nothing itself: it holds what was said. */
static bool checkpoint_valid(const struct record *r)
{
    return span_is(r->type, checkpoint_type) && r->topic.size == 0 && r->part >= 1 &&
           r->part <= r->of && r->value.kind == VALUE_NONE && !r->plain &&
           r->kept.size <= LIMIT_KEPT;
}

static bool unit_valid(struct span unit)
{
    return unit.size <= LIMIT_UNIT && field_printable(unit) &&
           (unit.size == 0 ||
            (!memchr(unit.bytes, '"', unit.size) && !memchr(unit.bytes, '\\', unit.size)));
}

/* Reading */

struct record_context {
    struct record *record;
    struct buf *memory;
};

static enum err read_unit(struct json_reader *reader, struct buf *memory, struct span *unit)
{
    enum err err = field_text(reader, memory, unit);
    if (err != ERR_OK)
        return err;
    if (unit->size > LIMIT_UNIT)
        return ERR_SIZE;
    return unit_valid(*unit) ? ERR_OK : ERR_RANGE;
}

static enum err read_answers(struct json_reader *reader, struct buf *memory, struct span *name)
{
    enum err err = field_text(reader, memory, name);
    if (err != ERR_OK)
        return err;
    return name->size > 0 && answers_valid(*name) ? ERR_OK : ERR_RANGE;
}

/* What stands between the brackets: core/intake.c looks at each record. */
static enum err read_kept(struct json_reader *reader, struct span *kept)
{
    enum json_token token = json_next(reader);
    if (token != JSON_ARRAY)
        return field_mismatch(token);
    const char *first = reader->start + 1;
    if (!json_skip(reader, token))
        return ERR_SYNTAX;
    *kept = (struct span){first, (size_t)(reader->at - first) - 1};
    return kept->size > 0 ? ERR_OK : ERR_RANGE;
}

static enum err read_u32(struct json_reader *reader, uint64_t least, uint32_t *out)
{
    uint64_t number = 0;
    enum err err = field_u53(reader, least, UINT32_MAX, &number);
    *out = (uint32_t)number;
    return err;
}

static enum err read_member(void *context, struct json_reader *reader, size_t which)
{
    const struct record_context *c = context;
    struct record *r = c->record;
    enum err err;
    switch (which) {
    case MEMBER_TYPE:
        return field_text(reader, c->memory, &r->type);
    case MEMBER_DEVICE:
        err = field_text(reader, c->memory, &r->device);
        return err == ERR_OK && !access_name_valid(r->device) ? ERR_RANGE : err;
    case MEMBER_TOPIC:
        err = field_text(reader, c->memory, &r->topic);
        return err == ERR_OK && !topic_valid(r->topic) ? ERR_RANGE : err;
    case MEMBER_EPOCH:
        return field_u53(reader, 1, NUMBER_INTEGER_MAX, &r->epoch);
    case MEMBER_SEQ:
        return field_u53(reader, 1, NUMBER_INTEGER_MAX, &r->seq);
    case MEMBER_TS:
        return field_u53(reader, 0, NUMBER_INTEGER_MAX, &r->ts);
    case MEMBER_TICK:
        return read_u32(reader, 0, &r->tick);
    case MEMBER_SOURCE_TS:
        return field_u53(reader, 0, NUMBER_INTEGER_MAX, &r->source_ts);
    case MEMBER_VALUE:
        return field_value(reader, c->memory, &r->value);
    case MEMBER_UNIT:
        return read_unit(reader, c->memory, &r->unit);
    case MEMBER_FOR:
        return field_u53(reader, 1, NUMBER_INTEGER_MAX, &r->for_ms);
    case MEMBER_ANSWERS:
        return read_answers(reader, c->memory, &r->answers);
    case MEMBER_CAUSE:
        return field_object(reader, LIMIT_CAUSE, &r->cause);
    case MEMBER_PART:
        return read_u32(reader, 1, &r->part);
    case MEMBER_OF:
        return read_u32(reader, 1, &r->of);
    case MEMBER_RECORDS:
        return read_kept(reader, &r->kept);
    default:
        return field_bool(reader, &r->plain);
    }
}

/* What is wrong with members together; NULL: nothing. */
static const char *together_fault(const struct record *r)
{
    if (r->kept.size > 0)
        return checkpoint_valid(r) ? NULL : "a checkpoint has part, of and records, and no value";
    if (!type_valid(r->type, r->topic))
        return members[MEMBER_TYPE].rule;
    if (r->value.kind == VALUE_NONE && !r->plain)
        return members[MEMBER_VALUE].rule;
    return NULL;
}

enum err record_read(struct json_reader *reader, struct record *r, struct buf *memory,
                     const char **cause)
{
    const char *first = reader->start;
    size_t room = memory->capacity - memory->size;
    struct buf own;
    char *free_bytes = room > 0 ? memory->bytes + memory->size : NULL;
    buf_init(&own, free_bytes, room < LIMIT_VALUE_TEXT ? room : LIMIT_VALUE_TEXT);
    struct record_context context = {r, &own};
    *r = (struct record){0};
    enum err err = field_read(reader, &member_set, read_member, &context, cause);
    if (err != ERR_OK)
        return err;
    memory->size += own.size;
    r->bytes = (struct span){first, (size_t)(reader->at - first)};
    if (r->bytes.size > LIMIT_RECORD) {
        *cause = too_long;
        return ERR_SIZE;
    }
    *cause = together_fault(r);
    return *cause == NULL ? ERR_OK : ERR_RANGE;
}

/* Reads the record that `text` begins with; *reader then stands behind it. */
static enum err read_first(struct json_reader *reader, struct span text, struct record *r,
                           char *memory, const char **cause)
{
    json_reader_init(reader, text);
    enum json_token token = json_next(reader);
    if (token != JSON_OBJECT) {
        *cause = token == JSON_BAD ? json_error(reader, &(size_t){0}) : "a record is an object";
        return ERR_SYNTAX;
    }
    struct buf strings;
    buf_init(&strings, memory, LIMIT_VALUE_TEXT);
    return record_read(reader, r, &strings, cause);
}

enum err record_decode(struct span text, struct record *r, char *memory, const char **cause)
{
    if (text.size > LIMIT_RECORD) {
        *cause = too_long;
        return ERR_SIZE;
    }
    struct json_reader reader;
    enum err err = read_first(&reader, text, r, memory, cause);
    if (err == ERR_OK && json_next(&reader) != JSON_END) {
        *cause = json_error(&reader, &(size_t){0});
        return ERR_SYNTAX;
    }
    return err;
}

bool record_next(struct span run, size_t *at, struct record *r, char *memory, const char **cause)
{
    *cause = NULL;
    if (*at >= run.size)
        return false;
    struct span rest = {run.bytes + *at, run.size - *at};
    struct json_reader reader;
    if (read_first(&reader, rest, r, memory, cause) != ERR_OK)
        return false;
    if (reader.at < reader.end && (*reader.at != ',' || reader.at + 1 == reader.end)) {
        *cause = "records are joined by one comma";
        return false;
    }
    *at = (size_t)(reader.at - run.bytes) + 1;
    return true;
}

/* Writing */

static bool value_valid(const struct record *r)
{
    switch (r->value.kind) {
    case VALUE_NONE:
        return r->plain;
    case VALUE_NUMBER:
        return isfinite(r->value.number);
    case VALUE_TEXT:
        return r->value.text.size <= LIMIT_VALUE_TEXT && field_printable(r->value.text) &&
               text_is_utf8(r->value.text);
    default:
        return true;
    }
}

static bool counts_valid(const struct record *r)
{
    return r->epoch >= 1 && r->epoch <= NUMBER_INTEGER_MAX && r->seq >= 1 &&
           r->seq <= NUMBER_INTEGER_MAX && r->ts <= NUMBER_INTEGER_MAX &&
           r->source_ts <= NUMBER_INTEGER_MAX;
}

static bool record_valid(const struct record *r)
{
    if (r->kept.size > 0)
        return access_name_valid(r->device) && checkpoint_valid(r) && counts_valid(r);
    return access_name_valid(r->device) && type_valid(r->type, r->topic) &&
           (r->topic.size == 0 || topic_valid(r->topic)) && counts_valid(r) && value_valid(r) &&
           unit_valid(r->unit) && text_is_utf8(r->unit) && r->for_ms <= NUMBER_INTEGER_MAX &&
           answers_valid(r->answers) && r->cause.size <= LIMIT_CAUSE;
}

static void put_name(struct buf *b, const char *before, struct span name)
{
    buf_text(b, before);
    buf_span(b, name);
    buf_char(b, '"');
}

static void put_number(struct buf *b, const char *before, uint64_t number)
{
    buf_text(b, before);
    buf_u64(b, number);
}

static void put_kept(struct buf *b, const struct record *r)
{
    put_number(b, ",\"part\":", r->part);
    put_number(b, ",\"of\":", r->of);
    buf_text(b, ",\"records\":[");
    buf_span(b, r->kept);
    buf_char(b, ']');
}

size_t record_encode(const struct record *r, char *out, size_t capacity)
{
    if (!record_valid(r))
        return 0;
    struct buf b;
    buf_init(&b, out, capacity < LIMIT_RECORD ? capacity : LIMIT_RECORD);
    put_name(&b, "{\"type\":\"", r->type);
    put_name(&b, ",\"device\":\"", r->device);
    if (r->topic.size > 0)
        put_name(&b, ",\"topic\":\"", r->topic);
    put_number(&b, ",\"epoch\":", r->epoch);
    put_number(&b, ",\"seq\":", r->seq);
    put_number(&b, ",\"ts\":", r->ts);
    if (r->tick > 0)
        put_number(&b, ",\"tick\":", r->tick);
    if (r->source_ts > 0)
        put_number(&b, ",\"source_ts\":", r->source_ts);
    if (r->value.kind != VALUE_NONE) {
        buf_text(&b, ",\"value\":");
        field_write_value(&b, &r->value);
    }
    if (r->unit.size > 0)
        put_name(&b, ",\"unit\":\"", r->unit);
    if (r->plain)
        buf_text(&b, ",\"plain\":true");
    if (r->for_ms > 0)
        put_number(&b, ",\"for\":", r->for_ms);
    if (r->answers.size > 0)
        put_name(&b, ",\"answers\":\"", r->answers);
    if (r->cause.size > 0) {
        buf_text(&b, ",\"cause\":");
        buf_span(&b, r->cause);
    }
    if (r->kept.size > 0)
        put_kept(&b, r);
    buf_char(&b, '}');
    return b.overflow ? 0 : b.size;
}
