#include "person.h"

#include "base/number.h"
#include "wire/record.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAIT_MS = 3000 };

void person_fini(struct world *w)
{
    free(w->people.commands);
}

void person_want(struct world *w, struct host *controller, const char *topic, const char *value,
                 uint64_t for_ms)
{
    struct event e = {.kind = EVENT_WANT,
                      .want = {.id = w->tally[TALLY_WANTS],
                               .topic = span_of(topic),
                               .value = value_text(span_of(value)),
                               .for_ms = for_ms,
                               .wait_ms = WAIT_MS}};
    w->tally[TALLY_WANTS]++;
    host_step(w, controller, &e);
}

/* Clocks run 5 % slow or fast, the sender's and the target's. */
uint32_t person_number(struct world *w, uint64_t within_ms)
{
    struct people *p = &w->people;
    if (p->count == p->capacity) {
        p->capacity = p->capacity > 0 ? 2 * p->capacity : 16;
        p->commands = realloc(p->commands, p->capacity * sizeof *p->commands);
        check(p->commands);
    }
    p->commands[p->count] = (struct person_command){
        .latest_us = w->now_us + within_ms * WORLD_MS * 1112 / 1000 + 2 * WORLD_MS};
    w->tally[TALLY_COMMANDS]++;
    return p->count++;
}

void person_value(char out[16], uint32_t number)
{
    snprintf(out, 16, "c%u", (unsigned)number);
}

uint32_t person_command(struct world *w, struct host *controller, const char *topic,
                        uint64_t within_ms)
{
    char value[16];
    uint32_t number = person_number(w, within_ms);
    person_value(value, number);
    struct event e = {.kind = EVENT_COMMAND,
                      .command = {.id = number,
                                  .topic = span_of(topic),
                                  .value = value_text(span_of(value)),
                                  .within_ms = within_ms}};
    host_step(w, controller, &e);
    return number;
}

static struct person_command *command_of(struct world *w, struct span value)
{
    double number;
    check(value.size > 1 && value.bytes[0] == 'c');
    check(number_parse((struct span){value.bytes + 1, value.size - 1}, &number) == ERR_OK);
    check(number < w->people.count);
    return &w->people.commands[(size_t)number];
}

static bool start_is_on_disk(const struct host *h, struct span property)
{
    for (size_t i = 0; i < h->property_count; i++) {
        const struct host_property *p = &h->properties[i];
        const struct host_state *last = p->count > 0 ? &p->states[p->count - 1] : NULL;
        if (!span_is(property, p->name) || !last || strcmp(last->value, "started") != 0)
            continue;
        struct log_id id = {.key = h->self.key, .epoch = last->epoch};
        memcpy(id.device, h->self.device, sizeof id.device);
        const struct disk_log *l = disk_log(&h->disk, &id);
        return l && l->last >= last->seq;
    }
    return false;
}

void person_perform(struct world *w, struct host *h, const struct effect *e)
{
    struct span value = e->command.value;
    struct person_command *c = command_of(w, value);
    struct event done = {.kind = EVENT_COMMANDED, .commanded.serial = e->command.serial};
    w->tally[TALLY_PERFORMED]++;
    if (++c->done > 1)
        world_fail(w, "%s carries out %.*s twice", h->label, (int)value.size, value.bytes);
    if (c->never)
        world_fail(w, "%s carries out %.*s, whose sender was told that it never will", h->label,
                   (int)value.size, value.bytes);
    if (w->now_us > c->latest_us)
        world_fail(w, "%s carries out %.*s late", h->label, (int)value.size, value.bytes);
    if (!start_is_on_disk(h, e->command.property))
        world_fail(w, "%s carries out %.*s before its start is on disk", h->label, (int)value.size,
                   value.bytes);
    host_later(w, h, world_between(w, w->people.work_min_us, w->people.work_max_us), &done,
               (struct span){0});
}

