#include "core/news.h"

#include "core/carrier.h"
#include "core/members.h"

#include <stdio.h>

/* The rig is an actuator that has logs of sensor1 from controller1 (link 2); controller2 (link 4)
 * hears of them. */

static void begin(struct rig *r)
{
    rig_start(r, 10);
    rig_meet(r, 2, "controller1", ROLE_CONTROLLER, 30);
    rig_meet(r, 4, "controller2", ROLE_CONTROLLER, 30);
    rig_wait(r, TIME_NEWS_MS);
}

static void what_grows_here_is_told_together_and_soon(void **state)
{
    struct rig *r = *state;
    begin(r);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    carrier_delivers(r, 2, "sensor2", 20, 4);
    assert_null(carrier_told(r, 4, "sensor1"));
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->sealed, 3);
    assert_int_equal(carrier_told(r, 4, "sensor2")->sealed, 4);
    assert_int_equal(carrier_told(r, 4, "sensor1")->want, MESSAGE_WANT_NEWS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->role, ROLE_SENSOR);
    rig_wait(r, TIME_NEWS_MS);
    assert_null(carrier_told(r, 4, "sensor1")); /* once */
}

static void what_is_not_on_disk_is_not_offered(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 6, "sensor1", 20, 1, 3, 20);
    rig_wait(r, TIME_NEWS_MS);
    assert_null(carrier_told(r, 4, "sensor1"));
    rig_stored(r); /* on disk, and nobody signed it */
    rig_wait(r, TIME_NEWS_MS);
    assert_null(carrier_told(r, 4, "sensor1"));
    rig_seal(r, 6, 20, 3);
    carrier_verified(r, 6, "sensor1", 20, 3, true);
    rig_stored(r);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->sealed, 3);
    assert_int_equal(carrier_told(r, 4, "sensor1")->want, MESSAGE_WANT_NOTHING);
}

static void who_wants_nothing_hears_nothing(void **state)
{
    struct rig *r = *state;
    begin(r);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_wait(r, TIME_NEWS_MS);
    struct message_entry e = carrier_entry("sensor1", 20, 3);
    carrier_tells(r, 4, &e); /* it has a session with it */
    carrier_offers(r, 2, "sensor1", 20, 5);
    carrier_sends(r, 2, "sensor1", 20, 4, 5);
    carrier_seals(r, 2, "sensor1", 20, 5);
    carrier_verified(r, 2, "sensor1", 20, 5, true);
    rig_stored(r);
    rig_wait(r, TIME_NEWS_MS);
    assert_null(carrier_told(r, 4, "sensor1"));
    e.want = MESSAGE_WANT_NEWS;
    carrier_tells(r, 4, &e); /* it has not any more */
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->sealed, 5);
}

static void beat(struct rig *r)
{
    rig_message(r, 2, &(struct message){.kind = MESSAGE_PING});
    rig_message(r, 4, &(struct message){.kind = MESSAGE_PING});
}

/* Its author could tell the other something else. */
static void who_wants_nothing_is_told_now_and_then_how_far_it_goes(void **state)
{
    struct rig *r = *state;
    begin(r);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_wait(r, TIME_NEWS_MS);
    struct message_entry e = carrier_entry("sensor1", 20, 3);
    carrier_tells(r, 4, &e);
    carrier_offers(r, 2, "sensor1", 20, 5);
    carrier_sends(r, 2, "sensor1", 20, 4, 5);
    carrier_seals(r, 2, "sensor1", 20, 5);
    carrier_verified(r, 2, "sensor1", 20, 5, true);
    rig_stored(r);
    for (uint64_t left = TIME_RETELL_MS; left > TIME_BEAT_MS; left -= TIME_BEAT_MS) {
        rig_wait(r, TIME_BEAT_MS);
        assert_null(carrier_told(r, 4, "sensor1"));
        beat(r);
    }
    rig_wait(r, TIME_BEAT_MS); /* by itself: nothing comes any more */
    assert_non_null(carrier_told(r, 4, "sensor1"));
    assert_int_equal(carrier_told(r, 4, "sensor1")->sealed, 5);
    assert_int_not_equal(carrier_told(r, 4, "sensor1")->chain, 0);
}

