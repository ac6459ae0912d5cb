#include "verdict.h"

#include "core/view.h"
#include "world.h"

static struct disk_log *disk_of(const struct world *w, uint32_t host, const struct judge_log *l)
{
    return disk_log(&w->hosts[host].disk, &l->id);
}

static bool is_there(const struct host *h)
{
    return h->running && h->node;
}

/* Known, and pruned whole: nobody gets its records from here. */
static bool is_emptied(const struct disk_log *d)
{
    return d && d->first > d->last;
}

/* Whether somebody is there who gives one what the other wrote. */
static bool bridged(const struct world *w, const struct judge_log *l, uint32_t reader)
{
    for (uint32_t i = 0; i < w->host_count; i++)
        if (is_there(&w->hosts[i]) && w->hosts[i].self.role != ROLE_SENSOR &&
            judge_wanted(w, l->host, i) && judge_wanted(w, i, reader) &&
            !is_emptied(disk_of(w, i, l)))
            return true;
    return false;
}

/* Whether this host should hold this log: its author is there to give it, or its author is there
 * and somebody who carries it. */
static bool log_wanted(const struct world *w, const struct judge_log *l, uint32_t reader)
{
    const struct host *author = &w->hosts[l->host], *h = &w->hosts[reader];
    if (reader == l->host || strcmp(author->self.device, h->self.device) == 0 ||
        !is_there(author) || !is_there(h) || !h->wants[author->self.role])
        return false;
    return judge_wanted(w, l->host, reader) || bridged(w, l, reader);
}

void verdict_heal(struct world *w)
{
    w->judge.healed = true;
    w->judge.healed_us = w->now_us;
    w->judge.synced = false;
    for (size_t i = 0; i < w->judge.log_count; i++) {
        struct judge_log *l = w->judge.logs[i];
        const struct disk_log *d = disk_of(w, l->host, l);
        l->goal = d ? d->last : 0;
    }
}

/* The first host that lacks something it wants, up to the goal or all of it. */
static bool log_everywhere(const struct world *w, const struct judge_log *l, uint64_t goal,
                           uint32_t *lacking)
{
    if (goal == 0 || is_emptied(disk_of(w, l->host, l)))
        return true;
    for (uint32_t i = 0; i < w->host_count; i++) {
        const struct disk_log *d = disk_of(w, i, l);
        *lacking = i;
        if (log_wanted(w, l, i) && (!d || disk_sealed(d) < goal))
            return false;
    }
    return true;
}

void verdict_sample(struct world *w)
{
    struct judge *j = &w->judge;
    uint32_t lacking;
    if (!j->healed || j->synced)
        return;
    for (size_t i = 0; i < j->log_count; i++)
        if (!log_everywhere(w, j->logs[i], j->logs[i]->goal, &lacking))
            return;
    j->synced = true;
    j->synced_us = w->now_us;
}

uint64_t verdict_session_us(const struct world *w, uint32_t a, uint32_t b)
{
    uint64_t since = w->judge.since_us[a * w->host_count + b];
    return since > w->judge.healed_us ? since - w->judge.healed_us : 0;
}

static void final_sessions(struct world *w)
{
    for (uint32_t a = 0; a < w->host_count; a++) {
        for (uint32_t b = a + 1; b < w->host_count; b++) {
            unsigned sessions = w->judge.sessions[a * w->host_count + b];
            if (judge_wanted(w, a, b) ? sessions != 1 : sessions > 1)
                world_fail(w, "%s and %s end with %u sessions", w->hosts[a].self.device,
                           w->hosts[b].self.device, sessions);
        }
    }
}

static bool is_only(const struct world *w, const struct host *h)
{
    size_t same = 0;
    for (size_t i = 0; i < w->host_count; i++)
        same += strcmp(w->hosts[i].self.device, h->self.device) == 0;
    return same == 1;
}

/* Sees it without a session too, where none is wanted. */
static void sees(struct world *w, const struct host *a, const struct host *b)
{
    struct view_peer peer;
    size_t at = 0;
    while (view_peer_next(a->node, host_now_ms(w, a), &at, &peer)) {
        if (strcmp(peer.device, b->self.device) != 0)
            continue;
        if (peer.presence != VIEW_ONLINE)
            world_fail(w, "%s ends with %s as %s: %s", a->label, b->label,
                       view_presence_text(peer.presence), peer.evidence);
        return;
    }
    world_fail(w, "%s ends without %s", a->label, b->label);
}

