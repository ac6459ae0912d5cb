#include "base/table.h"

#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

struct item {
    char name[16];
    size_t name_size;
    bool present; /* what the model says */
    bool walked;
};

static struct span key(const struct item *item)
{
    return (struct span){item->name, item->name_size};
}

static struct item *items_new(size_t count)
{
    struct item *items = calloc(count, sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < count; i++)
        items[i].name_size = (size_t)snprintf(items[i].name, sizeof items[i].name, "sensor%zu", i);
    return items;
}

/* The first of the 64 vectors for SipHash-1-3 with the key 00 01 .. 0f: vector n is the hash of
 * the bytes 00 01 .. n-1. All lengths of a last word are among them. */
static void the_hash_is_siphash_1_3(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb,
        0xcf75576088d38328, 0xdef9d52f49533b67, 0xc50d2b50c59f22a7, 0xd3927d989bb11140,
        0x369095118d299a8e, 0x25a48eb36c063de4, 0x79de85ee92ff097f, 0x70c118c1f94dc352,
        0x78a384b157b4d9a2, 0x306f760c1229ffa7, 0x605aa111c0f95d34, 0xd320d86d2a519956,
        0xcc4fdd1a7d908b66, 0x9cf2689063dbd80c, 0x8ffc389cb473e63e, 0xf21f9de58d297d1c,
        0xc0dc2f46a6cce040, 0xb992abfe2b45f844, 0x7ffe7b9ba320872e, 0x525a0e7fdae6c123,
    };
    char bytes[COUNT_OF(expected)];
    for (size_t size = 0; size < COUNT_OF(expected); size++) {
        bytes[size] = (char)size;
        struct table t;
        table_init(&t, 1, 0);
        t.seed[0] = 0x0706050403020100;
        t.seed[1] = 0x0f0e0d0c0b0a0908;
        assert_int_equal(table_put(&t, (struct span){bytes, size}, bytes), ERR_OK);
        size_t at = 0;
        assert_non_null(table_next(&t, &at));
        assert_true(t.slots[at - 1].hash == expected[size]);
        table_fini(&t);
    }
}

static void what_was_put_is_found_until_it_is_removed(void **state)
{
    (void)state;
    int one = 1;
    int two = 2;
    struct table t;
    table_init(&t, 10, 7);
    assert_null(table_get(&t, SPAN("a")));
    assert_null(table_remove(&t, SPAN("a")));
    assert_int_equal(table_put(&t, SPAN("a"), &one), ERR_OK);
    assert_int_equal(table_put(&t, SPAN(""), &two), ERR_OK);
    assert_int_equal(table_put(&t, SPAN("a"), &two), ERR_EXISTS);
    assert_ptr_equal(table_get(&t, SPAN("a")), &one);
    assert_ptr_equal(table_get(&t, (struct span){NULL, 0}), &two);
    assert_null(table_get(&t, SPAN("b")));
    assert_ptr_equal(table_remove(&t, SPAN("a")), &one);
    assert_null(table_get(&t, SPAN("a")));
    assert_null(table_remove(&t, SPAN("a")));
    assert_int_equal(t.count, 1);
    table_fini(&t);
    table_fini(&t);
}

static void the_bound_refuses_the_next_and_forgets_nothing(void **state)
{
    (void)state;
    static const size_t bounds[] = {1, 2, 11, 12, 13, 1000};
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        struct item *items = items_new(bounds[i] + 1);
        struct table t;
        table_init(&t, bounds[i], i);
        for (size_t j = 0; j < bounds[i]; j++)
            assert_int_equal(table_put(&t, key(&items[j]), &items[j]), ERR_OK);
        struct item *extra = &items[bounds[i]];
        assert_int_equal(table_put(&t, key(extra), extra), ERR_FULL);
        assert_int_equal(table_put(&t, key(items), items), ERR_EXISTS);
        for (size_t j = 0; j < bounds[i]; j++)
            assert_ptr_equal(table_get(&t, key(&items[j])), &items[j]);
        assert_ptr_equal(table_remove(&t, key(items)), items);
        assert_int_equal(table_put(&t, key(extra), extra), ERR_OK);
        table_fini(&t);
        free(items);
    }
}

static void assert_walk_meets_each_once(const struct table *t, struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        items[i].walked = false;
    size_t at = 0;
    size_t met = 0;
    for (struct item *item; (item = table_next(t, &at)); met++) {
        assert_true(item->present && !item->walked);
        item->walked = true;
    }
    assert_int_equal(met, t->count);
    assert_null(table_next(t, &at));
}