/* Else nobody would compare the two: only the longer one can. */
static void who_says_more_of_a_log_hears_how_far_ours_goes(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 20);
    rig_update(r, 6, "sensor1", 20, 1, 3, 20);
    rig_seal(r, 6, 20, 3);
    carrier_verified(r, 6, "sensor1", 20, 3, true);
    rig_stored(r);
    struct message_entry e = carrier_entry("sensor1", 20, 9); /* before we have told of ours */
    e.chain = 7;
    carrier_tells(r, 4, &e);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 0);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->sealed, 3);
    assert_int_not_equal(carrier_told(r, 4, "sensor1")->chain, 0);
    rig_wait(r, 2 * (uint64_t)TIME_NEWS_MS);
    assert_null(carrier_told(r, 4, "sensor1")); /* once */
}

static void who_gets_a_log_is_not_told_of_it_but_of_a_later_one(void **state)
{
    struct rig *r = *state;
    begin(r);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_wait(r, TIME_NEWS_MS);
    struct message_entry e = carrier_entry("sensor1", 20, 0);
    e.want = MESSAGE_WANT_RECORDS;
    e.role_known = false;
    carrier_tells(r, 4, &e);
    assert_int_equal(rig_effect(r, EFFECT_FETCH)->fetch.link, 4);
    carrier_offers(r, 2, "sensor1", 20, 5);
    carrier_sends(r, 2, "sensor1", 20, 4, 5);
    carrier_seals(r, 2, "sensor1", 20, 5);
    carrier_verified(r, 2, "sensor1", 20, 5, true);
    rig_stored(r);
    rig_wait(r, TIME_NEWS_MS);
    assert_null(carrier_told(r, 4, "sensor1"));
    carrier_delivers(r, 2, "sensor1", 21, 1);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->log.epoch, 21);
}

static void a_session_with_a_device_ends_the_wish_for_its_news(void **state)
{
    struct rig *r = *state;
    begin(r);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_wait(r, TIME_NEWS_MS);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 20);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->want, MESSAGE_WANT_NOTHING);
    rig_link_down(r, 6);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->want, MESSAGE_WANT_NEWS);
}

/* Its author's disk may have lost it. */
static void an_earlier_life_is_carried_on_when_its_author_comes(void **state)
{
    struct rig *r = *state;
    begin(r);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_wait(r, TIME_NEWS_MS);
    rig_meet(r, 6, "sensor1", ROLE_SENSOR, 21);
    rig_wait(r, TIME_NEWS_MS);
    const struct message_entry *e = carrier_told(r, 2, "sensor1");
    assert_true(e == NULL || e->want == MESSAGE_WANT_RECORDS);
    assert_int_equal(carrier_told(r, 4, "sensor1")->want, MESSAGE_WANT_NOTHING);
    carrier_sends(r, 2, "sensor1", 20, 4, 4);
    carrier_seals(r, 2, "sensor1", 20, 4);
    carrier_verified(r, 2, "sensor1", 20, 4, true);
    assert_int_equal(rig_fact_count(r, FACT_READING), 1);
}

