#include "core/mesh.h"

#include "core/command.h"
#include "core/discovery.h"
#include "core/hearsay.h"
#include "core/members.h"
#include "core/peer.h"
#include "core/session.h"
#include "core/want.h"

#include <stdlib.h>

uint64_t mesh_place(const struct node *n, struct span device)
{
    const struct chain_hash none = {{0}};
    struct chain_hash hash;
    uint64_t place = 0;
    n->hash(&hash, &none, device);
    for (size_t i = 0; i < sizeof place; i++)
        place = place << 8 | hash.bytes[i];
    return place;
}

void mesh_start(struct node *n)
{
    n->ring = n->members.count > LIMIT_MESH;
    n->ring_ms = n->now_ms;
    if (n->ring)
        mesh_due(n);
}

void mesh_due(struct node *n)
{
    node_soon(&n->mesh_at_ms, n->now_ms + TIME_MESH_MS + n->members.count * TIME_MESH_EACH_MS);
}

/* From the first that is too many on: a power-on of hundreds would make a mesh of all that call in
 * a tenth of a second. */
void mesh_grew(struct node *n)
{
    mesh_due(n);
    if (!n->ring && n->members.count == LIMIT_MESH)
        node_soon(&n->mesh_at_ms, n->now_ms);
}

void mesh_asked(struct node *n)
{
    if (n->ring)
        node_soon(&n->mesh_at_ms, n->now_ms);
}

bool mesh_needs(const struct node *n, const struct member *m)
{
    return !n->ring || m->needed;
}

enum role mesh_role(const struct member *m)
{
    enum role role = ROLE_OBSERVER;
    if (m->epoch > 0)
        return m->role;
    (void)access_role_of_name(span_of(m->device), &role);
    return role;
}

static bool carries(const struct member *m)
{
    return mesh_role(m) != ROLE_SENSOR;
}

/* A rule of ours looks at what it writes, or drives it. A pattern for all devices means sensors:
 * of others it is enough to hear by way of somebody. */
static bool is_watched(const struct node *n, const struct member *m)
{
    bool sensor = mesh_role(m) == ROLE_SENSOR, actuator = mesh_role(m) == ROLE_ACTUATOR;
    for (size_t i = 0; i < n->rule_count; i++) {
        const struct rule *rule = &n->rules[i].rule;
        for (size_t k = 0; k < rule->condition_count; k++) {
            const char *device = rule->conditions[k].device;
            if (strcmp(device, m->device) == 0 ||
                (sensor && rule_matches(device, span_of(m->device))))
                return true;
        }
        for (size_t k = 0; k < rule->action_count && actuator; k++)
            if (rule->actions[k].device[0] != '\0' &&
                rule_matches(rule->actions[k].device, span_of(m->device)))
                return true;
    }
    return false;
}

/* A person waits for what becomes of a wish or a command: both travel best on a session with it. */
static bool is_asked(const struct node *n, const struct member *m)
{
    for (size_t i = 0; i < n->command_sent_count; i++)
        if (strcmp(n->commands_sent[i].device, m->device) == 0)
            return true;
    return want_waits_for(n, m->device);
}

/* The ring of those that carry, from us on. */

struct ring_seat {
    uint64_t distance; /* clockwise from us */
    struct member *member;
};

static int by_distance(const void *a, const void *b)
{
    const struct ring_seat *x = a, *y = b;
    return (x->distance > y->distance) - (x->distance < y->distance);
}

static void choose_near(struct ring_seat *seats, size_t count, size_t side)
{
    for (size_t i = 0; i < count; i++)
        if (i < side || i + side >= count)
            seats[i].member->needed = true;
}

