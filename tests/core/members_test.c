#include "core/members.h"

#include "core/cm.h"

#include <stdio.h>
#include <stdlib.h>

static void hash(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    for (size_t i = 0; i < bytes.size; i++)
        out->bytes[i % sizeof out->bytes] ^= (uint8_t)bytes.bytes[i];
}

static struct node *node(void)
{
    struct node *n = calloc(1, sizeof *n);
    assert_non_null(n);
    n->hash = hash;
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

static void add_logs(struct node *n, struct member *m, uint64_t first, size_t count)
{
    struct log_id id = {.epoch = first};
    memcpy(id.device, m->device, sizeof id.device);
    for (size_t i = 0; i < count; i++, id.epoch++)
        assert_non_null(members_log_add(n, m, &id, ROLE_SENSOR));
}

static enum err write_topic(struct node *n, struct member *m, unsigned number)
{
    char type[16], bytes[] = "{}";
    struct log_id id = {.epoch = 1};
    struct record r = {.bytes = {bytes, 2}, .device = span_of(m->device), .epoch = 1, .seq = 1};
    memcpy(id.device, m->device, sizeof id.device);
    r.type = (struct span){type, (size_t)snprintf(type, sizeof type, "p%u", number)};
    return members_apply(n, m, &id, &r);
}

static void one_device_fills_its_share_of_the_topics_and_no_more(void **state)
{
    (void)state;
    struct node *n = node();
    state_init(&n->state, 1);
    struct member *greedy = members_add(n, SPAN("greedy")), *other = members_add(n, SPAN("other"));
    for (unsigned i = 0; i < LIMIT_TOPICS_DEVICE; i++)
        assert_int_equal(write_topic(n, greedy, i), ERR_OK);
    assert_int_equal(write_topic(n, greedy, LIMIT_TOPICS_DEVICE), ERR_FULL);
    assert_int_equal(write_topic(n, greedy, 0), ERR_STALE); /* what is there is looked at as ever */
    assert_int_equal(write_topic(n, other, 0), ERR_OK);
    state_fini(&n->state);
    drop(n);
}

static void our_own_topics_have_room_when_others_have_none(void **state)
{
    (void)state;
    struct node *n = node();
    char device[16];
    state_init(&n->state, 1);
    memcpy(n->own.device, "me", sizeof "me");
    for (unsigned i = 0; n->state.topics.count < LIMIT_TOPICS - LIMIT_TOPICS_OWN; i++) {
        snprintf(device, sizeof device, "d%u", i / LIMIT_TOPICS_DEVICE);
        assert_int_equal(write_topic(n, members_add(n, span_of(device)), i), ERR_OK);
    }
    assert_int_equal(write_topic(n, members_add(n, SPAN("late")), 0), ERR_FULL);
    for (unsigned i = 0; i < LIMIT_TOPICS_OWN; i++)
        assert_int_equal(write_topic(n, &n->own, i), ERR_OK);
    assert_int_equal(write_topic(n, &n->own, LIMIT_TOPICS_OWN), ERR_FULL);
    state_fini(&n->state);
    drop(n);
}

static void logs_stand_newest_first(void **state)
{
    (void)state;
    struct node *n = node();
    struct member *m = members_add(n, SPAN("s"));
    struct log_id id = {.device = "s"};
    for (uint64_t i = 0; i < LIMIT_LOGS_DEVICE; i++) {
        id.epoch = 1 + (i * 59) % LIMIT_LOGS_DEVICE; /* every epoch once, in a mixed order */
        assert_non_null(members_log_add(n, m, &id, ROLE_SENSOR));
    }
    uint64_t expected = LIMIT_LOGS_DEVICE;
    for (const struct log *l = m->logs; l != NULL; l = l->next)
        assert_int_equal(l->id.epoch, expected--);
    assert_non_null(members_log(m, &id.key, 17));
    assert_null(members_log(m, &(struct key_id){{1}}, 17));
    drop(n);
}

static void at_its_bound_a_device_loses_its_oldest_log_for_good(void **state)
{
    (void)state;
    struct node *n = node();
    struct member *m = members_add(n, SPAN("s"));
    struct log_id id = {.device = "s", .epoch = 3};
    add_logs(n, m, 10, LIMIT_LOGS_DEVICE);
    assert_non_null(members_log(m, &id.key, 10));
    assert_null(members_log_add(n, m, &id, ROLE_SENSOR)); /* older than all */
    add_logs(n, m, 10 + LIMIT_LOGS_DEVICE, 1);
    assert_null(members_log(m, &id.key, 10));
    assert_int_equal(n->log_count, LIMIT_LOGS_DEVICE);
    id.epoch = 10;
    assert_null(members_log_add(n, m, &id, ROLE_SENSOR));
    assert_non_null(members_log(m, &id.key, 11));
    drop(n);
}

static void at_the_bound_of_all_who_has_most_pays_and_never_we(void **state)
{
    (void)state;
    struct node *n = node();
    char name[8] = "d00";
    for (uint64_t held = 0; held < LIMIT_LOGS; held += LIMIT_LOGS_DEVICE - 1, name[2]++)
        add_logs(n, members_add(n, span_of(name)), 1,
                 held + LIMIT_LOGS_DEVICE - 1 < LIMIT_LOGS ? LIMIT_LOGS_DEVICE - 1
                                                           : (size_t)(LIMIT_LOGS - held));
    struct member *most = members_find(n, SPAN("d03"));
    add_logs(n, &n->own, 1, LIMIT_LOGS_DEVICE);
    assert_int_equal(n->log_count, LIMIT_LOGS + LIMIT_LOGS_DEVICE);
    add_logs(n, most, 500, 1); /* pays for itself, or another does */
    add_logs(n, members_add(n, SPAN("newcomer")), 1, 2);
    assert_int_equal(n->log_count, LIMIT_LOGS + LIMIT_LOGS_DEVICE);
    assert_non_null(members_log(&n->own, &(struct key_id){{0}}, 1));
    assert_int_equal(members_find(n, SPAN("newcomer"))->forgotten, 0);
    drop(n);
}

static void what_pointed_to_a_log_that_went_points_nowhere(void **state)
{
    (void)state;
    struct node *n = node();
    add_logs(n, &n->own, 1, LIMIT_LOGS_DEVICE);
    struct log *oldest = members_log(&n->own, &(struct key_id){{0}}, 1);
    struct log *next = members_log(&n->own, &(struct key_id){{0}}, 2);
    struct cursor cursors[2] = {{.log = oldest}, {.log = next}};
    struct session session = {.cursors = cursors, .cursor_count = 2};
    n->sessions[n->session_count++] = &session;
    struct node_store pending = {.ticket = 1, .log = oldest};
    ring_init(&n->stores, sizeof pending, 8);
    assert_int_equal(ring_push(&n->stores, &pending), ERR_OK);
    add_logs(n, &n->own, 1000, 1);
    assert_int_equal(session.cursor_count, 1);
    assert_ptr_equal(session.cursors[0].log, next);
    assert_null(((struct node_store *)ring_at(&n->stores, 0))->log);
    n->session_count = 0;
    ring_fini(&n->stores);
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
        cmocka_unit_test(one_device_fills_its_share_of_the_topics_and_no_more),
        cmocka_unit_test(our_own_topics_have_room_when_others_have_none),
        cmocka_unit_test(logs_stand_newest_first),
        cmocka_unit_test(at_its_bound_a_device_loses_its_oldest_log_for_good),
        cmocka_unit_test(at_the_bound_of_all_who_has_most_pays_and_never_we),
        cmocka_unit_test(what_pointed_to_a_log_that_went_points_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