/* Whoever runs is online for everybody. */
static void final_presence(struct world *w)
{
    for (uint32_t a = 0; a < w->host_count; a++) {
        for (uint32_t b = 0; b < w->host_count; b++) {
            const struct host *x = &w->hosts[a], *y = &w->hosts[b];
            bool both = a != b && !net_walled(w, a, b) && x->running && y->running && x->node &&
                        y->node;
            if (both && is_only(w, x) && is_only(w, y) && !world_failed(w))
                sees(w, x, y);
        }
    }
}

/* Behind a closed or quiet log's seal nothing waits any more. */
static void final_pending(struct world *w, const struct judge_log *l)
{
    for (uint32_t i = 0; i < w->host_count; i++) {
        const struct disk_log *d = disk_of(w, i, l);
        if (!d || is_emptied(disk_of(w, l->host, l)) || !log_wanted(w, l, i) ||
            d->last == disk_sealed(d))
            continue;
        world_fail(w, "%s ends with %llu pending records of %s behind %llu",
                   w->hosts[i].self.device, (unsigned long long)(d->last - disk_sealed(d)), l->name,
                   (unsigned long long)disk_sealed(d));
    }
}

static void final_log(struct world *w, const struct judge_log *l)
{
    const struct disk_log *own = disk_of(w, l->host, l);
    uint32_t lacking = 0;
    if (!own || !w->hosts[l->host].running)
        return;
    if (own->last != disk_sealed(own))
        world_fail(w, "%s ends with a seal up to %llu, records up to %llu", l->name,
                   (unsigned long long)disk_sealed(own), (unsigned long long)own->last);
    if (!log_everywhere(w, l, own->last, &lacking)) {
        const struct disk_log *d = disk_of(w, lacking, l);
        world_fail(w, "%s ends with %llu records of %s sealed (%llu stored) of %llu",
                   w->hosts[lacking].self.device, (unsigned long long)(d ? disk_sealed(d) : 0),
                   l->name, (unsigned long long)(d ? d->last : 0), (unsigned long long)own->last);
    }
    final_pending(w, l);
}

/* Whose author is not there, or does not have it any more: all who are there and not walled off
 * from each other agree how far it goes. */
static void final_carried(struct world *w, const struct judge_log *l)
{
    for (uint32_t a = 0; a < w->host_count; a++) {
        const struct disk_log *x = disk_of(w, a, l);
        if (a == l->host || !x || is_emptied(x) || w->hosts[a].self.role == ROLE_SENSOR ||
            !is_there(&w->hosts[a]))
            continue;
        for (uint32_t b = 0; b < w->host_count; b++) {
            const struct host *h = &w->hosts[b];
            const struct disk_log *y = disk_of(w, b, l);
            if (b == l->host || !judge_wanted(w, a, b) || !h->wants[w->hosts[l->host].self.role] ||
                strcmp(h->self.device, l->id.device) == 0)
                continue;
            if (disk_sealed(x) > (y ? disk_sealed(y) : 0))
                world_fail(w, "%s ends with %llu records of %s sealed, %s with %llu",
                           h->self.device, (unsigned long long)(y ? disk_sealed(y) : 0), l->name,
                           w->hosts[a].self.device, (unsigned long long)disk_sealed(x));
        }
    }
}

/* At somebody who gives it away, which leaves do not. */
static uint64_t sealed_anywhere(const struct world *w, const struct judge_log *l)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < w->host_count; i++) {
        const struct host *h = &w->hosts[i];
        bool gives = is_there(h) && h->self.role != ROLE_SENSOR;
        const struct disk_log *d = gives ? disk_of(w, i, l) : NULL;
        if (d && disk_sealed(d) > most)
            most = disk_sealed(d);
    }
    return most;
}

/* Whether the author still has it: what it lost before sealing may stay in a state until the topic
 * is written again. Of one that is away only what is sealed comes to all. */
