#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include "base/err.h"
#include "core/reading.h"

#include <uv.h>

/* Where a sensor's readings come from. A source runs on the loop and calls back; it owns what it
 * passes, for the duration of the call. Kinds: simulated (simulate.h), a recorded dataset
 * (dataset.h), a command that prints JSON, and standard input. Every kind obeys --every, --count
 * and --seed where they apply. */

enum source_kind { SOURCE_SIMULATE, SOURCE_DATASET, SOURCE_EXEC, SOURCE_STDIN };

/* --column NAME[=TYPE[:UNIT]]: NAME is a header name or a dotted path into JSON; TYPE defaults to
 * the name made into a property, UNIT to what is known of the type. */
struct source_column {
    char *name;
    char *type; /* NULL: from the name */
    char *unit; /* NULL: from the type */
};

/* --where COLUMN=VALUE */
struct source_filter {
    char *column;
    char *value;
};

struct source_options {
    enum source_kind kind;
    const char *scenario; /* SOURCE_SIMULATE: NULL for the default temperature, else home,
                             environment, ... */
    const char *path;     /* SOURCE_DATASET: the file */
    const char *command;  /* SOURCE_EXEC: for /bin/sh -c */
    const struct source_column *columns;
    size_t column_count;
    const struct source_filter *filters;
    size_t filter_count;
    const char *missing; /* a sentinel declared by the user ("-200"), or NULL */
    double every_s;      /* 0: not given */
    double speed;        /* 0: not given; INFINITY: max */
    uint64_t count;      /* readings (rows of a dataset) in all; 0: no end */
    uint64_t seed;
    bool seed_given;
    bool loop;
};

struct source_handler {
    void *context;
    /* One row: all readings of one moment together. False when the receiver has no room: the source
     * must stop at once, keep this row, and offer it again after source_resume(). */
    bool (*on_readings)(void *context, const struct reading *readings, size_t count);
    /* Something a person should know, once: a spacing chosen, a sentinel found, a row skipped
     * ("data.csv:17:3: ..."). */
    void (*on_notice)(void *context, const char *text);
    /* Nothing more will come; err is ERR_OK at the end of a dataset, of --count or of standard
     * input; otherwise text says what happened ("the command ended with status 3: ...") and what to
     * do. Never called from within source_start(). */
    void (*on_end)(void *context, enum err err, const char *text);
};

struct source;

/* Opens the source (reads a dataset's first rows to tell its dialect) and starts it on the loop. On
 * failure nothing stays behind, and `message` says what was wrong with which file, line or column,
 * and what to do next. Errors: ERR_NOT_FOUND, ERR_IO, ERR_SYNTAX (no usable column: the message
 * lists those there are), ERR_MEMORY. */
MUST_USE enum err source_start(struct source **source, uv_loop_t *loop,
                               const struct source_options *options,
                               const struct source_handler *handler, char *message,
                               size_t message_bytes);
void source_resume(struct source *s);
/* Stops, ends the command it runs, if any, and frees once the loop has closed its handles. No
 * callback comes after. */
void source_stop(struct source *s);

#endif
