/* One process on one machine, and the shell around its core. A moment becomes an event, gets the
 * two clocks' times, goes through node_step(), and the effects are performed in their order; at the
 * end of the step bytes go out and a commit may begin, as at the end of a loop turn. The process
 * ends by EXIT, by being killed, or with the machine's power. */
#include "host.h"

#include "disk_restore.h"
#include "memory.h"
#include "wire/plain.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum { TICKS_HERE_MAX = 100, AGAIN_MS = 200 };

void host_init(struct world *w, struct host *h, const struct host_options *options)
{
    *h = (struct host){.options = *options, .index = (uint32_t)(h - w->hosts), .exit_status = -1};
    memcpy(h->self.device, options->device, sizeof h->self.device);
    h->self.role = options->role;
    int same = 1;
    for (const struct host *other = w->hosts; other < h; other++)
        same += strcmp(other->self.device, h->self.device) == 0;
    if (same > 1)
        snprintf(h->label, sizeof h->label, "%s(%d)", h->self.device, same);
    else
        snprintf(h->label, sizeof h->label, "%s", h->self.device);
    struct sha256 s;
    uint8_t hash[32];
    sha256_init(&s);
    sha256_put(&s, options->device, strlen(options->device));
    sha256_put(&s, &options->key, 1);
    sha256_end(&s, hash);
    memcpy(h->self.key.bytes, hash, sizeof h->self.key.bytes);
    h->disk.latency_min_us = w->disk_min_us;
    h->disk.latency_max_us = w->disk_max_us;
    h->level = 20 + 10 * rng_unit(&w->rng);
    h->mono_origin_us = rng_below(&w->rng, 1000 * WORLD_S);
    h->met = calloc(w->host_count, sizeof *h->met);
    check(h->met);
    bool leaf = options->role == ROLE_SENSOR;
    for (int role = 0; role < ROLE_COUNT; role++)
        h->wants[role] = !leaf || role == ROLE_ACTUATOR || role == ROLE_CONTROLLER;
}

void host_fini(struct host *h)
{
    node_free(h->node);
    disk_fini(&h->disk);
    disk_fini(&h->backup);
    judge_forget_states(h, true);
    free(h->conns);
    free(h->met);
}

uint32_t host_ipv4(const struct host *h)
{
    return 0x0a000001 + h->index + (h->moves << 16 & 0xff0000);
}

struct address host_session_address(const struct host *h)
{
    return (struct address){host_ipv4(h), (uint16_t)(40000 + h->life % 20000)};
}

struct address host_private_address(const struct host *h)
{
    return (struct address){host_ipv4(h), (uint16_t)(20000 + h->life % 20000)};
}

/* Clocks. */

static uint64_t monotonic_us(const struct world *w, const struct host *h)
{
    uint64_t rate = (uint64_t)(1000000 + h->options.drift_ppm);
    return h->mono_origin_us + (w->now_us - h->booted_us) * rate / 1000000;
}

uint64_t host_now_ms(const struct world *w, const struct host *h)
{
    return monotonic_us(w, h) / WORLD_MS;
}

uint64_t host_wall_ms(const struct world *w, const struct host *h)
{
    int64_t wall = (int64_t)(WORLD_WALL_MS + w->now_us / WORLD_MS) + h->wall_offset_ms;
    return wall > 0 ? (uint64_t)wall : 0;
}

/* When the host's monotonic clock will show so much. */
static uint64_t world_time_of(const struct host *h, uint64_t ms)
{
    uint64_t rate = (uint64_t)(1000000 + h->options.drift_ppm);
    if (ms * WORLD_MS <= h->mono_origin_us)
        return h->booted_us;
    return h->booted_us + ((ms * WORLD_MS - h->mono_origin_us) * 1000000 + rate - 1) / rate;
}

static void schedule_tick(struct world *w, struct host *h)
{
    uint64_t deadline = node_deadline(h->node);
    if (deadline == UINT64_MAX)
        return;
    uint64_t at = world_time_of(h, deadline);
    if (at < w->now_us)
        at = w->now_us;
    if (h->tick_us <= at)
        return;
    h->tick_us = at;
    h->tick_serial = queue_push(&w->queue, (struct moment){.kind = MOMENT_TICK,
                                                           .time_us = at,
                                                           .host = h->index});
}

