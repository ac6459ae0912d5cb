#ifndef TESTS_DURABLE_FAILING_KEYS_H
#define TESTS_DURABLE_FAILING_KEYS_H

#include "faults.h"

/* Lives of the keys (io/trust.h) for failing.c. Each begins faults, opens, ends them, opens again
 * and looks; returns how many calls could have failed. */

typedef uint64_t failing_life_fn(enum faults_way way, uint64_t from, bool for_ever);

failing_life_fn failing_keys_first;  /* makes a network */
failing_life_fn failing_keys_second; /* a new device enrols itself in the one that is there */
failing_life_fn failing_keys_again;  /* everything is there */
failing_life_fn failing_keys_role;   /* the certificate is renewed for another role */

/* Around them: a network with a device. */
void failing_keys_begin(void);
void failing_keys_end(void);

#endif
