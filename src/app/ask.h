#ifndef APP_ASK_H
#define APP_ASK_H

#include "app/ask_json.h"
#include "app/ask_options.h"
#include "app/request.h"
#include "app/run.h"
#include "base/err.h"

/* Asking a running peer of this user over its control socket; blocking. */

struct ask {
    int fd;                      /* -1: nobody is connected */
    char device[LIMIT_NAME + 1]; /* who was asked */
    char *bytes;                 /* received, from `begin` on */
    size_t begin, size, capacity;
};

enum ask_talk { ASK_TALKS, ASK_SILENT };

/* Whom to ask when nobody is named; NULL: no matter. */
struct ask_wish {
    const char *sooner; /* than all others */
    const char *later;  /* only when nobody else runs */
    enum ask_talk talk;
};

/* Connects to --device, else to one that runs: what the wish says, then a controller sooner than an
 * actuator, an actuator sooner than a sensor, which does not hear the others. RUN_OK; RUN_NOBODY,
 * having said (ASK_TALKS) what to start; RUN_FAILED, having said why. Close it in any case. */
int ask_open(struct ask *a, const struct ask_options *o, const struct ask_wish *wish);
void ask_close(struct ask *a);

/* ERR_CLOSED: it is gone. */
MUST_USE enum err ask_send(struct ask *a, const struct request *r);
/* The next line, valid until the next call. deadline_ms is on ask_clock_ms()'s scale, UINT64_MAX
 * never. ERR_TIMEOUT, ERR_CLOSED, ERR_MEMORY, ERR_SIZE. */
MUST_USE enum err ask_line(struct ask *a, uint64_t deadline_ms, struct span *line);
/* The same as JSON, for the caller to ask_json_free(). ERR_SYNTAX as well. */
MUST_USE enum err ask_answer(struct ask *a, uint64_t deadline_ms, struct span *line,
                             struct ask_json **json);

/* "sensor1" of "sensor1/temperature", the peer that knows it first; NULL when the topic names no
 * single device. */
const char *ask_topic_owner(const char *topic, char owner[LIMIT_NAME + 1]);

uint64_t ask_clock_ms(void); /* monotonic */
uint64_t ask_deadline(const struct ask_options *o);

/* Says on standard error what a refusal says, or what went wrong; returns the exit status. */
int ask_refused(const struct ask *a, const struct ask_json *json);
int ask_failed(const struct ask *a, enum err err);

#endif