void host_on_tick(struct world *w, const struct moment *m)
{
    struct host *h = &w->hosts[m->host];
    if (m->serial != h->tick_serial || !h->running)
        return;
    uint64_t at = world_time_of(h, node_deadline(h->node));
    bool again = h->tick_us == w->now_us && h->tick_last_us == w->now_us;
    h->tick_us = UINT64_MAX;
    if (at > w->now_us) {
        schedule_tick(w, h);
        return;
    }
    h->tick_last_us = w->now_us;
    h->ticks_here = again ? h->ticks_here + 1 : 0;
    if (h->ticks_here > TICKS_HERE_MAX)
        world_fail(w, "%s's timer spins", h->self.device);
    host_step(w, h, &(struct event){.kind = EVENT_TICK});
}

/* Effects. */

void host_later(struct world *w, struct host *h, uint64_t delay_us, const struct event *e,
                struct span bytes)
{
    struct host_later *later = malloc(sizeof *later + bytes.size);
    check(later);
    later->event = *e;
    if (bytes.size > 0)
        memcpy(later->bytes, bytes.bytes, bytes.size);
    world_push(
        w, delay_us,
        (struct moment){.kind = MOMENT_LATER, .host = h->index, .life = h->life, .data = later});
}

void host_on_later(struct world *w, const struct moment *m)
{
    struct host *h = &w->hosts[m->host];
    struct host_later *later = m->data;
    if (m->life != h->life || !h->running)
        return;
    if (later->event.kind == EVENT_FETCHED)
        later->event.fetched.bytes.bytes = later->bytes;
    if (later->event.kind == EVENT_CHAIN)
        later->event.chain.bytes.bytes = later->bytes;
    if (later->event.kind == EVENT_SENT &&
        !net_unsent(w, h, later->event.sent.link, &later->event.sent.bytes))
        return;
    if (later->event.kind == EVENT_EPOCH) {
        if (h->disk.full) { /* as long as it takes */
            host_later(w, h, 100 * WORLD_MS, &later->event, (struct span){0});
            return;
        }
        h->epoch = later->event.epoch.epoch = disk_epoch(w, &h->disk, later->event.epoch.epoch);
        w->tally[TALLY_EPOCHS]++;
    }
    host_step(w, h, &later->event);
}

static void do_fetch(struct world *w, struct host *h, const struct effect *e)
{
    check(e->fetch.bytes_max <= LIMIT_BATCH_BYTES);
    char *memory = w->fetched;
    struct event fetched = {.kind = EVENT_FETCHED};
    fetched.fetched.link = e->fetch.link;
    fetched.fetched.id = e->fetch.id;
    fetched.fetched.first = e->fetch.first;
    const struct disk_seal *seal = disk_seal(&h->disk, &e->fetch.id, e->fetch.first);
    uint64_t last = !e->fetch.to_seal ? UINT64_MAX : seal ? seal->seq : 0;
    fetched.fetched.count = disk_fetch(&h->disk, &e->fetch.id, e->fetch.first, last,
                                       e->fetch.bytes_max, memory, &fetched.fetched.bytes.size);
    if (e->fetch.to_seal && seal && e->fetch.first + fetched.fetched.count == last + 1) {
        fetched.fetched.seal_hash = seal->hash;
        fetched.fetched.signature_size = seal->signature_size;
        memcpy(fetched.fetched.signature, seal->signature, sizeof seal->signature);
    }
    host_later(w, h, world_between(w, 50, 3000), &fetched,
               (struct span){memory, fetched.fetched.bytes.size});
    w->tally[TALLY_FETCHES]++;
}

static void do_sign(struct world *w, struct host *h, const struct effect *e)
{
    struct event done = {.kind = EVENT_SIGNED};
    done.seal_signed.id = e->seal.id;
    done.seal_signed.seq = e->seal.seq;
    done.seal_signed.signature_size = 32;
    world_sign(w, &e->seal.id, e->seal.seq, &e->seal.hash, done.seal_signed.signature);
    host_later(w, h, world_between(w, 0, 2000), &done, (struct span){0});
}

