#ifndef CORE_INTAKE_H
#define CORE_INTAKE_H

#include "core/node_state.h"

/* A record of another's log arrives, from its author or by somebody who carries it: whether it may
 * stand there, and what it changes: the chain, the state, rules, what people see, the disk. */

/* Why this record must not stand in that log, or NULL. */
const char *intake_fault(const struct log_id *id, enum role role, const struct record *r);
/* The next record of the log, age_ms after it was written. r->bytes and what r points to live until
 * the effects are performed. False: out of memory, nothing is taken. While storing fails it is only
 * shown. */
bool intake_record(struct node *n, struct member *m, struct log *l, const struct record *r,
                   uint64_t age_ms);
/* The newest `count` records of the log, joined by commas, are to be stored. */
void intake_store(struct node *n, struct log *l, struct span bytes, size_t count);
/* The texts as they came, if the sender put one comma between them as we do; else joined anew. */
struct span intake_join(struct node *n, const struct record *records, size_t count);

#endif
