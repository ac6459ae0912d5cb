#include "core/log_mark.h"

void log_mark_part(struct log *l, const struct record *part, const struct chain_hash *before,
                   uint64_t wall_ms)
{
    bool begins = part->part == 1;
    bool goes_on = l->open.first > 0 && part->of == l->open_of &&
                   part->seq == l->open.first + part->part - 1 && part->seq == l->open.last + 1;
    if (begins)
        l->open = (struct event_mark){.first = part->seq, .before = *before};
    else if (!goes_on)
        l->open.first = 0;
    l->open_of = part->of;
    l->open.last = part->seq;
    if (l->open.first == 0 || part->part < part->of)
        return;
    l->fresh = l->open;
    l->fresh.at_ms = wall_ms;
    l->open.first = 0;
}

void log_mark_restore(struct log *l, const struct event_mark *mark)
{
    if (l->marks.count == LIMIT_MARKS)
        ring_pop(&l->marks, 1);
    if (ring_push(&l->marks, mark) != ERR_OK)
        return; /* it is a place less to begin at */
}

bool log_mark_take(struct log *l, struct event_mark *mark)
{
    if (l->fresh.first == 0)
        return false;
    *mark = l->fresh;
    l->fresh.first = 0;
    log_mark_restore(l, mark);
    return true;
}

static bool is_safe(const struct log *l, const struct event_mark *mark)
{
    return mark->first > l->first && mark->last <= l->stored && mark->last <= l->stored_seal.seq;
}

const struct event_mark *log_mark_oldest(const struct log *l)
{
    for (size_t i = 0; i < l->marks.count; i++) {
        const struct event_mark *mark = ring_at(&l->marks, i);
        if (is_safe(l, mark))
            return mark;
    }
    return NULL;
}

const struct event_mark *log_mark_before(const struct log *l, uint64_t at_ms)
{
    for (size_t i = l->marks.count; i-- > 0;) {
        const struct event_mark *mark = ring_at(&l->marks, i);
        if (is_safe(l, mark) && mark->at_ms <= at_ms)
            return mark;
    }
    return NULL;
}

void log_mark_cut(struct log *l)
{
    while (l->marks.count > 0) {
        const struct event_mark *newest = ring_at(&l->marks, l->marks.count - 1);
        if (newest->last <= l->last)
            break;
        ring_pop_back(&l->marks, 1);
    }
    if (l->open.first > 0 && l->open.last > l->last)
        l->open.first = 0;
    if (l->fresh.last > l->last)
        l->fresh.first = 0;
}

/* The one that the log begins with stays: it tells since when. */
void log_mark_prune(struct log *l)
{
    while (l->marks.count > 0) {
        const struct event_mark *oldest = ring_at(&l->marks, 0);
        if (oldest->first >= l->first)
            break;
        ring_pop(&l->marks, 1);
    }
}
