#ifndef APP_RETENTION_H
#define APP_RETENTION_H

#include "base/err.h"
#include "base/span.h"

/* How long and how much a peer keeps, as people write it. */

/* "30d", "12h": a minute to a hundred years. ERR_SYNTAX, ERR_RANGE. */
MUST_USE enum err retention_age(struct span text, uint64_t *ms);
/* "500MB", "2GB": 50 MB to a million GB, in powers of ten. The file grows a tenth beyond at most,
 * which below 50 MB its write-ahead log would take alone. ERR_SYNTAX, ERR_RANGE. */
MUST_USE enum err retention_size(struct span text, uint64_t *bytes);

#endif
