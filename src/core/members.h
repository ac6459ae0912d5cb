#ifndef CORE_MEMBERS_H
#define CORE_MEMBERS_H

#include "core/node_state.h"

/* Who is known, where each was reached, which logs of each we hold. */

void members_init(struct node *n, uint64_t seed);
void members_fini(struct node *n);
struct member *members_find(const struct node *n, struct span device);
/* Finds or adds; at LIMIT_MEMBERS the one heard longest ago without a session and without logs
 * makes room. NULL: none does, or out of memory. */
struct member *members_add(struct node *n, struct span device);
/* It was heard of lately, by us or by others, with or without a session, and did not leave. */
bool members_is_there(const struct node *n, const struct member *m);
/* Puts an address first; the oldest beyond LIMIT_ADDRESSES goes. False: it was the first already.
 */
bool members_note_address(struct member *m, struct address address);
/* Keeps why its last session ended, cut to LIMIT_REASON. */
void members_note_end(struct member *m, struct span evidence);
/* state_apply() within m's share of the topics. ERR_FULL, besides, at LIMIT_TOPICS_DEVICE and where
 * only what is kept for our own is left; `m` may be NULL, for a device that is not known any more.
 */
MUST_USE enum err members_apply(struct node *n, struct member *m, const struct log_id *id,
                                const struct record *r);
/* A hello's (epoch, counter) has not been seen and is not older than what has. Marks it seen. */
bool members_fresh(struct member *m, uint64_t epoch, uint64_t counter);

/* Our own log, or another's; NULL: unknown. An empty device with a zero key stands for `m` itself.
 */
struct log *members_log(const struct member *m, const struct key_id *key, uint64_t epoch);
/* Adds a log, newest epoch first. At LIMIT_LOGS_DEVICE or LIMIT_LOGS the oldest one of the device,
 * or of the one that has most, is freed for it: pointers to logs of others than `m`'s newest are
 * void. NULL: older than what made room already or all that is held at the bound; or out of memory.
 */
struct log *members_log_add(struct node *n, struct member *m, const struct log_id *id,
                            enum role role);

#endif
