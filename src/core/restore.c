#include "core/restore.h"

#include "core/decide.h"
#include "core/discovery.h"
#include "core/log_mark.h"
#include "core/members.h"

/* NULL: beyond a bound, or out of memory. A log that is on disk must be known: else its records
 * would be asked for, and acted on, once more. */
static struct log *restored_log(struct node *n, struct member *m, const struct event *e)
{
    const struct log_id *id = &e->restore_log.id;
    struct log *l = m == NULL ? NULL : members_log_add(n, m, id, e->restore_log.role);
    bool bounded = m == NULL ? n->members.count >= LIMIT_MEMBERS : id->epoch <= m->forgotten;
    if (l == NULL && !bounded)
        n->fx->out_of_memory = true;
    return l;
}

/* The log as it stood on disk. Ours are closed when the new epoch begins. */
void restore_log(struct node *n, const struct event *e)
{
    const struct log_id *id = &e->restore_log.id;
    bool own = ident_key_equal(&id->key, &n->self.key) && strcmp(id->device, n->self.device) == 0;
    struct member *m = own ? &n->own : members_add(n, span_of(id->device));
    struct log *l = restored_log(n, m, e);
    if (l == NULL)
        return;
    l->own = own;
    l->on_disk = true;
    l->closed = e->restore_log.closed;
    l->first = e->restore_log.first;
    l->base = e->restore_log.base;
    bool sealed = e->restore_log.sealed >= l->first;
    l->last = l->asked = l->stored = l->seen = sealed ? e->restore_log.sealed : l->first - 1;
    l->head = l->stored_hash = sealed ? e->restore_log.sealed_hash : l->base;
    for (size_t i = 0; i < e->restore_log.mark_count; i++)
        log_mark_restore(l, &e->restore_log.marks[i]);
    l->window_first = l->last + 1;
    if (m->epoch < id->epoch) {
        m->epoch = id->epoch;
        m->role = e->restore_log.role;
    }
    if (e->restore_log.sealed == 0 || e->restore_log.signature_size == 0)
        return; /* no seal, or one that damage took: the author makes or sends another */
    l->seal = (struct log_seal){.seq = e->restore_log.sealed,
                                .hash = e->restore_log.sealed_hash,
                                .signature_size = e->restore_log.signature_size};
    memcpy(l->seal.signature, e->restore_log.signature, sizeof l->seal.signature);
    l->stored_seal = l->seal;
}

static struct log *restored(const struct node *n, const struct log_id *id)
{
    bool own = ident_key_equal(&id->key, &n->self.key) && strcmp(id->device, n->self.device) == 0;
    const struct member *m = own ? &n->own : members_find(n, span_of(id->device));
    return m == NULL ? NULL : members_log(m, &id->key, id->epoch);
}

static void restored_record(struct node *n, const struct log_id *id, const struct record *r)
{
    if (record_is_wanted(r))
        stamp_merge(&n->clock, (struct stamp){r->ts, r->tick});
    decide_restore(n, id, r);
}

/* A crash may have come between a checkpoint and the rows of the topics that it holds. */
static void restore_kept(struct node *n, const struct log *l, const struct record *r)
{
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    struct record kept;
    size_t at = 0;
    while (n->next(r->kept, &at, &kept, memory, &cause)) {
        struct log_id id = l->id;
        id.epoch = kept.epoch;
        bool known = state_holds(&n->state, &id, &kept);
        if (!known && state_apply(&n->state, &id, &kept) == ERR_MEMORY)
            n->fx->out_of_memory = true;
        state_keep(&n->state, &id, &kept, l->id.epoch, r->seq);
        if (!known && state_holds(&n->state, &id, &kept))
            restored_record(n, &id, &kept);
    }
}

void restore_tail(struct node *n, const struct event *e)
{
    struct log *l = restored(n, &e->restore_record.id);
    if (l == NULL || e->restore_record.record->seq != l->last + 1)
        return;
    const struct record *r = e->restore_record.record;
    struct chain_hash before = l->head;
    if (log_extend(l, r->bytes, n->hash) != ERR_OK)
        n->fx->out_of_memory = true;
    l->asked = l->stored = l->seen = l->last;
    l->stored_hash = l->head;
    l->window_first = l->last + 1;
    if (r->kept.size > 0) {
        log_mark_part(l, r, &before, n->wall_ms);
        restore_kept(n, l, r);
        return;
    }
    /* A crash may have come between the record and its topic's row. */
    if (state_apply(&n->state, &l->id, r) == ERR_MEMORY)
        n->fx->out_of_memory = true;
    if (state_holds(&n->state, &l->id, r))
        restored_record(n, &l->id, r);
}

void restore_topic(struct node *n, const struct event *e)
{
    const struct record *r = e->restore_record.record;
    const struct log_id *id = &e->restore_record.id;
    bool own = ident_key_equal(&id->key, &n->self.key) && strcmp(id->device, n->self.device) == 0;
    struct member *m = own ? &n->own : members_find(n, span_of(id->device));
    enum err err = members_apply(n, m, id, r);
    if (err == ERR_MEMORY)
        n->fx->out_of_memory = true;
    if (err == ERR_OK)
        (void)state_take_dirty(&n->state);
    if (!state_holds(&n->state, id, r))
        return;
    restored_record(n, id, r);
    if (!own || r->topic.size > 0)
        return;
    struct fact *fact = node_fact(n, FACT_RESTORED_TOPIC, r->device);
    if (fact != NULL)
        fact->record = r;
}

void restore_address(struct node *n, const struct event *e)
{
    discovery_add_address(n, e->restore_peer.device, e->restore_peer.address);
}
