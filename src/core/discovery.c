#include "core/discovery.h"

#include "core/hearsay.h"
#include "core/members.h"
#include "core/mesh.h"
#include "core/peer.h"
#include "core/seen.h"
#include "core/session.h"

#include <stdlib.h>

/* At start we call three times within a second (datagrams get lost), then every five seconds, less
 * often in a large network. Who hears a call from somebody it has no session with answers to the
 * caller's private socket and arms its dialer. A dialer goes round the addresses that are known,
 * doubling its pause, until a session stands, or a minute has brought neither a hello nor a
 * session. */

static const uint32_t first_rounds_ms[] = {200, 800};

static void send_hello(struct node *n, enum hello_kind kind, struct address to)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_HELLO);
    effect->hello.hello = (struct hello){
        .kind = kind,
        .session_port = n->session_port,
        .epoch = n->epoch,
        .counter = ++n->hello_counter,
    };
    memcpy(effect->hello.hello.device, n->self.device, sizeof n->self.device);
    effect->hello.to = to;
}

static void send_plain(struct node *n)
{
    struct effect *effect = event_effects_add(n->fx, EFFECT_PLAIN);
    effect->plain.device = span_of(n->self.device);
    for (size_t i = 0; i < n->plain_reading_count; i++) {
        struct reading *reading = event_effects_alloc(n->fx, sizeof *reading);
        if (reading == NULL)
            return;
        *reading = (struct reading){.type = span_of(n->plain_readings[i].type),
                                    .value = value_number(n->plain_readings[i].number)};
        effect = event_effects_add(n->fx, EFFECT_PLAIN);
        effect->plain.device = span_of(n->self.device);
        effect->plain.reading = reading;
    }
}

/* Somebody whom we want a session with is gone without a goodbye. */
static bool is_missed(const struct node *n, const struct member *m)
{
    return m->session == NULL && !m->left && !m->useless && m->ended_ms > 0 &&
           n->now_ms - m->ended_ms < TIME_MISSED_MS && mesh_needs(n, m);
}

static uint64_t call_pause_ms(const struct node *n)
{
    const struct member *m;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL)
        if (is_missed(n, m))
            return presence_call_missed_ms(n->members.count);
    return presence_call_ms(n->members.count);
}

static void call(struct node *n)
{
    send_hello(n, HELLO_CALL, (struct address){0});
    if (n->plain)
        send_plain(n);
    uint64_t wait = n->hello_round < COUNT_OF(first_rounds_ms) ? first_rounds_ms[n->hello_round]
                                                               : node_jitter(n, call_pause_ms(n));
    n->hello_round++;
    n->hello_at_ms = n->now_ms + wait;
}

void discovery_start(struct node *n)
{
    n->hello_round = 0;
    n->hello_back_ms = n->now_ms;
    call(n);
    struct member *m;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL)
        if (m->lost_ms > 0 && m->session == NULL)
            discovery_lost(n, m);
}

void discovery_goodbye(struct node *n)
{
    send_hello(n, HELLO_GOODBYE, (struct address){0});
    n->hello_at_ms = NODE_NEVER;
}

/* It may have a time to dial. */
static void note_armed(struct node *n, const struct dialer *d)
{
    if (!d->configured)
        n->armed[d->member->slot / 64] |= (uint64_t)1 << d->member->slot % 64;
    node_soon(&n->dial_at_ms, d->at_ms);
}

void discovery_forget(struct node *n, const struct member *m)
{
    n->armed[m->slot / 64] &= ~((uint64_t)1 << m->slot % 64);
}

static void arm(struct node *n, struct dialer *d, uint64_t at_ms, uint64_t until_ms)
{
    if (d->until_ms < until_ms)
        d->until_ms = until_ms;
    if (d->link != 0 || at_ms >= d->at_ms)
        return;
    d->at_ms = at_ms;
    note_armed(n, d);
}

