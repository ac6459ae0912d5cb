#ifndef TESTS_IO_NETNS_H
#define TESTS_IO_NETNS_H

#include <stdbool.h>

/* A network namespace of the test's own, so that nothing it sends leaves it. */

/* Moves this process into a new namespace and brings lo up there. False when the machine does not
 * allow it; once inside, true at once. */
bool netns_enter(void);
/* Runs `ip ARGUMENTS` there; whether it worked. */
bool netns_ip(const char *arguments);
/* A pair of interfaces va and vb, both up, va with 10.77.0.1/24 and the default route. */
bool netns_add_pair(void);

#endif