void person_told(struct world *w, const struct host *h, const struct fact *f)
{
    if (f->property.size > 0 || f->id >= w->people.count)
        return; /* a rule's, or asked by no person here */
    struct person_command *c = &w->people.commands[f->id];
    bool never = f->outcome == FACT_OUTCOME_REFUSED || f->outcome == FACT_OUTCOME_EXPIRED;
    c->never = c->never || never;
    if (f->outcome == FACT_OUTCOME_UNKNOWN)
        w->tally[TALLY_UNKNOWN]++;
    if (f->outcome == FACT_OUTCOME_DONE && c->done == 0)
        world_fail(w, "%s is told that c%llu is done, which it is not", h->label,
                   (unsigned long long)f->id);
    if (never && c->done > 0)
        world_fail(w, "%s is told that c%llu is not done, which it is", h->label,
                   (unsigned long long)f->id);
}

void person_begin(struct world *w, uint32_t mean_ms)
{
    w->people = (struct people){.work_max_us = 300000, .mean_ms = mean_ms};
    world_push(w, mean_ms * WORLD_MS, (struct moment){.kind = MOMENT_PERSON});
}

/* Somebody of that role who is up; NULL: not found at once. */
static struct host *anybody(struct world *w, enum role role)
{
    for (int tries = 0; tries < 10; tries++) {
        struct host *h = &w->hosts[rng_below(&w->rng, w->host_count)];
        if (h->self.role == role && h->running && h->node && !h->leaving)
            return h;
    }
    return NULL;
}

void person_on_moment(struct world *w, const struct moment *m)
{
    static const char *const values[] = {"on", "off", "auto"};
    struct host *at = anybody(w, ROLE_CONTROLLER), *target = anybody(w, ROLE_ACTUATOR);
    char topic[LIMIT_TOPIC];
    (void)m;
    if (w->hosts[0].source_stopped)
        return;
    world_push(w, world_between(w, 1, 2 * w->people.mean_ms) * WORLD_MS,
               (struct moment){.kind = MOMENT_PERSON});
    if (!at || !target)
        return;
    if (rng_below(&w->rng, 2) == 0) {
        snprintf(topic, sizeof topic, "%s/beep", target->self.device);
        person_command(w, at, topic, world_between(w, 1, 3000));
        return;
    }
    snprintf(topic, sizeof topic, "%s/%s", target->self.device,
             rng_below(&w->rng, 2) == 0 ? "fan" : "lamp");
    person_want(w, at, topic, values[rng_below(&w->rng, COUNT_OF(values))],
                rng_below(&w->rng, 3) == 0 ? world_between(w, 1, 10000) : 0);
}

static bool read_topic(const struct host *h, const char *topic, struct record *r, char *memory)
{
    const char *cause;
    struct span bytes = node_topic(h->node, span_of(topic));
    return bytes.size > 0 && record_decode(bytes, r, memory, &cause) == ERR_OK;
}

static void final_property(struct world *w, const struct host *h, const char *property)
{
    char topic[LIMIT_TOPIC + 1], memory[LIMIT_VALUE_TEXT], other[LIMIT_VALUE_TEXT];
    struct record wanted, is;
    snprintf(topic, sizeof topic, "%s/%s/set", h->self.device, property);
    if (!read_topic(h, topic, &wanted, memory) || wanted.for_ms > 0 ||
        span_is(wanted.value.text, "auto"))
        return;
    snprintf(topic, sizeof topic, "%s/%s", h->self.device, property);
    w->tally[TALLY_WANTS_KEPT]++;
    if (!read_topic(h, topic, &is, other) || !value_equal(&wanted.value, &is.value))
        world_fail(w, "%s ends with %s not as it is wanted", h->label, property);
}

void person_final(struct world *w)
{
    for (size_t i = 0; i < w->host_count; i++) {
        const struct host *h = &w->hosts[i];
        if (h->self.role != ROLE_ACTUATOR || !h->running || !h->node)
            continue;
        final_property(w, h, "fan");
        final_property(w, h, "lamp");
    }
}
