/* A plain datagram. What is taken must be written again as a datagram that says the same. */
#include "wire/plain.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plain_message m;
    const char *cause = NULL;
    enum err err = plain_decode((struct span){(const char *)data, size}, &m, &cause);
    if (err != ERR_OK && !cause)
        abort();
    if (err != ERR_OK)
        return 0;
    char out[LIMIT_DATAGRAM];
    size_t used = plain_encode(span_of(m.device), m.is_hello ? NULL : &m.reading, out, sizeof out);
    if (used == 0)
        return 0; /* escapes can make it longer than it came */
    struct plain_message again;
    if (plain_decode((struct span){out, used}, &again, &cause) != ERR_OK)
        abort();
    if (again.is_hello != m.is_hello || strcmp(again.device, m.device) != 0)
        abort();
    if (!m.is_hello && (!value_equal(&again.reading.value, &m.reading.value) ||
                        !span_equal(again.reading.type, m.reading.type)))
        abort();
    return 0;
}
