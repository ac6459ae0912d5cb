#include "disk_prune.h"

#include "world.h"

#include <stdlib.h>

void disk_prune_mark(struct disk_log *l, const struct event_mark *mark)
{
    if (l->mark_count == LIMIT_MARKS)
        memmove(l->marks, l->marks + 1, --l->mark_count * sizeof *l->marks);
    l->marks = realloc(l->marks, (l->mark_count + 1) * sizeof *l->marks);
    check(l->marks);
    l->marks[l->mark_count++] = *mark;
}

/* Against the truth: what its author wrote there, and the chain hash before. */
static void judge_place(struct world *w, const struct host *h, const struct disk_log *l,
                        uint64_t first, const struct chain_hash *base)
{
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    struct record r;
    const struct judge_log *truth = judge_log(w, span_of(l->id.device), l->id.epoch);
    if (!truth || first < 2 || first > truth->count + 1 ||
        memcmp(&truth->records[first - 2].hash, base, sizeof *base) != 0) {
        world_fail(w, "%s lets %s begin at %llu with a wrong hash", h->self.device,
                   truth ? truth->name : l->id.device, (unsigned long long)first);
        return;
    }
    if (first == truth->count + 1 && l->closed)
        return;
    check(record_decode(truth->records[first - 1].bytes, &r, memory, &cause) == ERR_OK);
    if (r.part != 1 && !(l->closed && first == l->last + 1))
        world_fail(w, "%s lets %s begin at %llu, where no checkpoint is", h->self.device,
                   truth->name, (unsigned long long)first);
}

void disk_prune_begin(struct world *w, struct host *h, struct disk_log *l, uint64_t first,
                      const struct chain_hash *base)
{
    judge_place(w, h, l, first, base);
    uint64_t kept = l->last + 1 > first ? l->last + 1 - first : 0;
    if (kept > 0)
        memmove(l->records, l->records + (first - l->first), (size_t)kept * sizeof *l->records);
    w->tally[TALLY_PRUNED] += l->last + 1 - l->first - kept;
    l->first = first;
    l->base = *base;
    size_t gone = 0;
    while (gone < l->mark_count && l->marks[gone].first < first)
        gone++;
    l->mark_count -= gone;
    if (l->mark_count > 0)
        memmove(l->marks, l->marks + gone, l->mark_count * sizeof *l->marks);
}

void disk_prune_cut(struct disk_log *l)
{
    while (l->mark_count > 0 && l->marks[l->mark_count - 1].last > l->last)
        l->mark_count--;
}

uint64_t disk_prune_used(const struct disk *d)
{
    uint64_t used = 0;
    for (size_t i = 0; i < d->log_count; i++)
        for (uint64_t seq = d->logs[i].first; seq <= d->logs[i].last; seq++)
            used += d->logs[i].records[seq - d->logs[i].first].size;
    return used;
}