static void arm_after_hello(struct node *n, struct member *m)
{
    struct dialer *d = &m->dialer;
    uint64_t at_ms = n->now_ms;
    if (strcmp(n->self.device, m->device) > 0)
        at_ms += TIME_DIAL_POLITE_MS;
    if (d->dialed_ms > 0 && at_ms < d->dialed_ms + TIME_DIAL_EVERY_MS)
        at_ms = d->dialed_ms + TIME_DIAL_EVERY_MS;
    arm(n, d, at_ms, n->now_ms + TIME_DIAL_GIVE_UP_MS);
}

/* Its first call for us, or behind the end of its session or the silence of its calls. A later life
 * of its is no sign of a way: it calls by itself. */
static bool is_back(const struct node *n, const struct member *m, const struct hello *h)
{
    if (m->heard_ms == 0)
        return true;
    if (m->session != NULL || m->left || h->epoch > m->epoch)
        return false;
    return m->ended_ms > m->heard_ms ||
           presence_of_calls(&n->health, m->heard_ms, n->now_ms, n->members.count) != PRESENCE_HERE;
}

/* A cut seems to be over: all who hear of it call, spread over a while, so that everybody is soon
 * heard by everybody, and where it is now. */
static void call_back(struct node *n)
{
    uint64_t pause_ms = presence_call_ms(n->members.count);
    if (n->now_ms - n->hello_back_ms < pause_ms)
        return;
    n->hello_back_ms = n->now_ms;
    node_soon(&n->hello_at_ms, n->now_ms + rng_below(&n->rng, pause_ms / LIMIT_HELLO_BACK));
}

/* Somebody calls by our own name: a later life of the same key (it wins) or another key (refused).
 * Only a session can tell. */
static bool is_own_echo(const struct node *n, const struct hello *h)
{
    return strcmp(h->device, n->self.device) == 0 && h->epoch <= n->epoch;
}

static void answer(struct node *n, struct member *m, struct address source)
{
    if (m->answered_ms > 0 && n->now_ms - m->answered_ms < TIME_DIAL_EVERY_MS)
        return;
    m->answered_ms = n->now_ms;
    send_hello(n, HELLO_ANSWER, source);
}

/* Where it says it is now. A DIAL that has been out for a while to somewhere else is given up. */
static void take_address(struct node *n, struct dialer *d, struct address address)
{
    d->told = address;
    if (d->link != 0 && !ident_address_equal(d->address, address) &&
        n->now_ms - d->dialed_ms >= TIME_DIAL_EVERY_MS)
        peer_drop_dial(n, d);
    if (d->link == 0)
        d->address = address;
}

void discovery_hello(struct node *n, const struct hello *h, struct address source)
{
    if (is_own_echo(n, h))
        return;
    struct member *m = members_add(n, span_of(h->device));
    if (m == NULL)
        return;
    if (!members_fresh(m, h->epoch, h->counter)) {
        node_counted(n, NODE_HELLOS_STALE);
        if (strcmp(h->device, n->self.device) != 0)
            return;
        /* Another process with our key and a later epoch than ours, but than its own before: a
         * machine that was copied and set back. Who of us two goes on is settled in a session. */
    }
    node_counted(n, NODE_HELLOS_HEARD);
    if (n->ring && !members_is_there(n, m)) /* back: a cut is over, or it was off */
        mesh_due(n);
    if (h->kind == HELLO_CALL && is_back(n, m, h))
        call_back(n);
    m->heard_ms = n->now_ms;
    discovery_alone(n, m);
    if (h->kind == HELLO_GOODBYE) {
        seen_goodbye(n, m, h->epoch);
        if (m->session != NULL)
            session_ping(n, m->session);
        return;
    }
    hearsay_called(n, m, h);
    if (m->session != NULL && m->session->epoch >= h->epoch)
        return;
    if (m->useless && m->epoch >= h->epoch)
        return;
    if (!m->discovered)
        m->how = h->kind == HELLO_CALL ? FACT_BY_BROADCAST : FACT_BY_ANSWER;
    take_address(n, &m->dialer, (struct address){source.ipv4, h->session_port});
    m->dialer.backoff_ms = 0;
    m->dialer.next_address = 0;
    if (!mesh_needs(n, m)) /* who needs us dials */
        return;
    if (h->kind == HELLO_CALL)
        answer(n, m, source);
    arm_after_hello(n, m);
}

