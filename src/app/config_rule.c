#include "app/config_rule.h"

#include "app/duration.h"
#include "base/number.h"
#include "base/text.h"
#include "core/ident.h"
#include "core/rule_schedule.h"
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
    *over = RULE_MEAN;
    return span_is(word, "avg");
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

/* A name in which `*` may stand for any characters. */
static bool is_pattern(struct span text)
{
    char name[LIMIT_NAME];
    if (text.size > LIMIT_NAME)
        return false;
    for (size_t i = 0; i < text.size; i++)
        name[i] = text.bytes[i] == '*' ? 'x' : text.bytes[i];
    return access_name_valid((struct span){name, text.size});
}

static bool has_star(struct span text)
{
    return text.size > 0 && memchr(text.bytes, '*', text.size) != NULL;
}

/* DEVICE/PROPERTY in two; false when there is no device. */
static bool split_topic(struct span topic, struct span *device, struct span *property)
{
    const char *slash = topic.size == 0 ? NULL : memchr(topic.bytes, '/', topic.size);
    *property = topic;
    if (slash == NULL)
        return false;
    *device = (struct span){topic.bytes, (size_t)(slash - topic.bytes)};
    *property = (struct span){slash + 1, topic.size - device->size - 1};
    return true;
}

static bool set_device(char out[LIMIT_NAME + 1], struct span device, char why[CONFIG_RULE_WHY])
{
    if (!is_pattern(device))
        return no(why, "%.*s: a device name is 1 to 63 of a-z, 0-9, - and _, or * for any",
                  shown(device), device.bytes);
    ident_name_copy(out, device);
    return true;
}

static bool set_topic(struct rule_condition *c, struct span topic, char why[CONFIG_RULE_WHY])
{
    struct span device = SPAN("*"), property;
    split_topic(topic, &device, &property);
    if (!set_device(c->device, device, why))
        return false;
    if (has_star(property) ? !is_pattern(property) : !access_property_valid(property))
        return no(why, "%.*s: no name of a property, such as temperature: a-z, 0-9, - and _",
                  shown(property), property.bytes == NULL ? "" : property.bytes);
    ident_name_copy(c->property, property);
    struct span unit = units_of_type(property);
    if (unit.size > 0 && unit.size <= LIMIT_UNIT)
        memcpy(c->unit, unit.bytes, unit.size);
    return true;
}

