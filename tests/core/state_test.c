#include "core/state.h"

#include "base/rng.h"
#include "core/cm.h"

#include <stdio.h>

enum { DEVICES = 3, PROPERTIES = 2, EPOCHS = 2, SEQS = 4 };
enum { RECORDS = DEVICES * PROPERTIES * EPOCHS * SEQS };

struct sample {
    char device[8], type[8], bytes[64];
    struct log_id id;
    struct record record;
};

static void mix(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t *slot = &out->bytes[i % sizeof out->bytes];
        *slot = (uint8_t)(*slot * 31 + (uint8_t)bytes.bytes[i] + 1);
    }
}

static void fill(struct sample *s, unsigned device, unsigned property, uint64_t epoch, uint64_t seq)
{
    snprintf(s->device, sizeof s->device, "d%u", device);
    snprintf(s->type, sizeof s->type, "p%u", property);
    int size = snprintf(s->bytes, sizeof s->bytes, "{%u,%u,%u,%u}", device, property,
                        (unsigned)epoch, (unsigned)seq);
    s->id = (struct log_id){.epoch = epoch};
    memcpy(s->id.device, s->device, sizeof s->device);
    s->record = (struct record){.bytes = {s->bytes, (size_t)size},
                                .device = span_of(s->device),
                                .type = span_of(s->type),
                                .epoch = epoch,
                                .seq = seq};
}

static void make_samples(struct sample *samples)
{
    size_t i = 0;
    for (unsigned d = 0; d < DEVICES; d++)
        for (unsigned p = 0; p < PROPERTIES; p++)
            for (uint64_t e = 1; e <= EPOCHS; e++)
                for (uint64_t q = 1; q <= SEQS; q++)
                    fill(&samples[i++], d, p, e, q * PROPERTIES + p);
}

static struct chain_hash fold(const struct sample *samples, const size_t *order, size_t count)
{
    struct state s;
    struct chain_hash hash;
    state_init(&s, 1 + count);
    for (size_t i = 0; i < count; i++) {
        const struct sample *sample = &samples[order[i]];
        enum err err = state_apply(&s, &sample->id, &sample->record);
        assert_true(err == ERR_OK || err == ERR_STALE);
    }
    state_hash(&s, mix, &hash);
    state_fini(&s);
    return hash;
}

static void the_same_records_give_the_same_state_in_any_order_and_number(void **state)
{
    (void)state;
    static struct sample samples[RECORDS];
    size_t order[2 * RECORDS];
    struct rng rng;
    make_samples(samples);
    rng_init(&rng, 42);
    for (size_t i = 0; i < 2 * RECORDS; i++)
        order[i] = i % RECORDS;
    struct chain_hash expected = fold(samples, order, RECORDS);
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 2 * RECORDS - 1; i > 0; i--) {
            size_t j = rng_below(&rng, i + 1), other = order[j];
            order[j] = order[i];
            order[i] = other;
        }
        struct chain_hash got = fold(samples, order, 2 * RECORDS);
        assert_memory_equal(&got, &expected, sizeof expected);
    }
}

static void one_record_less_is_another_state(void **state)
{
    (void)state;
    static struct sample samples[RECORDS];
    size_t order[RECORDS];
    make_samples(samples);
    for (size_t i = 0; i < RECORDS; i++)
        order[i] = i;
    struct chain_hash all = fold(samples, order, RECORDS);
    struct chain_hash fewer = fold(samples, order, RECORDS - 1); /* the winner of the last topic is
                                                                    missing */
    assert_memory_not_equal(&all, &fewer, sizeof all);
}

static void a_later_epoch_wins_over_a_higher_sequence(void **state)
{
    (void)state;
    struct state s;
    struct sample old, later;
    state_init(&s, 1);
    fill(&old, 1, 1, 1, 900);
    fill(&later, 1, 1, 2, 1);
    assert_int_equal(state_apply(&s, &later.id, &later.record), ERR_OK);
    assert_int_equal(state_apply(&s, &old.id, &old.record), ERR_STALE);
    assert_int_equal(state_get(&s, SPAN("d1/p1"))->seq, 1);
    assert_null(state_get(&s, SPAN("d1/p2")));
    state_fini(&s);
}

