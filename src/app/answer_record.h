#ifndef APP_ANSWER_RECORD_H
#define APP_ANSWER_RECORD_H

#include "base/buf.h"
#include "core/record.h"

/* A record as one JSON object, as `get`, `watch` and `history` give it: schema, topic, value, unit,
 * device, epoch, seq, ts, age_ms, sealed. A value that was caused by a plain reading is null, and
 * so is a unit that nobody gave. Pure. */

enum answer_record_seal { ANSWER_RECORD_PENDING, ANSWER_RECORD_SEALED };

/* Fits into ANSWER_RECORD_BYTES. */
void answer_record(struct buf *b, const struct record *r, uint64_t wall_ms,
                   enum answer_record_seal seal);
enum { ANSWER_RECORD_BYTES = 512 + LIMIT_RECORD };

#endif
