/* The happy path: the datagram ends with the mac's member, at a place that follows from its length
 * alone; the mac over what stands before is ours; only then the JSON is read.
 *
 * A datagram with a wrong mac is read all the same, but only to tell another network's hello,
 * which a person wants to know of, from a forgery, which nobody does. */
#include "wire/hello.h"

#include "base/hex.h"
#include "wire/field.h"

enum { MAC_HEX = 2 * sizeof(struct hello_mac), NETWORK_HEX = 16, STRINGS_MAX = 256 };

static const char mac_before[] = ",\"mac\":\"";
static const char mac_behind[] = "\"}";

enum { TAIL = sizeof mac_before - 1 + MAC_HEX + sizeof mac_behind - 1 };

enum { TYPE, DEVICE, NETWORK, PORT, EPOCH, COUNTER, ANSWER };

static const struct field fields[] = {
    [TYPE] = FIELD("type", "hello or goodbye"),
    [DEVICE] = FIELD("device", "a device's name"),
    [NETWORK] = FIELD("network", "16 hexadecimal digits"),
    [PORT] = FIELD("port", "a whole number from 1 to 65535"),
    [EPOCH] = FIELD("epoch", "a whole number from 1"),
    [COUNTER] = FIELD("counter", "a whole number from 1"),
    [ANSWER] = FIELD("answer", "true or false"),
};

static const struct field_set field_set = {fields, COUNT_OF(fields), (1U << ANSWER) - 1};

struct decoder {
    struct hello *h;
    char network[NETWORK_HEX];
    bool answer;
    struct buf strings;
};

static const char *const type_texts[] = {
    [HELLO_CALL] = "hello",
    [HELLO_ANSWER] = "hello",
    [HELLO_GOODBYE] = "goodbye",
};

static void write_mac(const struct hello_key *key, struct span bytes, char out[MAC_HEX])
{
    struct hello_mac mac;
    key->mac(key->context, bytes, &mac);
    hex_encode(out, mac.bytes, sizeof mac.bytes);
}

static void put_number(struct buf *b, const char *before, uint64_t number)
{
    buf_text(b, before);
    buf_u64(b, number);
}

size_t hello_encode(const struct hello *h, const struct hello_key *key, char *out, size_t capacity)
{
    struct buf b;
    buf_init(&b, out, capacity < LIMIT_DATAGRAM ? capacity : LIMIT_DATAGRAM);
    buf_text(&b, "{\"type\":\"");
    buf_text(&b, type_texts[h->kind]);
    buf_text(&b, "\",\"device\":\"");
    buf_text(&b, h->device);
    buf_text(&b, "\",\"network\":\"");
    buf_put(&b, key->id, sizeof key->id);
    put_number(&b, "\",\"port\":", h->session_port);
    put_number(&b, ",\"epoch\":", h->epoch);
    put_number(&b, ",\"counter\":", h->counter);
    if (h->kind == HELLO_ANSWER)
        buf_text(&b, ",\"answer\":true");
    char mac[MAC_HEX];
    write_mac(key, buf_view(&b), mac);
    buf_text(&b, mac_before);
    buf_put(&b, mac, sizeof mac);
    buf_text(&b, mac_behind);
    return b.overflow ? 0 : b.size;
}

static bool network_valid(struct span network)
{
    if (network.size != NETWORK_HEX)
        return false;
    for (size_t i = 0; i < network.size; i++)
        if (!memchr("0123456789abcdef", network.bytes[i], 16))
            return false;
    return true;
}

static enum err read_type(struct decoder *d, struct json_reader *r)
{
    struct span text;
    enum err err = field_text(r, &d->strings, &text);
    if (err != ERR_OK)
        return err;
    d->h->kind = span_is(text, "goodbye") ? HELLO_GOODBYE : HELLO_CALL;
    return span_is(text, type_texts[d->h->kind]) ? ERR_OK : ERR_RANGE;
}

