#ifndef SIM_VERDICT_H
#define SIM_VERDICT_H

#include "core/event.h"

/* The end of a run: is everything everywhere, and how long did it take after the last fault? */

struct world;

/* Faults have stopped: from here on time counts. */
void verdict_heal(struct world *w);
/* Asked now and then: notes when everything written before the heal is sealed wherever it is
 * wanted. */
void verdict_sample(struct world *w);
/* That must be so by now. */
void verdict_synced(struct world *w);
/* Nothing has been written for a while: everything must be everywhere, in one session a pair. */
void verdict_final(struct world *w);
/* Of more peers than keep a session each with each: what all logs hold is sealed everywhere. */
void verdict_logs(struct world *w);
/* Whether all who want everything hold one state, and if so its hash. */
bool verdict_one_state(struct world *w, struct chain_hash *hash);
/* From the heal to the session that the pair still has, in microseconds. */
uint64_t verdict_session_us(const struct world *w, uint32_t a, uint32_t b);

#endif
