#define _GNU_SOURCE
#include "store_world.h"

#include "io/store_run.h"
#include "io/trust.h"
#include "wire/record.h"

#include <stdio.h>
#include <stdlib.h>

static void on_stored(void *context, uint64_t ticket)
{
    struct store_world *w = context;
    check(ticket > w->stored && ticket <= w->ticket);
    w->stored = ticket;
}

static void on_failed(void *context, const char *text)
{
    struct store_world *w = context;
    w->failures++;
    snprintf(w->failure, sizeof w->failure, "%s", text);
}

static void on_ready(void *context)
{
    ((struct store_world *)context)->readies++;
}

void store_world_init(struct store_world *w, enum store_world_place place)
{
    *w = (struct store_world){0};
    snprintf(w->folder.path, sizeof w->folder.path, "/dev/shm/kith-test-XXXXXX");
    if (place == STORE_WORLD_DISK || !mkdtemp(w->folder.path))
        temp_folder_make(&w->folder);
    snprintf(w->path, sizeof w->path, "%s/s.db", w->folder.path);
    check(uv_loop_init(&w->loop) == 0);
}

void store_world_close(struct store_world *w)
{
    store_close(w->store);
    w->store = NULL;
    uv_run(&w->loop, UV_RUN_DEFAULT);
}

void store_world_fini(struct store_world *w)
{
    store_world_close(w);
    check(uv_loop_close(&w->loop) == 0);
    temp_folder_remove(&w->folder);
}

enum err store_world_try_open(struct store_world *w)
{
    struct store_handler handler = {w, on_stored, on_failed, on_ready};
    return store_open(&w->store, &w->loop, w->path, &handler, w->message, sizeof w->message);
}

void store_world_open(struct store_world *w)
{
    enum err err = store_world_try_open(w);
    if (err != ERR_OK)
        fprintf(stderr, "%s\n", w->message);
    check(err == ERR_OK);
    err = store_world_restore(w);
    check(err == ERR_OK);
}

struct store_world_log store_world_log(const char *device, uint64_t epoch)
{
    struct store_world_log log = {.role = ROLE_SENSOR, .id = {.epoch = epoch}};
    ident_name_copy(log.id.device, span_of(device));
    memset(log.id.key.bytes, (int)(epoch & 0xff), sizeof log.id.key.bytes);
    return log;
}

size_t store_world_record(const struct log_id *id, uint64_t seq, char *out)
{
    char text[40];
    snprintf(text, sizeof text, "}\"],%.*s", (int)(seq % 30), "{[\\\"abcdefghijklmnopqrstuvwxyz");
    struct record r = {.device = span_of(id->device),
                       .type = SPAN("temperature"),
                       .epoch = id->epoch,
                       .seq = seq,
                       .ts = 1763800000000 + seq,
                       .value = seq % 3 ? value_number((double)seq / 10)
                                        : value_text(span_of(text)),
                       .unit = SPAN("Cel")};
    size_t size = record_encode(&r, out, LIMIT_RECORD);
    check(size > 0);
    return size;
}

static void put(struct store_world *w, struct store_world_log *log, size_t count, size_t parts)
{
    char *bytes = malloc(count * 256);
    size_t size = 0;
    check(bytes && count > 0);
    for (size_t i = 0; i < count; i++) {
        char one[LIMIT_RECORD];
        size_t one_size = store_world_record(&log->id, log->last + 1 + i, one);
        struct chain_hash before = log->head;
        trust_hash(&log->head, &before, (struct span){one, one_size});
        if (i > 0)
            bytes[size++] = ',';
        check(one_size < 255);
        memcpy(bytes + size, one, one_size);
        size += one_size;
    }
    struct effect effect = {.kind = EFFECT_STORE, .ticket = ++w->ticket};
    effect.store.id = log->id;
    effect.store.role = log->role;
    effect.store.first = log->last + 1;
    effect.store.count = count;
    effect.store.bytes = (struct span){bytes, size};
    effect.store.hash_after = log->head;
    if (parts > 0) {
        uint64_t last = log->last + count;
        effect.store.mark = (struct event_mark){.first = last + 1 - parts,
                                                .last = last,
                                                .before = store_world_chain(&log->id, last - parts),
                                                .at_ms = 1000 + last};
    }
    store_effect(w->store, &effect);
    log->last += count;
    free(bytes);
}

