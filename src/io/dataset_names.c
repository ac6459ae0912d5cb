/* A header is taken apart from its end: a unit in brackets or behind a blank goes first; then the
 * rest is written in snake case; then a last word that is a unit goes, when what remains is a
 * property that is known. What is left is looked up among the usual abbreviations. */
#include "io/dataset_names.h"

#include "io/units.h"

#include "base/check.h"

#include <string.h>

struct alias {
    const char *name;
    const char *type;
};

static const struct alias aliases[] = {
    {"temp", "temperature"},
    {"t", "temperature"},
    {"tmp", "temperature"},
    {"temperatur", "temperature"},
    {"temperatura", "temperature"},
    {"temprature", "temperature"}, /* French, without its accent */
    {"air_temp", "temperature"},
    {"airtemp", "temperature"},
    {"air_temperature", "temperature"},
    {"ambient_temp", "temperature"},
    {"ambient_temperature", "temperature"},
    {"room_temperature", "temperature"},
    {"body_temp", "body_temperature"},
    {"hum", "humidity"},
    {"humid", "humidity"},
    {"rh", "humidity"},
    {"humidit", "humidity"},
    {"relative_humidity", "humidity"},
    {"luftfeuchte", "humidity"},
    {"luftfeuchtigkeit", "humidity"},
    {"humedad", "humidity"},
    {"rel_humidity", "humidity"},
    {"rel_hum", "humidity"},
    {"ah", "absolute_humidity"},
    {"lux", "light"},
    {"illuminance", "light"},
    {"illumination", "light"},
    {"light_level", "light"},
    {"carbon_dioxide", "co2"},
    {"pm25", "pm2_5"},
    {"pm_2_5", "pm2_5"},
    {"pm_25", "pm2_5"},
    {"pm2p5", "pm2_5"},
    {"pm_10", "pm10"},
    {"press", "pressure"},
    {"baro", "pressure"},
    {"barometer", "pressure"},
    {"air_pressure", "pressure"},
    {"atmospheric_pressure", "pressure"},
    {"watt", "power"},
    {"watts", "power"},
    {"kwh", "energy"},
    {"volt", "voltage"},
    {"volts", "voltage"},
    {"hr", "heart_rate"},
    {"heartrate", "heart_rate"},
    {"pulse", "heart_rate"},
    {"bpm", "heart_rate"},
    {"sp_o2", "spo2"},
    {"oxygen_saturation", "spo2"},
    {"rpm", "motor_speed"},
    {"vib", "vibration"},
    {"dewpoint", "dew_point"},
    {"humidityratio", "humidity_ratio"},
    {"occupied", "occupancy"},
    {"windspeed", "wind_speed"},
};

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct span trim(struct span s)
{
    while (s.size && (*s.bytes == ' ' || *s.bytes == '\t' || *s.bytes == '#')) {
        s.bytes++;
        s.size--;
    }
    while (s.size && (s.bytes[s.size - 1] == ' ' || s.bytes[s.size - 1] == '\t' ||
                      s.bytes[s.size - 1] == '_' || s.bytes[s.size - 1] == ','))
        s.size--;
    return s;
}

static struct span part(struct span s, size_t from, size_t to)
{
    return (struct span){s.bytes + from, to - from};
}

/* "Temp (°C)", "T [degC]": the unit, and *rest what stands before it. "CO(GT)" says how it was
 * measured (GT: ground truth, a reference instrument), which is dropped. */
static struct span unit_in_brackets(struct span header, struct span *rest)
{
    char close = header.size ? header.bytes[header.size - 1] : '\0';
    char open = close == ')' ? '(' : close == ']' ? '[' : '\0';
    size_t at = header.size;
    while (open && at > 0 && header.bytes[at - 1] != open)
        at--;
    if (!open || at < 2)
        return (struct span){0};
    struct span inside = trim(part(header, at, header.size - 1));
    struct span unit = units_from_text(inside);
    if (unit.size || span_is(inside, "GT"))
        *rest = trim(part(header, 0, at - 1));
    return unit;
}

