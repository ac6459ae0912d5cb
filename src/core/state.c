#include "core/state.h"

#include <stdlib.h>

void state_init(struct state *s, uint64_t seed)
{
    *s = (struct state){0};
    table_init(&s->topics, LIMIT_TOPICS, seed);
}

static void drop_rival(struct state_rival **at)
{
    struct state_rival *gone = *at;
    *at = gone->next;
    free(gone->bytes);
    free(gone);
}

void state_fini(struct state *s)
{
    size_t at = 0;
    struct state_entry *e;
    while ((e = table_next(&s->topics, &at)) != NULL) {
        while (e->rivals != NULL)
            drop_rival(&e->rivals);
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

static enum err keep_bytes(char **memory, size_t *capacity, struct span bytes)
{
    if (bytes.size > *capacity) {
        size_t wanted = (bytes.size + 63) & ~(size_t)63;
        char *grown = realloc(*memory, wanted);
        if (grown == NULL)
            return ERR_MEMORY;
        *memory = grown;
        *capacity = wanted;
    }
    if (bytes.size > 0)
        memcpy(*memory, bytes.bytes, bytes.size);
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

static bool is_newer_report(const struct log_id *held, uint64_t held_seq, const struct log_id *log,
                            uint64_t seq)
{
    return log->epoch > held->epoch || (log->epoch == held->epoch && seq > held_seq);
}

static enum err replace(struct state *s, struct state_entry *e, const struct log_id *log,
                        const struct record *r)
{
    enum err err = keep_bytes(&e->bytes, &e->capacity, r->bytes);
    if (err != ERR_OK)
        return err;
    e->size = r->bytes.size;
    e->log = *log;
    e->seq = r->seq;
    e->stamp = (struct stamp){r->ts, r->tick};
    e->kept_epoch = e->kept_seq = 0;
    mark_dirty(s, e);
    return ERR_OK;
}

/* Whether the rival's key counts rather than the one of the entry. */
static bool outranks(const struct state_rival *v, const struct state_entry *e)
{
    if (v->newest_ts != e->newest_ts)
        return v->newest_ts > e->newest_ts;
    return memcmp(&v->log.key, &e->log.key, sizeof v->log.key) > 0;
}

static void change_places(struct state_rival *v, struct state_entry *e)
{
    struct state_rival was = *v;
    *v = (struct state_rival){.log = e->log,
                              .seq = e->seq,
                              .stamp = e->stamp,
                              .newest_ts = e->newest_ts,
                              .bytes = e->bytes,
                              .size = e->size,
                              .capacity = e->capacity,
                              .next = was.next};
    e->log = was.log;
    e->seq = was.seq;
    e->stamp = was.stamp;
    e->newest_ts = was.newest_ts;
    e->bytes = was.bytes;
    e->size = was.size;
    e->capacity = was.capacity;
    e->kept_epoch = e->kept_seq = 0;
}

/* A key that is seldom the second: the list has one element or none. */
static void bound_rivals(struct state_entry *e)
{
    size_t count = 1;
    struct state_rival **lowest = &e->rivals;
    for (struct state_rival **at = &e->rivals; *at != NULL; at = &(*at)->next, count++)
        if ((*at)->newest_ts < (*lowest)->newest_ts ||
            ((*at)->newest_ts == (*lowest)->newest_ts &&
             memcmp(&(*at)->log.key, &(*lowest)->log.key, sizeof(*at)->log.key) < 0))
            lowest = at;
    if (count > LIMIT_KEYS_TOPIC)
        drop_rival(lowest);
}

static struct state_rival *rival_of(struct state_entry *e, const struct log_id *log)
{
    for (struct state_rival *v = e->rivals; v != NULL; v = v->next)
        if (ident_key_equal(&v->log.key, &log->key))
            return v;
    struct state_rival *v = calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    v->log.key = log->key;
    v->next = e->rivals;
    e->rivals = v;
    return v;
}

/* Of another key than the one that counts. */
static enum err apply_rival(struct state *s, struct state_entry *e, const struct log_id *log,
                            const struct record *r)
{
    struct state_rival *v = rival_of(e, log);
    if (v == NULL)
        return ERR_MEMORY;
    bool newer = v->size == 0 || is_newer_report(&v->log, v->seq, log, r->seq);
    if (newer) {
        enum err err = keep_bytes(&v->bytes, &v->capacity, r->bytes);
        if (err != ERR_OK)
            return err;
        v->size = r->bytes.size;
        v->log = *log;
        v->seq = r->seq;
        v->stamp = (struct stamp){r->ts, r->tick};
    }
    if (r->ts > v->newest_ts)
        v->newest_ts = r->ts;
    bool counts = outranks(v, e);
    if (counts) {
        change_places(v, e);
        mark_dirty(s, e);
    }
    bound_rivals(e);
    return newer && counts ? ERR_OK : ERR_STALE;
}

static enum err apply_report(struct state *s, struct state_entry *e, const struct log_id *log,
                             const struct record *r)
{
    if (e->size > 0 && !ident_key_equal(&log->key, &e->log.key))
        return apply_rival(s, e, log, r);
    if (r->ts > e->newest_ts)
        e->newest_ts = r->ts;
    bool newer = e->size == 0 || is_newer_report(&e->log, e->seq, log, r->seq);
    return newer ? replace(s, e, log, r) : ERR_STALE;
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
    if (!record_is_wanted(r))
        return apply_report(s, e, log, r);
    return e->size == 0 || is_newer_want(e, log, r) ? replace(s, e, log, r) : ERR_STALE;
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

void state_keep(struct state *s, const struct log_id *log, const struct record *r, uint64_t epoch,
                uint64_t seq)
{
    char topic[LIMIT_TOPIC + 1];
    size_t size = state_topic(r, topic);
    struct state_entry *e = table_get(&s->topics, (struct span){topic, size});
    if (e == NULL || e->seq != r->seq || !ident_log_equal(&e->log, log) || e->kept_epoch > epoch ||
        (e->kept_epoch == epoch && e->kept_seq > seq))
        return;
    e->kept_epoch = epoch;
    e->kept_seq = seq;
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
