/* A small recursive-descent reader: a date, then what may separate it from a clock time, then the
 * clock time, then a zone. Every piece either moves the cursor past itself and returns true, or
 * returns false; whoever calls gives up or tries the other shape from the start.
 *
 * Only one thing cannot be told from a single text: whether 10/03/2004 is in March or in October.
 * The two numbers are handed back, so that whoever sees the whole file can decide. */
#include "io/timestamp.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 86400000, HOUR_MS = 3600000, MINUTE_MS = 60000, SECOND_MS = 1000 };

static int64_t of_day(int hour, int minute, int second)
{
    return (((int64_t)hour * 60 + minute) * 60 + second) * SECOND_MS;
}

struct cursor {
    const char *at;
    const char *end;
};

static char peek(const struct cursor *c)
{
    return c->at < c->end ? *c->at : '\0';
}

static bool take(struct cursor *c, char wanted)
{
    if (peek(c) != wanted || c->at == c->end)
        return false;
    c->at++;
    return true;
}

static void pass_spaces(struct cursor *c)
{
    while (peek(c) == ' ')
        c->at++;
}

/* Up to nine digits; returns how many. */
static size_t digits(struct cursor *c, int *value)
{
    size_t count = 0;
    *value = 0;
    while (count < 9 && peek(c) >= '0' && peek(c) <= '9') {
        *value = *value * 10 + (peek(c) - '0');
        c->at++;
        count++;
    }
    return count;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether the letters at the cursor begin with this word, in any case; passes over all of them. */
static bool take_letters(struct cursor *c, const char *word)
{
    const char *at = c->at;
    for (; *word; word++, at++)
        if (at == c->end || (*at | 0x20) != *word)
            return false;
    while (at < c->end && is_letter(*at))
        at++;
    c->at = at;
    return true;
}

static bool month_name(struct cursor *c, int *month)
{
    static const char names[12][4] = {"jan", "feb", "mar", "apr", "may", "jun",
                                      "jul", "aug", "sep", "oct", "nov", "dec"};
    for (*month = 1; *month <= 12; ++*month)
        if (take_letters(c, names[*month - 1]))
            return true;
    return false;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970 in the proleptic Gregorian calendar: years that begin in March put the leap day
 * last, so that the days before a month follow one linear formula. */
bool timestamp_from_day(int year, int month, int day, int64_t *ms)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1600 || year > 2399 || month < 1 || month > 12 || day < 1)
        return false;
    if (day > lengths[month - 1] + (month == 2 && is_leap(year)))
        return false;
    int y = month > 2 ? year : year - 1;
    int m = month > 2 ? month - 3 : month + 9;
    int64_t days = 365 * (int64_t)y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    *ms = (days - 719468) * DAY_MS;
    return true;
}

static int full_year(int year)
{
    return year >= 70 ? 1900 + year : 2000 + year;
}

/* 10/03/2004: `first` and `second` were read in this order. */
static bool two_orders(int first, int second, int year, enum timestamp_order order,
                       struct timestamp *out)
{
    out->first = (uint8_t)first;
    out->second = (uint8_t)second;
    if (order != TIMESTAMP_MONTH_FIRST && timestamp_from_day(year, second, first, &out->ms))
        return true;
    return order != TIMESTAMP_DAY_FIRST && timestamp_from_day(year, first, second, &out->ms);
}

static bool is_separator(char c)
{
    return c == '-' || c == '/' || c == '.' || c == ' ';
}

/* Behind the first number of one or two digits: 10/03/2004, 10.3.04 is a clock, 10-Mar-2004. */
static bool day_or_month_leads(struct cursor *c, int first, enum timestamp_order order,
                               struct timestamp *out)
{
    char separator = peek(c);
    int month;
    int year;
    if (!is_separator(separator))
        return false;
    c->at++;
    if (month_name(c, &month)) {
        bool more = take(c, separator) || take(c, ' ');
        size_t count = more ? digits(c, &year) : 0;
        if (count == 2)
            year = full_year(year);
        return (count == 2 || count == 4) && timestamp_from_day(year, month, first, &out->ms);
    }
    int second;
    size_t count = separator == ' ' ? 0 : digits(c, &second);
    if (count < 1 || count > 2 || !take(c, separator))
        return false;
    count = digits(c, &year);
    if (count == 2 && separator == '/')
        year = full_year(year);
    else if (count != 4)
        return false;
    return two_orders(first, second, year, order, out);
}

