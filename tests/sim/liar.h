#ifndef SIM_LIAR_H
#define SIM_LIAR_H

#include "queue.h"

/* A member of the network that lies: a puppet with a certificate that dials who it likes and says
 * anything that can be said, with numbers that are near the truth or far from it: more than it may
 * write, logs with gaps and forks, forged seals, acknowledgements of what it never got, one life
 * signed with two contents, others'
 * logs with bytes changed, certificates and seals forged, broken lines. Honest peers may refuse it
 * as often as they like; among themselves everything must stay as it is. */

struct world;
struct host;

/* From now on, until the world's plan is ended. */
void liar_begin(struct world *w, struct host *puppet);
void liar_on_lie(struct world *w, const struct moment *m);

#endif
