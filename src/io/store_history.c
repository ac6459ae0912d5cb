#include "io/store_history.h"

#include "core/state.h"
#include "wire/record.h"

#include <stdlib.h>

struct part {
    struct log_id id;
    uint64_t next, last, sealed;
};

struct store_history {
    struct store *store;
    char topic[LIMIT_TOPIC + 1];
    size_t topic_size;
    uint64_t from_ms, to_ms;
    struct part *parts;
    size_t count, capacity, at;
    bool sorted;
};

struct store_history *store_history_new(struct store *store,
                                        const struct store_history_query *query)
{
    struct store_history *h = calloc(1, sizeof *h);
    if (h == NULL)
        return NULL;
    check(query->topic.size <= LIMIT_TOPIC);
    h->store = store;
    if (query->topic.size > 0)
        memcpy(h->topic, query->topic.bytes, query->topic.size);
    h->topic_size = query->topic.size;
    h->from_ms = query->from_ms;
    h->to_ms = query->to_ms;
    return h;
}

void store_history_free(struct store_history *h)
{
    if (h == NULL)
        return;
    free(h->parts);
    free(h);
}

enum err store_history_add(struct store_history *h, const struct log_id *id, uint64_t first,
                           uint64_t last, uint64_t sealed)
{
    check(!h->sorted);
    if (h->count == LIMIT_LOGS)
        return ERR_FULL;
    if (h->count == h->capacity) {
        size_t capacity = h->capacity == 0 ? 8 : 2 * h->capacity;
        struct part *parts = realloc(h->parts, capacity * sizeof *parts);
        if (parts == NULL)
            return ERR_MEMORY;
        h->parts = parts;
        h->capacity = capacity;
    }
    h->parts[h->count++] = (struct part){*id, first, last, sealed};
    return ERR_OK;
}

static int compare(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    int order = strcmp(a->id.device, b->id.device);
    if (order != 0)
        return order;
    if (a->id.epoch != b->id.epoch)
        return a->id.epoch < b->id.epoch ? -1 : 1;
    return memcmp(&a->id.key, &b->id.key, sizeof a->id.key);
}

static bool is_wanted(const struct store_history *h, const struct record *r)
{
    char topic[LIMIT_TOPIC + 1];
    if (r->ts < h->from_ms || r->ts > h->to_ms || r->kept.size > 0)
        return false;
    if (h->topic_size == 0)
        return true;
    size_t size = state_topic(r, topic);
    return size == h->topic_size && memcmp(topic, h->topic, size) == 0;
}

static enum err walk(const struct store_history *h, struct part *part, struct span run,
                     store_history_fn *emit, void *context)
{
    struct record record;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause = NULL;
    size_t at = 0;
    uint64_t began = part->next;
    while (part->next <= part->last && record_next(run, &at, &record, memory, &cause)) {
        if (record.seq != part->next)
            return ERR_CORRUPT;
        if (is_wanted(h, &record))
            emit(context, &record,
                 record.seq <= part->sealed ? STORE_HISTORY_SEALED : STORE_HISTORY_PENDING);
        part->next++;
    }
    return cause == NULL && part->next > began ? ERR_OK : ERR_CORRUPT;
}

enum err store_history_step(struct store_history *h, store_history_fn *emit, void *context)
{
    if (!h->sorted && h->count > 0)
        qsort(h->parts, h->count, sizeof *h->parts, compare);
    h->sorted = true;
    while (h->at < h->count && h->parts[h->at].next > h->parts[h->at].last)
        h->at++;
    if (h->at == h->count)
        return ERR_NOT_FOUND;
    struct part *part = &h->parts[h->at];
    struct store_fetched run;
    enum err err = store_fetch(h->store, &part->id, part->next, STORE_HISTORY_STEP_BYTES, NULL,
                               &run);
    if (err == ERR_OK)
        err = walk(h, part, run.bytes, emit, context);
    free(run.memory);
    if (err != ERR_OK)
        h->at++;
    /* What a failed store dropped, or its author cut off meanwhile, is no damage. */
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}
