#include "core/access.h"

#include "base/check.h"
#include "core/limits.h"

static const bool may[ROLE_COUNT][ACCESS_ACT_COUNT] = {
    [ROLE_SENSOR] = {[ACCESS_REPORT] = true},
    [ROLE_ACTUATOR] = {[ACCESS_REPORT] = true},
    [ROLE_CONTROLLER] = {[ACCESS_REPORT] = true, [ACCESS_WANT] = true, [ACCESS_ENROL] = true},
    [ROLE_OBSERVER] = {0},
};

static const char *const role_texts[ROLE_COUNT] = {"sensor", "actuator", "controller", "observer"};

/* Words that a property must not be, because a reader of the bare JSON would take the record for
 * something else. */
static const struct span reserved[] = {{"hello", 5},       {"have", 4},    {"state_update", 12},
                                       {"seal", 4},        {"ack", 3},     {"ping", 4},
                                       {"pong", 4},        {"goodbye", 7}, {"error", 5},
                                       {"command", 7},     {"outcome", 7}, {"set", 3},
                                       {"checkpoint", 10}, {"enrol", 5},   {"revoke", 6},
                                       {"decision", 8}};

bool access_may(enum role role, enum access_act act)
{
    check(role < ROLE_COUNT && act < ACCESS_ACT_COUNT);
    return may[role][act];
}

static bool cut_suffix(struct span *s, const char *suffix)
{
    size_t size = strlen(suffix);
    if (s->size <= size || memcmp(s->bytes + s->size - size, suffix, size) != 0)
        return false;
    s->size -= size;
    return true;
}

bool access_topic_split(struct span topic, struct access_topic *out)
{
    const char *slash = topic.size > 0 ? memchr(topic.bytes, '/', topic.size) : NULL;
    if (slash == NULL)
        return false;
    out->device = (struct span){topic.bytes, (size_t)(slash - topic.bytes)};
    out->property = (struct span){slash + 1, topic.size - out->device.size - 1};
    out->kind = ACCESS_REPORTED;
    if (cut_suffix(&out->property, "/set"))
        out->kind = ACCESS_SET;
    else if (cut_suffix(&out->property, "/auto"))
        out->kind = ACCESS_AUTO;
    else if (cut_suffix(&out->property, "/rule"))
        out->kind = ACCESS_RULE;
    return true;
}

enum access_act access_of(struct span author, struct span topic)
{
    struct access_topic t;
    if (!access_topic_split(topic, &t))
        return ACCESS_FOREIGN;
    if (t.kind == ACCESS_SET || t.kind == ACCESS_AUTO)
        return ACCESS_WANT;
    return span_equal(author, t.device) ? ACCESS_REPORT : ACCESS_FOREIGN;
}

const char *access_role_text(enum role role)
{
    check(role < ROLE_COUNT);
    return role_texts[role];
}

bool access_role_parse(struct span text, enum role *role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (!span_is(text, role_texts[i]))
            continue;
        *role = (enum role)i;
        return true;
    }
    return false;
}

static bool holds_word(struct span device, const char *word)
{
    size_t size = strlen(word);
    for (size_t at = 0; at + size <= device.size; at++) {
        size_t same = 0;
        while (same < size && (device.bytes[at + same] | 0x20) == word[same])
            same++;
        if (same == size)
            return true;
    }
    return false;
}

bool access_role_of_name(struct span device, enum role *role)
{
    size_t found = 0;
    for (size_t i = 0; i < ROLE_OBSERVER; i++) {
        if (!holds_word(device, role_texts[i]))
            continue;
        *role = (enum role)i;
        found++;
    }
    return found == 1;
}

bool access_name_valid(struct span name)
{
    if (name.size == 0 || name.size > LIMIT_NAME)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.bytes[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

bool access_property_valid(struct span property)
{
    if (!access_name_valid(property))
        return false;
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (span_equal(property, reserved[i]))
            return false;
    return true;
}

bool access_topic_valid(struct span topic)
{
    struct access_topic t;
    return access_topic_split(topic, &t) && access_name_valid(t.device) &&
           access_property_valid(t.property);
}
