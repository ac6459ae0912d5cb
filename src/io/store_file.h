#ifndef IO_STORE_FILE_H
#define IO_STORE_FILE_H

#include "base/err.h"

/* What lies beside the database file. */

/* path and suffix in one, malloc'd; NULL when out of memory. */
char *store_file_beside(const char *path, const char *suffix);
/* Makes what happened to names in the folder of `path` durable. ERR_IO, ERR_MEMORY. */
MUST_USE enum err store_file_sync_folder(const char *path);
/* Renames a database, then its write-ahead log, which SQLite finds by its name. A missing file is
 * no error. ERR_IO, ERR_MEMORY. */
MUST_USE enum err store_file_move(const char *from, const char *to);
/* Removes a database with what SQLite keeps beside it; what is not there is no error. */
void store_file_remove(const char *path);

#endif
