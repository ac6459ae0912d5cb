#ifndef IO_SOURCE_OBJECT_H
#define IO_SOURCE_OBJECT_H

#include "io/source_decoder.h"

/* One JSON object of a program's output, taken apart into readings. */

struct source_object_value {
    char path[DATASET_JSON_PATH_BYTES_MAX + 1];
    bool in_array;
    struct dataset_cell cell;
};

struct source_object {
    struct source_object_value values[SOURCE_DECODER_VALUES_MAX];
    size_t value_count;
    struct dataset_name names[SOURCE_DECODER_VALUES_MAX];
    struct reading readings[SOURCE_DECODER_VALUES_MAX];
    size_t reading_count;
};

enum source_object_result {
    SOURCE_OBJECT_READ,
    SOURCE_OBJECT_LEFT_OUT, /* by --where */
    SOURCE_OBJECT_BAD,      /* *reason says why */
};

/* `text` must be one JSON object; `scratch` as large as it. The readings point into both and into
 * the options. */
enum source_object_result source_object_read(struct source_object *o, struct span text,
                                             char *scratch,
                                             const struct source_decoder_options *options,
                                             const char **reason);

#endif
