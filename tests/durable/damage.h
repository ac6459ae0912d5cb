#ifndef TESTS_DURABLE_DAMAGE_H
#define TESTS_DURABLE_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Row F5: the files of a store at rest are damaged `count` times: bits flipped, pages zeroed, put
 * elsewhere or doubled, garbage, truncation, a write-ahead log of another time, an old copy of one
 * file or of all. Whatever is then read was written; a seal is over what was sealed; where nothing
 * is said no log is missing, and each ends behind its seal; what lies before is there, or a read
 * says that it is not; no epoch comes twice unless all files are old (that is the core's matter,
 * tests/sim and tests/net/backup.py); the store can be used and opened again. Prints how the
 * damages were met; false when some kind of meeting never happened. What is broken ends the
 * process.
 *
 * Seen to fail: with rows whose log nobody compares, and with rows whose checksum nobody does
 * (another record is read); with only one copy of the epoch counter (an epoch comes twice); with
 * checkpoints whose checksum nobody compares (a log begins with a wrong hash). */
bool damage_run(uint64_t count, uint64_t seed);

#endif
