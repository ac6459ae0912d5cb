#ifndef CORE_RULE_INPUT_H
#define CORE_RULE_INPUT_H

#include "core/rule_total.h"

/* The last value of each topic that a rule looks at. Private to rule*. */

struct rule_input {
    uint64_t at_ms;
    double number;
    enum value_kind kind;
    uint8_t conditions; /* a bit each: which may compare this value */
    bool plain;
    uint16_t text_size;        /* of the whole text */
    char text[LIMIT_NAME + 1]; /* its begin */
    char device[LIMIT_NAME + 1];
    char property[LIMIT_NAME + 1];
};

/* The place of a topic: there, or made, an empty one (`conditions` 0). NULL: out of memory. At the
 * bounds the oldest makes room, for a device with LIMIT_INPUTS_DEVICE topics its own. */
struct rule_input *rule_input_of(struct rule_state *s, struct span device, struct span property);
/* All of a device's topics; false: there are none. */
bool rule_input_forget(struct rule_state *s, struct span device);
void rule_input_set(struct rule_input *input, const struct value *value, uint64_t at_ms);
struct rule_sample rule_input_sample(const struct rule_input *input);
struct rule_sample rule_input_sample_of(const struct value *value, enum rule_trust trust);

#endif
