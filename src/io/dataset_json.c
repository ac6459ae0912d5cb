/* Two passes, so that memory stays flat: a scanner that only knows brackets and strings finds where
 * an element ends; then the strict reader of wire/json takes that element apart.
 *
 * What is broken costs as little as can be told: in lines, the line; elsewhere, the element up to
 * the end of its first line, behind which the scanner looks for the next; in an array, a number or
 * a text where an object should stand costs itself. */
#include "io/dataset_json.h"

#include "wire/json.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 63, CANDIDATES_DEPTH_MAX = 16 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\x1e'; /* RFC 7464 */
}

/* One byte of an element. False when the brackets do not match. */
static bool scan_byte(struct dataset_json *json, char c)
{
    if (json->in_string) {
        if (json->escaped)
            json->escaped = false;
        else if (c == '\\')
            json->escaped = true;
        else if (c == '"')
            json->in_string = false;
        return true;
    }
    if (c == '"') {
        json->in_string = true;
    } else if (c == '{' || c == '[') {
        if (json->depth == DEPTH_MAX)
            return false;
        json->depth++;
        json->objects &= ~(UINT64_C(1) << json->depth);
        json->objects |= (uint64_t)(c == '{') << json->depth;
    } else if (c == '}' || c == ']') {
        if (json->depth == 0 || (json->objects >> json->depth & 1) != (c == '}'))
            return false;
        json->depth--;
    }
    return true;
}

static void forget(struct dataset_json *json)
{
    json->at = 0;
    json->depth = 0;
    json->in_string = json->escaped = false;
}

static enum dataset_json_result found(struct dataset_json *json, struct span window, size_t size,
                                      struct dataset_json_element *element)
{
    element->text = (struct span){window.bytes, size};
    element->size = size;
    forget(json);
    return DATASET_JSON_ELEMENT;
}

/* Gives the element up to the end of its first line, or all that was looked at. */
static enum dataset_json_result give_up(struct dataset_json *json, struct span window, size_t seen,
                                        const char *error, struct dataset_json_element *element)
{
    const char *line_end = memchr(window.bytes, '\n', seen);
    element->size = line_end ? (size_t)(line_end + 1 - window.bytes) : seen;
    element->error = error;
    json->skipping = !line_end && seen >= DATASET_JSON_ELEMENT_BYTES_MAX;
    forget(json);
    return DATASET_JSON_WRONG;
}

/* From the first byte of an element that opens a bracket to its matching one. */
static enum dataset_json_result bracketed(struct dataset_json *json, struct span window,
                                          enum dataset_json_ending ending,
                                          struct dataset_json_element *element)
{
    size_t limit = window.size < DATASET_JSON_ELEMENT_BYTES_MAX ? window.size
                                                                : DATASET_JSON_ELEMENT_BYTES_MAX;
    while (json->at < limit) {
        char c = window.bytes[json->at++];
        if (!scan_byte(json, c))
            return give_up(json, window, json->at, "brackets that do not match", element);
        if (json->depth == 0 && !json->in_string)
            return found(json, window, json->at, element);
    }
    if (limit == DATASET_JSON_ELEMENT_BYTES_MAX)
        return give_up(json, window, limit, "an element of more than 65536 bytes", element);
    if (ending == DATASET_JSON_GOES_ON)
        return DATASET_JSON_MORE;
    return give_up(json, window, limit, "the file ends within an element", element);
}

/* Where something ends that opens no bracket: with its line, and in an array, which may stand in
 * one line whole, before what separates elements; window.size when it does not end. */
static size_t stray_end(const struct dataset_json *json, struct span window)
{
    struct dataset_json scan = {0};
    size_t at = 0;
    while (at < window.size && window.bytes[at] != '\n') {
        char c = window.bytes[at];
        bool ends = c == ',' || c == ']' || c == '{' || c == '[';
        if (json->form == DATASET_JSON_ARRAY && !scan.in_string && ends)
            break;
        (void)scan_byte(&scan, c); /* strings matter here, brackets do not */
        at++;
    }
    return at;
}

