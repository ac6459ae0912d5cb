#include "core/carried.h"

#include "core/members.h"
#include "core/news.h"
#include "core/session.h"

#include <stdlib.h>

void carried_fini(struct node *n)
{
    struct carried *c;
    size_t at = 0;
    while ((c = table_next(&n->carried, &at)) != NULL) {
        free(c->bytes);
        free(c);
    }
    table_fini(&n->carried);
}

static struct span key_of(const struct log_id *id)
{
    return (struct span){(const char *)id, sizeof *id};
}

struct log_id carried_id(const struct message_log *log)
{
    struct log_id id;
    memset(&id, 0, sizeof id);
    memcpy(id.device, log->device.bytes, log->device.size);
    id.key = log->key;
    id.epoch = log->epoch;
    return id;
}

struct carried *carried_find(const struct node *n, const struct log_id *id)
{
    struct log_id key = carried_id(
        &(struct message_log){.device = span_of(id->device), .key = id->key, .epoch = id->epoch});
    return table_get(&n->carried, key_of(&key));
}

struct carried *carried_of(const struct node *n, const struct session *s,
                           const struct message_log *log)
{
    struct log_id id = carried_id(log);
    struct carried *c = table_get(&n->carried, key_of(&id));
    return c != NULL && c->link == s->link ? c : NULL;
}

struct log *carried_log(const struct node *n, const struct carried *c)
{
    const struct member *m = members_find(n, span_of(c->id.device));
    return m == NULL ? NULL : members_log(m, &c->id.key, c->id.epoch);
}

void carried_drop_stretch(struct node *n, struct carried *c)
{
    struct session *s = session_find(n, c->link);
    if (s != NULL)
        s->stretch_bytes -= c->size;
    free(c->bytes);
    c->bytes = NULL;
    c->size = c->capacity = 0;
    c->first = c->last = 0;
    c->based = false;
    c->seal.seq = 0;
}

/* Whom we ask for a log is told with what else there is. */
static void note(struct node *n, const struct carried *c)
{
    const struct member *m = members_find(n, span_of(c->id.device));
    if (m != NULL)
        news_note(n, m);
}

void carried_forget(struct node *n, struct carried *c)
{
    struct session *s = session_find(n, c->link);
    note(n, c);
    carried_drop_stretch(n, c);
    if (s != NULL)
        s->asked--;
    table_remove(&n->carried, key_of(&c->id));
    free(c);
}

/* One that has brought nothing yet, if there is one. */
static struct carried *least_missed(const struct node *n, const struct session *payer)
{
    struct carried *c, *any = NULL;
    size_t at = 0;
    while ((c = table_next(&n->carried, &at)) != NULL) {
        if (c->link != payer->link)
            continue;
        any = c;
        if (carried_log(n, c) == NULL)
            return c;
    }
    return any;
}

static bool make_room(struct node *n, const struct session *s)
{
    if (n->carried.count < LIMIT_LOGS)
        return true;
    const struct session *most = s;
    for (size_t i = 0; i < n->session_count; i++)
        if (n->sessions[i]->asked > most->asked)
            most = n->sessions[i];
    struct carried *c = most->asked > s->asked + 1 ? least_missed(n, most) : NULL;
    if (c != NULL)
        carried_forget(n, c);
    return c != NULL;
}

struct carried *carried_add(struct node *n, struct session *s, const struct log_id *id)
{
    struct carried *c = make_room(n, s) ? calloc(1, sizeof *c) : NULL;
    if (c == NULL)
        return NULL;
    memcpy(&c->id, id, sizeof c->id); /* what is between its members, too */
    c->link = s->link;
    if (table_put(&n->carried, key_of(&c->id), c) != ERR_OK) {
        free(c);
        return NULL;
    }
    s->asked++;
    note(n, c);
    return c;
}

void carried_offered(struct carried *c, uint64_t link, uint64_t sealed)
{
    size_t free_at = CARRIED_OTHERS;
    for (size_t i = CARRIED_OTHERS; i-- > 0;) {
        if (c->others[i].link == link) {
            c->others[i].sealed = sealed;
            return;
        }
        if (c->others[i].link == 0)
            free_at = i;
    }
    if (free_at < CARRIED_OTHERS)
        c->others[free_at] = (struct carried_offer){link, sealed};
}

static struct session *trusted(const struct node *n, const struct carried *c,
                               const struct carried_offer *offer)
{
    const struct member *m = members_find(n, span_of(c->id.device));
    const struct log *l = carried_log(n, c);
    struct session *s = offer->link == 0 ? NULL : session_find(n, offer->link);
    if (s == NULL || s->state != PEER_OPEN || (m != NULL && news_distrusted(s, m)))
        return NULL;
    return l == NULL || offer->sealed > l->seal.seq ? s : NULL;
}

struct session *carried_hand_over(struct node *n, struct carried *c)
{
    for (size_t i = 0; i < CARRIED_OTHERS; i++) {
        struct carried_offer offer = c->others[i];
        struct session *before = session_find(n, c->link), *s = trusted(n, c, &offer);
        c->others[i].link = 0;
        if (s == NULL)
            continue;
        carried_drop_stretch(n, c);
        if (before != NULL)
            before->asked--;
        s->asked++;
        c->link = s->link;
        c->offered = offer.sealed;
        c->asks = 0;
        note(n, c);
        return s;
    }
    return NULL;
}

static bool reserve(struct node *n, struct session *s, struct carried *c, size_t size)
{
    if (s->stretch_bytes + size > LIMIT_STRETCH)
        return false;
    if (c->size + size <= c->capacity)
        return true;
    size_t capacity = c->size + size > 2 * c->capacity ? c->size + size : 2 * c->capacity;
    char *bytes = realloc(c->bytes, capacity);
    if (bytes == NULL) {
        n->fx->out_of_memory = true;
        return false;
    }
    c->bytes = bytes;
    c->capacity = capacity;
    return true;
}

bool carried_gather(struct node *n, struct session *s, struct carried *c, const struct record *r)
{
    size_t comma = c->size > 0;
    if (!reserve(n, s, c, comma + r->bytes.size))
        return false;
    if (comma)
        c->bytes[c->size] = ',';
    memcpy(c->bytes + c->size + comma, r->bytes.bytes, r->bytes.size);
    c->size += comma + r->bytes.size;
    s->stretch_bytes += comma + r->bytes.size;
    n->hash(&c->head, &c->head, r->bytes);
    c->last = r->seq;
    return true;
}

struct log_id *carried_which(const struct node *n, carried_is_fn *is, const void *context,
                             size_t *count)
{
    struct log_id *ids = event_effects_alloc(n->fx, n->carried.count * sizeof *ids);
    struct carried *c;
    size_t at = 0;
    *count = 0;
    while (ids != NULL && (c = table_next(&n->carried, &at)) != NULL)
        if (is(n, c, context))
            ids[(*count)++] = c->id;
    return ids;
}
