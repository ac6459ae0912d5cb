#include "base/ring.h"

#include "base/death.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Without them a sanitizer ends the process where malloc() would return NULL. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void push(struct ring *r, uint32_t value)
{
    assert_int_equal(ring_push(r, &value), ERR_OK);
}

static uint32_t at(const struct ring *r, size_t index)
{
    return *(const uint32_t *)ring_at(r, index);
}

static void the_oldest_comes_first(void **state)
{
    (void)state;
    struct ring r;
    ring_init(&r, sizeof(uint32_t), 100);
    assert_null(r.slots);
    for (uint32_t i = 0; i < 20; i++)
        push(&r, i);
    ring_pop(&r, 5);
    ring_pop_back(&r, 3);
    assert_int_equal(r.count, 12);
    assert_int_equal(at(&r, 0), 5);
    assert_int_equal(at(&r, 11), 16);
    ring_fini(&r);
    assert_null(r.slots);
}

static void the_bound_is_the_next_power_of_two_and_refuses_the_next(void **state)
{
    (void)state;
    static const struct {
        size_t asked, held;
    } cases[] = {{1, 1}, {2, 2}, {3, 4}, {8, 8}, {9, 16}, {1000, 1024}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ring r;
        ring_init(&r, sizeof(uint32_t), cases[i].asked);
        for (uint32_t j = 0; j < cases[i].held; j++)
            push(&r, j);
        uint32_t extra = 99;
        assert_int_equal(ring_push(&r, &extra), ERR_FULL);
        assert_int_equal(r.count, cases[i].held);
        for (uint32_t j = 0; j < cases[i].held; j++)
            assert_int_equal(at(&r, j), j);
        ring_pop(&r, 1);
        push(&r, extra);
        assert_int_equal(at(&r, r.count - 1), extra);
        ring_fini(&r);
    }
}

static void a_cleared_ring_holds_no_memory_and_can_be_used_again(void **state)
{
    (void)state;
    struct ring r;
    ring_init(&r, sizeof(uint32_t), 16);
    push(&r, 1);
    ring_clear(&r);
    assert_null(r.slots);
    assert_int_equal(r.count, 0);
    ring_pop(&r, 0);
    ring_pop_back(&r, 0);
    push(&r, 2);
    assert_int_equal(at(&r, 0), 2);
    ring_fini(&r);
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    struct ring r;
    ring_init(&r, SIZE_MAX / 16, 1);
    assert_int_equal(ring_push(&r, "never read"), ERR_MEMORY);
    assert_int_equal(r.count, 0);
    assert_null(r.slots);
    ring_fini(&r);
}

/* A ring against an array in which nothing wraps round. */
static void any_history_agrees_with_a_plain_array(void **state)
{
    (void)state;
    enum { STEPS = 100000, BOUND = 64 };
    struct element {
        uint32_t number;
        uint8_t more[3];
    };
    static uint32_t model[STEPS];
    size_t first = 0;
    size_t end = 0;
    size_t refused = 0;
    struct rng random;
    rng_init(&random, 5);
    struct ring r;
    ring_init(&r, sizeof(struct element), BOUND);
    for (uint32_t step = 0; step < STEPS; step++) {
        switch (rng_below(&random, step / 1000 % 2 ? 4 : 3)) {
        case 0:
        case 1: {
            struct element e = {.number = step};
            if (end - first == BOUND) {
                assert_int_equal(ring_push(&r, &e), ERR_FULL);
                refused++;
            } else {
                assert_int_equal(ring_push(&r, &e), ERR_OK);
                model[end++] = step;
            }
            break;
        }
        case 2: {
            size_t count = rng_below(&random, (end - first < 3 ? end - first : 3) + 1);
            ring_pop(&r, count);
            first += count;
            break;
        }
        default: {
            size_t count = rng_below(&random, (end - first < 2 ? end - first : 2) + 1);
            ring_pop_back(&r, count);
            end -= count;
        }
        }
        assert_int_equal(r.count, end - first);
        for (size_t i = 0; i < r.count; i++)
            assert_int_equal(((struct element *)ring_at(&r, i))->number, model[first + i]);
    }
    assert_true(refused > 0);
    ring_fini(&r);
}

static void look_past_the_end(void)
{
    struct ring r;
    ring_init(&r, 1, 4);
    enum err err = ring_push(&r, "a");
    if (!err)
        ring_at(&r, 1);
}

static void pop_too_many(void)
{
    struct ring r;
    ring_init(&r, 1, 4);
    ring_pop(&r, 1);
}

static void pop_back_too_many(void)
{
    struct ring r;
    ring_init(&r, 1, 4);
    ring_pop_back(&r, 1);
}

static void what_is_not_there_cannot_be_touched(void **state)
{
    (void)state;
    assert_true(death_by_check(look_past_the_end, NULL, 0));
    assert_true(death_by_check(pop_too_many, NULL, 0));
    assert_true(death_by_check(pop_back_too_many, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_comes_first),
        cmocka_unit_test(the_bound_is_the_next_power_of_two_and_refuses_the_next),
        cmocka_unit_test(a_cleared_ring_holds_no_memory_and_can_be_used_again),
        cmocka_unit_test(without_memory_nothing_changes),
        cmocka_unit_test(any_history_agrees_with_a_plain_array),
        cmocka_unit_test(what_is_not_there_cannot_be_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