static void do_verify(struct world *w, struct host *h, const struct effect *e)
{
    uint8_t right[32];
    world_sign(w, &e->seal.id, e->seal.seq, &e->seal.hash, right);
    struct event done = {.kind = EVENT_VERIFIED};
    done.verified.id = e->seal.id;
    done.verified.seq = e->seal.seq;
    done.verified.link = e->seal.link;
    done.verified.ask = e->seal.ask;
    done.verified.valid = e->seal.signature_size == sizeof right &&
                          memcmp(e->seal.signature, right, sizeof right) == 0;
    host_later(w, h, world_between(w, 0, 2000), &done, (struct span){0});
}

void host_send(struct world *w, struct host *h, uint64_t link, const struct message *m)
{
    char *line = w->line;
    size_t size = message_encode(m, line, LIMIT_LINE);
    if (size == 0) {
        world_fail(w, "%s sends a message that does not fit a line", h->self.device);
        return;
    }
    trace_mix_bytes(&w->trace, (struct span){line, size});
    net_send(w, h, link, (struct span){line, size});
    if (m->kind == MESSAGE_HELLO)
        net_hello_sent(w, h, link);
    w->tally[TALLY_MESSAGES]++;
}

static void do_send(struct world *w, struct host *h, const struct effect *e)
{
    host_send(w, h, e->send.link, &e->send.message);
}

static void do_hello(struct world *w, struct host *h, const struct effect *e)
{
    char datagram[LIMIT_DATAGRAM];
    size_t size = hello_encode(&e->hello.hello, &w->hello_key, datagram, sizeof datagram);
    if (size == 0) {
        world_fail(w, "%s sends a hello that does not fit a datagram", h->self.device);
        return;
    }
    datagram_send(w, h, e->hello.to, (struct span){datagram, size});
}

static void do_plain(struct world *w, struct host *h, const struct effect *e)
{
    char datagram[LIMIT_DATAGRAM];
    size_t size = plain_encode(e->plain.device, e->plain.reading, datagram, sizeof datagram);
    check(size > 0);
    datagram_send(w, h, (struct address){0}, (struct span){datagram, size});
}

static void do_epoch(struct world *w, struct host *h, const struct effect *e)
{
    struct event begun = {.kind = EVENT_EPOCH, .epoch.epoch = e->epoch.above};
    host_later(w, h, world_between(w, h->disk.latency_min_us, h->disk.latency_max_us), &begun,
               (struct span){0});
}

static void perform(struct world *w, struct host *h, const struct effect *e)
{
    switch (e->kind) {
    case EFFECT_STORE:
    case EFFECT_STORE_SEAL:
    case EFFECT_STORE_TOPIC:
    case EFFECT_STORE_LOG:
    case EFFECT_STORE_PEER:
    case EFFECT_STORE_SEEN:
    case EFFECT_STORE_FORK:
    case EFFECT_STORE_RETRY:
        disk_effect(w, h, e);
        break;
    case EFFECT_EPOCH:
        do_epoch(w, h, e);
        break;
    case EFFECT_FETCH:
        do_fetch(w, h, e);
        break;
    case EFFECT_CHAIN:
        host_chain(w, h, e);
        break;
    case EFFECT_SIGN:
        do_sign(w, h, e);
        break;
    case EFFECT_VERIFY:
        do_verify(w, h, e);
        break;
    case EFFECT_CERTIFY:
        host_certify(w, h, e);
        break;
    case EFFECT_INTRODUCE:
        host_introduce(w, h, e);
        break;
    case EFFECT_DIAL:
        net_dial(w, h, e->dial.link, e->dial.address);
        break;
    case EFFECT_HANG_UP:
        net_hang_up(w, h, e->hang_up.link);
        break;
    case EFFECT_SEND:
        do_send(w, h, e);
        break;
    case EFFECT_HELLO:
        do_hello(w, h, e);
        break;
    case EFFECT_PLAIN:
        do_plain(w, h, e);
        break;
    case EFFECT_COMMAND:
        person_perform(w, h, e);
        break;
    case EFFECT_EXIT:
        h->exit_status = e->exit.status;
        h->exiting = true;
        break;
    default:
        break; /* ACT and PUBLISH are the judge's */
    }
}

