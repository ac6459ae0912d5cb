#include "core/proof.h"

#include "core/cm.h"

/* A hash that can be reckoned by hand: what was before, and one more for each byte. */
static void add(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    out->bytes[0] = (uint8_t)(before->bytes[0] + bytes.size);
}

static struct chain_hash hash_of(uint8_t number)
{
    return (struct chain_hash){{number}};
}

static const struct span records[] = {{"ab", 2}, {"cde", 3}};

/* One chain is at 9 in place 4; the other at 5 there, and at 10 two records behind. */
static struct proof example(void)
{
    return (
        struct proof){.seals = {{.seq = 4, .hash = hash_of(9)}, {.seq = 6, .hash = hash_of(10)}},
                      .there = hash_of(5),
                      .bytes = {"ab,cde", 6},
                      .count = 2};
}

static void records_lead_from_another_hash_to_the_second_seal(void **state)
{
    (void)state;
    struct proof p = example();
    assert_true(proof_is_whole(&p));
    assert_true(proof_holds(&p, records, add));
}

static void from_the_same_hash_it_only_grew(void **state)
{
    (void)state;
    struct proof p = example();
    p.seals[0].hash = p.there;
    assert_false(proof_holds(&p, records, add));
}

static void records_must_arrive_at_the_second_seal(void **state)
{
    (void)state;
    struct proof p = example();
    p.seals[1].hash = hash_of(11);
    assert_false(proof_holds(&p, records, add));
}

static void a_record_that_is_missing_makes_it_no_proof(void **state)
{
    (void)state;
    struct proof p = example();
    p.count = 1;
    assert_false(proof_is_whole(&p));
    assert_false(proof_holds(&p, records, add));
}

static void at_one_place_two_hashes_are_enough(void **state)
{
    (void)state;
    struct proof p = {.seals = {{.seq = 4, .hash = hash_of(9)}, {.seq = 4, .hash = hash_of(10)}}};
    assert_true(proof_holds(&p, NULL, add));
    p.seals[1].hash = hash_of(9);
    assert_false(proof_holds(&p, NULL, add));
}

static void seals_in_the_wrong_order_or_of_nothing_are_no_proof(void **state)
{
    (void)state;
    struct proof p = {.seals = {{.seq = 4, .hash = hash_of(9)}, {.seq = 3, .hash = hash_of(10)}}};
    assert_false(proof_holds(&p, NULL, add));
    p.seals[0].seq = p.seals[1].seq = 0;
    assert_false(proof_holds(&p, NULL, add));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_lead_from_another_hash_to_the_second_seal),
        cmocka_unit_test(from_the_same_hash_it_only_grew),
        cmocka_unit_test(records_must_arrive_at_the_second_seal),
        cmocka_unit_test(a_record_that_is_missing_makes_it_no_proof),
        cmocka_unit_test(at_one_place_two_hashes_are_enough),
        cmocka_unit_test(seals_in_the_wrong_order_or_of_nothing_are_no_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
