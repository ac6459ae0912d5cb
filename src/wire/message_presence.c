#include "wire/message_presence.h"

#include "wire/message_have.h"

enum { WORD_DEVICE, WORD_EPOCH, WORD_IS, WORD_AGO, WORD_BY, WORD_WHY, WORD_COUNT };

const struct field message_presence_fields[1] = {
    FIELD("peers", "a list of at most 96 peers"),
};

static const struct field word_fields[WORD_COUNT] = {
    [WORD_DEVICE] = DEVICE_FIELD,
    [WORD_EPOCH] = EPOCH_FIELD,
    [WORD_IS] = FIELD("is", "online, offline or left"),
    [WORD_AGO] = FIELD("ago", "a whole number of milliseconds"),
    [WORD_BY] = FIELD("by", "a device's name"),
    [WORD_WHY] = FIELD("why", "a printable text of at most 127 bytes"),
};

static const struct field_set word_set = {word_fields, WORD_COUNT, (1U << WORD_BY) - 1};

static const char *const presence_texts[MESSAGE_PRESENCE_COUNT] = {"online", "offline", "left"};

struct word_reader {
    struct message_word *w;
    struct buf *strings;
};

static enum err read_is(struct word_reader *d, struct json_reader *r)
{
    struct span text;
    enum err err = field_text(r, d->strings, &text);
    if (err != ERR_OK)
        return err;
    for (int is = 0; is < MESSAGE_PRESENCE_COUNT; is++) {
        if (!span_is(text, presence_texts[is]))
            continue;
        d->w->is = (enum message_presence)is;
        return ERR_OK;
    }
    return ERR_RANGE;
}

static enum err read_why(struct word_reader *d, struct json_reader *r)
{
    enum err err = field_text(r, d->strings, &d->w->why);
    if (err != ERR_OK)
        return err;
    if (d->w->why.size > LIMIT_REASON)
        return ERR_SIZE;
    return field_printable(d->w->why) ? ERR_OK : ERR_RANGE;
}

static enum err read_word(void *context, struct json_reader *r, size_t which)
{
    struct word_reader *d = context;
    struct message_word *w = d->w;
    switch (which) {
    case WORD_DEVICE:
        return message_have_name(r, d->strings, &w->device);
    case WORD_EPOCH:
        return field_u53(r, 1, NUMBER_INTEGER_MAX, &w->epoch);
    case WORD_IS:
        return read_is(d, r);
    case WORD_AGO:
        return field_u53(r, 0, NUMBER_INTEGER_MAX, &w->ago_ms);
    case WORD_BY:
        return message_have_name(r, d->strings, &w->by);
    default:
        return read_why(d, r);
    }
}

enum err message_presence_read(struct message *m, struct message_word *words, struct json_reader *r,
                               struct buf *strings, const char **cause)
{
    enum json_token token = json_next(r);
    if (token != JSON_ARRAY)
        return field_mismatch(token);
    while ((token = json_next(r)) == JSON_OBJECT) {
        if (m->presence.count == LIMIT_LINE_WORDS)
            return ERR_SIZE;
        struct word_reader d = {&words[m->presence.count++], strings};
        *d.w = (struct message_word){0};
        enum err err = field_read(r, &word_set, read_word, &d, cause);
        if (err != ERR_OK)
            return err;
    }
    m->presence.words = words;
    return token == JSON_ARRAY_END ? ERR_OK : field_mismatch(token);
}

static void write_word(struct buf *b, const struct message_word *w)
{
    b->overflow |= w->is >= MESSAGE_PRESENCE_COUNT || w->why.size > LIMIT_REASON ||
                   !field_printable(w->why);
    if (b->overflow)
        return;
    buf_text(b, "{\"device\":");
    json_write_string(b, w->device);
    buf_text(b, ",\"epoch\":");
    buf_u64(b, w->epoch);
    buf_text(b, ",\"is\":\"");
    buf_text(b, presence_texts[w->is]);
    buf_text(b, "\",\"ago\":");
    buf_u64(b, w->ago_ms);
    if (w->by.size > 0) {
        buf_text(b, ",\"by\":");
        json_write_string(b, w->by);
    }
    if (w->why.size > 0) {
        buf_text(b, ",\"why\":");
        json_write_string(b, w->why);
    }
    buf_char(b, '}');
}

void message_presence_write(struct buf *b, const struct message *m)
{
    b->overflow |= m->presence.count > LIMIT_LINE_WORDS;
    buf_text(b, "\"peers\":[");
    for (size_t i = 0; i < m->presence.count; i++) {
        if (i > 0)
            buf_char(b, ',');
        write_word(b, &m->presence.words[i]);
    }
    buf_char(b, ']');
}