void discovery_foreign(struct node *n, struct span network, struct span device,
                       struct address source)
{
    n->foreign_heard++;
    for (size_t i = 0; i < n->foreign_count; i++)
        if (network.size == 16 && memcmp(n->foreign[i], network.bytes, 16) == 0)
            return;
    if (n->foreign_count == LIMIT_FOREIGN || network.size != 16)
        return;
    memcpy(n->foreign[n->foreign_count++], network.bytes, 16);
    struct fact *fact = node_fact(n, FACT_FOREIGN, device);
    if (fact == NULL)
        return;
    fact->text = event_effects_copy(n->fx, network);
    fact->address = source;
}

static void add_configured(struct node *n, struct address address)
{
    if (n->configured_count == LIMIT_DIALS_CONFIGURED)
        return;
    struct dialer *d = calloc(1, sizeof *d);
    if (d == NULL) {
        n->fx->out_of_memory = true;
        return;
    }
    *d = (struct dialer){.address = address,
                         .at_ms = n->now_ms,
                         .until_ms = NODE_NEVER,
                         .configured = true};
    n->configured[n->configured_count++] = d;
    note_armed(n, d);
}

void discovery_add_address(struct node *n, struct span device, struct address address)
{
    if (device.size == 0) {
        add_configured(n, address);
        return;
    }
    if (span_is(device, n->self.device))
        return;
    struct member *m = members_add(n, device);
    if (m == NULL)
        return;
    members_note_address(m, address);
    m->how = FACT_BY_MEMORY;
    m->dialer.address = m->addresses[0];
    if (n->members.count <= LIMIT_MESH) /* of more than that, each is found by its calls */
        arm(n, &m->dialer, n->now_ms, n->now_ms + TIME_DIAL_GIVE_UP_MS);
}

static void again(struct node *n, struct dialer *d)
{
    d->backoff_ms = d->backoff_ms == 0 ? TIME_DIAL_FIRST_MS : d->backoff_ms * 2;
    if (d->backoff_ms > TIME_DIAL_MAX_MS)
        d->backoff_ms = TIME_DIAL_MAX_MS;
    d->at_ms = n->now_ms + node_jitter(n, d->backoff_ms);
    if (d->at_ms > d->until_ms)
        d->at_ms = NODE_NEVER;
    note_armed(n, d);
}

void discovery_dial_failed(struct node *n, struct dialer *d)
{
    d->link = 0;
    note_armed(n, d);
    struct member *m = d->member;
    if (m != NULL && (m->session != NULL || m->useless || !mesh_needs(n, m))) {
        d->at_ms = NODE_NEVER;
        return;
    }
    if (d->told.port != 0 && !ident_address_equal(d->told, d->address)) {
        d->address = d->told;
    } else if (m != NULL && !d->configured && m->address_count > 0) {
        d->address = m->addresses[d->next_address % m->address_count];
        d->next_address++;
    }
    again(n, d);
}

void discovery_dial_refused(struct node *n, struct dialer *d)
{
    if (d->at_ms == NODE_NEVER)
        return;
    d->at_ms = n->now_ms + node_jitter(n, TIME_DIAL_REFUSED_MS);
    note_armed(n, d);
}

static void dial_again(struct node *n, struct member *m, uint32_t pause_ms)
{
    struct dialer *d = &m->dialer;
    d->backoff_ms = 0;
    if (m->address_count > 0 && d->link == 0)
        d->address = m->addresses[0];
    if (d->address.port != 0)
        arm(n, d, n->now_ms + node_jitter(n, pause_ms), n->now_ms + TIME_DIAL_GIVE_UP_MS);
    for (size_t i = 0; i < n->configured_count; i++) {
        struct dialer *c = n->configured[i];
        if (c->member != m || c->link != 0)
            continue;
        c->backoff_ms = 0;
        c->at_ms = n->now_ms + node_jitter(n, pause_ms);
        note_armed(n, c);
    }
}

