/* A session's bytes: cut as the input says and whole they give the same lines; each line is taken
 * apart as a message; what is taken must be written again as a line that means the same. */
#include "wire/line.h"
#include "wire/message.h"

#include <stdlib.h>

/* A print of all lines and of how the reading ended. */
struct summary {
    uint64_t print;
    size_t lines;
    enum err err;
};

static void add_line(struct summary *s, struct span line)
{
    for (size_t i = 0; i < line.size; i++)
        s->print = (s->print ^ (uint8_t)line.bytes[i]) * UINT64_C(0x100000001b3);
    s->print = s->print * 31 + line.size;
    s->lines++;
}

/* Written again it must decode, and then be written the same. */
static void try_again(const struct message *m, struct message_memory *memory)
{
    static char first[LIMIT_LINE];
    static char second[LIMIT_LINE];
    bool has_records = m->kind == MESSAGE_STATE_UPDATE ||
                       (m->kind == MESSAGE_FORK && m->fork.run.count > 0);
    if (m->kind == MESSAGE_UNKNOWN || has_records)
        return;
    /* A number is never longer than it came; an escape may be. */
    size_t size = message_encode(m, first, sizeof first);
    if (size == 0)
        return;
    struct message again;
    const char *cause;
    if (message_decode((struct span){first, size - 1}, &again, memory, &cause) != ERR_OK)
        abort();
    if (message_encode(&again, second, sizeof second) != size || memcmp(first, second, size) != 0)
        abort();
}

static void try_line(struct span line)
{
    static struct message_memory memory;
    struct message m;
    const char *cause = NULL;
    char *exact = malloc(line.size + 1);
    if (!exact)
        return;
    memcpy(exact, line.bytes, line.size);
    enum err err = message_decode((struct span){exact, line.size}, &m, &memory, &cause);
    if (err != ERR_OK && !cause)
        abort();
    if (err == ERR_OK)
        try_again(&m, &memory);
    free(exact);
}

/* Pieces of `step` bytes. */
static struct summary read_lines(const char *bytes, size_t size, size_t step)
{
    struct summary s = {0};
    struct line_splitter splitter;
    line_init(&splitter);
    for (size_t at = 0; at < size && s.err == ERR_OK; at += step) {
        struct span piece = {bytes + at, size - at < step ? size - at : step};
        struct span line;
        while (line_next(&splitter, &piece, &line, &s.err)) {
            add_line(&s, line);
            if (step >= size)
                try_line(line);
        }
    }
    line_fini(&splitter);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct summary whole = read_lines(bytes, size, size + 1);
    size_t step = size > 0 ? data[size - 1] % 16U + 1 : 1;
    struct summary cut = read_lines(bytes, size, step);
    if (whole.print != cut.print || whole.lines != cut.lines || whole.err != cut.err)
        abort();
    return 0;
}
