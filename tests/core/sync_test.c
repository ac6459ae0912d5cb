#include "core/sync.h"

#include "core/rig.h"

static void records_are_stored_and_used_in_the_step_they_come(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 3, 26);
    assert_int_equal(rig_fact_count(r, FACT_READING), 3);
    assert_int_equal(rig_fact_count(r, FACT_ACTION), 3);
    const struct effect *first = NULL;
    for (size_t i = 0; i < r->fx.count && first == NULL; i++)
        if (r->fx.list[i].kind == EFFECT_STORE)
            first = &r->fx.list[i];
    assert_non_null(first);
    assert_int_equal(first->store.first, 1);
    assert_int_equal(first->store.count, 3);
}

static void what_is_not_on_disk_or_not_sealed_is_not_acknowledged(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 3, 20);
    rig_stored(r);
    assert_int_equal(rig_sent_count(r, MESSAGE_ACK), 0); /* stored, no seal */
    rig_seal(r, 2, 20, 2);
    const struct effect *verify = rig_effect(r, EFFECT_VERIFY);
    struct event verified = {.kind = EVENT_VERIFIED, .verified = {verify->seal.id, 2, 2, true, 0}};
    rig_step(r, &verified);
    assert_int_equal(rig_sent_count(r, MESSAGE_ACK), 0); /* the seal is not on disk */
    rig_stored(r);
    assert_int_equal(rig_sent(r, MESSAGE_ACK)->ack.seq, 2);
    assert_int_equal(rig_sent(r, MESSAGE_ACK)->ack.held, 3);
}

static void records_offered_again_are_dropped_and_acknowledged_again(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 3, 20);
    rig_stored(r);
    rig_update(r, 2, "sensor1", 20, 2, 4, 20);
    assert_int_equal(node_count(r->n, NODE_RECORDS_DOUBLE), 2);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.first, 4);
    assert_int_equal(rig_fact_count(r, FACT_READING), 1);
}

static void a_gap_ends_the_session_and_nothing_of_it_is_stored(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 2, 3, 20);
    assert_int_equal(rig_sent_count(r, MESSAGE_ERROR), 1);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(rig_fact_count(r, FACT_READING), 0);
    assert_int_equal(node_session_count(r->n), 0);
}

static void a_record_that_names_another_author_is_refused(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor2", 20, 1, 1, 20);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(node_count(r->n, NODE_RECORDS_DENIED), 1);
    assert_int_equal(node_session_count(r->n), 0);
}

static struct message_entry entry_of(const char *device, uint64_t epoch, uint64_t last,
                                     uint64_t sealed)
{
    struct log_id id = rig_log(device, epoch);
    return (struct message_entry){.log = {.device = span_of(device), .key = id.key, .epoch = epoch},
                                  .first = 1,
                                  .last = last,
                                  .sealed = sealed};
}

/* The store gives what was just asked of it. */
static void fetched(struct rig *r, uint64_t first, size_t count)
{
    assert_int_equal(rig_effect(r, EFFECT_FETCH)->fetch.first, first);
    struct event e = {.kind = EVENT_FETCHED,
                      .fetched = {.link = 2,
                                  .id = rig_log("sensor5", 10),
                                  .first = first,
                                  .bytes = SPAN("{},{}"),
                                  .count = count}};
    rig_step(r, &e);
}

static void a_peer_gets_what_it_lacks_and_no_more(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 5);
    rig_link_up(r, 2, "actuator1", 0, ROLE_ACTUATOR);
    rig_greet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    assert_int_equal(rig_sent_count(r, MESSAGE_STATE_UPDATE), 0); /* it has not said what it has */
    struct message_entry entry = entry_of("sensor5", 10, 3, 0);
    struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = &entry, .count = 1}};
    rig_message(r, 2, &have);
    fetched(r, 4, 2);
    assert_int_equal(rig_sent(r, MESSAGE_STATE_UPDATE)->update.count, 2);
    rig_measure(r, 1); /* live: from memory */
    assert_int_equal(rig_sent(r, MESSAGE_STATE_UPDATE)->update.count, 1);
}

