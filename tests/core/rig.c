#include "core/rig.h"

#include "core/fork.h"

#include <stdio.h>
#include <stdlib.h>

static void mix(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < sizeof before->bytes; i++)
        sum = (sum ^ before->bytes[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < bytes.size; i++)
        sum = (sum ^ (uint8_t)bytes.bytes[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        sum *= UINT64_C(0x100000001b3);
        out->bytes[i] = (uint8_t)(sum >> 32);
    }
}

/* "{sensor5 10 3}"; a checkpoint's part holds the texts of others: "{sensor5 10 4 1/2 [...]}". */
static size_t encode(const struct record *r, char *out, size_t capacity)
{
    int size = snprintf(out, capacity, "{%.*s %llu %llu", (int)r->device.size, r->device.bytes,
                        (unsigned long long)r->epoch, (unsigned long long)r->seq);
    size_t left = capacity - (size_t)size;
    int rest = r->kept.size > 0 ? snprintf(out + size, left, " %u/%u [%.*s]}", r->part, r->of,
                                           (int)r->kept.size, r->kept.bytes)
                                : snprintf(out + size, left, "}");
    return (size_t)rest < left ? (size_t)(size + rest) : 0;
}

/* "{sensor1 20 1}", or with its time behind; what is not said is a warm reading of just now. */
static bool next(struct span run, size_t *at, struct record *r, char *memory, const char **cause)
{
    (void)memory;
    unsigned long long epoch, seq, ts = 1760000000000;
    char device[LIMIT_NAME + 1], text[128] = "";
    size_t begin = *at + (*at > 0), end = begin;
    while (end < run.size && run.bytes[end] != '}')
        end++;
    *cause = NULL;
    if (*at >= run.size)
        return false;
    *cause = "not a record";
    if (begin >= run.size || end == run.size || (*at > 0 && run.bytes[*at] != ','))
        return false;
    memcpy(text, run.bytes + begin, end - begin < sizeof text ? end - begin : sizeof text - 1);
    if (sscanf(text, "{%63s %llu %llu %llu", device, &epoch, &seq, &ts) < 3)
        return false;
    *r = (struct record){.bytes = {run.bytes + begin, end + 1 - begin},
                         .device = {run.bytes + begin + 1, strlen(device)},
                         .type = SPAN("temperature"),
                         .epoch = epoch,
                         .seq = seq,
                         .ts = ts,
                         .value = value_number(26)};
    *at = end + 1;
    return true;
}

static struct key_id key_of(const char *device, uint8_t key)
{
    struct key_id id = {{key}};
    for (size_t i = 0; device[i] != '\0' && i + 1 < sizeof id.bytes; i++)
        id.bytes[i + 1] = (uint8_t)device[i];
    return id;
}

int rig_setup_rules(void **state, const char *device, enum role role, const struct rule *rules,
                    size_t count)
{
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    struct node_config config = {.self = {.role = role, .key = key_of(device, 0)},
                                 .seed = 7,
                                 .session_port = 47000,
                                 .rules = rules,
                                 .rule_count = count,
                                 .hash = mix,
                                 .encode = encode,
                                 .next = next,
                                 .facts = NODE_FACTS_ALL};
    ident_name_copy(config.self.device, span_of(device));
    event_effects_init(&r->fx);
    r->n = node_new(&config);
    assert_non_null(r->n);
    r->now_ms = 5000;
    r->wall_ms = 1760000000000;
    *state = r;
    return 0;
}

static int setup(void **state, const char *device, enum role role)
{
    struct rule fan;
    rule_default_cool(&fan);
    return rig_setup_rules(state, device, role, &fan, role == ROLE_ACTUATOR);
}

int rig_setup_actuator(void **state)
{
    return setup(state, "actuator1", ROLE_ACTUATOR);
}

int rig_setup_sensor(void **state)
{
    return setup(state, "sensor5", ROLE_SENSOR);
}

int rig_setup_controller(void **state)
{
    return setup(state, "controller1", ROLE_CONTROLLER);
}

int rig_teardown(void **state)
{
    struct rig *r = *state;
    node_free(r->n);
    event_effects_fini(&r->fx);
    free(r);
    return 0;
}

static void step(struct rig *r, struct event *e)
{
    e->now_ms = r->now_ms;
    e->wall_ms = r->wall_ms;
    node_step(r->n, e, &r->fx);
    assert_false(r->fx.out_of_memory);
}

void rig_step(struct rig *r, struct event *e)
{
    event_effects_reset(&r->fx);
    step(r, e);
}

void rig_fork(struct rig *r, const char *device)
{
    struct proof proof = {.id = rig_log(device, 1)};
    event_effects_reset(&r->fx);
    r->n->fx = &r->fx;
    fork_prove(r->n, &proof);
    step(r, &(struct event){.kind = EVENT_TICK});
}

void rig_event(struct rig *r, enum event_kind kind)
{
    rig_step(r, &(struct event){.kind = kind});
}

void rig_start(struct rig *r, uint64_t epoch)
{
    rig_step(r, &(struct event){.kind = EVENT_START, .epoch.epoch = epoch});
}

void rig_wait(struct rig *r, uint64_t ms)
{
    uint64_t until = r->now_ms + ms;
    event_effects_reset(&r->fx);
    while (node_deadline(r->n) <= until) {
        uint64_t due = node_deadline(r->n);
        r->wall_ms += due > r->now_ms ? due - r->now_ms : 0;
        r->now_ms = due > r->now_ms ? due : r->now_ms;
        step(r, &(struct event){.kind = EVENT_TICK});
    }
    r->wall_ms += until - r->now_ms;
    r->now_ms = until;
}

void rig_hello(struct rig *r, const char *device, uint64_t epoch, uint64_t counter, uint16_t port)
{
    struct hello hello = {.kind = HELLO_CALL,
                          .session_port = port,
                          .epoch = epoch,
                          .counter = counter};
    ident_name_copy(hello.device, span_of(device));
    struct event e = {.kind = EVENT_HELLO, .hello = {&hello, {0x0a000002, 999}}};
    rig_step(r, &e);
}

void rig_link_up(struct rig *r, uint64_t link, const char *device, uint8_t key, enum role role)
{
    struct identity identity = {.role = role, .key = key_of(device, key)};
    ident_name_copy(identity.device, span_of(device));
    struct event e = {.kind = EVENT_LINK_UP, .link_up = {link, &identity, {0x0a000002, 40000}}};
    rig_step(r, &e);
}

void rig_link_down(struct rig *r, uint64_t link)
{
    struct event e = {.kind = EVENT_LINK_DOWN, .link_down = {link, SPAN("connection reset"), true}};
    rig_step(r, &e);
}

void rig_message(struct rig *r, uint64_t link, const struct message *m)
{
    struct event e = {.kind = EVENT_MESSAGE, .message = {link, m}};
    rig_step(r, &e);
}

void rig_greet(struct rig *r, uint64_t link, const char *device, enum role role, uint64_t epoch)
{
    struct message hello = {.kind = MESSAGE_HELLO,
                            .hello = {.version = 1,
                                      .device = span_of(device),
                                      .role = role,
                                      .epoch = epoch,
                                      .time_ms = r->wall_ms,
                                      .wants = {true, true, true, true}}};
    event_effects_reset(&r->fx);
    step(r, &(struct event){.kind = EVENT_MESSAGE, .message = {link, &hello}});
}

void rig_meet(struct rig *r, uint64_t link, const char *device, enum role role, uint64_t epoch)
{
    rig_link_up(r, link, device, 0, role);
    rig_greet(r, link, device, role, epoch);
    rig_message(r, link, &(struct message){.kind = MESSAGE_HAVE});
}

void rig_update(struct rig *r, uint64_t link, const char *device, uint64_t epoch, uint64_t first,
                uint64_t last, double value)
{
    for (size_t i = 0; i <= last - first; i++) {
        uint64_t seq = first + i;
        int size = snprintf(r->text[i], sizeof r->text[i], "{%s %llu %llu}", device,
                            (unsigned long long)epoch, (unsigned long long)seq);
        r->records[i] = (struct record){.bytes = {r->text[i], (size_t)size},
                                        .device = span_of(device),
                                        .type = SPAN("temperature"),
                                        .epoch = epoch,
                                        .seq = seq,
                                        .ts = r->wall_ms,
                                        .value = value_number(value)};
    }
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.log = {.epoch = epoch},
                                   .records = r->records,
                                   .count = (size_t)(last - first + 1)}};
    rig_message(r, link, &m);
}

