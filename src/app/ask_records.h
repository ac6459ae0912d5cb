#ifndef APP_ASK_RECORDS_H
#define APP_ASK_RECORDS_H

#include "app/ask.h"
#include "app/ask_show.h"

/* A question whose answer is records and an end (get, history): asks it, shows them on standard
 * output, returns the exit status. Without a word: all topics. */
int ask_records(const struct ask_options *o, enum request_ask ask, enum ask_show_style style);

#endif
