#include "base/text.h"
#include "wire/json_text.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static void write_unit(struct buf *b, uint32_t unit)
{
    uint8_t bytes[] = {(uint8_t)(unit >> 8), (uint8_t)unit};
    buf_text(b, "\\u");
    buf_hex(b, bytes, sizeof bytes);
}

/* What would act on a terminal unseen goes out by its number; readers get the same string. */
static void write_escape(struct buf *b, uint32_t point)
{
    if (point > 0xffff) {
        write_unit(b, 0xd800 + ((point - 0x10000) >> 10));
        point = 0xdc00 + (point & 0x3ff);
    }
    write_unit(b, point);
}

/* No quote, backslash or control character in it. */
static void write_utf8(struct buf *b, struct span s)
{
    while (s.size > 0) {
        size_t size = text_character_size(s);
        uint32_t hidden = size > 0 ? text_hidden((struct span){s.bytes, size}) : 0;
        if (hidden)
            write_escape(b, hidden);
        else if (size > 0)
            buf_put(b, s.bytes, size);
        else
            buf_text(b, replacement);
        size += size == 0;
        s.bytes += size;
        s.size -= size;
    }
}

static void write_special(struct buf *b, char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (c == '\0') {
        buf_text(b, replacement);
        return;
    }
    buf_char(b, '\\');
    if (c == '"' || c == '\\') {
        buf_char(b, c);
    } else if (letters[(unsigned char)c]) {
        buf_char(b, letters[(unsigned char)c]);
    } else {
        buf_text(b, "u00");
        buf_hex(b, (const uint8_t *)&c, 1);
    }
}

void json_write_string(struct buf *b, struct span s)
{
    if (s.size == 0)
        s = SPAN("");
    const char *end = s.bytes + s.size;
    buf_char(b, '"');
    for (const char *at = s.bytes;; at++) {
        uint64_t seen = 0;
        const char *stop = json_text_pass_plain(at, end, &seen);
        struct span run = {at, (size_t)(stop - at)};
        if (seen & JSON_TEXT_ABOVE_ASCII)
            write_utf8(b, run);
        else
            buf_span(b, run);
        if (stop == end)
            break;
        write_special(b, *stop);
        at = stop;
    }
    buf_char(b, '"');
}

void json_write_number(struct buf *b, double value)
{
    char text[NUMBER_TEXT_MAX];
    buf_put(b, text, number_format(text, value));
}
