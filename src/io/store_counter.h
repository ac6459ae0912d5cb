#ifndef IO_STORE_COUNTER_H
#define IO_STORE_COUNTER_H

#include "base/err.h"

#include <stdint.h>

/* The second copy of the epoch counter, in a small file of its own beside the database, so that
 * neither a damaged nor an old database makes an epoch come twice. One line: the counter and its
 * checksum; less than a sector, written in place. A write that was torn is found by the checksum,
 * and the database then still holds the counter before it, which was the last one in use. */

/* ERR_NOT_FOUND: no such file; ERR_CORRUPT; ERR_IO. */
MUST_USE enum err store_counter_read(const char *path, uint64_t *counter);
/* On disk when it returns ERR_OK; ERR_FULL, ERR_IO. */
MUST_USE enum err store_counter_write(const char *path, uint64_t counter);

#endif
