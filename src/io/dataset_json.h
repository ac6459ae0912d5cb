#ifndef IO_DATASET_JSON_H
#define IO_DATASET_JSON_H

#include "io/dataset_cell.h"

#include "base/err.h"

/* Finds the elements of a JSON file of any size, one at a time, without reading the file as a
 * whole, and takes an element apart into values with dotted paths (main.temp, weather.0.id).
 *
 * Told apart from the file's beginning: an array of objects; one object a line; objects one behind
 * the other, each over several lines; and one object that holds the array of rows somewhere within
 * (the array of objects with the most elements there). */

enum { DATASET_JSON_ELEMENT_BYTES_MAX = 65536, DATASET_JSON_PATH_BYTES_MAX = 255 };

enum dataset_json_form {
    DATASET_JSON_LINES,  /* each line is an element */
    DATASET_JSON_STREAM, /* elements one behind the other, until the end of the file */
    DATASET_JSON_ARRAY,  /* elements and commas, until a closing bracket */
};

struct dataset_json {
    enum dataset_json_form form;
    size_t start; /* bytes of the file before the first element */
    /* How far the element at the window's first byte has been looked at. */
    size_t at;
    uint32_t depth;
    uint64_t objects; /* one bit a depth: it is an object */
    bool in_string;
    bool escaped;
    bool skipping; /* within an element that is too long */
    bool ended;    /* behind the closing bracket */
};

enum dataset_json_result {
    DATASET_JSON_ELEMENT, /* element.text; it may still not be JSON */
    DATASET_JSON_WRONG,   /* element.error; pass over element.size bytes */
    DATASET_JSON_SPACE,   /* nothing but element.size bytes to pass over */
    DATASET_JSON_MORE,    /* the window ends within an element; 65536 bytes are always enough */
    DATASET_JSON_END,
};

struct dataset_json_element {
    struct span text;
    size_t size; /* bytes to pass over */
    const char *error;
};

/* Tells the form. `head` is the beginning of the file, `last` that it is all of it. */
enum dataset_json_ending { DATASET_JSON_GOES_ON, DATASET_JSON_WHOLE };
void dataset_json_detect(struct dataset_json *json, struct span head,
                         enum dataset_json_ending ending);
/* Back to the first element. */
void dataset_json_rewind(struct dataset_json *json);
/* The window begins where the last call left off; the first at json->start. */
enum dataset_json_result dataset_json_next(struct dataset_json *json, struct span window,
                                           enum dataset_json_ending ending,
                                           struct dataset_json_element *element);

/* One value of an element. Paths and texts are borrowed for the call. */
struct dataset_json_visitor {
    void *context;
    void (*on_value)(void *context, struct span path, const struct dataset_cell *cell);
    char *scratch; /* as many bytes as the element has, for texts with escapes; they stay there */
};
/* Walks through an element that must be one JSON object. False when it is not; *error and
 * *error_at (bytes behind its first) say why. Values in paths longer than
 * DATASET_JSON_PATH_BYTES_MAX are passed over. */
bool dataset_json_visit(struct span element, const struct dataset_json_visitor *visitor,
                        const char **error, size_t *error_at);

/* Copies the element with null for each bare NaN, which is no JSON but what Python writes for a
 * missing value; the copy takes at most a third more. Returns its size, 0 when there is none. */
size_t dataset_json_replace_nan(struct span element, char *out);

#endif
