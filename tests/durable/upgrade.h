#ifndef TESTS_DURABLE_UPGRADE_H
#define TESTS_DURABLE_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>

/* Row F14: stores as the programs of earlier schemas left them are opened by this one, and
 * everything is there: every record, seal, checkpoint, value, address, who was seen, and the epoch
 * counter. So it is when the power goes after any operation of the conversion, `seeds` times with
 * other damage to what was not synced (in one of three cases once more while the next start
 * converts), and when any system call or allocation of SQLite's fails meanwhile, once or with all
 * behind it. A store of a later schema is refused with a word, and not a byte of it changes.
 *
 * Seen to fail: with a conversion in three transactions instead of one (the power goes between
 * them: what is left is no version's, and is salvaged); with seals' keys that are not converted. */
bool upgrade_run(uint64_t seeds, uint64_t stride);

#endif
