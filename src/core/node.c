#include "core/node.h"

#include "core/author.h"
#include "core/carry.h"
#include "core/checkpoint.h"
#include "core/clock.h"
#include "core/command.h"
#include "core/decide.h"
#include "core/discovery.h"
#include "core/doubt.h"
#include "core/drive.h"
#include "core/fork.h"
#include "core/hearsay.h"
#include "core/members.h"
#include "core/mesh.h"
#include "core/news.h"
#include "core/node_state.h"
#include "core/peer.h"
#include "core/restore.h"
#include "core/retain.h"
#include "core/seal.h"
#include "core/seen.h"
#include "core/serve.h"
#include "core/session.h"
#include "core/sync.h"
#include "core/want.h"
#include "core/watch.h"

#include <stdlib.h>

/* The seam: one event goes to the module that decides about it; then every step ends the same way:
 * what was appended is ordered to be stored, a due seal is asked for, and every session is sent
 * what it lacks. */

static const char *const counter_texts[NODE_COUNTER_COUNT] = {
    [NODE_HELLOS_HEARD] = "hellos_heard",
    [NODE_HELLOS_STALE] = "hellos_stale",
    [NODE_DIALS] = "dials",
    [NODE_SESSIONS] = "sessions",
    [NODE_SESSIONS_LOST] = "sessions_lost",
    [NODE_SESSIONS_SILENT] = "sessions_silent",
    [NODE_FALSE_ALARMS] = "false_alarms",
    [NODE_LATE_TURNS] = "late_turns",
    [NODE_REFUSED] = "refused",
    [NODE_RECORDS_OWN] = "records_own",
    [NODE_RECORDS_HEARD] = "records_heard",
    [NODE_RECORDS_DOUBLE] = "records_double",
    [NODE_RECORDS_DENIED] = "records_denied",
    [NODE_RECORDS_DROPPED] = "records_dropped",
    [NODE_SEALS_MADE] = "seals_made",
    [NODE_SEALS_VERIFIED] = "seals_verified",
    [NODE_SEALS_BAD] = "seals_bad",
    [NODE_FETCHES] = "fetches",
    [NODE_RECORDS_CARRIED] = "records_carried",
    [NODE_LOGS_PRUNED] = "logs_pruned",
    [NODE_FORKS] = "forks",
    [NODE_MESSAGES_UNKNOWN] = "messages_unknown",
};

enum {
    STORES_MAX = 1048576
}; /* under way at once; LIMIT_UNSTORED and LIMIT_FLIGHT keep it far below */

struct node *node_new(const struct node_config *config)
{
    struct node *n = calloc(1, sizeof *n);
    if (n == NULL)
        return NULL;
    n->self = config->self;
    n->session_port = config->session_port;
    n->plain = config->plain;
    n->retain_ms = config->retain_ms;
    n->retain_bytes = config->retain_bytes;
    n->facts = config->facts;
    n->hash = config->hash;
    n->encode = config->encode;
    n->next = config->next;
    n->next_link = 1;
    n->hello_at_ms = n->store_retry_ms = NODE_NEVER;
    n->news_at_ms = n->mesh_at_ms = n->seen_at_ms = NODE_NEVER;
    n->dial_at_ms = n->probe_at_ms = n->peer_at_ms = NODE_NEVER;
    n->hearsay_at_ms = n->refute_at_ms = NODE_NEVER;
    rng_init(&n->rng, config->seed);
    uint64_t seed = rng_next(&n->rng);
    members_init(n, seed);
    carry_init(n, seed);
    state_init(&n->state, rng_next(&n->rng));
    ring_init(&n->stores, sizeof(struct node_store), STORES_MAX);
    ring_init(&n->acts, sizeof(struct node_act), LIMIT_UNSTORED);
    memcpy(n->own.device, n->self.device, sizeof n->own.device);
    n->own.place = mesh_place(n, span_of(n->self.device));
    if (decide_init(n, config->rules, config->rule_count) == ERR_OK)
        return n;
    node_free(n);
    return NULL;
}

void node_free(struct node *n)
{
    if (n == NULL)
        return;
    for (size_t i = 0; i < n->session_count; i++) {
        free(n->sessions[i]->cursors);
        news_end(n->sessions[i]);
        free(n->sessions[i]->doubts);
        fork_session_gone(n->sessions[i]);
        free(n->sessions[i]);
    }
    for (size_t i = 0; i < n->configured_count; i++)
        free(n->configured[i]);
    decide_fini(n);
    want_fini(n);
    command_fini(n);
    carry_fini(n);
    fork_fini(n);
    members_fini(n);
    state_fini(&n->state);
    ring_fini(&n->stores);
    ring_fini(&n->acts);
    free(n);
}

