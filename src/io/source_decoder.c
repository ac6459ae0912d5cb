/* Lines are gathered until their brackets match: most often that is one line. A text over several
 * lines is told from a broken line by what follows: a whole object on a line of its own, within
 * what is still an open object, cannot belong to it; then the lines before it are given up. */
#include "io/source_decoder.h"

#include "io/source_object.h"

#include "base/buf.h"
#include "base/text.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 63, EXCERPT_BYTES = 80, CAPACITY_FIRST = 4096 };

/* How far the brackets of a text were followed. */
struct brackets {
    size_t at;
    uint32_t depth;
    uint64_t objects; /* one bit a depth */
    bool in_string;
    bool escaped;
    bool mismatch;
};

struct source_decoder {
    const struct source_decoder_options *options;
    char *bytes;
    size_t begin; /* of the text that is gathered */
    size_t end;
    size_t capacity;
    struct brackets brackets;
    bool finished;
    bool skipping; /* within a line that is too long */
    size_t array;  /* an array is read, and ends here; 0: none is */
    struct dataset_json elements;
    size_t element_at;
    char *scratch;
    size_t scratch_capacity;
    char message[SOURCE_DECODER_MESSAGE_BYTES];
    struct source_object object;
};

enum err source_decoder_new(struct source_decoder **decoder,
                            const struct source_decoder_options *options)
{
    *decoder = calloc(1, sizeof **decoder);
    if (!*decoder)
        return ERR_MEMORY;
    (*decoder)->options = options;
    return ERR_OK;
}

void source_decoder_free(struct source_decoder *d)
{
    if (!d)
        return;
    free(d->bytes);
    free(d->scratch);
    free(d);
}

void source_decoder_reset(struct source_decoder *d)
{
    d->begin = d->end = d->array = 0;
    d->finished = d->skipping = false;
    d->brackets = (struct brackets){0};
}

void source_decoder_finish(struct source_decoder *d)
{
    d->finished = true;
}

enum err source_decoder_put(struct source_decoder *d, const char *bytes, size_t size)
{
    if (!d->array && d->begin > 0) {
        memmove(d->bytes, d->bytes + d->begin, d->end - d->begin);
        d->end -= d->begin;
        d->begin = 0;
    }
    size_t capacity = d->capacity ? d->capacity : CAPACITY_FIRST;
    while (capacity - d->end < size)
        capacity *= 2;
    if (capacity > d->capacity) {
        char *grown = realloc(d->bytes, capacity);
        if (!grown)
            return ERR_MEMORY;
        d->bytes = grown;
        d->capacity = capacity;
    }
    memcpy(d->bytes + d->end, bytes, size);
    d->end += size;
    return ERR_OK;
}

static void follow_byte(struct brackets *b, char c)
{
    if (b->in_string) {
        b->in_string = b->escaped || c != '"';
        b->escaped = !b->escaped && c == '\\';
    } else if (c == '"') {
        b->in_string = true;
    } else if (c == '{' || c == '[') {
        b->mismatch |= b->depth == DEPTH_MAX;
        b->depth += b->depth < DEPTH_MAX;
        b->objects &= ~(UINT64_C(1) << b->depth);
        b->objects |= (uint64_t)(c == '{') << b->depth;
    } else if (c == '}' || c == ']') {
        b->mismatch |= b->depth == 0 || (b->objects >> b->depth & 1) != (c == '}');
        b->depth -= b->depth > 0;
    }
}

static void follow(struct brackets *b, struct span line)
{
    for (size_t i = 0; i < line.size; i++)
        follow_byte(b, line.bytes[i]);
}

static bool is_whole_object(struct span line)
{
    struct json_reader r;
    json_reader_init(&r, line);
    enum json_token token = json_next(&r);
    return token == JSON_OBJECT && json_skip(&r, token) && json_next(&r) == JSON_END;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\x1e';
}

static struct span trim(struct span s)
{
    while (s.size && is_space(*s.bytes)) {
        s.bytes++;
        s.size--;
    }
    while (s.size && is_space(s.bytes[s.size - 1]))
        s.size--;
    return s;
}

/* What was wrong, with the beginning of what it was wrong with. */
static enum source_decoder_result bad(struct source_decoder *d, const char *reason,
                                      struct span text, struct source_decoder_row *row)
{
    struct buf b;
    buf_init(&b, d->message, sizeof d->message - 1);
    buf_text(&b, reason);
    buf_text(&b, ": ");
    text_escape(&b, trim(text), EXCERPT_BYTES);
    d->message[b.size] = '\0';
    row->text = d->message;
    return SOURCE_DECODER_BAD;
}

/* Passes over the gathered text up to `end`. */
static void pass(struct source_decoder *d, size_t end)
{
    d->begin = end;
    d->brackets = (struct brackets){0};
}

static bool make_scratch(struct source_decoder *d, size_t size)
{
    if (size <= d->scratch_capacity)
        return true;
    char *grown = realloc(d->scratch, size);
    if (!grown)
        return false;
    d->scratch = grown;
    d->scratch_capacity = size;
    return true;
}

