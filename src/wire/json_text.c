/* Strings are most of the bytes of a message. They are passed over eight bytes at a time as long as
 * none is a quote, a backslash or a control character; the caller asks once, at the end, whether a
 * byte above 0x7f was among them, which is rare.
 *
 * Escapes are rare too: what needs the unescaped bytes takes them one by one, and nothing is
 * copied. Names are found equal through a 32-bit print of these bytes, so that with
 * JSON_MEMBERS_MAX names open the search stays cheap whoever chose them. */
#include "wire/json_text.h"

#include "base/hex.h"

#define ALL_BYTES(byte) (UINT64_C(0x0101010101010101) * (byte))

/* In each byte that is 0 the highest bit; perhaps too in bytes above (later than) such a one. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - ALL_BYTES(1)) & ~word & ALL_BYTES(0x80);
}

static uint64_t special_bytes(uint64_t word)
{
    uint64_t controls = (word - ALL_BYTES(0x20)) & ~word & ALL_BYTES(0x80);
    return controls | zero_bytes(word ^ ALL_BYTES('"')) | zero_bytes(word ^ ALL_BYTES('\\'));
}

static bool is_special(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

const char *json_text_pass_plain(const char *at, const char *end, uint64_t *seen)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        *seen |= word;
        uint64_t special = special_bytes(word);
        if (special && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            return at + __builtin_ctzll(special) / 8;
        if (special)
            break;
    }
    for (; at < end && !is_special(*at); at++)
        *seen |= (unsigned char)*at;
    return at;
}

static const char escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static bool read_hex4(const char *at, const char *end, uint32_t *value)
{
    uint8_t bytes[2];
    if (end - at < 4 || hex_decode((struct span){at, 4}, bytes, sizeof bytes))
        return false;
    *value = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

size_t json_text_read_escape(const char *at, const char *end, uint32_t *point)
{
    if (end - at < 2)
        return 0;
    if (at[1] != 'u') {
        *point = (unsigned char)escapes[(unsigned char)at[1]];
        return *point ? 2 : 0;
    }
    if (!read_hex4(at + 2, end, point))
        return 0;
    uint32_t low;
    if (*point >> 10 != 0xd800 >> 10 || end - at < 12 || at[6] != '\\' || at[7] != 'u' ||
        !read_hex4(at + 8, end, &low) || low >> 10 != 0xdc00 >> 10)
        return 6;
    *point = 0x10000 + ((*point & 0x3ff) << 10 | (low & 0x3ff));
    return 12;
}

/* Gives the unescaped bytes of a valid string one by one. */
struct unescape {
    const char *at;
    const char *end;
    uint8_t size; /* of the last escape, as UTF-8 */
    uint8_t used;
    uint8_t bytes[4];
};

static struct unescape unescape_start(struct span text)
{
    return (struct unescape){.at = text.bytes, .end = text.bytes + text.size};
}

static uint8_t encode_utf8(uint32_t point, uint8_t out[4])
{
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    uint8_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (uint8_t i = size - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (uint8_t)(lead[size] | point);
    return size;
}

/* The next byte, or -1 at the end. */
static int unescape_next(struct unescape *u)
{
    if (u->used < u->size)
        return u->bytes[u->used++];
    if (u->at == u->end)
        return -1;
    if (*u->at != '\\')
        return (unsigned char)*u->at++;
    uint32_t point;
    size_t size = json_text_read_escape(u->at, u->end, &point);
    check(size > 0);
    u->at += size;
    u->size = encode_utf8(point, u->bytes);
    u->used = 1;
    return u->bytes[0];
}

static uint64_t mix(uint64_t print, uint64_t word)
{
    print = (print ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return print ^ print >> 32;
}

/* Fewer than eight bytes as a number: different ones for different bytes of one length. */
static uint64_t load_rest(const char *bytes, size_t size)
{
    if (size >= 4) {
        uint32_t first, last;
        memcpy(&first, bytes, sizeof first);
        memcpy(&last, bytes + size - sizeof last, sizeof last);
        return (uint64_t)first << 32 | last;
    }
    if (size == 0)
        return 0;
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint64_t)b[0] << 16 | (uint64_t)b[size / 2] << 8 | b[size - 1];
}

static uint32_t print_end(uint64_t print, const char *rest, size_t size)
{
    return (uint32_t)mix(print ^ size, load_rest(rest, size % 8));
}

static uint32_t print_plain(struct span name)
{
    uint64_t print = 0;
    size_t at = 0;
    for (; name.size - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, name.bytes + at, sizeof word);
        print = mix(print, word);
    }
    return print_end(print, name.bytes + at, name.size);
}

/* As print_plain() gives it for the unescaped bytes. */
static uint32_t print_escaped(struct span name)
{
    struct unescape u = unescape_start(name);
    uint64_t print = 0;
    size_t size = 0;
    char chunk[8];
    for (int byte; (byte = unescape_next(&u)) >= 0;) {
        chunk[size++ % 8] = (char)byte;
        if (size % 8 == 0) {
            uint64_t word;
            memcpy(&word, chunk, sizeof word);
            print = mix(print, word);
        }
    }
    return print_end(print, chunk, size);
}

uint32_t json_text_print(const struct json_member *member)
{
    return member->escaped ? print_escaped(member->name) : print_plain(member->name);
}

bool json_text_same(const struct json_member *a, const struct json_member *b)
{
    if (!a->escaped && !b->escaped)
        return span_equal(a->name, b->name);
    struct unescape u = unescape_start(a->name);
    struct unescape v = unescape_start(b->name);
    int byte;
    while ((byte = unescape_next(&u)) == unescape_next(&v))
        if (byte < 0)
            return true;
    return false;
}

bool json_text_is(const struct json_reader *r, const char *literal)
{
    if (!r->escaped)
        return span_is(r->text, literal);
    struct unescape u = unescape_start(r->text);
    int byte;
    for (; (byte = unescape_next(&u)) == (unsigned char)*literal; literal++)
        ;
    return byte < 0 && *literal == '\0';
}

enum err json_text_copy(const struct json_reader *r, char *out, size_t capacity, size_t *size)
{
    struct buf b;
    buf_init(&b, out, capacity);
    if (r->escaped) {
        struct unescape u = unescape_start(r->text);
        for (int byte; !b.overflow && (byte = unescape_next(&u)) >= 0;)
            buf_char(&b, (char)byte);
    } else {
        buf_span(&b, r->text);
    }
    if (b.overflow)
        return ERR_SIZE;
    *size = b.size;
    return ERR_OK;
}
