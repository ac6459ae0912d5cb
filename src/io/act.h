#ifndef IO_ACT_H
#define IO_ACT_H

#include "base/err.h"
#include "base/span.h"

#include <uv.h>

/* --on-change: runs a command each time a property of ours has changed. One at a time; a change
 * that comes while it runs is carried out next, and of several waiting for one property only the
 * last. --on-command: the same for each one-shot command, of which none is left out. KITH_DEVICE,
 * KITH_PROPERTY and KITH_VALUE are in its environment. */

struct act;

enum {
    ACT_TIME_MS = 10000
}; /* then it is ended: SIGTERM, a second later SIGKILL, to its process group */

struct act_handler {
    void *context;
    /* "fan = on: the command ended with status 1", "... took longer than 10 s and was ended". */
    void (*on_failed)(void *context, const char *text);
    /* What act_run() began is over; after on_failed when it failed. NULL: act_run() is not used. */
    void (*on_done)(void *context, uint64_t serial, bool failed);
};

MUST_USE enum err act_open(struct act **act, uv_loop_t *loop, const char *device,
                           const char *command, const struct act_handler *handler);
void act_change(struct act *a, struct span property, struct span value);
/* A one-shot command; on_done tells. ERR_FULL: too many wait. */
MUST_USE enum err act_run(struct act *a, uint64_t serial, struct span property, struct span value);
/* Ends what runs; frees once the loop has closed its handles. NULL is allowed. */
void act_close(struct act *a);

#endif