/* What people write for a number, and what they meant. */
static const char *number_hint(struct span text)
{
    bool comma = false;
    for (size_t i = 0; i < text.size; i++) {
        if (is_comparison(text.bytes[i]))
            return "; one comparison each: when: [temperature > 25, humidity > 60]";
        comma = comma || text.bytes[i] == ',';
    }
    if (comma)
        return "; with a point, not a comma";
    bool starts = is_digit(text.bytes[0]) || text.bytes[0] == '-';
    return starts && !is_digit(text.bytes[text.size - 1]) ? "; without its unit" : "";
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

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_comparison(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (is_comparison(text.bytes[i]))
            return true;
    return false;
}

/* true, false, on and off are numbers to min, max and mean, which have no use for words. */
static bool set_word(struct rule_condition *c, struct span text, bool is_truth, bool is_state,
                     char why[CONFIG_RULE_WHY])
{
    bool each = c->over == RULE_ANY || c->over == RULE_ALL;
    if (c->compare != RULE_EQUAL && c->compare != RULE_NOT_EQUAL)
        return no(why, "%.*s is compared by == and !=", shown(text), text.bytes);
    if (c->over == RULE_COUNT || (!each && !is_truth))
        return no(why, "%s is a number, and %.*s is none", rule_over_text(c->over), shown(text),
                  text.bytes);
    if (!config_rule_value(c->word, text, why))
        return false;
    if (each)
        c->operand = is_truth ? RULE_TRUTH : RULE_WORD;
    if (is_state)
        c->fresh_ms = UINT64_MAX;
    return true;
}

static bool set_operand(struct rule_condition *c, struct span text, char why[CONFIG_RULE_WHY])
{
    bool on = span_is(text, "on"), is_true = span_is(text, "true");
    bool off = span_is(text, "off"), is_false = span_is(text, "false");
    if (number_parse(text, &c->threshold) == ERR_OK)
        return true;
    c->threshold = on || is_true;
    if (on || off || is_true || is_false)
        return set_word(c, text, true, on || off, why);
    bool equality = c->compare == RULE_EQUAL || c->compare == RULE_NOT_EQUAL;
    if (equality && is_letter(text.bytes[0]) && c->unit[0] == '\0' && !has_comparison(text))
        return set_word(c, text, false, true, why);
    return no(why, "%.*s: no number, such as 25 or -3.5%s", shown(text), text.bytes,
              number_hint(text));
}

/* "[over] topic" at the begin of the text. */
static bool take_topic(struct rule_condition *c, struct span *rest, char why[CONFIG_RULE_WHY])
{
    struct span word = take_word(rest);
    if (word.size == 0)
        return no(why, "when? For example: when: temperature > 25");
    bool more = rest->size > 0 && !is_comparison(rest->bytes[0]);
    bool is_window = more && rest->size > 5 && memcmp(rest->bytes, "over ", 5) == 0;
    if (more && !is_window) {
        if (!find_over(word, &c->over))
            return no(why,
                      "%.*s: did you mean any, all, mean, min, max or count? Or a comparison is "
                      "missing: temperature > 25",
                      shown(word), word.bytes);
        word = take_word(rest);
    } else if (find_over(word, &c->over)) {
        return no(why, "%.*s of what? %.*s temperature > 25", shown(word), word.bytes, shown(word),
                  word.bytes);
    } else {
        c->over = RULE_ANY;
    }
    return set_topic(c, word, why);
}

static bool take_window(struct rule_condition *c, struct span *rest, char why[CONFIG_RULE_WHY])
{
    struct span word;
    if (rest->size == 0 || is_comparison(rest->bytes[0]))
        return true;
    word = take_word(rest);
    if (!span_is(word, "over"))
        return no(why, "%.*s: a comparison is missing: %s > 25", shown(word), word.bytes,
                  c->property);
    word = take_word(rest);
    if (config_rule_window(&c->window_ms, word, why))
        return true;
    return no(why, "over %.*s: no time, such as 10m", shown(word),
              word.bytes == NULL ? "" : word.bytes);
}

bool config_rule_when(struct rule_condition *c, struct span text, char why[CONFIG_RULE_WHY])
{
    struct span rest = trim(text);
    *c = (struct rule_condition){.fresh_ms = TIME_FRESH_MS};
    if (!take_topic(c, &rest, why) || !take_window(c, &rest, why))
        return false;
    struct span comparison = take_comparison(&rest);
    if (comparison.size == 0)
        return no(why, "a comparison is missing: %s > 25", c->property);
    if (!find_compare(comparison, &c->compare))
        return no(why, "%.*s: the comparisons are >, >=, <, <=, == and !=%s", shown(comparison),
                  comparison.bytes, span_is(comparison, "=") ? "; did you mean ==?" : "");
    if (rest.size == 0)
        return no(why, "a number is missing behind %.*s: %s %.*s 25", shown(comparison),
                  comparison.bytes, c->property, shown(comparison), comparison.bytes);
    return set_operand(c, rest, why);
}

bool config_rule_target(struct rule_action *a, struct span text, char why[CONFIG_RULE_WHY])
{
    struct span device, property;
    if (split_topic(text, &device, &property) && !set_device(a->device, device, why))
        return false;
    if (!access_property_valid(property))
        return no(why, "%.*s: no name of a property, such as fan: a-z, 0-9, - and _",
                  shown(property), property.bytes == NULL ? "" : property.bytes);
    ident_name_copy(a->property, property);
    return true;
}

bool config_rule_do(struct rule_command *command, struct span text, char why[CONFIG_RULE_WHY])
{
    struct rule_action a = {0};
    if (!config_rule_target(&a, text, why))
        return false;
    memcpy(command->device, a.device, sizeof a.device);
    memcpy(command->property, a.property, sizeof a.property);
    return true;
}

bool config_rule_then(struct rule_action *a, struct span text, char why[CONFIG_RULE_WHY])
{
    struct span all = trim(text);
    const char *equals = all.size == 0 ? NULL : memchr(all.bytes, '=', all.size);
    struct span target = all, value = SPAN("on");
    if (equals != NULL) {
        target = trim((struct span){all.bytes, (size_t)(equals - all.bytes)});
        value = trim((struct span){equals + 1, (size_t)(all.bytes + all.size - equals - 1)});
    }
    return config_rule_target(a, target, why) && config_rule_value(a->active, value, why);
}

/* Days and times. */

static bool find_day(struct span word, size_t *day)
{
    for (*day = 0; *day < 7; ++*day)
        if (span_is(word, rule_schedule_day(*day)))
            return true;
    return false;
}

static struct span take_until(struct span *s, char c)
{
    const char *at = s->size == 0 ? NULL : memchr(s->bytes, c, s->size);
    struct span before = {s->bytes, at == NULL ? s->size : (size_t)(at - s->bytes)};
    size_t taken = before.size + (at != NULL);
    s->bytes += taken;
    s->size -= taken;
    return trim(before);
}

/* One day, or the first and the last of several; a week goes round. */
static bool add_days(uint8_t *days, struct span text)
{
    struct span rest = text;
    size_t first, last;
    if (!find_day(take_until(&rest, '-'), &first))
        return false;
    last = first;
    bool several = text.size > 0 && memchr(text.bytes, '-', text.size) != NULL;
    if (several && !find_day(trim(rest), &last))
        return false;
    for (size_t day = first;; day = (day + 1) % 7) {
        *days |= (uint8_t)(1u << day);
        if (day == last)
            return true;
    }
}

bool config_rule_days(uint8_t *days, struct span text, char why[CONFIG_RULE_WHY])
{
    struct span rest = trim(text);
    if (span_is(rest, "daily")) {
        *days = RULE_SCHEDULE_DAYS;
        return true;
    }
    while (rest.size > 0) {
        struct span part = take_until(&rest, ',');
        if (!add_days(days, part))
            return no(why, "%.*s: days are mon, tue, wed, thu, fri, sat, sun, mon-fri or daily",
                      shown(part), part.bytes);
    }
    return true;
}

bool config_rule_time(uint16_t *minutes, struct span text, char why[CONFIG_RULE_WHY])
{
    struct span rest = trim(text);
    struct span hour = take_until(&rest, ':');
    uint64_t h, m;
    bool good = hour.size > 0 && hour.size <= 2 && rest.size == 2 &&
                number_parse_u53(hour, &h) == ERR_OK && number_parse_u53(rest, &m) == ERR_OK &&
                m < 60 && h * 60 + m <= RULE_SCHEDULE_DAY_MIN;
    if (!good)
        return no(why, "%.*s: no time of the day, such as 7:30 or 22:00", shown(text), text.bytes);
    *minutes = (uint16_t)(h * 60 + m);
    return true;
}

bool config_rule_span(uint64_t *ms, struct span text, char why[CONFIG_RULE_WHY])
{
    double seconds;
    if (duration_parse(text, &seconds) != ERR_OK)
        return no(why, "no time, such as 10s, 500ms, 2m or 1h");
    *ms = (uint64_t)(seconds * 1000 + 0.5);
    return true;
}

bool config_rule_window(uint64_t *ms, struct span text, char why[CONFIG_RULE_WHY])
{
    if (config_rule_span(ms, text, why) && *ms > 0)
        return true;
    return no(why, "no time above zero, such as 30s");
}

bool config_rule_fresh(uint64_t *ms, struct span text, char why[CONFIG_RULE_WHY])
{
    if (!span_is(text, "forever"))
        return config_rule_window(ms, text, why);
    *ms = UINT64_MAX;
    return true;
}
