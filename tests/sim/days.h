#ifndef SIM_DAYS_H
#define SIM_DAYS_H

#include <stdbool.h>
#include <stdint.h>

/* Row F15 under a virtual clock: a small network that runs for days. Sensors read each minute, each
 * keeps a day of history, people want and command something, and each day a process is killed, a
 * machine loses power, stands still for an hour, and gets another address. What the core holds in
 * memory and what is on the disks must stay what it was after the first days.
 *
 * Prints a row now and then; false when something grew or broke, or when too little happened.
 *
 * Seen to fail: with ended sessions kept (memory), with nothing pruned (disks). */
bool days_run(uint64_t days, uint64_t seed);

#endif