void discovery_lost(struct node *n, struct member *m)
{
    if (!mesh_needs(n, m))
        return;
    node_soon(&n->hello_at_ms, n->now_ms + call_pause_ms(n));
    dial_again(n, m, TIME_DIAL_FIRST_MS);
}

void discovery_wanted(struct node *n, struct member *m)
{
    struct dialer *d = &m->dialer;
    if (d->link == 0 && d->at_ms == NODE_NEVER && d->address.port != 0)
        arm_after_hello(n, m);
}

void discovery_refused(struct node *n, struct member *m)
{
    m->dialer.at_ms = NODE_NEVER;
    dial_again(n, m, TIME_DIAL_REFUSED_MS);
}

void discovery_reached(struct node *n, const struct session *s, struct member *m)
{
    struct address told = m->dialer.told.port != 0 ? m->dialer.told : m->dialer.address;
    struct address address = s->outbound ? s->address : told;
    if (address.port == 0 || address.ipv4 != s->address.ipv4)
        return;
    if (!members_note_address(m, address))
        return;
    struct effect *effect = node_store_effect(n, EFFECT_STORE_PEER, NULL, 0);
    if (effect == NULL)
        return;
    effect->store_peer.device = span_of(m->device);
    effect->store_peer.address = address;
}

void discovery_met(struct node *n, struct member *m)
{
    m->dialer.at_ms = NODE_NEVER;
    m->dialer.backoff_ms = 0;
    for (size_t i = 0; i < n->configured_count; i++)
        if (n->configured[i]->member == m)
            n->configured[i]->at_ms = NODE_NEVER;
}

/* When a sign of life is asked of a device that only its calls tell of. */
static uint64_t probe_at(const struct node *n, const struct member *m)
{
    if (!seen_by_calls(n, m) || m->probed_ms == m->heard_ms)
        return NODE_NEVER;
    uint64_t doubt_ms = presence_call_doubt_ms(&n->health, m->heard_ms, n->members.count);
    uint64_t next_ms = n->probed_ms + TIME_PROBE_MS;
    return n->probed_ms > 0 && doubt_ms < next_ms ? next_ms : doubt_ms;
}

void discovery_alone(struct node *n, const struct member *m)
{
    node_soon(&n->probe_at_ms, probe_at(n, m));
}

/* One dial, to where it was reached: a session proves more than a call. */
static void probe(struct node *n, struct member *m)
{
    m->probed_ms = m->heard_ms;
    n->probed_ms = n->now_ms;
    if (m->address_count > 0 && m->dialer.link == 0 && m->dialer.told.port == 0)
        m->dialer.address = m->addresses[0];
    arm(n, &m->dialer, n->now_ms, n->now_ms);
}

/* What made it due may be over: the ring does without. */
static bool is_idle(const struct node *n, const struct dialer *d)
{
    const struct member *m = d->member;
    return m != NULL && !d->configured && !mesh_needs(n, m) && m->probed_ms != m->heard_ms;
}

static void dial_when_due(struct node *n, struct dialer *d)
{
    if (d->at_ms > n->now_ms || d->link != 0)
        return;
    if (is_idle(n, d)) {
        d->at_ms = NODE_NEVER;
        return;
    }
    if (d->burst_ms[0] > 0 && n->now_ms - d->burst_ms[0] < TIME_DIAL_BURST_MS) {
        d->at_ms = d->burst_ms[0] + TIME_DIAL_BURST_MS;
        return;
    }
    d->at_ms = NODE_NEVER;
    if (n->now_ms > d->until_ms || d->address.port == 0)
        return;
    d->dialed_ms = n->now_ms;
    memmove(d->burst_ms, d->burst_ms + 1, sizeof d->burst_ms - sizeof d->burst_ms[0]);
    d->burst_ms[LIMIT_DIAL_BURST - 1] = n->now_ms;
    node_counted(n, NODE_DIALS);
    if (!peer_dial(n, d))
        again(n, d);
}

