#include "base/rng.h"
#include "core/cm.h"
#include "core/state.h"

#include <stdio.h>

/* Row F8: what peers make of records is commutative, associative and idempotent, and what is
 * missing gives the same as everything. A group is a few records of one reported and one wanted
 * topic, by writers whose clocks are wrong by anything, dealt to five replicas; every order in
 * which the five can be heard, one of them twice, must give the winners of a plain reckoning over
 * all records. */

enum { REPLICAS = 5, ORDERS = 120, GROUPS = 8400, RECORDS = 10, PARTS = 1 << RECORDS };

struct sample {
    char device[16], bytes[64];
    struct log_id id;
    struct record record;
};

struct winners {
    const struct sample *reported, *wanted; /* NULL: none */
};

/* Clocks of before they were set, of today, an hour, a day and a year ahead. */
static const uint64_t clocks[] = {
    5, 86400000, 1760000000000, 1760000000001, 1760003600000, 1760086400000, 1791536000000};

static uint64_t below(struct rng *rng, uint64_t bound)
{
    return rng_below(rng, bound);
}

static void fill(struct sample *s, const char *device, const char *topic, struct rng *rng)
{
    snprintf(s->device, sizeof s->device, "%s", device);
    s->id = (struct log_id){.epoch = 1 + below(rng, 3)};
    s->id.key.bytes[0] = (uint8_t)below(rng, 3);
    memcpy(s->id.device, s->device, strlen(s->device));
    s->record = (struct record){.device = span_of(s->device),
                                .type = SPAN("set"),
                                .topic = span_of(topic),
                                .epoch = s->id.epoch,
                                .seq = 1 + below(rng, 3),
                                .ts = clocks[below(rng, COUNT_OF(clocks))],
                                .tick = (uint32_t)below(rng, 2)};
    if (topic[0] == '\0')
        s->record.type = SPAN("fan");
}

static bool is_same_place(const struct sample *a, const struct sample *b)
{
    return ident_log_equal(&a->id, &b->id) && a->record.seq == b->record.seq;
}

/* Ten records; no number of a log has two contents. */
static void make_samples(struct sample samples[RECORDS], struct rng *rng)
{
    char device[16];
    for (size_t i = 0; i < RECORDS;) {
        struct sample *s = &samples[i];
        snprintf(device, sizeof device, "c%u", (unsigned)below(rng, 3));
        if (i % 2 == 0)
            fill(s, "actuator1", "", rng);
        else
            fill(s, device, "actuator1/fan/set", rng);
        bool taken = false;
        for (size_t k = i % 2; k < i; k += 2)
            taken = taken || is_same_place(s, &samples[k]);
        if (taken)
            continue;
        int size = snprintf(s->bytes, sizeof s->bytes, "{%zu}", i);
        s->record.bytes = (struct span){s->bytes, (size_t)size};
        i++;
    }
}

/* The plain reckoning. */

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_place(const struct sample *a, const struct sample *b)
{
    int order = compare(a->id.epoch, b->id.epoch);
    return order != 0 ? order : compare(a->record.seq, b->record.seq);
}

static bool wants_later(const struct sample *a, const struct sample *b)
{
    int order = compare(a->record.ts, b->record.ts);
    if (order == 0)
        order = compare(a->record.tick, b->record.tick);
    if (order == 0)
        order = strcmp(a->id.device, b->id.device);
    if (order == 0)
        order = memcmp(&a->id.key, &b->id.key, sizeof a->id.key);
    return order != 0 ? order > 0 : by_place(a, b) > 0;
}

static uint64_t newest_ts(const struct sample *samples, unsigned part, uint8_t key)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < RECORDS; i += 2)
        if (part >> i & 1 && samples[i].id.key.bytes[0] == key && samples[i].record.ts > newest)
            newest = samples[i].record.ts;
    return newest;
}

static bool reports_later(const struct sample *samples, unsigned part, const struct sample *a,
                          const struct sample *b)
{
    uint8_t key_a = a->id.key.bytes[0], key_b = b->id.key.bytes[0];
    if (key_a == key_b)
        return by_place(a, b) > 0;
    int order = compare(newest_ts(samples, part, key_a), newest_ts(samples, part, key_b));
    return order != 0 ? order > 0 : key_a > key_b;
}

static struct winners reckon(const struct sample *samples, unsigned part)
{
    struct winners w = {NULL, NULL};
    for (size_t i = 0; i < RECORDS; i++) {
        const struct sample *s = &samples[i];
        if (!(part >> i & 1))
            continue;
        if (i % 2 == 0 && (w.reported == NULL || reports_later(samples, part, s, w.reported)))
            w.reported = s;
        if (i % 2 == 1 && (w.wanted == NULL || wants_later(s, w.wanted)))
            w.wanted = s;
    }
    return w;
}

