#include "core/log.h"

#include "core/log_mark.h"

#include <stdlib.h>

/* The happy path of an own log: reserve, encode into the window, add (chain and offsets follow),
 * run (to the store and to each session's cursor), trim. Of another's log: extend with each record
 * that arrives; the bytes themselves go straight to the store.
 *
 * Hashes are kept for every record behind the seal, because a seal may name any of them; when there
 * are more than LIMIT_PENDING the oldest goes, and a seal that names it is passed over: a later one
 * will come. */

enum { WINDOW_BYTES_MIN = 8192 };

struct log *log_new(const struct log_id *id, enum role role)
{
    struct log *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->id = *id;
    l->role = role;
    l->first = 1;
    l->window_first = 1;
    ring_init(&l->hashes, sizeof(struct chain_hash), LIMIT_PENDING);
    ring_init(&l->asked_seals, sizeof(struct log_seal), LIMIT_SEALS_ASKED);
    ring_init(&l->marks, sizeof(struct event_mark), LIMIT_MARKS);
    ring_init(&l->ends, sizeof(uint64_t), (size_t)LIMIT_WINDOW);
    return l;
}

void log_free(struct log *l)
{
    if (l == NULL)
        return;
    ring_fini(&l->hashes);
    ring_fini(&l->asked_seals);
    ring_fini(&l->ends);
    ring_fini(&l->marks);
    free(l->window);
    free(l);
}

enum err log_extend(struct log *l, struct span bytes, log_hash_fn *hash)
{
    struct chain_hash next;
    hash(&next, &l->head, bytes);
    if (l->hashes.count == LIMIT_PENDING)
        ring_pop(&l->hashes, 1);
    enum err err = ring_push(&l->hashes, &next);
    if (err != ERR_OK)
        return err;
    l->head = next;
    l->last++;
    return ERR_OK;
}

bool log_hash_at(const struct log *l, uint64_t seq, struct chain_hash *hash)
{
    if (seq == l->last) {
        *hash = l->head;
    } else if (seq == l->stored) {
        *hash = l->stored_hash;
    } else if (seq == l->seal.seq) {
        *hash = l->seal.hash;
    } else if (seq + 1 == l->first) {
        *hash = l->base;
    } else if (seq > 0 && seq == l->looked_seq) {
        *hash = l->looked;
    } else if (seq < l->last && l->last - seq < l->hashes.count) {
        size_t index = l->hashes.count - 1 - (size_t)(l->last - seq);
        *hash = *(const struct chain_hash *)ring_at(&l->hashes, index);
    } else {
        return false;
    }
    return true;
}

void log_accept_seal(struct log *l, const struct log_seal *seal)
{
    if (seal->seq > l->seal.seq)
        l->seal = *seal;
}

static uint64_t last_asked(const struct log *l)
{
    if (l->asked_seals.count == 0)
        return l->stored_seal.seq;
    const struct log_seal *newest = ring_at(&l->asked_seals, l->asked_seals.count - 1);
    return newest->seq;
}

enum err log_seal_asked(struct log *l)
{
    return l->seal.seq > last_asked(l) ? ring_push(&l->asked_seals, &l->seal) : ERR_EXISTS;
}

void log_seal_forget_asked(struct log *l)
{
    ring_clear(&l->asked_seals);
}

void log_seal_durable(struct log *l)
{
    check(l->asked_seals.count > 0);
    l->stored_seal = *(struct log_seal *)ring_at(&l->asked_seals, 0);
    ring_pop(&l->asked_seals, 1);
    if (l->asked_seals.count == 0)
        ring_clear(&l->asked_seals);
    uint64_t behind = l->last > l->stored_seal.seq ? l->last - l->stored_seal.seq : 0;
    if (l->hashes.count > behind)
        ring_pop(&l->hashes, l->hashes.count - (size_t)behind);
    if (l->hashes.count == 0)
        ring_clear(&l->hashes);
}

bool log_cut(struct log *l, uint64_t last)
{
    struct chain_hash hash;
    check(last <= l->last);
    if (!log_hash_at(l, last, &hash))
        return false;
    uint64_t gone = l->last - last;
    l->looked_seq = l->looked_seq > last ? 0 : l->looked_seq;
    if (gone >= l->hashes.count)
        ring_clear(&l->hashes);
    else
        ring_pop_back(&l->hashes, (size_t)gone);
    l->head = hash;
    l->last = last;
    if (l->asked > last)
        l->asked = last;
    if (l->stored > last) {
        l->stored = last;
        l->stored_hash = hash;
    }
    if (l->asking.seq > last)
        l->asking.seq = 0;
    if (l->waiting.seq > last)
        l->waiting.seq = 0;
    log_mark_cut(l);
    return true;
}

