/* What a process finds on its disk when it begins. */
#include "disk_restore.h"

#include "disk_note.h"
#include "world.h"

static void restore_record(struct world *w, struct host *h, enum event_kind kind, struct log_id id,
                           struct span bytes)
{
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    struct record r;
    check(record_decode(bytes, &r, memory, &cause) == ERR_OK);
    struct event e = {.kind = kind, .restore_record = {id, &r}};
    host_step(w, h, &e);
}

static void restore_log(struct world *w, struct host *h, struct disk_log log)
{
    const struct disk_log *l = &log; /* a copy: the step may order something */
    struct event e = {.kind = EVENT_RESTORE_LOG};
    e.restore_log.id = l->id;
    e.restore_log.role = l->role;
    e.restore_log.first = l->first;
    e.restore_log.last = l->last;
    e.restore_log.closed = l->closed;
    e.restore_log.base = l->base;
    e.restore_log.marks = l->marks;
    e.restore_log.mark_count = l->mark_count;
    if (l->seal_count > 0) {
        const struct disk_seal *seal = &l->seals[l->seal_count - 1];
        e.restore_log.sealed = seal->seq;
        e.restore_log.sealed_hash = seal->hash;
        e.restore_log.signature_size = seal->signature_size;
        memcpy(e.restore_log.signature, seal->signature, sizeof seal->signature);
    }
    host_step(w, h, &e);
    uint64_t after = disk_sealed(l) < l->first ? l->first - 1 : disk_sealed(l);
    for (uint64_t seq = after + 1; seq <= l->last && !world_failed(w); seq++)
        restore_record(w, h, EVENT_RESTORE_TAIL, l->id, l->records[seq - l->first]);
}

void disk_restore(struct world *w, struct host *h)
{
    const struct disk *d = &h->disk;
    for (size_t i = 0; i < d->log_count && !world_failed(w); i++)
        restore_log(w, h, d->logs[i]);
    for (size_t i = 0; i < d->topic_count && !world_failed(w); i++)
        restore_record(w, h, EVENT_RESTORE_TOPIC, d->topics[i].id, d->topics[i].bytes);
    for (size_t i = 0; i < d->peer_count && !world_failed(w); i++) {
        struct event e = {.kind = EVENT_RESTORE_PEER};
        e.restore_peer.device = span_of(d->peers[i].device);
        e.restore_peer.address = d->peers[i].address;
        host_step(w, h, &e);
    }
    disk_note_restore(w, h);
}
