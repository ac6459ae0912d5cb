#include "core/clock.h"

static bool is_known(const struct session *s)
{
    return s->state == PEER_OPEN && s->author_time_ms > 0;
}

int64_t clock_off_ms(const struct node *n, const struct session *s)
{
    if (s == NULL || !is_known(s))
        return 0;
    return (int64_t)(s->author_time_ms + (n->now_ms - s->up_ms)) - (int64_t)n->wall_ms;
}

bool clock_is_wrong(int64_t off_ms)
{
    return off_ms > TIME_CLOCK_MS || off_ms < -TIME_CLOCK_MS;
}

static void judge(struct node *n, const struct session *s)
{
    int64_t off_ms = clock_off_ms(n, s);
    if (!clock_is_wrong(off_ms))
        return;
    struct fact *fact = node_fact(n, FACT_CLOCK, span_of(s->member->device));
    if (fact == NULL)
        return;
    fact->ms = (uint64_t)(off_ms < 0 ? -off_ms : off_ms);
    fact->ahead = off_ms > 0;
}

void clock_judge(struct node *n)
{
    for (size_t i = 0; i < n->session_count; i++) {
        struct session *s = n->sessions[i];
        if (s->clock_judged || !is_known(s))
            continue;
        s->clock_judged = true;
        judge(n, s);
    }
}
