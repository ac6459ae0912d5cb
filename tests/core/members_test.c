#include "core/members.h"

#include "core/cm.h"

#include <stdio.h>
#include <stdlib.h>

static struct node *node(void)
{
    struct node *n = calloc(1, sizeof *n);
    assert_non_null(n);
    members_init(n, 1);
    return n;
}

static void drop(struct node *n)
{
    members_fini(n);
    free(n);
}

/* Every edge of the window, counter by counter. */
static void a_counter_is_fresh_once_and_only_within_the_window(void **state)
{
    (void)state;
    struct member m = {0};
    assert_true(members_fresh(&m, 5, 100));
    for (uint64_t behind = 0; behind < 64; behind++) {
        struct member copy = m;
        assert_int_equal(members_fresh(&copy, 5, 100 - behind), behind > 0);
        assert_false(members_fresh(&copy, 5, 100 - behind));
    }
    assert_false(members_fresh(&m, 5, 36));
    assert_true(members_fresh(&m, 5, 37));
    for (uint64_t ahead = 1; ahead < 200; ahead++) {
        struct member copy = m;
        assert_true(members_fresh(&copy, 5, 100 + ahead));
        assert_false(members_fresh(&copy, 5, 100 + ahead));
        assert_false(members_fresh(&copy, 5, 100));
    }
}

static void an_earlier_epoch_is_never_fresh(void **state)
{
    (void)state;
    struct member m = {.epoch = 4};
    assert_false(members_fresh(&m, 3, 1000));
    assert_true(members_fresh(&m, 4, 1));
    assert_true(members_fresh(&m, 6, 1));
    assert_false(members_fresh(&m, 5, 1000));
    assert_false(members_fresh(&m, 6, 1));
}

static void the_newest_addresses_are_kept(void **state)
{
    (void)state;
    struct member m = {0};
    for (uint16_t port = 1; port <= LIMIT_ADDRESSES + 2; port++)
        assert_true(members_note_address(&m, (struct address){1, port}));
    assert_int_equal(m.address_count, LIMIT_ADDRESSES);
    assert_int_equal(m.addresses[0].port, LIMIT_ADDRESSES + 2);
    assert_int_equal(m.addresses[LIMIT_ADDRESSES - 1].port, 3);
    assert_false(members_note_address(&m, m.addresses[0]));
    assert_true(members_note_address(&m, (struct address){1, 3}));
    assert_int_equal(m.addresses[0].port, 3);
    assert_int_equal(m.address_count, LIMIT_ADDRESSES);
}

static void at_the_limit_the_one_unheard_longest_makes_room(void **state)
{
    (void)state;
    struct node *n = node();
    char device[16];
    for (unsigned i = 0; i < LIMIT_MEMBERS; i++) {
        snprintf(device, sizeof device, "d%u", i);
        struct member *m = members_add(n, span_of(device));
        assert_non_null(m);
        m->heard_ms = 1000 + (i + 7) % LIMIT_MEMBERS;
    }
    assert_non_null(members_add(n, SPAN("one-more")));
    assert_int_equal(n->members.count, LIMIT_MEMBERS);
    snprintf(device, sizeof device, "d%u", LIMIT_MEMBERS - 7);
    assert_null(members_find(n, span_of(device)));
    assert_non_null(members_find(n, SPAN("d0")));
    drop(n);
}

static void who_has_a_log_never_makes_room(void **state)
{
    (void)state;
    struct node *n = node();
    char device[16];
    for (unsigned i = 0; i < LIMIT_MEMBERS; i++) {
        snprintf(device, sizeof device, "d%u", i);
        struct member *m = members_add(n, span_of(device));
        struct log_id id = {.epoch = 1};
        memcpy(id.device, m->device, sizeof id.device);
        assert_non_null(members_log_add(n, m, &id, ROLE_SENSOR));
    }
    assert_null(members_add(n, SPAN("one-more")));
    assert_non_null(members_add(n, SPAN("d5")));
    drop(n);
}

static void logs_stand_newest_first_and_are_bounded(void **state)
{
    (void)state;
    struct node *n = node();
    struct member *m = members_add(n, SPAN("s"));
    struct log_id id = {.device = "s"};
    for (uint64_t i = 0; i < LIMIT_LOGS; i++) {
        id.epoch = 1 + (i * 2459) % LIMIT_LOGS; /* every epoch once, in a mixed order */
        assert_non_null(members_log_add(n, m, &id, ROLE_SENSOR));
    }
    uint64_t expected = LIMIT_LOGS;
    for (const struct log *l = m->logs; l != NULL; l = l->next)
        assert_int_equal(l->id.epoch, expected--);
    id.epoch = LIMIT_LOGS + 1;
    assert_null(members_log_add(n, m, &id, ROLE_SENSOR));
    assert_non_null(members_log(m, &id.key, 17));
    assert_null(members_log(m, &(struct key_id){{1}}, 17));
    drop(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_is_fresh_once_and_only_within_the_window),
        cmocka_unit_test(an_earlier_epoch_is_never_fresh),
        cmocka_unit_test(the_newest_addresses_are_kept),
        cmocka_unit_test(at_the_limit_the_one_unheard_longest_makes_room),
        cmocka_unit_test(who_has_a_log_never_makes_room),
        cmocka_unit_test(logs_stand_newest_first_and_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