struct due {
    size_t place; /* in the table of members */
    struct dialer *dialer;
};

static int by_place(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

/* Those of members that are due now; of the others the soonest is noted. */
static size_t take_due(struct node *n, struct due due[LIMIT_MEMBERS])
{
    size_t count = 0;
    for (size_t word = 0; word < COUNT_OF(n->armed); word++) {
        uint64_t bits = n->armed[word];
        for (size_t slot = 64 * word; bits != 0; slot++, bits >>= 1) {
            struct dialer *d = (bits & 1) != 0 ? &n->slots[slot]->dialer : NULL;
            if (d == NULL)
                continue;
            if (d->at_ms <= n->now_ms && d->link == 0)
                due[count++].dialer = d;
            else if (d->at_ms == NODE_NEVER || d->link != 0)
                discovery_forget(n, d->member);
            else
                node_soon(&n->dial_at_ms, d->at_ms);
        }
    }
    return count;
}

/* In the order in which members stand in their table, which no other can choose. */
static void dial_all_due(struct node *n)
{
    struct due due[LIMIT_MEMBERS];
    n->dial_at_ms = NODE_NEVER;
    size_t count = take_due(n, due);
    for (size_t i = 0; i < count && count > 1; i++)
        due[i].place = table_place(&n->members, span_of(due[i].dialer->member->device));
    if (count > 1)
        qsort(due, count, sizeof *due, by_place);
    for (size_t i = 0; i < count; i++) {
        dial_when_due(n, due[i].dialer);
        node_soon(&n->dial_at_ms, due[i].dialer->at_ms);
    }
    for (size_t i = 0; i < n->configured_count; i++) {
        struct dialer *d = n->configured[i];
        dial_when_due(n, d);
        if (d->link == 0)
            node_soon(&n->dial_at_ms, d->at_ms);
    }
}

/* One at a time, who was heard last first: it is the likeliest to answer. */
static void probe_when_due(struct node *n)
{
    struct member *m, *latest = NULL;
    size_t at = 0;
    while ((m = table_next(&n->members, &at)) != NULL)
        if (probe_at(n, m) <= n->now_ms && (latest == NULL || m->heard_ms > latest->heard_ms))
            latest = m;
    if (latest != NULL)
        probe(n, latest);
    n->probes_changed = true;
}

void discovery_tick(struct node *n)
{
    if (n->hello_at_ms <= n->now_ms)
        call(n);
    if (n->probe_at_ms <= n->now_ms)
        probe_when_due(n);
    if (n->dial_at_ms <= n->now_ms)
        dial_all_due(n);
    if (n->nobody_told || n->ever_session || n->now_ms - n->started_ms < TIME_NOBODY_MS)
        return;
    n->nobody_told = true;
    struct fact *fact = node_fact(n, FACT_NOBODY, span_of(n->self.device));
    if (fact != NULL)
        fact->ms = n->now_ms - n->started_ms;
}

void discovery_settle(struct node *n)
{
    const struct member *m;
    size_t at = 0;
    if (!n->probes_changed)
        return;
    n->probes_changed = false;
    n->probe_at_ms = NODE_NEVER;
    while ((m = table_next(&n->members, &at)) != NULL)
        node_soon(&n->probe_at_ms, probe_at(n, m));
}

uint64_t discovery_deadline(const struct node *n)
{
    uint64_t deadline = n->hello_at_ms;
    node_soon(&deadline, n->dial_at_ms);
    node_soon(&deadline, n->probe_at_ms);
    if (!n->nobody_told && !n->ever_session)
        node_soon(&deadline, n->started_ms + TIME_NOBODY_MS);
    return deadline;
}