static void a_changed_topic_is_dirty_once(void **state)
{
    (void)state;
    struct state s;
    struct sample a, b, c;
    state_init(&s, 1);
    fill(&a, 1, 1, 1, 1);
    fill(&b, 1, 1, 1, 2);
    fill(&c, 2, 1, 1, 1);
    assert_int_equal(state_apply(&s, &a.id, &a.record), ERR_OK);
    assert_int_equal(state_apply(&s, &b.id, &b.record), ERR_OK);
    assert_int_equal(state_apply(&s, &c.id, &c.record), ERR_OK);
    size_t count = 0;
    while (state_take_dirty(&s) != NULL)
        count++;
    assert_int_equal(count, 2);
    assert_int_equal(state_apply(&s, &b.id, &b.record), ERR_STALE);
    assert_null(state_take_dirty(&s));
    state_fini(&s);
}

static void a_topic_beyond_the_limit_is_refused_and_the_others_go_on(void **state)
{
    (void)state;
    struct state s;
    struct sample sample;
    char device[16];
    state_init(&s, 1);
    fill(&sample, 1, 1, 1, 1);
    for (unsigned i = 0; i < LIMIT_TOPICS; i++) {
        sample.record.device = (struct span){device,
                                             (size_t)snprintf(device, sizeof device, "x%u", i)};
        assert_int_equal(state_apply(&s, &sample.id, &sample.record), ERR_OK);
    }
    sample.record.device = SPAN("one-more");
    assert_int_equal(state_apply(&s, &sample.id, &sample.record), ERR_FULL);
    sample.record.device = SPAN("x0");
    sample.record.seq = 2;
    assert_int_equal(state_apply(&s, &sample.id, &sample.record), ERR_OK);
    state_fini(&s);
}

static void a_record_that_names_its_topic_is_filed_under_it(void **state)
{
    (void)state;
    struct record r = {.device = SPAN("controller1"),
                       .type = SPAN("set"),
                       .topic = SPAN("actuator1/fan/set")};
    char topic[LIMIT_TOPIC + 1];
    assert_int_equal(state_topic(&r, topic), strlen("actuator1/fan/set"));
    assert_string_equal(topic, "actuator1/fan/set");
    r = (struct record){.device = SPAN("sensor1"), .type = SPAN("temperature")};
    state_topic(&r, topic);
    assert_string_equal(topic, "sensor1/temperature");
}

static void a_device_set_up_anew_writes_over_what_it_was(void **state)
{
    (void)state;
    struct state s;
    struct sample old, anew;
    state_init(&s, 1);
    fill(&old, 1, 1, 9, 9);
    fill(&anew, 1, 1, 2, 1);
    anew.id.key.bytes[0] = 1;
    assert_int_equal(state_apply(&s, &old.id, &old.record), ERR_OK);
    assert_int_equal(state_apply(&s, &anew.id, &anew.record), ERR_OK);
    assert_int_equal(state_apply(&s, &anew.id, &anew.record), ERR_STALE);
    assert_int_equal(state_get(&s, SPAN("d1/p1"))->log.epoch, 2);
    state_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_records_give_the_same_state_in_any_order_and_number),
        cmocka_unit_test(one_record_less_is_another_state),
        cmocka_unit_test(a_later_epoch_wins_over_a_higher_sequence),
        cmocka_unit_test(a_changed_topic_is_dirty_once),
        cmocka_unit_test(a_topic_beyond_the_limit_is_refused_and_the_others_go_on),
        cmocka_unit_test(a_record_that_names_its_topic_is_filed_under_it),
        cmocka_unit_test(a_device_set_up_anew_writes_over_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
