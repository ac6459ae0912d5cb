#include "world.h"

#include "fault.h"
#include "liar.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A broadcast is verified by everybody: the last one is remembered. */
static void mac(void *context, struct span bytes, struct hello_mac *out)
{
    struct world *w = context;
    if (w->mac_size != bytes.size || memcmp(w->mac_bytes, bytes.bytes, bytes.size) != 0) {
        sha256_hmac(w->mac.bytes, w->secret, bytes);
        w->mac_size = bytes.size <= sizeof w->mac_bytes ? bytes.size : 0;
        memcpy(w->mac_bytes, bytes.bytes, w->mac_size);
    }
    *out = w->mac;
}

void world_hash(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    struct sha256 s;
    sha256_init(&s);
    sha256_put(&s, before->bytes, sizeof before->bytes);
    sha256_put(&s, bytes.bytes, bytes.size);
    sha256_end(&s, out->bytes);
}

void world_sign(const struct world *w, const struct log_id *id, uint64_t seq,
                const struct chain_hash *hash, uint8_t out[32])
{
    char text[EVENT_SEAL_TEXT_MAX];
    size_t size = event_seal_text(text, SPAN("00c0ffee00c0ffee"), id, seq, hash);
    sha256_hmac(out, w->secret, (struct span){text, size});
}

void world_certify(const struct world *w, const struct identity *who, char out[WORLD_CHAIN_BYTES])
{
    char text[WORLD_CHAIN_BYTES] = {0};
    memcpy(text, who->device, strlen(who->device));
    text[LIMIT_NAME] = (char)who->role;
    memcpy(text + LIMIT_NAME + 1, who->key.bytes, sizeof who->key.bytes);
    uint8_t proof[32];
    sha256_hmac(proof, w->secret, (struct span){text, sizeof text - sizeof proof});
    memcpy(text + sizeof text - sizeof proof, proof, sizeof proof);
    memcpy(out, text, sizeof text);
}

struct host *world_host_of(const struct world *w, const struct key_id *key)
{
    return table_get(&w->by_key, (struct span){(const char *)key->bytes, sizeof key->bytes});
}

static void note_key(struct world *w, struct host *h)
{
    const struct key_id *key = &h->self.key;
    struct host *first = world_host_of(w, key);
    if (!first) {
        struct span bytes = {(const char *)key->bytes, sizeof key->bytes};
        check(table_put(&w->by_key, bytes, h) == ERR_OK);
        return;
    }
    while (first->twin)
        first = first->twin;
    first->twin = h;
}

struct world *world_new(const struct world_options *options)
{
    struct world *w = calloc(1, sizeof *w);
    check(w);
    rng_init(&w->rng, options->seed);
    w->host_count = options->host_count;
    w->hosts = calloc(w->host_count, sizeof *w->hosts);
    w->memory = malloc(sizeof *w->memory);
    check(w->hosts && w->memory);
    for (size_t i = 0; i < sizeof w->secret; i++)
        w->secret[i] = (uint8_t)rng_next(&w->rng);
    w->hello_key = (struct hello_key){.mac = mac, .context = w};
    memcpy(w->hello_key.id, "5ec2e7005ec2e700", sizeof w->hello_key.id);
    w->net_fair = options->net;
    w->disk_min_us = options->disk_min_us;
    w->disk_max_us = options->disk_max_us;
    w->trace.on_line = options->on_line;
    w->trace.context = options->context;
    event_effects_init(&w->effects);
    net_init(w);
    table_init(&w->by_key, w->host_count, options->seed);
    judge_init(w);
    for (size_t i = 0; i < w->host_count; i++) {
        host_init(w, &w->hosts[i], &options->hosts[i]);
        note_key(w, &w->hosts[i]);
        w->has_puppet = w->has_puppet || options->hosts[i].puppet;
        world_push(w, options->hosts[i].start_ms * WORLD_MS,
                   (struct moment){.kind = MOMENT_START, .host = (uint32_t)i});
    }
    return w;
}

void world_free(struct world *w)
{
    for (size_t i = 0; i < w->queue.count; i++)
        datagram_drop(w->queue.heap[i].datagram);
    queue_fini(&w->queue);
    net_fini(w);
    for (size_t i = 0; i < w->host_count; i++)
        host_fini(&w->hosts[i]);
    judge_fini(w);
    person_fini(w);
    table_fini(&w->by_key);
    event_effects_fini(&w->effects);
    free(w->plan);
    free(w->hosts);
    free(w->memory);
    free(w);
}

typedef void moment_fn(struct world *w, const struct moment *m);

static moment_fn *const handlers[MOMENT_KIND_COUNT] = {
    [MOMENT_START] = host_on_start,
    [MOMENT_TICK] = host_on_tick,
    [MOMENT_SOURCE] = host_on_source,
    [MOMENT_LATER] = host_on_later,
    [MOMENT_COMMIT] = disk_on_commit,
    [MOMENT_RETRY] = disk_on_retry,
    [MOMENT_DATAGRAM] = datagram_on_arrival,
    [MOMENT_PIPE] = net_on_pipe,
    [MOMENT_RESET] = net_on_reset,
    [MOMENT_TIMEOUT] = net_on_timeout,
    [MOMENT_FAULT] = fault_on_begin,
    [MOMENT_MEND] = fault_on_end,
    [MOMENT_LIE] = liar_on_lie,
    [MOMENT_PERSON] = person_on_moment,
};

void world_run_until(struct world *w, uint64_t time_us)
{
    while (!world_failed(w) && w->queue.count > 0 && w->queue.heap[0].time_us <= time_us) {
        struct moment m = queue_pop(&w->queue);
        w->now_us = m.time_us;
        uint64_t thaws_us = host_thaws_us(w, &m);
        if (thaws_us > w->now_us) {
            struct moment later = m;
            later.time_us = thaws_us;
            host_put_off(w, &m, queue_push(&w->queue, later));
            continue;
        }
        handlers[m.kind](w, &m);
        free(m.data);
        datagram_drop(m.datagram);
    }
    if (!world_failed(w))
        w->now_us = time_us;
}

void world_run_for(struct world *w, uint64_t us)
{
    world_run_until(w, w->now_us + us);
}

void world_fail(struct world *w, const char *format, ...)
{
    if (world_failed(w))
        return;
    int size = snprintf(w->failure, sizeof w->failure, "at %.6f s: ", (double)w->now_us / 1e6);
    va_list args;
    va_start(args, format);
    vsnprintf(w->failure + size, sizeof w->failure - (size_t)size, format, args);
    va_end(args);
}

bool world_failed(const struct world *w)
{
    return w->failure[0] != '\0';
}

struct host *world_host(struct world *w, const char *device)
{
    for (size_t i = 0; i < w->host_count; i++)
        if (strcmp(w->hosts[i].self.device, device) == 0)
            return &w->hosts[i];
    check(0);
    return NULL;
}

uint64_t world_between(struct world *w, uint64_t low, uint64_t high)
{
    return low + rng_below(&w->rng, high - low + 1);
}

bool world_chance(struct world *w, uint32_t permille)
{
    return permille > 0 && rng_below(&w->rng, 1000) < permille;
}

void world_push(struct world *w, uint64_t delay_us, struct moment m)
{
    m.time_us = w->now_us + delay_us;
    queue_push(&w->queue, m);
}
