#ifndef APP_DURATION_H
#define APP_DURATION_H

#include "base/buf.h"
#include "base/err.h"

/* Spans of time as people write and read them. */

/* "500ms", "10s", "2m", "1h30m", "1d"; a plain number is seconds. ERR_SYNTAX, ERR_RANGE (negative,
 * or more than a hundred days). */
MUST_USE enum err duration_parse(struct span text, double *seconds);
/* "41 ms", "2.1 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
void duration_write(struct buf *b, uint64_t ms);

#endif
