#ifndef APP_ASK_SHOW_H
#define APP_ASK_SHOW_H

#include "app/ask_json.h"
#include "app/ask_options.h"

/* A record as a peer answered it (app/answer_record.h), as a line for a person or a script.
 *
 * A format's letters: %I its time, 2026-03-01T12:00:00.250Z; %U the same in seconds since 1970; %t
 * topic; %v value; %u unit; %d who wrote it; %e epoch; %s sequence; %a its age in seconds; %% a
 * percent sign. */

bool ask_show_format_valid(const char *format);

enum ask_show_style {
    ASK_SHOW_VALUE,   /* topic, value, age */
    ASK_SHOW_LIVE,    /* time, topic, value */
    ASK_SHOW_HISTORY, /* time, value */
};

/* The header of --csv; nothing otherwise. */
void ask_show_begin(const struct ask_options *o, FILE *out);
/* `raw` is the record's own text, for --json. False: it is no record. */
bool ask_show_record(const struct ask_options *o, enum ask_show_style style, struct span raw,
                     const struct ask_json *record, FILE *out);
uint64_t ask_show_wall_ms(void);

#endif
