#include "core/restore.h"

#include "core/decide.h"
#include "core/discovery.h"
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
    l->last = l->asked = l->stored = l->seen = e->restore_log.sealed;
    l->head = l->stored_hash = e->restore_log.sealed_hash;
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

void restore_tail(struct node *n, const struct event *e)
{
    struct log *l = restored(n, &e->restore_record.id);
    if (l == NULL || e->restore_record.record->seq != l->last + 1)
        return;
    const struct record *r = e->restore_record.record;
    if (log_extend(l, r->bytes, n->hash) != ERR_OK)
        n->fx->out_of_memory = true;
    l->asked = l->stored = l->seen = l->last;
    l->stored_hash = l->head;
    l->window_first = l->last + 1;
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
