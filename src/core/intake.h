#ifndef CORE_INTAKE_H
#define CORE_INTAKE_H

#include "core/node_state.h"

/* A record of another's log arrives, from its author or by somebody who carries it: whether it may
 * stand there, and what it changes: the chain, the state, rules, what people see, the disk. */

/* Why this record must not stand in that log, or NULL. */
const char *intake_fault(const struct node *n, const struct log_id *id, enum role role,
                         const struct record *r);
/* The next record of the log, age_ms after it was written. r->bytes and what r points to live until
 * the effects are performed. False: out of memory, nothing is taken. While storing fails it is only
 * shown. */
bool intake_record(struct node *n, struct member *m, struct log *l, const struct record *r,
                   uint64_t age_ms);
/* Its author has pruned what lies between: the log goes on at `first`, a checkpoint, with this
 * chain hash before it, and what was here of it goes. */
void intake_begin_later(struct node *n, struct log *l, uint64_t first,
                        const struct chain_hash *base);
/* How long ago it was written, when its author is not there to tell by its own clock. */
uint64_t intake_age_ms(const struct node *n, const struct record *r);
/* The newest `count` records of the log, joined by commas, are to be stored. */
void intake_store(struct node *n, struct log *l, struct span bytes, size_t count);
/* The texts as they came, if the sender put one comma between them as we do; else joined anew. */
struct span intake_join(struct node *n, const struct record *records, size_t count);

#endif
