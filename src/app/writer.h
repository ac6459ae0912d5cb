#ifndef APP_WRITER_H
#define APP_WRITER_H

#include "base/span.h"

/* Lines to a descriptor, gathered and written when the descriptor takes them. A reader that is
 * slow slows us down a little; one that has stopped (a paused pager, a terminal after Ctrl-S) must
 * not stop a peer's heartbeat: beyond WRITER_BYTES_MAX lines are dropped whole, and counted. */

enum {
    WRITER_BYTES_MAX = 1048576,
    WRITER_PATIENT_BYTES = 262144, /* from here on a flush waits for the reader ... */
    WRITER_WAIT_MS = 500,          /* ... so long, once until it has read something again */
};

struct writer {
    int fd;
    size_t chunk_bytes; /* what a single write() takes without blocking, once poll() agrees */
    char *bytes;
    size_t begin, size, capacity;
    uint64_t dropped;
    bool gone;  /* nobody reads any more (EPIPE) */
    bool stuck; /* waited in vain */
    int error;  /* errno of the last write that failed otherwise, such as ENOSPC; 0 when it works
                   again: what is left is tried again with each flush */
};

void writer_init(struct writer *w, int fd);
/* Writes what is left, waiting at most `wait_ms`. */
void writer_fini(struct writer *w, int wait_ms);
void writer_put(struct writer *w, struct span line);
/* False once nobody reads any more. */
bool writer_flush(struct writer *w);

#endif