static void leaves_offer_nothing_and_serve_nobody(void **state)
{
    struct rig *r = *state; /* a sensor */
    rig_start(r, 10);
    rig_meet(r, 2, "controller1", ROLE_CONTROLLER, 30);
    rig_meet(r, 6, "actuator1", ROLE_ACTUATOR, 20);
    rig_update(r, 6, "actuator1", 20, 1, 3, 20);
    rig_stored(r);
    rig_seal(r, 6, 20, 3);
    carrier_verified(r, 6, "actuator1", 20, 3, true);
    rig_stored(r);
    rig_wait(r, TIME_NEWS_MS);
    assert_null(carrier_told(r, 2, "actuator1"));
    struct message_entry e = carrier_entry("actuator1", 20, 0);
    e.want = MESSAGE_WANT_RECORDS;
    e.role_known = false;
    carrier_tells(r, 2, &e);
    assert_int_equal(rig_count(r, EFFECT_FETCH), 0);
    struct message list = {.kind = MESSAGE_HAVE, .have = {.of = SPAN("actuator1")}};
    rig_message(r, 2, &list);
    assert_int_equal(rig_sent_count(r, MESSAGE_HAVE), 0);
}

static void what_a_leaf_offers_is_not_asked_for(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "sensor2", ROLE_SENSOR, 30);
    carrier_offers(r, 2, "sensor1", 20, 3);
    assert_int_equal(carrier_asked(r, 2, "sensor1", 20), 0);
}

/* Earlier logs. */

static void begin_with_lives(struct rig *r, uint64_t lives)
{
    for (uint64_t epoch = 20; epoch < 20 + lives; epoch++) {
        struct event e = {.kind = EVENT_RESTORE_LOG,
                          .restore_log = {.id = rig_log("sensor1", epoch),
                                          .role = ROLE_SENSOR,
                                          .first = 1,
                                          .last = 5,
                                          .sealed = 5,
                                          .signature_size = 8,
                                          .closed = true}};
        rig_step(r, &e);
    }
    begin(r);
}

static size_t lists(const struct rig *r, uint64_t link)
{
    size_t count = 0;
    for (size_t i = 0; i < r->fx.count; i++) {
        const struct effect *e = &r->fx.list[i];
        count += e->kind == EFFECT_SEND && e->send.link == link &&
                 e->send.message.kind == MESSAGE_HAVE && e->send.message.have.of.size > 0;
    }
    return count;
}

static void earlier_logs_are_told_as_one_digest(void **state)
{
    struct rig *r = *state;
    rig_start(r, 10);
    rig_meet(r, 2, "controller1", ROLE_CONTROLLER, 30);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 2, "sensor1")->older, 0); /* there is none */
    carrier_delivers(r, 2, "sensor1", 21, 3);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(carrier_told(r, 2, "sensor1")->log.epoch, 21);
    uint64_t older = carrier_told(r, 2, "sensor1")->older;
    assert_int_not_equal(older, 0);
    struct message_entry e = carrier_entry("sensor1", 21, 3);
    e.older = older;
    e.want = MESSAGE_WANT_NEWS;
    carrier_tells(r, 2, &e);
    rig_wait(r, 2 * TIME_LIST_MS);
    assert_int_equal(lists(r, 2), 0); /* they are the same */
}

static void other_earlier_logs_bring_a_list_once_in_its_time(void **state)
{
    struct rig *r = *state;
    begin_with_lives(r, 3);
    struct message_entry e = carrier_entry("sensor1", 22, 5);
    e.want = MESSAGE_WANT_NEWS;
    size_t sent = 0;
    for (uint64_t i = 0; i < 100; i++) {
        e.older = 1000 + i; /* it says another each time */
        carrier_tells(r, 4, &e);
        sent += lists(r, 4);
    }
    assert_int_equal(sent, 0);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(lists(r, 4), 1);
    assert_int_equal(rig_sent(r, MESSAGE_HAVE)->have.count, 3);
    e.older = 7;
    carrier_tells(r, 4, &e);
    rig_wait(r, TIME_LIST_MS - TIME_NEWS_MS);
    assert_int_equal(lists(r, 4), 0);
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(lists(r, 4), 1);
}

