#include "core/state.h"

#include <stdlib.h>

void state_init(struct state *s, uint64_t seed)
{
    *s = (struct state){0};
    table_init(&s->topics, LIMIT_TOPICS, seed);
}

void state_fini(struct state *s)
{
    size_t at = 0;
    struct state_entry *e;
    while ((e = table_next(&s->topics, &at)) != NULL) {
        free(e->bytes);
        free(e);
    }
    table_fini(&s->topics);
    *s = (struct state){0};
}

size_t state_topic(const struct record *r, char out[LIMIT_TOPIC + 1])
{
    size_t size = 0;
    if (r->topic.size > 0) {
        check(r->topic.size <= LIMIT_TOPIC);
        memcpy(out, r->topic.bytes, r->topic.size);
        size = r->topic.size;
    } else {
        check(r->device.size + 1 + r->type.size <= LIMIT_TOPIC);
        memcpy(out, r->device.bytes, r->device.size);
        out[r->device.size] = '/';
        memcpy(out + r->device.size + 1, r->type.bytes, r->type.size);
        size = r->device.size + 1 + r->type.size;
    }
    out[size] = '\0';
    return size;
}

static struct state_entry *add_entry(struct state *s, const char *topic, size_t size, enum err *err)
{
    struct state_entry *e = calloc(1, sizeof *e);
    *err = ERR_MEMORY;
    if (e == NULL)
        return NULL;
    memcpy(e->topic, topic, size + 1);
    e->topic_size = size;
    *err = table_put(&s->topics, (struct span){e->topic, size}, e);
    if (*err == ERR_OK)
        return e;
    free(e);
    return NULL;
}

static struct state_entry *find_entry(struct state *s, const char *topic, size_t size,
                                      enum err *err)
{
    struct span key = {topic, size};
    *err = ERR_OK;
    if (s->recent != NULL &&
        span_equal((struct span){s->recent->topic, s->recent->topic_size}, key))
        return s->recent;
    struct state_entry *e = table_get(&s->topics, key);
    return e != NULL ? e : add_entry(s, topic, size, err);
}

static enum err keep_bytes(struct state_entry *e, struct span bytes)
{
    if (bytes.size > e->capacity) {
        size_t capacity = (bytes.size + 63) & ~(size_t)63;
        char *memory = realloc(e->bytes, capacity);
        if (memory == NULL)
            return ERR_MEMORY;
        e->bytes = memory;
        e->capacity = capacity;
    }
    memcpy(e->bytes, bytes.bytes, bytes.size);
    e->size = bytes.size;
    return ERR_OK;
}

static void mark_dirty(struct state *s, struct state_entry *e)
{
    if (e->dirty)
        return;
    e->dirty = true;
    e->next_dirty = s->dirty;
    s->dirty = e;
}

/* A device that was set up anew has another key and counts its epochs from the beginning: the two
 * can't be compared, and the old key's device is no more. */
static bool is_newer_report(const struct state_entry *e, const struct log_id *log, uint64_t seq)
{
    if (!ident_key_equal(&log->key, &e->log.key))
        return true;
    return log->epoch > e->log.epoch || (log->epoch == e->log.epoch && seq > e->seq);
}

static bool is_newer_want(const struct state_entry *e, const struct log_id *log,
                          const struct record *r)
{
    struct stamp stamp = {r->ts, r->tick};
    if (!stamp_equal(stamp, e->stamp))
        return stamp_less(e->stamp, stamp);
    int order = strcmp(log->device, e->log.device);
    if (order == 0)
        order = memcmp(&log->key, &e->log.key, sizeof log->key);
    if (order != 0)
        return order > 0;
    return log->epoch > e->log.epoch || (log->epoch == e->log.epoch && r->seq > e->seq);
}

static bool is_newer(const struct state_entry *e, const struct log_id *log, const struct record *r)
{
    return r->topic.size > 0 ? is_newer_want(e, log, r) : is_newer_report(e, log, r->seq);
}

enum err state_apply(struct state *s, const struct log_id *log, const struct record *r)
{
    char topic[LIMIT_TOPIC + 1];
    size_t size = state_topic(r, topic);
    enum err err;
    struct state_entry *e = find_entry(s, topic, size, &err);
    if (e == NULL)
        return err;
    s->recent = e;
    if (e->size > 0 && !is_newer(e, log, r))
        return ERR_STALE;
    err = keep_bytes(e, r->bytes);
    if (err != ERR_OK)
        return err;
    e->log = *log;
    e->seq = r->seq;
    e->stamp = (struct stamp){r->ts, r->tick};
    mark_dirty(s, e);
    return ERR_OK;
}

const struct state_entry *state_get(const struct state *s, struct span topic)
{
    const struct state_entry *e = table_get(&s->topics, topic);
    return e != NULL && e->size > 0 ? e : NULL;
}

bool state_holds(const struct state *s, const struct log_id *log, const struct record *r)
{
    char topic[LIMIT_TOPIC + 1];
    size_t size = state_topic(r, topic);
    const struct state_entry *e = state_get(s, (struct span){topic, size});
    return e != NULL && e->seq == r->seq && ident_log_equal(&e->log, log);
}

void state_dirty_all(struct state *s)
{
    struct state_entry *e;
    size_t at = 0;
    while ((e = table_next(&s->topics, &at)) != NULL)
        mark_dirty(s, e);
}

struct state_entry *state_take_dirty(struct state *s)
{
    struct state_entry *e = s->dirty;
    if (e == NULL)
        return NULL;
    s->dirty = e->next_dirty;
    e->dirty = false;
    e->next_dirty = NULL;
    return e;
}

void state_hash(const struct state *s, log_hash_fn *hash, struct chain_hash *out)
{
    struct chain_hash sum = {{0}}, one;
    size_t at = 0;
    const struct state_entry *e;
    while ((e = table_next(&s->topics, &at)) != NULL) {
        const struct chain_hash none = {{0}};
        hash(&one, &none, (struct span){e->bytes, e->size});
        unsigned carry = 0;
        for (size_t i = 0; i < sizeof sum.bytes; i++) {
            carry += (unsigned)sum.bytes[i] + one.bytes[i];
            sum.bytes[i] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    hash(out, &sum, (struct span){0});
}