struct fact *node_fact(struct node *n, enum fact_kind kind, struct span device)
{
    if ((n->facts >> kind & 1) == 0)
        return NULL;
    struct fact *fact = &event_effects_add(n->fx, EFFECT_PUBLISH)->fact;
    fact->kind = kind;
    fact->device = device;
    return fact;
}

struct effect *node_store_effect(struct node *n, enum effect_kind kind, struct log *log,
                                 uint64_t seq)
{
    if (n->store_failed)
        return NULL;
    struct node_store pending = {.ticket = n->ticket + 1, .log = log, .seq = seq};
    pending.seal = kind == EFFECT_STORE_SEAL;
    if (log != NULL)
        pending.hash = log->head;
    if (ring_push(&n->stores, &pending) != ERR_OK) {
        n->fx->out_of_memory = true;
        return NULL;
    }
    struct effect *effect = event_effects_add(n->fx, kind);
    effect->ticket = ++n->ticket;
    return effect;
}

void node_store_log(struct node *n, struct log *l)
{
    if (!l->on_disk || n->store_failed)
        return;
    struct effect *effect = node_store_effect(n, EFFECT_STORE_LOG, l, l->last);
    if (effect == NULL)
        return;
    effect->store_log.id = l->id;
    effect->store_log.role = l->role;
    effect->store_log.first = l->first;
    effect->store_log.last = l->last;
    effect->store_log.closed = l->closed;
    effect->store_log.base = l->base;
}

uint64_t node_jitter(struct node *n, uint64_t ms)
{
    uint64_t fifth = ms / 5;
    return ms - fifth + rng_below(&n->rng, 2 * fifth + 1);
}

static void start(struct node *n, uint64_t epoch)
{
    n->started_ms = n->last_ms = n->now_ms;
    author_begin(n, epoch);
    n->started = true;
    decide_start(n);
    drive_restored(n);
    command_restored(n);
    struct fact *fact = node_fact(n, FACT_STARTED, span_of(n->self.device));
    if (fact != NULL)
        fact->epoch = epoch;
    fork_start(n);
    mesh_start(n);
    discovery_start(n);
}

static bool in_roster(const struct node *n, struct span device)
{
    return span_is(device, n->self.device) || members_find(n, device) != NULL;
}

static void plain(struct node *n, const struct event *e)
{
    struct span device = e->plain.device;
    if (!n->plain || device.size > LIMIT_NAME || in_roster(n, device))
        return;
    size_t i = 0;
    while (i < n->plain_peer_count && !span_is(device, n->plain_peers[i]))
        i++;
    if (i == n->plain_peer_count && i < NODE_PLAIN_PEERS) {
        ident_name_copy(n->plain_peers[n->plain_peer_count++], device);
        n->nobody_told = true; /* somebody is there */
        struct fact *fact = node_fact(n, FACT_PLAIN_HELLO, device);
        if (fact != NULL)
            fact->address = e->plain.source;
    }
    if (e->plain.reading == NULL)
        return;
    struct fact *fact = node_fact(n, FACT_PLAIN_READING, device);
    if (fact != NULL) {
        fact->property = e->plain.reading->type;
        fact->value = e->plain.reading->value;
        fact->unit = e->plain.reading->unit;
    }
    decide_plain(n, device, e->plain.reading);
}

static void leave(struct node *n, const struct event *e)
{
    (void)e;
    if (n->leaving)
        return;
    n->leaving = true;
    seen_note_all(n);
    n->leave_ms = n->now_ms + TIME_LEAVE_MS;
}

/* Gone as soon as our last records are stored, sealed and sent, or when the time for that is over.
 */
static void finish_leaving(struct node *n)
{
    if (!n->leaving || n->exited || n->log == NULL)
        return;
    bool stored = n->log->stored == n->log->last && n->log->seal.seq == n->log->last;
    if (n->now_ms < n->leave_ms && !n->store_failed && !(stored && serve_drained(n)))
        return;
    n->exited = true;
    peer_goodbye_all(n);
    discovery_goodbye(n);
    node_fact(n, FACT_STOPPED, span_of(n->self.device));
    event_effects_add(n->fx, EFFECT_EXIT)->exit.status = 0;
}

static void tick(struct node *n, const struct event *e)
{
    (void)e;
    discovery_tick(n);
    peer_tick(n);
    seen_tick(n);
    decide_tick(n);
    want_tick(n);
    command_tick(n);
    carry_tick(n);
    news_tick(n);
    mesh_tick(n);
    hearsay_tick(n);
    if (!n->store_failed || n->store_retry_ms > n->now_ms)
        return;
    n->store_retry_ms = n->now_ms + TIME_STORE_RETRY_MS;
    event_effects_add(n->fx, EFFECT_STORE_RETRY);
}

static void on_start(struct node *n, const struct event *e)
{
    start(n, e->epoch.epoch);
}

static void on_epoch(struct node *n, const struct event *e)
{
    author_begin(n, e->epoch.epoch);
}