/* Mostly removals and returns in a full table: long runs of used slots that wrap round its end. */
static void any_history_agrees_with_a_plain_list(void **state)
{
    (void)state;
    enum { ITEMS = 200, BOUND = 96, STEPS = 200000 };
    struct item *items = items_new(ITEMS);
    struct rng r;
    rng_init(&r, 6);
    struct table t;
    table_init(&t, BOUND, 11);
    size_t count = 0;
    size_t refused = 0;
    for (size_t step = 0; step < STEPS; step++) {
        struct item *item = &items[rng_below(&r, ITEMS)];
        if (rng_below(&r, 2)) {
            assert_ptr_equal(table_remove(&t, key(item)), item->present ? item : NULL);
            count -= item->present;
            item->present = false;
        } else {
            enum err expected = item->present ? ERR_EXISTS : count == BOUND ? ERR_FULL : ERR_OK;
            assert_int_equal(table_put(&t, key(item), item), expected);
            refused += expected == ERR_FULL;
            if (expected == ERR_OK) {
                item->present = true;
                count++;
            }
        }
        assert_int_equal(t.count, count);
        if (step % 64 == 0) {
            for (size_t i = 0; i < ITEMS; i++)
                assert_ptr_equal(table_get(&t, key(&items[i])),
                                 items[i].present ? &items[i] : NULL);
            assert_walk_meets_each_once(&t, items, ITEMS);
        }
    }
    assert_true(refused > 0);
    table_fini(&t);
    free(items);
}

/* Keys that want one and the same slot, the last of the table: the worst a stranger who knew the
 * seed could do. Each is removed in turn from the front, the middle and the end of the run. */
static void removal_from_a_run_of_colliding_keys_loses_none(void **state)
{
    (void)state;
    enum { RUN = 10, CANDIDATES = 1000 };
    struct item *candidates = items_new(CANDIDATES);
    for (size_t victim = 0; victim < RUN; victim++) {
        struct item *run[RUN];
        size_t found = 0;
        struct table t;
        table_init(&t, RUN, 12);
        for (size_t i = 0; i < CANDIDATES && found < RUN; i++) {
            struct table probe;
            table_init(&probe, 1, 12);
            assert_int_equal(table_put(&probe, key(&candidates[i]), &candidates[i]), ERR_OK);
            if (probe.slots[probe.capacity - 1].value)
                run[found++] = &candidates[i];
            table_fini(&probe);
        }
        assert_int_equal(found, RUN);
        for (size_t i = 0; i < RUN; i++)
            assert_int_equal(table_put(&t, key(run[i]), run[i]), ERR_OK);
        assert_ptr_equal(table_remove(&t, key(run[victim])), run[victim]);
        for (size_t i = 0; i < RUN; i++)
            assert_ptr_equal(table_get(&t, key(run[i])), i == victim ? NULL : run[i]);
        table_fini(&t);
    }
    free(candidates);
}

static void the_seed_decides_the_order_and_nothing_else(void **state)
{
    (void)state;
    enum { ITEMS = 50 };
    struct item *items = items_new(ITEMS);
    struct table t[3];
    static const uint64_t seeds[] = {1, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        table_init(&t[i], ITEMS, seeds[i]);
        for (size_t j = 0; j < ITEMS; j++)
            assert_int_equal(table_put(&t[i], key(&items[j]), &items[j]), ERR_OK);
    }
    size_t at[3] = {0};
    size_t different = 0;
    for (size_t j = 0; j < ITEMS; j++) {
        void *first = table_next(&t[0], &at[0]);
        assert_int_equal(table_place(&t[0], key(first)), at[0] - 1);
        assert_ptr_equal(first, table_next(&t[1], &at[1]));
        different += first != table_next(&t[2], &at[2]);
    }
    assert_true(different > ITEMS / 2);
    for (size_t i = 0; i < 3; i++)
        table_fini(&t[i]);
    free(items);
}

/* In a child process with room for the items but not for the table to grow for ever. */
static int fill_until_memory_ends(void)
{
    enum { ITEMS = 1000000, ROOM_BYTES = 24 << 20 };
    struct item *items = items_new(ITEMS);
    struct rlimit limit;
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%ld", &pages) != 1)
        return 1;
    fclose(statm);
    limit.rlim_cur = limit.rlim_max = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ROOM_BYTES;
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        return 2;
    struct table t;
    table_init(&t, ITEMS, 1);
    size_t count = 0;
    enum err err = ERR_OK;
    while (count < ITEMS && (err = table_put(&t, key(&items[count]), &items[count])) == ERR_OK)
        count++;
    if (err != ERR_MEMORY || count == 0 || t.count != count)
        return 3;
    for (size_t i = 0; i < count; i++)
        if (table_get(&t, key(&items[i])) != &items[i])
            return 4;
    return table_get(&t, key(&items[count])) ? 5 : 0;
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    if (SANITIZED)
        skip(); /* a sanitizer's shadow does not fit under a limit */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(fill_until_memory_ends());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_siphash_1_3),
        cmocka_unit_test(what_was_put_is_found_until_it_is_removed),
        cmocka_unit_test(the_bound_refuses_the_next_and_forgets_nothing),
        cmocka_unit_test(any_history_agrees_with_a_plain_list),
        cmocka_unit_test(removal_from_a_run_of_colliding_keys_loses_none),
        cmocka_unit_test(the_seed_decides_the_order_and_nothing_else),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
