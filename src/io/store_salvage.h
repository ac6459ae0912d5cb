#ifndef IO_STORE_SALVAGE_H
#define IO_STORE_SALVAGE_H

#include "base/err.h"

#include <stddef.h>

/* Replaces a damaged database by a new one that holds what is readable of it: each log up to its
 * first damage, with every seal up to there that is whole, and every topic, address and the epoch
 * counter whose row is whole. The damaged file is kept as path.damaged-N, of which at most its
 * first page is rewritten so that it can be read. A crash at any moment leaves either the damaged
 * database or the new one at `path`, once store_salvage_finish() was called. message says what was
 * saved and where the rest is. ERR_FULL, ERR_IO, ERR_MEMORY: message says what to do; nothing is
 * lost. */
MUST_USE enum err store_salvage(const char *path, char *message, size_t message_bytes);
/* Completes or clears away what a crash left unfinished. Before every open. */
MUST_USE enum err store_salvage_finish(const char *path);

#endif
