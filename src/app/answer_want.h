#ifndef APP_ANSWER_WANT_H
#define APP_ANSWER_WANT_H

#include "app/answer_list.h"

/* Answers about what is wanted and why: `set`, `command` and `why`. Private to answer*. */

/* Steps the node with EVENT_WANT, or refuses. */
void answer_want_ask(const struct answer_parts *parts, struct answer_asker *k);
/* FACT_WANTED: a line for each stage, and one when it is over. */
void answer_want_stage(struct answer_asker *k, const struct fact *fact);

/* The same for a one-shot command: EVENT_COMMAND, FACT_COMMANDED. */
void answer_want_command(const struct answer_parts *parts, struct answer_asker *k);
void answer_want_commanded(struct answer_asker *k, const struct fact *fact);

/* Starts the walk over the device's decisions, or refuses. True: slices are to follow. */
bool answer_want_why(const struct answer_parts *parts, struct answer_asker *k);
/* A record with a cause, as a decision. */
void answer_want_decision(struct answer_asker *k, const struct record *r);
/* At the end of the walk: the decisions of our own rules that changed nothing. */
void answer_want_unchanged(const struct answer_parts *parts, struct answer_asker *k);

#endif
