#include "core/retain.h"

#include "core/log_mark.h"
#include "core/members.h"
#include "core/serve.h"

/* By age: every TIME_RETAIN_MS all that is too old. By size: whatever is oldest, one at a time, as
 * long as the disk holds too much; the next one only when the last is gone, so that no more goes
 * than must. A tenth below the bound is where that begins, for the file also holds what is being
 * written. */

/* What would go: everything of `log` before `first`. */
struct prunable {
    struct log *log;
    uint64_t first, at_ms;
    struct chain_hash base;
};

static bool is_too_much(const struct node *n)
{
    return n->retain_bytes > 0 && n->used_bytes > n->retain_bytes / 10 * 9;
}

/* Whether a checkpoint of a later log holds it, under a seal and on disk. */
static bool is_kept(const struct member *m, const struct log *l, const struct state_entry *e)
{
    const struct log *later = e->kept_epoch > l->id.epoch
                                  ? members_log(m, &l->id.key, e->kept_epoch)
                                  : NULL;
    return later != NULL && e->kept_seq <= later->stored && e->kept_seq <= later->stored_seal.seq;
}

static bool is_needed(const struct node *n, const struct member *m, const struct log *l)
{
    const struct state_entry *e;
    size_t at = 0;
    while ((e = table_next(&n->state.topics, &at)) != NULL) {
        if (ident_log_equal(&e->log, &l->id) && !is_kept(m, l, e))
            return true;
        for (const struct state_rival *v = e->rivals; v != NULL; v = v->next)
            if (ident_log_equal(&v->log, &l->id))
                return true;
    }
    return false;
}

/* The first log behind this one of the same key that holds a checkpoint: what was written before
 * that came here is no younger. */
static const struct event_mark *next_mark(const struct member *m, const struct log *l)
{
    const struct event_mark *mark = NULL;
    for (const struct log *later = m->logs; later != l; later = later->next)
        if (ident_key_equal(&later->id.key, &l->id.key) && later->marks.count > 0)
            mark = ring_at(&later->marks, 0);
    return mark;
}

static bool may_go_whole(const struct log *l)
{
    return l->closed && l->first <= l->last && l->stored == l->last &&
           l->stored_seal.seq == l->last && l->seal.seq == l->last;
}

/* As little as possible, or as much as came before `before_ms`. */
enum how_much { PRUNE_STEP, PRUNE_ALL };

static bool find(const struct node *n, struct member *m, struct log *l, enum how_much how,
                 uint64_t before_ms, struct prunable *p)
{
    const struct event_mark *mark = may_go_whole(l) ? next_mark(m, l) : NULL;
    *p = (struct prunable){.log = l};
    if (mark != NULL && mark->at_ms <= before_ms && !is_needed(n, m, l)) {
        p->first = l->last + 1;
        p->at_ms = mark->at_ms;
        p->base = l->head;
        return true;
    }
    mark = how == PRUNE_STEP ? log_mark_oldest(l) : log_mark_before(l, before_ms);
    if (mark == NULL || mark->at_ms > before_ms)
        return false;
    p->first = mark->first;
    p->at_ms = mark->at_ms;
    p->base = mark->before;
    return true;
}

static void prune(struct node *n, const struct prunable *p)
{
    log_prune(p->log, p->first, &p->base);
    serve_due_all(n);
    node_store_log(n, p->log);
    n->prune_ticket = n->ticket;
    node_counted(n, NODE_LOGS_PRUNED);
}

static void prune_aged(struct node *n, struct member *m, uint64_t before_ms, size_t *count)
{
    struct prunable p;
    for (struct log *l = m->logs; l != NULL && *count < LIMIT_PRUNED_TURN; l = l->next) {
        if (!find(n, m, l, PRUNE_ALL, before_ms, &p))
            continue;
        prune(n, &p);
        ++*count;
    }
}

static void prune_all_aged(struct node *n)
{
    struct member *m;
    size_t at = 0, count = 0;
    uint64_t before_ms = n->wall_ms > n->retain_ms ? n->wall_ms - n->retain_ms : 0;
    prune_aged(n, &n->own, before_ms, &count);
    while ((m = table_next(&n->members, &at)) != NULL)
        prune_aged(n, m, before_ms, &count);
}

static void choose_older(const struct node *n, struct member *m, struct prunable *oldest)
{
    struct prunable p;
    for (struct log *l = m->logs; l != NULL; l = l->next)
        if (find(n, m, l, PRUNE_STEP, UINT64_MAX, &p) &&
            (oldest->log == NULL || p.at_ms < oldest->at_ms))
            *oldest = p;
}

static bool prune_oldest(struct node *n)
{
    struct prunable oldest = {.log = NULL};
    struct member *m;
    size_t at = 0;
    choose_older(n, &n->own, &oldest);
    while ((m = table_next(&n->members, &at)) != NULL)
        choose_older(n, m, &oldest);
    if (oldest.log == NULL)
        return false;
    prune(n, &oldest);
    return true;
}

/* The disk is as it was told to be, and it is too much. */
static bool is_due_by_size(const struct node *n)
{
    return is_too_much(n) && !n->sweeping && n->prune_ticket == 0;
}

void retain_pump(struct node *n)
{
    if (retain_deadline(n) > n->now_ms)
        return;
    n->retain_at_ms = n->now_ms + TIME_RETAIN_MS;
    prune_all_aged(n);
}

void retain_stored(struct node *n, const struct event *e)
{
    n->used_bytes = e->stored.used_bytes;
    n->sweeping = e->stored.sweeping;
    if (e->stored.ticket >= n->prune_ticket)
        n->prune_ticket = 0;
    if (n->store_failed || n->retain_full_ms > n->now_ms || !is_due_by_size(n))
        return;
    if (!prune_oldest(n))
        n->retain_full_ms = n->now_ms + TIME_RETAIN_MS; /* nothing may go yet */
}

uint64_t retain_deadline(const struct node *n)
{
    return n->retain_ms > 0 && !n->store_failed ? n->retain_at_ms : NODE_NEVER;
}
