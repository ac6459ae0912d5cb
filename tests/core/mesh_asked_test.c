#include "core/mesh.h"

#include "core/members.h"
#include "core/rig.h"

#include <stdio.h>

enum { US = 1048577, THEM = 2097153, LINK = 2, PORT = 1000, ALL = 2 * LIMIT_MESH };

static void call_some(struct rig *r, uint64_t counter, unsigned count)
{
    char device[LIMIT_NAME + 1];
    for (unsigned i = 0; i < count; i++) {
        snprintf(device, sizeof device, "actuator%u", i);
        rig_hello(r, device, THEM, counter, (uint16_t)(PORT + i));
    }
}

/* Enough for a ring. */
static void call_all(struct rig *r, uint64_t counter)
{
    call_some(r, counter, ALL);
}

static struct member *member(const struct rig *r, unsigned i)
{
    char device[LIMIT_NAME + 1];
    snprintf(device, sizeof device, "actuator%u", i);
    return members_find(r->n, span_of(device));
}

/* One that is met, and not chosen; then neither side needs the session, and it ends. */
static struct member *spared(struct rig *r)
{
    unsigned i = 0;
    while (mesh_needs(r->n, member(r, i)))
        i++;
    rig_meet(r, LINK, member(r, i)->device, ROLE_ACTUATOR, THEM);
    rig_wait(r, 2 * TIME_MESH_MS);
    struct message spare = {.kind = MESSAGE_KEEP, .keep = {.keep = false}};
    rig_message(r, LINK, &spare);
    for (unsigned ms = 0; ms < 2 * TIME_SPARE_MS; ms += 500) {
        rig_wait(r, 500);
        if (member(r, i)->session != NULL)
            rig_message(r, LINK, &(struct message){.kind = MESSAGE_BEAT});
    }
    assert_null(member(r, i)->session);
    return member(r, i);
}

static void ask(struct rig *r, const struct member *m)
{
    char topic[LIMIT_TOPIC + 1];
    snprintf(topic, sizeof topic, "%s/beep", m->device);
    struct event e = {.kind = EVENT_COMMAND,
                      .command = {.id = 1, .topic = span_of(topic), .within_ms = 2000}};
    rig_step(r, &e);
}

static bool is_dialled(const struct member *m)
{
    return m->dialer.link != 0;
}

static void begin(struct rig *r)
{
    rig_start(r, US);
    node_facts(r->n, UINT64_MAX);
    call_all(r, 1);
    rig_wait(r, 2 * TIME_MESH_MS);
    assert_true(r->n->ring);
}

static void who_is_asked_for_something_is_dialled_in_a_ring(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct member *m = spared(r);
    call_all(r, 2);
    rig_wait(r, 1);
    assert_false(is_dialled(m));
    ask(r, m);
    assert_int_equal(rig_fact_count(r, FACT_COMMANDED), 0); /* not refused */
    rig_wait(r, TIME_DIAL_EVERY_MS);
    assert_true(is_dialled(m));
}

static void what_was_asked_in_vain_ends_with_its_time(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct member *m = spared(r);
    call_all(r, 2);
    ask(r, m);
    rig_wait(r, 1999);
    assert_true(mesh_needs(r->n, m));
    rig_wait(r, 1);
    assert_int_equal(rig_fact(r, FACT_COMMANDED)->outcome, FACT_OUTCOME_EXPIRED);
    rig_wait(r, TIME_HELLO_MS);
    assert_false(mesh_needs(r->n, m));
}

static void a_command_for_one_that_does_not_call_is_refused_in_a_ring(void **state)
{
    struct rig *r = *state;
    begin(r);
    struct member *m = spared(r);
    rig_wait(r, (uint64_t)(LIMIT_CALLS_GONE + 1) * 2 * TIME_HELLO_SHARE_MS * 2 * LIMIT_MESH);
    ask(r, m);
    assert_int_equal(rig_fact(r, FACT_COMMANDED)->outcome, FACT_OUTCOME_REFUSED);
}

static bool is_chosen_as(const struct rig *r, const bool chosen[])
{
    for (unsigned i = 0; i < ALL; i++)
        if (mesh_needs(r->n, member(r, i)) != chosen[i])
            return false;
    return true;
}

static void who_calls_again_behind_a_cut_is_chosen_at_once(void **state)
{
    struct rig *r = *state;
    bool chosen[ALL];
    begin(r);
    for (unsigned i = 0; i < ALL; i++)
        chosen[i] = mesh_needs(r->n, member(r, i));
    for (uint64_t counter = 2; counter < 30; counter++) { /* a third is cut off */
        call_some(r, counter, 2 * ALL / 3);
        rig_wait(r, TIME_HELLO_MS);
    }
    assert_true(r->n->ring);
    assert_false(is_chosen_as(r, chosen));
    r->n->mesh_at_ms = r->now_ms + TIME_HELLO_MS; /* it was looked at just now */
    call_some(r, 30, ALL);
    rig_wait(r, 2 * TIME_MESH_MS);
    assert_true(is_chosen_as(r, chosen));
}

#define CONTROLLER(test) cmocka_unit_test_setup_teardown(test, rig_setup_controller, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTROLLER(who_is_asked_for_something_is_dialled_in_a_ring),
        CONTROLLER(what_was_asked_in_vain_ends_with_its_time),
        CONTROLLER(a_command_for_one_that_does_not_call_is_refused_in_a_ring),
        CONTROLLER(who_calls_again_behind_a_cut_is_chosen_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