/* "Light lux", "Humidity %", "Temperature/°C": not a single letter, which may be anything. */
static struct span unit_behind(struct span header, struct span *rest)
{
    size_t at = header.size;
    while (at > 0 && header.bytes[at - 1] != ' ' && header.bytes[at - 1] != '/')
        at--;
    if (at < 2)
        return (struct span){0};
    struct span tail = part(header, at, header.size);
    struct span unit = units_from_text(tail);
    if (tail.size == 1 && *tail.bytes != '%')
        return (struct span){0};
    if (unit.size)
        *rest = trim(part(header, 0, at - 1));
    return unit;
}

/* HumidityRatio to humidity_ratio, PM2.5 to pm2_5, PT08.S1(CO) to pt08_s1_co; a capital begins a
 * word only behind two small letters, so that pH, NOx and kWh stay whole. Letters that are not
 * ASCII have no place in a topic and are left out. */
static size_t snake(struct span name, char *out, size_t capacity)
{
    size_t size = 0;
    for (size_t i = 0; i < name.size && size + 2 < capacity; i++) {
        char c = name.bytes[i];
        if (is_upper(c)) {
            if (i >= 2 && is_lower(name.bytes[i - 1]) && is_lower(name.bytes[i - 2]))
                out[size++] = '_';
            c = (char)(c + ('a' - 'A'));
        }
        if (is_lower(c) || is_digit(c))
            out[size++] = c;
        else if ((unsigned char)c < 0x80 && size && out[size - 1] != '_')
            out[size++] = '_';
    }
    while (size && out[size - 1] == '_')
        size--;
    out[size] = '\0';
    return size;
}

static const char *known(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(aliases); i++)
        if (span_is(name, aliases[i].name))
            return aliases[i].type;
    return NULL;
}

static bool is_known(struct span name)
{
    return known(name) || units_of_type(name).size || span_is(name, "pressure");
}

/* temp_c: without its last word temp, which is known, in Cel. */
static struct span unit_word(char *name, size_t *size)
{
    for (size_t at = *size; at > 1; at--) {
        if (name[at - 1] != '_')
            continue;
        struct span unit = units_from_word((struct span){name + at, *size - at});
        if (unit.size && is_known((struct span){name, at - 1})) {
            *size = at - 1;
            name[*size] = '\0';
            return unit;
        }
    }
    return (struct span){0};
}

static void copy(char *out, size_t capacity, struct span text)
{
    size_t size = text.size < capacity ? text.size : 0;
    memcpy(out, text.bytes ? text.bytes : "", size);
    out[size] = '\0';
}

/* main.temp: the last step of a path decides when it is known. */
static bool last_step(struct span name, char *out, size_t capacity)
{
    size_t at = name.size;
    while (at > 0 && name.bytes[at - 1] != '.')
        at--;
    if (at == 0)
        return false;
    struct span step = {out, snake(part(name, at, name.size), out, capacity)};
    return step.size > 1 && is_known(step);
}

bool dataset_names_property(struct span header, struct dataset_name *out)
{
    char name[LIMIT_NAME + 1];
    struct span rest = trim(header);
    struct span unit = unit_in_brackets(rest, &rest);
    if (!unit.size)
        unit = unit_behind(rest, &rest);
    size_t size;
    if (span_is(units_from_text(rest), "Cel") && rest.size > 1)
        rest = SPAN("temperature"), unit = SPAN("Cel");
    else if (span_is(units_from_text(rest), "%RH"))
        rest = SPAN("humidity"), unit = SPAN("%RH");
    if (last_step(rest, name, sizeof name))
        size = strlen(name);
    else
        size = snake(rest, name, sizeof name);
    if (!unit.size)
        unit = unit_word(name, &size);
    const char *type = known((struct span){name, size});
    copy(out->type, sizeof out->type, type ? span_of(type) : (struct span){name, size});
    copy(out->unit, sizeof out->unit, dataset_names_unit(span_of(out->type), unit));
    return out->type[0] != '\0';
}

