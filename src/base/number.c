/* Reading: one pass collects up to 19 digits in an integer. When that integer and the power of ten
 * are both exact doubles, one multiplication or division rounds once and is therefore right
 * (Clinger 1990); that is what sensors send. The rest goes to strtod, which rounds correctly, as
 * digits and exponent without a decimal point: the point is the one thing in it that a locale may
 * change.
 *
 * Writing: most values are a short integer divided by a small power of ten, found by trying. The
 * rest goes through printf with 15, 16 and 17 digits until one reads back as the same double. */
#include "base/number.h"

#include "base/buf.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double powers_of_ten[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

enum {
    EXACT_POWER_MAX = COUNT_OF(powers_of_ten) - 1,
    MANTISSA_DIGITS_MAX = 19, /* always fit into 64 bits */
    EXPONENT_MAX = 99999,     /* beyond every double, whatever DIGITS_MAX digits stand before it */
    DIGITS_MAX = 768, /* of a double or a midpoint of two; one more tells that more follow */
    SINGLE_ROUNDING = FLT_EVAL_METHOD == 0,
};

/* value = mantissa * 10^exponent while digits <= MANTISSA_DIGITS_MAX */
struct decimal {
    uint64_t mantissa;
    int64_t exponent;
    size_t digits; /* all that were written, leading zeros too */
    bool negative;
    bool integer;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *scan_digits(const char *at, const char *end, struct decimal *d)
{
    const char *first = at;
    uint64_t mantissa = d->mantissa;
    for (; at < end && is_digit(*at); at++)
        mantissa = mantissa * 10 + (uint64_t)(*at - '0');
    d->mantissa = mantissa;
    d->digits += (size_t)(at - first);
    return at;
}

/* Behind the 'e'. NULL when there is no digit. */
static const char *scan_exponent(const char *at, const char *end, int64_t *exponent)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !is_digit(*at))
        return NULL;
    int64_t e = 0;
    for (; at < end && is_digit(*at); at++)
        if (e < INT32_MAX)
            e = e * 10 + (*at - '0');
    *exponent += negative ? -e : e;
    return at;
}

static bool scan(struct span text, struct decimal *d)
{
    const char *at = text.bytes;
    const char *end = at + text.size;
    *d = (struct decimal){.integer = true};
    if (at < end && *at == '-') {
        d->negative = true;
        at++;
    }
    const char *whole = at;
    at = scan_digits(at, end, d);
    if (at == whole || (*whole == '0' && at - whole > 1))
        return false;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = scan_digits(at, end, d);
        if (at == fraction)
            return false;
        d->exponent = -(int64_t)(at - fraction);
        d->integer = false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = scan_exponent(at + 1, end, &d->exponent);
        d->integer = false;
    }
    return at == end;
}

/* Any well-formed number: its significant digits without the point, then the exponent. Digits past
 * DIGITS_MAX only matter as "not all zero". */
static double parse_slowly(struct span text, int64_t exponent)
{
    char copy[DIGITS_MAX + 1 + sizeof "e-99999"];
    size_t kept = 0;
    size_t dropped = 0;
    bool sticky = false;
    for (size_t i = 0; i < text.size && text.bytes[i] != 'e' && text.bytes[i] != 'E'; i++) {
        char c = text.bytes[i];
        if (!is_digit(c) || (c == '0' && kept == 0))
            continue;
        if (kept < DIGITS_MAX) {
            copy[kept++] = c;
        } else {
            dropped++;
            sticky |= c != '0';
        }
    }
    if (kept == 0)
        return 0;
    exponent += (int64_t)dropped;
    if (sticky) {
        copy[kept++] = '1';
        exponent--;
    }
    if (exponent > EXPONENT_MAX)
        exponent = EXPONENT_MAX;
    if (exponent < -EXPONENT_MAX)
        exponent = -EXPONENT_MAX;
    snprintf(copy + kept, sizeof copy - kept, "e%" PRId64, exponent);
    return strtod(copy, NULL);
}

enum err number_parse(struct span text, double *value)
{
    struct decimal d;
    if (text.size == 0 || !scan(text, &d))
        return ERR_SYNTAX;
    bool exact = d.digits <= MANTISSA_DIGITS_MAX && d.mantissa <= NUMBER_INTEGER_MAX;
    if (d.integer && !exact)
        return ERR_RANGE;
    double v;
    if (exact && d.exponent == 0)
        v = (double)d.mantissa;
    else if (SINGLE_ROUNDING && exact && d.exponent < 0 && d.exponent >= -EXACT_POWER_MAX)
        v = (double)d.mantissa / powers_of_ten[-d.exponent];
    else if (SINGLE_ROUNDING && exact && d.exponent > 0 && d.exponent <= EXACT_POWER_MAX)
        v = (double)d.mantissa * powers_of_ten[d.exponent];
    else
        v = parse_slowly(text, d.exponent);
    if (isinf(v))
        return ERR_RANGE;
    *value = d.negative ? -v : v;
    return ERR_OK;
}

