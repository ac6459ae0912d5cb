#ifndef IO_TIMESTAMP_H
#define IO_TIMESTAMP_H

#include "base/span.h"

/* Dates and times as people and loggers write them, read without a locale and without a clock.
 *
 * A moment is a date and a clock time: 2015-02-04 17:51:00, 2025-10-24T10:00:00.5+02:00,
 * 10/03/2004 18.00.00, 16-Mar-2004 6:05 PM, 20041003T180000Z,
 * Wed, 04 Feb 2015 17:51:00 GMT. A date alone and a clock time alone
 * are read too, for files that keep them in two columns. A time that names no zone is taken as
 * UTC. */

enum timestamp_kind { TIMESTAMP_DATE, TIMESTAMP_CLOCK, TIMESTAMP_MOMENT };

/* How to read 10/03/2004, where the day and the month both come before the year. */
enum timestamp_order {
    TIMESTAMP_DAY_FIRST,
    TIMESTAMP_MONTH_FIRST,
    TIMESTAMP_EITHER, /* day first, unless only month first makes a date */
};

struct timestamp {
    enum timestamp_kind kind;
    int64_t ms; /* DATE, MOMENT: since 1970 UTC, may be negative; CLOCK: since midnight */
    /* The two numbers before the year, when the text leaves their order open; else 0. */
    uint8_t first;
    uint8_t second;
};

/* Reads the whole text; spaces around it are the caller's. False when it is none of the above.
 * Years 1600 to 2399. */
bool timestamp_parse(struct span text, enum timestamp_order order, struct timestamp *out);
/* Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by magnitude (1e8 is
 * March 1973; 1e11 and more are milliseconds, 1e14 microseconds, 1e17 nanoseconds). The text is
 * digits with an optional fraction; false when it is something else or earlier. */
bool timestamp_parse_epoch(struct span text, int64_t *ms);
/* The same from a number. */
bool timestamp_from_epoch(double value, int64_t *ms);
/* Milliseconds from 1970 to this day of the Gregorian calendar; false when there is no such day. */
bool timestamp_from_day(int year, int month, int day, int64_t *ms);
/* "2025-10-24T10:00:00", or with milliseconds when there are any: "2025-10-24T10:00:00.250".
 * Returns the length; years 0 to 9999. */
enum { TIMESTAMP_TEXT_MAX = 24 };
size_t timestamp_format(char out[TIMESTAMP_TEXT_MAX], int64_t ms);

#endif
