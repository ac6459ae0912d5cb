#ifndef CORE_READING_H
#define CORE_READING_H

#include "core/value.h"

/* What a source hands in, before it becomes a record: one property's value. All spans are borrowed.
 */
struct reading {
    struct span type; /* the property: 1-63 of a-z 0-9 _ -, "temperature" */
    struct value value;
    struct span unit;      /* SenML name (RFC 8428 section 12.1), empty when unknown */
    uint64_t source_ts_ms; /* when the source says it was measured, ms since 1970 UTC; 0 when it
                              does not say */
};

#endif