/* One record of actuator1's with the chain hash before it. */
static void based(struct rig *r, uint64_t seq, const char *kept)
{
    struct chain_hash base = {{(uint8_t)seq, 7}};
    struct record record = {.device = SPAN("actuator1"),
                            .type = SPAN("temperature"),
                            .epoch = 20,
                            .seq = seq,
                            .ts = r->wall_ms,
                            .value = value_number(20),
                            .bytes = SPAN("{actuator1 20 0}")};
    if (kept != NULL) {
        record.kept = span_of(kept);
        record.part = record.of = 1;
    }
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.log = {.epoch = 20},
                                   .records = &record,
                                   .count = 1,
                                   .based = true,
                                   .base = base}};
    rig_message(r, 2, &m);
}

static void a_pruned_log_is_taken_from_its_checkpoint_on(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    based(r, 41, "{actuator1 20 7}");
    const struct effect *log = rig_effect(r, EFFECT_STORE_LOG);
    assert_int_equal(log->store_log.first, 41);
    assert_int_equal(log->store_log.last, 40);
    assert_int_equal(log->store_log.base.bytes[0], 41);
    assert_int_equal(rig_effect(r, EFFECT_STORE)->store.first, 41);
    assert_true(log->ticket < rig_effect(r, EFFECT_STORE)->ticket);
    assert_int_equal(rig_effect(r, EFFECT_STORE_TOPIC)->store_topic.seq, 7);
    assert_int_equal(rig_effect(r, EFFECT_STORE_TOPIC)->store_topic.id.epoch, 20);
    assert_int_equal(node_session_count(r->n), 1);
}

static void a_reader_that_was_away_across_a_pruning_goes_on_behind_it(void **state)
{
    struct rig *r = *state;
    struct log_id id = rig_log("actuator1", 20);
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    rig_update(r, 2, "actuator1", 20, 1, 3, 20);
    rig_stored(r);
    based(r, 41, "{actuator1 20 40}");
    assert_int_equal(node_log_stored(r->n, &id), 3); /* nothing of that is on disk */
    rig_update(r, 2, "actuator1", 20, 42, 43, 20);
    rig_stored(r);
    assert_int_equal(node_session_count(r->n), 1);
    assert_int_equal(node_log_stored(r->n, &id), 43);
}

static void a_gap_without_a_checkpoint_behind_it_ends_the_session(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    based(r, 41, NULL);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(node_session_count(r->n), 0);
}

static void a_checkpoint_of_what_does_not_stand_before_it_ends_the_session(void **state)
{
    static const char *const wrong[] = {"{actuator1 20 41}", "{actuator1 21 1}", "{actuator2 20 1}",
                                        "{actuator1 20 1},nonsense"};
    struct rig *r = *state;
    rig_start(r, 10);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        rig_meet(r, 2 + 2 * i, "actuator1", ROLE_ACTUATOR, 20);
        struct record record = {.device = SPAN("actuator1"),
                                .type = SPAN("checkpoint"),
                                .epoch = 20,
                                .seq = 1,
                                .ts = r->wall_ms,
                                .kept = span_of(wrong[i]),
                                .part = 1,
                                .of = 1};
        rig_record(r, 2 + 2 * i, &record);
        assert_int_equal(rig_count(r, EFFECT_STORE), 0);
        assert_int_equal(node_session_count(r->n), 0);
    }
}

static void a_reader_behind_what_we_pruned_gets_the_hash_before_it(void **state)
{
    struct rig *r = *state;
    struct chain_hash base = {{9}};
    rig_start(r, 10);
    rig_measure(r, 5);
    rig_stored(r);
    log_prune(r->n->log, 4, &base);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    fetched(r, 4, 2);
    const struct message *m = rig_sent(r, MESSAGE_STATE_UPDATE);
    assert_true(m->update.based);
    assert_int_equal(m->update.base.bytes[0], 9);
    rig_measure(r, 1);
    assert_false(rig_sent(r, MESSAGE_STATE_UPDATE)->update.based);
}

static void a_new_epoch_sends_nothing_old_again(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_measure(r, 5);
    rig_stored(r);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    fetched(r, 1, 5);
    assert_int_equal(rig_sent(r, MESSAGE_STATE_UPDATE)->update.count, 5);
    rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = 11});
    assert_int_equal(rig_sent_count(r, MESSAGE_HAVE), 1);
    assert_int_equal(rig_sent_count(r, MESSAGE_STATE_UPDATE), 0);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0);
    rig_measure(r, 2);
    assert_int_equal(rig_sent(r, MESSAGE_STATE_UPDATE)->update.log.epoch, 11);
}