static enum source_decoder_result read_object(struct source_decoder *d, struct span text,
                                              struct source_decoder_row *row)
{
    const char *reason = "out of memory";
    enum source_object_result result = SOURCE_OBJECT_BAD;
    if (make_scratch(d, text.size))
        result = source_object_read(&d->object, text, d->scratch, d->options, &reason);
    if (result == SOURCE_OBJECT_BAD)
        return bad(d, reason, text, row);
    if (result == SOURCE_OBJECT_LEFT_OUT)
        return SOURCE_DECODER_SKIP;
    row->readings = d->object.readings;
    row->count = d->object.reading_count;
    return SOURCE_DECODER_ROW;
}

static enum source_decoder_result next_element(struct source_decoder *d,
                                               struct source_decoder_row *row)
{
    struct span rest = {d->bytes + d->element_at, d->array - d->element_at};
    struct dataset_json_element element;
    enum dataset_json_result result = dataset_json_next(&d->elements, rest, DATASET_JSON_WHOLE,
                                                        &element);
    struct span text = {rest.bytes, element.size};
    d->element_at += element.size;
    switch (result) {
    case DATASET_JSON_ELEMENT:
        return read_object(d, element.text, row);
    case DATASET_JSON_WRONG:
        return bad(d, element.error, text, row);
    case DATASET_JSON_SPACE:
        return SOURCE_DECODER_SKIP;
    default:
        pass(d, d->array);
        d->array = 0;
        return SOURCE_DECODER_SKIP;
    }
}

/* The text from begin to `end` is gathered: its brackets match. */
static enum source_decoder_result read_text(struct source_decoder *d, size_t end,
                                            struct source_decoder_row *row)
{
    struct span text = trim((struct span){d->bytes + d->begin, end - d->begin});
    if (text.size && *text.bytes == '[' && text.bytes[text.size - 1] == ']') {
        d->array = end;
        d->elements = (struct dataset_json){.form = DATASET_JSON_ARRAY};
        d->element_at = (size_t)(text.bytes + 1 - d->bytes);
        d->brackets = (struct brackets){0};
        return SOURCE_DECODER_SKIP;
    }
    pass(d, end);
    if (text.size && text.bytes[text.size - 1] == ',')
        text.size--;
    if (text.size == 0)
        return SOURCE_DECODER_SKIP;
    if (*text.bytes != '{')
        return bad(d, "this is not a JSON object", text, row);
    return read_object(d, text, row);
}

static enum source_decoder_result give_up(struct source_decoder *d, size_t end, const char *reason,
                                          struct source_decoder_row *row)
{
    struct span text = {d->bytes + d->begin, end - d->begin};
    pass(d, end);
    return bad(d, reason, text, row);
}

/* One more line is there, up to `end`; brackets.at is where it begins. */
static enum source_decoder_result take_line(struct source_decoder *d, size_t end,
                                            struct source_decoder_row *row)
{
    struct brackets *b = &d->brackets;
    size_t line_at = d->begin + b->at;
    struct span line = {d->bytes + line_at, end - line_at};
    bool in_object = b->depth > 0 && (b->objects >> b->depth & 1);
    if (in_object && is_whole_object(trim(line)))
        return give_up(d, line_at, "a line that does not end", row);
    follow(b, line);
    b->at = end - d->begin;
    if (b->mismatch && b->depth == 0)
        return read_text(d, end, row); /* the reader says what is wrong */
    if (b->mismatch || b->in_string)
        return give_up(d, end, "brackets or quotes do not match", row);
    if (b->depth == 0)
        return read_text(d, end, row);
    if (b->at > SOURCE_DECODER_TEXT_BYTES_MAX)
        return give_up(d, end, "a text of more than 1 MiB", row);
    return SOURCE_DECODER_SKIP;
}

static enum source_decoder_result skip_line(struct source_decoder *d, const char *line_end)
{
    pass(d, line_end ? (size_t)(line_end + 1 - d->bytes) : d->end);
    d->skipping = !line_end;
    return SOURCE_DECODER_SKIP;
}

enum source_decoder_result source_decoder_next(struct source_decoder *d,
                                               struct source_decoder_row *row)
{
    *row = (struct source_decoder_row){0};
    if (d->array)
        return next_element(d, row);
    size_t at = d->begin + d->brackets.at;
    size_t size = d->end - at;
    const char *line_end = size ? memchr(d->bytes + at, '\n', size) : NULL;
    if (d->skipping && size)
        return skip_line(d, line_end);
    size_t line = line_end ? (size_t)(line_end + 1 - (d->bytes + at)) : size;
    if (line > SOURCE_DECODER_LINE_BYTES_MAX) {
        enum source_decoder_result result = give_up(d, at + line, "a line of more than 65536 bytes",
                                                    row);
        d->skipping = !line_end;
        return result;
    }
    if (line_end || (d->finished && size))
        return take_line(d, at + line, row);
    if (!d->finished)
        return SOURCE_DECODER_MORE;
    if (d->brackets.at)
        return give_up(d, d->end, "the output ends within a JSON text", row);
    return SOURCE_DECODER_END;
}
