#ifndef APP_REQUEST_H
#define APP_REQUEST_H

#include "base/buf.h"
#include "core/limits.h"
#include "core/value.h"

/* What is asked over the control socket: one JSON object a line. Pure.
 *
 *   {"ask":"status"}                          {"ask":"get","topic":PATTERN}
 *   {"ask":"watch","topic":PATTERN}           {"ask":"history","topic":TOPIC,"from":MS,"to":MS}
 *   {"ask":"ping","device":NAME}              {"ask":"wait","device":NAME}
 *   {"ask":"why","device":NAME}
 *   {"ask":"set","topic":TOPIC,"value":VALUE,"for":MS,"wait":MS}
 *   {"ask":"command","topic":TOPIC,"value":VALUE,"wait":MS}
 *
 * A pattern is a topic in which * stands for any characters, also for none. */

enum request_ask {
    REQUEST_STATUS,
    REQUEST_GET,
    REQUEST_WATCH,
    REQUEST_HISTORY,
    REQUEST_PING,
    REQUEST_WAIT,
    REQUEST_WHY,
    REQUEST_SET,
    REQUEST_COMMAND,
    REQUEST_ASK_COUNT,
};

struct request {
    enum request_ask ask;
    char topic[LIMIT_TOPIC + 1]; /* printable; get, watch, history, set */
    char device[LIMIT_NAME + 1]; /* a valid name; ping, wait, why */
    uint64_t from_ms, to_ms;     /* history; left out: 0 and without end */
    struct value value;          /* set, command; a text points into `text` */
    char text[LIMIT_VALUE_TEXT + 1];
    uint64_t for_ms;  /* set; left out: 0, until it is taken back */
    uint64_t wait_ms; /* set: for its outcome; command: until it must have begun; left out:
                         REQUEST_WAIT_MS */
};

enum { REQUEST_WAIT_MS = 10000 };

/* Takes exactly what the table above says; members it does not know are passed over. False: *cause
 * says why. */
bool request_decode(struct span line, struct request *r, const char **cause);
/* Without a line's end; overflows when the memory is too small, for which REQUEST_BYTES never is.
 */
void request_encode(const struct request *r, struct buf *b);
enum { REQUEST_BYTES = 256 + 6 * LIMIT_TOPIC + 6 * LIMIT_VALUE_TEXT };

bool request_is_pattern(const char *topic);
bool request_matches(const char *pattern, struct span topic);

#endif