/* Something between elements that opens no bracket. */
static enum dataset_json_result stray(struct dataset_json *json, struct span window,
                                      enum dataset_json_ending ending,
                                      struct dataset_json_element *element)
{
    size_t end = stray_end(json, window);
    if (end == window.size && ending == DATASET_JSON_GOES_ON &&
        window.size < DATASET_JSON_ELEMENT_BYTES_MAX)
        return DATASET_JSON_MORE;
    return give_up(json, window, end, "an object was expected", element);
}

static enum dataset_json_result next_line(struct dataset_json *json, struct span window,
                                          enum dataset_json_ending ending,
                                          struct dataset_json_element *element)
{
    size_t limit = window.size < DATASET_JSON_ELEMENT_BYTES_MAX ? window.size
                                                                : DATASET_JSON_ELEMENT_BYTES_MAX;
    const char *line_end = memchr(window.bytes, '\n', limit);
    if (!line_end && limit == DATASET_JSON_ELEMENT_BYTES_MAX)
        return give_up(json, window, limit, "a line of more than 65536 bytes", element);
    if (!line_end && ending == DATASET_JSON_GOES_ON)
        return DATASET_JSON_MORE;
    size_t size = line_end ? (size_t)(line_end - window.bytes) : limit;
    element->text = (struct span){window.bytes, size};
    element->size = size + (line_end != NULL);
    while (element->text.size && is_space(window.bytes[element->text.size - 1]))
        element->text.size--;
    if (element->text.size && window.bytes[element->text.size - 1] == ',')
        element->text.size--;
    return DATASET_JSON_ELEMENT;
}

/* Within an element that was given up as too long: up to the end of the line. */
static enum dataset_json_result skip(struct dataset_json *json, struct span window,
                                     struct dataset_json_element *element)
{
    const char *line_end = memchr(window.bytes, '\n', window.size);
    element->size = line_end ? (size_t)(line_end + 1 - window.bytes) : window.size;
    json->skipping = !line_end;
    return DATASET_JSON_SPACE;
}

enum dataset_json_result dataset_json_next(struct dataset_json *json, struct span window,
                                           enum dataset_json_ending ending,
                                           struct dataset_json_element *element)
{
    *element = (struct dataset_json_element){0};
    if (json->ended || (window.size == 0 && ending == DATASET_JSON_WHOLE))
        return DATASET_JSON_END;
    if (window.size == 0)
        return DATASET_JSON_MORE;
    if (json->skipping)
        return skip(json, window, element);
    size_t space = 0;
    while (space < window.size && (is_space(window.bytes[space]) || window.bytes[space] == ','))
        space++;
    if (space > 0) {
        element->size = space;
        return DATASET_JSON_SPACE;
    }
    if (json->form == DATASET_JSON_LINES)
        return next_line(json, window, ending, element);
    char c = *window.bytes;
    if (c == ']' && json->form == DATASET_JSON_ARRAY) {
        json->ended = true;
        return DATASET_JSON_END;
    }
    if (c == '{' || c == '[')
        return bracketed(json, window, ending, element);
    return stray(json, window, ending, element);
}

void dataset_json_rewind(struct dataset_json *json)
{
    json->skipping = json->ended = false;
    forget(json);
}

/* An array of objects within an object, and how many elements it has as far as is seen. */
struct candidate {
    size_t start;
    size_t elements;
};

static bool is_followed_by(struct span head, size_t at, char wanted)
{
    while (at < head.size && is_space(head.bytes[at]))
        at++;
    return at < head.size && head.bytes[at] == wanted;
}

