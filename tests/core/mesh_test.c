#include "core/mesh.h"

#include "core/members.h"
#include "core/rig.h"

#include <stdio.h>
#include <stdlib.h>

static int setup_observer(void **state)
{
    return rig_setup_rules(state, "observer0", ROLE_OBSERVER, NULL, 0);
}

static int setup_watcher(void **state)
{
    static struct rule rule;
    rule_default_cool(&rule);
    ident_name_copy(rule.conditions[0].device, SPAN("controller7"));
    return rig_setup_rules(state, "observer0", ROLE_OBSERVER, &rule, 1);
}

/* Calls of `count` controllers, and whoever is chosen by then. */
static void hear(struct rig *r, size_t count)
{
    char name[32];
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "controller%zu", i + 1);
        rig_hello(r, name, 5, r->now_ms, 40000);
    }
    rig_wait(r, 2 * TIME_MESH_MS);
}

static size_t needed(const struct rig *r)
{
    const struct member *m;
    size_t at = 0, count = 0;
    while ((m = table_next(&r->n->members, &at)) != NULL)
        count += mesh_needs(r->n, m);
    return count;
}

/* How many of those that are there stand between us and m, the nearer way round. */
static size_t between(const struct rig *r, const struct member *m)
{
    const struct member *other;
    size_t at = 0, before = 0, all = 0;
    while ((other = table_next(&r->n->members, &at)) != NULL) {
        all++;
        before += other->place - r->n->own.place < m->place - r->n->own.place;
    }
    return before < all - 1 - before ? before : all - 1 - before;
}

static void thirty_two_peers_are_a_mesh_and_one_more_makes_a_ring(void **state)
{
    struct rig *r = *state;
    rig_start(r, 9);
    hear(r, LIMIT_MESH - 1);
    assert_int_equal(needed(r), LIMIT_MESH - 1);
    hear(r, LIMIT_MESH);
    assert_true(r->n->ring);
    assert_int_equal(needed(r), 2 * LIMIT_MESH_SIDE + LIMIT_MESH_FAR);
}

static void the_nearest_on_each_side_are_needed(void **state)
{
    struct rig *r = *state;
    const struct member *m;
    size_t at = 0, near = 0;
    rig_start(r, 9);
    hear(r, 50);
    while ((m = table_next(&r->n->members, &at)) != NULL) {
        if (between(r, m) >= LIMIT_MESH_SIDE)
            continue;
        near++;
        assert_true(mesh_needs(r->n, m));
    }
    assert_int_equal(near, 2 * LIMIT_MESH_SIDE);
}

static void a_ring_is_a_mesh_again_with_a_quarter_less_for_five_minutes(void **state)
{
    struct rig *r = *state;
    struct member *m;
    size_t at = 0, gone = 0, there = 3 * LIMIT_MESH / 4;
    rig_start(r, 9);
    hear(r, LIMIT_MESH);
    while ((m = table_next(&r->n->members, &at)) != NULL && gone < LIMIT_MESH - there) {
        m->left = true;
        gone++;
    }
    mesh_due(r->n);
    rig_wait(r, 2 * TIME_MESH_MS);
    assert_true(r->n->ring); /* there are we, too */
    at = 0;
    while ((m = table_next(&r->n->members, &at)) != NULL && m->left)
        continue;
    m->left = true;
    mesh_due(r->n);
    rig_wait(r, 2 * TIME_MESH_MS);
    assert_true(r->n->ring); /* most cuts are over before */
    r->n->ring_ms = r->n->now_ms - TIME_MESH_AGAIN_MS;
    mesh_due(r->n);
    rig_wait(r, 2 * TIME_MESH_MS);
    assert_false(r->n->ring);
}