/* Life and death. */

static void process_gone(struct world *w, struct host *h, enum net_gone how)
{
    for (int i = 0; h->node && i < NODE_COUNTER_COUNT; i++)
        h->counters[i] += node_count(h->node, (enum node_counter)i);
    net_process_gone(w, h, how);
    node_free(h->node);
    h->node = NULL;
    h->running = false;
    h->leaving = h->exiting = false;
    h->frozen_until_us = 0;
    h->tick_us = UINT64_MAX;
    h->life++;
}

/* docs/decisions/002-out-of-memory.md; somebody starts it again. */
static void begin_again(struct world *w, struct host *h)
{
    w->effects.out_of_memory = false;
    trace_note(w, "%s is out of memory", h->label);
    disk_close(w, h);
    process_gone(w, h, NET_GONE_CLOSED);
    memory_enough();
    world_push(w, AGAIN_MS * WORLD_MS, (struct moment){.kind = MOMENT_START, .host = h->index});
}

void host_step(struct world *w, struct host *h, struct event *e)
{
    if (!h->running || world_failed(w))
        return;
    e->now_ms = host_now_ms(w, h);
    e->wall_ms = host_wall_ms(w, h);
    trace_event(w, h, e);
    if (e->kind == EVENT_LINK_UP)
        host_note_met(w, h, e->link_up.identity);
    if (!h->node)
        return;
    event_effects_reset(&w->effects);
    node_step(h->node, e, &w->effects);
    if (w->effects.out_of_memory) {
        begin_again(w, h);
        return;
    }
    for (size_t i = 0; i < w->effects.count && !world_failed(w); i++) {
        trace_effect(w, h, &w->effects.list[i]);
        judge_effect(w, h, &w->effects.list[i]);
        perform(w, h, &w->effects.list[i]);
    }
    for (size_t i = 0; i < w->effects.count; i++)
        if (w->effects.list[i].kind == EFFECT_SEND)
            net_flush(w, h, w->effects.list[i].send.link);
    disk_flush(w, h);
    judge_step(w, h);
    if (h->has_certified) {
        h->has_certified = false;
        host_step(w, h, &h->certified);
        return;
    }
    if (!h->exiting) {
        schedule_tick(w, h);
        return;
    }
    disk_close(w, h);
    trace_note(w, "%s ends with %d", h->label, h->exit_status);
    process_gone(w, h, NET_GONE_CLOSED);
}

static void node_begin(struct world *w, struct host *h)
{
    struct rule fan;
    rule_default_cool(&fan);
    struct node_config config = {
        .self = h->self,
        .seed = rng_next(&w->rng),
        .session_port = host_session_address(h).port,
        .rules = h->options.rules,
        .rule_count = h->options.rule_count,
        .hash = world_hash,
        .encode = record_encode,
        .next = record_next,
        .plain = h->options.plain,
        .retain_ms = h->options.retain_ms,
        .retain_bytes = h->options.retain_bytes,
        .facts = NODE_FACTS_ALL,
    };
    if (!config.rules && h->self.role == ROLE_ACTUATOR) {
        config.rules = &fan;
        config.rule_count = 1;
    }
    h->node = node_new(&config);
    if (!h->node) {
        begin_again(w, h);
        return;
    }
    disk_restore(w, h);
    if (!h->running)
        return; /* out of memory */
    h->epoch = disk_epoch(w, &h->disk, 0);
    judge_started(w, h);
    host_step(w, h, &(struct event){.kind = EVENT_START, .epoch.epoch = h->epoch});
}

void host_start(struct world *w, struct host *h)
{
    if (h->running || world_failed(w))
        return;
    if (!h->powered) {
        h->powered = true;
        h->booted_us = w->now_us;
        h->mono_origin_us = rng_below(&w->rng, 100 * WORLD_S);
    }
    h->running = true;
    h->tick_us = UINT64_MAX;
    h->life++;
    h->link_next = 0;
    h->link_dialled = 0;
    trace_note(w, "%s starts", h->label);
    w->tally[TALLY_STARTS]++;
    if (!h->options.puppet)
        node_begin(w, h);
    net_machine_back(w, h);
    host_source_begin(w, h);
}

