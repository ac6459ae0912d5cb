#include "disk_note.h"

#include "world.h"

#include <stdlib.h>

void disk_note_take_seen(struct disk_seen *to, const struct event_seen *seen)
{
    check(seen->device.size <= LIMIT_NAME && seen->evidence.size <= LIMIT_REASON);
    to->row = *seen;
    to->row.device = to->row.evidence = (struct span){0};
    ident_name_copy(to->device, seen->device);
    if (seen->evidence.size > 0)
        memcpy(to->evidence, seen->evidence.bytes, seen->evidence.size);
}

void disk_note_take_fork(struct disk_fork *to, const struct proof *proof)
{
    to->proof = *proof;
    to->bytes = malloc(proof->bytes.size + 1);
    check(to->bytes);
    if (proof->bytes.size > 0)
        memcpy(to->bytes, proof->bytes.bytes, proof->bytes.size);
    to->proof.bytes.bytes = to->bytes;
}

void disk_note_apply_seen(struct disk *d, const struct disk_seen *seen)
{
    uint64_t hash = disk_index_hash(span_of(seen->device), 0);
    size_t probe = 0, i = d->seen_count;
    while (disk_index_next(&d->seen_by, hash, &probe, &i) &&
           strcmp(d->seen[i].device, seen->device) != 0)
        i = d->seen_count;
    if (i == d->seen_count) {
        disk_index_add(&d->seen_by, hash, i);
        d->seen = realloc(d->seen, ++d->seen_count * sizeof *d->seen);
    }
    check(d->seen);
    d->seen[i] = *seen;
}

static void append_fork(struct disk *d, const struct disk_fork *fork)
{
    check(d->fork_count < LIMIT_FORKS);
    d->forks = realloc(d->forks, ++d->fork_count * sizeof *d->forks);
    check(d->forks);
    d->forks[d->fork_count - 1] = *fork;
}

void disk_note_apply_fork(struct disk *d, struct disk_fork *fork)
{
    size_t i = 0;
    while (i < d->fork_count && !ident_key_equal(&d->forks[i].proof.id.key, &fork->proof.id.key))
        i++;
    if (i == d->fork_count) {
        append_fork(d, fork);
    } else {
        free(d->forks[i].bytes);
        d->forks[i] = *fork;
    }
    fork->bytes = NULL;
}

void disk_note_copy_forks(struct disk *to, const struct disk *from)
{
    for (size_t i = 0; i < from->fork_count; i++) {
        struct disk_fork fork;
        disk_note_take_fork(&fork, &from->forks[i].proof);
        append_fork(to, &fork);
    }
}

void disk_note_free(struct disk *d)
{
    for (size_t i = 0; i < d->fork_count; i++)
        free(d->forks[i].bytes);
    free(d->forks);
    free(d->seen);
    d->seen = NULL;
    d->forks = NULL;
    d->seen_count = d->fork_count = 0;
}

void disk_note_restore(struct world *w, struct host *h)
{
    const struct disk *d = &h->disk;
    for (size_t i = 0; i < d->seen_count && !world_failed(w); i++) {
        struct event e = {.kind = EVENT_RESTORE_SEEN, .restore_seen = d->seen[i].row};
        e.restore_seen.device = span_of(d->seen[i].device);
        e.restore_seen.evidence = span_of(d->seen[i].evidence);
        host_step(w, h, &e);
    }
    for (size_t i = 0; i < d->fork_count && !world_failed(w); i++) {
        struct event e = {.kind = EVENT_RESTORE_FORK, .restore_fork = &d->forks[i].proof};
        host_step(w, h, &e);
    }
}