/* 2004-03-10, 2004/3/10, 2004.03.10; the year is read. */
static bool year_leads(struct cursor *c, int year, struct timestamp *out)
{
    char separator = peek(c);
    int month;
    int day;
    if (!is_separator(separator) || separator == ' ')
        return false;
    c->at++;
    size_t count = digits(c, &month);
    if (count < 1 || count > 2 || !take(c, separator))
        return false;
    count = digits(c, &day);
    return count >= 1 && count <= 2 && timestamp_from_day(year, month, day, &out->ms);
}

/* Mar 10, 2004 */
static bool month_leads(struct cursor *c, struct timestamp *out)
{
    int month;
    int day;
    int year;
    if (!month_name(c, &month))
        return false;
    take(c, '.');
    pass_spaces(c);
    size_t count = digits(c, &day);
    if (count < 1 || count > 2)
        return false;
    take(c, ',');
    pass_spaces(c);
    return digits(c, &year) == 4 && timestamp_from_day(year, month, day, &out->ms);
}

/* Wed, 04 Feb 2015: says nothing that the date does not say. */
static void pass_weekday(struct cursor *c)
{
    static const char names[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (size_t i = 0; i < 7; i++)
        if (take_letters(c, names[i]))
            break;
    take(c, ',');
    pass_spaces(c);
}

static bool date(struct cursor *c, enum timestamp_order order, struct timestamp *out)
{
    int number;
    if (is_letter(peek(c)))
        pass_weekday(c);
    switch (digits(c, &number)) {
    case 0:
        return month_leads(c, out);
    case 1:
    case 2:
        return day_or_month_leads(c, number, order, out);
    case 4:
        return year_leads(c, number, out);
    case 8:
        return timestamp_from_day(number / 10000, number / 100 % 100, number % 100, &out->ms);
    default:
        return false;
    }
}

/* The digits behind the seconds; what is finer than a millisecond is passed over. */
static bool fraction(struct cursor *c, int64_t *ms)
{
    int64_t scale = 100;
    if (peek(c) < '0' || peek(c) > '9')
        return false;
    for (; peek(c) >= '0' && peek(c) <= '9'; c->at++, scale /= 10)
        *ms += (peek(c) - '0') * scale;
    return true;
}

/* 18 is read: :00:00, .00.00, :00:00.25, :05 PM */
static bool clock_rest(struct cursor *c, int hour, int64_t *ms)
{
    char separator = peek(c);
    int minute;
    int second = 0;
    if (separator != ':' && separator != '.')
        return false;
    c->at++;
    if (digits(c, &minute) != 2 || minute > 59)
        return false;
    *ms = 0;
    if (take(c, separator)) {
        if (digits(c, &second) != 2 || second > 60)
            return false;
        if ((take(c, '.') || take(c, ',')) && !fraction(c, ms))
            return false;
    }
    struct cursor behind = *c;
    pass_spaces(&behind);
    bool afternoon = take_letters(&behind, "pm");
    if (afternoon || take_letters(&behind, "am")) {
        if (hour < 1 || hour > 12)
            return false;
        hour = hour % 12 + (afternoon ? 12 : 0);
        *c = behind;
    }
    if (hour > 24 || (hour == 24 && (minute || second)))
        return false;
    *ms += of_day(hour, minute, second);
    return true;
}

static bool clock_time(struct cursor *c, int64_t *ms)
{
    int number;
    switch (digits(c, &number)) {
    case 1:
    case 2:
        return clock_rest(c, number, ms);
    case 6: /* 180000, only behind a date */
        *ms = of_day(number / 10000, number / 100 % 100, number % 100);
        return number / 10000 < 24 && number / 100 % 100 < 60 && number % 100 < 61;
    default:
        return false;
    }
}

/* Z, UTC, GMT, +02:00, -0500, +2; or nothing. */
static bool zone(struct cursor *c, int64_t *east_ms)
{
    *east_ms = 0;
    pass_spaces(c);
    if (c->at == c->end || take(c, 'Z') || take(c, 'z') || take_letters(c, "utc") ||
        take_letters(c, "gmt"))
        return c->at == c->end;
    bool west = peek(c) == '-';
    if (!west && peek(c) != '+')
        return false;
    c->at++;
    int hours;
    int minutes = 0;
    size_t count = digits(c, &hours);
    if (count == 4) {
        minutes = hours % 100;
        hours /= 100;
    } else if (count < 1 || count > 2 || (take(c, ':') && digits(c, &minutes) != 2)) {
        return false;
    }
    if (hours > 14 || minutes > 59)
        return false;
    *east_ms = of_day(hours, minutes, 0);
    if (west)
        *east_ms = -*east_ms;
    return c->at == c->end;
}

static bool parse_clock(struct span text, struct timestamp *out)
{
    struct cursor c = {text.bytes, text.bytes + text.size};
    int64_t east_ms;
    *out = (struct timestamp){.kind = TIMESTAMP_CLOCK};
    if (text.size > 2 && text.bytes[1] != ':' && text.bytes[2] != ':' &&
        (text.size < 7 || text.bytes[2] != '.'))
        return false; /* 18.00 is a number, 180000 a counter */
    if (!clock_time(&c, &out->ms) || !zone(&c, &east_ms))
        return false;
    out->ms -= east_ms;
    return true;
}

bool timestamp_parse(struct span text, enum timestamp_order order, struct timestamp *out)
{
    struct cursor c = {text.bytes, text.bytes + text.size};
    int64_t clock_ms;
    int64_t east_ms;
    if (text.size < 4 || text.size > 48)
        return false;
    *out = (struct timestamp){.kind = TIMESTAMP_DATE};
    if (!date(&c, order, out))
        return parse_clock(text, out);
    if (c.at == c.end)
        return true;
    if (!take(&c, 'T') && !take(&c, 't')) {
        bool apart = take(&c, ',');
        if (peek(&c) != ' ' && !apart)
            return parse_clock(text, out);
        pass_spaces(&c);
    }
    out->kind = TIMESTAMP_MOMENT;
    if (!clock_time(&c, &clock_ms) || !zone(&c, &east_ms))
        return false;
    out->ms += clock_ms - east_ms;
    return true;
}

bool timestamp_from_epoch(double value, int64_t *ms)
{
    if (!(value >= 1e8 && value < 1e19))
        return false;
    if (value >= 1e17)
        *ms = (int64_t)(value / 1e6);
    else if (value >= 1e14)
        *ms = (int64_t)(value / 1e3);
    else if (value >= 1e11)
        *ms = (int64_t)value;
    else
        *ms = (int64_t)(value * 1e3 + 0.5);
    return *ms < INT64_C(10000000000000);
}

bool timestamp_parse_epoch(struct span text, int64_t *ms)
{
    size_t i = 0;
    uint64_t whole = 0;
    for (; i < text.size && i < 19 && text.bytes[i] >= '0' && text.bytes[i] <= '9'; i++)
        whole = whole * 10 + (uint64_t)(text.bytes[i] - '0');
    int64_t fraction_ms = 0;
    if (i < text.size) {
        struct cursor c = {text.bytes + i + 1, text.bytes + text.size};
        if (text.bytes[i] != '.' || (c.at < c.end && !fraction(&c, &fraction_ms)) || c.at != c.end)
            return false;
    }
    if (!timestamp_from_epoch((double)whole, ms))
        return false;
    if (whole < UINT64_C(100000000000))
        *ms = (int64_t)whole * SECOND_MS + fraction_ms;
    return true;
}

size_t timestamp_format(char out[TIMESTAMP_TEXT_MAX], int64_t ms)
{
    int64_t days = ms / DAY_MS - (ms % DAY_MS < 0);
    int64_t rest = ms - days * DAY_MS;
    /* The inverse of timestamp_from_day: eras of 400 years, years from March. */
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    int day = (int)(of_year - (153 * m + 2) / 5 + 1);
    int month = (int)(m < 10 ? m + 3 : m - 9);
    int year = (int)(y + era * 400 + (month <= 2));
    char text[96];
    int size = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                        (int)(rest / HOUR_MS), (int)(rest / MINUTE_MS % 60),
                        (int)(rest / SECOND_MS % 60));
    if (rest % SECOND_MS)
        size += snprintf(text + size, sizeof text - (size_t)size, ".%03d", (int)(rest % SECOND_MS));
    if (size >= TIMESTAMP_TEXT_MAX)
        size = TIMESTAMP_TEXT_MAX - 1;
    memcpy(out, text, (size_t)size);
    out[size] = '\0';
    return (size_t)size;
}