/* Two of the far ones by a draw that is always the same: the least by a hash of both places. */
static void choose_far(const struct node *n, struct ring_seat *seats, size_t count)
{
    for (unsigned draw = 0; draw < LIMIT_MESH_FAR; draw++) {
        struct member *least = NULL;
        uint64_t least_lot = 0;
        for (size_t i = 0; i < count; i++) {
            uint64_t lot = (seats[i].member->place ^ n->own.place) * 0x9e3779b97f4a7c15u;
            if (seats[i].member->needed || (least != NULL && lot >= least_lot))
                continue;
            least = seats[i].member;
            least_lot = lot;
        }
        if (least != NULL)
            least->needed = true;
    }
}

static void choose(struct node *n)
{
    struct ring_seat seats[LIMIT_MEMBERS];
    struct member *m;
    size_t at = 0, count = 0;
    while ((m = table_next(&n->members, &at)) != NULL) {
        m->needed = is_watched(n, m) || is_asked(n, m);
        if (carries(m) && members_is_there(n, m))
            seats[count++] = (struct ring_seat){m->place - n->own.place, m};
    }
    qsort(seats, count, sizeof *seats, by_distance);
    if (n->self.role == ROLE_SENSOR) {
        choose_near(seats, count, LIMIT_MESH_LEAF / 2);
        return;
    }
    choose_near(seats, count, LIMIT_MESH_SIDE);
    choose_far(n, seats, count);
}

static size_t count_there(const struct node *n)
{
    const struct member *m;
    size_t at = 0, count = 1;
    while ((m = table_next(&n->members, &at)) != NULL)
        count += members_is_there(n, m);
    return count;
}

static void tell(struct node *n, struct session *s)
{
    bool needed = mesh_needs(n, s->member);
    if (s->we_spare == !needed)
        return;
    s->we_spare = !needed;
    s->spared_ms = n->now_ms;
    struct message message = {.kind = MESSAGE_KEEP, .keep = {.keep = needed}};
    session_send(n, s, &message);
}

void mesh_opened(struct node *n, struct session *s)
{
    tell(n, s);
    hearsay_opened(n, s);
}

void mesh_told(struct node *n, struct session *s, const struct message *m)
{
    s->it_spares = !m->keep.keep;
    s->spared_ms = n->now_ms;
    if (s->we_spare && s->it_spares)
        mesh_due(n);
}

/* One side ends it; the other one later, should the first not do so. */
static uint64_t ends_at(const struct node *n, const struct session *s)
{
    if (!s->we_spare || !s->it_spares)
        return NODE_NEVER;
    bool first = strcmp(n->self.device, s->identity.device) < 0;
    return s->spared_ms + (first ? TIME_SPARE_MS : 2 * (uint64_t)TIME_SPARE_MS);
}

void mesh_tick(struct node *n)
{
    if (n->mesh_at_ms > n->now_ms)
        return;
    size_t there = count_there(n);
    if (there > LIMIT_MESH - LIMIT_MESH / 4)
        n->ring_ms = n->now_ms;
    n->ring = there > LIMIT_MESH || (n->ring && n->now_ms - n->ring_ms < TIME_MESH_AGAIN_MS);
    n->mesh_at_ms = n->ring ? n->now_ms + TIME_HELLO_MS : NODE_NEVER;
    if (n->ring)
        choose(n);
    if (n->ring)
        hearsay_due(n);
    n->probes_changed = true;
    for (size_t i = n->session_count; i > 0; i--) {
        struct session *s = n->sessions[i - 1];
        if (s->state != PEER_OPEN)
            continue;
        tell(n, s);
        if (ends_at(n, s) <= n->now_ms)
            peer_spare(n, s);
        else
            node_soon(&n->mesh_at_ms, ends_at(n, s));
    }
    struct member *m;
    size_t at = 0;
    while (n->ring && (m = table_next(&n->members, &at)) != NULL) {
        if (!m->needed || m->needed_ms == 0)
            m->needed_ms = m->needed ? n->now_ms : 0;
        if (m->needed && m->session == NULL && !m->useless)
            discovery_wanted(n, m);
    }
}
