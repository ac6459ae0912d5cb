#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include "core/node_state.h"

/* One-shot commands: what is not a state, and must not be done twice or late (`beep`, `open`).
 *
 * A command travels only on a session with its target. Its deadline is a moment of the target's
 * monotonic clock in the target's present epoch, reckoned from a pong of this moment so that it is
 * never later than meant; in another epoch, or later, it is expired. The target writes "started"
 * under the command's id and performs it once that is on disk; then what came of it: "done" or
 * "refused". A target that finds a "started" of an earlier life writes "unknown": it is never
 * performed again. These are records of the target's own property, so everybody sees them. An id is
 * remembered at least for as long as its deadline would let it pass; whoever repeats it gets the
 * same answer. Of a command for another epoch nothing is written: what became of it was, in that
 * epoch.
 *
 * A person's command has an id of its sender's: "controller1/1572864/1". A rule's (dispatch.c) has
 * the same id whoever gives it; its target remembers the last one of each property also across its
 * own restart, and of all of them at least as long as another sender could still give it. */

#define COMMAND_RULE_PREFIX "rule:"
enum { COMMAND_RULE_ID = sizeof COMMAND_RULE_PREFIX - 1 + 40 }; /* bytes */

/* On the sender's side. */
struct command_sent {
    uint64_t id;
    char name[LIMIT_RECORD_NAME + 1];
    char topic[LIMIT_TOPIC + 1];
    char device[LIMIT_NAME + 1];
    char text[LIMIT_VALUE_TEXT + 1];
    struct value value;        /* VALUE_NONE: none; a text lies in `text` */
    char rule[LIMIT_NAME + 1]; /* whose command it is; "": a person's, */
    char *cause;               /* ... and why */
    uint64_t asked_ms, until_ms;
    uint64_t link; /* sent there; 0: not yet */
    uint64_t epoch, deadline_ms;
};

/* On the target's side. */
enum command_state { COMMAND_WRITTEN, COMMAND_RUNNING, COMMAND_OVER };

struct command_run {
    uint64_t serial; /* of EFFECT_COMMAND; the place in the table may be used again */
    char name[LIMIT_RECORD_NAME + 1];
    char by[LIMIT_NAME + 1]; /* who gave it */
    char *cause;             /* a rule's; NULL: none */
    char property[LIMIT_NAME + 1];
    char text[LIMIT_VALUE_TEXT + 1];
    uint64_t deadline_ms;
    uint64_t epoch, seq; /* of its "started" */
    enum command_state state;
    enum fact_outcome outcome; /* COMMAND_OVER */
};

void command_fini(struct node *n);
/* EVENT_COMMAND: a person wants it done. */
void command_ask(struct node *n, const struct event *e);
/* A rule's command: to another device, or to ourselves. */
struct command_order {
    struct span id, topic;
    struct value value;
    uint64_t until_ms;
    const char *rule;
    struct span cause;
};
void command_give(struct node *n, const struct command_order *order);
void command_own(struct node *n, const struct command_order *order);
/* Somebody came or went: what waits for a session goes on. */
void command_settle(struct node *n);
/* A target's clock is known now: what waits for it goes out. */
void command_clock(struct node *n, struct session *s);
/* A record of another, or its word for what came of a command. */
void command_heard(struct node *n, const struct record *r);
void command_outcome(struct node *n, struct session *s, const struct message *m);
/* On the target: MESSAGE_COMMAND, then our disk has moved, then EVENT_COMMANDED. */
void command_received(struct node *n, struct session *s, const struct message *m);
void command_stored(struct node *n);
void command_ended(struct node *n, const struct event *e);
/* A record of an earlier life of ours. True: it is of a command. */
bool command_restore(struct node *n, const struct record *r);
void command_restored(struct node *n);
void command_tick(struct node *n);
uint64_t command_deadline(const struct node *n);

#endif