struct span dataset_names_unit(struct span type, struct span unit)
{
    struct span known_unit = units_from_text(unit);
    if (known_unit.size)
        unit = known_unit;
    if (span_is(unit, "%") && span_is(units_of_type(type), "%RH"))
        unit = SPAN("%RH");
    return unit;
}

bool dataset_names_is_type(struct span type)
{
    for (size_t i = 0; i < type.size; i++) {
        char c = type.bytes[i];
        if (!is_lower(c) && !is_digit(c) && c != '_' && c != '-')
            return false;
    }
    return type.size >= 1 && type.size <= LIMIT_NAME;
}

static bool is_among(struct span name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(name, names[i]))
            return true;
    return false;
}

static bool ends_with(struct span name, const char *end)
{
    size_t size = strlen(end);
    return name.size > size && memcmp(name.bytes + name.size - size, end, size) == 0;
}

bool dataset_names_is_identifier(struct span header)
{
    static const char *const names[] = {"",        "id",       "index",   "idx",      "no",
                                        "nr",      "num",      "number",  "row",      "rows",
                                        "seq",     "n",        "record",  "sequence", "rowid",
                                        "row_id",  "device",   "sensor",  "node",     "mote",
                                        "moteid",  "epoch",    "station", "serial",   "cod",
                                        "unnamed", "unnamed_0"};
    char name[LIMIT_NAME + 1];
    const char *dot = NULL;
    for (size_t i = 0; i < header.size; i++)
        if (header.bytes[i] == '.')
            dot = header.bytes + i;
    struct span last = header;
    if (dot && (size_t)(dot + 1 - header.bytes) < header.size)
        last = part(header, (size_t)(dot + 1 - header.bytes), header.size);
    struct span text = {name, snake(last, name, sizeof name)};
    return is_among(text, names, COUNT_OF(names)) || ends_with(text, "_id") ||
           ends_with(text, "_no") || ends_with(text, "_nr") || ends_with(text, "_number");
}

bool dataset_names_is_time(struct span header)
{
    static const char *const names[] = {"time",      "date",        "datetime",    "date_time",
                                        "timestamp", "dt",          "ts",          "dt_txt",
                                        "utc",       "epoch",       "unix",        "unix_time",
                                        "unixtime",  "when",        "at",          "created_at",
                                        "zeit",      "datum",       "uhrzeit",     "heure",
                                        "hora",      "fecha",       "data",        "time_stamp",
                                        "recorded",  "recorded_at", "measured_at", "date_utc",
                                        "time_utc",  "local_time"};
    char name[LIMIT_NAME + 1];
    size_t at = header.size;
    while (at > 0 && header.bytes[at - 1] != '.')
        at--;
    struct span text = {name, snake(part(header, at, header.size), name, sizeof name)};
    return is_among(text, names, COUNT_OF(names)) || ends_with(text, "_time") ||
           ends_with(text, "_date") || ends_with(text, "_ts") || ends_with(text, "timestamp") ||
           ends_with(text, "datetime");
}

size_t dataset_names_time_part(struct span header)
{
    static const char *const names[DATASET_NAMES_PARTS][2] = {{"year", "yr"},    {"month", "mon"},
                                                              {"day", "day"},    {"hour", "hr"},
                                                              {"minute", "min"}, {"second", "sec"}};
    char name[LIMIT_NAME + 1];
    struct span text = {name, snake(header, name, sizeof name)};
    for (size_t i = 0; i < DATASET_NAMES_PARTS; i++)
        if (is_among(text, names[i], 2))
            return i;
    return DATASET_NAMES_NO_PART;
}
