#include "core/watch.h"

#include "core/peer.h"

static void count_silent(struct node *n)
{
    size_t open = 0, silent = 0;
    for (size_t i = 0; i < n->session_count; i++) {
        const struct session *s = n->sessions[i];
        if (s->state != PEER_OPEN)
            continue;
        open++;
        silent += presence_of_session(&n->health, s->heard_ms, n->now_ms) != PRESENCE_HERE;
    }
    presence_count(&n->health, silent, open);
}

/* Only what is done at its time whatever others do tells of ourselves: signs of life and calls. */
void watch_turn(struct node *n)
{
    uint64_t due_ms = peer_deadline(n);
    node_soon(&due_ms, n->hello_at_ms);
    if (presence_turn(&n->health, due_ms, n->now_ms))
        node_counted(n, NODE_LATE_TURNS);
    count_silent(n);
}