static void name_bytes(struct rig *r, const struct record *record)
{
    r->records[0] = *record;
    r->records[0].bytes = (struct span){r->text[0], encode(record, r->text[0], sizeof r->text[0])};
}

void rig_record(struct rig *r, uint64_t link, const struct record *record)
{
    name_bytes(r, record);
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.log = {.epoch = record->epoch},
                                   .records = r->records,
                                   .count = 1}};
    rig_message(r, link, &m);
}

void rig_restore(struct rig *r, const struct record *record)
{
    char device[LIMIT_NAME + 1];
    name_bytes(r, record);
    ident_name_copy(device, record->device);
    struct event e = {.kind = EVENT_RESTORE_TOPIC,
                      .restore_record = {rig_log(device, record->epoch), &r->records[0]}};
    rig_step(r, &e);
}

void rig_seal(struct rig *r, uint64_t link, uint64_t epoch, uint64_t seq)
{
    struct message m = {.kind = MESSAGE_SEAL,
                        .seal = {.log = {.epoch = epoch}, .seq = seq, .signature_size = 8}};
    rig_message(r, link, &m);
}

void rig_measure(struct rig *r, size_t count)
{
    struct reading readings[64];
    assert_in_range(count, 1, COUNT_OF(readings));
    for (size_t i = 0; i < count; i++)
        readings[i] = (struct reading){.type = SPAN("temperature"), .value = value_number(24.8)};
    rig_step(r, &(struct event){.kind = EVENT_READING, .reading = {readings, count}});
}

