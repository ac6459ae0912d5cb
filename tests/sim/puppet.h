#ifndef SIM_PUPPET_H
#define SIM_PUPPET_H

#include "world.h"

/* What a process without a core says: a peer with a certificate that does as it likes. */

/* Dials; the link is up some milliseconds later, as the trace shows. */
uint64_t puppet_dial(struct world *w, struct host *puppet, const struct host *to);
void puppet_send(struct world *w, struct host *puppet, uint64_t link, const struct message *m);
void puppet_bytes(struct world *w, struct host *puppet, uint64_t link, struct span bytes);
/* Its hello, under its own name and role. */
void puppet_greet(struct world *w, struct host *puppet, uint64_t link, uint64_t epoch);
/* One record, as its JSON text. */
void puppet_record(struct world *w, struct host *puppet, uint64_t link, uint64_t epoch,
                   const char *text);

#endif
