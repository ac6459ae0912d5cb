#include "app/duration.h"

#include "base/number.h"

static const struct unit {
    const char *name;
    double seconds;
} units[] = {{"", 1}, {"ms", 0.001}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};

#define SECONDS_MAX (100 * 86400.0)

static enum err parse_part(struct span text, double *seconds)
{
    size_t size = text.size;
    while (size > 0 && text.bytes[size - 1] >= 'a' && text.bytes[size - 1] <= 'z')
        size--;
    struct span name = {text.bytes + size, text.size - size};
    while (name.size > 0 && size > 0 && text.bytes[size - 1] == ' ')
        size--;
    double value;
    enum err err = number_parse((struct span){text.bytes, size}, &value);
    if (err != ERR_OK)
        return err;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (!span_is(name, units[i].name))
            continue;
        *seconds = value * units[i].seconds;
        return *seconds >= 0 && *seconds <= SECONDS_MAX ? ERR_OK : ERR_RANGE;
    }
    return ERR_SYNTAX;
}

/* Up to where a digit follows a unit: "1h30m" has two parts. */
static size_t part_size(struct span text)
{
    for (size_t i = 1; i < text.size; i++) {
        bool unit = text.bytes[i - 1] >= 'a' && text.bytes[i - 1] <= 'z';
        if (unit && text.bytes[i - 1] != 'e' && text.bytes[i] >= '0' && text.bytes[i] <= '9')
            return i;
    }
    return text.size;
}

static bool has_unit(struct span text)
{
    return text.size > 0 && text.bytes[text.size - 1] >= 'a' && text.bytes[text.size - 1] <= 'z';
}

enum err duration_parse(struct span text, double *seconds)
{
    size_t size = part_size(text);
    enum err err = parse_part((struct span){text.bytes, size}, seconds);
    double before = *seconds;
    while (err == ERR_OK && size < text.size) {
        struct span rest = {text.bytes + size, text.size - size};
        double part = 0;
        rest.size = part_size(rest);
        err = has_unit(rest) ? parse_part(rest, &part) : ERR_SYNTAX;
        if (err == ERR_OK && part >= before) /* "30m1h" is a slip */
            err = ERR_SYNTAX;
        *seconds += before = part;
        size += rest.size;
    }
    return err == ERR_OK && *seconds > SECONDS_MAX ? ERR_RANGE : err;
}

static void write_two(struct buf *b, uint64_t value, uint64_t unit, const char *name,
                      uint64_t unit_below, const char *name_below)
{
    buf_u64(b, value / unit);
    buf_text(b, name);
    uint64_t below = value % unit / unit_below;
    if (below == 0)
        return;
    buf_char(b, ' ');
    buf_u64(b, below);
    buf_text(b, name_below);
}

void duration_write(struct buf *b, uint64_t ms)
{
    uint64_t s = ms / 1000;
    if (ms < 1000) {
        buf_u64(b, ms);
        buf_text(b, " ms");
    } else if (s < 60) {
        buf_u64(b, s);
        buf_char(b, '.');
        buf_u64(b, ms % 1000 / 100);
        buf_text(b, " s");
    } else if (s < 3600) {
        write_two(b, s, 60, " min", 1, " s");
    } else if (s < 86400) {
        write_two(b, s, 3600, " h", 60, " min");
    } else {
        write_two(b, s, 86400, " d", 3600, " h");
    }
}
