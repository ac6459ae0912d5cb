#ifndef IO_STORE_LOCK_H
#define IO_STORE_LOCK_H

#include "base/err.h"

#include <stddef.h>

/* One process a device. The lock is the kernel's and dies with the process, however that ends; the
 * file `path` stays and holds the pid for whoever finds it locked.
 * ERR_BUSY: held, also a quarter of a second later; message names the pid; ERR_IO: message says
 * which file and why. */
MUST_USE enum err store_lock_take(int *lock, const char *path, char *message, size_t message_bytes);
void store_lock_release(int lock); /* -1 is allowed */

#endif
