#include "io/store_run.h"

#include "io/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char run_text[] = "{\"a\":1},{\"b\":\"},{\\\"\\\\\"},{\"c\":[{},[\"]\"]]}";
static const size_t ends[] = {7, 23, 40};

static struct span run(void)
{
    return (struct span){run_text, sizeof run_text - 1};
}

static void records_end_where_their_brackets_close(void **state)
{
    (void)state;
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        size_t end = store_run_end(run(), at);
        assert_int_equal(end, ends[i]);
        at = end + 1;
    }
    assert_int_equal(ends[2], run().size);
}

static void a_run_that_does_not_end_is_taken_to_its_end(void **state)
{
    (void)state;
    for (size_t size = 0; size < ends[0]; size++)
        assert_int_equal(store_run_end((struct span){run_text, size}, 0), size);
    assert_int_equal(store_run_end(SPAN("{\"\\"), 0), 3);
    assert_int_equal(store_run_end(SPAN("}}"), 0), 2);
}

static void what_is_behind_some_records_begins_with_the_next(void **state)
{
    (void)state;
    assert_int_equal(store_run_behind(run(), 0).size, run().size);
    struct span rest = store_run_behind(run(), 2);
    assert_int_equal(rest.size, ends[2] - ends[1] - 1);
    assert_memory_equal(rest.bytes, "{\"c\":", 5);
    assert_int_equal(store_run_behind(run(), 3).size, 0);
    assert_int_equal(store_run_behind(run(), 9).size, 0);
}

static void as_many_whole_records_are_taken_as_fit(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes <= run().size; bytes++) {
        size_t count = 3;
        size_t fitting = 0;
        while (fitting < 3 && bytes >= ends[fitting])
            fitting++;
        struct span taken = store_run_fit(run(), bytes, &count);
        assert_int_equal(count, fitting);
        assert_int_equal(taken.size, fitting ? ends[fitting - 1] : 0);
    }
    size_t count = 1;
    assert_int_equal(store_run_fit(run(), SIZE_MAX, &count).size, ends[0]);
}

static void the_chain_goes_over_each_record(void **state)
{
    (void)state;
    struct chain_hash whole = {{1, 2, 3}};
    struct chain_hash step = whole;
    store_run_chain(&whole, run());
    for (size_t i = 0, at = 0; i < COUNT_OF(ends); at = ends[i++] + 1) {
        struct chain_hash before = step;
        trust_hash(&step, &before, (struct span){run_text + at, ends[i] - at});
    }
    assert_memory_equal(&whole, &step, sizeof whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_end_where_their_brackets_close),
        cmocka_unit_test(a_run_that_does_not_end_is_taken_to_its_end),
        cmocka_unit_test(what_is_behind_some_records_begins_with_the_next),
        cmocka_unit_test(as_many_whole_records_are_taken_as_fit),
        cmocka_unit_test(the_chain_goes_over_each_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
