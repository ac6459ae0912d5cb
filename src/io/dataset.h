#ifndef IO_DATASET_H
#define IO_DATASET_H

#include "io/dataset_plan.h"

#include "core/reading.h"

/* A recorded dataset, from the bytes of a file to readings. Pure: the caller shows windows of the
 * file and moves them, reads no less than it is told to, and keeps the time of the replay.
 *
 *     dataset_new(head)                       tells the form
 *     dataset_look() until _ENOUGH or _END    sees what the columns hold
 *     dataset_settle()                        decides; from here on rows are readings
 *     dataset_next() from the file's start    as often as dataset_rewind() says
 *
 * Windows are moved by what a call says it used; a window of DATASET_TABLE_WINDOW_BYTES (or to the
 * end of the file) always holds a row. */

struct source_column; /* source.h */
struct source_filter;

enum {
    DATASET_LOOK_BYTES = 4194304,        /* looked at before anything is decided */
    DATASET_LOOK_DATES_BYTES = 67108864, /* ... when the order of day and month is still open */
    DATASET_TEXT_BYTES = 512,
};

struct dataset_options {
    const char *name; /* of the file, for what is said of it */
    const struct source_column *columns;
    size_t column_count;
    const struct source_filter *filters;
    size_t filter_count;
    const char *missing; /* a declared sentinel, or NULL */
    void *context;
    void (*on_notice)(void *context, const char *text); /* called by dataset_settle() */
};

struct dataset;

struct dataset_row {
    const struct reading *readings; /* until the next call */
    size_t count;
    int64_t ms; /* the row's time, for spacing; valid when has_time */
    bool has_time;
    const char *text; /* of a wrong row: "data.csv:17:3: what is wrong" */
};

enum dataset_result {
    DATASET_ROW,
    DATASET_SKIP, /* bytes to pass over: no row, a row that --where leaves out, or one of no value
                   */
    DATASET_WRONG,
    DATASET_MORE, /* show more bytes */
    DATASET_END,
    DATASET_ENOUGH, /* dataset_look(): seen enough */
};

/* The options are borrowed until dataset_settle() has returned. `head` is the first
 * DATASET_TABLE_HEAD_BYTES of the file or all of it. On failure `message` says what is wrong with
 * the file. Errors: ERR_NOT_FOUND (it is empty), ERR_SYNTAX, ERR_SIZE, ERR_MEMORY. */
MUST_USE enum err dataset_new(struct dataset **dataset, const struct dataset_options *options,
                              struct csv_window head, struct buf *message);
void dataset_free(struct dataset *d);
/* Where in the file the first window begins. */
size_t dataset_start(const struct dataset *d);
/* Looks at one row. */
enum dataset_result dataset_look(struct dataset *d, struct csv_window window, size_t *used);
/* Errors as dataset_plan_init(). The dataset is rewound. */
MUST_USE enum err dataset_settle(struct dataset *d, const struct dataset_options *options,
                                 struct buf *message);
void dataset_rewind(struct dataset *d);
/* Reads one row. */
enum dataset_result dataset_next(struct dataset *d, struct csv_window window, size_t *used,
                                 struct dataset_row *out);
/* Whether rows have a time at all. */
bool dataset_has_time(const struct dataset *d);

#endif
