#ifndef IO_SOURCE_DECODER_H
#define IO_SOURCE_DECODER_H

#include "io/dataset_json.h"
#include "io/dataset_names.h"

#include "core/reading.h"

/* From what a program prints to readings: JSON, one text a line, or one that is spread over lines
 * as tools print it for people. Pure: bytes go in as they come, however they are cut, and readings
 * come out.
 *
 * An object is {"type":"temperature","value":24.5}, perhaps with "unit", or names its values by
 * its members: {"temperature":24.5,"humidity":40}; each number and each true or false is a reading,
 * of nested objects too. An array holds such objects, each a moment of its own. A member that says
 * when (timestamp, time, ts, ...) is the time of the readings. */

enum {
    SOURCE_DECODER_LINE_BYTES_MAX = 65536,
    SOURCE_DECODER_TEXT_BYTES_MAX = 1048576, /* of a JSON text over several lines */
    SOURCE_DECODER_VALUES_MAX = 64,          /* of one object; more are passed over */
    SOURCE_DECODER_MESSAGE_BYTES = 256,
};

struct source_column; /* source.h */
struct source_filter;

struct source_decoder_options {
    const struct source_column *columns; /* when given, only these paths are readings */
    size_t column_count;
    const struct source_filter *filters;
    size_t filter_count;
};

struct source_decoder;

enum source_decoder_result {
    SOURCE_DECODER_ROW,  /* the readings of one object */
    SOURCE_DECODER_SKIP, /* nothing to report: call again */
    SOURCE_DECODER_BAD,  /* row.text says what was wrong with which text */
    SOURCE_DECODER_MORE, /* put more, or end */
    SOURCE_DECODER_END,
};

struct source_decoder_row {
    const struct reading *readings; /* until the next call of any function here */
    size_t count;
    const char *text;
};

/* The options are borrowed for the life of the decoder. ERR_MEMORY. */
MUST_USE enum err source_decoder_new(struct source_decoder **decoder,
                                     const struct source_decoder_options *options);
void source_decoder_free(struct source_decoder *d);
/* ERR_MEMORY; nothing is taken then. */
MUST_USE enum err source_decoder_put(struct source_decoder *d, const char *bytes, size_t size);
/* No more bytes will come: what is there is all. */
void source_decoder_finish(struct source_decoder *d);
/* A new program begins to print. */
void source_decoder_reset(struct source_decoder *d);
enum source_decoder_result source_decoder_next(struct source_decoder *d,
                                               struct source_decoder_row *row);

#endif
