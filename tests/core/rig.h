#ifndef TESTS_CORE_RIG_H
#define TESTS_CORE_RIG_H

#include "core/cm.h"
#include "core/node_state.h"

/* One node under test, stepped by hand: each call is one event, and the effects of the last one can
 * be looked at. */
struct rig {
    struct node *n;
    struct effects fx;
    uint64_t now_ms, wall_ms;
    char text[LIMIT_LINE_RECORDS][128]; /* records of the last rig_update() */
    struct record records[LIMIT_LINE_RECORDS];
};

/* Adds what cmocka wants for fixtures: *state is the rig. */
int rig_setup_actuator(void **state);   /* "actuator1", with the built-in rule */
int rig_setup_sensor(void **state);     /* "sensor5" */
int rig_setup_controller(void **state); /* "controller1" */
int rig_setup_rules(void **state, const char *device, enum role role, const struct rule *rules,
                    size_t count);
int rig_teardown(void **state);

void rig_step(struct rig *r, struct event *e);
void rig_start(struct rig *r, uint64_t epoch);
/* Time goes on; TICKs come when they are due. The effects of all of them can be looked at. */
void rig_wait(struct rig *r, uint64_t ms);
void rig_hello(struct rig *r, const char *device, uint64_t epoch, uint64_t counter, uint16_t port);
void rig_link_up(struct rig *r, uint64_t link, const char *device, uint8_t key, enum role role);
void rig_link_down(struct rig *r, uint64_t link);
void rig_message(struct rig *r, uint64_t link, const struct message *m);
/* Its hello on the link, with an empty list behind it. */
void rig_greet(struct rig *r, uint64_t link, const char *device, enum role role, uint64_t epoch);
/* An open session with it on link 2, 4, ... */
void rig_meet(struct rig *r, uint64_t link, const char *device, enum role role, uint64_t epoch);
/* Its records first..last, temperatures of that value. */
void rig_update(struct rig *r, uint64_t link, const char *device, uint64_t epoch, uint64_t first,
                uint64_t last, double value);
/* One record of its, as it stands here but for its bytes. */
void rig_record(struct rig *r, uint64_t link, const struct record *record);
/* Before rig_start(): a record of anybody's comes back from disk. */
void rig_restore(struct rig *r, const struct record *record);
void rig_seal(struct rig *r, uint64_t link, uint64_t epoch, uint64_t seq);
void rig_measure(struct rig *r, size_t count);
/* Everything ordered so far is on disk. */
void rig_stored(struct rig *r);
void rig_event(struct rig *r, enum event_kind kind);
/* It is proven that this device's key has signed two contents. */
void rig_fork(struct rig *r, const char *device);

/* The effects of the last event. */
size_t rig_count(const struct rig *r, enum effect_kind kind);
const struct effect *rig_effect(const struct rig *r, enum effect_kind kind); /* the last; fails the
                                                                                test when there is
                                                                                none */
size_t rig_sent_count(const struct rig *r, enum message_kind kind);
const struct message *rig_sent(const struct rig *r, enum message_kind kind); /* the last */
size_t rig_fact_count(const struct rig *r, enum fact_kind kind);
const struct fact *rig_fact(const struct rig *r, enum fact_kind kind);

struct log_id rig_log(const char *device, uint64_t epoch);

#endif