void rig_stored(struct rig *r)
{
    rig_step(r, &(struct event){.kind = EVENT_STORED, .stored.ticket = r->n->ticket});
}

/* Looking. */

size_t rig_count(const struct rig *r, enum effect_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < r->fx.count; i++)
        count += r->fx.list[i].kind == kind;
    return count;
}

const struct effect *rig_effect(const struct rig *r, enum effect_kind kind)
{
    for (size_t i = r->fx.count; i-- > 0;)
        if (r->fx.list[i].kind == kind)
            return &r->fx.list[i];
    fail_msg("no effect %d", (int)kind);
    return NULL;
}

static const struct message *message_at(const struct rig *r, size_t i, enum message_kind kind)
{
    const struct effect *e = &r->fx.list[i];
    return e->kind == EFFECT_SEND && e->send.message.kind == kind ? &e->send.message : NULL;
}

size_t rig_sent_count(const struct rig *r, enum message_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < r->fx.count; i++)
        count += message_at(r, i, kind) != NULL;
    return count;
}

const struct message *rig_sent(const struct rig *r, enum message_kind kind)
{
    for (size_t i = r->fx.count; i-- > 0;)
        if (message_at(r, i, kind) != NULL)
            return message_at(r, i, kind);
    fail_msg("no message %d", (int)kind);
    return NULL;
}

static const struct fact *fact_at(const struct rig *r, size_t i, enum fact_kind kind)
{
    const struct effect *e = &r->fx.list[i];
    return e->kind == EFFECT_PUBLISH && e->fact.kind == kind ? &e->fact : NULL;
}

size_t rig_fact_count(const struct rig *r, enum fact_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < r->fx.count; i++)
        count += fact_at(r, i, kind) != NULL;
    return count;
}

const struct fact *rig_fact(const struct rig *r, enum fact_kind kind)
{
    for (size_t i = r->fx.count; i-- > 0;)
        if (fact_at(r, i, kind) != NULL)
            return fact_at(r, i, kind);
    fail_msg("no fact %d", (int)kind);
    return NULL;
}

struct log_id rig_log(const char *device, uint64_t epoch)
{
    struct log_id id = {.key = key_of(device, 0), .epoch = epoch};
    ident_name_copy(id.device, span_of(device));
    return id;
}
