#ifndef SIM_STORY_H
#define SIM_STORY_H

#include "trace.h"
#include "world.h"

/* Scripted worlds: a story does things to some hosts and the trace must be the expected one, line
 * by line. The network is fair (1 ms each way), disks take 5 ms, so the order of lines is the
 * protocol's alone.
 *
 * Kept of the trace: what the world does, the facts that cores state, ACT and EXIT; not the facts
 * sent, appended, acked and summary, nor an action without a change; and every line that contains
 * one of `also`. */

enum { STORY_ALSO_MAX = 6 };

struct story_stage {
    struct world *w;
    char *got;
    size_t size, capacity;
    const char *also[STORY_ALSO_MAX];
    trace_line_fn *on_line; /* a person looks on */
};

struct story {
    const char *name;
    void (*play)(struct story_stage *s);
    const char *expected;
};

/* The stories of story_life.c, story_presence.c, story_harm.c, story_want.c, story_command.c,
 * story_rule.c, story_disk.c, story_carry.c, story_fork.c and
 * story_retain.c. */
const struct story *story_life(size_t *count);
const struct story *story_presence(size_t *count);
const struct story *story_harm(size_t *count);
const struct story *story_want(size_t *count);
const struct story *story_command(size_t *count);
const struct story *story_rule(size_t *count);
const struct story *story_disk(size_t *count);
const struct story *story_carry(size_t *count);
const struct story *story_fork(size_t *count);
const struct story *story_retain(size_t *count);

/* Plays them (one: by its name); prints each, with what differs from its expected trace. False when
 * any differs. */
bool story_run_all(const char *name, trace_line_fn *on_line);

/* For stories. */

#define STORY_LATER UINT32_MAX /* start_ms of a host that the story starts itself */

void story_begin(struct story_stage *s, const struct host_options *hosts, size_t count);
/* What was kept so far is of no interest. */
void story_forget(struct story_stage *s);
void story_wait(struct story_stage *s, uint64_t ms);
/* One temperature at that host. */
void story_measure(struct story_stage *s, const char *device, double value);
/* The story is over: everything must be everywhere, soon. */
void story_settle(struct story_stage *s);
/* Cuts or mends both ways between two hosts. */
void story_cut(struct story_stage *s, const char *a, const char *b);
void story_mend(struct story_stage *s, const char *a, const char *b);

#endif
