#include "core/view.h"

#include "core/cm.h"
#include "core/members.h"

#include <stdlib.h>

static void mix(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t *slot = &out->bytes[i % sizeof out->bytes];
        *slot = (uint8_t)(*slot * 31 + (uint8_t)bytes.bytes[i] + 1);
    }
}

static struct node *node(const char *device)
{
    struct node_config config = {.hash = mix, .self = {.role = ROLE_CONTROLLER}};
    ident_name_copy(config.self.device, span_of(device));
    memcpy(config.self.key.bytes, device, strlen(device));
    struct node *n = node_new(&config);
    assert_non_null(n);
    return n;
}

static void hold(struct node *n, const char *device, uint64_t epoch, uint64_t last, uint64_t sealed)
{
    struct log_id id = {.epoch = epoch};
    ident_name_copy(id.device, span_of(device));
    memcpy(id.key.bytes, device, strlen(device));
    bool own = strcmp(device, n->self.device) == 0;
    struct member *m = own ? &n->own : members_add(n, span_of(device));
    struct log *l = members_log_add(n, m, &id, ROLE_SENSOR);
    l->last = last;
    l->seal.seq = sealed;
    l->seal.hash.bytes[0] = (uint8_t)sealed;
}

static struct chain_hash hash_of(const struct node *n)
{
    struct chain_hash hash;
    view_state_hash(n, &hash);
    return hash;
}

static void peers_that_hold_the_same_sealed_records_have_one_state_hash(void **state)
{
    (void)state;
    struct node *a = node("a"), *b = node("b");
    hold(a, "a", 1, 5, 5);
    hold(a, "s", 1, 9, 7);
    hold(a, "s", 2, 3, 3);
    hold(b, "s", 2, 4, 3); /* one pending record more counts for nothing */
    hold(b, "a", 1, 5, 5);
    struct chain_hash x = hash_of(a), y = hash_of(b);
    assert_memory_not_equal(&x, &y, sizeof x);
    hold(b, "s", 1, 7, 7);
    hold(b, "t", 1, 2, 0);
    y = hash_of(b);
    assert_memory_equal(&x, &y, sizeof x);
    node_free(a);
    node_free(b);
}

static void a_log_that_is_emptied_counts_for_nothing_and_one_that_is_pruned_for_all(void **state)
{
    (void)state;
    struct node *a = node("a"), *b = node("b");
    struct view_log_cursor cursor = {0};
    struct view_log log;
    struct event_mark mark = {.first = 4, .last = 4, .at_ms = 1000};
    hold(a, "s", 1, 9, 9);
    hold(a, "s", 2, 7, 7);
    hold(b, "s", 2, 7, 7);
    members_find(a, SPAN("s"))->logs->next->first = 10;
    members_find(a, SPAN("s"))->logs->first = 4;
    assert_int_equal(ring_push(&members_find(a, SPAN("s"))->logs->marks, &mark), ERR_OK);
    struct chain_hash x = hash_of(a), y = hash_of(b);
    assert_memory_equal(&x, &y, sizeof x);
    for (int i = 0; i < 2; i++) {
        assert_true(view_log_next(a, &cursor, &log));
        assert_int_equal(log.begins_ms, 1000);
    }
    cursor = (struct view_log_cursor){0};
    assert_true(view_log_next(b, &cursor, &log));
    assert_int_equal(log.begins_ms, 0);
    node_free(a);
    node_free(b);
}

static enum view_presence presence_after(struct member *m, struct session *s, uint64_t silent_ms)
{
    struct node *n = node("me");
    struct view_peer view;
    size_t at = 0;
    struct member *known = members_add(n, SPAN("sensor1"));
    *known = *m;
    ident_name_copy(known->device, SPAN("sensor1"));
    known->epoch = 1;
    known->session = s;
    if (s != NULL)
        s->heard_ms = 5000;
    assert_true(view_peer_next(n, 5000 + silent_ms, &at, &view));
    enum view_presence presence = view.presence;
    assert_false(view_peer_next(n, 5000, &at, &view));
    node_free(n);
    return presence;
}

static void presence_follows_the_session_and_its_silence(void **state)
{
    (void)state;
    struct member m = {0};
    struct session s = {0};
    assert_int_equal(presence_after(&m, &s, 0), VIEW_ONLINE);
    assert_int_equal(presence_after(&m, &s, TIME_SUSPECT_MS - 1), VIEW_ONLINE);
    assert_int_equal(presence_after(&m, &s, TIME_SUSPECT_MS), VIEW_SUSPECT);
    assert_int_equal(presence_after(&m, NULL, 0), VIEW_OFFLINE);
    m.left = true;
    assert_int_equal(presence_after(&m, NULL, 0), VIEW_LEFT);
}

static void who_was_never_proven_is_not_shown(void **state)
{
    (void)state;
    struct node *n = node("me");
    struct view_peer view;
    size_t at = 0;
    assert_non_null(members_add(n, SPAN("rumour")));
    assert_false(view_peer_next(n, 1, &at, &view));
    node_free(n);
}

static void every_log_is_walked_once_ours_too(void **state)
{
    (void)state;
    struct node *n = node("me");
    struct view_log_cursor cursor = {0};
    struct view_log log;
    uint64_t seen = 0, records = 0;
    assert_false(view_log_next(n, &cursor, &log));
    hold(n, "me", 1, 5, 4);
    hold(n, "s", 1, 9, 9);
    hold(n, "s", 2, 3, 0);
    assert_non_null(members_add(n, SPAN("without")));
    hold(n, "t", 7, 1, 1);
    for (cursor = (struct view_log_cursor){0}; view_log_next(n, &cursor, &log); seen++)
        records += 100 * log.last + log.sealed;
    assert_int_equal(seen, 4);
    assert_int_equal(records, 100 * 18 + 14);
    node_free(n);
}

static void a_device_restored_from_disk_keeps_its_role(void **state)
{
    (void)state;
    struct node *n = node("me");
    struct effects fx;
    struct event e = {.kind = EVENT_RESTORE_LOG,
                      .restore_log = {.id = {.device = "fan", .epoch = 3},
                                      .role = ROLE_ACTUATOR,
                                      .first = 1,
                                      .last = 0}};
    struct view_peer view;
    size_t at = 0;
    event_effects_init(&fx);
    node_step(n, &e, &fx);
    assert_true(view_peer_next(n, 1, &at, &view));
    assert_int_equal(view.role, ROLE_ACTUATOR);
    assert_int_equal(view.presence, VIEW_OFFLINE);
    event_effects_fini(&fx);
    node_free(n);
}

static void evidence_is_cut_to_its_limit(void **state)
{
    (void)state;
    struct member m = {0};
    char text[LIMIT_REASON + 10];
    memset(text, 'e', sizeof text);
    members_note_end(&m, (struct span){text, sizeof text});
    assert_int_equal(strlen(m.evidence), LIMIT_REASON);
    members_note_end(&m, (struct span){0});
    assert_string_equal(m.evidence, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_that_hold_the_same_sealed_records_have_one_state_hash),
        cmocka_unit_test(a_log_that_is_emptied_counts_for_nothing_and_one_that_is_pruned_for_all),
        cmocka_unit_test(presence_follows_the_session_and_its_silence),
        cmocka_unit_test(who_was_never_proven_is_not_shown),
        cmocka_unit_test(every_log_is_walked_once_ours_too),
        cmocka_unit_test(a_device_restored_from_disk_keeps_its_role),
        cmocka_unit_test(evidence_is_cut_to_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