/* The fold. */

static void hear(struct state *s, const struct sample *samples, unsigned part)
{
    for (size_t i = 0; i < RECORDS; i++) {
        if (!(part >> i & 1))
            continue;
        enum err err = state_apply(s, &samples[i].id, &samples[i].record);
        assert_true(err == ERR_OK || err == ERR_STALE);
        assert_true(err == ERR_STALE || state_holds(s, &samples[i].id, &samples[i].record));
    }
}

static bool holds(const struct state *s, struct span topic, const struct sample *winner)
{
    const struct state_entry *e = state_get(s, topic);
    if (winner == NULL || e == NULL)
        return winner == NULL && e == NULL;
    return ident_log_equal(&e->log, &winner->id) && e->seq == winner->record.seq &&
           e->stamp.ts == winner->record.ts &&
           span_equal((struct span){e->bytes, e->size}, winner->record.bytes);
}

static void assert_winners(const struct state *s, const struct winners *w)
{
    assert_true(holds(s, SPAN("actuator1/fan"), w->reported));
    assert_true(holds(s, SPAN("actuator1/fan/set"), w->wanted));
}

/* The next order, as in a dictionary; false after the last. */
static bool next_order(unsigned order[REPLICAS])
{
    size_t i = REPLICAS - 1, k = REPLICAS - 1;
    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0)
        return false;
    while (order[k] < order[i - 1])
        k--;
    unsigned was = order[i - 1];
    order[i - 1] = order[k];
    order[k] = was;
    for (size_t a = i, b = REPLICAS - 1; a < b; a++, b--) {
        was = order[a];
        order[a] = order[b];
        order[b] = was;
    }
    return true;
}

static void every_order_of_five_replicas_gives_the_same_winners(void **state)
{
    (void)state;
    struct rng rng;
    size_t cases = 0, contested = 0;
    rng_init(&rng, 4);
    for (int group = 0; group < GROUPS; group++) {
        struct sample samples[RECORDS];
        unsigned parts[REPLICAS], order[REPLICAS], all = 0;
        make_samples(samples, &rng);
        for (unsigned i = 0; i < REPLICAS; i++) {
            parts[i] = (unsigned)(below(&rng, PARTS) & below(&rng, PARTS));
            order[i] = i;
            all |= parts[i];
        }
        struct winners expected = reckon(samples, all);
        contested += reckon(samples, parts[0]).wanted != expected.wanted;
        do {
            struct state s;
            state_init(&s, 1);
            for (size_t i = 0; i < REPLICAS; i++)
                hear(&s, samples, parts[order[i]]);
            hear(&s, samples, parts[order[below(&rng, REPLICAS)]]);
            assert_winners(&s, &expected);
            state_fini(&s);
            cases++;
        } while (next_order(order));
    }
    assert_int_equal(cases, GROUPS * ORDERS);
    assert_true(cases >= 1000000);
    assert_true(contested > GROUPS / 4); /* else nothing was at stake */
}

/* Two replicas that meet send each other what the other lacks. */
static void what_is_missing_gives_the_same_as_everything(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 5);
    for (int round = 0; round < 50000; round++) {
        struct sample samples[RECORDS];
        struct state full, delta, other;
        make_samples(samples, &rng);
        unsigned mine = (unsigned)below(&rng, PARTS), theirs = (unsigned)below(&rng, PARTS);
        struct winners expected = reckon(samples, mine | theirs);
        state_init(&full, 1);
        state_init(&delta, 2);
        state_init(&other, 3);
        hear(&full, samples, mine);
        hear(&delta, samples, mine);
        hear(&other, samples, theirs);
        hear(&full, samples, theirs);
        hear(&delta, samples, theirs & ~mine);
        hear(&other, samples, mine & ~theirs);
        assert_winners(&full, &expected);
        assert_winners(&delta, &expected);
        assert_winners(&other, &expected);
        state_fini(&full);
        state_fini(&delta);
        state_fini(&other);
    }
}

