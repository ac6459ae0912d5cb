#ifndef APP_CONSOLE_H
#define APP_CONSOLE_H

#include "core/fact.h"
#include "core/reading.h"

#include <stdio.h>

/* Words each fact: one line for a person, or one JSON object (--json; docs/json-events.md).
 * Everything that came from outside is escaped. What happens goes to standard output, notices and
 * errors to standard error. Output is gathered and written by console_flush(), once a loop turn. */

struct console;

struct console_options {
    const char *device;
    bool json, quiet, trace;
    int out, err; /* file descriptors: 1 and 2 */
};

/* NULL when out of memory. */
struct console *console_new(const struct console_options *options);
void console_free(struct console *c); /* flushes; NULL is allowed */

/* A bit for each fact_kind that console_fact() would show. */
uint64_t console_fact_mask(const struct console *c);
/* Told before the first fact: what FACT_STARTED says besides. */
void console_identity(struct console *c, const char *network_short, const char *data, bool made);
/* Where this peer's rules are written, for advice; unless told, the device's own configuration. */
void console_rules_file(struct console *c, const char *path);
/* What FACT_NOBODY says was tried: "eth0 10.0.0.255, lo 127.255.255.255, port 50000". */
void console_tried(struct console *c, const char *tried);
void console_fact(struct console *c, const struct fact *fact, uint64_t wall_ms);
/* A thing a person should know, and one that went wrong. */
void console_notice(struct console *c, const char *text);
void console_error(struct console *c, const char *text);
void console_malformed(struct console *c, struct address source, const char *cause,
                       struct span bytes, uint64_t dropped);
/* Somebody was refused before it was known who it is. */
void console_refused(struct console *c, struct address address, const char *cause);
/* One plain hello went out, with this reading if it is not NULL: "Broadcasted HELLO & temp 24.5°C".
 */
void console_broadcast(struct console *c, const struct reading *reading);
/* --trace: a message, in (U+2190) or out (U+2192); `who` is a device or an address. */
enum console_way { CONSOLE_IN, CONSOLE_OUT };
void console_trace(struct console *c, enum console_way way, const char *who, struct span text);

/* False once standard output is gone (EPIPE): the peer leaves then. */
bool console_flush(struct console *c);

#endif