void log_prune(struct log *l, uint64_t first, const struct chain_hash *base)
{
    check(first > l->first && first <= l->last + 1);
    l->first = first;
    l->base = *base;
    log_mark_prune(l);
}

void log_restart(struct log *l, uint64_t first, const struct chain_hash *base)
{
    check(!l->own && first > l->last + 1);
    ring_clear(&l->hashes);
    l->last = l->asked = first - 1;
    l->head = *base;
    l->asking.seq = l->waiting.seq = 0;
    l->open.first = l->fresh.first = 0;
    l->looked_seq = 0;
    l->resync = false;
    log_prune(l, first, base);
}

void log_cut_to_stored(struct log *l)
{
    /* One that was to go on behind a gap does so, once storing works again. */
    bool known = log_cut(l, l->stored + 1 < l->first ? l->first - 1 : l->stored);
    check(known);
    if (l->own && l->window_first <= l->last + 1) {
        size_t keep = (size_t)(l->last + 1 - l->window_first);
        if (keep < l->ends.count)
            ring_pop_back(&l->ends, l->ends.count - keep);
        uint64_t end = keep == 0 ? l->window_offset : *(uint64_t *)ring_at(&l->ends, keep - 1);
        l->window_end = l->window_begin + (size_t)(end - l->window_offset);
    }
}

char *log_window_reserve(struct log *l)
{
    size_t used = l->window_end - l->window_begin;
    if (l->window_capacity - l->window_end > LIMIT_RECORD)
        return l->window + l->window_end;
    if (l->window_begin > 0 && l->window_begin >= used) {
        memcpy(l->window, l->window + l->window_begin, used);
        l->window_begin = 0;
        l->window_end = used;
        if (l->window_capacity - used > LIMIT_RECORD)
            return l->window + used;
    }
    size_t capacity = l->window_capacity == 0 ? WINDOW_BYTES_MIN : l->window_capacity * 2;
    char *window = realloc(l->window, capacity);
    if (window == NULL)
        return NULL;
    l->window = window;
    l->window_capacity = capacity;
    return l->window + l->window_end;
}

enum err log_window_add(struct log *l, size_t size, log_hash_fn *hash)
{
    check(l->own && size > 0 && size <= LIMIT_RECORD);
    uint64_t end = l->window_offset + (l->window_end - l->window_begin) + size + 1;
    enum err err = ring_push(&l->ends, &end);
    if (err != ERR_OK)
        return err;
    err = log_extend(l, (struct span){l->window + l->window_end, size}, hash);
    if (err != ERR_OK) {
        ring_pop_back(&l->ends, 1);
        return err;
    }
    l->bytes += size;
    l->window[l->window_end + size] = ',';
    l->window_end += size + 1;
    return ERR_OK;
}

/* How many records of the window, from index `from` on, end within `limit` bytes of offset `begin`.
 */
static size_t count_within(const struct log *l, size_t from, uint64_t begin, size_t limit)
{
    size_t low = 0, high = l->ends.count - from;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        uint64_t end = *(uint64_t *)ring_at(&l->ends, from + middle - 1);
        if (end - begin - 1 <= limit)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

struct span log_window_run(const struct log *l, uint64_t first, size_t bytes_max, size_t *count)
{
    *count = 0;
    if (first < l->window_first || first > l->last || l->ends.count == 0)
        return (struct span){0};
    size_t from = (size_t)(first - l->window_first);
    uint64_t begin = from == 0 ? l->window_offset : *(uint64_t *)ring_at(&l->ends, from - 1);
    size_t fit = count_within(l, from, begin, bytes_max);
    *count = fit > 0 ? fit : 1;
    uint64_t end = *(uint64_t *)ring_at(&l->ends, from + *count - 1);
    return (struct span){l->window + l->window_begin + (begin - l->window_offset),
                         (size_t)(end - begin - 1)};
}

static void drop_oldest(struct log *l, size_t count)
{
    if (count == 0)
        return;
    uint64_t end = *(uint64_t *)ring_at(&l->ends, count - 1);
    ring_pop(&l->ends, count);
    l->window_begin += (size_t)(end - l->window_offset);
    l->window_offset = end;
    l->window_first += count;
}

void log_window_trim(struct log *l, uint64_t keep)
{
    uint64_t may_go = l->asked + 1; /* everything before this is with the store */
    uint64_t before = keep < may_go ? keep : may_go;
    if (before > l->window_first)
        drop_oldest(l, (size_t)(before - l->window_first));
    while (l->window_end - l->window_begin > LIMIT_WINDOW && l->window_first < may_go)
        drop_oldest(l, 1);
    if (l->ends.count > 0)
        return;
    l->window_begin = l->window_end = 0;
    if (l->window_capacity <= 8 * (size_t)WINDOW_BYTES_MIN)
        return;
    free(l->window);
    l->window = NULL;
    l->window_capacity = 0;
    ring_clear(&l->ends);
}
