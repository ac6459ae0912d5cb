/* A scenario is quiet or busy in turns, for lengths that the seed draws. Each value has a target
 * (its base, the daily cycle, and while busy the episode) and follows it as a first-order lag:
 * after `rise_s` or `fall_s` seconds two thirds of the way are done. Noise is an Ornstein-Uhlenbeck
 * process on top. Both have exact solutions over any step, so that long steps cost no more than
 * short ones; a step only ends early where quiet and busy change. */
#include "io/simulate.h"

#include "io/simulate_scenarios.h"
#include "io/timestamp.h"

#include "base/buf.h"
#include "base/number.h"

#include <math.h>

enum { DAY_S = 86400, HOUR_S = 3600 };

static const double pi = 3.14159265358979323846;

static double between(struct rng *rng, const double range[2])
{
    return range[0] + rng_unit(rng) * (range[1] - range[0]);
}

static void begin_episode(struct simulate *s, const double lasts[2])
{
    s->until_s = between(&s->rng, lasts);
    s->period_s = between(&s->rng, s->scenario->period_s);
    s->phase_s = 0;
    s->strength = 0.5 + 0.5 * rng_unit(&s->rng);
    if (!s->scenario->name)
        s->strength = 0.85 + 0.15 * rng_unit(&s->rng); /* above 25 °C every time */
}

static double target(const struct simulate *s, const struct simulate_property *p)
{
    double hours = s->day_s / HOUR_S - p->peak_h;
    double value = p->base + p->daily * cos(2 * pi * hours / 24);
    if (s->busy)
        value += p->episode * s->strength;
    if (value < p->min)
        return p->min;
    return value > p->max ? p->max : value;
}

enum err simulate_init(struct simulate *s, const char *scenario, uint64_t seed, uint64_t day_ms)
{
    *s = (struct simulate){.scenario = simulate_scenarios_find(scenario)};
    if (!s->scenario)
        return ERR_NOT_FOUND;
    rng_init(&s->rng, seed);
    s->day_s = fmod((double)day_ms / 1000, DAY_S);
    s->busy = rng_below(&s->rng, 2);
    begin_episode(s, s->busy ? s->scenario->busy_s : s->scenario->quiet_s);
    for (size_t i = 0; i < s->scenario->count; i++) {
        const struct simulate_property *p = &s->scenario->properties[i];
        s->level[i] = target(s, p);
        s->noise[i] = p->noise * rng_normal(&s->rng);
        if (p->kind == SIMULATE_COUNTER)
            s->level[i] = rng_unit(&s->rng) * p->max / 2;
    }
    return ERR_OK;
}

const char *simulate_names(void)
{
    return "home, environment, healthcare, industry";
}

double simulate_every_s(const struct simulate *s)
{
    return s->scenario->every_s;
}

static void count_up(struct simulate *s, const struct simulate_property *p, double *level,
                     double seconds)
{
    double an_hour = p->base + (s->busy ? p->episode * s->strength : 0);
    *level = fmod(*level + an_hour * seconds / HOUR_S, p->max + p->step);
}

static void follow(struct simulate *s, const struct simulate_property *p, double *level,
                   double seconds)
{
    double wanted = target(s, p);
    double lag_s = wanted > *level ? p->rise_s : p->fall_s;
    *level = wanted + (*level - wanted) * exp(-seconds / lag_s);
}

static void shake(struct simulate *s, const struct simulate_property *p, double *noise,
                  double seconds)
{
    double kept = exp(-seconds / p->noise_s);
    *noise = *noise * kept + p->noise * sqrt(1 - kept * kept) * rng_normal(&s->rng);
}

/* Within one quiet or one busy time. */
static void advance(struct simulate *s, double seconds)
{
    for (size_t i = 0; i < s->scenario->count; i++) {
        const struct simulate_property *p = &s->scenario->properties[i];
        if (p->kind == SIMULATE_COUNTER)
            count_up(s, p, &s->level[i], seconds);
        else if (p->kind == SIMULATE_VALUE)
            follow(s, p, &s->level[i], seconds);
        if (p->noise > 0)
            shake(s, p, &s->noise[i], seconds);
    }
    s->day_s = fmod(s->day_s + seconds, DAY_S);
    s->until_s -= seconds;
    s->phase_s += seconds;
}

