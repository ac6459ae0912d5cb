#ifndef TESTS_DURABLE_CRASH_H
#define TESTS_DURABLE_CRASH_H

#include <stdbool.h>
#include <stdint.h>

/* Row F2: the power goes after every operation of a scripted life, `seeds` times with other damage
 * to what was not synced; the same for a start that salvages a damaged file; in one of three cases
 * once more while the next life recovers. Then SQLite's integrity_check says ok, everything
 * reported stored is there, nothing else than what was written, and no epoch comes twice. Prints
 * what was done; false when it was too little to mean anything. A broken promise ends the process,
 * after saying where.
 *
 * Seen to fail: with synchronous=NORMAL (reported records are gone); with both copies of the epoch
 * counter unsynced (an epoch comes twice); with a new file that is not synced before its first
 * commit, and with a salvaged one that is not before it takes its place (records are gone). */
bool crash_run(uint64_t seeds);

#endif