static void on_readings(struct node *n, const struct event *e)
{
    author_readings(n, e->reading.readings, e->reading.count);
}

static void on_hello(struct node *n, const struct event *e)
{
    discovery_hello(n, e->hello.hello, e->hello.source);
}

static void on_foreign(struct node *n, const struct event *e)
{
    discovery_foreign(n, e->foreign.network, e->foreign.device, e->foreign.source);
}

static void on_link_up(struct node *n, const struct event *e)
{
    peer_link_up(n, e->link_up.link, e->link_up.identity, e->link_up.address);
}

static void on_link_down(struct node *n, const struct event *e)
{
    peer_link_down(n, e->link_down.link, e->link_down.reason);
}

static void on_message(struct node *n, const struct event *e)
{
    peer_message(n, e->message.link, e->message.message);
}

static void on_heard(struct node *n, const struct event *e)
{
    (void)session_heard(n, e->heard.link);
}

static void on_sent(struct node *n, const struct event *e)
{
    peer_sent(n, e->sent.link, e->sent.bytes);
}

static void on_stored(struct node *n, const struct event *e)
{
    author_stored(n, e->stored.ticket);
    retain_stored(n, e);
}

static void on_store_failed(struct node *n, const struct event *e)
{
    (void)e;
    author_store_failed(n);
}

static void on_store_ready(struct node *n, const struct event *e)
{
    (void)e;
    author_store_ready(n);
}

static void on_ping(struct node *n, const struct event *e)
{
    const struct member *m = members_find(n, e->ping.device);
    if (m == NULL || m->session == NULL)
        return;
    m->session->ping_asked = true;
    session_ping(n, m->session);
}

static void on_changed(struct node *n, const struct event *e)
{
    (void)e;
    if (n->started && !n->leaving)
        discovery_start(n);
}

typedef void event_fn(struct node *n, const struct event *e);

static event_fn *const handlers[EVENT_KIND_COUNT] = {
    [EVENT_RESTORE_LOG] = restore_log,
    [EVENT_RESTORE_TAIL] = restore_tail,
    [EVENT_RESTORE_TOPIC] = restore_topic,
    [EVENT_RESTORE_PEER] = restore_address,
    [EVENT_RESTORE_SEEN] = seen_restore,
    [EVENT_RESTORE_FORK] = fork_restore,
    [EVENT_START] = on_start,
    [EVENT_EPOCH] = on_epoch,
    [EVENT_READING] = on_readings,
    [EVENT_HELLO] = on_hello,
    [EVENT_FOREIGN] = on_foreign,
    [EVENT_PLAIN] = plain,
    [EVENT_LINK_UP] = on_link_up,
    [EVENT_LINK_DOWN] = on_link_down,
    [EVENT_MESSAGE] = on_message,
    [EVENT_HEARD] = on_heard,
    [EVENT_SENT] = on_sent,
    [EVENT_STORED] = on_stored,
    [EVENT_STORE_FAILED] = on_store_failed,
    [EVENT_STORE_READY] = on_store_ready,
    [EVENT_FETCHED] = serve_fetched,
    [EVENT_SIGNED] = seal_signed,
    [EVENT_VERIFIED] = seal_verified,
    [EVENT_CERTIFIED] = carry_certified,
    [EVENT_CHAIN] = doubt_chain,
    [EVENT_WANT] = want_ask,
    [EVENT_COMMAND] = command_ask,
    [EVENT_COMMANDED] = command_ended,
    [EVENT_PING] = on_ping,
    [EVENT_CHANGED] = on_changed,
    [EVENT_LEAVE] = leave,
    [EVENT_TICK] = tick,
};

static void trim_window(struct node *n)
{
    if (n->log->ends.count == 0)
        return;
    uint64_t keep = n->log->last + 1;
    for (size_t i = 0; i < n->session_count; i++) {
        const struct session *s = n->sessions[i];
        for (size_t k = 0; k < s->cursor_count && s->cursors[k].log->own; k++)
            if (s->cursors[k].log == n->log)
                node_soon(&keep, s->cursors[k].next);
    }
    log_window_trim(n->log, keep);
}

/* Whom an event may give something to be sent; what it does to logs says so itself. */
static void note_served(struct node *n, const struct event *e)
{
    uint64_t link = 0;
    switch (e->kind) {
    case EVENT_MESSAGE:
        link = e->message.link;
        break;
    case EVENT_SENT:
        link = e->sent.link;
        break;
    case EVENT_FETCHED:
        link = e->fetched.link;
        break;
    case EVENT_HELLO:
    case EVENT_HEARD:
    case EVENT_TICK:
    case EVENT_READING:
    case EVENT_STORED:
    case EVENT_VERIFIED:
    case EVENT_CERTIFIED:
        return;
    default:
        serve_due_all(n);
        return;
    }
    struct session *s = session_find(n, link);
    if (s != NULL)
        serve_due(n, s);
}