static void a_large_network_that_is_known_from_before_is_a_ring_at_once(void **state)
{
    struct rig *r = *state;
    for (uint64_t i = 1; i <= LIMIT_MESH + 1; i++) {
        char name[32];
        snprintf(name, sizeof name, "controller%llu", (unsigned long long)i);
        struct event e = {.kind = EVENT_RESTORE_PEER,
                          .restore_peer = {span_of(name), {0x0a000100 + (uint32_t)i, 5000}}};
        rig_step(r, &e);
    }
    rig_start(r, 9);
    assert_true(r->n->ring);
    assert_int_equal(needed(r), 0); /* who is there is not known yet */
}

static void a_leaf_keeps_two(void **state)
{
    struct rig *r = *state;
    rig_start(r, 9);
    hear(r, 40);
    assert_int_equal(needed(r), LIMIT_MESH_LEAF);
}

static void what_a_rule_names_is_needed(void **state)
{
    struct rig *r = *state;
    rig_start(r, 9);
    hear(r, 60);
    assert_true(mesh_needs(r->n, members_find(r->n, SPAN("controller7"))));
}

/* Somebody whom the ring does not need. */
static const char *spare(struct rig *r)
{
    struct member *m;
    size_t at = 0;
    while ((m = table_next(&r->n->members, &at)) != NULL && mesh_needs(r->n, m))
        continue;
    assert_non_null(m);
    return m->device;
}

static const struct session *session(const struct rig *r)
{
    for (size_t i = 0; i < r->n->session_count; i++)
        if (r->n->sessions[i]->link == 2)
            return r->n->sessions[i];
    return NULL;
}

static void tell(struct rig *r, bool keep)
{
    struct message m = {.kind = MESSAGE_KEEP, .keep = {.keep = keep}};
    rig_message(r, 2, &m);
}

static void a_session_that_neither_needs_ends_and_is_no_loss(void **state)
{
    struct rig *r = *state;
    rig_start(r, 9);
    hear(r, 40);
    rig_meet(r, 2, spare(r), ROLE_CONTROLLER, 5);
    assert_false(session(r)->it_spares);
    assert_true(session(r)->we_spare);
    tell(r, false);
    for (int i = 0; i < 5 && session(r) != NULL; i++) {
        rig_message(r, 2, &(struct message){.kind = MESSAGE_PING});
        rig_wait(r, TIME_SPARE_MS / 2);
        assert_int_equal(rig_fact_count(r, FACT_LOST), 0);
    }
    assert_null(session(r));
}

static void a_session_that_the_other_needs_stays(void **state)
{
    struct rig *r = *state;
    rig_start(r, 9);
    hear(r, 40);
    rig_meet(r, 2, spare(r), ROLE_CONTROLLER, 5);
    tell(r, false);
    tell(r, true);
    for (int i = 0; i < 10; i++) {
        rig_message(r, 2, &(struct message){.kind = MESSAGE_PING});
        rig_wait(r, TIME_SPARE_MS / 2);
    }
    assert_non_null(session(r));
}

static void the_other_side_may_end_what_we_could_do_without(void **state)
{
    struct rig *r = *state;
    struct message m = {.kind = MESSAGE_ERROR, .end = {SPAN("neither side needs this session")}};
    rig_start(r, 9);
    hear(r, 40);
    rig_meet(r, 2, spare(r), ROLE_CONTROLLER, 5);
    rig_message(r, 2, &m);
    assert_null(session(r));
    assert_int_equal(rig_fact_count(r, FACT_LOST), 0);
}

/* Each is to be dialled 300 ms after its call; by then there are too many. */
static void whom_the_ring_can_do_without_is_not_dialled_any_more(void **state)
{
    struct rig *r = *state;
    rig_start(r, 9);
    hear(r, 40);
    rig_wait(r, 2 * TIME_DIAL_POLITE_MS);
    assert_int_equal(rig_count(r, EFFECT_DIAL), needed(r));
    assert_int_equal(needed(r), 2 * LIMIT_MESH_SIDE + LIMIT_MESH_FAR);
}

