#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/check.h"

/* Why something failed because the world is like that. The shell adds the context (which device,
 * which file, what to do next) once, where it tells a person. */
enum err {
    ERR_OK = 0,
    ERR_MEMORY,    /* out of memory */
    ERR_FULL,      /* a bound of ours or the disk's */
    ERR_IO,        /* the operating system refused */
    ERR_SYNTAX,    /* not well-formed */
    ERR_RANGE,     /* well-formed, but a value is out of its bounds */
    ERR_SIZE,      /* longer or shorter than allowed */
    ERR_NOT_FOUND, /* no such thing */
    ERR_EXISTS,    /* there already */
    ERR_DENIED,    /* not allowed, or not proven */
    ERR_STALE,     /* older than what is known */
    ERR_CORRUPT,   /* stored bytes are not what was written */
    ERR_BUSY,      /* held by another process */
    ERR_CLOSED,    /* the other side is gone */
    ERR_TIMEOUT,   /* took too long */
    ERR_COUNT_,
};

/* A short English phrase without a full stop; never NULL, also for values out of range. */
const char *err_text(enum err err);

#endif