void store_world_put(struct store_world *w, struct store_world_log *log, size_t count)
{
    put(w, log, count, 0);
}

void store_world_mark(struct store_world *w, struct store_world_log *log, size_t count,
                      size_t parts)
{
    put(w, log, count, parts);
}

void store_world_seal(struct store_world *w, const struct store_world_log *log)
{
    struct effect effect = {.kind = EFFECT_STORE_SEAL, .ticket = ++w->ticket};
    effect.store_seal.id = log->id;
    effect.store_seal.seq = log->last;
    effect.store_seal.hash = log->head;
    effect.store_seal.signature_size = 70;
    memset(effect.store_seal.signature, (int)(log->last & 0xff), 70);
    store_effect(w->store, &effect);
}

struct chain_hash store_world_chain(const struct log_id *id, uint64_t last)
{
    struct chain_hash hash = {{0}};
    for (uint64_t seq = 1; seq <= last; seq++) {
        char one[LIMIT_RECORD];
        size_t size = store_world_record(id, seq, one);
        struct chain_hash before = hash;
        trust_hash(&hash, &before, (struct span){one, size});
    }
    return hash;
}

static void author_cut(struct store_world_log *log, uint64_t last)
{
    log->head = store_world_chain(&log->id, last);
    log->last = last;
}

void store_world_describe(struct store_world *w, struct store_world_log *log, uint64_t last,
                          bool closed)
{
    struct effect effect = {.kind = EFFECT_STORE_LOG, .ticket = ++w->ticket};
    effect.store_log.id = log->id;
    effect.store_log.role = log->role;
    effect.store_log.first = 1;
    effect.store_log.last = last;
    effect.store_log.closed = closed;
    store_effect(w->store, &effect);
    if (last < log->last)
        author_cut(log, last);
}

void store_world_prune(struct store_world *w, struct store_world_log *log, uint64_t first)
{
    struct effect effect = {.kind = EFFECT_STORE_LOG, .ticket = ++w->ticket};
    if (first > log->last + 1) {
        log->last = first - 1;
        log->head = store_world_chain(&log->id, log->last);
    }
    effect.store_log.id = log->id;
    effect.store_log.role = log->role;
    effect.store_log.first = first;
    effect.store_log.last = log->last;
    effect.store_log.base = store_world_chain(&log->id, first - 1);
    store_effect(w->store, &effect);
}

void store_world_topic(struct store_world *w, const struct store_world_log *log, const char *topic,
                       uint64_t seq)
{
    char one[LIMIT_RECORD];
    size_t size = store_world_record(&log->id, seq, one);
    struct effect effect = {.kind = EFFECT_STORE_TOPIC, .ticket = ++w->ticket};
    effect.store_topic.topic = span_of(topic);
    effect.store_topic.id = log->id;
    effect.store_topic.seq = seq;
    effect.store_topic.bytes = (struct span){one, size};
    store_effect(w->store, &effect);
}

void store_world_peer(struct store_world *w, const char *device, uint32_t ipv4, uint16_t port)
{
    struct effect effect = {.kind = EFFECT_STORE_PEER, .ticket = ++w->ticket};
    effect.store_peer.device = span_of(device);
    effect.store_peer.address = (struct address){ipv4, port};
    store_effect(w->store, &effect);
}

