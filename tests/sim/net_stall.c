#include "net_stall.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

void net_stall_note(struct net *n, uint64_t number)
{
    if (n->stalled_count == n->stalled_capacity) {
        n->stalled_capacity = n->stalled_capacity ? 2 * n->stalled_capacity : 64;
        n->stalled = realloc(n->stalled, n->stalled_capacity * sizeof *n->stalled);
        check(n->stalled);
    }
    size_t at = n->stalled_count;
    while (at > 0 && n->stalled[at - 1] > number)
        at--;
    if (at > 0 && n->stalled[at - 1] == number)
        return;
    memmove(n->stalled + at + 1, n->stalled + at, (n->stalled_count++ - at) * sizeof *n->stalled);
    n->stalled[at] = number;
}
