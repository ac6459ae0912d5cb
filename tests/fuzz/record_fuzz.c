/* A record, and the same bytes as a stored run. What is taken must be written again as a record
 * that is taken and written the same. */
#include "wire/record.h"

#include <stdlib.h>

static void try_record(struct span text)
{
    struct record r;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause = NULL;
    enum err err = record_decode(text, &r, memory, &cause);
    if (err != ERR_OK && !cause)
        abort();
    if (err != ERR_OK)
        return;
    char first[LIMIT_RECORD];
    char second[LIMIT_RECORD];
    char more[LIMIT_VALUE_TEXT];
    struct record again;
    size_t size = record_encode(&r, first, sizeof first);
    if (size == 0 || record_decode((struct span){first, size}, &again, more, &cause) != ERR_OK)
        abort();
    if (record_encode(&again, second, sizeof second) != size || memcmp(first, second, size) != 0)
        abort();
}

static void try_run(struct span run)
{
    struct record r;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    size_t covered = 0;
    size_t at = 0;
    while (record_next(run, &at, &r, memory, &cause))
        covered += r.bytes.size;
    if (covered > run.size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {(const char *)data, size};
    try_record(text);
    try_run(text);
    return 0;
}
