#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Row F4 for core and wire: in a small world of three peers the n-th allocation of the shipped core
 * fails, once or all from there on until a process ends, for every n (or every `stride`-th).
 * docs/decisions/002-out-of-memory.md says what then happens: the process ends with what it has
 * stored, and starts again where there is memory. Everything that a world without faults promises
 * must then hold. The linker hands over the core's calls (--wrap).
 *
 * Prints how often which was met; false when a world broke, or too little happened.
 *
 * Seen to fail: with the effects of a half step performed (a record is stored without its bytes, a
 * fan acts on what is not on disk); with a log that is on disk left out at the start (its records
 * are read once more). */
bool memory_run(uint64_t stride, uint64_t seed);

/* A process ended for want of memory: there is enough again. */
void memory_enough(void);
/* Bytes that all cores hold now. */
uint64_t memory_held(void);

#endif
