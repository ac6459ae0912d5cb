/* Discovery datagrams: as they come, and with the right mac put behind them, so that the fuzzer
 * gets past it. What is taken must be written again as a datagram that is taken. */
#include "wire/hello.h"

#include <stdlib.h>

static void toy_mac(void *context, struct span bytes, struct hello_mac *out)
{
    (void)context;
    uint32_t hash = 0;
    for (size_t i = 0; i < bytes.size; i++)
        hash = hash * 31 + (uint8_t)bytes.bytes[i];
    for (size_t i = 0; i < sizeof out->bytes; i++)
        out->bytes[i] = (uint8_t)(hash >> i % 4 * 8);
}

static void try_datagram(const struct hello_key *key, struct span datagram)
{
    struct hello h;
    struct hello_foreign foreign;
    if (hello_decode(datagram, key, &h, &foreign) != ERR_OK)
        return;
    char out[LIMIT_DATAGRAM];
    size_t size = hello_encode(&h, key, out, sizeof out);
    struct hello again;
    if (size == 0 || hello_decode((struct span){out, size}, key, &again, &foreign) != ERR_OK)
        abort();
    if (again.kind != h.kind || again.counter != h.counter || again.epoch != h.epoch ||
        again.session_port != h.session_port || strcmp(again.device, h.device) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hello_key key = {"0123456789abcdef", toy_mac, NULL};
    struct span given = {(const char *)data, size};
    try_datagram(&key, given);
    char text[2 * LIMIT_DATAGRAM];
    struct buf b;
    buf_init(&b, text, sizeof text);
    buf_span(&b, given);
    struct hello_mac mac;
    toy_mac(NULL, given, &mac);
    buf_text(&b, ",\"mac\":\"");
    buf_hex(&b, mac.bytes, sizeof mac.bytes);
    buf_text(&b, "\"}");
    if (!b.overflow)
        try_datagram(&key, buf_view(&b));
    return 0;
}