enum err number_parse_u53(struct span text, uint64_t *value)
{
    if (text.size == 0)
        return ERR_SYNTAX;
    uint64_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.bytes[i]))
            return ERR_SYNTAX;
        if (n <= NUMBER_INTEGER_MAX)
            n = n * 10 + (uint64_t)(text.bytes[i] - '0');
    }
    if (n > NUMBER_INTEGER_MAX)
        return ERR_RANGE;
    *value = n;
    return ERR_OK;
}

/* Digits d1 d2 ... dn stand for 0.d1d2...dn * 10^point. */
struct digits {
    char text[NUMBER_TEXT_MAX];
    size_t count;
    int point;
};

enum {
    SHORT_PLACES_MAX = 6,    /* tried before printf is asked */
    PRECISE_DIGITS_MAX = 17, /* always enough (DBL_DECIMAL_DIG) */
    POINT_MIN = -5,          /* 0.000001 is the last to be written without an exponent */
    INTEGER_DIGITS_MAX = 16,
};

static const double short_mantissa_max = 1e15; /* decimals below are told apart by every double
                                                  (DBL_DIG) */

/* value > 0 */
static bool find_short(struct digits *d, double value)
{
    for (int places = 0; places <= SHORT_PLACES_MAX; places++) {
        double scaled = value * powers_of_ten[places];
        if (scaled >= short_mantissa_max)
            return false;
        uint64_t mantissa = (uint64_t)(scaled + 0.5);
        if ((double)mantissa / powers_of_ten[places] != value)
            continue;
        struct buf b;
        buf_init(&b, d->text, sizeof d->text);
        buf_u64(&b, mantissa);
        d->count = b.size;
        d->point = (int)b.size - places;
        return true;
    }
    return false;
}

static bool reads_back(const struct digits *d, double value)
{
    char copy[2 * NUMBER_TEXT_MAX];
    snprintf(copy, sizeof copy, "%.*se%d", (int)d->count, d->text, d->point - (int)d->count);
    return strtod(copy, NULL) == value;
}

/* Rounded to the nearest; whatever decimal point the locale has is passed over. */
static void round_to(struct digits *d, double value, int count)
{
    char printed[2 * NUMBER_TEXT_MAX];
    snprintf(printed, sizeof printed, "%.*e", count - 1, value);
    d->count = 0;
    const char *at = printed;
    for (; *at != 'e'; at++)
        if (is_digit(*at))
            d->text[d->count++] = *at;
    d->point = (int)strtol(at + 1, NULL, 10) + 1;
}

/* The next greater decimal of as many digits. Not for all nines. */
static void step_up(struct digits *d)
{
    size_t i = d->count - 1;
    for (; d->text[i] == '9'; i--)
        d->text[i] = '0';
    d->text[i]++;
}

/* Doubles lie twice as close below a power of two as above it: the nearest decimal may then be too
 * far below while the next one up is near enough. Only there, and only with 16 digits. */
static void find_precise(struct digits *d, double value)
{
    int exponent;
    bool power_of_two = frexp(value, &exponent) == 0.5;
    for (int count = value < DBL_MIN ? 1 : DBL_DIG; count <= PRECISE_DIGITS_MAX; count++) {
        round_to(d, value, count);
        if (reads_back(d, value))
            break;
        if (power_of_two && count == PRECISE_DIGITS_MAX - 1) {
            step_up(d);
            if (reads_back(d, value))
                break;
        }
    }
}

static void put_zeros(struct buf *b, int count)
{
    for (; count > 0; count--)
        buf_char(b, '0');
}

static void put_plain(struct buf *b, const struct digits *d)
{
    if (d->point <= 0) {
        buf_text(b, "0.");
        put_zeros(b, -d->point);
        buf_put(b, d->text, d->count);
        return;
    }
    size_t whole = (size_t)d->point < d->count ? (size_t)d->point : d->count;
    buf_put(b, d->text, whole);
    put_zeros(b, d->point - (int)whole);
    if (whole < d->count) {
        buf_char(b, '.');
        buf_put(b, d->text + whole, d->count - whole);
    }
}

static void put_scientific(struct buf *b, const struct digits *d)
{
    buf_char(b, d->text[0]);
    if (d->count > 1) {
        buf_char(b, '.');
        buf_put(b, d->text + 1, d->count - 1);
    }
    buf_text(b, d->point > 0 ? "e+" : "e");
    buf_i64(b, d->point - 1);
}

size_t number_format(char out[NUMBER_TEXT_MAX], double value)
{
    check(isfinite(value));
    struct buf b;
    buf_init(&b, out, NUMBER_TEXT_MAX);
    if (signbit(value))
        buf_char(&b, '-');
    value = fabs(value);
    struct digits d = {.text = "0", .count = 1, .point = 1};
    if (value > 0 && !find_short(&d, value))
        find_precise(&d, value);
    while (d.count > 1 && d.text[d.count - 1] == '0')
        d.count--;
    /* Above 2^53 - 1 an integer must not look like one. */
    if (d.point >= POINT_MIN && d.point <= INTEGER_DIGITS_MAX && value <= NUMBER_INTEGER_MAX)
        put_plain(&b, &d);
    else
        put_scientific(&b, &d);
    check(!b.overflow);
    return b.size;
}