static struct event_seen seen_of(struct span device, uint64_t heard_ms, char evidence[64])
{
    int size = snprintf(evidence, 64, "because of %llu", (unsigned long long)heard_ms);
    return (struct event_seen){.device = device,
                               .role = heard_ms % 2 ? ROLE_ACTUATOR : ROLE_SENSOR,
                               .epoch = 7 + heard_ms,
                               .heard_ms = heard_ms,
                               .left = heard_ms % 2 == 1,
                               .evidence = {evidence, (size_t)size}};
}

void store_world_seen(struct store_world *w, const char *device, uint64_t heard_ms)
{
    char evidence[64];
    struct effect effect = {.kind = EFFECT_STORE_SEEN, .ticket = ++w->ticket};
    effect.store_seen = seen_of(span_of(device), heard_ms, evidence);
    store_effect(w->store, &effect);
}

static void on_seen(struct store_world *w, const struct event_seen *seen)
{
    char evidence[64];
    struct event_seen put = seen_of(seen->device, seen->heard_ms, evidence);
    check(w->seen_count < STORE_WORLD_PEERS && seen->role == put.role && seen->left == put.left);
    check(seen->epoch == put.epoch && span_equal(seen->evidence, put.evidence));
    w->seen[w->seen_count++] = seen->heard_ms;
}

static struct proof proof_of(const char *device, uint64_t seq, char bytes[64])
{
    int size = snprintf(bytes, 64, "behind %llu", (unsigned long long)seq);
    struct store_world_log log = store_world_log(device, 7);
    struct proof p = {.id = log.id, .bytes = {bytes, (size_t)size}, .count = (size_t)seq % 9};
    p.there = store_world_chain(&log.id, seq % 5);
    for (size_t i = 0; i < COUNT_OF(p.seals); i++) {
        p.seals[i].seq = seq + i * p.count;
        p.seals[i].hash.bytes[31] = (uint8_t)(seq + i);
        p.seals[i].signature_size = 70 + i;
        memset(p.seals[i].signature, (int)(seq + i) % 251, p.seals[i].signature_size);
    }
    return p;
}

void store_world_fork(struct store_world *w, const char *device, uint64_t seq)
{
    char bytes[64];
    struct effect effect = {.kind = EFFECT_STORE_FORK, .ticket = ++w->ticket};
    effect.store_fork = proof_of(device, seq, bytes);
    store_effect(w->store, &effect);
}

static void on_fork(struct store_world *w, const struct proof *p)
{
    char bytes[64];
    struct proof put = proof_of(p->id.device, p->seals[0].seq, bytes);
    check(w->fork_count < STORE_WORLD_LOGS && ident_log_equal(&p->id, &put.id));
    check(span_equal(p->bytes, put.bytes) && p->count == put.count);
    check(memcmp(&p->there, &put.there, sizeof p->there) == 0);
    for (size_t i = 0; i < COUNT_OF(p->seals); i++) {
        const struct log_seal *seal = &p->seals[i], *as = &put.seals[i];
        check(seal->seq == as->seq && seal->signature_size == as->signature_size);
        check(memcmp(&seal->hash, &as->hash, sizeof seal->hash) == 0);
        check(memcmp(seal->signature, as->signature, as->signature_size) == 0);
    }
    w->forks[w->fork_count++] = p->seals[0].seq;
}

void store_world_retry(struct store_world *w)
{
    struct effect effect = {.kind = EFFECT_STORE_RETRY};
    store_effect(w->store, &effect);
}

void store_world_wait(struct store_world *w)
{
    unsigned outcomes = w->failures + w->readies;
    store_flush(w->store);
    while (uv_loop_alive(&w->loop) && w->failures + w->readies == outcomes)
        uv_run(&w->loop, UV_RUN_ONCE);
    check(w->stored == w->ticket || w->failures > 0);
}

static void compare(const struct log_id *id, uint64_t seq, struct span bytes)
{
    char one[LIMIT_RECORD];
    size_t size = store_world_record(id, seq, one);
    bool same = span_equal(bytes, (struct span){one, size});
    check(same);
}