static void a_list_tells_the_chains_of_the_newest_lives(void **state)
{
    struct rig *r = *state;
    begin_with_lives(r, LIMIT_LIST_CHAINS + 2);
    struct member *m = members_find(r->n, SPAN("sensor1"));
    for (struct log *l = m->logs; l != NULL; l = l->next)
        l->stored_seal.hash.bytes[0] = 7;
    struct message_entry e = carrier_entry("sensor1", 22, 5);
    e.want = MESSAGE_WANT_NEWS;
    e.older = 1000;
    carrier_tells(r, 4, &e);
    rig_wait(r, TIME_NEWS_MS);
    const struct message *list = NULL;
    for (size_t i = 0; i < r->fx.count; i++)
        if (r->fx.list[i].kind == EFFECT_SEND && r->fx.list[i].send.message.kind == MESSAGE_HAVE &&
            r->fx.list[i].send.message.have.of.size > 0)
            list = &r->fx.list[i].send.message;
    assert_non_null(list);
    assert_int_equal(list->have.count, LIMIT_LIST_CHAINS + 2);
    for (size_t i = 0; i < list->have.count; i++)
        assert_int_equal(list->have.entries[i].chain != 0, i < LIMIT_LIST_CHAINS);
}

static void a_list_is_answered_with_what_it_lacks_and_not_in_a_row(void **state)
{
    struct rig *r = *state;
    begin_with_lives(r, 3);
    struct message_entry has = carrier_entry("sensor1", 21, 5);
    has.role_known = false;
    struct message list = {.kind = MESSAGE_HAVE,
                           .have = {.entries = &has, .count = 1, .of = SPAN("sensor1")}};
    rig_message(r, 4, &list);
    assert_int_equal(rig_sent(r, MESSAGE_HAVE)->have.count, 2);
    rig_message(r, 4, &list);
    assert_int_equal(rig_sent_count(r, MESSAGE_HAVE), 0);
    rig_wait(r, TIME_LIST_MS);
    rig_message(r, 4, &list);
    assert_int_equal(rig_sent(r, MESSAGE_HAVE)->have.count, 2);
}

static void lists_wait_for_a_reader_that_does_not_read(void **state)
{
    struct rig *r = *state;
    begin_with_lives(r, 3);
    struct message_entry e = carrier_entry("sensor1", 22, 5);
    e.older = 7;
    carrier_tells(r, 4, &e);
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {4, LIMIT_UNSENT}});
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(lists(r, 4), 0);
    rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {4, 0}});
    rig_wait(r, TIME_NEWS_MS);
    assert_int_equal(lists(r, 4), 1);
}

static void expect_known_names(const struct rig *r)
{
    for (size_t i = 0; i < r->fx.count; i++) {
        const struct message *m = &r->fx.list[i].send.message;
        if (r->fx.list[i].kind != EFFECT_SEND || m->kind != MESSAGE_HAVE)
            continue;
        for (size_t k = 0; k < m->have.count; k++)
            assert_non_null(members_find(r->n, m->have.entries[k].log.device));
    }
}