void simulate_advance(struct simulate *s, double elapsed_s)
{
    double seconds = elapsed_s;
    double bound = s->scenario->step_max_s;
    if (bound > 0 && seconds > bound)
        seconds = bound;
    while (seconds >= s->until_s) {
        seconds -= s->until_s;
        advance(s, s->until_s);
        s->busy = !s->busy;
        begin_episode(s, s->busy ? s->scenario->busy_s : s->scenario->quiet_s);
    }
    if (seconds > 0)
        advance(s, seconds);
}

/* Steps of 0.1 are made by dividing, because 0.1 has no exact double and 10 has. */
static double round_to(double value, const struct simulate_property *p)
{
    double per_unit = floor(1 / p->step + 0.5);
    if (value < p->min)
        value = p->min;
    if (value > p->max)
        value = p->max;
    return floor(value * per_unit + 0.5) / per_unit;
}

/* In front of a motion detector: the first 40 % of each period. */
static bool moves(const struct simulate *s)
{
    return s->busy && fmod(s->phase_s, s->period_s) < 0.4 * s->period_s;
}

size_t simulate_read(const struct simulate *s, struct reading readings[SIMULATE_PROPERTIES_MAX])
{
    for (size_t i = 0; i < s->scenario->count; i++) {
        const struct simulate_property *p = &s->scenario->properties[i];
        readings[i] = (struct reading){.type = span_of(p->type), .unit = span_of(p->unit)};
        readings[i].value = p->kind == SIMULATE_MOTION
                                ? value_bool(moves(s))
                                : value_number(round_to(s->level[i] + s->noise[i], p));
    }
    return s->scenario->count;
}

static void put_value(struct buf *b, const struct value *value)
{
    char number[NUMBER_TEXT_MAX];
    if (value->kind == VALUE_BOOL)
        buf_text(b, value->number > 0 ? "true" : "false");
    else
        buf_put(b, number, number_format(number, value->number));
}

static void put_row(struct buf *b, const struct reading *readings, size_t count, int64_t ms,
                    enum simulate_format format)
{
    char time[TIMESTAMP_TEXT_MAX];
    buf_text(b, format == SIMULATE_JSON ? "{\"timestamp\":\"" : "");
    buf_put(b, time, timestamp_format(time, ms));
    buf_text(b, format == SIMULATE_JSON ? "\"" : "");
    for (size_t i = 0; i < count; i++) {
        buf_char(b, ',');
        if (format == SIMULATE_JSON) {
            buf_char(b, '"');
            buf_span(b, readings[i].type);
            buf_text(b, "\":");
        }
        put_value(b, &readings[i].value);
    }
    buf_text(b, format == SIMULATE_JSON ? "}" : "\n");
}

static void write_header(FILE *out, const struct simulate_scenario *scenario)
{
    fputs("timestamp", out);
    for (size_t i = 0; i < scenario->count; i++)
        fprintf(out, ",%s", scenario->properties[i].type);
    fputc('\n', out);
}

enum err simulate_write(FILE *out, const char *scenario, uint64_t rows, uint64_t seed,
                        int64_t start_ms, enum simulate_format format)
{
    struct simulate s;
    struct reading readings[SIMULATE_PROPERTIES_MAX];
    int64_t day_ms = start_ms % (DAY_S * INT64_C(1000));
    enum err err = simulate_init(&s, scenario, seed, day_ms > 0 ? (uint64_t)day_ms : 0);
    if (err)
        return err;
    uint64_t row_ms = (uint64_t)(s.scenario->row_s * 1000);
    if (format == SIMULATE_CSV)
        write_header(out, s.scenario);
    else
        fputs("[", out);
    for (uint64_t i = 0; i < rows && !ferror(out); i++) {
        char memory[SIMULATE_ROW_BYTES_MAX];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        simulate_advance(&s, i ? s.scenario->row_s : 0);
        if (format == SIMULATE_JSON)
            buf_text(&b, i ? ",\n " : "\n ");
        put_row(&b, readings, simulate_read(&s, readings), start_ms + (int64_t)(i * row_ms),
                format);
        fwrite(b.bytes, 1, b.size, out);
    }
    if (format == SIMULATE_JSON)
        fputs("\n]\n", out);
    return fflush(out) || ferror(out) ? ERR_IO : ERR_OK;
}