static void sending_pauses_while_the_socket_owes_the_limit(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {2, LIMIT_UNSENT}});
    rig_measure(r, 3);
    assert_int_equal(rig_sent_count(r, MESSAGE_STATE_UPDATE), 0);
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {2, LIMIT_UNSENT - 1}});
    assert_int_equal(rig_sent(r, MESSAGE_STATE_UPDATE)->update.count, 3);
}

static void a_pending_tail_behind_the_authors_closed_end_is_dropped(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 5, 20);
    rig_stored(r);
    struct message_entry closed = entry_of("sensor1", 20, 3, 0);
    closed.closed = true;
    struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = &closed, .count = 1}};
    rig_message(r, 2, &have);
    assert_int_equal(rig_effect(r, EFFECT_STORE_LOG)->store_log.last, 3);
    assert_true(rig_effect(r, EFFECT_STORE_LOG)->store_log.closed);
    assert_int_equal(node_count(r->n, NODE_RECORDS_DROPPED), 2);
    closed.last = 2; /* it said the end before its disk had it, and came back without */
    rig_message(r, 2, &have);
    assert_int_equal(rig_effect(r, EFFECT_STORE_LOG)->store_log.last, 2);
}

static void what_is_sealed_is_never_dropped(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 2, "sensor1", 20, 1, 5, 20);
    rig_stored(r);
    rig_seal(r, 2, 20, 4);
    struct event verified = {.kind = EVENT_VERIFIED,
                             .verified = {rig_log("sensor1", 20), 4, 2, true, 0}};
    rig_step(r, &verified);
    rig_stored(r);
    struct message_entry closed = entry_of("sensor1", 20, 1, 0);
    closed.closed = true;
    struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = &closed, .count = 1}};
    rig_message(r, 2, &have);
    assert_int_equal(rig_effect(r, EFFECT_STORE_LOG)->store_log.last, 4);
}

static void a_list_that_knows_a_later_life_of_ours_makes_us_begin_one_above(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 2, "actuator1", 0, ROLE_ACTUATOR);
    rig_greet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    struct message_entry later = entry_of("sensor5", 30, 7, 7);
    struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = &later, .count = 1}};
    rig_message(r, 2, &have);
    assert_int_equal(rig_effect(r, EFFECT_EPOCH)->epoch.above, 30);
    assert_int_equal(node_room(r->n), 0);
}

static void a_life_farther_than_the_limit_is_not_believed(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_link_up(r, 2, "actuator1", 0, ROLE_ACTUATOR);
    rig_greet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    struct message_entry far = entry_of("sensor5", 10 + (uint64_t)LIMIT_EPOCH_JUMP + 1, 7, 7);
    struct message have = {.kind = MESSAGE_HAVE,
                           .have = {.entries = &far, .count = 1, .more = true}};
    rig_message(r, 2, &have);
    assert_int_equal(rig_count(r, EFFECT_EPOCH), 0);
    far.log.epoch--;
    rig_message(r, 2, &have);
    assert_int_equal(rig_count(r, EFFECT_EPOCH), 1);
}

static void a_liar_costs_us_few_lives(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    struct log_id own = rig_log("sensor5", 10);
    struct message_entry later = {.log = {SPAN("sensor5"), own.key, 0}, .first = 1, .last = 1};
    struct message have = {.kind = MESSAGE_HAVE,
                           .have = {.entries = &later, .count = 1, .more = true}};
    size_t lives = 0;
    for (int i = 0; i < 3 * LIMIT_EPOCH_CLAIMS; i++) {
        later.log.epoch = node_epoch(r->n) + 1;
        rig_message(r, 2, &have);
        if (rig_count(r, EFFECT_EPOCH) == 0)
            continue;
        lives++;
        rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = later.log.epoch + 1});
    }
    assert_int_equal(lives, LIMIT_EPOCH_CLAIMS);
    r->now_ms += TIME_EPOCH_CLAIMS_MS;
    rig_message(r, 2, &have);
    assert_int_equal(rig_count(r, EFFECT_EPOCH), 1);
}