/* A `have` that asks for lists and then makes a log go that stands in one of them. */
static void what_is_told_outlives_a_log_that_makes_room(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < LIMIT_LOGS / LIMIT_LOGS_DEVICE; i++) {
        for (uint64_t epoch = 20; epoch < 20 + LIMIT_LOGS_DEVICE; epoch++) {
            char device[16];
            snprintf(device, sizeof device, "sensor%d", i + 1);
            struct event e = {.kind = EVENT_RESTORE_LOG,
                              .restore_log = {.id = rig_log(device, epoch),
                                              .role = ROLE_SENSOR,
                                              .first = 1,
                                              .last = 5,
                                              .sealed = 5,
                                              .signature_size = 8}};
            rig_step(r, &e);
        }
    }
    begin(r);
    assert_int_equal(r->n->log_count, LIMIT_LOGS + 1);
    struct message_entry entries[2 * LIMIT_LOGS / LIMIT_LOGS_DEVICE];
    size_t count = 0;
    for (int i = 0; i < LIMIT_LOGS / LIMIT_LOGS_DEVICE; i++) {
        static char devices[LIMIT_LOGS / LIMIT_LOGS_DEVICE][16];
        snprintf(devices[i], sizeof devices[i], "sensor%d", i + 1);
        entries[count] = carrier_entry(devices[i], 20 + LIMIT_LOGS_DEVICE - 1, 5);
        entries[count++].older = 7;
    }
    entries[count] = carrier_entry("controller2", 30, 1); /* its own log is new here */
    entries[count++].role_known = false;
    struct message have = {.kind = MESSAGE_HAVE, .have = {.entries = entries, .count = count}};
    rig_message(r, 4, &have);
    const struct session *reader = members_find(r->n, SPAN("controller2"))->session;
    size_t sent = lists(r, 4);
    expect_known_names(r);
    for (int i = 0; i < LIMIT_LOGS / LIMIT_LOGS_DEVICE; i++) {
        rig_wait(r, TIME_NEWS_MS);
        sent += lists(r, 4);
        assert_true(reader->unsent < 2 * LIMIT_UNSENT); /* some at a time */
        expect_known_names(r);
        rig_step(r, &(struct event){.kind = EVENT_HEARD, .heard = {4}});
        rig_step(r, &(struct event){.kind = EVENT_SENT, .sent = {4, 0}});
    }
    assert_int_equal(sent, LIMIT_LOGS / LIMIT_LOGS_DEVICE);
}

static void who_had_no_more_is_not_asked_again(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_meet(r, 6, "controller3", ROLE_CONTROLLER, 30);
    carrier_delivers(r, 2, "sensor1", 20, 3);
    struct message_entry e = carrier_entry("sensor1", 20, 3);
    e.want = MESSAGE_WANT_NEWS;
    carrier_tells(r, 6, &e);
    rig_wait(r, TIME_NEWS_MS);
    carrier_offers(r, 2, "sensor1", 20, 9);
    carrier_offers(r, 4, "sensor1", 20, 9);
    rig_link_down(r, 2);
    assert_int_equal(carrier_asked(r, 4, "sensor1", 20), 1);
    rig_link_down(r, 4);
    rig_wait(r, TIME_NEWS_MS);
    assert_null(carrier_told(r, 6, "sensor1"));
}

#define ACTUATOR(test) cmocka_unit_test_setup_teardown(test, rig_setup_actuator, rig_teardown)
#define SENSOR(test)   cmocka_unit_test_setup_teardown(test, rig_setup_sensor, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTUATOR(what_grows_here_is_told_together_and_soon),
        ACTUATOR(what_is_not_on_disk_is_not_offered),
        ACTUATOR(who_wants_nothing_hears_nothing),
        ACTUATOR(who_wants_nothing_is_told_now_and_then_how_far_it_goes),
        ACTUATOR(who_says_more_of_a_log_hears_how_far_ours_goes),
        ACTUATOR(who_gets_a_log_is_not_told_of_it_but_of_a_later_one),
        ACTUATOR(a_session_with_a_device_ends_the_wish_for_its_news),
        ACTUATOR(an_earlier_life_is_carried_on_when_its_author_comes),
        SENSOR(leaves_offer_nothing_and_serve_nobody),
        ACTUATOR(what_a_leaf_offers_is_not_asked_for),
        ACTUATOR(earlier_logs_are_told_as_one_digest),
        ACTUATOR(other_earlier_logs_bring_a_list_once_in_its_time),
        ACTUATOR(a_list_tells_the_chains_of_the_newest_lives),
        ACTUATOR(a_list_is_answered_with_what_it_lacks_and_not_in_a_row),
        ACTUATOR(lists_wait_for_a_reader_that_does_not_read),
        ACTUATOR(what_is_told_outlives_a_log_that_makes_room),
        ACTUATOR(who_had_no_more_is_not_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
