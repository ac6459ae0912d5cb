#include "io/store_chain.h"

#include "io/store_run.h"
#include "store_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct store_world *w = malloc(sizeof *w);
    assert_non_null(w);
    store_world_init(w, STORE_WORLD_MEMORY);
    store_world_open(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    store_world_fini(*state);
    free(*state);
    return 0;
}

/* What CHAIN answers; `bytes` are freed. */
static struct event chain(struct store_world *w, const struct store_world_log *log, uint64_t seq)
{
    char *memory;
    struct event e;
    struct effect ask = {.kind = EFFECT_CHAIN,
                         .chain = {.link = 3, .id = log->id, .seq = seq, .to_seal = true}};
    store_chain(w->store, &ask, &e, &memory);
    assert_int_equal(e.kind, EVENT_CHAIN);
    assert_int_equal(e.chain.link * 1000 + e.chain.seq, 3000 + seq);
    if (e.chain.signature_size > 0) {
        struct chain_hash hash = e.chain.hash;
        store_run_chain(&hash, e.chain.bytes);
        assert_memory_equal(&hash, &e.chain.seal_hash, sizeof hash);
    }
    free(memory);
    return e;
}

static void the_chain_at_any_place_is_told_with_what_leads_to_the_next_seal(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7), unknown = store_world_log("x", 7);
    store_world_put(w, &a, 60);
    store_world_put(w, &a, 40);
    store_world_seal(w, &a);
    store_world_put(w, &a, 20);
    store_world_wait(w);
    for (uint64_t seq = 0; seq <= 120; seq++) {
        struct event e = chain(w, &a, seq);
        struct chain_hash there = store_world_chain(&a.id, seq);
        assert_true(e.chain.known);
        assert_memory_equal(&e.chain.hash, &there, sizeof there);
        assert_int_equal(e.chain.count, seq < 100 ? 100 - seq : 0);
    }
    assert_false(chain(w, &a, 121).chain.known);
    assert_false(chain(w, &unknown, 1).chain.known);
}

static void what_is_too_much_for_a_line_is_told_without(void **state)
{
    struct store_world *w = *state;
    struct store_world_log a = store_world_log("sensor1", 7);
    store_world_put(w, &a, 2000);
    store_world_seal(w, &a);
    store_world_wait(w);
    struct event e = chain(w, &a, 1);
    assert_true(e.chain.known);
    assert_int_equal(e.chain.count + e.chain.signature_size, 0);
    assert_true(chain(w, &a, 1900).chain.count == 100);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_chain_at_any_place_is_told_with_what_leads_to_the_next_seal),
        TEST(what_is_too_much_for_a_line_is_told_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
