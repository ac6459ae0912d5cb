#include "io/units.h"

#include "base/check.h"

struct spelling {
    const char *text;
    const char *unit;
};

/* As they are found in headers; upper and lower case count, because mW is not MW. */
static const struct spelling spellings[] = {
    {"°C", "Cel"},
    {"\xb0"
     "C",
     "Cel"}, /* ISO 8859-1 */
    {"º C", "Cel"},
    {"° C", "Cel"},
    {"ºC", "Cel"},
    {"℃", "Cel"},
    {"C", "Cel"},
    {"Cel", "Cel"},
    {"degC", "Cel"},
    {"deg C", "Cel"},
    {"Celsius", "Cel"},
    {"celsius", "Cel"},
    {"°F", "°F"}, /* SenML has no degree Fahrenheit: kept as it is declared */
    {"ºF", "°F"},
    {"F", "°F"},
    {"degF", "°F"},
    {"Fahrenheit", "°F"},
    {"fahrenheit", "°F"},
    {"K", "K"},
    {"Kelvin", "K"},
    {"kelvin", "K"},
    {"%", "%"},
    {"pct", "%"},
    {"percent", "%"},
    {"%RH", "%RH"},
    {"%rH", "%RH"},
    {"% RH", "%RH"},
    {"RH%", "%RH"},
    {"lx", "lx"},
    {"lux", "lx"},
    {"Lux", "lx"},
    {"lm", "lm"},
    {"ppm", "ppm"}, /* RFC 8798 */
    {"PPM", "ppm"},
    {"ppb", "ppb"},
    {"µg/m³", "ug/m3"}, /* RFC 8798; MICRO SIGN */
    {"μg/m³", "ug/m3"}, /* GREEK SMALL LETTER MU */
    {"µg/m3", "ug/m3"},
    {"μg/m3", "ug/m3"},
    {"ug/m3", "ug/m3"},
    {"µg/m^3", "ug/m3"},
    {"μg/m^3", "ug/m3"},
    {"ug/m^3", "ug/m3"},
    {"microg/m^3", "ug/m3"},
    {"mg/m3", "mg/m3"},
    {"mg/m^3", "mg/m3"},
    {"mg/m³", "mg/m3"},
    {"g/m3", "g/m3"},
    {"g/m^3", "g/m3"},
    {"g/m³", "g/m3"},
    {"kg/m3", "kg/m3"},
    {"g/kg", "g/kg"},
    {"Pa", "Pa"},
    {"hPa", "hPa"}, /* RFC 8798 */
    {"mbar", "hPa"},
    {"mb", "hPa"},
    {"kPa", "kPa"},
    {"W", "W"},
    {"kW", "kW"},
    {"Watt", "W"},
    {"watt", "W"},
    {"watts", "W"},
    {"Watts", "W"},
    {"Wh", "Wh"},   /* RFC 8798 */
    {"kWh", "kWh"}, /* RFC 8798 */
    {"J", "J"},
    {"V", "V"},
    {"Volt", "V"},
    {"volt", "V"},
    {"volts", "V"},
    {"mV", "mV"}, /* RFC 8798 */
    {"A", "A"},
    {"amps", "A"},
    {"mA", "mA"}, /* RFC 8798 */
    {"Hz", "Hz"},
    {"dB", "dB"},
    {"dBA", "dB"},
    {"dB(A)", "dB"},
    {"m", "m"},
    {"cm", "cm"}, /* RFC 8798 */
    {"mm", "mm"}, /* RFC 8798 */
    {"km", "km"}, /* RFC 8798 */
    {"s", "s"},
    {"ms", "ms"},   /* RFC 8798 */
    {"min", "min"}, /* RFC 8798 */
    {"h", "h"},     /* RFC 8798 */
    {"m/s", "m/s"},
    {"km/h", "km/h"}, /* RFC 8798 */
    {"mm/s", "mm/s"},
    {"m/s2", "m/s2"},
    {"m/s^2", "m/s2"},
    {"m/s²", "m/s2"},
    {"W/m2", "W/m2"},
    {"W/m^2", "W/m2"},
    {"W/m²", "W/m2"},
    {"°", "deg"}, /* RFC 8798 */
    {"deg", "deg"},
    {"rpm", "1/min"},
    {"RPM", "1/min"},
    {"1/min", "1/min"},
    {"bpm", "beat/min"},
    {"BPM", "beat/min"},
    {"beat/min", "beat/min"},
    {"beats/min", "beat/min"},
    {"kg", "kg"},
    {"g", "g"},
    {"l", "l"},
    {"L", "l"},
    {"l/s", "l/s"},
    {"pH", "pH"},
    {"%EL", "%EL"},
};

