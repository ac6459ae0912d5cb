#ifndef APP_ASK_DO_H
#define APP_ASK_DO_H

#include "app/ask.h"
#include "app/faults.h"

/* What changes something: `set` and `command`. A controller that runs here is asked; where none
 * does, the person is one (app/own_peer.h). */

enum { ASK_DO_MORE = -1 };

/* A line of the answer, no refusal: an exit status, or ASK_DO_MORE. */
typedef int ask_do_fn(const struct ask *a, const struct ask_options *o, struct span line,
                      const struct ask_json *json);

/* The request for topic, value, --for and --timeout; false: a fault was added. Texts point into the
 * arguments. */
bool ask_do_request(struct request *r, enum request_ask ask, const struct ask_options *o,
                    struct faults *faults);
/* Returns the exit status. */
int ask_do(const struct ask_options *o, struct request *r, ask_do_fn *take);
/* The outcome's `cause` as ": cause", or "", escaped. */
const char *ask_do_cause(const struct ask_json *json, char memory[512]);

#endif
