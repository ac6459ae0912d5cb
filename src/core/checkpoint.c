#include "core/checkpoint.h"

#include "core/author.h"

static bool retains(const struct node *n)
{
    return n->retain_ms > 0 || n->retain_bytes > 0;
}

static uint64_t bounded(uint64_t value, uint64_t least, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static uint64_t every_bytes(const struct node *n)
{
    uint64_t part = n->retain_bytes > 0 ? n->retain_bytes / LIMIT_RETAIN_STEPS : UINT64_MAX;
    part = bounded(part, LIMIT_CHECKPOINT_MIN, LIMIT_CHECKPOINT_MAX);
    uint64_t share = n->checkpoint_size * LIMIT_CHECKPOINT_SHARE;
    return part > share ? part : share;
}

static uint64_t every_ms(const struct node *n)
{
    uint64_t part = n->retain_ms > 0 ? n->retain_ms / LIMIT_RETAIN_STEPS : UINT64_MAX;
    return bounded(part, TIME_CHECKPOINT_MIN_MS, TIME_CHECKPOINT_MAX_MS);
}

/* Whether there is something in the lives before that another peer may want to be rid of. */
static bool has_long_past(const struct node *n)
{
    uint64_t records = 0;
    for (const struct log *l = n->log->next; l != NULL; l = l->next)
        records += l->last + 1 - l->first;
    return records >= (retains(n) ? 1 : LIMIT_CHECKPOINT_PAST);
}

void checkpoint_begin(struct node *n)
{
    n->checkpoint_bytes = n->checkpoint_seq = 0;
    n->checkpoint_due = has_long_past(n);
    n->checkpoint_ms = n->now_ms;
}

uint64_t checkpoint_deadline(const struct node *n)
{
    const struct log *l = n->log;
    if (l == NULL || author_room(n) == 0)
        return NODE_NEVER;
    if (n->checkpoint_due || l->bytes - n->checkpoint_bytes >= every_bytes(n))
        return n->now_ms;
    return l->last > n->checkpoint_seq ? n->checkpoint_ms + every_ms(n) : NODE_NEVER;
}

static bool is_own(const struct node *n, const struct state_entry *e)
{
    return ident_key_equal(&e->log.key, &n->self.key) && strcmp(e->log.device, n->self.device) == 0;
}

/* The next entries of ours that fit into one part: joined into `kept`, NULL only counts them. *at
 * goes on behind them; 0: there are no more. */
static size_t next_part(const struct node *n, size_t *at, char *kept)
{
    size_t size = 0, behind = *at;
    const struct state_entry *e;
    while ((e = table_next(&n->state.topics, &behind)) != NULL) {
        if (is_own(n, e) && size > 0 && size + 1 + e->size > LIMIT_KEPT)
            return size;
        if (is_own(n, e) && e->size <= LIMIT_KEPT) {
            if (kept != NULL && size > 0)
                kept[size] = ',';
            size += size > 0;
            if (kept != NULL)
                memcpy(kept + size, e->bytes, e->size);
            size += e->size;
        }
        *at = behind;
    }
    return size;
}

static uint32_t count_parts(const struct node *n)
{
    uint32_t count = 0;
    for (size_t at = 0; next_part(n, &at, NULL) > 0;)
        count++;
    return count;
}

static void note_kept(struct node *n, uint64_t seq)
{
    struct state_entry *e;
    size_t at = 0;
    while ((e = table_next(&n->state.topics, &at)) != NULL) {
        if (!is_own(n, e))
            continue;
        e->kept_epoch = n->epoch;
        e->kept_seq = seq;
    }
}

static void write_all(struct node *n, uint32_t of)
{
    char *kept = event_effects_alloc(n->fx, LIMIT_KEPT);
    size_t at = 0;
    if (kept == NULL)
        return;
    for (uint32_t part = 1; part <= of; part++) {
        size_t size = next_part(n, &at, kept);
        struct author_entry entry = {.type = {"checkpoint", 10},
                                     .kept = {kept, size},
                                     .part = part,
                                     .of = of};
        enum err err = author_append(n, &entry, NULL);
        if (err == ERR_MEMORY)
            n->fx->out_of_memory = true;
        if (err != ERR_OK)
            return;
    }
    note_kept(n, n->log->last);
}

void checkpoint_pump(struct node *n)
{
    struct log *l = n->log;
    if (checkpoint_deadline(n) > n->now_ms)
        return;
    uint32_t of = count_parts(n);
    if (of > author_room(n))
        return;
    uint64_t before = l->bytes;
    if (of > 0)
        write_all(n, of);
    n->checkpoint_size = l->bytes - before;
    n->checkpoint_bytes = l->bytes;
    n->checkpoint_seq = l->last;
    n->checkpoint_ms = n->now_ms;
    n->checkpoint_due = false;
}
