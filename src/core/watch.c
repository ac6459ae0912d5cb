#include "core/watch.h"

#include "core/peer.h"

/* Whether all are silent: one that is not tells enough. */
static void count_silent(struct node *n)
{
    size_t silent = 0;
    bool all = true;
    for (size_t i = 0; i < n->session_count && all; i++) {
        const struct session *s = n->sessions[i];
        if (s->state != PEER_OPEN)
            continue;
        all = presence_of_session(&n->health, s->heard_ms, n->now_ms) != PRESENCE_HERE;
        silent += all;
    }
    presence_count(&n->health, silent, all ? silent : silent + 1);
}

/* Only what is done at its time whatever others do tells of ourselves: signs of life and calls. */
void watch_turn(struct node *n)
{
    uint64_t due_ms = n->peer_at_ms; /* not before; exactly when that may be too late */
    node_soon(&due_ms, n->hello_at_ms);
    if (due_ms <= n->now_ms && n->now_ms - due_ms >= TIME_LATE_MS) {
        due_ms = peer_deadline(n);
        node_soon(&due_ms, n->hello_at_ms);
    }
    if (presence_turn(&n->health, due_ms, n->now_ms))
        node_counted(n, NODE_LATE_TURNS);
    count_silent(n);
}
