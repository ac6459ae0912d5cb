#include "wire/line.h"

#include <stdlib.h>

enum { HELD_FIRST = 512 };

void line_init(struct line_splitter *s)
{
    *s = (struct line_splitter){0};
}

void line_fini(struct line_splitter *s)
{
    free(s->held);
    line_init(s);
}

static enum err hold(struct line_splitter *s, struct span piece)
{
    if (s->size + piece.size > s->capacity) {
        size_t capacity = s->capacity ? s->capacity : HELD_FIRST;
        while (capacity < s->size + piece.size)
            capacity *= 2;
        char *held = realloc(s->held, capacity);
        if (!held)
            return ERR_MEMORY;
        s->held = held;
        s->capacity = capacity;
    }
    memcpy(s->held + s->size, piece.bytes, piece.size);
    s->size += piece.size;
    return ERR_OK;
}

/* Takes the input up to and with the next \n, or all of it. */
static struct span take_piece(struct span *input, bool *ends)
{
    const char *end = memchr(input->bytes, '\n', input->size);
    *ends = end != NULL;
    struct span piece = {input->bytes, end ? (size_t)(end - input->bytes) + 1 : input->size};
    input->bytes += piece.size;
    input->size -= piece.size;
    return piece;
}

static bool is_empty(struct span line)
{
    return line.size == 0 || (line.size == 1 && line.bytes[0] == '\r');
}

bool line_next(struct line_splitter *s, struct span *input, struct span *line, enum err *err)
{
    *err = ERR_OK;
    while (input->size > 0) {
        if (s->size > 0 && s->held[s->size - 1] == '\n')
            s->size = 0;
        bool ends;
        struct span piece = take_piece(input, &ends);
        /* An unfinished line has a \n still to come. */
        if (s->size + piece.size + !ends > LIMIT_LINE) {
            *err = ERR_SIZE;
            return false;
        }
        if (s->size > 0 || !ends) {
            *err = hold(s, piece);
            piece = (struct span){s->held, s->size};
        }
        if (*err != ERR_OK || !ends)
            return false;
        *line = (struct span){piece.bytes, piece.size - 1};
        if (!is_empty(*line))
            return true;
    }
    if (s->size == 0 || s->held[s->size - 1] == '\n')
        line_fini(s);
    return false;
}
