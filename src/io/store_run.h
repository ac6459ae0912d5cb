#ifndef IO_STORE_RUN_H
#define IO_STORE_RUN_H

#include "core/ident.h"

/* Runs: consecutive records of one log, joined by commas, as they are stored and sent. The records
 * were found to be JSON objects before they came here, so finding where one ends takes no parser:
 * brackets are counted, strings passed over. */

/* Where the record that begins at `at` ends; run.size when it has no end. */
size_t store_run_end(struct span run, size_t at);
/* What is left behind the first `count` records: empty when there are no more. */
struct span store_run_behind(struct span run, size_t count);
/* The longest beginning of at most bytes_max bytes and *count records, in whole records; *count
 * becomes how many. */
struct span store_run_fit(struct span run, size_t bytes_max, size_t *count);
/* Carries the chain hash over all records of the run. */
void store_run_chain(struct chain_hash *hash, struct span run);

#endif