static void more_lives_than_logs_are_held_end_nothing(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "actuator1", ROLE_ACTUATOR, 20);
    for (uint64_t epoch = 11; epoch < 11 + LIMIT_LOGS + 2; epoch++) {
        rig_step(r, &(struct event){.kind = EVENT_EPOCH, .epoch.epoch = epoch});
        rig_measure(r, 1);
    }
    rig_stored(r);
    struct log_id id = rig_log("sensor5", 11 + LIMIT_LOGS + 1);
    assert_int_equal(node_log_stored(r->n, &id), 1);
    assert_int_equal(r->n->log_count, LIMIT_LOGS_DEVICE);
}

static void who_names_many_logs_keeps_nobody_elses_out(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor9", ROLE_SENSOR, 20);
    struct log_id id = rig_log("sensor9", 0);
    for (uint64_t epoch = 1; epoch <= LIMIT_LOGS + 2; epoch++) {
        struct message_entry entry = {.log = {SPAN("sensor9"), id.key, epoch}, .first = 1};
        entry.last = 1;
        struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = &entry, .count = 1}};
        rig_message(r, 2, &have);
    }
    rig_meet(r, 4, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 4, "sensor1", 20, 1, 3, 20);
    id = rig_log("sensor1", 20);
    assert_int_equal(node_log_last(r->n, &id), 3);
    rig_update(r, 2, "sensor9", 7, 1, 3, 20); /* gone: not taken, and it may go on */
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(rig_sent(r, MESSAGE_ACK)->ack.seq, 0);
    assert_int_equal(rig_sent(r, MESSAGE_ACK)->ack.held, 3);
}

static void who_does_not_wait_for_our_disk_is_refused(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor9", ROLE_SENSOR, 20);
    uint64_t seq = 1;
    for (; seq <= LIMIT_PENDING; seq += 512)
        rig_update(r, 2, "sensor9", 20, seq, seq + 511, 20);
    assert_int_equal(node_session_count(r->n), 1);
    rig_update(r, 2, "sensor9", 20, seq, seq, 20); /* the one beyond is taken, then it is enough */
    rig_update(r, 2, "sensor9", 20, seq + 1, seq + 1, 20);
    assert_int_equal(rig_count(r, EFFECT_STORE), 0);
    assert_int_equal(node_session_count(r->n), 0);
    rig_stored(r);
    rig_meet(r, 4, "sensor9", ROLE_SENSOR, 20);
    rig_update(r, 4, "sensor9", 20, seq + 1, seq + 1, 20);
    assert_int_equal(rig_count(r, EFFECT_STORE), 1);
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)
#define SENSOR(test)   cmocka_unit_test_setup_teardown(test, rig_setup_sensor, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(records_are_stored_and_used_in_the_step_they_come),
        ACTUATOR(what_is_not_on_disk_or_not_sealed_is_not_acknowledged),
        ACTUATOR(records_offered_again_are_dropped_and_acknowledged_again),
        ACTUATOR(a_gap_ends_the_session_and_nothing_of_it_is_stored),
        ACTUATOR(a_record_that_names_another_author_is_refused),
        SENSOR(a_peer_gets_what_it_lacks_and_no_more),
        SENSOR(a_pruned_log_is_taken_from_its_checkpoint_on),
        SENSOR(a_reader_that_was_away_across_a_pruning_goes_on_behind_it),
        SENSOR(a_gap_without_a_checkpoint_behind_it_ends_the_session),
        SENSOR(a_checkpoint_of_what_does_not_stand_before_it_ends_the_session),
        SENSOR(a_reader_behind_what_we_pruned_gets_the_hash_before_it),
        SENSOR(a_new_epoch_sends_nothing_old_again),
        SENSOR(sending_pauses_while_the_socket_owes_the_limit),
        ACTUATOR(a_pending_tail_behind_the_authors_closed_end_is_dropped),
        ACTUATOR(what_is_sealed_is_never_dropped),
        SENSOR(a_list_that_knows_a_later_life_of_ours_makes_us_begin_one_above),
        SENSOR(a_life_farther_than_the_limit_is_not_believed),
        SENSOR(a_liar_costs_us_few_lives),
        SENSOR(more_lives_than_logs_are_held_end_nothing),
        ACTUATOR(who_names_many_logs_keeps_nobody_elses_out),
        ACTUATOR(who_does_not_wait_for_our_disk_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
