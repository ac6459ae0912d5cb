#include "app/ask_show.h"

#include "app/duration.h"
#include "app/words.h"
#include "base/number.h"
#include "base/text.h"
#include "io/timestamp.h"

#include <time.h>

enum { LINE_BYTES = 8192, TEXT_BYTES = 2048 };

/* A record's members, checked. Spans point into the JSON. */
struct shown {
    struct span topic, unit, device;
    struct value value;
    uint64_t epoch, seq, ts, age_ms;
    bool sealed;
};

uint64_t ask_show_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool read_record(const struct ask_json *json, struct shown *r)
{
    (void)ask_json_text(json, "unit", &r->unit);
    r->sealed = ask_json_truth(json, "sealed");
    return ask_json_text(json, "topic", &r->topic) && ask_json_text(json, "device", &r->device) &&
           ask_json_value(json, "value", &r->value) && ask_json_count(json, "epoch", &r->epoch) &&
           ask_json_count(json, "seq", &r->seq) && ask_json_count(json, "ts", &r->ts) &&
           ask_json_count(json, "age_ms", &r->age_ms);
}

static void put_safe(struct buf *b, struct span text)
{
    text_escape(b, text, TEXT_BYTES);
}

static void put_time(struct buf *b, uint64_t ms)
{
    char text[TIMESTAMP_TEXT_MAX];
    buf_put(b, text, timestamp_format(text, (int64_t)ms));
    buf_char(b, 'Z');
}

static void put_seconds(struct buf *b, uint64_t ms)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%llu.%03u", (unsigned long long)(ms / 1000),
                        (unsigned)(ms % 1000));
    buf_put(b, text, (size_t)size);
}

/* As a script wants it: without unit, states as they were written. */
static void put_bare(struct buf *b, const struct value *value)
{
    char text[NUMBER_TEXT_MAX];
    switch (value->kind) {
    case VALUE_NONE:
        break;
    case VALUE_NUMBER:
        buf_put(b, text, number_format(text, value->number));
        break;
    case VALUE_BOOL:
        buf_text(b, value->number > 0 ? "true" : "false");
        break;
    case VALUE_TEXT:
        put_safe(b, value->text);
    }
}

bool ask_show_format_valid(const char *format)
{
    for (; *format != '\0'; format++)
        if (*format == '%' && (*++format == '\0' || strchr("IUtvudesa%", *format) == NULL))
            return false;
    return true;
}

static void put_letter(struct buf *b, char letter, const struct shown *r)
{
    switch (letter) {
    case 'I':
        put_time(b, r->ts);
        break;
    case 'U':
        put_seconds(b, r->ts);
        break;
    case 't':
        put_safe(b, r->topic);
        break;
    case 'v':
        put_bare(b, &r->value);
        break;
    case 'u':
        put_safe(b, r->unit);
        break;
    case 'd':
        put_safe(b, r->device);
        break;
    case 'e':
        buf_u64(b, r->epoch);
        break;
    case 's':
        buf_u64(b, r->seq);
        break;
    case 'a':
        put_seconds(b, r->age_ms);
        break;
    default:
        buf_char(b, letter);
    }
}

static void put_format(struct buf *b, const char *format, const struct shown *r)
{
    for (; *format != '\0'; format++) {
        if (*format == '%')
            put_letter(b, *++format, r);
        else
            buf_char(b, *format);
    }
}

static void put_usual(struct buf *b, enum ask_show_style style, const struct shown *r)
{
    if (style != ASK_SHOW_VALUE) {
        put_time(b, r->ts);
        buf_text(b, "  ");
    }
    if (style != ASK_SHOW_HISTORY) {
        put_safe(b, r->topic);
        buf_text(b, "  ");
    }
    words_value(b, &r->value, r->unit);
    if (style == ASK_SHOW_VALUE) {
        buf_text(b, "  ");
        duration_write(b, r->age_ms);
        buf_text(b, " ago");
    }
    if (style == ASK_SHOW_HISTORY && !r->sealed)
        buf_text(b, "  (not sealed yet)");
}

/* RFC 4180. */
static void put_quoted(struct buf *b, struct span text)
{
    char memory[TEXT_BYTES];
    struct buf safe;
    buf_init(&safe, memory, sizeof memory);
    put_safe(&safe, text);
    buf_char(b, '"');
    for (size_t i = 0; i < safe.size; i++) {
        if (memory[i] == '"')
            buf_char(b, '"');
        buf_char(b, memory[i]);
    }
    buf_char(b, '"');
}

static void put_csv(struct buf *b, const struct shown *r)
{
    put_time(b, r->ts);
    buf_char(b, ',');
    put_safe(b, r->topic);
    buf_char(b, ',');
    if (r->value.kind == VALUE_TEXT)
        put_quoted(b, r->value.text);
    else
        put_bare(b, &r->value);
    buf_char(b, ',');
    put_quoted(b, r->unit);
    buf_char(b, ',');
    put_safe(b, r->device);
    buf_char(b, ',');
    buf_u64(b, r->epoch);
    buf_char(b, ',');
    buf_u64(b, r->seq);
    buf_text(b, r->sealed ? ",true" : ",false");
}

void ask_show_begin(const struct ask_options *o, FILE *out)
{
    if (o->csv)
        fputs("time,topic,value,unit,device,epoch,seq,sealed\n", out);
}

bool ask_show_record(const struct ask_options *o, enum ask_show_style style, struct span raw,
                     const struct ask_json *record, FILE *out)
{
    struct shown r;
    char memory[LINE_BYTES];
    struct buf b;
    if (!read_record(record, &r))
        return false;
    buf_init(&b, memory, sizeof memory);
    if (o->json)
        buf_span(&b, raw);
    else if (o->csv)
        put_csv(&b, &r);
    else if (o->format != NULL)
        put_format(&b, o->format, &r);
    else
        put_usual(&b, style, &r);
    fprintf(out, "%.*s\n", (int)b.size, b.bytes);
    return true;
}