static void compare_run(const struct log_id *id, uint64_t first, struct span bytes, size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = store_run_end(bytes, at);
        compare(id, first + i, (struct span){bytes.bytes + at, end - at});
        check(i + 1 == count ? end == bytes.size : bytes.bytes[end] == ',');
        at = end + 1;
    }
}

uint64_t store_world_read(struct store_world *w, const struct store_world_log *log, uint64_t first)
{
    for (;;) {
        struct store_fetched run;
        enum err err = store_fetch(w->store, &log->id, first, 5000, NULL, &run);
        if (err != ERR_OK)
            return first - 1;
        check(run.bytes.size <= 5000 && run.count > 0);
        compare_run(&log->id, first, run.bytes, run.count);
        first += run.count;
        free(run.memory);
    }
}

void store_world_expect(struct store_world *w, const struct store_world_log *log, uint64_t first,
                        uint64_t last)
{
    uint64_t read = store_world_read(w, log, first);
    if (read != last)
        fprintf(stderr, "read up to %llu, expected %llu\n", (unsigned long long)read,
                (unsigned long long)last);
    check(read == last);
}

static struct store_world_restored *find(struct store_world *w, const struct log_id *id)
{
    for (size_t i = 0; i < w->log_count; i++)
        if (ident_log_equal(&w->logs[i].event.restore_log.id, id))
            return &w->logs[i];
    return NULL;
}

const struct store_world_restored *store_world_find(const struct store_world *w,
                                                    const struct store_world_log *log)
{
    return find((struct store_world *)(uintptr_t)w, &log->id);
}

static void on_tail(struct store_world *w, const struct event *e)
{
    struct store_world_restored *log = find(w, &e->restore_record.id);
    const struct record *r = e->restore_record.record;
    check(log == &w->logs[w->log_count - 1]);
    compare(&e->restore_record.id, r->seq, r->bytes);
    if (log->tail_first == 0)
        log->tail_first = r->seq;
    check(log->tail_last == 0 || r->seq == log->tail_last + 1);
    log->tail_last = r->seq;
}

/* As store_world_mark() made it. */
static void compare_mark(const struct log_id *id, const struct event_mark *mark)
{
    struct chain_hash before = store_world_chain(id, mark->first - 1);
    bool same = memcmp(&mark->before, &before, sizeof before) == 0;
    check(same && mark->first <= mark->last && mark->at_ms == 1000 + mark->last);
}

static void on_event(void *context, const struct event *e)
{
    struct store_world *w = context;
    if (e->kind == EVENT_RESTORE_LOG) {
        for (size_t i = 0; i < e->restore_log.mark_count; i++)
            compare_mark(&e->restore_log.id, &e->restore_log.marks[i]);
        check(w->log_count < STORE_WORLD_LOGS && w->topic_count == 0);
        w->logs[w->log_count++] = (struct store_world_restored){.event = *e};
    } else if (e->kind == EVENT_RESTORE_TAIL) {
        on_tail(w, e);
    } else if (e->kind == EVENT_RESTORE_TOPIC) {
        const struct record *r = e->restore_record.record;
        check(w->topic_count < STORE_WORLD_LOGS && w->peer_count == 0);
        compare(&e->restore_record.id, r->seq, r->bytes);
        w->topic_seqs[w->topic_count++] = r->seq;
    } else if (e->kind == EVENT_RESTORE_SEEN) {
        check(w->fork_count == 0);
        on_seen(w, &e->restore_seen);
    } else if (e->kind == EVENT_RESTORE_FORK) {
        on_fork(w, e->restore_fork);
    } else {
        check(e->kind == EVENT_RESTORE_PEER && w->seen_count == 0);
        check(w->peer_count < STORE_WORLD_PEERS);
        w->peers[w->peer_count++] = e->restore_peer.address;
    }
}

enum err store_world_restore(struct store_world *w)
{
    w->log_count = w->topic_count = w->peer_count = w->seen_count = 0;
    w->fork_count = 0;
    return store_restore(w->store, on_event, w, &w->record_count);
}