/* Row F6: whoever saw a value writes over it, whatever the two clocks say. */
static void whoever_saw_a_wanted_value_writes_over_it(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 6);
    for (int round = 0; round < 100000; round++) {
        struct sample first, second;
        struct state s;
        struct stamp seen = {clocks[below(&rng, COUNT_OF(clocks))], (uint32_t)below(&rng, 3)};
        struct stamp clock = {clocks[below(&rng, COUNT_OF(clocks))], 0};
        if (below(&rng, 8) == 0)
            seen.tick = UINT32_MAX;
        stamp_merge(&clock, seen);
        struct stamp next = stamp_next(&clock, clocks[below(&rng, COUNT_OF(clocks))]);
        fill(&first, "c2", "actuator1/fan/set", &rng);
        fill(&second, "c1", "actuator1/fan/set", &rng);
        first.record.bytes = SPAN("{1}");
        second.record.bytes = SPAN("{2}");
        first.record.ts = seen.ts;
        first.record.tick = seen.tick;
        second.record.ts = next.ts;
        second.record.tick = next.tick;
        state_init(&s, 1);
        assert_int_equal(state_apply(&s, &first.id, &first.record), ERR_OK);
        assert_int_equal(state_apply(&s, &second.id, &second.record), ERR_OK);
        assert_int_equal(state_apply(&s, &first.id, &first.record), ERR_STALE);
        state_fini(&s);
    }
}

static void a_topic_remembers_so_many_keys_and_forgets_the_oldest(void **state)
{
    (void)state;
    struct rng rng;
    struct state s;
    struct sample sample;
    rng_init(&rng, 7);
    state_init(&s, 1);
    for (unsigned i = 0; i < 2 * LIMIT_KEYS_TOPIC; i++) {
        fill(&sample, "actuator1", "", &rng);
        sample.id.key.bytes[0] = (uint8_t)i;
        sample.record.ts = 1000 + i;
        sample.record.bytes = SPAN("{}");
        assert_int_equal(state_apply(&s, &sample.id, &sample.record), ERR_OK);
    }
    const struct state_entry *e = state_get(&s, SPAN("actuator1/fan"));
    size_t count = 1;
    for (const struct state_rival *v = e->rivals; v != NULL; v = v->next, count++)
        assert_true(v->newest_ts >= 1000 + LIMIT_KEYS_TOPIC);
    assert_int_equal(count, LIMIT_KEYS_TOPIC);
    state_fini(&s);
}

/* What is left of the reported records of one key when all up to a place are pruned, with a
 * checkpoint there, which holds the last of them. */
static unsigned pruned(const struct sample *samples, uint8_t key, const struct sample *place)
{
    unsigned part = PARTS - 1;
    size_t last = RECORDS;
    for (size_t i = 0; i < RECORDS; i += 2) {
        const struct sample *s = &samples[i];
        if (s->id.key.bytes[0] != key || by_place(s, place) > 0)
            continue;
        part &= ~(1U << i);
        if (last == RECORDS || by_place(s, &samples[last]) > 0)
            last = i;
    }
    return last == RECORDS ? part : part | 1U << last;
}

/* A key's clock goes on here: how late it ever was is told by its last record. */
static void a_checkpoint_and_what_follows_gives_the_same_as_everything(void **state)
{
    (void)state;
    struct rng rng;
    struct sample samples[RECORDS];
    uint64_t fewer = 0;
    rng_init(&rng, 77);
    for (int group = 0; group < GROUPS; group++) {
        make_samples(samples, &rng);
        for (size_t i = 0; i < RECORDS; i += 2)
            samples[i].record.ts = 1000 * samples[i].id.epoch + 100 * samples[i].record.seq +
                                   samples[i].id.key.bytes[0] * below(&rng, 2);
        const struct sample *place = &samples[2 * below(&rng, RECORDS / 2)];
        unsigned left = pruned(samples, place->id.key.bytes[0], place);
        fewer += left != PARTS - 1;
        struct winners w = reckon(samples, PARTS - 1);
        unsigned first = (unsigned)below(&rng, PARTS); /* some of it before, and some twice */
        struct state s;
        state_init(&s, (uint64_t)group + 1);
        hear(&s, samples, left & first);
        hear(&s, samples, left);
        assert_true(holds(&s, SPAN("actuator1/fan"), w.reported));
        assert_true(holds(&s, SPAN("actuator1/fan/set"), w.wanted));
        state_fini(&s);
    }
    assert_true(fewer > GROUPS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_five_replicas_gives_the_same_winners),
        cmocka_unit_test(what_is_missing_gives_the_same_as_everything),
        cmocka_unit_test(a_checkpoint_and_what_follows_gives_the_same_as_everything),
        cmocka_unit_test(whoever_saw_a_wanted_value_writes_over_it),
        cmocka_unit_test(a_topic_remembers_so_many_keys_and_forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
