#ifndef CORE_RULE_TEXT_H
#define CORE_RULE_TEXT_H

#include "core/ident.h"
#include "core/rule.h"

/* A rule as one text that is the same wherever the same rule is configured, and its hash: which
 * version of it that is. Left out is what differs between those that run it: its owners, and which
 * devices its actions and commands name. */

typedef void rule_text_hash_fn(struct chain_hash *out, const struct chain_hash *before,
                               struct span bytes);

void rule_text_write(struct buf *b, const struct rule *rule);
void rule_text_hash(const struct rule *rule, rule_text_hash_fn *hash, struct chain_hash *out);

#endif