void host_on_start(struct world *w, const struct moment *m)
{
    host_start(w, &w->hosts[m->host]);
}

void host_kill(struct world *w, struct host *h)
{
    if (!h->running)
        return;
    trace_note(w, "%s is killed", h->label);
    w->tally[TALLY_KILLS]++;
    disk_crash(w, h);
    process_gone(w, h, NET_GONE_KILLED);
}

void host_power_cut(struct world *w, struct host *h)
{
    if (!h->running)
        return;
    trace_note(w, "%s loses power", h->label);
    w->tally[TALLY_POWER_CUTS]++;
    disk_crash(w, h);
    process_gone(w, h, NET_GONE_POWER);
    h->powered = false;
}

void host_leave(struct world *w, struct host *h)
{
    if (!h->running)
        return;
    w->tally[TALLY_LEAVES]++;
    h->leaving = true;
    host_step(w, h, &(struct event){.kind = EVENT_LEAVE});
}

void host_freeze(struct world *w, struct host *h, uint64_t ms)
{
    trace_note(w, "%s stands still", h->label);
    w->tally[TALLY_FREEZES]++;
    h->frozen_until_us = w->now_us + ms * WORLD_MS;
}

static const struct host *receiver(const struct world *w, const struct moment *m)
{
    switch (m->kind) {
    case MOMENT_TICK:
    case MOMENT_SOURCE:
    case MOMENT_LATER:
    case MOMENT_COMMIT:
    case MOMENT_RETRY:
    case MOMENT_DATAGRAM:
        return &w->hosts[m->host];
    case MOMENT_PIPE:
        return &w->hosts[w->net.conns[m->number / 2]->ends[!(m->number & 1)].host];
    case MOMENT_RESET:
    case MOMENT_TIMEOUT:
        return &w->hosts[w->net.conns[m->number / 2]->ends[m->number & 1].host];
    default:
        return NULL;
    }
}

uint64_t host_thaws_us(const struct world *w, const struct moment *m)
{
    const struct host *h = receiver(w, m);
    return h && h->frozen_until_us > w->now_us ? h->frozen_until_us : w->now_us;
}

void host_put_off(struct world *w, const struct moment *m, uint64_t serial)
{
    struct host *h = &w->hosts[m->host];
    if (m->kind == MOMENT_TICK && m->serial == h->tick_serial) {
        h->tick_serial = serial;
        h->tick_us = h->frozen_until_us;
    }
}

void host_move(struct world *w, struct host *h)
{
    if (!h->running)
        return;
    trace_note(w, "%s has another address", h->label);
    w->tally[TALLY_MOVES]++;
    h->moves++;
    net_moved(w, h);
    host_step(w, h, &(struct event){.kind = EVENT_CHANGED});
}

void host_clone(struct world *w, struct host *twin, const struct host *h)
{
    if (twin->running)
        return;
    trace_note(w, "%s is a copy of %s", twin->label, h->label);
    w->tally[TALLY_CLONES]++;
    disk_copy(&twin->disk, &h->disk);
    judge_forget_states(twin, true);
    host_start(w, twin);
}

void host_backup(struct host *h)
{
    disk_copy(&h->backup, &h->disk);
    h->has_backup = true;
}

void host_backup_back(struct world *w, struct host *h)
{
    if (h->running || !h->has_backup)
        return;
    trace_note(w, "%s gets its backup back", h->label);
    w->tally[TALLY_BACKUPS_BACK]++;
    disk_copy(&h->disk, &h->backup);
    judge_forget_states(h, true);
    w->judge.rolled_back = true;
}

void host_disk_gone(struct world *w, struct host *h)
{
    if (h->running)
        return;
    trace_note(w, "%s gets an empty disk", h->label);
    disk_fini(&h->disk);
    h->disk.latency_min_us = w->disk_min_us;
    h->disk.latency_max_us = w->disk_max_us;
    judge_forget_states(h, true);
    w->judge.rolled_back = true;
}
