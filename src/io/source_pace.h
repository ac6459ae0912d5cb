#ifndef IO_SOURCE_PACE_H
#define IO_SOURCE_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* When the next row of a replay is due. Pure; times in milliseconds.
 *
 * With --every: one row every so often. With --speed: the file's spacing divided by it (infinity:
 * none). With neither: the file's spacing, but more than SOURCE_PACE_SPACING_MAX_MS becomes
 * SOURCE_PACE_USUAL_MS. Where the file has no time: SOURCE_PACE_USUAL_MS, divided by the speed. A
 * row earlier than the one before is due at once. */

enum { SOURCE_PACE_SPACING_MAX_MS = 10000, SOURCE_PACE_USUAL_MS = 2000 };

struct source_pace {
    double every_ms; /* 0: not given */
    double speed;    /* 0: not given */
    bool file_has_time;
    bool begun;
    bool has_last;
    int64_t last_ms; /* time of the last row that had one */
    bool spaced;     /* a second row has come */
    double gap_ms;   /* before the last row */
};

enum source_pace_remark {
    SOURCE_PACE_NOTHING,
    SOURCE_PACE_SQUEEZED,  /* a spacing of the file was too long, by `*spacing_ms` */
    SOURCE_PACE_BACKWARDS, /* the row is earlier than the one before, by `*spacing_ms` */
    SOURCE_PACE_TIMELESS,  /* the file has no time, and --every is not given */
};

/* How long after the row before this one is due: *gap_ms, 0 for the first. `row_ms` is NULL for a
 * row without a time. */
enum source_pace_remark source_pace_next(struct source_pace *p, const int64_t *row_ms,
                                         double *gap_ms, int64_t *spacing_ms);
/* The file begins again: its first row comes after the last gap; that of a file of one row as the
 * next row of a file without times would. */
void source_pace_restart(struct source_pace *p);

#endif