void node_step(struct node *n, const struct event *e, struct effects *fx)
{
    if (n->exited)
        return;
    n->fx = fx;
    n->now_ms = e->now_ms;
    n->wall_ms = e->wall_ms;
    n->zone_s = e->zone_s;
    if (n->log != NULL)
        trim_window(n);
    check(e->kind < EVENT_KIND_COUNT && (n->started || e->kind <= EVENT_START));
    if (e->kind == EVENT_TICK || n->now_ms - n->last_ms >= TIME_LATE_MS)
        watch_turn(n);
    handlers[e->kind](n, e);
    if (n->started && !n->exited) {
        if (n->unsettled) {
            clock_judge(n);
            command_settle(n);
            decide_settle(n);
        }
        checkpoint_pump(n);
        author_store(n);
        retain_pump(n);
        seal_pump(n);
        note_served(n, e);
        serve_pump(n);
        fork_pump(n);
        finish_leaving(n);
        discovery_settle(n);
        if (n->session_count > 0) /* whatever a step does to one, it moves nothing to sooner */
            node_soon(&n->peer_at_ms, n->now_ms + TIME_BEAT_MS);
    }
    n->last_ms = n->now_ms;
    n->fx = NULL;
}

uint64_t node_deadline(const struct node *n)
{
    if (!n->started || n->exited)
        return NODE_NEVER;
    uint64_t deadline = discovery_deadline(n);
    node_soon(&deadline, n->peer_at_ms);
    node_soon(&deadline, n->seen_at_ms);
    node_soon(&deadline, seal_deadline(n));
    node_soon(&deadline, checkpoint_deadline(n));
    node_soon(&deadline, retain_deadline(n));
    node_soon(&deadline, decide_deadline(n));
    node_soon(&deadline, want_deadline(n));
    node_soon(&deadline, command_deadline(n));
    node_soon(&deadline, carry_deadline(n));
    node_soon(&deadline, n->news_at_ms);
    node_soon(&deadline, n->mesh_at_ms);
    node_soon(&deadline, hearsay_deadline(n));
    if (n->store_failed)
        node_soon(&deadline, n->store_retry_ms);
    if (n->leaving)
        node_soon(&deadline, n->leave_ms);
    return deadline;
}

void node_facts(struct node *n, uint64_t facts)
{
    n->facts = facts;
}

size_t node_room(const struct node *n)
{
    return author_room(n);
}

bool node_acknowledged(const struct node *n)
{
    return n->log == NULL || n->log->acked >= n->log->last;
}

size_t node_session_count(const struct node *n)
{
    size_t count = 0;
    for (size_t i = 0; i < n->session_count; i++)
        count += n->sessions[i]->state == PEER_OPEN;
    return count;
}

static const struct log *find(const struct node *n, const struct log_id *id)
{
    bool own = ident_key_equal(&id->key, &n->self.key) && strcmp(id->device, n->self.device) == 0;
    const struct member *m = own ? &n->own : members_find(n, span_of(id->device));
    return m == NULL ? NULL : members_log(m, &id->key, id->epoch);
}

uint64_t node_log_last(const struct node *n, const struct log_id *id)
{
    const struct log *l = find(n, id);
    return l == NULL ? 0 : l->last;
}

uint64_t node_log_stored(const struct node *n, const struct log_id *id)
{
    const struct log *l = find(n, id);
    return l == NULL ? 0 : l->stored;
}

uint64_t node_log_sealed(const struct node *n, const struct log_id *id)
{
    const struct log *l = find(n, id);
    return l == NULL ? 0 : l->seal.seq;
}

uint64_t node_log_acked(const struct node *n, const struct log_id *id)
{
    const struct log *l = find(n, id);
    return l == NULL ? 0 : l->acked;
}

bool node_log_hash(const struct node *n, const struct log_id *id, uint64_t seq,
                   struct chain_hash *hash)
{
    const struct log *l = find(n, id);
    return l != NULL && log_hash_at(l, seq, hash);
}

uint64_t node_epoch(const struct node *n)
{
    return n->epoch;
}

struct span node_topic(const struct node *n, struct span topic)
{
    const struct state_entry *e = state_get(&n->state, topic);
    return e == NULL ? (struct span){0} : (struct span){e->bytes, e->size};
}

void node_state_hash(const struct node *n, struct chain_hash *hash)
{
    state_hash(&n->state, n->hash, hash);
}

uint64_t node_count(const struct node *n, enum node_counter counter)
{
    check(counter < NODE_COUNTER_COUNT);
    return n->counters[counter];
}

const char *node_counter_text(enum node_counter counter)
{
    check(counter < NODE_COUNTER_COUNT);
    return counter_texts[counter];
}
