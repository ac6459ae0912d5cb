#ifndef APP_REQUEST_H
#define APP_REQUEST_H

#include "base/buf.h"
#include "core/limits.h"

/* What is asked over the control socket: one JSON object a line. Pure.
 *
 *   {"ask":"status"}                          {"ask":"get","topic":PATTERN}
 *   {"ask":"watch","topic":PATTERN}           {"ask":"history","topic":TOPIC,"from":MS,"to":MS}
 *   {"ask":"ping","device":NAME}              {"ask":"wait","device":NAME}
 *
 * A pattern is a topic in which * stands for any characters, also for none. */

enum request_ask {
    REQUEST_STATUS,
    REQUEST_GET,
    REQUEST_WATCH,
    REQUEST_HISTORY,
    REQUEST_PING,
    REQUEST_WAIT,
    REQUEST_ASK_COUNT,
};

struct request {
    enum request_ask ask;
    char topic[LIMIT_TOPIC + 1]; /* printable; get, watch, history */
    char device[LIMIT_NAME + 1]; /* a valid name; ping, wait */
    uint64_t from_ms, to_ms;     /* history; left out: 0 and without end */
};

/* Takes exactly what the table above says; members it does not know are passed over. False: *cause
 * says why. */
bool request_decode(struct span line, struct request *r, const char **cause);
/* Without a line's end; overflows when the memory is too small, for which REQUEST_BYTES never is.
 */
void request_encode(const struct request *r, struct buf *b);
enum { REQUEST_BYTES = 256 + 6 * LIMIT_TOPIC };

bool request_is_pattern(const char *topic);
bool request_matches(const char *pattern, struct span topic);

#endif
