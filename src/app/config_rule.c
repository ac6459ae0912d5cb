#include "app/config_rule.h"

#include "base/number.h"
#include "base/text.h"
#include "core/ident.h"
#include "io/units.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHOWN = 80 }; /* bytes of somebody's text in a message */

__attribute__((format(printf, 2, 3))) static bool no(char why[CONFIG_RULE_WHY], const char *format,
                                                     ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(why, CONFIG_RULE_WHY, format, list);
    va_end(list);
    return false;
}

static int shown(struct span s)
{
    return s.size < SHOWN ? (int)s.size : SHOWN;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct span *s)
{
    while (s->size > 0 && is_blank(s->bytes[0])) {
        s->bytes++;
        s->size--;
    }
}

static struct span trim(struct span s)
{
    skip_blanks(&s);
    while (s.size > 0 && is_blank(s.bytes[s.size - 1]))
        s.size--;
    return s;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_comparison(char c)
{
    return c == '<' || c == '>' || c == '=' || c == '!';
}

/* Takes the bytes up to a blank or a comparison, or all bytes of a comparison. */
static struct span take_word(struct span *s)
{
    struct span word = {s->bytes, 0};
    while (s->size > 0 && !is_blank(s->bytes[0]) && !is_comparison(s->bytes[0])) {
        s->bytes++;
        s->size--;
        word.size++;
    }
    skip_blanks(s);
    return word;
}

static struct span take_comparison(struct span *s)
{
    struct span word = {s->bytes, 0};
    while (s->size > 0 && is_comparison(s->bytes[0])) {
        s->bytes++;
        s->size--;
        word.size++;
    }
    skip_blanks(s);
    return word;
}

static bool find_over(struct span word, enum rule_over *over)
{
    for (size_t i = 0; i < RULE_OVER_COUNT; i++) {
        if (!span_is(word, rule_over_text((enum rule_over)i)))
            continue;
        *over = (enum rule_over)i;
        return true;
    }
    return false;
}

static bool find_compare(struct span word, enum rule_compare *compare)
{
    for (size_t i = 0; i < RULE_COMPARE_COUNT; i++) {
        if (!span_is(word, rule_compare_text((enum rule_compare)i)))
            continue;
        *compare = (enum rule_compare)i;
        return true;
    }
    return false;
}

static bool set_topic(struct rule *rule, struct span topic, char why[CONFIG_RULE_WHY])
{
    struct span type = topic;
    const char *slash = topic.size == 0 ? NULL : memchr(topic.bytes, '/', topic.size);
    if (slash != NULL) {
        struct span device = {topic.bytes, (size_t)(slash - topic.bytes)};
        if (!access_name_valid(device))
            return no(why, "%.*s: a device name is 1 to 63 of a-z, 0-9, - and _", shown(device),
                      device.bytes);
        ident_name_copy(rule->device, device);
        type = (struct span){slash + 1, topic.size - device.size - 1};
    }
    if (!access_property_valid(type))
        return no(why, "%.*s: no name of a property, such as temperature: a-z, 0-9, - and _",
                  shown(type), type.bytes == NULL ? "" : type.bytes);
    ident_name_copy(rule->type, type);
    struct span unit = units_of_type(type);
    if (unit.size > 0 && unit.size <= LIMIT_UNIT)
        memcpy(rule->unit, unit.bytes, unit.size);
    return true;
}

/* What people write for a number, and what they meant. */
static const char *number_hint(struct span text)
{
    bool comma = false;
    for (size_t i = 0; i < text.size; i++) {
        if (is_comparison(text.bytes[i]))
            return "; a rule has one comparison";
        comma = comma || text.bytes[i] == ',';
    }
    if (comma)
        return "; with a point, not a comma";
    bool starts = is_digit(text.bytes[0]) || text.bytes[0] == '-';
    return starts && !is_digit(text.bytes[text.size - 1]) ? "; without its unit" : "";
}

static bool set_threshold(struct rule *rule, struct span text, char why[CONFIG_RULE_WHY])
{
    if (span_is(text, "true") || span_is(text, "on")) {
        rule->threshold = 1;
        return true;
    }
    if (span_is(text, "false") || span_is(text, "off")) {
        rule->threshold = 0;
        return true;
    }
    if (number_parse(text, &rule->threshold) == ERR_OK)
        return true;
    return no(why, "%.*s: no number, such as 25 or -3.5%s", shown(text), text.bytes,
              number_hint(text));
}

bool config_rule_when(struct rule *rule, struct span text, char why[CONFIG_RULE_WHY])
{
    struct span rest = trim(text);
    struct span word = take_word(&rest);
    rule->over = RULE_ANY;
    rule->device[0] = '\0';
    if (word.size == 0)
        return no(why, "when? For example: when: temperature > 25");
    if (rest.size > 0 && !is_comparison(rest.bytes[0])) {
        if (!find_over(word, &rule->over))
            return no(why,
                      "%.*s: did you mean any, all, mean, min or max? Or a comparison is "
                      "missing: temperature > 25",
                      shown(word), word.bytes);
        word = take_word(&rest);
    } else if (find_over(word, &rule->over)) {
        return no(why, "%.*s of what? %.*s temperature > 25", shown(word), word.bytes, shown(word),
                  word.bytes);
    }
    if (!set_topic(rule, word, why))
        return false;
    struct span comparison = take_comparison(&rest);
    if (comparison.size == 0)
        return no(why, "a comparison is missing: %s > 25", rule->type);
    if (!find_compare(comparison, &rule->compare))
        return no(why, "%.*s: the comparisons are >, >=, <, <=, == and !=%s", shown(comparison),
                  comparison.bytes, span_is(comparison, "=") ? "; did you mean ==?" : "");
    if (rest.size == 0)
        return no(why, "a number is missing behind %.*s: %s %.*s 25", shown(comparison),
                  comparison.bytes, rule->type, shown(comparison), comparison.bytes);
    return set_threshold(rule, rest, why);
}

bool config_rule_value(char out[LIMIT_NAME + 1], struct span text, char why[CONFIG_RULE_WHY])
{
    char memory[4 * LIMIT_NAME];
    struct buf escaped;
    if (text.size == 0 || text.size > LIMIT_NAME)
        return no(why, "a value has 1 to 63 bytes: on, off, high");
    buf_init(&escaped, memory, sizeof memory);
    text_escape(&escaped, text, sizeof memory);
    if (!span_equal(buf_view(&escaped), text))
        return no(why, "%.*s: a value is a word that can be shown", shown(text), text.bytes);
    ident_name_copy(out, text);
    return true;
}

bool config_rule_then(struct rule *rule, struct span text, char why[CONFIG_RULE_WHY])
{
    struct span all = trim(text);
    const char *equals = all.size == 0 ? NULL : memchr(all.bytes, '=', all.size);
    struct span property = all, value = SPAN("on");
    if (equals != NULL) {
        property = trim((struct span){all.bytes, (size_t)(equals - all.bytes)});
        value = trim((struct span){equals + 1, (size_t)(all.bytes + all.size - equals - 1)});
    }
    if (!access_property_valid(property))
        return no(why, "%.*s: no name of a property, such as fan: a-z, 0-9, - and _",
                  shown(property), property.bytes);
    ident_name_copy(rule->property, property);
    return config_rule_value(rule->value_active, value, why);
}
