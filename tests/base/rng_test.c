#include "base/rng.h"

#include "base/check.h"
#include "base/death.h"

#include <math.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the authors' xoshiro256plusplus.c gives from the state 1, 2, 3, 4. */
static void the_generator_gives_the_reference_numbers(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        41943041,
        58720359,
        3588806011781223,
        3591011842654386,
        9228616714210784205U,
        9973669472204895162U,
        14011001112246962877U,
        12406186145184390807U,
        15849039046786891736U,
        10450023813501588000U,
    };
    struct rng r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_true(rng_next(&r) == expected[i]);
}

/* The first outputs of the author's splitmix64.c from the state 1234567. */
static void the_seed_is_spread_by_splitmix64(void **state)
{
    (void)state;
    struct rng r;
    rng_init(&r, 1234567);
    assert_true(r.s[0] == 6457827717110365317U);
    assert_true(r.s[1] == 3203168211198807973U);
    assert_true(r.s[2] == 9817491932198370423U);
    assert_true(r.s[3] == 4593380528125082431U);
}

static void numbers_below_a_bound_are_even(void **state)
{
    (void)state;
    enum { BOUND = 6, ROUNDS = 60000 };
    struct rng r;
    rng_init(&r, 1);
    int seen[BOUND] = {0};
    for (int i = 0; i < ROUNDS; i++)
        seen[rng_below(&r, BOUND)]++;
    for (int i = 0; i < BOUND; i++)
        assert_in_range(seen[i], ROUNDS / BOUND - 400, ROUNDS / BOUND + 400);
    assert_int_equal(rng_below(&r, 1), 0);
}

/* Of 2^64 numbers, a bound of 3 * 2^62 would favour the first third by one half if the surplus
 * were not drawn again. */
static void a_large_bound_favours_no_number(void **state)
{
    (void)state;
    enum { ROUNDS = 30000 };
    struct rng r;
    rng_init(&r, 2);
    int first_third = 0;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t n = rng_below(&r, UINT64_C(3) << 62);
        assert_true(n < UINT64_C(3) << 62);
        first_third += n < UINT64_C(1) << 62;
    }
    assert_in_range(first_third, ROUNDS / 3 - 400, ROUNDS / 3 + 400);
}

static void the_unit_interval_is_half_open_and_even(void **state)
{
    (void)state;
    enum { ROUNDS = 100000 };
    struct rng r;
    rng_init(&r, 3);
    double sum = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double u = rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        sum += u;
    }
    assert_true(fabs(sum / ROUNDS - 0.5) < 0.005);
    /* The greatest output: 1 - 2^-53, not 1. */
    struct rng greatest = {{0, 0, 0, UINT64_MAX}};
    assert_true(rng_unit(&greatest) == 1 - 0x1p-53);
}

static double normal_share_below(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

static void normal_numbers_follow_the_bell_into_its_tails(void **state)
{
    (void)state;
    enum { ROUNDS = 400000 };
    static const double bounds[] = {-3, -2, -1, -0.25, 0, 0.5, 1, 2, 3};
    int below[COUNT_OF(bounds)] = {0};
    struct rng r;
    rng_init(&r, 4);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double x = rng_normal(&r);
        sum += x;
        squares += x * x;
        for (size_t j = 0; j < COUNT_OF(bounds); j++)
            below[j] += x < bounds[j];
    }
    assert_true(fabs(sum / ROUNDS) < 0.006);
    assert_true(fabs(squares / ROUNDS - 1) < 0.01);
    for (size_t j = 0; j < COUNT_OF(bounds); j++) {
        double share = normal_share_below(bounds[j]);
        double deviation = sqrt(share * (1 - share) / ROUNDS);
        assert_true(fabs((double)below[j] / ROUNDS - share) < 4 * deviation);
    }
}

/* Recorded; any machine must give them. */
static void normal_numbers_are_the_same_everywhere(void **state)
{
    (void)state;
    static const double expected[] = {-0x1.b37d9f600cd83p+0, -0x1.6653f3a96d247p+1,
                                      -0x1.63e0fd440b132p+0, -0x1.7c863aa23e0aap+0};
    struct rng r;
    rng_init(&r, 42);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_true(rng_normal(&r) == expected[i]);
}

static void draw_below_nothing(void)
{
    struct rng r;
    rng_init(&r, 1);
    rng_below(&r, 0);
}

static void nothing_lies_below_zero(void **state)
{
    (void)state;
    assert_true(death_by_check(draw_below_nothing, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_gives_the_reference_numbers),
        cmocka_unit_test(the_seed_is_spread_by_splitmix64),
        cmocka_unit_test(numbers_below_a_bound_are_even),
        cmocka_unit_test(a_large_bound_favours_no_number),
        cmocka_unit_test(the_unit_interval_is_half_open_and_even),
        cmocka_unit_test(normal_numbers_follow_the_bell_into_its_tails),
        cmocka_unit_test(normal_numbers_are_the_same_everywhere),
        cmocka_unit_test(nothing_lies_below_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