static bool is_kept(const struct world *w, struct span bytes)
{
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    struct record r;
    if (bytes.size == 0)
        return true;
    check(record_decode(bytes, &r, memory, &cause) == ERR_OK);
    const struct judge_log *l = judge_log(w, r.device, r.epoch);
    const struct disk_log *d = l ? disk_of(w, l->host, l) : NULL;
    if (d && !is_there(&w->hosts[l->host]))
        return sealed_anywhere(w, l) >= r.seq;
    return d && d->last >= r.seq;
}

/* A topic that two peers see differently. */
static void compare_states(struct world *w, const struct host *a, const struct host *b)
{
    for (size_t i = 0; i < a->disk.topic_count; i++) {
        struct span topic = span_of(a->disk.topics[i].topic);
        struct span x = node_topic(a->node, topic), y = node_topic(b->node, topic);
        if (span_equal(x, y) || !is_kept(w, x) || !is_kept(w, y))
            continue;
        world_fail(w, "%s and %s end with different states: %.*s | %.*s", a->self.device,
                   b->self.device, (int)x.size, x.bytes, (int)y.size, y.bytes ? y.bytes : "");
    }
}

static bool wants_all(const struct host *h)
{
    bool all = is_there(h);
    for (int role = 0; role < ROLE_OBSERVER; role++)
        all = all && h->wants[role];
    return all;
}

bool verdict_one_state(struct world *w, struct chain_hash *hash)
{
    struct chain_hash other;
    size_t count = 0;
    for (uint32_t i = 0; i < w->host_count; i++) {
        if (!wants_all(&w->hosts[i]))
            continue;
        node_state_hash(w->hosts[i].node, count++ == 0 ? hash : &other);
        if (count > 1 && memcmp(hash, &other, sizeof other) != 0)
            return false;
    }
    return count > 1;
}

/* Peers that want everything hold one state. */
static void final_state(struct world *w)
{
    struct chain_hash first, hash;
    const struct host *one = NULL;
    for (uint32_t i = 0; i < w->host_count; i++) {
        const struct host *h = &w->hosts[i];
        if (!wants_all(h))
            continue;
        node_state_hash(h->node, &hash);
        if (!one)
            first = hash;
        if (one && memcmp(&first, &hash, sizeof first) != 0)
            compare_states(w, one, h);
        if (!one)
            one = h;
    }
}

static size_t forks_of(const struct host *h)
{
    const struct proof *proof;
    size_t at = 0;
    while (view_fork_next(h->node, &at, &proof))
        continue;
    return at;
}

/* Who speaks with each other knows the same forks. */
static void final_forks(struct world *w)
{
    for (uint32_t a = 0; a < w->host_count; a++) {
        for (uint32_t b = a + 1; b < w->host_count; b++) {
            const struct host *x = &w->hosts[a], *y = &w->hosts[b];
            if (w->judge.sessions[a * w->host_count + b] == 0 || !is_there(x) || !is_there(y))
                continue;
            if (forks_of(x) != forks_of(y))
                world_fail(w, "%s ends with %zu forks, %s with %zu", x->label, forks_of(x),
                           y->label, forks_of(y));
        }
    }
}

void verdict_synced(struct world *w)
{
    for (size_t i = 0; i < w->judge.log_count && !w->judge.synced; i++) {
        const struct judge_log *l = w->judge.logs[i];
        uint32_t lacking = 0;
        if (!log_everywhere(w, l, l->goal, &lacking))
            world_fail(w, "%s still lacks what %s had before the heal, %llu records",
                       w->hosts[lacking].label, l->name, (unsigned long long)l->goal);
    }
}

void verdict_logs(struct world *w)
{
    for (size_t i = 0; i < w->judge.log_count && !world_failed(w); i++)
        final_log(w, w->judge.logs[i]);
}

void verdict_final(struct world *w)
{
    final_sessions(w);
    final_presence(w);
    final_forks(w);
    verdict_logs(w);
    for (size_t i = 0; i < w->judge.log_count && !world_failed(w); i++)
        final_carried(w, w->judge.logs[i]);
    if (!w->judge.rolled_back && !world_failed(w))
        final_state(w);
    if (!world_failed(w))
        person_final(w);
}