static enum err read_device(struct decoder *d, struct json_reader *r)
{
    struct span text;
    enum err err = field_text(r, &d->strings, &text);
    if (err != ERR_OK)
        return err;
    if (!access_name_valid(text))
        return ERR_RANGE;
    ident_name_copy(d->h->device, text);
    return ERR_OK;
}

static enum err read_network(struct decoder *d, struct json_reader *r)
{
    struct span text;
    enum err err = field_text(r, &d->strings, &text);
    if (err != ERR_OK)
        return err;
    if (!network_valid(text))
        return ERR_RANGE;
    memcpy(d->network, text.bytes, NETWORK_HEX);
    return ERR_OK;
}

static enum err read_port(struct decoder *d, struct json_reader *r)
{
    uint64_t port = 0;
    enum err err = field_u53(r, 1, UINT16_MAX, &port);
    d->h->session_port = (uint16_t)port;
    return err;
}

static enum err read_member(void *context, struct json_reader *r, size_t which)
{
    struct decoder *d = context;
    switch (which) {
    case TYPE:
        return read_type(d, r);
    case DEVICE:
        return read_device(d, r);
    case NETWORK:
        return read_network(d, r);
    case PORT:
        return read_port(d, r);
    case EPOCH:
        return field_u53(r, 1, NUMBER_INTEGER_MAX, &d->h->epoch);
    case COUNTER:
        return field_u53(r, 1, NUMBER_INTEGER_MAX, &d->h->counter);
    default:
        return field_bool(r, &d->answer);
    }
}

static enum err read_object(struct decoder *d, struct span datagram)
{
    char strings[STRINGS_MAX];
    buf_init(&d->strings, strings, sizeof strings);
    struct json_reader r;
    json_reader_init(&r, datagram);
    enum json_token token = json_next(&r);
    if (token != JSON_OBJECT)
        return ERR_SYNTAX;
    const char *cause;
    enum err err = field_read(&r, &field_set, read_member, d, &cause);
    if (err != ERR_OK)
        return err;
    if (json_next(&r) != JSON_END)
        return ERR_SYNTAX;
    if (!d->answer)
        return ERR_OK;
    if (d->h->kind == HELLO_GOODBYE)
        return ERR_RANGE;
    d->h->kind = HELLO_ANSWER;
    return ERR_OK;
}

/* Every byte is looked at, whatever the first ones are. */
static bool same_mac(const char *a, const char *b)
{
    unsigned difference = 0;
    for (size_t i = 0; i < MAC_HEX; i++)
        difference |= (unsigned char)a[i] ^ (unsigned char)b[i];
    return difference == 0;
}

static bool has_tail(struct span datagram)
{
    if (datagram.size <= TAIL)
        return false;
    const char *end = datagram.bytes + datagram.size;
    return memcmp(end - TAIL, mac_before, sizeof mac_before - 1) == 0 &&
           memcmp(end - (sizeof mac_behind - 1), mac_behind, sizeof mac_behind - 1) == 0;
}

enum err hello_decode(struct span datagram, const struct hello_key *key, struct hello *h,
                      struct hello_foreign *foreign)
{
    if (datagram.size > LIMIT_DATAGRAM)
        return ERR_SIZE;
    if (!has_tail(datagram))
        return ERR_SYNTAX;
    struct span proven = {datagram.bytes, datagram.size - TAIL};
    char mac[MAC_HEX];
    write_mac(key, proven, mac);
    bool authentic = same_mac(mac, proven.bytes + proven.size + sizeof mac_before - 1);
    *h = (struct hello){0};
    struct decoder d = {.h = h};
    enum err err = read_object(&d, datagram);
    if (err != ERR_OK)
        return err;
    bool ours = memcmp(d.network, key->id, NETWORK_HEX) == 0;
    if (authentic && ours)
        return ERR_OK;
    if (authentic || ours)
        return ERR_DENIED;
    memcpy(foreign->network, d.network, NETWORK_HEX);
    memcpy(foreign->device, h->device, sizeof foreign->device);
    return ERR_NOT_FOUND;
}