static void who_is_not_needed_is_neither_answered_nor_dialled(void **state)
{
    struct rig *r = *state;
    char name[32];
    rig_start(r, 9);
    hear(r, 40);
    for (size_t i = 41; i < 60; i++) {
        snprintf(name, sizeof name, "controller%zu", i);
        rig_hello(r, name, 5, r->now_ms, 40000);
        assert_int_equal(rig_count(r, EFFECT_HELLO), 0);
        rig_wait(r, 2 * TIME_MESH_MS + 2 * TIME_DIAL_POLITE_MS);
        const struct member *m = members_find(r->n, span_of(name));
        assert_int_equal(m->dialer.link != 0, mesh_needs(r->n, m));
    }
}

/* Controllers 101 to 140 are there, says somebody. */
static void hear_names(struct rig *r, uint64_t link)
{
    char name[32];
    for (size_t i = 101; i <= 140; i++) {
        snprintf(name, sizeof name, "controller%zu", i);
        struct message_word word = {.device = span_of(name), .epoch = 5, .is = MESSAGE_ONLINE};
        rig_message(r, link,
                    &(struct message){.kind = MESSAGE_PRESENCE,
                                      .presence = {.words = &word, .count = 1}});
    }
    rig_wait(r, 2 * TIME_MESH_MS + 100 * TIME_MESH_EACH_MS);
}

static void names_that_are_only_told_make_no_ring(void **state)
{
    struct rig *r = *state;
    rig_start(r, 9);
    hear(r, 10);
    rig_meet(r, 2, "controller1", ROLE_CONTROLLER, 5);
    hear_names(r, 2);
    assert_int_equal(r->n->members.count, 50);
    assert_false(r->n->ring);
}

static void names_that_are_only_told_take_no_seat_in_a_ring(void **state)
{
    struct rig *r = *state;
    const struct member *m;
    size_t at = 0;
    rig_start(r, 9);
    hear(r, 40);
    rig_meet(r, 2, "controller1", ROLE_CONTROLLER, 5);
    hear_names(r, 2);
    assert_int_equal(r->n->members.count, 80);
    assert_int_equal(needed(r), 2 * LIMIT_MESH_SIDE + LIMIT_MESH_FAR);
    while ((m = table_next(&r->n->members, &at)) != NULL)
        assert_true(!mesh_needs(r->n, m) || m->hello_epoch > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(thirty_two_peers_are_a_mesh_and_one_more_makes_a_ring,
                                        setup_observer, rig_teardown),
        cmocka_unit_test_setup_teardown(the_nearest_on_each_side_are_needed, setup_observer,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(a_large_network_that_is_known_from_before_is_a_ring_at_once,
                                        setup_observer, rig_teardown),
        cmocka_unit_test_setup_teardown(a_ring_is_a_mesh_again_with_a_quarter_less_for_five_minutes,
                                        setup_observer, rig_teardown),
        cmocka_unit_test_setup_teardown(names_that_are_only_told_make_no_ring, setup_observer,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(names_that_are_only_told_take_no_seat_in_a_ring,
                                        setup_observer, rig_teardown),
        cmocka_unit_test_setup_teardown(a_leaf_keeps_two, rig_setup_sensor, rig_teardown),
        cmocka_unit_test_setup_teardown(what_a_rule_names_is_needed, setup_watcher, rig_teardown),
        cmocka_unit_test_setup_teardown(a_session_that_neither_needs_ends_and_is_no_loss,
                                        setup_observer, rig_teardown),
        cmocka_unit_test_setup_teardown(a_session_that_the_other_needs_stays, setup_observer,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(the_other_side_may_end_what_we_could_do_without,
                                        setup_observer, rig_teardown),
        cmocka_unit_test_setup_teardown(whom_the_ring_can_do_without_is_not_dialled_any_more,
                                        setup_observer, rig_teardown),
        cmocka_unit_test_setup_teardown(who_is_not_needed_is_neither_answered_nor_dialled,
                                        setup_observer, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
