#ifndef TESTS_DURABLE_FAILING_H
#define TESTS_DURABLE_FAILING_H

#include <stdbool.h>
#include <stdint.h>

/* Rows F3 and F4: each system call of a life, and each allocation of SQLite's, fails in each way
 * that it can (faults.h), once, and with all behind it; one in `stride`. The lives are a store's
 * (from its first start to the next one), and those of the keys: the first start of a network, a
 * second device, a start where all is there, a role that changes.
 *
 * A store reports nothing stored that is not, says what fails, does not take it for damage, works
 * again when the disk does, and holds then what it reported. Keys: a start that works has the
 * network and key that were there; one that fails says so and leaves nothing but what the next
 * finishes or finds; nobody else may read a key. Prints how many failed; false when too little
 * happened.
 *
 * Seen to fail: with a file that cannot be opened taken for one that is not there (other keys);
 * with commits that failed counted as done (what was reported is gone); with a store that SQLite
 * could only open for reading (it opens, and never works); with a transaction that could not be
 * rolled back, and is not tried once more (it never works again, and is taken for damage). */
bool failing_run(uint64_t stride);

#endif