/* The last word of names such as temp_c and humidity_percent. */
static const struct spelling words[] = {
    {"c", "Cel"},     {"celsius", "Cel"},   {"degc", "Cel"},   {"deg_c", "Cel"},   {"f", "°F"},
    {"degf", "°F"},   {"fahrenheit", "°F"}, {"k", "K"},        {"kelvin", "K"},    {"pct", "%"},
    {"percent", "%"}, {"ppm", "ppm"},       {"ppb", "ppb"},    {"lux", "lx"},      {"lx", "lx"},
    {"pa", "Pa"},     {"hpa", "hPa"},       {"kpa", "kPa"},    {"mbar", "hPa"},    {"w", "W"},
    {"watts", "W"},   {"kw", "kW"},         {"kwh", "kWh"},    {"wh", "Wh"},       {"v", "V"},
    {"volts", "V"},   {"mv", "mV"},         {"ma", "mA"},      {"amps", "A"},      {"db", "dB"},
    {"rpm", "1/min"}, {"bpm", "beat/min"},  {"ugm3", "ug/m3"}, {"ug_m3", "ug/m3"},
};

static const struct spelling types[] = {
    {"temperature", "Cel"},
    {"body_temperature", "Cel"},
    {"dew_point", "Cel"},
    {"humidity", "%RH"},
    {"light", "lx"},
    {"co2", "ppm"},
    {"pm1", "ug/m3"},
    {"pm2_5", "ug/m3"},
    {"pm10", "ug/m3"},
    {"power", "W"},
    {"energy", "kWh"},
    {"voltage", "V"},
    {"current", "A"},
    {"frequency", "Hz"},
    {"noise", "dB"},
    {"sound", "dB"},
    {"wind_speed", "m/s"},
    {"battery", "%EL"},
    {"heart_rate", "beat/min"},
    {"spo2", "%"},
    {"vibration", "m/s2"},
    {"motor_speed", "1/min"},
    {"ph", "pH"},
};

static const struct spelling symbols[] = {
    {"Cel", "°C"},       {"°F", "°F"},        {"%RH", "%"},         {"%EL", "%"},
    {"%", "%"},          {"deg", "°"},        {"beat/min", " bpm"}, {"1/min", " rpm"},
    {"ug/m3", " µg/m³"}, {"mg/m3", " mg/m³"}, {"g/m3", " g/m³"},    {"m/s2", " m/s²"},
    {"W/m2", " W/m²"},   {"Ohm", " Ω"},
};

static struct span look_up(const struct spelling *table, size_t count, struct span text)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(text, table[i].text))
            return span_of(table[i].unit);
    return (struct span){0};
}

struct span units_from_text(struct span text)
{
    return look_up(spellings, COUNT_OF(spellings), text);
}

struct span units_from_word(struct span word)
{
    return look_up(words, COUNT_OF(words), word);
}

struct span units_of_type(struct span type)
{
    return look_up(types, COUNT_OF(types), type);
}

bool units_is_kelvin(struct span unit, double value)
{
    enum { CELSIUS_PLAUSIBLE_MAX = 150, KELVIN_PLAUSIBLE_MAX = 400 };
    return span_is(unit, "Cel") && value > CELSIUS_PLAUSIBLE_MAX && value <= KELVIN_PLAUSIBLE_MAX;
}

void units_write(struct buf *b, struct span unit)
{
    struct span symbol = look_up(symbols, COUNT_OF(symbols), unit);
    if (symbol.size) {
        buf_span(b, symbol);
    } else if (unit.size) {
        buf_char(b, ' ');
        buf_span(b, unit);
    }
}