/* Looks through one object for arrays of objects that are in no other array. */
static struct candidate find_array(struct span head, size_t at)
{
    struct dataset_json scan = {0};
    struct candidate best = {0};
    struct candidate open = {0};
    uint32_t open_depth = 0;
    for (; at < head.size; at++) {
        char c = head.bytes[at];
        bool outside = !scan.in_string;
        if (!scan_byte(&scan, c))
            break;
        if (outside && c == '[' && !open_depth && is_followed_by(head, at + 1, '{')) {
            open = (struct candidate){.start = at + 1};
            open_depth = scan.depth;
        }
        if (outside && c == '{' && open_depth && scan.depth == open_depth + 1)
            open.elements++;
        if (open_depth && open.elements > best.elements)
            best = open;
        if (outside && c == ']' && scan.depth + 1 == open_depth)
            open_depth = 0;
        if (scan.depth == 0 && !scan.in_string)
            break;
    }
    return best;
}

/* Behind the first object in the head; 0 when it does not end there. */
static size_t first_object_end(struct span head, size_t at)
{
    struct dataset_json scan = {0};
    while (at < head.size) {
        if (!scan_byte(&scan, head.bytes[at++]))
            return 0;
        if (scan.depth == 0 && !scan.in_string)
            return at;
    }
    return 0;
}

/* Objects one a line, or one behind the other; or a single one, which holds the rows when it has an
 * array of two or more objects, and is a row itself otherwise. */
static void detect_object(struct dataset_json *json, struct span head,
                          enum dataset_json_ending ending)
{
    size_t end = first_object_end(head, json->start);
    size_t behind = end;
    while (end && behind < head.size && (is_space(head.bytes[behind]) || head.bytes[behind] == ','))
        behind++;
    bool alone = !end || (behind == head.size && ending == DATASET_JSON_WHOLE);
    const char *line_end = memchr(head.bytes + json->start, '\n', head.size - json->start);
    bool one_line = end && line_end && head.bytes + end <= line_end &&
                    head.bytes + behind > line_end;
    if (!alone) {
        json->form = one_line ? DATASET_JSON_LINES : DATASET_JSON_STREAM;
        return;
    }
    struct candidate rows = find_array(head, json->start);
    json->form = DATASET_JSON_STREAM;
    if (rows.elements >= 2 || (rows.elements == 1 && !end)) {
        json->form = DATASET_JSON_ARRAY;
        json->start = rows.start;
    } else if (line_end && !end) {
        json->form = DATASET_JSON_LINES; /* its first line is broken: the others may not be */
    }
}

void dataset_json_detect(struct dataset_json *json, struct span head,
                         enum dataset_json_ending ending)
{
    *json = (struct dataset_json){.form = DATASET_JSON_STREAM};
    if (head.size >= 3 && memcmp(head.bytes, "\xef\xbb\xbf", 3) == 0)
        json->start = 3;
    while (json->start < head.size && is_space(head.bytes[json->start]))
        json->start++;
    if (json->start == head.size)
        return;
    if (head.bytes[json->start] == '[') {
        json->form = DATASET_JSON_ARRAY;
        json->start++;
    } else {
        detect_object(json, head, ending);
    }
}

/* The path of the value that is being read: "main." before the name of a member of main. */
struct path {
    char bytes[DATASET_JSON_PATH_BYTES_MAX + 1];
    size_t size;
    bool lost; /* too long; values below are passed over */
    struct {
        size_t size;
        uint32_t index; /* in an array: of the next element */
        bool array;
        bool lost;
    } steps[JSON_DEPTH_MAX + 1];
};

