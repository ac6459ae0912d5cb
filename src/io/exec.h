#ifndef IO_EXEC_H
#define IO_EXEC_H

#include "base/err.h"
#include "base/span.h"

#include <uv.h>

/* A shell command as a child process on the loop: /bin/sh -c COMMAND, in a process group of its
 * own, with nothing on its standard input and PYTHONUNBUFFERED=1 in its environment (without it a
 * Python script that prints to a pipe shows nothing for minutes). Used for --exec and for what an
 * actuator runs when its state changes. */

enum {
    EXEC_KILL_MS = 1000,        /* from TERM to KILL */
    EXEC_LINGER_MS = 1000,      /* from its end to that of its pipes, when it left others behind */
    EXEC_TALK_BYTES_MAX = 1024, /* of a line on standard error; longer ones come in pieces */
};

struct exec_end {
    int64_t status;
    int signal;     /* 0: it ended by itself */
    bool timed_out; /* it was ended because its time was up */
};

struct exec_options {
    const char *command;
    const char *const *variables; /* "NAME=VALUE", added to the environment */
    size_t variable_count;
    uint64_t time_max_ms; /* TERM then, and KILL after EXEC_KILL_MS more; 0: no bound */
};

struct exec_handler {
    void *context;
    /* Bytes of its standard output, as they come; NULL: they are dropped. */
    void (*on_output)(void *context, const char *bytes, size_t size);
    /* A line of its standard error, raw, without its end; NULL: they are dropped. */
    void (*on_talk)(void *context, struct span line);
    /* Once, when it has ended and its output was read to the end. exec_free() is due then. */
    void (*on_end)(void *context, const struct exec_end *end);
};

struct exec;

/* ERR_IO: it could not be started (uv's reason is in *reason). ERR_MEMORY. No callback comes before
 * the loop turns. */
MUST_USE enum err exec_new(struct exec **exec, uv_loop_t *loop, const struct exec_options *options,
                           const struct exec_handler *handler, const char **reason);
/* Stops reading its output, so that it waits, and goes on. */
void exec_pause(struct exec *e);
void exec_resume(struct exec *e);
/* Ends the group if it still runs, and frees when the child is reaped. No callback comes after. */
void exec_free(struct exec *e);

#endif
