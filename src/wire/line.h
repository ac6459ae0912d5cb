#ifndef WIRE_LINE_H
#define WIRE_LINE_H

#include "base/err.h"
#include "base/span.h"
#include "core/limits.h"

/* Lines out of a byte stream, however it is cut into pieces: the same bytes give the same lines,
 * and fail at the same line. A line ends with \n (a \r before it is white space to JSON) and takes
 * at most LIMIT_LINE bytes with it. Empty lines, \r\n too, are passed over. */
struct line_splitter {
    char *held; /* the start of an unfinished line, or the line given last (then it ends with
                   \n); NULL while there is none, so that an idle session costs nothing */
    size_t size;
    size_t capacity; /* a power of two, at most LIMIT_LINE */
};

void line_init(struct line_splitter *s);
void line_fini(struct line_splitter *s);
/* Gives the next whole line, without its end, out of what is held and *input, which is advanced.
 * True: *line is valid until the next call; it points into the input when the line came whole.
 * False: nothing more for now (*err is ERR_OK), or the session has to end: ERR_SIZE (a line beyond
 * LIMIT_LINE) or ERR_MEMORY. Call it until it is false: only then is the input used up. */
bool line_next(struct line_splitter *s, struct span *input, struct span *line, enum err *err);

#endif