static void path_add(struct path *p, const char *bytes, size_t size)
{
    bool dot = p->size > 0;
    if (p->size + dot + size > DATASET_JSON_PATH_BYTES_MAX) {
        p->lost = true;
        return;
    }
    if (dot)
        p->bytes[p->size++] = '.';
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

static void path_key(struct path *p, const struct json_reader *r)
{
    char name[DATASET_JSON_PATH_BYTES_MAX];
    size_t size;
    if (json_text_copy(r, name, sizeof name, &size) == ERR_OK)
        path_add(p, name, size);
    else
        p->lost = true;
}

static void path_index(struct path *p, uint32_t depth)
{
    char digits[16];
    int size = snprintf(digits, sizeof digits, "%u", p->steps[depth].index++);
    path_add(p, digits, (size_t)size);
}

/* Back to the step that holds the value just read. */
static void path_back(struct path *p, uint32_t depth)
{
    p->size = p->steps[depth].size;
    p->lost = p->steps[depth].lost;
}

struct visit {
    struct json_reader reader;
    struct path path;
    const struct dataset_json_visitor *visitor;
    size_t scratch_used;
};

static void text_value(struct visit *v, struct dataset_cell *cell)
{
    cell->kind = DATASET_CELL_TEXT;
    cell->text = v->reader.text;
    if (!v->reader.escaped)
        return;
    char *copy = v->visitor->scratch + v->scratch_used;
    size_t size = 0;
    enum err err = json_text_copy(&v->reader, copy, v->reader.text.size, &size);
    check(err == ERR_OK); /* an escape is never shorter than what it stands for */
    cell->text = (struct span){copy, size};
    v->scratch_used += size;
}

static void visit_value(struct visit *v, enum json_token token)
{
    struct dataset_cell cell = {.at = (size_t)(v->reader.start - v->reader.begin)};
    switch (token) {
    case JSON_STRING:
        text_value(v, &cell);
        break;
    case JSON_NUMBER:
        cell.kind = DATASET_CELL_NUMBER;
        cell.number = v->reader.number;
        cell.text = v->reader.text;
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        cell.kind = token == JSON_TRUE ? DATASET_CELL_TRUE : DATASET_CELL_FALSE;
        cell.text = token == JSON_TRUE ? SPAN("true") : SPAN("false");
        break;
    default:
        cell.kind = DATASET_CELL_NULL;
        break;
    }
    if (!v->path.lost)
        v->visitor->on_value(v->visitor->context, (struct span){v->path.bytes, v->path.size},
                             &cell);
}

static void open_step(struct visit *v, enum json_token token)
{
    uint32_t depth = v->reader.depth;
    v->path.steps[depth].size = v->path.size;
    v->path.steps[depth].lost = v->path.lost;
    v->path.steps[depth].array = token == JSON_ARRAY;
    v->path.steps[depth].index = 0;
}

/* One token; false at the end or when it is malformed. */
static bool visit_token(struct visit *v)
{
    struct json_reader *r = &v->reader;
    enum json_token token = json_next(r);
    struct path *p = &v->path;
    switch (token) {
    case JSON_BAD:
    case JSON_END:
        return false;
    case JSON_KEY:
        path_key(p, r);
        return true;
    case JSON_OBJECT:
    case JSON_ARRAY:
        if (r->depth > 1 && p->steps[r->depth - 1].array)
            path_index(p, r->depth - 1);
        open_step(v, token);
        return true;
    case JSON_OBJECT_END:
    case JSON_ARRAY_END:
        break;
    default:
        if (p->steps[r->depth].array)
            path_index(p, r->depth);
        visit_value(v, token);
        break;
    }
    path_back(p, r->depth);
    return true;
}

bool dataset_json_visit(struct span element, const struct dataset_json_visitor *visitor,
                        const char **error, size_t *error_at)
{
    struct visit v;
    json_reader_init(&v.reader, element);
    memset(&v.path.steps[0], 0, sizeof v.path.steps[0]);
    v.path.size = 0;
    v.path.lost = false;
    v.visitor = visitor;
    v.scratch_used = 0;
    *error = "an object was expected";
    *error_at = 0;
    if (element.size == 0 || *element.bytes != '{')
        return false;
    while (visit_token(&v))
        continue;
    *error = json_error(&v.reader, error_at);
    return v.reader.error == NULL;
}

size_t dataset_json_replace_nan(struct span element, char *out)
{
    struct dataset_json scan = {0};
    size_t size = 0;
    bool replaced = false;
    for (size_t i = 0; i < element.size; i++) {
        if (!scan.in_string && element.size - i >= 3 && memcmp(element.bytes + i, "NaN", 3) == 0) {
            memcpy(out + size, "null", 4);
            size += 4;
            i += 2;
            replaced = true;
            continue;
        }
        out[size++] = element.bytes[i];
        if (!scan_byte(&scan, element.bytes[i]))
            return 0;
    }
    return replaced ? size : 0;
}
