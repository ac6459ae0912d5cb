#include "base/text.h"

#include "base/number.h"

/* The second byte of a character narrows some first bytes further (RFC 3629 section 4): no overlong
 * forms, no surrogates, nothing above U+10FFFF. */
static const struct lead {
    uint8_t first, last;
    uint8_t size;
    uint8_t second_min, second_max;
} leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *find_lead(uint8_t byte)
{
    for (size_t i = 0; i < COUNT_OF(leads); i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

size_t text_character_size(struct span s)
{
    const uint8_t *bytes = (const uint8_t *)s.bytes;
    if (s.size == 0)
        return 0;
    if (bytes[0] < 0x80)
        return 1;
    const struct lead *lead = find_lead(bytes[0]);
    if (!lead || s.size < lead->size || bytes[1] < lead->second_min || bytes[1] > lead->second_max)
        return 0;
    for (size_t i = 2; i < lead->size; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return lead->size;
}

bool text_is_utf8(struct span s)
{
    while (s.size > 0) {
        size_t size = text_character_size(s);
        if (size == 0)
            return false;
        s.bytes += size;
        s.size -= size;
    }
    return true;
}

/* What changes how the text around it looks, or looks like nothing at all. */
static const struct range {
    uint32_t first, last;
} hidden[] = {
    {0x80, 0x9f},       /* C1 controls */
    {0xad, 0xad},       /* soft hyphen */
    {0x61c, 0x61c},     /* Arabic letter mark */
    {0x180e, 0x180e},   /* Mongolian vowel separator */
    {0x200b, 0x200f},   /* zero width, left-to-right and right-to-left marks */
    {0x2028, 0x202e},   /* line and paragraph separators, bidirectional embeddings and overrides */
    {0x2060, 0x206f},   /* word joiner, invisible operators, bidirectional isolates */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xfff9, 0xfffb},   /* interlinear annotation */
    {0xe0000, 0xe007f}, /* tags */
};

static bool is_hidden(uint32_t point)
{
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        if (point >= hidden[i].first && point <= hidden[i].last)
            return true;
    return false;
}

static uint32_t code_point(const char *bytes, size_t size)
{
    static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (uint8_t)bytes[0] & lead_bits[size];
    for (size_t i = 1; i < size; i++)
        point = point << 6 | ((uint8_t)bytes[i] & 0x3f);
    return point;
}

enum { PIECE_MAX = 16 };

uint32_t text_hidden(struct span s)
{
    uint32_t point = code_point(s.bytes, s.size);
    return is_hidden(point) ? point : 0;
}

static void escape_byte(struct buf *piece, char c)
{
    buf_text(piece, "\\x");
    buf_hex(piece, (const uint8_t *)&c, 1);
}

static void escape_point(struct buf *piece, uint32_t point)
{
    uint8_t bytes[] = {(uint8_t)(point >> 16), (uint8_t)(point >> 8 & 0xff),
                       (uint8_t)(point & 0xff)};
    size_t skipped = point <= 0xffff;
    buf_text(piece, "\\u{");
    buf_hex(piece, bytes + skipped, sizeof bytes - skipped);
    buf_char(piece, '}');
}

/* One character or one bad byte as it shall appear; returns how many bytes of `s` (not empty) it
 * was. */
static size_t escape_next(struct buf *piece, struct span s)
{
    size_t size = text_character_size(s);
    char c = s.bytes[0];
    if (size == 0) {
        escape_byte(piece, c);
        return 1;
    }
    if (size > 1) {
        uint32_t point = code_point(s.bytes, size);
        if (is_hidden(point))
            escape_point(piece, point);
        else
            buf_put(piece, s.bytes, size);
        return size;
    }
    if (c == '\n')
        buf_text(piece, "\\n");
    else if (c == '\r')
        buf_text(piece, "\\r");
    else if (c == '\t')
        buf_text(piece, "\\t");
    else if (c == '\\')
        buf_text(piece, "\\\\");
    else if (c < 0x20 || c == 0x7f)
        escape_byte(piece, c);
    else
        buf_char(piece, c);
    return 1;
}

/* Writes whole pieces (to `out`, unless NULL) while they fit; returns whether all did. */
static bool escape_all(struct buf *out, struct span s, size_t size_max)
{
    size_t written = 0;
    while (s.size > 0) {
        char memory[PIECE_MAX];
        struct buf piece;
        buf_init(&piece, memory, sizeof memory);
        size_t size = escape_next(&piece, s);
        if (piece.size > size_max - written)
            return false;
        if (out)
            buf_span(out, buf_view(&piece));
        written += piece.size;
        s.bytes += size;
        s.size -= size;
    }
    return true;
}

void text_escape(struct buf *out, struct span s, size_t size_max)
{
    static const char rest[] = "...";
    size_t rest_size = sizeof rest - 1;
    if (escape_all(NULL, s, size_max)) {
        escape_all(out, s, size_max);
    } else if (size_max >= rest_size) {
        escape_all(out, s, size_max - rest_size);
        buf_put(out, rest, rest_size);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment, one row of the matrix at a time; the two rows before are kept for the
 * swap of neighbours. */
static size_t align(struct span a, struct span b)
{
    size_t rows[3][TEXT_DISTANCE_BYTES_MAX + 1];
    size_t *before_last = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t *oldest = before_last;
        before_last = last;
        last = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            char c = a.bytes[i - 1];
            char d = b.bytes[j - 1];
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (c != d));
            if (i > 1 && j > 1 && c == b.bytes[j - 2] && d == a.bytes[i - 2])
                row[j] = least(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size];
}

size_t text_distance(struct span a, struct span b, size_t limit)
{
    if (span_equal(a, b))
        return 0;
    if (a.size > TEXT_DISTANCE_BYTES_MAX || b.size > TEXT_DISTANCE_BYTES_MAX)
        return limit + 1;
    return least(align(a, b), limit + 1);
}

static void put_seconds(struct buf *out, uint64_t ms)
{
    char digits[NUMBER_TEXT_MAX];
    buf_put(out, digits, number_format(digits, (double)ms / 1000));
    buf_char(out, 's');
}

void text_duration(struct buf *out, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        char name;
    } units[] = {{86400000, 'd'}, {3600000, 'h'}, {60000, 'm'}};
    bool begun = false;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (ms < units[i].ms)
            continue;
        buf_u64(out, ms / units[i].ms);
        buf_char(out, units[i].name);
        ms %= units[i].ms;
        begun = true;
    }
    if (ms >= 1000) {
        put_seconds(out, ms);
    } else if (ms > 0 || !begun) {
        buf_u64(out, ms);
        buf_text(out, "ms");
    }
}
